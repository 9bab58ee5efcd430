"""Holds the package to what the node does. Runs without a network and with Python alone: make test."""

import math
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).parent.parent
sys.path.insert(0, str(HERE))

from {{package}} import answers, backtest, models, scoring  # noqa: E402

SAMPLE = HERE / "data" / "rounds.jsonl"
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
        self.assertGreaterEqual(len(self.predictions), 100)
        self.assertTrue(all(math.isfinite(p.result["value"]) for p in self.predictions))
        table = backtest.standings(self.predictions, [path.name for path in EXAMPLES])
        self.assertEqual(len({row["score"] for row in table}), len(table))

    def test_each_model_is_asked_about_each_row_once_and_is_shown_no_truth(self):
        base = models.base_class(backtest.CONTRACT["base_class"])
        seen = []

        class Watcher(base):
            def {{method}}(self, features):
                seen.append(features)
                return {"value": 0.0}

        rounds = {"r": [({"a": 1.0}, {"value": 2.0}), ({"a": 3.0}, {"value": 4.0})]}
        made = backtest.play(rounds, {"watcher": Watcher()})
        self.assertEqual(seen, [{"a": 1.0}, {"a": 3.0}])
        self.assertEqual([p.scope_key for p in made], ["r:0", "r:1"])

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

        made = backtest.play(backtest.read(SAMPLE), {"broken": Broken(), "well": Well()})
        self.assertTrue(all("on purpose" in p.failure for p in made if p.model == "broken"))
        self.assertTrue(all(p.failure is None for p in made if p.model == "well"))

    def test_the_score_is_what_the_node_gives(self):
        result = scoring.score(prediction=answers.Record(value=0.5), ground_truth=answers.Record(value=0.02))
        self.assertEqual(result["value"], {{expected_score}})

    def test_a_round_is_added_up_in_the_order_of_the_node(self):
        # The node adds in order of its ids, which are texts: 0, 10, 11, 1, 2, … Only so nothing of the ones is lost.
        values = [1e16] + [1.0] * 9 + [-1e16, 0.0]
        made = self.scored(values, rounds=["r"] * 12)
        self.assertEqual(backtest.summaries(made), {("m", "r"): {"prediction_count": 12, "value": 9 / 12}})

    def test_rounds_are_added_up_by_the_sum_of_the_node(self):
        # The exact sum is 1 + 2 ** -52.
        values = [1e16, 1.0, 2.0 ** -53, 2.0 ** -53, -1e16]
        made = self.scored(values, rounds=["a", "b", "c", "d", "e"])
        self.assertEqual(backtest.standings(made, ["m"])[0]["score"], 1.0 / 5)

    def scored(self, values, rounds):
        """Predictions of the model m, row by row, that were given these scores."""
        made = []
        for index, (value, name) in enumerate(zip(values, rounds)):
            made.append(backtest.Prediction("m", name, index, index + 1, {}))
            made[-1].result = {"value": value, "success": True}
        return made


if __name__ == "__main__":
    unittest.main()
