"""The machinery of the conformance run: servers, workers, transcripts and their comparison.

What is tested stands in `scenarios/`; nothing here knows a particular call of MLflow.
"""
