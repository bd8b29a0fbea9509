"""The harness itself: what it hides, what it must never hide, and how it judges."""

import re
from pathlib import Path

import pytest

from harness.compare import Occurrence, compare, crashes, unified_diff
from harness.differences import Difference, render, stale
from harness.malformed import OWN, REQUESTS
from harness.normalise import Normaliser, RandomNames
from harness.record import Record, accept, changes
from harness.rows import Long, Many, _filled, _label
from harness.tally import Tally
from harness.transcript import Transcript

FIRST, SECOND = "a" * 32, "b" * 32
SNAPSHOTS = Path(__file__).resolve().parents[2] / "crates/tiltyard-api/tests/it/snapshots"
ROUTE_TABLE = SNAPSHOTS / "it__route_table__the_route_table_is_the_committed_one.snap"


def transcript() -> Transcript:
    names = RandomNames(re.compile(r"\bbold-fish-\d+\b"), re.compile(r"(?!own)[a-z]+-[a-z]+-\d{1,3}"))
    return Transcript(Normaliser({"http://127.0.0.1:5000": "<server>"}, names))


def lines(label, value) -> dict:
    recorded = transcript()
    recorded.see(label, value)
    return dict(recorded.lines)


def test_ids_are_numbered_in_the_order_of_their_first_appearance():
    recorded = transcript()
    for run_id in (SECOND, FIRST, SECOND):
        recorded.see("run", run_id)
    assert [value for _, value in recorded.lines] == ['"<id-1>"', '"<id-2>"', '"<id-1>"']


def test_only_clock_readings_of_today_are_hidden():
    assert lines("times", {"start": 12345, "long_ago": 1000000000000}) == {"times.start": "12345", "times.long_ago": "1000000000000"}


def test_numbers_names_and_nulls_are_kept():
    seen = lines("run", {"metrics": {"loss": float("nan"), "acc": 0.5}, "name": "bold-fish-12", "tags": {}, "end": None})
    assert seen["run.metrics.loss"] == '"nan"'
    assert seen["run.metrics.acc"] == "0.5"
    assert seen["run.name"] == '"<name-1>"'
    assert seen["run.tags"] == "{}"
    assert seen["run.end"] == "null"


def test_a_label_used_twice_gives_two_keys():
    recorded = transcript()
    recorded.see("x", 1)
    recorded.see("x", 2)
    assert dict(recorded.lines) == {"x": "1", "x (#2)": "2"}


def test_values_without_a_plain_form_are_refused():
    with pytest.raises(TypeError, match="cannot hold"):
        transcript().see("x", object())


def listed(**changes) -> Difference:
    fields = {"id": "d", "title": "t", "scenarios": ["runs.*"], "key": "status", "reference": "500", "tiltyard": "4..", "reason": "r"}
    return Difference.read(fields | changes)


@pytest.mark.parametrize(
    ("scenario", "tested", "allowed"),
    [("runs.a", "400", True), ("runs.a", "200", False), ("models.a", "400", False), ("runs.a", "500", True)],
)
def test_a_difference_is_allowed_only_where_and_as_it_is_listed(scenario, tested, allowed):
    comparison = compare(scenario, [["status", "500"]], [["status", tested]], [listed()])
    assert (not comparison.unlisted) is allowed


@pytest.mark.parametrize(("tested", "allowed"), [('"400 X: no (column 3)"', True), ('"400 Y: no (column 3)"', False), ('"400 X: yes (column 3)"', False)])
def test_a_difference_can_say_that_a_part_stays_the_same(tested, allowed):
    adds = listed(key=".*", reference=r'"(?P<said>.+)"', tiltyard=r'"(?P=said) \(column \d+\)"')
    comparison = compare("runs.a", [["answer", '"400 X: no"']], [["answer", tested]], [adds])
    assert (not comparison.unlisted) is allowed


def test_an_answer_that_the_other_server_refused_is_one_line():
    refused, answered = [["row", '"400 X: no"']], [["row.status", "200"], ["row.body.id", "1"]]
    assert compare("runs.a", refused, answered, []).unlisted == [("row", '"400 X: no"', '"answers"')]
    assert compare("runs.a", answered, refused, []).unlisted == [("row", '"answers"', '"400 X: no"')]


def test_ids_must_correspond_one_for_one():
    reference = [["a", "<id-1>"], ["b", "<id-2>"], ["c", "<id-1>"]]
    assert compare("runs.a", reference, [["a", "<id-2>"], ["b", "<id-3>"], ["c", "<id-2>"]], []).unlisted == []
    assert compare("runs.a", reference, [["a", "<id-1>"], ["b", "<id-2>"], ["c", "<id-2>"]], []).unlisted == [("c", "<id-1>", "<id-2>")]
    assert compare("runs.a", reference, [["a", "<id-1>"], ["b", "<id-1>"], ["c", "<id-1>"]], []).unlisted == [("b", "<id-2>", "<id-1>")]


