"""The picture that runs at the head of the book: an animal, and on its path the spikes of one unit of a network."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import anywidget
import numpy as np
import torch
import traitlets

from gridcells._common.checks import check_count, check_generator, check_positive
from gridcells.book.explorer.bundle import join_modules
from gridcells.networks import PathIntegrator
from gridcells.presets import RNNPreset
from gridcells.training.decoding import hidden_activity
from gridcells.training.place_task import PlaceBatch
from gridcells.training.run import Run
from gridcells.world.arenas import Rectangle

__all__ = ["Firing", "RunningAnimal", "fire_along_path"]

SAMPLES = 3  # steps of the animal between two points of the picture
MOST = 255  # spikes at a point


@dataclass(frozen=True)
class Firing:
    """A path and the spikes on it.

    Parameters
    ----------
    arena : Rectangle
        The box.
    position : numpy.ndarray, [sample, 2]
        Where the animal is, m.
    spikes : numpy.ndarray, [sample]
        How often the unit fired since the sample before.
    time_step : float
        Time from one sample to the next, s.
    """

    arena: Rectangle
    position: np.ndarray
    spikes: np.ndarray
    time_step: float


def fire_along_path(
    run: Run[RNNPreset, PathIntegrator, PlaceBatch],
    unit: int,
    *,
    seconds: float = 120.0,
    peak: float = 30.0,
    generator: np.random.Generator | int | None,
) -> Firing:
    """Draw the Poisson spikes of one unit of a network that follows a running animal, at the rate of its activity.

    The network is told the animal's place as often as when it learnt, and between by velocity alone.

    Parameters
    ----------
    run : Run
        A network that predicts place cells, and its task; its box has a length and a width.
    unit : int
        The unit that fires. Activity below zero is silence.
    seconds : float
        How long the animal runs, s; rounded up to whole paths.
    peak : float
        The rate at the unit's highest activity on the way, Hz.
    generator : numpy.random.Generator or int
        Of the spikes. The path is the task's own.

    Returns
    -------
    Firing
        Path and spikes.

    Raises
    ------
    ValueError
        If the box is no rectangle, there is no such unit, or it is silent.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> from gridcells.training import make_task
    >>> task = make_task(preset("quick").override({"units": 8}), seed=0)
    >>> firing = fire_along_path(Run(task, task.network(), []), 3, seconds=6, generator=0)
    >>> firing.position.shape, firing.spikes.shape, round(firing.time_step, 2)
    ((100, 2), (100,), 0.06)
    """
    arena, length = run.task.preset.arena, run.task.preset.training.path_steps
    if not isinstance(arena, Rectangle):
        raise ValueError(f"run: expected a network of a rectangle, got one of a {type(arena).__name__.lower()}")
    check_positive(seconds, "seconds", "s")
    check_positive(peak, "peak", "Hz")
    units, time = run.network.units, run.task.preset.motion.time_step
    if check_count(unit, "unit", 0) >= units:
        raise ValueError(f"unit: expected one below {units}, got {unit}")
    paths = -int(-seconds // (length * time))
    walk = run.task.paths(1, "pictures", steps=paths * length)
    position = torch.as_tensor(walk.position[0], dtype=torch.float32)
    velocity = torch.as_tensor(walk.velocity[0], dtype=torch.float32).reshape(paths, length, 2)
    batch = PlaceBatch(velocity, position[:-1:length], position[1:].reshape(paths, length, 2))
    activity = np.concatenate(
        [hidden[..., unit].cpu().numpy().ravel() for _, hidden in hidden_activity(run.network, run.task, batch)]
    ).clip(0)
    if not activity.any():
        raise ValueError(f"unit: expected one that is active on the path, got {unit}, which is silent")
    spikes = check_generator(generator).poisson(peak * time * activity / activity.max())
    samples = len(spikes) // SAMPLES
    return Firing(
        arena,
        walk.position[0, SAMPLES::SAMPLES],
        spikes[: samples * SAMPLES].reshape(samples, SAMPLES).sum(1),
        SAMPLES * time,
    )


class RunningAnimal(anywidget.AnyWidget):
    """A moving picture of a path and the spikes on it, in JupyterLab and on a static page alike.

    It can be paused, rests off screen, and stands still at its end for those who want no motion.

    Parameters
    ----------
    firing : Firing
        What it shows.

    Raises
    ------
    ValueError
        If the box is no square.

    Examples
    --------
    >>> arena = Rectangle(1.0, 1.0)
    >>> RunningAnimal(Firing(arena, np.zeros((50, 2)), np.ones(50, int), 0.1))
    RunningAnimal: 5 s in a box of 1 m, 50 spikes
    """

    _esm = join_modules(Path(__file__).with_name("running.js"))
    places = traitlets.Unicode().tag(sync=True)  # base64 of 16 bits each, x and y in turn
    counts = traitlets.Unicode().tag(sync=True)  # base64 of 8 bits each
    every = traitlets.Float().tag(sync=True)  # s
    words = traitlets.Unicode().tag(sync=True)

    def __init__(self, firing: Firing) -> None:
        arena = firing.arena
        if arena.width != arena.height:
            raise ValueError(f"firing: expected a square box, got one of {arena.width:g} × {arena.height:g} m")
        share = (firing.position / arena.width + 0.5).clip(0, 1)
        self.said = f"{firing.time_step * len(firing.spikes):.0f} s in a box of {arena.width:g} m"
        self.fired = int(firing.spikes.sum())
        super().__init__(
            places=_text(np.round(65535 * share).astype("<u2")),
            counts=_text(firing.spikes.clip(0, MOST).astype("u1")),
            every=firing.time_step,
            words=f"An animal runs, {self.said}.",
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.said}, {self.fired} spikes"


def _text(values: np.ndarray) -> str:
    return base64.b64encode(values.tobytes()).decode()
