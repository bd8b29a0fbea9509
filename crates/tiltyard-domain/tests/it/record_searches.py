"""Records what MLflow's own SQLite store answers to a corpus of filters and orders, as searches.golden.

Run it with a Python that has mlflow 3.17.2, from this folder: python record_searches.py
Each line of searches_corpus.py is asked of a real store over a small seeded database.
"""

import logging
import os
import re
import sqlite3
import tempfile
import uuid
from pathlib import Path

os.environ.update(MLFLOW_DISABLE_TELEMETRY="true", DO_NOT_TRACK="true", MLFLOW_LOGGING_LEVEL="ERROR")

from mlflow.entities import (  # noqa: E402
    Dataset, DatasetInput, ExperimentTag, InputTag, LoggedModelParameter, LoggedModelStatus, LoggedModelTag, Metric,
    Param, RunStatus, RunTag,
)
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore  # noqa: E402
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore as TrackingStore  # noqa: E402
from mlflow.utils import search_logged_model_utils  # noqa: E402
from mlflow.utils.search_utils import (  # noqa: E402
    SearchExperimentsUtils, SearchModelUtils, SearchModelVersionUtils, SearchUtils,
)
from searches_corpus import *  # noqa: E402, F403


def seed(folder):
    numbers = iter(range(1, 10_000))
    uuid.uuid4 = lambda: uuid.UUID(int=next(numbers))
    tracking = TrackingStore(f"sqlite:///{folder}/t.db", f"{folder}/artifacts")
    registry = RegistryStore(f"sqlite:///{folder}/t.db")
    labels = {}
    numbers = iter(range(1, 10_000))
    for label, name, start, end, status, user, metrics, params, tags, datasets in RUNS:
        run = tracking.create_run("0", user, start, [RunTag(k, v) for k, v in tags.items()], name)
        labels[run.info.run_id] = label
        tracking.log_batch(run.info.run_id, [Metric(k, v, 1, 0) for k, v in metrics.items()], [Param(k, v) for k, v in params.items()], [])
        inputs = [
            DatasetInput(Dataset(n, d, "local", "s"), [InputTag("mlflow.data.context", c)] if c else []) for n, d, c in datasets
        ]
        tracking.log_inputs(run.info.run_id, inputs)
        tracking.update_run_info(run.info.run_id, RunStatus.from_string(status), end, None)
    for name, _, _, tags in EXPERIMENTS[1:]:
        tracking.create_experiment(name, tags=[ExperimentTag(k, v) for k, v in tags.items()])
    for name, _, tags in MODELS:
        registry.create_registered_model(name, [RegisteredModelTag(k, v) for k, v in tags.items()])
    for label, name, run, source, _, _, tags in VERSIONS:
        version = registry.create_model_version(name, source, run, [ModelVersionTag(k, v) for k, v in tags.items()])
        labels[(name, version.version)] = label
    numbers = iter(range(1000, 10_000))
    owner = tracking.create_run("1", "", 1, [], "owner").info.run_id
    for label, name, kind, _, _, params, tags, metrics in LOGGED:
        model = tracking.create_logged_model(
            "0", name, None, [LoggedModelTag(k, v) for k, v in tags.items()],
            [LoggedModelParameter(k, v) for k, v in params.items()], kind,
        )
        labels[model.model_id] = label
        tracking.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        for key, value, time, step, dataset in metrics:
            digest = dataset and "h" + dataset
            tracking.log_metric(owner, Metric(key, value, time, step, model.model_id, dataset, digest))
    with sqlite3.connect(f"{folder}/t.db") as raw:
        set_times(raw, labels)
    return tracking, registry, labels


def set_times(raw, labels):
    by_label = {label: key for key, label in labels.items()}
    for name, created, changed, _ in EXPERIMENTS:
        raw.execute("UPDATE experiments SET creation_time=?, last_update_time=? WHERE name=?", (created, changed, name))
    for name, changed, _ in MODELS:
        raw.execute("UPDATE registered_models SET last_updated_time=? WHERE name=?", (changed, name))
    for label, *_, created, changed, _ in VERSIONS:
        name, version = by_label[label]
        raw.execute("UPDATE model_versions SET creation_time=?, last_updated_time=? WHERE name=? AND version=?", (created, changed, name, version))
    for label, _, _, made, changed, *_ in LOGGED:
        raw.execute("UPDATE logged_models SET creation_timestamp_ms=?, last_updated_timestamp_ms=? WHERE model_id=?", (made, changed, by_label[label]))


def escape(text):
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def unescape(text):
    """Corpus lines write a line break as \\n, a tab as \\t and, before a quote, a backslash as two."""
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace("\\t", "\t").replace("\0", "\\")


