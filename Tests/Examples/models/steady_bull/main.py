from tracker import TrackerBase


class SteadyBull(TrackerBase):
    """Always buys a little."""

    def predict(self, subject, resolve_horizon_seconds, step_seconds):
        return {"value": 0.25}
