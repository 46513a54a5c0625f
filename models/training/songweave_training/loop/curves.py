"""Loss curves as a picture."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend has to be chosen first)


def draw_curves(history: list[dict], path: Path) -> None:
    """One panel per recorded value, training and validation in one panel."""
    names = sorted({name for point in history for name in point} - {"split", "step"})
    if not names:
        return
    figure, panels = plt.subplots(1, len(names), figsize=(4 * len(names), 3.5), layout="constrained", squeeze=False)
    for name, panel in zip(names, panels[0]):
        for split in dict.fromkeys(point["split"] for point in history):
            points = [(point["step"], point[name]) for point in history if point["split"] == split and name in point]
            if points:
                panel.plot(*zip(*points), label=split, marker=None if split == "train" else ".")
        panel.set(title=name, xlabel="step")
        panel.legend()
    figure.savefig(path, dpi=100)
    plt.close(figure)
