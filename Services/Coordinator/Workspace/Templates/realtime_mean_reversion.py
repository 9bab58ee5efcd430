from tracker import TrackerBase


class MeanReversion(TrackerBase):
    """What is far from its mean of twenty candles comes back to it."""

    def predict(self, subject, resolve_horizon_seconds, step_seconds):
        closes = self.closes(subject)[-20:]
        if len(closes) < 5:
            return {"value": 0.0}
        mean = sum(closes) / len(closes)
        return {"value": max(-1.0, min(1.0, (mean - closes[-1]) / mean * 100))}
