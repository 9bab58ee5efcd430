"""What the node scores by, `builtin:squared_error`, in Python: minus the square of what the forecast was off."""


def score(prediction, ground_truth):
    error = (prediction.value - ground_truth.value) * (prediction.value - ground_truth.value)
    return {"value": -error, "success": True, "failed_reason": None, "squared_error": error}