def test_experiment_numbers_are_hidden_where_they_stand_in_texts():
    seen = lines("text", ["The experiment 86 must be", f"file '86/{FIRST}/artifacts/x'", "Invalid value \"86\" for parameter 'experiment_ids'"])
    assert seen["text"].count("<experiment-1>") == 3


def test_missing_and_additional_lines_are_differences():
    comparison = compare("runs.a", [["gone", "1"]], [["new", "2"]], [])
    assert comparison.unlisted == [("gone", "1", "(absent)"), ("new", "(absent)", "2")]


def test_the_diff_shows_unlisted_differences_only():
    reference, tested = [["a", "1"], ["b", "1"]], [["a", "2"], ["b", "2"]]
    text = unified_diff(reference, tested, [("a", "1", "2")])
    assert "-a = 1" in text and "+a = 2" in text and "+b = 2" not in text


def test_an_entry_that_no_longer_occurs_is_stale_once_its_scenarios_ran():
    case = listed().cases[0]
    assert stale([listed()], set(), {"runs.a"}) == [case]
    assert stale([listed()], {case}, {"runs.a"}) == []
    assert stale([listed()], set(), {"models.a"}) == []


def test_a_difference_may_have_several_cases_and_each_must_occur():
    shown = {"scenarios": ["runs.*"], "key": "a", "reference": "1", "tiltyard": "2"}
    difference = Difference.read({"id": "d", "title": "t", "reason": "r", "case": [shown, shown | {"key": "b"}]})
    comparison = compare("runs.a", [["a", "1"], ["c", "1"]], [["a", "2"], ["c", "2"]], [difference])
    assert comparison.unlisted == [("c", "1", "2")]
    assert stale([difference], comparison.used, {"runs.a"}) == [difference.cases[1]]


def test_every_word_that_differs_is_on_record(tmp_path):
    def seen(after):
        made = Record()
        made.add("3", "runs.a", compare("runs.a", [["status", "500"]], [["status", after]], [listed()]).listed)
        return made

    accept(seen("400"), tmp_path)
    assert changes(seen("400"), tmp_path) == {}
    assert "+    tiltyard 404" in changes(seen("404"), tmp_path)["runs"]
    assert "-d [3] status" in changes(Record(), tmp_path)["runs"]


def test_a_long_value_on_record_shows_a_change_at_its_end(tmp_path):
    made, other = Record(), Record()
    for record, end in ((made, "1"), (other, "2")):
        record.add("3", "runs.a", [Occurrence(listed().cases[0], "k", "x" * 1000 + end, "y")])
    accept(made, tmp_path)
    assert "runs" in changes(other, tmp_path)


def test_a_server_that_fails_is_found_also_where_the_other_fails_as_well():
    assert crashes([["a", '"500 X: y"'], ["b", '"raises MlflowException: the server failed with a 5xx status"']]) != []
    assert crashes([["a", '"501 NOT_IMPLEMENTED: y"'], ["b", '"400 X: 500 is too much"'], ["c", "500"]]) == []


def test_names_that_a_server_made_up_must_correspond_and_others_stay():
    seen = lines("run", {"run_name": "red-oak-7", "tags": {"mlflow.runName": "red-oak-7", "other": "red-oak-7"}, "name": "own-oak-7"})
    assert (seen["run.run_name"], seen["run.tags.mlflow.runName"]) == ('"<name-1>"', '"<name-1>"')
    assert (seen["run.tags.other"], seen["run.name"]) == ('"red-oak-7"', '"own-oak-7"')


def test_the_page_names_each_difference():
    assert "## t\n\nr\n" in render([listed()])


def test_rows_keep_big_values_out_of_their_labels():
    payload = {"name": Long(300), "tags": Many(2, {"key": "k{#}"})}
    assert _label(payload) == "{name: <300 × x>, tags: 2 × {key: k{#}}}"
    assert _filled(payload, {}) == {"name": "x" * 300, "tags": [{"key": "k0"}, {"key": "k1"}]}


def test_the_closing_line_counts(capsys):
    tally = Tally()
    tally.passed("a")
    tally.failed("b", "why")
    tally.close()
    assert capsys.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"
    assert tally.exit_code == 1


def test_a_run_without_any_case_fails():
    assert Tally().exit_code == 1


def test_malformed_requests_are_made_for_every_route_of_our_own():
    routes = re.findall(rf"^(\w+) +({OWN}/\S+)", ROUTE_TABLE.read_text(), re.MULTILINE)
    assert len(routes) > 10

    def is_made(verb, path):
        pattern = re.sub(r"\{\w+\}", "[^/]+", path)
        return any(made == verb and re.fullmatch(pattern, target) for made, target, _ in REQUESTS)

    assert [route for route in routes if not is_made(*route)] == []
