"""Holds the package to what the node does. Runs without a network and without anything but pytest."""

import io
import json
import math
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
sys.path.insert(0, str(HERE))

from {{package}} import answers, backtest, market, models, scoring  # noqa: E402

SAMPLE = HERE / "data" / "sample.csv"
EXAMPLES = sorted(path.parent for path in (HERE / "examples").glob("*/main.py"))


@pytest.fixture(scope="module")
def predictions():
    return backtest.run(SAMPLE, EXAMPLES)[0]


def test_there_are_three_examples_and_each_predicts_what_the_contract_takes(predictions):
    assert len(EXAMPLES) == 3
    assert {p.model for p in predictions} == {path.name for path in EXAMPLES}
    assert [p.failure for p in predictions if p.failure] == []


def test_scores_are_finite_and_differ_between_the_examples(predictions):
    scored = [p for p in predictions if p.result]
    assert len(scored) > 100 and all(math.isfinite(p.result["value"]) for p in scored)
    table = backtest.standings(predictions, 60, [path.name for path in EXAMPLES])
    assert len({row["score"] for row in table}) == len(table)


def test_a_model_is_shown_nothing_that_comes_after_the_question(tmp_path):
    base = models.base_class(backtest.CONTRACT["base_class"])
    seen = []

    class Watcher(base):
        def {{update}}(self, data):
            super().{{update}}(data)
            self.newest = data["candles_1m"][-1]["ts"]

        def {{method}}(self, *_):
            seen.append(self.newest)
            return {"value": 0.0}

    step = market.seconds(backtest.CONTRACT["granularity"])
    made = backtest.replay(market.read(SAMPLE, backtest.CONTRACT["granularity"]), step, {"watcher": Watcher()})
    assert seen and all(newest + step == p.performed_at for newest, p in zip(seen, made))


def test_the_truth_is_the_change_from_the_last_price_known_at_the_question():
    candles = [{"ts": 60 * place, "close": close} for place, close in enumerate([100.0, 110.0, 99.0])]
    truth = market.Truth(candles, 60, "X")
    assert truth.of(60, 120)["profit"] == 0.1
    assert truth.of(119, 179)["entry_price"] == 100.0, "a candle is known at its close"
    assert truth.of(120, 180)["profit"] == (99.0 - 110.0) / 110.0
    assert truth.of(120, 240) is None, "the feed has not come so far"


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

    feeds = market.read(SAMPLE, backtest.CONTRACT["granularity"])
    step = market.seconds(backtest.CONTRACT["granularity"])
    made = backtest.replay(feeds, step, {"broken": Broken(), "well": Well()})
    assert all("on purpose" in p.failure for p in made if p.model == "broken")
    assert all(p.failure is None for p in made if p.model == "well")


def test_the_score_is_what_the_node_gives():
    truth = answers.Record(profit=0.02, entry_price=100.0, resolved_price=102.0)
    result = scoring.score(prediction=answers.Record(value=0.5), ground_truth=truth)
    assert result["value"] == {{expected_score}}


def test_two_runs_give_the_same(capsys):
    words = [str(SAMPLE), *map(str, EXAMPLES), "--json"]
    backtest.main(words)
    first = capsys.readouterr().out
    backtest.main(words)
    assert capsys.readouterr().out == first and json.loads(first)["standings"]


class Pictures:
    """Stands for matplotlib: keeps what is drawn. Whether a real one draws it too, it is asked where it is installed."""

    def __init__(self):
        self.pyplot = self
        self.lines, self.saved = {}, []

    def use(self, backend):
        assert backend == "Agg", "it must draw without a screen"

    def subplots(self, figsize):
        return self, self

    def plot(self, times, sums, label):
        assert len(times) == len(sums) and times == sorted(times)
        self.lines[label] = sums

    def set_ylabel(self, text):
        pass

    def legend(self):
        pass

    def savefig(self, path, bbox_inches):
        self.saved.append(path)


def test_the_plot_shows_what_each_model_has_earned_so_far(predictions, monkeypatch):
    drawn = Pictures()
    monkeypatch.setitem(sys.modules, "matplotlib", drawn)
    names = [path.name for path in EXAMPLES]
    backtest.plot(predictions, names, "scores.png")
    assert drawn.saved == ["scores.png"] and list(drawn.lines) == names
    for name, sums in drawn.lines.items():
        scored = [p.result["value"] for p in predictions if p.model == name and p.result]
        assert len(sums) == len(scored) and sums[-1] == pytest.approx(sum(scored))


def test_without_matplotlib_the_plot_says_what_to_install(predictions, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(SystemExit, match="pip install matplotlib"):
        backtest.plot(predictions, [], "scores.png")


def test_the_bar_fills_on_a_terminal_and_is_silent_elsewhere(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for stream in [Terminal(), io.StringIO()]:
        monkeypatch.setattr(sys, "stderr", stream)
        shares = []
        bar = backtest.Bar()
        backtest.run(SAMPLE, EXAMPLES, progress=lambda share: (shares.append(share), bar(share)))
        assert shares == sorted(shares) and shares[-1] == 1
        drawn = stream.getvalue()
        assert drawn.endswith(f"[{'#' * 40}] 100%\n") and drawn.count("\r") < len(shares) if stream.isatty() else drawn == ""
