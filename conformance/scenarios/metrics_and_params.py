"""Metrics, params and batches: which value is the latest, what may repeat, what is atomic."""

import math

from mlflow.entities import Metric, Param, RunTag


def _run(session):
    return session.client.create_run(session.experiment()).info.run_id


def _points(session, run_id, key):
    history = session.client.get_metric_history(run_id, key)
    return sorted(((m.step, m.timestamp, str(m.value)) for m in history), key=repr)


def history(session):
    client, run_id = session.client, _run(session)
    for step in (3, 1, 2, 0, -4):
        client.log_metric(run_id, "loss", step * 1.5, timestamp=1000 + step, step=step)
    session.see("one point in full", client.get_metric_history(run_id, "loss")[0])
    session.see("history", _points(session, run_id, "loss"))
    session.see("order", [metric.step for metric in client.get_metric_history(run_id, "loss")])
    session.see("latest", client.get_run(run_id).data.metrics)
    session.see("unknown metric", client.get_metric_history(run_id, "nothing"))


def latest_by_step_then_time_then_value(session):
    client, run_id = session.client, _run(session)
    cases = {
        "step wins": [(1.0, 900, 5), (2.0, 999, 4)],
        "time wins at equal steps": [(1.0, 900, 5), (2.0, 800, 5)],
        "value wins at equal times": [(2.0, 900, 5), (3.0, 900, 5), (1.0, 900, 5)],
        "negative steps": [(1.0, 900, -1), (2.0, 999, -2)],
        "nan then number": [(math.nan, 900, 5), (1.0, 900, 5)],
        "number then nan": [(1.0, 900, 5), (math.nan, 900, 5)],
        "later nan": [(1.0, 900, 5), (math.nan, 901, 5)],
        "infinity": [(1.0, 900, 5), (math.inf, 900, 5)],
    }
    for name, points in cases.items():
        key = name.replace(" ", "_")
        for value, timestamp, step in points:
            client.log_metric(run_id, key, value, timestamp=timestamp, step=step)
        session.see(f"{name}, one by one", client.get_run(run_id).data.metrics[key])
        batch = [Metric(f"{key}_batch", value, timestamp, step) for value, timestamp, step in points]
        client.log_batch(run_id, metrics=batch)
        session.see(f"{name}, in a batch", client.get_run(run_id).data.metrics[f"{key}_batch"])
        session.see(f"{name}, history", _points(session, run_id, key))


def numbers_of_every_kind(session):
    client, run_id = session.client, _run(session)
    values = {"nan": math.nan, "inf": math.inf, "minus_inf": -math.inf, "tiny": 5e-324, "huge": 1.7976931348623157e308}
    values |= {"third": 1 / 3, "minus_zero": -0.0, "million": 1e6, "integer": 7, "big": 2**53 + 1, "bool": True}
    for key, value in values.items():
        client.log_metric(run_id, key, value, timestamp=1, step=0)
    session.see("metrics", client.get_run(run_id).data.metrics)
    for key in values:
        session.see(f"history of {key}", client.get_metric_history(run_id, key))
    session.refused("text", client.log_metric, run_id, "text", "not a number")
    session.refused("none", client.log_metric, run_id, "none", None)


def duplicate_points(session):
    client, run_id = session.client, _run(session)
    for _ in range(3):
        client.log_metric(run_id, "m", 1.0, timestamp=5, step=5)
    session.see("same point thrice", _points(session, run_id, "m"))
    client.log_batch(run_id, metrics=[Metric("m", 1.0, 5, 5), Metric("m", 1.0, 5, 5), Metric("m", 2.0, 5, 5)])
    session.see("again in a batch", _points(session, run_id, "m"))


def metric_names(session):
    client, run_id = session.client, _run(session)
    for key in ("a/b", "with space", "ünïcode", "dots.and-dashes_", "x" * 250, "a:b"):
        client.log_metric(run_id, key, 1.0, timestamp=1)
        session.see(f"history of {key[:20]}", client.get_metric_history(run_id, key))
    for key in ("", "../up", "/absolute", "a//b", "a/./b", "a\nb", "x" * 251, "a*b", "a;b", ".", "..", "a/"):
        session.refused(f"metric {key[:20]!r}", client.log_metric, run_id, key, 1.0)
        session.refused(f"param {key[:20]!r}", client.log_param, run_id, key, "1")


