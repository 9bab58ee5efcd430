"""The default score in Python, as an operator would write it: what bench-callables times."""


def score(prediction, ground_truth):
    position = max(-1.0, min(1.0, prediction.value))
    return {
        "value": position * ground_truth.profit,
        "success": True,
        "failed_reason": None,
        "actual_return": ground_truth.profit,
    }
