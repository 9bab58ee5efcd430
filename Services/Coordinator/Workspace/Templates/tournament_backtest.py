"""Asks models about the rows of past rounds and scores them as the node would: same questions, same checks, same scores.

    python3 -m PACKAGE.backtest data/rounds.jsonl examples/*
"""

import argparse
import json
import math
import sys
from pathlib import Path

from . import answers, models, scoring

CONTRACT = json.loads((Path(__file__).parent / "contract.json").read_text(encoding="utf-8"))


class Prediction:
    def __init__(self, model, round_id, index, truth):
        self.model, self.round_id, self.feature_index, self.truth = model, round_id, index, truth
        self.scope_key = f"{round_id}:{index}"
        self.output = self.result = self.failure = None


def read(path):
    """Rounds in their order: a JSON object a line, {"round_id", "features", "truth"}, a line for each row."""
    rounds = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            row = json.loads(line)
            if not all(isinstance(row.get(name), dict) for name in ("features", "truth")):
                raise ValueError(f"{path}: line {number} has no features or no truth")
            rounds.setdefault(str(row.get("round_id", "round")), []).append((row["features"], row["truth"]))
    return rounds


def ask(model, name, round_id, index, features, truth):
    prediction = Prediction(name, round_id, index, truth)
    scope = {"round_id": round_id, "feature_index": index, "features": features}
    try:
        answer = getattr(model, CONTRACT["call"]["method"])(*models.arguments(CONTRACT, scope))
        prediction.output = answers.check(answer, CONTRACT)
    except Exception as error:  # noqa: BLE001 - a model that raises fails this prediction alone, as on the node
        prediction.failure = f"{type(error).__name__}: {error}"
    return prediction


def score(prediction):
    """Puts the result into the prediction, or the reason why there is none."""
    if prediction.failure:
        return
    shown = answers.Record(prediction.output, model_id=prediction.model)
    try:
        result = scoring.score(prediction=shown, ground_truth=answers.Record(prediction.truth))
        if result.get("success") is False:
            prediction.failure = result.get("failed_reason") or "the scoring function says that it failed"
        elif not math.isfinite(result["value"]):
            prediction.failure = "the score is not finite"
        else:
            prediction.result = result
    except Exception as error:  # noqa: BLE001
        prediction.failure = f"{type(error).__name__}: {error}"


def play(rounds, players):
    """All predictions of all models, in the order in which they are asked for."""
    predictions = [
        ask(model, name, round_id, index, features, truth)
        for round_id, rows in rounds.items() for index, (features, truth) in enumerate(rows)
        for name, model in players.items()
    ]
    for prediction in predictions:
        score(prediction)
    return predictions


def summaries(predictions):
    """The mean of each number over the results of a model in each round, as the node's snapshots have it when each round is
    scored in a bucket of its own."""
    groups = {}
    for prediction in predictions:
        if prediction.result is not None:
            groups.setdefault((prediction.model, prediction.round_id), []).append(prediction.result)
    found = {}
    for key, results in groups.items():
        sums, counts = {}, {}
        for result in results:
            for name, value in result.items():
                if isinstance(value, (int, float)) and not isinstance(value, bool) and name != "success":
                    sums[name] = sums.get(name, 0.0) + value
                    counts[name] = counts.get(name, 0) + 1
        found[key] = {"prediction_count": len(results), **{name: sums[name] / counts[name] for name in sums}}
    return found


def standings(predictions, names):
    """The table: models by the mean of their rounds."""
    aggregation = CONTRACT["aggregation"]
    found = summaries(predictions)
    table = []
    for name in names:
        values = [summary.get(aggregation["value_field"], 0.0) for (model, _), summary in found.items() if model == name]
        own = [prediction for prediction in predictions if prediction.model == name]
        table.append({
            "model": name, "score": math.fsum(values) / len(values) if values else 0.0, "predictions": len(own),
            "scored": sum(1 for prediction in own if prediction.result),
            "failed": sum(1 for prediction in own if prediction.failure),
        })
    sign = -1 if aggregation["direction"] == "desc" else 1
    return sorted(table, key=lambda row: (sign * row["score"], -row["scored"], row["model"]))


def text(table):
    lines = [f"{'rank':>4}  {'model':<24}  {'score':>12}  {'scored':>7}  {'failed':>6}"]
    for rank, row in enumerate(table, start=1):
        lines.append(f"{rank:>4}  {row['model']:<24}  {row['score']:>+12.8f}  {row['scored']:>7}  {row['failed']:>6}")
    return "\n".join(lines)


def run(path, folders, base=None):
    """Predictions of the models in `folders` over the rounds in a file."""
    players = {}
    kind = models.base_class(base or CONTRACT["base_class"])
    for folder in map(Path, folders):
        if (folder / "main.py").exists() or len(folders) == 1:
            players[folder.name] = models.load(folder, kind)
    if not players:
        raise ValueError("none of the folders has a main.py")
    return play(read(path), players), list(players)


def main(words=None):
    parser = argparse.ArgumentParser(description="Asks models about past rounds and scores them as the node would.")
    parser.add_argument("rounds", help='a JSON object a line: {"round_id": …, "features": {…}, "truth": {…}}')
    parser.add_argument("models", nargs="+", help="folders with a main.py; others are passed over")
    parser.add_argument("--json", action="store_true", help="print every prediction, truth and score, for programs")
    options = parser.parse_args(words)
    try:
        predictions, names = run(options.rounds, options.models)
    except (OSError, ValueError) as error:
        raise SystemExit(f"backtest: {error}") from None
    table = standings(predictions, names)
    if options.json:
        fields = ("model", "round_id", "feature_index", "scope_key", "output", "truth", "result", "failure")
        print(json.dumps({
            "standings": table, "predictions": [{field: getattr(p, field) for field in fields} for p in predictions],
        }))
        return
    print(text(table))
    for name in names:
        reasons = [p.failure for p in predictions if p.model == name and p.failure]
        if reasons:
            print(f"{name} failed {len(reasons)} times, such as: {reasons[0]}", file=sys.stderr)


if __name__ == "__main__":
    main()
