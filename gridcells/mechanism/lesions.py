"""What units are for: the error without them, what can be read from a few of them, and excursions beyond the walls."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_count, check_generator, check_positive
from gridcells._common.streams import Stream
from gridcells.networks.path_integrator import PathIntegrator, index_of_units
from gridcells.training.decoding import decode_paths, path_errors
from gridcells.training.place_task import PlaceTask
from gridcells.training.task import PathBatch
from gridcells.world.arenas import Rectangle
from gridcells.world.extents import check_square

__all__ = [
    "Readout",
    "ablation_errors",
    "excursion_errors",
    "matched_order",
    "pristine_activity",
    "read_out",
    "silenced",
]

_RIDGE = 1e-6  # of the activity's mean square


@dataclass(frozen=True)
class Readout:
    """How well position can be read, linearly, from a number of units.

    Attributes
    ----------
    units : numpy.ndarray, [count]
        Numbers of units.
    error : numpy.ndarray, [count, repeat]
        Mean distance of the decoded from the true position on samples that the read-out was not fitted to, m.
    """

    units: np.ndarray
    error: np.ndarray


def silenced(network: PathIntegrator, units: Any) -> PathIntegrator:
    """Copy a network and silence some of its units: nothing comes from them.

    Parameters
    ----------
    network : PathIntegrator
        A network with "relu" or "tanh" units and no linear layer; it stays as it is.
    units : array_like of int
        Which units.

    Returns
    -------
    PathIntegrator
        The copy, in which these units have no incoming and no outgoing weights.

    Raises
    ------
    ValueError
        If a unit is not one of the network's, or the network is of another kind.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 7A, B (ablation; nothing is trained anew here).

    Examples
    --------
    >>> network = PathIntegrator(8, 4, generator=torch.Generator().manual_seed(0))
    >>> silenced(network, [1, 2]).hidden(torch.zeros(1, 1, 2), torch.ones(1, 8) / 8)[..., 1:3].abs().max().item()
    0.0
    """
    index, quiet = index_of_units(network, units), copy.deepcopy(network)
    with torch.no_grad():
        for incoming in (quiet.encoder.weight, quiet.input_weight, quiet.recurrent_weight):
            incoming[index] = 0
        for outgoing in (quiet.recurrent_weight, quiet.decoder.weight):
            outgoing[:, index] = 0
    return quiet


def ablation_errors(
    network: PathIntegrator,
    task: PlaceTask,
    orders: Mapping[str, Any],
    counts: Sequence[int],
    *,
    paths: int = 500,
    lesion: Callable[[PathIntegrator, Any], PathIntegrator] = silenced,
) -> dict[str, np.ndarray]:
    """Measure the decoding error as more and more units are silenced, in one order or another.

    Parameters
    ----------
    network : PathIntegrator
        The network.
    task : Task
        Its task.
    orders : dict of str to array_like of int, [unit]
        Orders in which units go, first ones first: by falling score, by rising score, at random.
    counts : sequence of int
        How many units are silenced.
    paths : int
        Paths that the error is measured on, the same for all.
    lesion : callable
        What is done to the units: `silenced`, or `deafened` (nothing but the velocity is taken from them).

    Returns
    -------
    dict of str to numpy.ndarray, [count]
        For each order the mean decoding error, m.

    Raises
    ------
    ValueError
        If an order has fewer units than the greatest count.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 7A, B.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = PlaceTask(preset("small").override({"units": 8}), seed=0)
    >>> ablation_errors(task.network(), task, {"first": [0, 1]}, [0, 2], paths=5)["first"].shape
    (2,)
    """
    batch = task.batch_of(task.paths(check_count(paths, "paths"), Stream.EVALUATION))

    @cache
    def error(units: tuple[int, ...]) -> float:
        """Compute the error without these units; all orders share that without any."""
        return path_errors(lesion(network, np.array(units, int)), task, batch).mean()

    errors = {}
    for name, order in orders.items():
        if len(order) < max(counts):
            raise ValueError(f"orders[{name!r}]: expected at least {max(counts)} units, got {len(order)}")
        going = np.asarray(order).tolist()
        errors[name] = np.array([error(tuple(going[:count])) for count in counts])
    return errors


def matched_order(order: ArrayLike, trait: ArrayLike) -> np.ndarray:
    """Order controls for units that go first by a score: each as like its partner in a trait as can be found.

    Parameters
    ----------
    order : array_like of int, [unit]
        Units by falling score.
    trait : array_like, [unit]
        What shall not differ, of the unit with that number: how strongly it is active, how much velocity it receives.

    Returns
    -------
    numpy.ndarray of int, [unit // 2]
        For each unit of the first half, in order, one of the second half that no other has, with the nearest trait
        left: so many of these are matched to so many of the first ones.

    Raises
    ------
    ValueError
        If there are fewer than two units, or one has no trait.

    Notes
    -----
    Source: ours, for the ablations of Sorscher et al. 2023, Fig. 7A: units with high scores are also more active, or
    less, and that alone may make the difference.

    Examples
    --------
    >>> matched_order([3, 1, 0, 2], trait=[5.0, 1.0, 1.1, 4.8])
    array([0, 2])
    """
    ranked, values = np.asarray(order), as_numpy(trait, "trait").astype(float)
    if ranked.ndim != 1 or len(ranked) < 2 or ranked.max() >= len(values):
        raise ValueError(f"order: expected at least two units, each with a trait, got {len(ranked)} and {len(values)}")
    half = len(ranked) // 2
    left = list(ranked[len(ranked) - half :])
    return np.array([left.pop(int(np.abs(values[left] - values[unit]).argmin())) for unit in ranked[:half]])


def pristine_activity(
    position: Any, units: int, *, spacing: float, generator: np.random.Generator | int, wave_direction: float = 0.0
) -> np.ndarray:
    """Make perfect grid cells of one module: rectified sums of three plane waves, alike but for their phases.

    Parameters
    ----------
    position : array_like, [sample, 2]
        Where the animal is, m.
    units : int
        Grid cells, of random phase.
    spacing : float
        Distance between neighbouring fields, m.
    generator : numpy.random.Generator or int
        Draws the phases.
    wave_direction : float
        Direction of the first wave, rad; the nearest neighbours of a field lie π/6 from it.

    Returns
    -------
    numpy.ndarray, [sample, unit]
        Activity, from 0 to 1.

    Raises
    ------
    ValueError
        If the positions are not of that shape, or a number is not above 0.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 7C (pristine grids of one module); the rectified sum of three plane waves is our
    form of them.

    Examples
    --------
    >>> pristine_activity([[0.1, 0.2]], 3, spacing=0.6, generator=0).shape
    (1, 3)
    """
    place = as_numpy(position, "position")
    if place.ndim != 2 or place.shape[1] != 2:
        raise ValueError(f"position: expected shape [sample, 2] in m, got {place.shape}")
    number = 4 * np.pi / (np.sqrt(3) * check_positive(spacing, "spacing", "m"))
    angle = wave_direction + np.pi / 3 * np.arange(3)
    waves = number * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    first, second = check_generator(generator).uniform(0, 2 * np.pi, (2, check_count(units, "units")))
    peak = np.stack([first, second, second - first], axis=1)  # even over the unit cell; the third wave follows
    return np.maximum(np.cos((place @ waves.T)[:, None] - peak).sum(-1), 0) / 3


def read_out(
    activity: Any,
    position: Any,
    task: PlaceTask,
    counts: Sequence[int],
    *,
    generator: np.random.Generator | int,
    repeats: int = 5,
    noise: float = 0.1,
) -> Readout:
    """Fit a linear read-out of the place code to randomly chosen units, and decode where the animal is.

    Parameters
    ----------
    activity : array_like, [sample, unit]
        Activity of the units.
    position : array_like, [sample, 2]
        Where the animal was, m.
    task : Task
        Whose place cells are predicted and decode.
    counts : sequence of int
        Numbers of units.
    generator : numpy.random.Generator or int
        Chooses units and samples, and draws the noise.
    repeats : int
        Choices of units for each number.
    noise : float
        Standard deviation of noise added to each unit's activity, as a share of the activity's own.

    Returns
    -------
    Readout
        Decoding errors on the half of the samples that the read-out was not fitted to.

    Raises
    ------
    ValueError
        If shapes do not fit, or a count exceeds the units.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 7C (read-out quality against cell count: one module of pristine grids
    saturates). The noise is ours: without any, a few units would tell as much as many.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = PlaceTask(preset("small"), seed=0)
    >>> place = task.preset.arena.sample(400, np.random.default_rng(0))
    >>> grids = pristine_activity(place, 30, spacing=0.6, generator=1)
    >>> read_out(grids, place, task, [10, 30], generator=0, repeats=2).error.shape
    (2, 2)
    """
    rates, place = as_numpy(activity, "activity").astype(float), as_numpy(position, "position").astype(float)
    if rates.ndim != 2 or place.shape != (len(rates), 2):
        raise ValueError(
            f"activity, position: expected shapes [sample, unit], [sample, 2], got {rates.shape}, {place.shape}"
        )
    if max(counts) > rates.shape[1] or min(counts) < 1:
        raise ValueError(f"counts: expected from 1 to the {rates.shape[1]} units there are, got {list(counts)}")
    rng = check_generator(generator)
    target = np.asarray(task.place_cells.targets(place), dtype=float)
    target -= target.mean(0)
    spread = rates.std(0)
    rates = rates + noise * spread * rng.standard_normal(rates.shape)
    rates -= rates.mean(0)
    fitted = rng.permutation(len(rates)) < len(rates) // 2
    error = np.empty((len(counts), check_count(repeats, "repeats")))
    for row, count in enumerate(counts):
        for repeat in range(repeats):
            some = rates[:, rng.permutation(rates.shape[1])[:count]]
            known = some[fitted]
            penalty = _RIDGE * np.square(known).sum() / count * np.eye(count)
            weight = np.linalg.solve(known.T @ known + penalty, known.T @ target[fitted])
            decoded = task.place_cells.decode(torch.as_tensor(some[~fitted] @ weight)).numpy()
            away = task.preset.arena.displacement(place[~fitted], decoded)
            error[row, repeat] = np.linalg.norm(away, axis=-1).mean()
    return Readout(np.asarray(counts), error)


def excursion_errors(
    network: PathIntegrator,
    task: PlaceTask,
    reach: Sequence[float],
    *,
    speed: float = 0.5,
    paths: int = 400,
) -> tuple[np.ndarray, np.ndarray]:
    """Walk straight out through a wall and back, and measure the error on return; and on as long a walk inside.

    Parameters
    ----------
    network : PathIntegrator
        The network.
    task : Task
        Its task, in a square arena with walls.
    reach : sequence of float
        How far beyond the wall the animal goes, m.
    speed : float
        Its speed, m/s.
    paths : int
        Walks of each kind.

    Returns
    -------
    outside, inside : numpy.ndarray, [reach]
        Mean distance at the end of the decoded from the true position, which is where the walk began, m; the walk
        inside leads as far away from the wall as the other one through it.

    Raises
    ------
    ValueError
        If a number is not above 0, or the arena is periodic, not a square, or too small for the walks inside.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 1E (error outside the box). How the paper decodes where no place cell is, is not
    known; here only the return is decoded. The animal starts half the reach inside the middle of a wall's stretch.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = PlaceTask(preset("small").override({"units": 8}), seed=0)
    >>> outside, inside = excursion_errors(task.network(), task, [0.2, 0.4], paths=10)
    >>> outside.shape == inside.shape == (2,)
    True
    """
    arena = task.preset.arena
    if getattr(arena, "period", None) is not None:
        raise ValueError("task: expected an arena with walls, got a periodic one")
    if not isinstance(arena, Rectangle):
        raise ValueError(f"task: expected a square arena, got {arena}")
    side = check_square(arena, "task")
    check_positive(speed, "speed", "m/s")
    generator = task.generator(Stream.EXCURSIONS)
    time_step = task.preset.motion.time_step
    outwards = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])  # through the right, top, left and bottom wall
    errors = np.empty((2, len(reach)))
    for column, far in enumerate(reach):
        check_positive(far, "reach", "m")
        if 3 * far > side:
            raise ValueError(f"reach: expected at most a third of the arena's {side:g} m, got {far:g}")
        along = generator.uniform(far - side / 2, side / 2 - far, check_count(paths, "paths"))
        out = outwards[generator.integers(4, size=paths)]  # [path, 2]
        aside = np.stack([-out[:, 1], out[:, 0]], axis=1)  # a quarter turn on
        begin = ((side - far) / 2) * out + along[:, None] * aside
        steps = max(1, round(1.5 * far / (speed * time_step)))
        there_and_back = speed * np.repeat([1, -1], steps)
        for row, sign in enumerate((1, -1)):
            velocity = sign * there_and_back[:, None] * out[:, None]  # [path, time, 2]
            position = begin[:, None] + np.cumsum(velocity, axis=1) * time_step
            batch = PathBatch(*(torch.as_tensor(x, dtype=network.dtype) for x in (velocity, begin, position)))
            away = decode_paths(network, task, batch)[:, -1] - begin
            errors[row, column] = np.linalg.norm(away, axis=-1).mean()
    return errors[0], errors[1]
