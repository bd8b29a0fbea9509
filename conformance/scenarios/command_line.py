"""The stock `mlflow` command line against the server."""

import json
from pathlib import Path

from click.testing import CliRunner
from mlflow.cli import cli


def _mlflow(session, label, *arguments):
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    session.see(label, {"exit": result.exit_code, "lines": [" ".join(line.split()) for line in result.output.splitlines()]})
    return result.output


def experiments(session):
    name = session.unique("made")
    _mlflow(session, "create", "experiments", "create", "--experiment-name", name)
    experiment = session.client.get_experiment_by_name(name)
    _mlflow(session, "create again", "experiments", "create", "--experiment-name", name)
    _mlflow(session, "rename", "experiments", "rename", "--experiment-id", experiment.experiment_id, "--new-name", f"{name} 2")
    _mlflow(session, "delete", "experiments", "delete", "--experiment-id", experiment.experiment_id)
    _mlflow(session, "restore", "experiments", "restore", "--experiment-id", experiment.experiment_id)
    output = CliRunner().invoke(cli, ["experiments", "search", "--view", "all"]).output
    session.see("search shows it", f"{name} 2" in output)
    session.see("after", session.client.get_experiment(experiment.experiment_id))


def runs(session):
    client, experiment_id = session.client, session.experiment()
    run_id = client.create_run(experiment_id, run_name="from the shell", start_time=1000).info.run_id
    client.log_metric(run_id, "m", 1.5, timestamp=7, step=1)
    listed = CliRunner().invoke(cli, ["runs", "list", "--experiment-id", experiment_id]).output
    session.see("list shows it", "from the shell" in listed and run_id in listed)
    described = json.loads(CliRunner().invoke(cli, ["runs", "describe", "--run-id", run_id]).output)
    session.see("describe", described)
    _mlflow(session, "delete", "runs", "delete", "--run-id", run_id)
    _mlflow(session, "restore", "runs", "restore", "--run-id", run_id)
    _mlflow(session, "delete of an unknown run", "runs", "delete", "--run-id", "0" * 32)
    csv = session.folder / "runs.csv"
    _mlflow(session, "export", "experiments", "csv", "--experiment-id", experiment_id, "--filename", csv)
    session.see("exported columns", Path(csv).read_text().splitlines()[0].split(","))


def artifacts(session):
    run_id = session.client.create_run(session.experiment()).info.run_id
    one = session.file("one.txt", "one")
    session.file("tree/deep/two.txt", "two")
    _mlflow(session, "one file", "artifacts", "log-artifact", "--run-id", run_id, "--local-file", one)
    _mlflow(session, "a folder", "artifacts", "log-artifacts", "--run-id", run_id, "--local-dir", session.folder / "tree", "--artifact-path", "up")
    _mlflow(session, "list", "artifacts", "list", "--run-id", run_id)
    _mlflow(session, "list a folder", "artifacts", "list", "--run-id", run_id, "--artifact-path", "up")
    down = session.folder / "down"
    down.mkdir()
    CliRunner().invoke(cli, ["artifacts", "download", "--run-id", run_id, "--dst-path", str(down)])
    session.see("downloaded", sorted(str(path.relative_to(down)) for path in down.rglob("*") if path.is_file()))
