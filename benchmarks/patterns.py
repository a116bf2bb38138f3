"""How much faster are 64 maps stepped together than one by one?

A step of the single-cell dynamics (ReLU, 55 × 55 bins) by the library and by a plain loop over ``numpy.fft``, the
shortest of several times, in one run; the maps must agree::

    python benchmarks/patterns.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np

from gridcells.theory.covariance import Kernel, tuning_covariance
from gridcells.theory.patterns import initial_maps, multi_cell, single_cell


def plain(kernel: Kernel, maps: np.ndarray, steps: int) -> np.ndarray:
    """Step map by map: the normalised schedule as one would write it down."""
    response = kernel.eigenvalues() / kernel.eigenvalues().max()
    maps = np.array([one / np.sqrt(np.mean(one**2)) for one in maps])
    for _ in range(steps):
        for number, one in enumerate(maps):
            heard = np.fft.ifft2(np.fft.fft2(one) * response).real
            one = np.maximum(0.5 * one + 0.5 * heard, 0.0)
            maps[number] = one / np.sqrt(np.mean(one**2))
    return maps


def shortest(call: Callable[[], object], repeats: int) -> float:
    """Return the shortest of several times, s."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--maps", type=int, default=64, help="maps stepped together")
    parser.add_argument("--bins", type=int, default=55, help="bins a side")
    parser.add_argument("--steps", type=int, default=40, help="steps a time")
    parser.add_argument("--repeats", type=int, default=5, help="times of which the shortest counts")
    options = parser.parse_args(arguments)

    kernel = tuning_covariance(0.12, bins=options.bins)
    start = initial_maps(options.maps, options.bins, 0)
    apart = np.abs(plain(kernel, start, 20) - single_cell(kernel, steps=20, initial=start).maps).max()
    loop = shortest(lambda: plain(kernel, start, options.steps), options.repeats) / options.steps
    print(f"{options.maps} maps of {options.bins} x {options.bins} bins, ms a step; largest difference {apart:.1e}")
    print(f"plain loop over numpy.fft      {1000 * loop:7.2f}")
    for name, dtype in (("float64", np.float64), ("float32", np.float32)):
        for words, simulate in (("single cell", single_cell), ("several cells", multi_cell)):
            spent = shortest(
                lambda simulate=simulate, dtype=dtype: simulate(
                    kernel, steps=options.steps, initial=start, dtype=dtype
                ),
                options.repeats,
            )
            each = spent / options.steps
            ratio = (
                f"   {loop / each:5.1f} times as fast" if simulate is single_cell else "   (the loop has no Oja term)"
            )
            print(f"{words:13} {name:16} {1000 * each:7.2f}{ratio}")


if __name__ == "__main__":
    main()
