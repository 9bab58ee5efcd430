"""What the node scores by: what the position would have earned, less what entering and leaving it costs."""

# Of the position's size, for each of the two trades.
COST = 0.0002


def score(prediction, ground_truth):
    position = min(1.0, max(-1.0, prediction.value))
    profit = ground_truth.profit
    gross = position * profit
    cost = 2 * COST * abs(position)
    return {
        "value": gross - cost,
        "success": True,
        "failed_reason": None,
        "actual_return": profit,
        "gross": gross,
        "cost": cost,
        "direction_correct": position != 0 and profit != 0 and (position > 0) == (profit > 0),
    }