def emit(out, *columns):
    out.append("\t".join(escape(str(column)) for column in columns))


def facts(out, labels):
    by_label = {label: key for key, label in labels.items()}

    def fact(search, label, field, value):
        if value is None:
            return
        kind = {float: "number", int: "integer", str: "text"}[type(value)]
        emit(out, "fact", search, label, field, kind, value)

    for label, name, start, end, status, user, metrics, params, tags, datasets in RUNS:
        for field, value in {"run_id": by_label[label], "run_name": name, "start_time": start, "end_time": end, "status": status, "user_id": user}.items():
            fact("runs", label, f"attributes.{field}", value)
        for entity, values in {"metrics": metrics, "params": params, "tags": {**tags, "mlflow.runName": name}}.items():
            for key, value in values.items():
                fact("runs", label, f"{entity}.{key}", value)
        for dataset in datasets:
            for field, value in zip(["name", "digest", "context"], dataset):
                fact("runs", label, f"datasets.{field}", value)
    for index, (name, created, changed, tags) in enumerate(EXPERIMENTS):
        for field, value in {"experiment_id": index, "name": name, "creation_time": created, "last_update_time": changed}.items():
            fact("experiments", name, f"attribute.{field}", value)
        for key, value in tags.items():
            fact("experiments", name, f"tags.{key}", value)
    for name, changed, tags in MODELS:
        fact("models", name, "attribute.name", name)
        fact("models", name, "order.last_updated", changed)
        for key, value in tags.items():
            fact("models", name, f"tags.{key}", value)
        if tags.get(MARKER) == "true":
            fact("models", name, "prompt", "true")
    for label, name, run, source, created, changed, tags in VERSIONS:
        for field, value in {"name": name, "version_number": int(by_label[label][1]), "run_id": run, "source_path": source}.items():
            fact("versions", label, f"attribute.{field}", value)
        fact("versions", label, "order.creation_timestamp", created)
        fact("versions", label, "order.last_updated_timestamp", changed)
        for key, value in tags.items():
            fact("versions", label, f"tags.{key}", value)
        if any(other[1] == name and other[-1].get(MARKER) == "true" for other in VERSIONS):
            fact("versions", label, "prompt", "true")
    for label, name, kind, made, changed, params, tags, metrics in LOGGED:
        values = {
            "model_id": by_label[label], "name": name, "model_type": kind, "creation_timestamp": made, "last_updated_timestamp": changed,
            "experiment_id": 0, "status": "READY",
        }
        for field, value in values.items():
            fact("logged_models", label, f"attributes.{field}", value)
        for entity, values in {"params": params, "tags": tags}.items():
            for key, value in values.items():
                fact("logged_models", label, f"{entity}.{key}", value)
        for key, value, _, _, dataset in sorted(metrics, key=lambda metric: -metric[2]):
            fact("logged_models", label, f"metrics.{key}", value)
            for place in [f"@{dataset}", f"@{dataset}#h{dataset}"]:
                fact("logged_models", label, f"metrics.{key}{place}", value)
                fact("logged_models", label, f"metrics{place}", value)


def quote(text):
    mark = '"' if "'" in text and '"' not in text else "'"
    return f"{mark}{text}{mark}"


def canonical_value(value, is_metric):
    if isinstance(value, tuple):
        return "(" + ", ".join("'" + v.replace("\\", "\\\\").replace("'", "\\'") + "'" for v in value) + ")"
    if is_metric or isinstance(value, float):
        value = float(value)
        return "1e999" if value == INF else repr(value).replace("e+", "e").replace("e-0", "e-")
    return str(value) if isinstance(value, int) else quote(value)


def canonical(search, parsed):
    """The filter as MLflow understood it, in the form that our filters are written."""
    parts = []
    for comparison in parsed:
        kind, key, value = comparison["type"], comparison["key"], comparison["value"]
        operator = comparison["comparator"].upper()
        key = SearchUtils.translate_key_alias(key) if search == "runs" else key
        attribute = "attributes" if search in ("runs", "logged_models") else "attribute"
        field = {"attribute": f"{attribute}.{key}", "dataset": f"datasets.{key}"}.get(kind) or (
            {"metric": "metrics", "parameter": "params", "tag": "tags"}[kind] + f".`{key}`"
        )
        if key in ("experiment_id", "version_number") and isinstance(value, str):
            value = int(value)
        right = "" if value is None else " " + canonical_value(value, kind == "metric")
        parts.append((key, operator, value, f"{field} {operator}{right}"))
    if search in ("models", "versions"):
        return apart_from_prompts(parts)
    return " AND ".join(part[-1] for part in parts)


