"""What the node scores by, `builtin:directional`, in Python: what the position would have earned."""


def score(prediction, ground_truth):
    position = min(1.0, max(-1.0, prediction.value))
    profit = ground_truth.profit
    return {
        "value": position * profit,
        "success": True,
        "failed_reason": None,
        "actual_return": profit,
        "direction_correct": position != 0 and profit != 0 and (position > 0) == (profit > 0),
    }
