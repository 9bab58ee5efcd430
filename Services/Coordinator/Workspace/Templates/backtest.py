"""Replays a recorded feed to models and scores them as the node would: same windows, same questions, same scores.

    python3 -m PACKAGE.backtest data/sample.csv examples/*
"""

import argparse
import json
import math
import sys
from datetime import datetime, timezone
from pathlib import Path

from . import answers, chart, market, models, progress, scoring, sums

CONTRACT = json.loads((Path(__file__).parent / "contract.json").read_text(encoding="utf-8"))
WINDOW = 120


class Prediction:
    def __init__(self, model, config, subject, performed_at, scope):
        self.model, self.subject, self.scope = model, subject, scope
        self.scope_key = config["scope_key"]
        self.performed_at = performed_at
        self.resolvable_at = performed_at + config["schedule"]["resolve_horizon_seconds"]
        stamp = datetime.fromtimestamp(performed_at, timezone.utc).strftime("%Y%m%d_%H%M%S.000")
        safe = "".join(letter if letter.isalnum() or letter in "-_" else "_" for letter in self.scope_key)
        self.id = f"PRE_{model}_{safe}_{stamp}_{subject}"
        self.output = self.truth = self.result = self.failure = None


def ask(model, name, config, subject, now):
    scope = {**CONTRACT["scope"], **config.get("scope_template", {}), "subject": subject}
    scope["resolve_horizon_seconds"] = config["schedule"]["resolve_horizon_seconds"]
    prediction = Prediction(name, config, subject, now, scope)
    try:
        answer = getattr(model, CONTRACT["call"]["method"])(*models.arguments(CONTRACT, scope))
        prediction.output = answers.check(answer, CONTRACT)
    except Exception as error:  # noqa: BLE001 - a model that raises fails this prediction alone, as on the node
        prediction.failure = f"{type(error).__name__}: {error}"
    return prediction


def score(prediction, truth):
    """Puts the result into the prediction, or the reason why there is none; nothing while the truth is not known."""
    if prediction.failure:
        return
    prediction.truth = truth.of(prediction.performed_at, prediction.resolvable_at)
    if prediction.truth is None:
        return
    shown = answers.Record(prediction.output, model_id=prediction.model, prediction_id=prediction.id)
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


def replay(feeds, step, players, told=lambda share: None):
    """All predictions of all models, in the order in which they were made.

    A config is asked once in each of its intervals, when a candle closes; each subject has intervals of its own.
    """
    configs = [config for config in CONTRACT["schedules"] if config.get("active", True)]
    configs.sort(key=lambda config: config.get("order", 0))
    events = sorted(
        (candle["ts"] + step, subject, place) for subject, candles in feeds.items() for place, candle in enumerate(candles)
    )
    update = CONTRACT["call"].get("update") or "tick"
    fired, predictions = {}, []
    for done, (now, subject, place) in enumerate(events, start=1):
        seen = feeds[subject][max(0, place + 1 - WINDOW):place + 1]
        for name, model in players.items():
            try:
                getattr(model, update)(market.window(seen, subject))
            except Exception as error:  # noqa: BLE001 - as on the node, the model is asked all the same
                print(f"{name}: {update} raised {type(error).__name__}: {error}", file=sys.stderr)
        for config in configs:
            if config.get("scope_template", {}).get("subject", subject) != subject:
                continue
            slot = now // config["schedule"]["prediction_interval_seconds"]
            if fired.get((config["scope_key"], subject), -1) >= slot:
                continue
            fired[config["scope_key"], subject] = slot
            predictions += [ask(model, name, config, subject, now) for name, model in players.items()]
        told(done / len(events))
    truths = {subject: market.Truth(candles, step, subject) for subject, candles in feeds.items()}
    for prediction in predictions:
        score(prediction, truths[prediction.subject])
    return predictions


def snapshots(predictions, bucket):
    """The mean of each number over the results of a model in each bucket of time, as the node's snapshots have it."""
    groups = {}
    for prediction in predictions:
        if prediction.result is not None:
            end = math.floor(prediction.resolvable_at / bucket) * bucket + bucket
            groups.setdefault((prediction.model, end), []).append(prediction)
    return {
        key: sums.summary([prediction.result for prediction in sorted(members, key=lambda member: member.id)])
        for key, members in sorted(groups.items())
    }


