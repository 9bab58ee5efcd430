"""Scoring functions as operators write them, good ones and bad ones."""

import datetime
import os
import sys
import time


class Model:
    """Looks like a pydantic model: all that the node may ask of one."""

    def __init__(self, **fields):
        self.fields = fields

    def model_dump(self):
        return self.fields


def by_attribute(prediction, ground_truth):
    return {"value": prediction.value * ground_truth.profit, "success": True, "failed_reason": None}


def by_key(prediction, ground_truth):
    print("what a function prints is no answer")
    return {"value": prediction["value"] * ground_truth.get("profit", 0)}


def as_model(prediction, ground_truth):
    return Model(value=prediction.value * ground_truth.profit, extra="kept")


class Dated(Model):
    """Looks like a pydantic model with a field that JSON knows only by its text."""

    def model_dump_json(self):
        raise NotImplementedError

    def model_dump(self, mode="python"):
        return {key: str(value) if mode == "json" else value for key, value in self.fields.items()}


class Array:
    """Looks like an array of numpy: item() is for those of one number."""

    def tolist(self):
        return [1.5, 2.5]

    def item(self):
        raise ValueError("can only convert an array of size 1")


def with_a_time(prediction, ground_truth):
    return Dated(value=prediction.value * ground_truth.profit, at=datetime.date(2026, 2, 13))


def with_an_array(prediction, ground_truth):
    return {"value": prediction.value * ground_truth.profit, "parts": Array()}


def by_identity(prediction, ground_truth):
    assert prediction["prediction_id"].startswith("PRE_")
    return {"value": prediction.value * ground_truth.profit, "who": prediction.model_id}


def changes_truth(prediction, ground_truth):
    ground_truth.profit += prediction.value
    return {"value": ground_truth.profit}


def misbehaves(prediction, ground_truth):
    kind = prediction.get("kind")
    if kind == "raise":
        raise ValueError("not this one")
    if kind == "exit":
        sys.exit(3)
    if kind == "crash":
        os._exit(7)
    if kind == "hang":
        while True:
            time.sleep(60)
    if kind == "eat":
        return {"value": len(bytearray(1 << 40))}
    if kind == "nan":
        return {"value": float("nan")}
    if kind == "none":
        return None
    if kind == "declined":
        return {"value": 0.0, "success": False, "failed_reason": "declined"}
    return by_attribute(prediction, ground_truth)


KEPT = []


def hoards(prediction, ground_truth):
    while prediction.get("kind") == "hoard":
        KEPT.append(bytearray(1 << 22))
    return {"value": prediction.value, "kept": len(KEPT)}


def takes_its_time(prediction, ground_truth):
    time.sleep(prediction["seconds"])
    return {"value": 1.0}


def slow(prediction, ground_truth):
    time.sleep(0.011)
    return by_attribute(prediction, ground_truth)


def stub(prediction, ground_truth):
    return {"value": 0.5}


def other_names(answer, truth):
    return {"value": 1.0}


def needs_more(prediction, ground_truth, weights):
    return {"value": 1.0}


async def asynchronous(prediction, ground_truth):
    return {"value": 1.0}


def wrong_type(prediction, ground_truth):
    return prediction.value


def missing_field(prediction, ground_truth):
    return {"value": prediction.direction}


NOT_CALLABLE = 3


def by_direction(prediction, ground_truth):
    return {"value": {"UP": 1, "DOWN": -1}[prediction.direction] * prediction.plan["size"] * ground_truth.profit}


def by_label(prediction, ground_truth):
    return {"value": -abs(prediction.value - ground_truth.label)}
