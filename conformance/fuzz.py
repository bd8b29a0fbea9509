#!/usr/bin/env python3
"""Sends malformed requests for a bounded time: broken and mutated JSON, random filters, odd paths and queries.

Whatever arrives, the server must answer in time, never with a 5xx, refuse in MLflow's shape, and be alive afterwards.
The seed is printed, so that a failure can be had again. Run it with `python3 conformance/fuzz.py`.
"""

import json
import random
import sys
import threading
import time

from harness.alone import Answer, NoAnswer, parser, send, server_in, starter
from harness.malformed import PROXY, Maker, full
from harness.servers import Server
from harness.tally import Tally

THREADS = 4
FAILURES_SHOWN = 25
NOT_IMPLEMENTED = 501
# A target with one of these in the wrong place is no target; the HTTP library refuses it before there is a request to answer.
UNREADABLE = set('"<>`')


def fault(verb: str, target: str, answer: Answer) -> str | None:
    """What is wrong with an answer, if anything."""
    if answer.status >= 500 and answer.status != NOT_IMPLEMENTED:
        return f"answered {answer.status}: {answer.body[:300]!r}"
    # What answers HEAD has no body to look at.
    if answer.status < 400 or verb == "HEAD" or _is_no_target(target, answer):
        return None
    try:
        body = json.loads(answer.body)
        return None if body["error_code"] and isinstance(body["message"], str) else f"a refusal without code or message: {body}"
    except (ValueError, KeyError, TypeError):
        return f"answered {answer.status} in another shape than MLflow's: {answer.body[:300]!r}"


def _is_no_target(target: str, answer: Answer) -> bool:
    return answer == Answer(400, b"", "") and not UNREADABLE.isdisjoint(target)


class Hunt:
    """Threads that send until the time is over."""

    def __init__(self, uri: str, seed: int, seconds: float, tally: Tally):
        self._uri, self._seed, self._tally = uri, seed, tally
        self._end, self._lock, self._shown = time.monotonic() + seconds, threading.Lock(), 0

    def run(self, names: dict[str, str]) -> None:
        threads = [threading.Thread(target=self._send, args=(number, names)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _send(self, number: int, names: dict[str, str]) -> None:
        maker = Maker(random.Random(f"{self._seed}-{number}"), names)
        while time.monotonic() < self._end:
            verb, target, body, content_type = maker.request()
            try:
                wrong = fault(verb, target, send(self._uri, verb, target, body, content_type))
            except NoAnswer as error:
                wrong = f"gave no answer: {error}"
            self._count(wrong, f"{verb} {target[:500]!r} {(body or b'')[:500]!r} ({content_type})")

    def _count(self, wrong: str | None, shown: str) -> None:
        with self._lock:
            if wrong is None:
                self._tally.passed_quietly()
            elif self._shown < FAILURES_SHOWN:
                self._shown += 1
                self._tally.failed(shown, wrong)
            else:
                self._tally.failed_quietly()


def prepare(server: Server) -> dict[str, str]:
    """What the right requests refer to."""

    def post(path: str, body: dict) -> dict:
        return json.loads(send(server.uri, "POST", full(path), json.dumps(body).encode()).body)

    experiment = post("experiments/create", {"name": "fuzz"})["experiment_id"]
    run = post("runs/create", {"experiment_id": experiment})["run"]["info"]["run_id"]
    post("registered-models/create", {"name": "horse"})
    for _ in range(2):
        post("model-versions/create", {"name": "horse", "source": "s3://bucket/horse"})
    logged = post("logged-models", {"experiment_id": experiment, "name": "horse"})["model"]["info"]["model_id"]
    # MLflow's own server takes no parts into a folder.
    upload = post(PROXY + "/mpu/create/a", {"path": "a", "num_parts": 2}).get("upload_id", "none")
    return {"EXPERIMENT": experiment, "RUN": run, "LOGGED": logged, "UPLOAD": upload, "STORE": server.place.destination}


def main() -> int:
    options_parser = parser(__doc__)
    options_parser.add_argument("--seconds", type=float, default=30)
    options_parser.add_argument("--seed", type=int, default=int(time.time()))
    options = options_parser.parse_args()
    print(f"seed {options.seed}, {options.seconds:g} s", flush=True)
    tally = Tally()
    with starter(options) as start, server_in(start) as (server, _):
        Hunt(server.uri, options.seed, options.seconds, tally).run(prepare(server))
        try:
            alive = send(server.uri, "GET", "/health").status == 200 and server.process.poll() is None
        except NoAnswer:
            alive = False
        if alive:
            tally.passed("the server is alive afterwards")
        else:
            tally.failed("the server is dead afterwards", server.log.read_text(errors="replace")[-2000:])
    tally.close()
    return tally.exit_code


if __name__ == "__main__":
    sys.exit(main())
