"""Stands for matplotlib in tests."""


class Pictures:
    """Keeps what is drawn. Whether a real matplotlib draws it too, it is asked where it is installed."""

    def __init__(self):
        self.pyplot = self
        self.lines, self.saved = {}, []

    def use(self, backend):
        assert backend == "Agg", "it must draw without a screen"

    def subplots(self, figsize):
        return self, self

    def plot(self, places, sums, label):
        assert len(places) == len(sums) and places == sorted(places)
        self.lines[label] = sums

    def set_xlabel(self, text):
        pass

    def set_ylabel(self, text):
        pass

    def legend(self):
        pass

    def savefig(self, path, bbox_inches):
        self.saved.append(path)
