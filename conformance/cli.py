#!/usr/bin/env python3
"""Tiltyard's own command line against stock `mlflow server`s of both lines: what can work there works, what cannot says why.

Only Tiltyard keeps a history, so there `rollback` and `history` must refuse, and leave everything as it was. Run it with
`python3 conformance/cli.py`, after `conformance/install`.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.servers import ServerFailed, quiet_environment, reference_server, stop_servers_when_told_to_end
from harness.tally import Tally

LINES = ("3", "2")
DONE, REFUSED, USAGE, NOT_FOUND, UNREACHABLE = range(5)
TIMEOUT_S = 60
FILES = {"MLmodel": "flavors: {}", "code/a b.py": "print()", "data/ünï.bin": "joust " * 200_000, "empty": ""}


@dataclass(frozen=True)
class Shell:
    """The program, pointed at one server."""

    binary: Path
    uri: str
    line: str
    tally: Tally

    def run(self, *arguments: str) -> subprocess.CompletedProcess:
        environment = quiet_environment() | {"MLFLOW_TRACKING_URI": self.uri}
        command = [str(self.binary), *arguments]
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S)

    def expect(self, exit_code: int, *says: str, of: tuple[str, ...]) -> None:
        """One case: a command line, how it must end, and what it must say."""
        ended = self.run(*of)
        said = ended.stdout + ended.stderr
        missing = [words for words in says if words not in said]
        self.judge(" ".join(of), ended.returncode == exit_code and not missing, f"ended with {ended.returncode}, not {exit_code}; missing {missing}:\n{said}")

    def judge(self, what: str, is_so: bool, why: str) -> None:
        name = f"mlflow server {self.line}: {what}"
        if is_so:
            self.tally.passed(name)
        else:
            self.tally.failed(name, why)

    def json(self, *arguments: str):
        return json.loads(self.run(*arguments, "--json").stdout)


def a_model_is_released(shell: Shell, folder: Path) -> None:
    shell.expect(DONE, of=("models", "list"))
    for number in "12":
        shell.expect(DONE, f"Registered horse {number} from mlflow-artifacts:/", of=("versions", "register", "horse", "--folder", str(folder)))
    shell.expect(DONE, "horse", of=("models", "list"))
    shell.expect(DONE, "horse", of=("models", "show", "horse"))
    shell.expect(DONE, "READY", of=("versions", "list", "horse"))
    shell.expect(DONE, "version:", of=("versions", "show", "horse", "latest"))
    shell.expect(DONE, "horse 1 is now in Production.", of=("promote", "horse", "1"))
    shell.expect(DONE, "horse 2 is now in Production, in place of 1.", of=("promote", "horse", "latest"))
    shell.expect(DONE, "@champion of horse now points to 2.", of=("promote", "horse", "Production", "--to", "@champion"))
    shell.expect(DONE, "@challenger of horse now points to 1.", of=("alias", "set", "horse", "challenger", "1"))
    shell.expect(DONE, "@champion", "@challenger", of=("alias", "list", "horse"))
    shell.expect(DONE, "@champion", of=("versions", "list", "horse"))
    shell.expect(DONE, "register horse", of=("runs", "list"))


def its_files_come_back(shell: Shell, copy: Path) -> None:
    shell.expect(DONE, f"Downloaded {len(FILES)} files of horse 2", of=("versions", "download", "horse", "@champion", "--to", str(copy)))
    found = {str(path.relative_to(copy)): path.read_text() for path in copy.rglob("*") if path.is_file()}
    shell.judge("the files are the same", found == FILES, f"there are {sorted(found)}")


def a_version_becomes_a_bundle(shell: Shell, to: Path) -> None:
    """Stock servers keep neither digests nor histories of stages: the bundle says that it does without them."""
    command = ("versions", "bundle", "horse", "@champion", "--to", str(to))
    shell.expect(DONE, f"Bundled horse 2 with {len(FILES)} files", "keeps no digests", "keeps no history", of=command)
    place = to / "horse" / "2"
    found = {str(path.relative_to(place / "model")): path.read_text() for path in (place / "model").rglob("*") if path.is_file()}
    shell.judge("the bundled files are the same", found == FILES, f"there are {sorted(found)}")
    beside = {path.name for path in place.iterdir()} - {"model"}
    shell.judge("the documents are there", beside == {"CARD.md", "manifest.json", "run.json", "validation.json", "version.json"}, f"there are {beside}")
    shell.expect(DONE, "already", of=command)


def what_only_tiltyard_can_do_is_refused(shell: Shell) -> None:
    before = shell.json("versions", "list", "horse")
    way_out = "tiltyard promote horse VERSION --to "
    shell.expect(REFUSED, "keeps no history", way_out + "Production", of=("rollback", "horse", "--yes"))
    shell.expect(REFUSED, "keeps no history", way_out + "@champion", of=("rollback", "horse", "--alias", "champion", "--yes"))
    shell.expect(REFUSED, "keeps no history", "tiltyard models show horse", of=("history", "horse"))
    shell.judge("nothing was moved", shell.json("versions", "list", "horse") == before, "the versions have changed")


def refusals_have_the_same_exit_codes(shell: Shell) -> None:
    shell.expect(USAGE, "--yes", of=("models", "delete", "horse"))
    shell.expect(NOT_FOUND, of=("models", "show", "nobody"))
    shell.expect(NOT_FOUND, of=("versions", "show", "horse", "9"))
    shell.expect(NOT_FOUND, of=("versions", "show", "horse", "Staging"))
    shell.expect(NOT_FOUND, "no alias @nobody", of=("alias", "get", "horse", "nobody"))
    shell.expect(NOT_FOUND, of=("rollback", "nobody", "--yes"))
    shell.expect(NOT_FOUND, of=("runs", "show", "0" * 32))
    shell.expect(REFUSED, of=("promote", "horse", "1", "--to", "Nowhere"))
    shell.expect(REFUSED, of=("models", "list", "--filter", "nonsense"))
    shell.expect(UNREACHABLE, "MLFLOW_TRACKING_URI", of=("models", "list", "--server", "http://127.0.0.1:1"))


def it_goes_away_again(shell: Shell) -> None:
    shell.expect(DONE, of=("alias", "delete", "horse", "challenger"))
    shell.expect(DONE, of=("versions", "delete", "horse", "1", "--yes"))
    shell.expect(DONE, of=("models", "rename", "horse", "mare"))
    shell.expect(DONE, of=("models", "delete", "mare", "--yes"))
    shell.expect(NOT_FOUND, of=("models", "show", "mare"))


def all_of(shell: Shell, around: Path) -> None:
    folder = around / "model"
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    a_model_is_released(shell, folder)
    its_files_come_back(shell, around / "copy")
    a_version_becomes_a_bundle(shell, around / "bundles")
    what_only_tiltyard_can_do_is_refused(shell)
    refusals_have_the_same_exit_codes(shell)
    it_goes_away_again(shell)


def main() -> int:
    stop_servers_when_told_to_end()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, default=Path("target/release/tiltyard"))
    parser.add_argument("--environments", type=Path, default=Path("target/conformance"), help="where conformance/install put MLflow")
    options, tally = parser.parse_args(), Tally()
    for line in LINES:
        start = reference_server(options.environments.resolve() / f"mlflow-{line}")
        with tempfile.TemporaryDirectory(prefix="conformance-") as around:
            try:
                with start(Path(around) / "server") as server:
                    all_of(Shell(options.tiltyard.resolve(), server.uri, line, tally), Path(around))
            except ServerFailed as error:
                tally.failed(f"mlflow server {line}", str(error))
    tally.close()
    return tally.exit_code


if __name__ == "__main__":
    sys.exit(main())
