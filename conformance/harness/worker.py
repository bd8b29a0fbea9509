"""The process of one client line: imports MLflow once, then forks a fresh child for each scenario.

A child inherits nothing but imported modules, so scenarios cannot see each other; importing MLflow anew for each of
them would take longer than all of them together. Jobs arrive as JSON lines on the standard input.
"""

import json
import os
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import mlflow.pyfunc
import mlflow.sklearn  # noqa: F401  (imported here so that children need not)

from harness.catalogue import find_scenarios
from harness.session import Session, fluent

SCENARIO_TIMEOUT_S = 180
POLL_S = 0.01


def main() -> None:
    line = mlflow.__version__.split(".")[0]
    found = find_scenarios(line)
    print(json.dumps({"scenarios": {name: getattr(scenario, "flags", ()) for name, scenario in found.items()}}), flush=True)
    for text in sys.stdin:
        job = json.loads(text)
        print(json.dumps(_run_in_child(found[job["scenario"]], job)), flush=True)


def _run_in_child(scenario, job: dict) -> dict:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        answer = Path(folder) / "answer.json"
        child = os.fork()
        if child == 0:
            _child(scenario, job, Path(folder), answer)
        timed_out = _wait(child)
        result = json.loads(answer.read_text()) if answer.exists() else {"lines": [], "error": "the process died"}
    if timed_out:
        result["error"] = f"still running after {SCENARIO_TIMEOUT_S} s"
    return result | {"seconds": round(time.monotonic() - started, 2)}


def _child(scenario, job: dict, folder: Path, answer: Path) -> None:
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    work = folder / "work"
    work.mkdir()
    os.chdir(work)
    session = Session(job["scenario"], job["server_uri"], job["server_folder"], work, job["places"])
    error = None
    try:
        fluent(session)
        scenario(session)
    except BaseException:
        error = traceback.format_exc()
    partial = answer.with_suffix(".partial")
    partial.write_text(json.dumps({"lines": session.lines, "error": error}))
    partial.rename(answer)
    os._exit(0)


def _wait(child: int) -> bool:
    deadline = time.monotonic() + SCENARIO_TIMEOUT_S
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return True
        time.sleep(POLL_S)
    return False


if __name__ == "__main__":
    main()