def apart_from_prompts(parts):
    marker = next((part for part in parts if part[0] == MARKER), None)
    if not (marker and ((marker[1] == "=" and marker[2].lower() == "true") or (marker[1] == "!=" and marker[2].lower() == "false"))):
        parts = [part for part in parts if part[0] != MARKER]
        parts.append((MARKER, "", None, f"tags.`{MARKER}` IS NULL"))
    return " AND ".join(part[-1] for part in parts)


def parse_logged(text):
    kinds = {"attributes": "attribute", "metrics": "metric", "params": "parameter", "tags": "tag"}
    found = []
    for comparison in search_logged_model_utils.parse_filter_string(text):
        key = comparison.entity.key.removesuffix("_ms")
        value = comparison.value
        if isinstance(value, float) and comparison.entity.type.value == "attributes":
            value = int(value)
        found.append({"type": kinds[comparison.entity.type.value], "key": key, "comparator": comparison.op, "value": value})
    return found


def scopes(text):
    for scope in text.split():
        name, *digest = scope.split("#")
        yield {"dataset_name": name} | ({"dataset_digest": digest[0]} if digest else {})


def measured(tracking, labels, text):
    datasets, filter_string = text.split("|")
    found = tracking.search_logged_models(["0"], filter_string, datasets=list(scopes(datasets)))
    return [labels[model.model_id] for model in found]


def understood_on_datasets(text):
    understood = canonical("logged_models", parse_logged(text.split("|")[1]))
    return understood if "metrics." in understood else " AND ".join(filter(None, [understood, "metrics IS NOT NULL"]))


def record(out, kind, search, text, ask, understood=lambda text: ""):
    try:
        rows = ask(text)
        emit(out, kind, search, text, "rows", understood(text), " ".join(f"[{row}]" for row in rows))
    except MlflowException as error:
        if error.error_code == "INVALID_PARAMETER_VALUE":
            emit(out, kind, search, text, "refused", with_sorted_sets(error.message))
        else:
            emit(out, kind, search, text, "crash", "")
    except Exception:
        emit(out, kind, search, text, "crash", "")


def with_sorted_sets(message):
    """Python prints sets in another order every time."""
    return re.sub(r"\{('[^{}]*')\}", lambda found: "{" + ", ".join(sorted(found[1].split(", "))) + "}", message)


def main():
    logging.disable(logging.CRITICAL)
    out = ["# Written by record_searches.py from the answers of MLflow 3.17.2 on SQLite. Do not edit."]
    with tempfile.TemporaryDirectory() as folder:
        tracking, registry, labels = seed(folder)
        facts(out, labels)

        def logged_order(text):
            for part in filter(None, text.split("|")):
                name, direction, *dataset = part.split(" ")
                yield {"field_name": name, "ascending": direction == "asc", "dataset_name": dataset[0] if dataset else None}

        def parts(text):
            return text.split("|") if text else []

        searches = {
            "runs": (
                lambda text, order: [labels[r.info.run_id] for r in tracking._search_runs(["0"], text, 1, 100, order, None)[0]],
                SearchUtils.parse_search_filter, RUN_FILTERS, RUN_ORDERS, parts,
            ),
            "experiments": (
                lambda text, order: [e.name for e in tracking._search_experiments(1, 100, text, order, None)[0]],
                SearchExperimentsUtils.parse_search_filter, EXPERIMENT_FILTERS, EXPERIMENT_ORDERS, parts,
            ),
            "models": (
                lambda text, order: [m.name for m in registry.search_registered_models(text, order_by=order)],
                SearchModelUtils.parse_search_filter, MODEL_FILTERS, MODEL_ORDERS, parts,
            ),
            "versions": (
                lambda text, order: [labels[(v.name, v.version)] for v in registry.search_model_versions(text, order_by=order)],
                SearchModelVersionUtils.parse_search_filter, VERSION_FILTERS, VERSION_ORDERS, parts,
            ),
            "logged_models": (
                lambda text, order: [labels[m.model_id] for m in tracking.search_logged_models(["0"], text, order_by=order)],
                parse_logged, LOGGED_FILTERS, LOGGED_ORDERS, lambda text: list(logged_order(text)),
            ),
        }
        for search, (ask, parse, filters, orders, split) in searches.items():
            for line in filters[1:-1].split("\n"):
                text = unescape(line)
                record(out, "filter", search, text, lambda text: ask(text, []), lambda text: canonical(search, parse(text)))
            if search == "logged_models":
                for text in LOGGED_ON_DATASETS:
                    record(out, "measured", search, text, lambda text: measured(tracking, labels, text), understood_on_datasets)
            for text in orders:
                record(out, "order", search, text, lambda text: ask("", split(text)))
    Path("searches.golden").write_text("\n".join(out) + "\n")


main()