def params(session):
    client, run_id = session.client, _run(session)
    values = {"int": 1, "float": 0.1, "text": "x", "empty": "", "none": None, "list": [1, 2], "unicode": "ü ✓\n"}
    for key, value in values.items():
        client.log_param(run_id, key, value)
    client.log_param(run_id, "int", 1)
    client.log_param(run_id, "longest", "v" * 6000)
    session.see("params", {k: v[:40] for k, v in client.get_run(run_id).data.params.items()})
    session.refused("changed", client.log_param, run_id, "int", 2)
    session.see("unchanged", client.get_run(run_id).data.params["int"])
    session.refused("too long", client.log_param, run_id, "long", "v" * 6001)


def a_batch_is_atomic(session):
    client, run_id = session.client, _run(session)
    client.log_param(run_id, "kept", "old")
    session.refused(
        "a param that would change",
        client.log_batch,
        run_id,
        metrics=[Metric("m", 1.0, 1, 0)],
        params=[Param("new", "1"), Param("kept", "changed")],
        tags=[RunTag("t", "1")],
    )
    after = client.get_run(run_id).data
    session.see("after a refused batch", {"metrics": after.metrics, "params": after.params, "tag": after.tags.get("t")})
    client.log_batch(run_id, [Metric("m", 1.0, 1, 0)], [Param("kept", "old"), Param("n", "2")], [RunTag("t", "2")])
    after = client.get_run(run_id).data
    session.see("after a good batch", {"metrics": after.metrics, "params": after.params, "tag": after.tags.get("t")})
    client.log_batch(run_id)
    session.refused("same param twice, unequal", client.log_batch, run_id, params=[Param("d", "1"), Param("d", "2")])
    session.refused("same param twice, equal", client.log_batch, run_id, params=[Param("e", "1"), Param("e", "1")])
    session.see("params after", client.get_run(run_id).data.params)
    client.log_batch(run_id, tags=[RunTag("twice", "1"), RunTag("twice", "2")])
    session.see("same tag twice", client.get_run(run_id).data.tags["twice"])


def batch_limits(session):
    client, run_id = session.client, _run(session)
    client.log_batch(run_id, metrics=[Metric(f"m{i}", i, 1, 0) for i in range(1000)])
    client.log_batch(run_id, params=[Param(f"p{i}", str(i)) for i in range(100)])
    client.log_batch(run_id, tags=[RunTag(f"t{i}", str(i)) for i in range(100)])
    data = client.get_run(run_id).data
    session.see("counts", [len(data.metrics), len(data.params), len(data.tags)])
    session.refused("1001 metrics", client.log_batch, run_id, metrics=[Metric(f"n{i}", i, 1, 0) for i in range(1001)])
    session.refused("101 params", client.log_batch, run_id, params=[Param(f"q{i}", "1") for i in range(101)])
    session.refused("101 tags", client.log_batch, run_id, tags=[RunTag(f"u{i}", "1") for i in range(101)])
    session.refused("bad metric name", client.log_batch, run_id, metrics=[Metric("a/../b", 1, 1, 0)])
    session.refused("unknown run", client.log_batch, "0" * 32, metrics=[Metric("a", 1, 1, 0)])
    data = client.get_run(run_id).data
    session.see("counts after", [len(data.metrics), len(data.params), len(data.tags)])


def a_long_history(session):
    client, run_id = session.client, _run(session)
    for start in range(0, 3000, 1000):
        client.log_batch(run_id, metrics=[Metric("long", i / 8, 1000 + i, i) for i in range(start, start + 1000)])
    history = client.get_metric_history(run_id, "long")
    session.see("length", len(history))
    session.see("sum", sum(metric.value for metric in history))
    session.see("steps are distinct", len({metric.step for metric in history}))
