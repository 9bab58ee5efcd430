"""Asks models about the rows of past rounds and scores them as the node would: same questions, same checks, same scores.

    python3 -m PACKAGE.backtest data/rounds.jsonl examples/*
"""

import argparse
import json
import math
import sys
from pathlib import Path

from . import answers, chart, models, progress, scoring, sums

CONTRACT = json.loads((Path(__file__).parent / "contract.json").read_text(encoding="utf-8"))


class Prediction:
    def __init__(self, model, round_id, index, row, truth):
        self.model, self.round_id, self.feature_index, self.truth = model, round_id, index, truth
        # Which of all rows it is about, from 1.
        self.row = row
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


def ask(model, name, round_id, index, row, features, truth):
    prediction = Prediction(name, round_id, index, row, truth)
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


def play(rounds, players, told=lambda share: None):
    """All predictions of all models, in the order in which they are asked for."""
    rows = [(round_id, index, *row) for round_id, asked in rounds.items() for index, row in enumerate(asked)]
    predictions = []
    for row, (round_id, index, features, truth) in enumerate(rows, start=1):
        predictions += [ask(model, name, round_id, index, row, features, truth) for name, model in players.items()]
        told(row / len(rows))
    for prediction in predictions:
        score(prediction)
    return predictions


def place(prediction):
    """Sorts as the ids of the node's predictions do, in which the index stands as text: row 10 comes before row 1."""
    return f"{prediction.feature_index}_"


def summaries(predictions):
    """The mean of each number over the results of a model in each round, as the node's snapshots have it when each round is
    scored in a bucket of its own."""
    groups = {}
    for prediction in predictions:
        if prediction.result is not None:
            groups.setdefault((prediction.model, prediction.round_id), []).append(prediction)
    return {
        key: sums.summary([prediction.result for prediction in sorted(members, key=place)])
        for key, members in groups.items()
    }


def standings(predictions, names):
    """The table: models by the mean of their rounds."""
    aggregation = CONTRACT["aggregation"]
    found = summaries(predictions)
    table = []
    for name in names:
        values = [summary.get(aggregation["value_field"], 0.0) for (model, _), summary in found.items() if model == name]
        own = [prediction for prediction in predictions if prediction.model == name]
        table.append({
            "model": name, "score": sums.exact_sum(values) / len(values) if values else 0.0, "predictions": len(own),
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


def plot(predictions, names, path):
    """Draws the running sum of each model's scores, row by row."""
    chart.plot(predictions, names, path, lambda prediction: prediction.row, "rows of all rounds")


def run(path, folders, base=None, told=lambda share: None):
    """Predictions of the models in `folders` over the rounds in a file."""
    players = {}
    kind = models.base_class(base or CONTRACT["base_class"])
    for folder in map(Path, folders):
        if (folder / "main.py").exists() or len(folders) == 1:
            players[folder.name] = models.load(folder, kind)
    if not players:
        raise ValueError("none of the folders has a main.py")
    return play(read(path), players, told), list(players)


def main(words=None):
    parser = argparse.ArgumentParser(description="Asks models about past rounds and scores them as the node would.")
    parser.add_argument("rounds", help='a JSON object a line: {"round_id": …, "features": {…}, "truth": {…}}')
    parser.add_argument("models", nargs="+", help="folders with a main.py; others are passed over")
    parser.add_argument("--json", action="store_true", help="print every prediction, truth and score, for programs")
    parser.add_argument("--plot", metavar="FILE", help="draw the scores into an image; needs matplotlib")
    options = parser.parse_args(words)
    try:
        predictions, names = run(options.rounds, options.models, told=progress.Bar())
    except (OSError, ValueError) as error:
        raise SystemExit(f"backtest: {error}") from None
    table = standings(predictions, names)
    if options.json:
        fields = ("model", "round_id", "feature_index", "scope_key", "output", "truth", "result", "failure")
        print(json.dumps({
            "standings": table, "predictions": [{field: getattr(p, field) for field in fields} for p in predictions],
            "summaries": [
                {"model": model, "round_id": round_id, **summary}
                for (model, round_id), summary in summaries(predictions).items()
            ],
        }))
    else:
        print(text(table))
        for name in names:
            reasons = [p.failure for p in predictions if p.model == name and p.failure]
            if reasons:
                print(f"{name} failed {len(reasons)} times, such as: {reasons[0]}", file=sys.stderr)
    if options.plot:
        plot(predictions, names, options.plot)


if __name__ == "__main__":
    main()
