"""The scenarios: plain functions that use a stock client and record what it saw."""
