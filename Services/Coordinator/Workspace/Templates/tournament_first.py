from cruncher import ModelBaseClass


class First(ModelBaseClass):
    """The first feature alone."""

    def predict(self, features):
        return {"value": features.get("a", 0.0)}
