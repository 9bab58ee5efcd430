"""Sums and means as the node's, to the last digit."""

import math


def exact_sum(values):
    """A sum that keeps the digits a plain loop loses (Neumaier's algorithm), as the node's leaderboard adds."""
    total = lost = 0.0
    for value in values:
        next_total = total + value
        lost += (total - next_total) + value if abs(total) >= abs(value) else (value - next_total) + total
        total = next_total
    return total + lost if math.isfinite(lost) else total


def summary(results):
    """How many there are, and the mean of each number over those that have it, added in their order: a snapshot of the node."""
    sums, counts = {}, {}
    for result in results:
        for name, value in result.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool) and name not in ("success", "failed_reason"):
                sums[name] = sums.get(name, 0.0) + value
                counts[name] = counts.get(name, 0) + 1
    means = {name: sums[name] / counts[name] for name in sums}
    return {"prediction_count": len(results), **{name: mean for name, mean in means.items() if math.isfinite(mean)}}
