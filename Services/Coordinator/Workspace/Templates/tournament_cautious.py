from cruncher import ModelBaseClass


class Cautious(ModelBaseClass):
    """Half of the mean: it is never far off."""

    def predict(self, features):
        return {"value": sum(features.values()) / len(features) / 2 if features else 0.0}
