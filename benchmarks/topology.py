"""Is a torus told from what is none, every time, and how long do 1 200 points take?

    python benchmarks/topology.py [--repeats 20] [--points 500] [--large 1200]

Each repeat draws places, cells and shuffles anew: an ideal module must come out as a torus; bands of one
direction, place cells and an untrained network must not.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from gridcells.mechanism.lesions import pristine_activity
from gridcells.mechanism.topology import population_topology
from gridcells.presets import preset
from gridcells.training.place_task import PlaceTask
from gridcells.world.arenas import Rectangle
from gridcells.world.place_cells import PlaceCells, uniform_centers

BOX = 2.2
SPACING = 0.8


def module(position: np.ndarray, seed: int) -> np.ndarray:
    return pristine_activity(position, 100, spacing=SPACING, generator=seed)


def bands(position: np.ndarray, seed: int) -> np.ndarray:
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi, 60)
    return np.maximum(np.cos(2 * np.pi * position[:, :1] / SPACING + phase), 0)


def places(position: np.ndarray, seed: int) -> np.ndarray:
    arena = Rectangle(BOX, BOX)
    centers = uniform_centers(150, arena, np.random.default_rng(seed))
    return np.asarray(PlaceCells(centers, 0.2, tuning="gaussian", arena=arena).activity(position))


@torch.no_grad()
def untrained(position: np.ndarray, seed: int) -> np.ndarray:
    task = PlaceTask(preset("laptop"), seed)
    start = torch.as_tensor(position, dtype=torch.float32)
    velocity = torch.zeros(len(position), 5, 2)
    return task.network().hidden(velocity, task.place_cells.activity(start))[:, -1].numpy()


POPULATIONS: dict[str, tuple[Callable[[np.ndarray, int], np.ndarray], bool, int]] = {
    "ideal module": (module, True, 7),
    "bands of one direction": (bands, False, 4),
    "place cells": (places, False, 7),
    "untrained network": (untrained, False, 7),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--points", type=int, default=500)
    parser.add_argument("--large", type=int, default=1200, help="points of the timed run; 0 for none")
    options = parser.parse_args()
    for name, (make, expected, components) in POPULATIONS.items():
        found = []
        for seed in range(options.repeats):
            position = np.random.default_rng(seed).uniform(-BOX / 2, BOX / 2, (3000, 2))
            found.append(
                population_topology(
                    make(position, seed),
                    generator=seed,
                    components=components,
                    points=options.points,
                    shuffles=4,
                    workers=2,
                )
            )
        right = sum(one.is_torus is expected for one in found)
        print(
            f"{name:24} right in {right} of {len(found)}; Betti numbers {sorted({one.betti for one in found})}",
            flush=True,
        )
    if options.large:
        position = np.random.default_rng(0).uniform(-BOX / 2, BOX / 2, (6000, 2))
        began = time.perf_counter()
        one = population_topology(
            module(position, 0), generator=0, components=6, points=options.large, shuffles=20, workers=2
        )
        print(f"{options.large} points, 20 shuffles, two processes: {time.perf_counter() - began:.0f} s, {one}")


if __name__ == "__main__":
    main()
