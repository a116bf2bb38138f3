"""How does the time of scoring grow with units, with bins, and with shuffles?

Grid scores of noise, each point the shortest of three runs, beside the growth that it should not exceed: linear in
units, n² log n in bins::

    python benchmarks/scaling.py --out scaling.png       # a minute or two
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from gridcells import plots
from gridcells._common.files import atomic_path
from gridcells.scores import grid_scores, significance

UNITS = (256, 512, 1024, 2048, 4096)
BINS = (12, 16, 20, 28, 40, 56, 80, 112)


def seconds(maps: int, bins: int) -> float:
    """Return the shortest of three times that scoring noise takes, s."""
    rates = np.random.default_rng(0).random((maps, bins, bins))
    grid_scores(rates[:1])  # builds the matrices for this number of bins
    times = []
    for _ in range(3):
        start = time.perf_counter()
        grid_scores(rates, keep_autocorrelogram=False)
        times.append(time.perf_counter() - start)
    return min(times)


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the exponent of the power law through the points."""
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the times and their growth, and draw them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("scaling.png"), help="where the plot goes")
    parser.add_argument("--maps", type=int, default=256, help="maps a number of bins, and units of the shuffles")
    parser.add_argument("--shuffles", type=int, default=100, help="field shuffles of each unit")
    options = parser.parse_args(arguments)

    by_units = [seconds(units, 20) for units in UNITS]
    by_bins = [seconds(options.maps, bins) for bins in BINS]
    bound = np.square(BINS) * np.log(BINS)
    print(f"units {UNITS} at 20 x 20 bins: {np.round(by_units, 2)} s, growing as units^{slope(UNITS, by_units):.2f}")
    print(f"{options.maps} maps of {BINS} bins a side: {np.round(by_bins, 3)} s")
    print(f"growing as (n² log n)^{slope(bound, by_bins):.2f}; from 40 bins on {slope(bound[4:], by_bins[4:]):.2f}")

    smooth = np.random.default_rng(1).random((options.maps, 20, 20))
    smooth = (smooth + np.roll(smooth, 1, 1) + np.roll(smooth, 1, 2) + np.roll(smooth, (1, 1), (1, 2))) / 4
    start = time.perf_counter()
    significance(smooth, null="field_shuffle", shuffles=options.shuffles, generator=0)
    spent = time.perf_counter() - start
    print(f"{options.shuffles} field shuffles of {options.maps} units, made and scored: {spent:.1f} s")

    plots.use_style()
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.4))
    for ax, x, y, grown, name, label in (
        (axes[0], UNITS, by_units, np.array(UNITS, float), "linear", "units, 20 × 20 bins"),
        (axes[1], BINS, by_bins, bound, "n² log n", f"bins a side, {options.maps} maps"),
    ):
        ax.loglog(x, y, "o-", label="measured")
        ax.loglog(x, grown * y[-1] / grown[-1], "k--", label=name)
        ax.set(xlabel=label, ylabel="time of grid scores (s)")
        ax.legend()
    with atomic_path(options.out) as temporary:
        figure.savefig(temporary)
    print(f"plot: {options.out}")


if __name__ == "__main__":
    main()
