"""When things were made and changed. Times themselves cannot be compared; which calls move which of them can."""

import time

import mlflow

from harness.session import only_for_line

# Longer than the clock of any server is coarse.
PAUSE_S = 0.02


def _moved(session, look, steps):
    """After each step, the names of the times that it moved, and whether any went back."""
    before = look()
    for label, step in steps:
        time.sleep(PAUSE_S)
        step()
        after = look()
        changed = sorted(name for name in after if after[name] != before.get(name))
        session.see(label, changed)
        session.see(f"{label}: in order", all(after[name] > before[name] for name in changed if before.get(name)))
        before = after


def of_models_and_versions(session):
    client, name = session.client, session.unique("dated")
    client.create_registered_model(name)
    for number in "12":
        client.create_model_version(name, f"s3://bucket/{number}")

    def look():
        model = client.get_registered_model(name)
        times = {"model made": model.creation_timestamp, "model changed": model.last_updated_timestamp}
        for version in client.search_model_versions(f"name = '{name}'"):
            times[f"{version.version} made"] = version.creation_timestamp
            times[f"{version.version} changed"] = version.last_updated_timestamp
        return times

    _moved(session, look, [
        ("model tag", lambda: client.set_registered_model_tag(name, "a", "1")),
        ("model tag again", lambda: client.set_registered_model_tag(name, "a", "1")),
        ("model tag removed", lambda: client.delete_registered_model_tag(name, "a")),
        ("model described", lambda: client.update_registered_model(name, "told")),
        ("model described the same", lambda: client.update_registered_model(name, "told")),
        ("version tag", lambda: client.set_model_version_tag(name, "1", "a", "1")),
        ("version tag removed", lambda: client.delete_model_version_tag(name, "1", "a")),
        ("version described", lambda: client.update_model_version(name, "1", "told")),
        ("alias", lambda: client.set_registered_model_alias(name, "champion", "1")),
        ("alias again", lambda: client.set_registered_model_alias(name, "champion", "1")),
        ("alias moved", lambda: client.set_registered_model_alias(name, "champion", "2")),
        ("alias removed", lambda: client.delete_registered_model_alias(name, "champion")),
        ("alias that was never set removed", lambda: client.delete_registered_model_alias(name, "nobody")),
        ("stage", lambda: client.transition_model_version_stage(name, "1", "Production")),
        ("the same stage", lambda: client.transition_model_version_stage(name, "1", "Production")),
        ("stage, archiving", lambda: client.transition_model_version_stage(name, "2", "Production", archive_existing_versions=True)),
        ("new version", lambda: client.create_model_version(name, "s3://bucket/3")),
        ("version deleted", lambda: client.delete_model_version(name, "3")),
        ("another new version", lambda: client.create_model_version(name, "s3://bucket/4")),
        ("alias of it", lambda: client.set_registered_model_alias(name, "last", "4")),
        ("holder of an alias deleted", lambda: client.delete_model_version(name, "4")),
        ("copied from", lambda: client.copy_model_version(f"models:/{name}/1", f"{name}-copy")),
        ("copied to itself", lambda: client.copy_model_version(f"models:/{name}/1", name)),
    ])  # fmt: skip
    old, name = name, f"{name}-renamed"
    time.sleep(PAUSE_S)
    before = client.get_registered_model(old).last_updated_timestamp
    client.rename_registered_model(old, name)
    session.see("renamed", sorted(moved for moved, when in look().items() if when > before))


def of_experiments(session):
    client, experiment_id = session.client, session.experiment()

    def look():
        experiment = client.get_experiment(experiment_id)
        return {"made": experiment.creation_time, "changed": experiment.last_update_time}

    _moved(session, look, [
        ("tag", lambda: client.set_experiment_tag(experiment_id, "a", "1")),
        ("tag again", lambda: client.set_experiment_tag(experiment_id, "a", "2")),
        ("renamed", lambda: client.rename_experiment(experiment_id, session.unique("renamed"))),
        ("renamed the same", lambda: client.rename_experiment(experiment_id, session.unique("renamed"))),
        ("run", lambda: client.create_run(experiment_id)),
        ("deleted", lambda: client.delete_experiment(experiment_id)),
        ("restored", lambda: client.restore_experiment(experiment_id)),
    ])  # fmt: skip


def of_runs(session):
    client, experiment_id = session.client, session.experiment()
    run_id = client.create_run(experiment_id).info.run_id

    def look():
        info = client.get_run(run_id).info
        return {"start": info.start_time, "end": info.end_time or 0, "status": 0 if info.status == "RUNNING" else 1}

    _moved(session, look, [
        ("metric", lambda: client.log_metric(run_id, "m", 1)),
        ("finished", lambda: client.set_terminated(run_id)),
        ("finished again", lambda: client.set_terminated(run_id)),
        ("running again", lambda: client.update_run(run_id, status="RUNNING")),
        ("deleted", lambda: client.delete_run(run_id)),
        ("restored", lambda: client.restore_run(run_id)),
    ])  # fmt: skip


@only_for_line("3")
def of_logged_models(session):
    client, experiment_id = session.client, session.experiment()
    model_id = client.create_logged_model(experiment_id, "m").model_id
    run_id = client.create_run(experiment_id).info.run_id

    def look():
        model = client.get_logged_model(model_id)
        return {"made": model.creation_timestamp, "changed": model.last_updated_timestamp}

    _moved(session, look, [
        ("tag", lambda: client.set_logged_model_tags(model_id, {"a": "1"})),
        ("tag removed", lambda: client.delete_logged_model_tag(model_id, "a")),
        ("params", lambda: client.log_model_params(model_id, {"p": "1"})),
        ("metric", lambda: client.log_metric(run_id, "m", 1, model_id=model_id)),
        ("file", lambda: client.log_model_artifact(model_id, session.file("a.txt", "a"))),
        ("finalized", lambda: client.finalize_logged_model(model_id, mlflow.entities.LoggedModelStatus.READY)),
        ("finalized again", lambda: client.finalize_logged_model(model_id, mlflow.entities.LoggedModelStatus.READY)),
    ])  # fmt: skip
