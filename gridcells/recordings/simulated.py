"""A recording that never was: an animal's path, and Poisson spikes of units of known kinds, to try scores on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import signal

from gridcells._common.bins import BinGrid
from gridcells._common.checks import check_count, check_generator, check_positive
from gridcells.recordings.recording import Recording
from gridcells.recordings.tracking import robust_box
from gridcells.scores.autocorrelogram import check_rate_maps

__all__ = ["SimulatedSession", "simulate_session", "spikes_along"]

RATE = 50.0  # Hz, of the camera
PERSISTENCE = 0.7  # s, over which a rat keeps its velocity
KINDS = ("grid", "border", "place", "direction", "uniform")


@dataclass(frozen=True, eq=False)
class SimulatedSession:
    """What a lab would have: a path with its times, headings, and spike times by the name of the unit.

    Attributes
    ----------
    position : numpy.ndarray, [sample, 2]
        Positions, m from the box's middle.
    time : numpy.ndarray, [sample]
        Time stamps, s.
    heading : numpy.ndarray, [sample]
        Head direction, rad: that of the velocity, with jitter.
    spike_times : dict of str to numpy.ndarray
        Spike times, s, of "grid 0", "border 0" and so on.
    """

    position: np.ndarray
    time: np.ndarray
    heading: np.ndarray
    spike_times: dict[str, np.ndarray]

    def recording(self) -> Recording:
        """Return it as a recording."""
        return Recording.from_spikes(self.position, self.time, self.spike_times, heading=self.heading)


def simulate_session(
    *,
    seconds: float = 600.0,
    side: float = 1.0,
    speed: float = 0.18,
    each: int = 1,
    spacing: float = 0.45,
    rate: float = 10.0,
    background: float = 0.3,
    kinds: tuple[str, ...] = KINDS,
    generator: np.random.Generator | int,
) -> SimulatedSession:
    r"""Simulate a rat in a square box, and units of known kinds that fire as it goes.

    The velocity is an Ornstein-Uhlenbeck process, the walls reflect. A unit fires Poisson spikes at
    :math:`r(x) = r_0 + r_1 f(x)`, f being a hexagonal lattice, a wall, a field, a heading, or 1.

    Parameters
    ----------
    seconds : float
        How long, s.
    side : float
        Side of the box, m.
    speed : float
        Mean speed, m/s; recorded rats run at 0.12 to 0.20.
    each : int
        Units of each kind.
    spacing : float
        Of the grid cells, m.
    rate, background : float
        Rates in the middle of a field and outside all, Hz; a uniform unit fires at half of the first.
    kinds : tuple of str
        Which kinds, of "grid", "border", "place", "direction" and "uniform".
    generator : numpy.random.Generator or int
        Source of everything random, or a seed for it.

    Returns
    -------
    SimulatedSession
        Path and spikes.

    Raises
    ------
    ValueError
        If a kind is unknown or a number is not above 0.

    Notes
    -----
    Source: rates of grid fields as in Blair et al. 2007 (three plane waves through an exponential); speeds of
    Sargolini et al. 2006.

    Examples
    --------
    >>> session = simulate_session(seconds=60.0, generator=0)
    >>> session.position.shape, list(session.spike_times)[0]
    ((3000, 2), 'grid 0')
    """
    random = check_generator(generator)
    number = check_count(each, "each")
    for value, name in ((seconds, "seconds"), (side, "side"), (speed, "speed"), (spacing, "spacing"), (rate, "rate")):
        check_positive(value, name)
    unknown = set(kinds) - set(KINDS)
    if unknown:
        raise ValueError(f"kinds: expected some of {', '.join(KINDS)}, got {', '.join(sorted(unknown))}")
    time = np.arange(0.0, seconds, 1 / RATE)
    position, velocity = _path(len(time), side, speed, random)
    heading = np.angle(np.exp(1j * (np.arctan2(*velocity[:, ::-1].T) + random.normal(0, 0.2, len(time)))))
    trains = {}
    for kind in kinds:
        for place in range(number):
            shape = _shape(kind, position, heading, side, spacing, random)
            rates = 0.5 * rate * shape if kind == "uniform" else background + rate * shape
            count = random.poisson(rates / RATE)
            moments = np.repeat(time, count) + random.uniform(-0.5, 0.5, count.sum()) / RATE
            trains[f"{kind} {place}"] = np.sort(moments)
    return SimulatedSession(position, time, heading, trains)


def spikes_along(
    recording: Recording,
    rate_maps: ArrayLike,
    *,
    mean_rate: float = 4.0,
    names: tuple[str, ...] | None = None,
    generator: np.random.Generator | int,
) -> Recording:
    """Make units with known maps fire along an animal's path, so that they are seen as a recording would show them.

    The maps, of any arena, are laid into the box of the path; every unit fires Poisson spikes at a rate in proportion
    to its map, negative activity cut off.

    Parameters
    ----------
    recording : Recording
        Positions with their times.
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Maps, of a network for instance; NaN counts as 0.
    mean_rate : float
        Of every unit, Hz.
    names : tuple of str, optional
        The units' names.
    generator : numpy.random.Generator or int
        Source of the spikes, or a seed for one.

    Returns
    -------
    Recording
        The same path with these units' spikes.

    Raises
    ------
    ValueError
        If the recording has no times, or the maps are none.

    Notes
    -----
    Source: ours: the same path, the same noise and so the same null for animals and networks.

    Examples
    --------
    >>> animal = simulate_session(seconds=60.0, generator=0).recording()
    >>> spikes_along(animal, np.ones((3, 20, 20)), generator=0).unit
    ('0', '1', '2')
    """
    maps = np.maximum(np.nan_to_num(check_rate_maps(rate_maps).astype(np.float64)), 0.0)
    random = check_generator(generator)
    position, time, duration = recording.position, recording.time, recording.duration
    if position is None or time is None or duration is None:
        raise ValueError("recording: expected positions with their times, got none")
    box = recording.bounds or robust_box(position, duration)
    if box is None:
        raise ValueError("recording: expected a path that spans an area, got positions on one spot")
    place = BinGrid(box, (maps.shape[1], maps.shape[2])).index(position)
    rates = np.where(place >= 0, maps.reshape(len(maps), -1)[:, place], 0.0)  # [unit, sample], none outside
    mean = rates @ duration / duration.sum()
    rates *= check_positive(mean_rate, "mean_rate", "Hz") / np.where(mean > 0, mean, np.inf)[:, None]
    trains = {}
    for name, each in zip(names or tuple(map(str, range(len(maps)))), rates, strict=True):
        trains[name] = np.repeat(time, random.poisson(each * duration))
    return Recording.from_spikes(
        position,
        time,
        trains,
        heading=recording.heading,
        bounds=recording.bounds,
        position_unit="m",
        heading_unit="rad",
    )


def _path(samples: int, side: float, speed: float, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return positions and velocities [sample, 2] of a walk between reflecting walls."""
    keep = np.exp(-1 / RATE / PERSISTENCE)
    spread = speed * np.sqrt(2 / np.pi)  # of each component, so that the mean speed is as asked
    noise = random.normal(0, spread * np.sqrt(1 - keep**2), (samples, 2))
    velocity = signal.lfilter([1.0], [1.0, -keep], noise, axis=0)
    free = random.uniform(0, side, 2) + np.cumsum(velocity, axis=0) / RATE
    folded = np.abs((free + side) % (2 * side) - side)  # a walk on a line, folded at the walls
    turned = np.where((free % (2 * side)) < side, velocity, -velocity)
    return folded - side / 2, turned


def _shape(
    kind: str, position: np.ndarray, heading: np.ndarray, side: float, spacing: float, random: np.random.Generator
) -> np.ndarray:
    """Return how strongly a unit of a kind fires at each sample, 0 to 1."""
    if kind == "grid":
        turn = np.pi / 3 * np.arange(3) + 0.2
        waves = 4 * np.pi / np.sqrt(3) / spacing * np.stack([np.cos(turn), np.sin(turn)], axis=1)
        phase = random.uniform(-spacing, spacing, 2)
        return np.exp(2.5 * (np.cos((position - phase) @ waves.T).mean(axis=1) - 1))
    if kind == "border":
        wall = position[:, random.integers(2)] * random.choice([-1.0, 1.0])
        return np.exp(-(((side / 2 - wall) / (0.07 * side)) ** 2) / 2)
    if kind == "place":
        centre = random.uniform(-0.35, 0.35, 2) * side
        return np.exp(-np.sum((position - centre) ** 2, axis=1) / 2 / (0.1 * side) ** 2)
    if kind == "direction":
        return np.exp(4 * (np.cos(heading - random.uniform(-np.pi, np.pi)) - 1))
    return np.ones(len(position))
