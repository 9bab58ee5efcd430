from tracker import TrackerBase


class Momentum(TrackerBase):
    """What rose over the last five candles goes on rising."""

    def predict(self, subject, resolve_horizon_seconds, step_seconds):
        closes = self.closes(subject)[-6:]
        if len(closes) < 2:
            return {"value": 0.0}
        return {"value": max(-1.0, min(1.0, (closes[-1] / closes[0] - 1) * 50))}
