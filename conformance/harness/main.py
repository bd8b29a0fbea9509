"""The conformance run: every scenario against both servers, in both client lines, and one closing line."""

import argparse
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from harness import record
from harness.buckets import MODULES, bucket_for, places_of, wants_bucket
from harness.clients import Result, Worker, worker
from harness.cluster import STORES
from harness.compare import compare, crashes, unified_diff
from harness.differences import Case, Difference, load_differences, page_is_current, stale
from harness.lies import tell_lies
from harness.servers import Server, ServerFailed, Starter, reference_server, stop_servers_when_told_to_end, tiltyard_server
from harness.tally import Tally

LINES = ("3", "2")


def main() -> int:
    stop_servers_when_told_to_end()
    options = _options()
    environments = options.environments.resolve()
    reference = reference_server(environments / "mlflow-3")
    listed = [] if options.self_check else load_differences()
    differences = [difference for difference in listed if difference.store in ("", options.store)]
    tally, used, ran, seen = Tally(), set(), set(), record.Record()
    with STORES[options.store]() as database, places_of(options) as places:
        tested = reference if options.self_check else tiltyard_server(options.tiltyard.resolve(), database, places)
        for line in options.line or LINES:
            environment = environments / f"mlflow-{line}"
            run = LineRun(line, environment, options, differences, tally, seen)
            try:
                run.all(reference, tested)
            except ServerFailed as error:
                tally.failed(f"client {line}: the servers", str(error))
            used |= run.used
            ran |= run.ran
    if options.self_check:
        tell_lies(environments / "mlflow-3", options.k, tally)
    else:
        _check_list(options, differences, used, ran, tally)
        _check_record(options, seen, tally)
    tally.close()
    return tally.exit_code


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="conformance/run", description=__doc__)
    parser.add_argument("--tiltyard", metavar="BINARY", type=Path, default=Path("target/release/tiltyard"))
    store = "where Tiltyard keeps its metadata; a throwaway PostgreSQL is started, and installed where it is missing"
    parser.add_argument("--store", choices=sorted(STORES), default="sqlite", help=store)
    artifacts = "where Tiltyard keeps artifacts; on `s3` only the scenarios run in which artifacts go through the server"
    parser.add_argument("--artifacts", choices=("folder", "s3"), default="folder", help=artifacts)
    self_check = "compare mlflow server with a second one, and with a liar: proves that only what differs is seen, and all of it"
    parser.add_argument("--self-check", action="store_true", help=self_check)
    parser.add_argument("--accept", action="store_true", help="write the record of differences anew; read it as a diff")
    parser.add_argument("-k", metavar="TEXT", default="", help="only scenarios whose name holds this text")
    parser.add_argument("--line", action="append", choices=LINES, help="only this client line")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="keep databases, logs and transcripts here")
    parser.add_argument("--environments", type=Path, required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.accept and (options.self_check or _is_partial(options)):
        parser.error("--accept needs a whole run against Tiltyard")
    if not options.self_check and not options.tiltyard.is_file():
        parser.error(f"there is no {options.tiltyard}: build it with `cargo build --release`, or name it with --tiltyard BINARY")
    return options


class LineRun:
    """One client line: two servers, two workers, all scenarios in turn on both."""

    def __init__(self, line: str, environment: Path, options, differences: list[Difference], tally: Tally, seen: record.Record):
        self._line, self._environment, self._options = line, environment, options
        self._differences, self._tally, self._seen = differences, tally, seen
        self.used: set[Case] = set()
        self.ran: set[str] = set()

    def all(self, reference: Starter, tested: Starter) -> None:
        with ExitStack() as stack:
            folder = self._folder(stack)
            for flags in self._with_flags((), (reference, tested), folder):
                self._with_flags(flags, (reference, tested), folder / re.sub(r"[^a-z]+", "-", "".join(flags)).strip("-"))

    def _with_flags(self, flags: tuple, starters: tuple[Starter, Starter], folder: Path) -> set[tuple]:
        """Runs the scenarios that want these flags, and tells which flags the others want."""
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(2))
            folders = (folder / "reference", folder / "tested")
            told = (stack.enter_context(bucket_for(self._options)),) if wants_bucket(flags) else ()
            servers = [stack.enter_context(start(folder, flags, *told)) for start, folder in zip(starters, folders, strict=True)]
            workers = [stack.enter_context(worker(self._environment, server)) for server in servers]
            wanted = {scenario: flags for scenario, flags in workers[0].scenarios.items() if self._is_wanted(scenario)}
            for scenario in wanted:
                if wanted[scenario] == flags:
                    self._one(scenario, workers, servers, pool, folder)
        return set(wanted.values()) - {flags}

    def _is_wanted(self, scenario: str) -> bool:
        # On S3 an address is given where a folder has none; `object_stores` compares that with a server that has a bucket too.
        is_about_bytes = scenario.startswith(MODULES) and scenario != "raw_artifacts.rows"
        return self._options.k in scenario and (is_about_bytes or self._options.artifacts == "folder")

    def _folder(self, stack: ExitStack) -> Path:
        if self._options.keep:
            return self._options.keep.resolve() / f"mlflow-{self._line}"
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="conformance-")))

    def _one(self, scenario: str, workers: list[Worker], servers: list[Server], pool, folder: Path) -> None:
        reference, tested = pool.map(lambda side: side.run(scenario), workers)
        if self._options.keep:
            _keep_transcripts(folder, scenario, reference, tested)
        name = f"client {self._line}: {scenario}"
        self.ran.add(scenario)
        if reference.error:
            self._tally.failed(name, f"the scenario itself is wrong; against mlflow server it raises:\n{reference.error}")
        elif tested.error:
            self._tally.failed(name, f"raises, and does not against mlflow server:\n{tested.error}{_diff(reference, tested)}")
        else:
            self._judge(name, scenario, reference, tested)

    def _judge(self, name: str, scenario: str, reference: Result, tested: Result) -> None:
        comparison = compare(scenario, reference.lines, tested.lines, self._differences)
        self.used |= comparison.used
        # What one kind of store alone shows is no part of the record, which is the same for all of them.
        of_store = {difference.id for difference in self._differences if difference.store}
        self._seen.add(self._line, scenario, [seen for seen in comparison.listed if seen.case.difference not in of_store])
        crashed = [] if self._options.self_check else crashes(tested.lines)
        if crashed:
            self._tally.failed(name, "tiltyard answers with a 5xx:\n" + "\n".join(crashed))
        elif comparison.unlisted:
            self._tally.failed(name, unified_diff(reference.lines, tested.lines, comparison.unlisted))
        else:
            self._tally.passed(name, f"{len(reference.lines)} lines, {reference.seconds} s and {tested.seconds} s")


