"""At which speeds a network integrates: error and gain on paths slower and faster than those it learnt from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gridcells._common.checks import check_count, check_positive
from gridcells._common.streams import Stream
from gridcells.networks.path_integrator import PathIntegrator
from gridcells.training.decoding import decode_paths
from gridcells.training.place_task import PlaceTask
from gridcells.world.motion import simulate

__all__ = ["SpeedCurve", "speed_curve"]


@dataclass(frozen=True)
class SpeedCurve:
    """How a network integrates paths of several speeds.

    Attributes
    ----------
    factor : numpy.ndarray, [speed]
        Speeds over that of training.
    error : numpy.ndarray, [speed]
        Mean decoding error at the end of the paths, m.
    lost : numpy.ndarray, [speed]
        The same error of an animal that is taken to stay where it started, m: what not integrating costs.
    gain : numpy.ndarray, [speed]
        Decoded over true displacement from the start (slope through 0): 1 for a perfect integrator.
    """

    factor: np.ndarray
    error: np.ndarray
    lost: np.ndarray
    gain: np.ndarray


@torch.no_grad()
def speed_curve(
    network: PathIntegrator, task: PlaceTask, factors: Sequence[float], *, steps: int = 40, paths: int = 300
) -> SpeedCurve:
    """Measure error and gain of a network on paths of other speeds than it learnt from.

    Parameters
    ----------
    network : PathIntegrator
        The network.
    task : PlaceTask
        What it learnt: its arena, motion and place cells.
    factors : sequence of float
        Speeds, over that of training.
    steps : int
        Samples of each path.
    paths : int
        Paths of each speed.

    Returns
    -------
    SpeedCurve
        Error and gain at each speed.

    Raises
    ------
    ValueError
        If a number is not above 0.

    Notes
    -----
    Source: ours. Sorscher et al. 2023 train at 0.1 m/s, the code released with Sorscher et al. 2019 at 1 m/s. Turns are
    those of training at every speed.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = PlaceTask(preset("small").override({"units": 8}), seed=0)
    >>> speed_curve(task.network(), task, [0.5, 1.0], steps=5, paths=4).gain.shape
    (2,)
    """
    motion, arena = task.preset.motion, task.preset.arena
    check_count(steps, "steps")
    rows = []
    for factor in factors:
        scale = motion.speed_scale * check_positive(factor, "factors")
        generator = task.generator(Stream.EVALUATION)
        walks = simulate(
            dataclasses.replace(motion, speed_scale=scale), arena, check_count(paths, "paths"), steps, generator
        )
        batch = task.batch_of(walks)
        start, end = walks.position[:, 0], walks.position[:, -1]
        decoded = np.asarray(decode_paths(network, task, batch))[:, -1]
        true, found = arena.displacement(start, end), arena.displacement(start, decoded)
        rows.append(
            (
                np.linalg.norm(arena.displacement(decoded, end), axis=-1).mean(),
                np.linalg.norm(true, axis=-1).mean(),
                (true * found).sum() / np.square(true).sum(),
            )
        )
    error, lost, gain = np.array(rows, dtype=float).T
    return SpeedCurve(np.asarray(factors, dtype=float), error, lost, gain)
