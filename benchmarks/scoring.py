"""How much faster than SciPy, written from the definition, are grid scores and rate maps, and are they the same?

The last line shifts the activity of a recording in time and takes all its scores again, which is what chance costs.

Both sides run here and now, on the same maps, in turns, so that the RATIO means something on a busy machine too::

    python benchmarks/scoring.py                         # 20 and 64 bins, 4096 maps; a minute or two, 6 GB
    python benchmarks/scoring.py --bins 20 --maps 512 --units 0 --recorded 0
    python benchmarks/scoring.py --bins 20 --units 0 --recorded 200 --shuffles 1000
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy import ndimage, signal, stats

from gridcells.recordings import map_recording, simulate_session
from gridcells.recordings.chance import time_nulls
from gridcells.scores import PUBLISHED_RINGS, grid_scores
from gridcells.scores.ratemaps import rate_maps
from gridcells.world.arenas import Rectangle

ANGLES = (30, 45, 60, 90, 120, 135, 150)


def plain_autocorrelogram(rate_map: np.ndarray) -> np.ndarray:
    """Correlate one map [bin, bin] with itself at every shift; unvisited bins hold 0, and so do undefined shifts."""
    rate_map = np.nan_to_num(rate_map)
    ones = np.ones_like(rate_map)

    def lagged(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return signal.convolve2d(first, second[::-1, ::-1])

    count = lagged(ones, ones)
    here, there = lagged(rate_map, ones), lagged(ones, rate_map)
    variance_here = lagged(rate_map**2, ones) / count - (here / count) ** 2
    variance_there = lagged(ones, rate_map**2) / count - (there / count) ** 2
    covariance = lagged(rate_map, rate_map) / count - here * there / count**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(covariance / (np.sqrt(variance_here) * np.sqrt(variance_there)), posinf=0.0, neginf=0.0)


def plain_grid_scores(
    rate_map: np.ndarray, rings: Sequence[tuple[float, float]] = PUBLISHED_RINGS, form: str = "mean"
) -> tuple[float, float]:
    """Return the 60 and 90 degree score of one map [bin, bin]: a rotation an angle, a correlation a ring."""
    bins = len(rate_map)
    autocorrelogram = plain_autocorrelogram(rate_map)
    rotated = {angle: ndimage.rotate(autocorrelogram, angle, reshape=False) for angle in ANGLES}
    shift = np.arange(1 - bins, bins)
    length = np.sqrt(shift[:, None] ** 2 + shift**2)
    best_60 = best_90 = -np.inf
    for inner, outer in rings:
        ring = (length > inner * bins) & (length <= outer * bins)
        centred = autocorrelogram[ring] - autocorrelogram[ring].mean()
        variance = np.mean(centred**2) + 1e-5
        at = {angle: np.mean(centred * turned[ring]) / variance for angle, turned in rotated.items()}
        if form == "mean":
            score_60 = (at[60] + at[120]) / 2 - (at[30] + at[90] + at[150]) / 3
        else:
            score_60 = min(at[60], at[120]) - max(at[30], at[90], at[150])
        best_60, best_90 = max(best_60, score_60), max(best_90, at[90] - (at[45] + at[135]) / 2)
    return best_60, best_90


def example_maps(maps: int, bins: int, unvisited: float, generator: np.random.Generator) -> np.ndarray:
    """Draw rectified plane waves, one to six a map, at random directions around four periods a side, with noise."""
    x = np.linspace(0, 1, bins)
    waves = np.arange(6) < generator.integers(1, 7, (maps, 1))
    angle, phase = generator.uniform(0, 2 * np.pi, (2, maps, 6))
    frequency = 2 * np.pi * generator.normal(4, 0.5, (maps, 6))
    along_x = np.exp(1j * (frequency * np.cos(angle))[..., None] * x) * waves[..., None]  # [map, wave, bin]
    along_y = np.exp(1j * ((frequency * np.sin(angle))[..., None] * x + phase[..., None]))
    field = np.einsum("uwx,uwy->uxy", along_x, along_y).real + 0.1 * generator.standard_normal((maps, bins, bins))
    field = np.maximum(field, 0)
    field[generator.random(field.shape) < unvisited] = np.nan
    return field


def timed(function: Callable[[], Any], repeats: int = 1) -> tuple[float, Any]:
    """Return the shortest of some runs, s, and what the last returned."""
    shortest = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        result = function()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest, result


def peak_memory() -> float:
    """Return the most memory this process ever held, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)


