from tracker import TrackerBase


class SlowTrend(TrackerBase):
    """Follows the crossing of a short and a long moving average."""

    def predict(self, subject, resolve_horizon_seconds, step_seconds):
        closes = self.closes(subject)
        if len(closes) < 10:
            return {"value": 0.0}
        short = sum(closes[-10:]) / 10
        long = sum(closes[-60:]) / len(closes[-60:])
        return {"value": max(-1.0, min(1.0, (short / long - 1) * 10))}