def standings(predictions, bucket, names):
    """The table: models by the mean of their snapshots."""
    aggregation = CONTRACT["aggregation"]
    field = aggregation["value_field"]
    found = snapshots(predictions, bucket)
    table = []
    for name in names:
        values = [summary.get(field, 0.0) for (model, _), summary in found.items() if model == name]
        own = [prediction for prediction in predictions if prediction.model == name]
        scored = [prediction.result for prediction in own if prediction.result]
        table.append({
            "model": name, "score": sums.exact_sum(values) / len(values) if values else 0.0, "predictions": len(own),
            "scored": len(scored), "failed": sum(1 for prediction in own if prediction.failure),
            "right": sum(1 for result in scored if result["value"] > 0) / len(scored) if scored else 0.0,
        })
    sign = -1 if aggregation["direction"] == "desc" else 1
    return sorted(table, key=lambda row: (sign * row["score"], -row["scored"], row["model"]))


def text(table):
    lines = [f"{'rank':>4}  {'model':<24}  {'score':>12}  {'right':>6}  {'scored':>7}  {'failed':>6}"]
    for rank, row in enumerate(table, start=1):
        lines.append(
            f"{rank:>4}  {row['model']:<24}  {row['score']:>+12.8f}  {row['right']:>6.1%}  {row['scored']:>7}  {row['failed']:>6}"
        )
    return "\n".join(lines)


def plot(predictions, names, path):
    """Draws the running sum of each model's scores, at the times when they were known."""
    chart.plot(
        predictions, names, path, lambda prediction: datetime.fromtimestamp(prediction.resolvable_at, timezone.utc))


def run(feed, folders, granularity=None, bucket=60, base=None, subject=None, told=lambda share: None):
    """Predictions of the models in `folders` over the feed in a file."""
    players = {}
    kind = models.base_class(base or CONTRACT["base_class"])
    for folder in map(Path, folders):
        if (folder / "main.py").exists() or len(folders) == 1:
            players[folder.name] = models.load(folder, kind)
    if not players:
        raise ValueError("none of the folders has a main.py")
    granularity = granularity or CONTRACT["granularity"]
    feeds = market.read(feed, granularity, subject)
    return replay(feeds, market.seconds(granularity), players, told), list(players)


def main(words=None):
    parser = argparse.ArgumentParser(description="Replays a recorded feed to models and scores them as the node would.")
    parser.add_argument("feed", help="CSV, or a JSON object a line: time, subject, open, high, low, close, volume")
    parser.add_argument("models", nargs="+", help="folders with a main.py; others are passed over")
    parser.add_argument("--granularity", help=f"length of a candle of the file [{CONTRACT['granularity']}]")
    parser.add_argument("--bucket", type=int, default=60, help="SCORE_INTERVAL_SECONDS of the node [60]")
    parser.add_argument("--subject", help="of rows that name none")
    parser.add_argument("--json", action="store_true", help="print every prediction, truth and score, for programs")
    parser.add_argument("--plot", metavar="FILE", help="draw the scores into an image; needs matplotlib")
    options = parser.parse_args(words)
    try:
        predictions, names = run(
            options.feed, options.models, options.granularity, options.bucket, subject=options.subject,
            told=progress.Bar())
    except (OSError, ValueError) as error:
        raise SystemExit(f"backtest: {error}") from None
    table = standings(predictions, options.bucket, names)
    if options.json:
        fields = ("id", "model", "subject", "scope_key", "performed_at", "resolvable_at", "output", "truth", "result", "failure")
        print(json.dumps({
            "standings": table, "predictions": [{field: getattr(p, field) for field in fields} for p in predictions],
            "snapshots": [
                {"model": model, "period_end": end, **summary}
                for (model, end), summary in snapshots(predictions, options.bucket).items()
            ],
        }))
    else:
        print(text(table))
        waiting = sum(1 for prediction in predictions if not prediction.result and not prediction.failure)
        print(f"\n{len(predictions)} predictions; {waiting} lie too close to the end of the feed for their truth to be known")
        for name in names:
            reasons = [p.failure for p in predictions if p.model == name and p.failure]
            if reasons:
                print(f"{name} failed {len(reasons)} times, such as: {reasons[0]}")
    if options.plot:
        plot(predictions, names, options.plot)


if __name__ == "__main__":
    main()
