"""What a path integrator does when nothing moves it: how its answer drifts, which states stand still, what is near."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gridcells._common.checks import as_numpy, check_count, check_positive
from gridcells.networks.path_integrator import PathIntegrator, check_plain
from gridcells.training.place_task import PlaceTask

__all__ = ["Drift", "SlowPoints", "distance_map", "drift", "grid_of_positions", "slow_points"]

_STARTS_AT_ONCE = 500


@dataclass(frozen=True)
class Drift:
    """What becomes of the represented position while the animal stands still.

    Parameters
    ----------
    time : numpy.ndarray, [time]
        Since the start, s.
    error : numpy.ndarray, [start, time]
        Distance of the decoded from the true position, m.
    moved : numpy.ndarray, [start, time]
        Distance of the decoded position from the one decoded after the first step, m.
    speed : numpy.ndarray, [start, time]
        Change of the hidden state over a step over its length: 0 at a fixed point.
    """

    time: np.ndarray
    error: np.ndarray
    moved: np.ndarray
    speed: np.ndarray


@dataclass(frozen=True)
class SlowPoints:
    """States at which the dynamics without input stand almost still.

    Parameters
    ----------
    state : numpy.ndarray, [start, unit]
        The hidden states.
    speed : numpy.ndarray, [start]
        Change of each over a step over its length.
    start_speed : numpy.ndarray, [start]
        The same where the search began.
    """

    state: np.ndarray
    speed: np.ndarray
    start_speed: np.ndarray


def grid_of_positions(task: PlaceTask, side: int) -> np.ndarray:
    """Lay ``side`` by ``side`` positions evenly over the arena → [position, 2], m.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 4 (searches and distance maps begin at a grid of places).

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> grid_of_positions(PlaceTask(preset("laptop"), seed=0), 2)
    array([[-0.55, -0.55],
           [-0.55,  0.55],
           [ 0.55, -0.55],
           [ 0.55,  0.55]])
    """
    return task.preset.arena.bin_centres(check_count(side, "side")).reshape(-1, 2)


@torch.no_grad()
def drift(network: PathIntegrator, task: PlaceTask, *, side: int = 20, steps: int = 100) -> Drift:
    """Follow where a network believes to be while the animal stands still, from a grid of places.

    Parameters
    ----------
    network : PathIntegrator
        A network with "relu" or "tanh" units.
    task : Task
        Whose place cells tell the network where it starts and decode its answer.
    side : int
        Places along each side of the arena.
    steps : int
        Samples without movement.

    Returns
    -------
    Drift
        Errors, decoded movement and the speed of the state.

    Raises
    ------
    ValueError
        If the network has other units, or a count is not above 0.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 4 (the state after the input stops).

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = PlaceTask(preset("laptop").override({"units": 16}), seed=0)
    >>> drift(task.network(), task, side=3, steps=5).error.shape
    (9, 5)
    """
    check_plain(network)
    check_count(steps, "steps", 2)
    here = grid_of_positions(task, side)
    parts = []
    for some in np.array_split(here, -(-len(here) // _STARTS_AT_ONCE)):
        start = torch.as_tensor(some, dtype=network.dtype, device=network.device)
        place = task.place_cells.initial_code(start)
        hidden = network.hidden(start.new_zeros(len(some), steps, 2), place)
        decoded = task.place_cells.decode(task.place_logits(network, hidden)).cpu().double().numpy()
        change = hidden.diff(dim=1, prepend=network.encoded(place)[:, None])
        speed = change.norm(dim=-1) / hidden.norm(dim=-1).clamp_min(torch.finfo(torch.float32).tiny)
        away = [task.preset.arena.displacement(origin, decoded) for origin in (some[:, None], decoded[:, :1])]
        parts.append([np.linalg.norm(each, axis=-1) for each in away] + [speed.cpu().numpy()])
    error, moved, speed = (np.concatenate(each) for each in zip(*parts, strict=True))
    return Drift((1 + np.arange(steps)) * task.preset.motion.time_step, error, moved, speed)


def slow_points(network: PathIntegrator, start: Any, *, steps: int = 300, learning_rate: float = 0.02) -> SlowPoints:
    """Search, from each of many states, the nearest at which the dynamics without input stand still.

    Parameters
    ----------
    network : PathIntegrator
        A network with "relu" or "tanh" units.
    start : array_like, [start, unit]
        Hidden states to begin at, such as those that paths pass through.
    steps : int
        Steps of the search.
    learning_rate : float
        Of Adam, over the states' root mean square.

    Returns
    -------
    SlowPoints
        The states found, and how slow they are.

    Raises
    ------
    ValueError
        If the network has other units, or the states are of another shape or not finite.

    Notes
    -----
    Source: Sussillo and Barak 2013 (minimise q(h) = ½ ‖F(h) − h‖², F a step without input); Sorscher et al. 2023,
    Fig. 4 (slow points from a grid of 100 × 100 places). The step of each search falls to zero along half a cosine.

    Examples
    --------
    >>> network = PathIntegrator(8, 4, recurrent_identity=0.5, generator=torch.Generator().manual_seed(0))
    >>> found = slow_points(network, np.ones((3, 4)))  # the only state that halving leaves as it is, is zero
    >>> bool(np.abs(found.state).max() < 0.05)
    True
    """
    check_plain(network)
    check_count(steps, "steps")
    check_positive(learning_rate, "learning_rate")
    values = as_numpy(start, "start")
    if values.ndim != 2 or values.shape[1] != network.RNN.hidden_size:
        raise ValueError(f"start: expected shape [start, {network.RNN.hidden_size}], got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("start: expected finite numbers, got some that are not")
    first = torch.tensor(values, dtype=network.dtype, device=network.device)
    scale = float(first.square().mean().sqrt()) or 1.0
    state = first.clone().requires_grad_(True)
    optimiser = torch.optim.Adam([state], lr=learning_rate * scale)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    weight = network.recurrent_weight.detach()
    for _ in range(steps):
        optimiser.zero_grad()
        (0.5 * (_still_step(network, state, weight) - state).square().sum() / scale**2).backward()
        optimiser.step()
        falling.step()
    with torch.no_grad():
        found = state.detach()
        speeds = [
            (_still_step(network, h, weight) - h).norm(dim=-1) / h.norm(dim=-1).clamp_min(1e-30) for h in (found, first)
        ]
    return SlowPoints(found.cpu().numpy(), *(speed.cpu().numpy() for speed in speeds))


def distance_map(rate_maps: Any, at: tuple[int, int]) -> np.ndarray:
    """Measure how far the population's state at every place is from its state at one.

    Parameters
    ----------
    rate_maps : array_like, [unit, bin, bin]
        Rate maps.
    at : tuple of int
        The bin of reference.

    Returns
    -------
    numpy.ndarray, [bin, bin]
        Euclidean distance between population vectors over its mean over the arena: 0 at the reference, and again
        wherever the population cannot tell the two places apart.

    Raises
    ------
    ValueError
        If the maps are not of that shape, or the bin is not in them.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 4 (distance maps).

    Examples
    --------
    >>> x = np.arange(20)
    >>> maps = np.stack([np.cos(2 * np.pi * x / 10), np.sin(2 * np.pi * x / 10)])[:, :, None] * np.ones(20)
    >>> distance_map(maps, (3, 0))[[3, 8, 13], 5].round(1)
    array([0. , 1.6, 0. ])
    """
    values = as_numpy(rate_maps, "rate_maps")
    if values.ndim != 3:
        raise ValueError(f"rate_maps: expected shape [unit, bin, bin], got {values.shape}")
    if len(at) != 2 or not all(0 <= place < size for place, size in zip(at, values.shape[1:], strict=True)):
        raise ValueError(f"at: expected a bin of {values.shape[1:]}, got {at}")
    distance = np.linalg.norm(values - values[:, at[0], at[1]][:, None, None], axis=0)
    mean = np.nanmean(distance)
    return distance / mean if mean > 0 else distance


def _still_step(network: PathIntegrator, state: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Take one step without velocity."""
    drive = state @ weight.T
    return drive.relu() if network.cell == "relu" else drive.tanh()
