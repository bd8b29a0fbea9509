"""Runs: creation, life cycle, tags, nesting and the rules for what is deleted."""

import mlflow
from mlflow.entities import ViewType


def life_cycle(session):
    client = session.client
    experiment_id = session.experiment()
    run = client.create_run(experiment_id, start_time=1234, run_name="first", tags={"a": "1"})
    session.see("created", run)
    client.update_run(run.info.run_id, status="SCHEDULED", name="renamed")
    session.see("updated", client.get_run(run.info.run_id))
    client.set_terminated(run.info.run_id, status="FAILED", end_time=5678)
    session.see("terminated", client.get_run(run.info.run_id))
    client.delete_run(run.info.run_id)
    session.see("deleted", client.get_run(run.info.run_id))
    client.restore_run(run.info.run_id)
    session.see("restored", client.get_run(run.info.run_id))


def fluent_runs(session):
    session.experiment()
    with mlflow.start_run() as run:
        mlflow.log_params({"depth": 3, "rate": 0.1, "name": "oak", "nothing": None, "flag": True})
        mlflow.log_metrics({"loss": 0.5, "accuracy": 0.75}, step=1)
        mlflow.log_metric("loss", 0.25, step=2)
        mlflow.set_tags({"stage": "test", "number": 7})
        mlflow.set_tag("mlflow.note.content", "A *note*.")
    finished = mlflow.get_run(run.info.run_id)
    session.see("data", {"params": finished.data.params, "metrics": finished.data.metrics})
    session.see("tags", {key: value for key, value in finished.data.tags.items() if not key.startswith("mlflow.source")})
    session.see("status", finished.info.status)
    session.see("ended after start", finished.info.end_time >= finished.info.start_time)
    session.see("last run is this one", mlflow.last_active_run().info.run_id == run.info.run_id)


def a_run_that_fails(session):
    session.experiment()
    try:
        with mlflow.start_run(run_name="doomed") as run:
            mlflow.log_param("p", 1)
            raise RuntimeError("on purpose")
    except RuntimeError:
        pass
    session.see("status", mlflow.get_run(run.info.run_id).info.status)
    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_param("q", 2)
    session.see("resumed", mlflow.get_run(run.info.run_id).data.params)
    session.see("status after resuming", mlflow.get_run(run.info.run_id).info.status)


