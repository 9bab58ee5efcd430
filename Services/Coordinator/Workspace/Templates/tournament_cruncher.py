"""What models derive from. The node calls `predict` with each row of a round's features."""


class ModelBaseClass:
    def feed_update(self, data):
        """Takes market data, where a node has a feed; a tournament's has none."""

    def predict(self, features):
        """Answers {"value": forecast} to a row of features: {"a": number, "b": number, …}."""
        raise NotImplementedError
