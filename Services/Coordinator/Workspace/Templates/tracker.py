"""What models derive from. The node calls `tick` with market data, and then `predict`."""


class TrackerBase:
    def __init__(self):
        self._windows = {}

    def tick(self, data):
        """Takes the newest window: {symbol, asof_ts, candles_1m: [{ts, open, high, low, close, volume}]}."""
        self._windows[data["symbol"]] = data["candles_1m"]

    def candles(self, subject):
        """The window of a subject, oldest first."""
        return self._windows.get(subject, [])

    def closes(self, subject):
        """Closing prices of a subject, oldest first."""
        return [candle["close"] for candle in self.candles(subject)]

    def predict(self, subject, resolve_horizon_seconds, step_seconds):
        """Answers {"value": position} with a position from -1 (sell) to 1 (buy)."""
        raise NotImplementedError