def compare_grid_scores(bins: int, maps: int, plain: int, unvisited: float, form: str) -> tuple[float, float]:
    """Print one line of the table; return the ratio of speeds and the largest difference."""
    rates = example_maps(maps, bins, unvisited, np.random.default_rng(bins))
    grid_scores(rates[:1], form=form, unvisited="zero")  # builds the matrices for this number of bins, once a process

    def library(unvisited: str) -> np.ndarray:
        scores = grid_scores(rates, form=form, unvisited=unvisited)
        return np.stack([scores.score_60, scores.score_90], axis=1)

    before = peak_memory()
    first, scores = timed(partial(library, "zero"))
    after = peak_memory()
    plain_seconds, reference = timed(lambda: np.array([plain_grid_scores(rate, form=form) for rate in rates[:plain]]))
    second, _ = timed(partial(library, "zero"))
    seconds = min(first, second)
    difference = float(np.abs(scores[:plain] - reference).max())
    ratio = (maps / seconds) / (plain / plain_seconds)
    exclude, _ = timed(partial(library, "exclude"))
    print(
        f"{bins:4d} x {bins:<4d} {maps:6d} {plain / plain_seconds:9.1f} {maps / seconds:10.0f} {ratio:8.0f} x "
        f"{difference:11.1e} {seconds:8.2f} {exclude:9.2f} {after - before:9.2f}",
        flush=True,
    )
    return ratio, difference


def compare_rate_maps(units: int, samples: int, bins: int, plain: int) -> tuple[float, float]:
    """Print how fast rate maps are; return the ratio of speeds and the largest difference."""
    generator = np.random.default_rng(0)
    arena = Rectangle(2.2, 2.2)
    position = generator.uniform(-1.1, 1.1, (samples, 2))
    activity = generator.random((samples, units), dtype=np.float32)
    seconds, maps = timed(lambda: rate_maps(position, activity, arena, bins=bins), repeats=2)
    plain = min(plain, units)
    plain_seconds, reference = timed(
        lambda: (
            stats.binned_statistic_2d(
                *position.T, activity[:, :plain].T.astype(np.float64), bins=bins, range=[[-1.1, 1.1]] * 2
            ).statistic
        )
    )
    difference = float(np.nanmax(np.abs(maps[:plain] - reference)))
    ratio = (units / seconds) / (plain / plain_seconds)
    print(
        f"rate maps: {units} units, {samples} samples, {bins} x {bins} bins: {seconds:.2f} s, {ratio:.0f} x "
        f"binned_statistic_2d, largest difference {difference:.1e} (float32 activity)"
    )
    return ratio, difference


def time_shuffles(units: int, shuffles: int) -> float:
    """Print what time shuffles of a recording cost; return the cost of one map over that of its grid score."""
    mapped = map_recording(simulate_session(seconds=600.0, kinds=("grid",), each=units, generator=0).recording())
    assert mapped.rate_maps is not None
    scored, _ = timed(lambda: grid_scores(mapped.rate_maps, keep_autocorrelogram=False), repeats=2)
    options = {"grid": True, "arena": "rectangle", "generator": 0}
    seconds, _ = timed(lambda: time_nulls(mapped, shuffles=shuffles, **options))  # type: ignore[arg-type]
    ratio = seconds / (shuffles * scored)
    side = mapped.rate_maps.shape[1]
    print(
        f"{shuffles} shuffles of {units} units, {side} x {side} bins, every score: {seconds:.1f} s, "
        f"{ratio:.1f} times their grid scores alone"
    )
    return ratio


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bins", type=int, nargs="+", default=[20, 64], help="bins a side")
    parser.add_argument("--maps", type=int, default=4096, help="maps the library scores")
    parser.add_argument("--plain-seconds", type=float, default=15.0, help="about how long plain SciPy may take a size")
    parser.add_argument("--unvisited", type=float, default=0.0, help="share of unvisited bins")
    parser.add_argument("--form", choices=("mean", "min_max"), default="mean", help="form of the 60 degree score")
    parser.add_argument("--units", type=int, default=4096, help="units of the rate maps; 0 leaves them out")
    parser.add_argument("--samples", type=int, default=300_000, help="samples of the rate maps")
    parser.add_argument("--recorded", type=int, default=50, help="units of the recording; 0 leaves it out")
    parser.add_argument("--shuffles", type=int, default=100, help="time shuffles of the recording")
    options = parser.parse_args(arguments)
    print("               maps  plain/s  library/s     ratio  difference    s zero s exclude   more GB")
    for bins in options.bins:
        one, _ = timed(partial(plain_grid_scores, np.random.default_rng(0).random((bins, bins))), repeats=2)
        plain = int(np.clip(options.plain_seconds / one, 1, options.maps))
        compare_grid_scores(bins, options.maps, plain, options.unvisited, options.form)
    if options.units:
        compare_rate_maps(options.units, options.samples, max(options.bins), plain=8)
    if options.recorded:
        time_shuffles(options.recorded, options.shuffles)
    print(f"peak memory of the process: {peak_memory():.2f} GB")


if __name__ == "__main__":
    main()
