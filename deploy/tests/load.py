"""A mixed load as a team makes it, and the book that is kept of it: what was acknowledged, and what failed.

Each worker trains one model after the other: a run, its params and metrics, its files; a version of one model that all
workers share; its stage and an alias; it searches, and reads files back.
"""

import contextlib
import hashlib
import random
import threading
import time
import uuid
from dataclasses import dataclass, field

from http_calls import Caller, Failure, Refused

MODEL = "shared"
# What an alias points to before it was set.
NOTHING = "nothing"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
SMALL_BYTES = (1, 200_000)
LARGE_BYTES = 4_000_000
LARGE_EVERY = 15
STEPS = 3
REST_S = 0.05
GIVE_UP_AFTER_S = 90


@dataclass
class Book:
    """What was acknowledged, by its name. Values are what must be found."""

    runs: dict[str, dict] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    versions: dict[str, dict] = field(default_factory=dict)
    stages: dict[str, set[str]] = field(default_factory=dict)
    aliases: dict[str, set[str]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    answered: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> str:
        return f"{len(self.runs)} runs, {len(self.files)} files, {len(self.versions)} versions"


class Worker(threading.Thread):
    def __init__(self, number: int, url: str, book: Book, stop: threading.Event, seed: int, rest_s: float, keep: bool):
        super().__init__(name=f"worker-{number}", daemon=True)
        self.book, self.stop, self.rest_s = book, stop, rest_s
        # Nobody else's, also where loads run beside or after each other: the version that it was last told must be there.
        self.alias = f"of-{uuid.uuid4().hex}"
        self.random = random.Random(seed * 1000 + number)
        self.caller = Caller(url, keep)

    def run(self) -> None:
        while not self.stop.is_set():
            try:
                self._train()
            except Refused:
                # What came before it is in the book; the worker goes on with the next model.
                self.stop.wait(self.rest_s)
            except Exception as surprise:  # noqa: BLE001: a worker that dies in silence would prove nothing
                self.book.wrong.append(f"{self.name}: {type(surprise).__name__}: {surprise}")
                return
        self.caller.close()

    def _ask(self, *words, **named) -> dict:
        return self._booked(lambda: self.caller.ask(*words, **named))

    def _booked(self, call):
        try:
            answer = call()
        except Refused as refused:
            with self.book.lock:
                self.book.failures.append(refused.failure)
            raise
        with self.book.lock:
            self.book.answered += 1
        return answer

    def _train(self) -> None:
        run = self._ask("POST", "runs/create", {"experiment_id": "0", "run_name": f"of {self.name}"})["run"]["info"]
        run_id = run["run_id"]
        noted = self.book.runs.setdefault(run_id, {"metrics": set(), "params": {}})
        self._log(run_id, noted)
        root = run["artifact_uri"].removeprefix("mlflow-artifacts:/").lstrip("/")
        large = self.random.randrange(LARGE_EVERY) == 0
        self._put(f"{root}/model/MLmodel", b"flavors: {}\nmodel_uuid: " + run_id.encode() + b"\n")
        self._put(f"{root}/model/data.bin", self.random.randbytes(LARGE_BYTES if large else self.random.randint(*SMALL_BYTES)))
        version = self._register(run_id, f"{run['artifact_uri']}/model")
        self._stage(version)
        self._alias(version)
        self._look(run_id, version, f"{root}/model/data.bin")

    def _log(self, run_id: str, noted: dict) -> None:
        self._ask("POST", "runs/log-batch", {
            "run_id": run_id,
            "params": [{"key": "rate", "value": "0.1"}],
            "metrics": [{"key": "loss", "value": 1.0, "timestamp": 1, "step": step} for step in range(STEPS)],
        })
        noted["params"]["rate"] = "0.1"
        noted["metrics"].update(range(STEPS))
        self._ask("POST", "runs/log-metric", {"run_id": run_id, "key": "loss", "value": 0.5, "timestamp": 2, "step": STEPS})
        noted["metrics"].add(STEPS)
        self._ask("POST", "runs/log-parameter", {"run_id": run_id, "key": "depth", "value": "3"})
        noted["params"]["depth"] = "3"

    def _put(self, path: str, content: bytes) -> None:
        self._booked(lambda: self.caller.send("PUT", f"{ARTIFACTS}/{path}", content))
        self.book.files[path] = hashlib.sha256(content).hexdigest()

    def _register(self, run_id: str, source: str) -> str:
        """Under one idempotency key until it is answered: a lost answer must not make a second version."""
        key, begun = str(uuid.uuid4()), time.monotonic()
        message = {"name": MODEL, "source": source, "run_id": run_id}
        while True:
            try:
                version = self._ask("POST", "model-versions/create", message, key=key)["model_version"]["version"]
            except Refused:
                # Also once the load has ended: a version that was made must stand in the book.
                if time.monotonic() - begun > GIVE_UP_AFTER_S:
                    raise
                time.sleep(self.rest_s)
                continue
            with self.book.lock:
                if version in self.book.versions:
                    self.book.wrong.append(f"version {version} was given twice")
                self.book.versions[version] = {"source": source, "run_id": run_id}
            return version

    def _stage(self, version: str) -> None:
        stage = self.random.choice(["Staging", "Production"])
        # Until it is answered, both are right.
        self.book.stages[version] = {"None", stage}
        self._ask("POST", "model-versions/transition-stage", {"name": MODEL, "version": version, "stage": stage, "archive_existing_versions": False})
        self.book.stages[version] = {stage}

    def _alias(self, version: str) -> None:
        # Until it is answered, both are right: the version before it, or none, and this one.
        self.book.aliases[self.alias] = self.book.aliases.get(self.alias, {NOTHING}) | {version}
        self._ask("POST", "registered-models/alias", {"name": MODEL, "alias": self.alias, "version": version})
        self.book.aliases[self.alias] = {version}

    def _look(self, run_id: str, version: str, path: str) -> None:
        found = self._ask("GET", f"model-versions/get?name={MODEL}&version={version}")["model_version"]
        if found["run_id"] != run_id:
            self.book.wrong.append(f"version {version} is of another run than the one it was made for")
        self._ask("POST", "runs/search", {"experiment_ids": ["0"], "filter": "metrics.loss < 0.6 and params.rate = '0.1'", "max_results": 20})
        content = self._booked(lambda: self.caller.send("GET", f"{ARTIFACTS}/{path}"))
        if hashlib.sha256(content).hexdigest() != self.book.files[path]:
            self.book.wrong.append(f"{path} was read with other bytes than were written")


@contextlib.contextmanager
def load(url: str, seed: int, workers: int = 8, keep: bool = True):
    """The load runs as long as the block, and its book stays."""
    first = Caller(url)
    with contextlib.suppress(Refused):
        first.ask("POST", "registered-models/create", {"name": MODEL})
    first.close()
    book, stop = Book(), threading.Event()
    crew = [Worker(number, url, book, stop, seed, REST_S, keep) for number in range(workers)]
    for worker in crew:
        worker.start()
    try:
        yield book
    finally:
        stop.set()
        for worker in crew:
            worker.join(GIVE_UP_AFTER_S * 2)
        book.wrong.extend(f"{worker.name} did not come to an end" for worker in crew if worker.is_alive())
