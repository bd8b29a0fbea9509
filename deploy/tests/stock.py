"""What a user of the stock client sees while replicas die: run by an environment that has MLflow with the address of a server and the
name of a model, ended by the end of its stdin.

It says `ready`, then trains one model after the other and says a line for each: `done RUN VERSION SHA256` or `failed WHY`.
"""

import hashlib
import os
import select
import sys
import tempfile
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException


def train(client: MlflowClient, name: str, folder: Path) -> str:
    run = client.create_run("0")
    run_id = run.info.run_id
    client.log_batch(run_id, metrics=[Metric("loss", 0.5, 1, step) for step in range(5)], params=[Param("rate", "0.1")])
    content = os.urandom(100_000)
    (folder / "data.bin").write_bytes(content)
    (folder / "MLmodel").write_text("flavors: {}\n")
    client.log_artifacts(run_id, str(folder), "model")
    version = client.create_model_version(name, f"{run.info.artifact_uri}/model", run_id).version
    client.transition_model_version_stage(name, version, "Staging")
    client.set_registered_model_alias(name, "champion", version)
    client.set_terminated(run_id)
    sha256 = hashlib.sha256(content).hexdigest()
    read = Path(client.download_artifacts(run_id, "model/data.bin")).read_bytes()
    if hashlib.sha256(read).hexdigest() != sha256:
        raise ValueError("the bytes that were read differ from those that were written")
    return f"done {run_id} {version} {sha256}"


def main() -> None:
    uri, name = sys.argv[1:]
    client = MlflowClient(uri)
    client.create_registered_model(name)
    print("ready", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        while not select.select([sys.stdin], [], [], 0)[0]:
            try:
                print(train(client, name, Path(folder)), flush=True)
            except (MlflowException, OSError, ValueError) as failure:
                print(f"failed {type(failure).__name__}: {str(failure)[:300]!r}", flush=True)


if __name__ == "__main__":
    main()
