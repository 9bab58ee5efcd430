from tracker import TrackerBase


class Breakout(TrackerBase):
    """Buys above the highest close of the last thirty candles, sells below the lowest, and else waits."""

    def predict(self, subject, resolve_horizon_seconds, step_seconds):
        closes = self.closes(subject)[-31:]
        if len(closes) < 10:
            return {"value": 0.0}
        before, last = closes[:-1], closes[-1]
        return {"value": 1.0 if last > max(before) else -1.0 if last < min(before) else 0.0}
