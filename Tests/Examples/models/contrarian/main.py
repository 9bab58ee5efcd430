from tracker import TrackerBase


class Contrarian(TrackerBase):
    """Bets all against the last candle."""

    def predict(self, subject, resolve_horizon_seconds, step_seconds):
        closes = self.closes(subject)[-2:]
        if len(closes) < 2 or closes[0] == closes[1]:
            return {"value": 0.0}
        return {"value": -1.0 if closes[1] > closes[0] else 1.0}
