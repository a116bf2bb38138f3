"""Draw the README's picture from a shipped run: a decoded path beside the best units of the network that walked it.

python book/tools/picture.py
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from gridcells import plots, runs, training
from gridcells._common.files import atomic_path
from gridcells.runs.evaluation import evaluate

PICTURE = Path(__file__).resolve().parents[1] / "_static" / "readme.png"


def main() -> None:
    """Write book/_static/readme.png."""
    plots.use_style()
    run = runs.load_shipped("laptop", seed=0)
    arena = run.task.preset.arena
    path = training.PlaceBatch.of(run.task.paths(1, "pictures", steps=100))
    evaluation = evaluate(run.network, run.task)
    best = np.argsort(-evaluation.scores.score_60)[:8]

    figure, axes = plt.subplot_mosaic(
        [["path", *"abcd"], ["path", *"efgh"]], figsize=(10, 3.8), width_ratios=[2.2, 1, 1, 1, 1], layout="constrained"
    )
    plots.plot_decoded_path(
        path.position[0], training.decode_paths(run.network, run.task, path)[0], arena, ax=axes["path"]
    )
    for name, unit in zip("abcdefgh", best, strict=True):
        ax = plots.plot_rate_map(evaluation.rate_maps[unit], arena, colorbar=False, ax=axes[name])
        ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
        ax.set_title(f"score {evaluation.scores.score_60[unit]:.2f}", fontsize=9, pad=3)
    with atomic_path(PICTURE) as temporary:
        figure.savefig(temporary, dpi=110, bbox_inches="tight", metadata={"Software": None})
    print(PICTURE)


if __name__ == "__main__":
    main()