def _diff(reference: Result, tested: Result) -> str:
    """What differed before the scenario broke off."""
    reached = {key for key, _ in tested.lines}
    expected = [line for line in reference.lines if line[0] in reached]
    return unified_diff(expected, tested.lines, compare("", expected, tested.lines, []).unlisted)


def _keep_transcripts(folder: Path, scenario: str, reference: Result, tested: Result) -> None:
    for side, result in (("reference", reference), ("tested", tested)):
        text = "".join(f"{key} = {value}\n" for key, value in result.lines)
        (folder / side / f"{scenario}.txt").write_text(text + (result.error or ""))


def _check_list(options, differences: list[Difference], used: set[str], ran: set[str], tally: Tally) -> None:
    """A whole run also judges the list itself."""
    if not page_is_current():
        tally.failed("docs/differences.md", "is behind conformance/differences.toml: run `python -m harness.differences` in conformance/")
    if _is_partial(options):
        return
    for case in stale(differences, used, ran):
        shown = f"no longer occurs: take it off the list\nscenarios = {list(case.scenarios)}\nkey = {case.key}"
        tally.failed(f"differences.toml: {case.difference}", shown)


def _check_record(options, seen: record.Record, tally: Tally) -> None:
    """The lines that differ must be those that were recorded; a part of a run says nothing about that."""
    if _is_partial(options):
        return
    if options.accept:
        record.accept(seen)
    for name, changed in record.changes(seen).items():
        advice = "if that is meant, run it with --accept and commit the record"
        tally.failed(f"record/{name}.txt", f"what differs is not what was recorded; {advice}\n{changed}")


def _is_partial(options) -> bool:
    return bool(options.k or options.line or options.artifacts != "folder")


if __name__ == "__main__":
    sys.exit(main())
