"""Metrics, strategies and filters as operators write them, good ones and bad ones."""

import datetime
import os
import time


def edge(predictions, scores, context):
    assert len(predictions) == len(scores) == len(context.prediction_keys)
    return sum(score["value"] for score in scores) / len(scores) if scores else None


def share(predictions, scores):
    """Of the original's signature without a context."""
    return sum(1 for prediction in predictions if prediction["value"] > 0) / len(predictions)


def agreement(predictions, scores, context):
    """Joins two models by what they were asked about, and tells whose turn it is."""
    assert isinstance(context.window_end, datetime.datetime) and context.window_start < context.window_end
    own = {tuple(key): prediction["value"] for key, prediction in zip(context.prediction_keys, predictions)}
    signs = []
    for model, others in context.all_model_predictions.items():
        if model == context.model_id:
            continue
        for key, other in zip(context.all_model_keys[model], others):
            if tuple(key) in own:
                signs.append((own[tuple(key)] > 0) == (other["value"] > 0))
    return sum(signs) / len(signs) if signs else None


def ensembles(predictions, scores, context):
    return sum(len(own) for own in context["ensemble_predictions"].values()) + len(predictions)


def misbehaves(predictions, scores, context):
    if context.model_id == "b":
        kind = os.environ.get("METRIC_KIND")
        if kind == "raise":
            raise ValueError("not this one")
        if kind == "crash":
            os._exit(7)
        if kind == "hang":
            time.sleep(600)
        if kind == "text":
            return "much"
        if kind == "nan":
            return float("nan")
        if kind == "none":
            return None
    return edge(predictions, scores, context)


def stub(predictions, scores, context):
    return 0.5


def slow(predictions, scores, context):
    time.sleep(0.6)
    return edge(predictions, scores, context)


def nothing(predictions, scores, context):
    return None


def raises(predictions, scores, context):
    raise ValueError("never works")


def by_ic(model_metrics, predictions):
    """The original's signature."""
    assert all("inference_output" in answer for own in predictions.values() for answer in own)
    return {model: max(0.0, metrics.get("ic", 0.0)) for model, metrics in model_metrics.items()}


def by_count(model_metrics, predictions):
    return {model: float(len(own)) for model, own in predictions.items()}


def weighs_by_words(model_metrics):
    return {model: "much" for model in model_metrics}


def good_enough(model_id, metrics):
    return metrics.get("ic") and metrics["ic"] >= 0.1


def fails_on_b(model_id, metrics):
    if model_id == "b":
        raise KeyError("ic")
    return True
