"""Lies that the comparison must notice: a server in between falsifies one thing in the answers of a true one.

Each lie is told in one scenario that asks for what it falsifies. A lie that nobody notices means that the harness hides
what it should compare. Told by `conformance/run --self-check`.
"""

import contextlib
import http.client
import json
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from harness.clients import worker
from harness.compare import compare
from harness.differences import load_differences
from harness.servers import Server, reference_server
from harness.tally import Tally

TIMEOUT_S = 60
HOP_BY_HOP = ("connection", "content-length", "date", "server", "transfer-encoding")


@dataclass(frozen=True)
class Lie:
    """What is falsified, in whose answers, and the scenario that sees it. `tell` gets status and body and gives both."""

    name: str
    scenario: str
    path: str
    tell: Callable[[int, object], tuple[int, object]]


def _each(wanted: str, change: Callable) -> Callable:
    """Falsifies every value under a key."""

    def told(value):
        if isinstance(value, dict):
            return {key: change(item) if key == wanted else told(item) for key, item in value.items()}
        return [told(item) for item in value] if isinstance(value, list) else value

    return lambda status, body: (status, told(body))


def _without(wanted: str) -> Callable:
    def told(value):
        if isinstance(value, dict):
            return {key: told(item) for key, item in value.items() if key != wanted}
        return [told(item) for item in value] if isinstance(value, list) else value

    return lambda status, body: (status, told(body))


def _status(of: int, instead: int) -> Callable:
    return lambda status, body: (instead if status == of else status, body)


TWO_HOURS_MS = 2 * 60 * 60 * 1000
LIES = (
    Lie("a name in another letter case", "runs.life_cycle", "runs/", _each("run_name", str.title)),
    Lie("a made-up name that is not in the tag", "raw_runs.creation", "runs/create", _each("run_name", lambda name: re.sub(r"^[a-z]+-[a-z]+-\d+$", "lame-duck-1", name))),
    Lie("the id of another run", "raw_runs.reading", "runs/get$", _each("run_id", lambda run_id: "0" * 32)),
    Lie("the number of another experiment", "experiments.life_cycle", "experiments/get$", _each("experiment_id", lambda number: str(int(number) + 1))),
    Lie("a time two hours early", "registered_models.life_cycle", "registered-models/", _each("creation_timestamp", lambda time: time - TWO_HOURS_MS)),
    Lie("a time in seconds", "model_versions.life_cycle", "model-versions/", _each("last_updated_timestamp", lambda time: time // 1000)),
    Lie("an id as a number", "raw_logged_models.rows", "logged-models$", _each("experiment_id", int)),
    Lie("a time as text", "raw_registry.models", "registered-models/create", _each("creation_timestamp", str)),
    Lie("no time at all", "logged_models.life_cycle", "logged-models", _without("last_updated_timestamp_ms")),
    Lie("a metric that is a little off", "metrics_and_params.latest_by_step_then_time_then_value", "runs/get$", _each("value", lambda value: value + 1e-9 if isinstance(value, float) else value)),
    Lie("a search in another order", "search_runs.orders", "runs/search", _each("runs", lambda runs: runs[::-1])),
    Lie("pages without a token", "search_runs.pages", "runs/search", _without("next_page_token")),
    Lie("an alias that is missing", "registered_models.aliases", "registered-models/get$", _each("aliases", lambda aliases: aliases[1:])),
    Lie("another stage", "model_versions.stages", "model-versions/", _each("current_stage", lambda stage: "Staging" if stage == "Production" else stage)),
    Lie("another status", "raw_experiments.rows", "experiments/", _status(404, 400)),
    Lie("another error code", "registered_models.refusals", "registered-models/", _each("error_code", lambda code: "BAD_REQUEST")),
    Lie("a message without its full stop", "runs.refusals", "runs/", _each("message", lambda text: text.rstrip(".") + "!")),
    Lie("a file of another size", "artifacts.files_and_folders", "artifacts", _each("file_size", lambda size: int(size) + 1)),
)  # fmt: skip


def tell_lies(environment: Path, text: str, tally: Tally) -> None:
    """Tells each lie once. The list of differences is in force, so that it is seen to allow none of them."""
    start, differences = reference_server(environment), load_differences()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))
        servers = [stack.enter_context(start(folder / name)) for name in ("true", "lying")]
        uri, liar = stack.enter_context(liar_before(servers[1]))
        honest, told = (stack.enter_context(worker(environment, server)) for server in servers)
        for lie in (lie for lie in LIES if text in lie.scenario):
            liar.begin(lie)
            expected, seen = honest.run(lie.scenario), told.run(lie.scenario, uri)
            noticed = seen.error or compare(lie.scenario, expected.lines, seen.lines, differences).unlisted
            if not liar.told:
                tally.failed(f"lie: {lie.name}", f"{lie.scenario} never asked for it")
            elif not noticed:
                tally.failed(f"lie: {lie.name}", f"nobody noticed it in {lie.scenario}")
            else:
                tally.passed(f"lie: {lie.name}", "noticed")


class Liar:
    """Passes requests on to a true server; tells at most one lie at a time."""

    def __init__(self, server: Server):
        self.true_address = urlsplit(server.uri).netloc
        self.lie: Lie | None = None
        self.told = False

    def begin(self, lie: Lie) -> None:
        """Tells this lie from now on."""
        self.lie, self.told = lie, False

    def answer(self, path: str, status: int, body: bytes) -> tuple[int, bytes]:
        """What the client gets."""
        if not self.lie or not re.search(self.lie.path, path.split("?")[0]):
            return status, body
        try:
            told_status, told = self.lie.tell(status, json.loads(body))
        except ValueError:
            return status, body
        # Clients ask from several threads; one that gets the truth must not undo what another was told.
        if (told_status, told) != (status, json.loads(body)):
            self.told = True
        return told_status, json.dumps(told).encode()


@contextlib.contextmanager
def liar_before(server: Server) -> Iterator[tuple[str, Liar]]:
    """The address at which a liar stands before the server."""
    liar = Liar(server)
    listener = ThreadingHTTPServer(("127.0.0.1", 0), _handler(liar))
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}", liar
    finally:
        listener.shutdown()
        listener.server_close()


def _handler(liar: Liar) -> type[BaseHTTPRequestHandler]:
    class Between(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def between(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            connection = http.client.HTTPConnection(liar.true_address, timeout=TIMEOUT_S)
            try:
                headers = {name: value for name, value in self.headers.items() if name.lower() not in (*HOP_BY_HOP, "host")}
                connection.request(self.command, self.path, sent or None, headers | {"Content-Length": str(len(sent))})
                answer = connection.getresponse()
                status, body = liar.answer(self.path, answer.status, answer.read())
            finally:
                connection.close()
            self.send_response(status)
            for name, value in answer.getheaders():
                if name.lower() not in HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = between

        def log_message(self, *_) -> None:
            """The servers have logs of their own."""

    return Between
