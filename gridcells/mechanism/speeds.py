"""At which speeds a network integrates: error and gain on paths slower and faster than those it learnt from, and on
walks from elsewhere, such as an animal's own."""

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
from gridcells.world.motion import Trajectories, simulate

__all__ = ["Followed", "SpeedCurve", "follow", "speed_curve"]


@dataclass(frozen=True)
class Followed:
    """How a network integrates some walks, at their end.

    Attributes
    ----------
    error : float
        Mean decoding error, m.
    lost : float
        The same error of an animal that is taken to stay where it started, m: what not integrating costs.
    gain : float
        Decoded over true displacement from the start (slope through 0): 1 for a perfect integrator.
    """

    error: float
    lost: float
    gain: float


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
def follow(network: PathIntegrator, task: PlaceTask, walks: Trajectories) -> Followed:
    """Measure error and gain of a network on walks.

    Parameters
    ----------
    network : PathIntegrator
        The network.
    task : PlaceTask
        What it learnt: its arena and place cells.
    walks : Trajectories
        Walks in that arena, sampled as those of training.

    Returns
    -------
    Followed
        Error and gain at the end of the walks.

    Raises
    ------
    ValueError
        If the walks are sampled at other times than those of training.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> from gridcells.world import simulate
    >>> task = PlaceTask(preset("small").override({"units": 8}), seed=0)
    >>> walks = simulate(task.preset.motion, task.preset.arena, 4, 5, 0)
    >>> follow(task.network(), task, walks).lost < 0.5
    True
    """
    arena, step = task.preset.arena, task.preset.motion.time_step
    if not np.isclose(walks.time_step, step, rtol=1e-9):
        raise ValueError(f"walks: expected a time_step of {step:g} s, as in training, got {walks.time_step:g} s")
    start, end = walks.position[:, 0], walks.position[:, -1]
    decoded = np.asarray(decode_paths(network, task, task.batch_of(walks)))[:, -1]
    true, found = arena.displacement(start, end), arena.displacement(start, decoded)
    return Followed(
        float(np.linalg.norm(arena.displacement(decoded, end), axis=-1).mean()),
        float(np.linalg.norm(true, axis=-1).mean()),
        float((true * found).sum() / np.square(true).sum()),
    )


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
    those of training at every speed; all paths have the same speed scale, also where those of training differ.

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
            dataclasses.replace(motion, speed_scale=scale, speed_spread=1.0),
            arena,
            check_count(paths, "paths"),
            steps,
            generator,
        )
        rows.append(dataclasses.astuple(follow(network, task, walks)))
    error, lost, gain = np.array(rows, dtype=float).T
    return SpeedCurve(np.asarray(factors, dtype=float), error, lost, gain)
