"""A picture of what models have earned."""


def plot(predictions, names, path, place, across=""):
    """Draws the running sum of each model's scores; needs matplotlib.

    `place` answers where on the x axis a prediction stands; `across` says what that is.
    """
    try:
        import matplotlib
    except ImportError:
        raise SystemExit("--plot needs matplotlib: pip install matplotlib") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(10, 5))
    for name in names:
        scored = sorted((p for p in predictions if p.model == name and p.result), key=place)
        total, line = 0.0, []
        for prediction in scored:
            total += prediction.result["value"]
            line.append(total)
        axes.plot([place(prediction) for prediction in scored], line, label=name)
    axes.set_xlabel(across)
    axes.set_ylabel("sum of scores")
    axes.legend()
    figure.savefig(path, bbox_inches="tight")
