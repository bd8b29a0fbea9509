"""One server of Tiltyard with a log of its own, for tests that need no balancer."""

import subprocess
from pathlib import Path

from starting import address_of, surroundings


class Server:
    def __init__(self, binary: Path, folder: Path, database: str, artifacts: Path | str, variables: dict[str, str] | None = None):
        self.log = folder / "server.log"
        self.process = subprocess.Popen(
            [str(binary), "server", "--port", "0", "--backend-store-uri", database, "--artifacts-destination", str(artifacts)],
            cwd=folder, env=surroundings() | (variables or {}), stdin=subprocess.DEVNULL, stderr=self.log.open("wb"),
        )
        try:
            self.url = address_of("the server", self.process, self.log)
        except BaseException:
            self.end()
            raise

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
