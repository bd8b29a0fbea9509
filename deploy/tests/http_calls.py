"""One connection to a server, and what became of each request: an answer, or how it failed and from when to when."""

import contextlib
import http.client
import json
import select
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

# Longer than every bound of the server's own, so that a hang is told from a slow answer.
TIMEOUT_S = 60


@dataclass(frozen=True)
class Failure:
    """A request that was not answered with a 2xx."""

    what: str
    kind: str
    retry_after: bool
    begun: float
    ended: float
    said: str

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


class Refused(Exception):
    def __init__(self, failure: Failure):
        super().__init__(f"{failure.what}: {failure.kind}: {failure.said}")
        self.failure = failure


class Caller:
    """A client with one connection, which is kept open as the stock client's are unless told otherwise."""

    def __init__(self, url: str, keep: bool = True):
        self._keep = keep
        self._host = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)

    def send(self, verb: str, target: str, body: bytes | None = None, key: str | None = None) -> bytes:
        self._drop_what_is_of_no_use()
        begun = time.monotonic()
        what = f"{verb} {target.split('?')[0]}"
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": f'"{key}"'} if key else {})
        try:
            with contextlib.suppress(BrokenPipeError):
                # Whoever refuses a request early stops reading it; the answer is there all the same.
                self._connection.request(verb, target, body=body, headers=headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException) as broken:
            # The next request opens a new connection.
            self._connection.close()
            raise Refused(Failure(what, type(broken).__name__, False, begun, time.monotonic(), str(broken))) from broken
        if 200 <= answer.status < 300:
            return said
        retry_after = answer.getheader("Retry-After") is not None
        text = said[:300].decode(errors="replace")
        raise Refused(Failure(what, str(answer.status), retry_after, begun, time.monotonic(), text))

    def _drop_what_is_of_no_use(self) -> None:
        """What every client does that keeps connections: one that the other side closed meanwhile is not used again."""
        if not self._keep:
            self._connection.close()
        if self._connection.sock and select.select([self._connection.sock], [], [], 0)[0]:
            self._connection.close()

    def ask(self, verb: str, path: str, message: dict | None = None, key: str | None = None) -> dict:
        body = None if message is None else json.dumps(message).encode()
        return json.loads(self.send(verb, f"/api/2.0/mlflow/{path}", body, key))

    def close(self) -> None:
        self._connection.close()
