"""How much faster do small networks train together than one by one?

Networks of the preset "small" and smaller ones, on the same paths, by `train` one after the other and by
`train_together`, in turns, with as many threads and evaluations; on a GPU too where there is one. At 128 units matrix
products, of which both have as many, take most of the time on one thread of a CPU, so that little can be gained there;
with more threads the stack is shared among them, where one network is too small to be::

    OMP_NUM_THREADS=2 python benchmarks/stacked.py [--networks 8] [--units 128 64 32] [--steps 100]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch

from gridcells._common.memory import keep_freed_memory
from gridcells.presets import RNNPreset, preset
from gridcells.training.loop import train
from gridcells.training.stacked import train_together


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def compare(setting: RNNPreset, networks: int, device: str, repeats: int) -> tuple[float, float]:
    """Return the least seconds of one by one and of together."""
    runs = [(setting, seed) for seed in range(networks)]
    alone, together = [], []
    for _ in range(repeats):
        alone.append(seconds(lambda: [train(one, seed=seed, device=device) for one, seed in runs]))
        together.append(seconds(lambda: train_together(runs, device=device)))
    return min(alone), min(together)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, default=8)
    parser.add_argument("--units", type=int, nargs="+", default=[128, 64, 32])
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--repeats", type=int, default=2)
    chosen = parser.parse_args()
    keep_freed_memory()  # as a sweep's workers do; of both
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    for device in devices:
        for units in chosen.units:
            cells, batch = min(256, 2 * units), 100 if units >= 128 else 25
            changes = {"units": units, "cells": cells, "batch": batch}
            changes |= {"steps": chosen.steps, "evaluate_every": chosen.steps}
            setting = preset("small").override(changes)
            alone, together = compare(setting, chosen.networks, device, chosen.repeats)
            print(
                f"{device}, {torch.get_num_threads()} threads: {chosen.networks} networks of {units} units,"
                f" {cells} cells, batch {batch}:"
                f" one by one {alone:.1f} s, together {together:.1f} s, ratio {alone / together:.2f}"
            )


if __name__ == "__main__":
    main()
