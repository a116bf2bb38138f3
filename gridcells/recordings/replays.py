"""An animal's own path as walks that a network can follow: cut, resampled and laid into the network's arena."""

from __future__ import annotations

import numpy as np

from gridcells._common.checks import check_count, check_positive
from gridcells.recordings.recording import Recording
from gridcells.recordings.tracking import LONGEST_GAP, robust_box
from gridcells.world.arenas import Arena
from gridcells.world.motion import Trajectories, wrap_angle

__all__ = ["replay"]


def replay(recording: Recording, arena: Arena, *, time_step: float, steps: int, hurry: float = 1.0) -> Trajectories:
    """Cut an animal's path into walks of equal length, one after the other, in the middle of an arena.

    Parameters
    ----------
    recording : Recording
        Positions with their times.
    arena : Rectangle, Circle or Polygon
        Where the walks go; the middle of the animal's box comes to lie in the middle of this one's bounds.
    time_step : float
        Time between samples of the walks, s; positions between those of the recording lie on straight lines.
    steps : int
        Samples of each walk after its start.
    hurry : float
        How many times as fast the animal goes: at 5 each sample is what it did in five time steps.

    Returns
    -------
    Trajectories
        The walks, without those in which tracking lost the animal for more than 0.5 s, or that leave the arena or the
        box. Headings are the directions of movement.

    Raises
    ------
    ValueError
        If the recording has no times, its path none so long, or a number is not above 0.

    Notes
    -----
    Source: ours, to ask of a network what an animal does.

    Examples
    --------
    >>> from gridcells.recordings import simulate_session
    >>> from gridcells.world import Rectangle
    >>> animal = simulate_session(seconds=60.0, generator=0).recording()
    >>> replay(animal, Rectangle(2.2, 2.2), time_step=0.02, steps=40).position.shape
    (74, 41, 2)
    """
    check_count(steps, "steps")
    apart = check_positive(time_step, "time_step", "s") * check_positive(hurry, "hurry")
    position, time, duration = recording.position, recording.time, recording.duration
    box = None if position is None or time is None else recording.bounds or robust_box(position, duration)
    if position is None or time is None or box is None:
        raise ValueError("recording: expected a path with its times, got none")
    middle = np.array([np.mean(arena.bounds[:2]), np.mean(arena.bounds[2:])]) - [np.mean(box[:2]), np.mean(box[2:])]
    at = time[0] + apart * np.arange(int((time[-1] - time[0]) / apart + 1e-9) + 1)
    path = np.stack([np.interp(at, time, along) for along in position.T], axis=-1)
    after = np.searchsorted(time, at).clip(1, len(time) - 1)
    inside = (path >= [box[0], box[2]]).all(axis=1) & (path <= [box[1], box[3]]).all(axis=1)
    path += middle
    known = (time[after] - time[after - 1] <= LONGEST_GAP) & inside & arena.contains(path)
    walks = (len(path) - 1) // steps
    samples = steps * np.arange(walks)[:, None] + np.arange(steps + 1)  # [walk, time + 1]
    samples = samples[known[samples].all(axis=1)]
    if not len(samples):
        raise ValueError(
            f"recording: expected a path that is known for {apart * steps:g} s in the arena, got none in "
            f"{time[-1] - time[0]:.1f} s"
        )
    walked = path[samples]
    velocity = np.diff(walked, axis=1) / time_step
    heading = np.arctan2(velocity[..., 1], velocity[..., 0])
    heading = np.concatenate([heading[:, :1], heading], axis=1)
    return Trajectories(walked, velocity, heading, wrap_angle(np.diff(heading, axis=1)), time_step)
