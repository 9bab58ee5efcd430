"""Holds the package to what the node does. Runs without a network and with Python alone: make test."""

import math
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).parent.parent
sys.path.insert(0, str(HERE))

from {{package}} import answers, backtest, market, models, scoring  # noqa: E402

SAMPLE = HERE / "data" / "sample.csv"
EXAMPLES = sorted(path.parent for path in (HERE / "examples").glob("*/main.py"))


class Challenge(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.predictions = backtest.run(SAMPLE, EXAMPLES)[0]

    def test_there_are_three_examples_and_each_predicts_what_the_contract_takes(self):
        self.assertEqual(len(EXAMPLES), 3)
        self.assertEqual({p.model for p in self.predictions}, {path.name for path in EXAMPLES})
        self.assertEqual([p.failure for p in self.predictions if p.failure], [])

    def test_scores_are_finite_and_differ_between_the_examples(self):
        scored = [p for p in self.predictions if p.result]
        self.assertGreater(len(scored), 100)
        self.assertTrue(all(math.isfinite(p.result["value"]) for p in scored))
        table = backtest.standings(self.predictions, 60, [path.name for path in EXAMPLES])
        self.assertEqual(len({row["score"] for row in table}), len(table))

    def test_a_model_is_shown_nothing_that_comes_after_the_question(self):
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
        self.assertTrue(seen)
        self.assertEqual([newest + step for newest in seen], [p.performed_at for p in made])

    def test_the_truth_is_the_change_from_the_last_price_known_at_the_question(self):
        candles = [{"ts": 60 * place, "close": close} for place, close in enumerate([100.0, 110.0, 99.0])]
        truth = market.Truth(candles, 60, "X")
        self.assertEqual(truth.of(60, 120)["profit"], 0.1)
        self.assertEqual(truth.of(119, 179)["entry_price"], 100.0, "a candle is known at its close")
        self.assertEqual(truth.of(120, 180)["profit"], (99.0 - 110.0) / 110.0)
        self.assertIsNone(truth.of(120, 240), "the feed has not come so far")

    def test_an_answer_is_refused_with_the_reason_a_participant_reads(self):
        field = next(iter(backtest.CONTRACT["output"]))
        for answer, reason in [
            ({"other": 1}, "none of the fields"), ({field: "much"}, "not of type"), ({field: float("nan")}, "no JSON"),
            ({field: 1e9}, "above its maximum"), (None, "none of the fields"),
        ]:
            with self.assertRaisesRegex(ValueError, reason):
                answers.check(answer, backtest.CONTRACT)

    def test_a_model_that_raises_fails_its_own_predictions_alone(self):
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
        self.assertTrue(all("on purpose" in p.failure for p in made if p.model == "broken"))
        self.assertTrue(all(p.failure is None for p in made if p.model == "well"))

    def test_the_score_is_what_the_node_gives(self):
        truth = answers.Record(profit=0.02, entry_price=100.0, resolved_price=102.0)
        result = scoring.score(prediction=answers.Record(value=0.5), ground_truth=truth)
        self.assertEqual(result["value"], {{expected_score}})


if __name__ == "__main__":
    unittest.main()
