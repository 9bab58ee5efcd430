"""Holds the package to what the node does. Runs without a network and without anything but pytest."""

import json
import math
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
sys.path.insert(0, str(HERE))

from {{package}} import answers, backtest, models, scoring  # noqa: E402

SAMPLE = HERE / "data" / "rounds.jsonl"
EXAMPLES = sorted(path.parent for path in (HERE / "examples").glob("*/main.py"))


@pytest.fixture(scope="module")
def predictions():
    return backtest.run(SAMPLE, EXAMPLES)[0]


def test_there_are_three_examples_and_each_predicts_what_the_contract_takes(predictions):
    assert len(EXAMPLES) == 3
    assert {p.model for p in predictions} == {path.name for path in EXAMPLES}
    assert [p.failure for p in predictions if p.failure] == []


def test_scores_are_finite_and_differ_between_the_examples(predictions):
    assert len(predictions) > 100 and all(math.isfinite(p.result["value"]) for p in predictions)
    table = backtest.standings(predictions, [path.name for path in EXAMPLES])
    assert len({row["score"] for row in table}) == len(table)


def test_each_model_is_asked_about_each_row_once_and_is_shown_no_truth():
    base = models.base_class(backtest.CONTRACT["base_class"])
    seen = []

    class Watcher(base):
        def {{method}}(self, features):
            seen.append(features)
            return {"value": 0.0}

    rounds = {"r": [({"a": 1.0}, {"value": 2.0}), ({"a": 3.0}, {"value": 4.0})]}
    made = backtest.play(rounds, {"watcher": Watcher()})
    assert seen == [{"a": 1.0}, {"a": 3.0}] and [p.scope_key for p in made] == ["r:0", "r:1"]


def test_an_answer_is_refused_with_the_reason_a_participant_reads():
    field = next(iter(backtest.CONTRACT["output"]))
    for answer, reason in [
        ({"other": 1}, "none of the fields"), ({field: "much"}, "not of type"), ({field: float("nan")}, "no JSON"),
        ({field: 1e9}, "above its maximum"), (None, "none of the fields"),
    ]:
        with pytest.raises(ValueError, match=reason):
            answers.check(answer, backtest.CONTRACT)


def test_a_model_that_raises_fails_its_own_predictions_alone():
    base = models.base_class(backtest.CONTRACT["base_class"])

    class Broken(base):
        def {{method}}(self, *_):
            raise RuntimeError("on purpose")

    class Well(base):
        def {{method}}(self, *_):
            return {"value": 0.5}

    made = backtest.play(backtest.read(SAMPLE), {"broken": Broken(), "well": Well()})
    assert all("on purpose" in p.failure for p in made if p.model == "broken")
    assert all(p.failure is None for p in made if p.model == "well")


def test_the_score_is_what_the_node_gives():
    result = scoring.score(prediction=answers.Record(value=0.5), ground_truth=answers.Record(value=0.02))
    assert result["value"] == {{expected_score}}


def test_two_runs_give_the_same(capsys):
    words = [str(SAMPLE), *map(str, EXAMPLES), "--json"]
    backtest.main(words)
    first = capsys.readouterr().out
    backtest.main(words)
    assert capsys.readouterr().out == first and json.loads(first)["standings"]