def nested_runs(session):
    experiment_id = session.experiment()
    with mlflow.start_run(run_name="parent") as parent:
        for number in range(3):
            with mlflow.start_run(run_name=f"child {number}", nested=True) as child:
                mlflow.log_metric("score", number)
    session.see("parent of the last child", session.client.get_parent_run(child.info.run_id).info.run_name)
    session.see("parent of the parent", session.client.get_parent_run(parent.info.run_id))
    children = session.client.search_runs(
        [experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.score DESC"]
    )
    session.see("children", [run.info.run_name for run in children])


def tags(session):
    client = session.client
    run_id = client.create_run(session.experiment()).info.run_id
    client.set_tag(run_id, "a", "1")
    client.set_tag(run_id, "a", "2")
    client.set_tag(run_id, "Ключ/ü x.y-z_1", "значение\nnext line ✓")
    client.set_tag(run_id, "empty", "")
    client.set_tag(run_id, "long", "v" * 8000)
    client.set_tag(run_id, "dictionary", {"k": [1, 2]})
    client.delete_tag(run_id, "empty")
    session.see("tags", {k: v[:40] for k, v in client.get_run(run_id).data.tags.items()})
    session.refused("delete of a missing tag", client.delete_tag, run_id, "empty")
    session.refused("value too long", client.set_tag, run_id, "k", "v" * 8001)
    session.refused("key too long", client.set_tag, run_id, "k" * 251, "v")
    session.refused("key that climbs", client.set_tag, run_id, "../a", "v")
    session.refused("absolute key", client.set_tag, run_id, "/a", "v")
    session.refused("key with a colon", client.set_tag, run_id, "a:b", "v")
    session.refused("key with a newline", client.set_tag, run_id, "a\nb", "v")
    session.refused("reserved tag: bad run name", client.set_tag, run_id, "mlflow.runName", "")
    client.set_tag(run_id, "mlflow.runName", "renamed by tag")
    session.see("name after renaming by tag", client.get_run(run_id).info.run_name)
    client.update_run(run_id, name="renamed by update")
    session.see("name tag after renaming by update", client.get_run(run_id).data.tags["mlflow.runName"])


def run_names(session):
    client = session.client
    experiment_id = session.experiment()
    session.see("no name gives a random one", client.create_run(experiment_id).info.run_name)
    session.see("empty name", client.create_run(experiment_id, run_name="").info.run_name)
    session.see("unicode", client.create_run(experiment_id, run_name="日本 ✓").info.run_name)
    session.see("by tag", client.create_run(experiment_id, tags={"mlflow.runName": "tagged"}).info.run_name)
    session.see("by both, equal", client.create_run(experiment_id, tags={"mlflow.runName": "n"}, run_name="n").info.run_name)
    session.refused("by both, unequal", client.create_run, experiment_id, tags={"mlflow.runName": "n"}, run_name="m")
    session.see("long name", len(client.create_run(experiment_id, run_name="n" * 250).info.run_name))
    session.refused("too long a name", client.create_run, experiment_id, run_name="n" * 251)


def deleted_runs_refuse_changes(session):
    client = session.client
    experiment_id = session.experiment()
    run_id = client.create_run(experiment_id).info.run_id
    session.refused("restore of an active run", client.restore_run, run_id)
    client.delete_run(run_id)
    session.refused("delete twice", client.delete_run, run_id)
    session.refused("metric", client.log_metric, run_id, "m", 1.0)
    session.refused("param", client.log_param, run_id, "p", "1")
    session.refused("tag", client.set_tag, run_id, "t", "1")
    session.refused("delete of a tag", client.delete_tag, run_id, "mlflow.runName")
    session.refused("update", client.update_run, run_id, "FINISHED")
    session.refused("batch", client.log_batch, run_id, metrics=[mlflow.entities.Metric("m", 1, 1, 1)])
    session.see("history", client.get_metric_history(run_id, "m"))
    for view in (ViewType.ACTIVE_ONLY, ViewType.DELETED_ONLY, ViewType.ALL):
        session.see(ViewType.to_string(view), len(client.search_runs([experiment_id], run_view_type=view)))


def deleted_experiments_take_runs_along(session):
    client = session.client
    experiment_id = session.experiment()
    kept, gone = (client.create_run(experiment_id, run_name=name).info.run_id for name in ("kept", "gone"))
    client.delete_run(gone)
    client.delete_experiment(experiment_id)
    session.see("run of a deleted experiment", client.get_run(kept).info.lifecycle_stage)
    session.refused("new run", client.create_run, experiment_id)
    session.refused("metric", client.log_metric, kept, "m", 1.0)
    client.restore_experiment(experiment_id)
    session.see("kept after restoring", client.get_run(kept).info.lifecycle_stage)
    session.see("gone after restoring", client.get_run(gone).info.lifecycle_stage)


def refusals(session):
    client = session.client
    experiment_id = session.experiment()
    session.refused("unknown run", client.get_run, "0" * 32)
    session.refused("malformed run id", client.get_run, "../../etc")
    session.refused("empty run id", client.get_run, "")
    session.refused("unknown experiment", client.create_run, "987654")
    session.refused("experiment that is no number", client.create_run, "soup")
    session.refused("unknown status", client.set_terminated, client.create_run(experiment_id).info.run_id, "DONE")
    session.refused("delete of an unknown run", client.delete_run, "0" * 32)
    session.refused("restore of an unknown run", client.restore_run, "0" * 32)
    session.refused("tag on an unknown run", client.set_tag, "0" * 32, "a", "b")
