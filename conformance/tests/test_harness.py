"""The harness itself: what it hides, what it must never hide, and how it judges."""

import re

import pytest

from harness.compare import compare, unified_diff
from harness.differences import Difference, render, stale
from harness.normalise import Normaliser
from harness.rows import Long, Many, _filled, _label
from harness.tally import Tally
from harness.transcript import Transcript

FIRST, SECOND = "a" * 32, "b" * 32


def transcript() -> Transcript:
    return Transcript(Normaliser({"http://127.0.0.1:5000": "<server>"}, re.compile(r"\bbold-fish-\d+\b")))


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
    assert seen["run.name"] == '"<random name>"'
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
    return Difference(**(fields | changes))


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
    assert stale([listed()], set(), {"runs.a"}) == [listed()]
    assert stale([listed()], {"d"}, {"runs.a"}) == []
    assert stale([listed()], set(), {"models.a"}) == []


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
