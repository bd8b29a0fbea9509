"""The stock `mlflow` command line against the server."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import requests
from click.testing import CliRunner
from mlflow.cli import cli
from sklearn.linear_model import LinearRegression

from harness.session import only_for_line

SERVING_TIMEOUT_S = 90
QUESTION = {"dataframe_split": {"columns": ["x"], "data": [[3.0], [4.0]]}}


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


def _champion(session):
    """A registered model that doubles, as the champion."""
    session.experiment()
    name = session.unique("model")
    key = "name" if mlflow.__version__ >= "3" else "artifact_path"
    model = LinearRegression().fit([[1.0], [2.0]], [2.0, 4.0])
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(model, **{key: "model"}, registered_model_name=name, pip_requirements=["scikit-learn"])
    session.client.set_registered_model_alias(name, "champion", "1")
    return name, run.info.run_id


def artifacts_by_address(session):
    name, run_id = _champion(session)
    session.client.log_text(run_id, "a note", "notes/note.txt")
    for label, address in {"version": f"models:/{name}/1", "alias": f"models:/{name}@champion", "run": f"runs:/{run_id}/notes"}.items():
        down = session.folder / label
        result = CliRunner().invoke(cli, ["artifacts", "download", "--artifact-uri", address, "--dst-path", str(down)])
        session.see(f"by {label}", [result.exit_code, sorted(str(path.relative_to(down)) for path in down.rglob("*") if path.is_file())])
    missing = {"alias": f"models:/{name}@nobody", "file of a version": f"models:/{name}/1/nothing.txt", "file of a run": f"runs:/{run_id}/nothing.txt"}
    for label, address in missing.items():
        result = CliRunner().invoke(cli, ["artifacts", "download", "--artifact-uri", address, "--dst-path", str(session.folder / "no")])
        session.see(f"missing {label}", [result.exit_code, f"{type(result.exception).__name__}: {result.exception}"])


def a_prediction_from_the_shell(session):
    name, _ = _champion(session)
    question = session.file("question.json", json.dumps(QUESTION))
    answer = session.folder / "answer.json"
    command = ["models", "predict", "--model-uri", f"models:/{name}@champion", "--env-manager", "local"]
    done = _shell(*command, "--input-path", question, "--content-type", "json", "--output-path", str(answer))
    session.see("exit code", done.wait(SERVING_TIMEOUT_S))
    session.see("predictions", [round(value, 6) for value in json.loads(answer.read_text())["predictions"]])


# The older line's scoring server does not start with the web framework that is installed beside it.
@only_for_line("3")
def a_model_is_served(session):
    name, _ = _champion(session)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    serving = _shell("models", "serve", "--model-uri", f"models:/{name}@champion", "--env-manager", "local", "--port", str(port))
    try:
        _wait_for(f"http://127.0.0.1:{port}/ping", serving)
        answer = requests.post(f"http://127.0.0.1:{port}/invocations", json=QUESTION, timeout=60)
        session.see("predictions", [round(value, 6) for value in answer.json()["predictions"]])
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(serving.pid, signal.SIGKILL)
        serving.wait()


def _shell(*arguments):
    """The program in a process group of its own, since it starts others, which it looks for beside itself."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.Popen([sys.executable, "-m", "mlflow", *arguments], env=environment, start_new_session=True)


def _wait_for(address, process):
    end = time.monotonic() + SERVING_TIMEOUT_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise RuntimeError(f"nothing answers at {address}")


def what_works_on_a_database_only(session):
    """`mlflow gc` wants to reach behind the server; both servers are spared that."""
    result = CliRunner().invoke(cli, ["gc", "--backend-store-uri", session.uri])
    session.see("gc", [result.exit_code, f"{type(result.exception).__name__}: {result.exception}"])
