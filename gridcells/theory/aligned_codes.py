"""Cells that tire, learn from place cells, and help their neighbours: hexagons, and what turns them all the same way.

Each unit learns where it fires (Hebb), and tires of firing, so that it is quiet around each of its fields. That makes
hexagons of any orientation. Connections between units, along a line, a ring or a sheet, make the orientations agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike

from gridcells._common.bins import Bins, Bounded, bin_offsets, check_bins, check_bounds
from gridcells._common.checks import as_numpy, check_choice, check_count, check_positive
from gridcells._common.protocols import Keeper

__all__ = ["CONNECTIONS", "AlignedCode", "adaptation_gain", "learn_aligned_codes"]

#: What units may be connected along.
CONNECTIONS = ("none", "line", "ring", "sheet")

_INPUTS, _FIELD = 15, 0.05  # place cells a side; standard deviation of their fields, m
_SPEED, _ONSET, _RECOVERY = 0.4, 0.1, 0.3  # m/s, s, s
_MEAN, _SPARSE = 0.2, 0.28  # mean activity of the units at a place; squared mean over mean square of it
_BINS = 30  # places a side
_PLACES = 20  # a step
_LAST_PACE = 0.05  # of learning, at the end
_GAINS = (1e-2, 1e4)
_SLOW = 0.02  # how fast gains and means follow
_NEWTON, _SETTLE = 3, 60  # steps to a threshold; rounds of the connections until maps stand


@dataclass(frozen=True, eq=False)
class AlignedCode:
    """Units with weights from place cells and connections among themselves.

    Attributes
    ----------
    weights : numpy.ndarray, [unit, input]
        From place cells on a square lattice, not negative; each unit's have length 1.
    gain : float
        How steeply activity rises above the threshold.
    side : float
        Side of the square room around the origin, m.
    connections : {"none", "line", "ring", "sheet"}
        What units are connected along, in their order.
    strength : float
        Input from the neighbours where all of them are as active as can be.
    reach : float
        Standard deviation of the connections along a line or ring, over the number of units.
    """

    weights: np.ndarray
    gain: float
    side: float
    connections: str
    strength: float
    reach: float

    def maps(self, arena: Bounded, bins: Bins = _BINS) -> np.ndarray:
        """Return rate maps of all units once their connections have settled.

        Parameters
        ----------
        arena : object with ``bounds``
            The room that was learnt.
        bins : int
            Bins along either side.

        Returns
        -------
        numpy.ndarray, [unit, bin_x, bin_y]
            Between 0 and 1.

        Raises
        ------
        ValueError
            If the arena is not the room, whose walls are part of what is learnt.

        Examples
        --------
        >>> from gridcells.world.arenas import Rectangle
        >>> learn_aligned_codes([0], steps=3, units=9)[0].maps(Rectangle(1, 1), 12).shape
        (9, 12, 12)
        """
        along_x, along_y = check_bins(bins)
        room = np.array([-1, 1, -1, 1]) * self.side / 2
        if not np.allclose(check_bounds(arena.bounds, "arena.bounds"), room) or along_x != along_y:
            raise ValueError(
                f"arena: expected the room that was learnt, {self.side:g} m a side around the origin, in square bins, "
                f"got bounds {arena.bounds} and bins {bins}"
            )
        place = _place_fields(self.side, along_x)
        drive = torch.from_numpy(_tired(self.side, along_x) @ place @ self.weights.T)  # [place, unit]
        wiring = torch.from_numpy(_wiring(self.connections, len(self.weights), self.strength, self.reach))
        activity, threshold = torch.zeros_like(drive), drive.mean(1, keepdim=True)
        for _ in range(_SETTLE):
            activity, threshold = _active(drive + activity @ wiring, threshold, torch.tensor(self.gain))
        return activity.T.reshape(-1, along_x, along_x).numpy()


def adaptation_gain(
    wave_number: ArrayLike, *, speed: float = _SPEED, onset: float = _ONSET, recovery: float = _RECOVERY
) -> np.ndarray:
    r"""Return how much of a wave of input is left in cells that tire, mean over straight ways to each place.

    .. math::
        \frac{\tau_r}{\tau_r - \tau_o} \left( \frac{1}{\sqrt{1 + (k v \tau_o)^2}}
        - \frac{1}{\sqrt{1 + (k v \tau_r)^2}} \right)

    An even input is forgotten and a fine one is smeared: what lies between is let through, as by a surround.

    Parameters
    ----------
    wave_number : array_like
        k, rad/m.
    speed : float
        v, m/s.
    onset : float
        τ of the activity, s.
    recovery : float
        τ of the tiring, s.

    Returns
    -------
    numpy.ndarray
        Of the shape of the wave numbers, between 0 and 1.

    Raises
    ------
    ValueError
        If a speed or a time is not above 0, or both times are the same.

    Notes
    -----
    Source: the adaptation is that of Kropff & Treves 2008; its mean over straight runs in all directions follows from
    the Laplace transform of a Bessel function. That such a mean makes patterns as a surround does: D'Albis & Kempter
    2017.

    Examples
    --------
    >>> adaptation_gain([0, 10, 100]).round(2)
    array([0.  , 0.43, 0.24])
    """
    check_positive(speed, "speed", "m/s")
    check_positive(onset, "onset", "s"), check_positive(recovery, "recovery", "s")
    if onset == recovery:
        raise ValueError(f"recovery: expected another time than the onset's, got {recovery!r} s for both")
    wave = as_numpy(wave_number, "wave_number") * speed
    fast, slow = (1 / np.sqrt(1 + np.square(wave * time)) for time in (onset, recovery))
    return recovery / (recovery - onset) * (fast - slow)


def learn_aligned_codes(
    seeds: Sequence[int],
    *,
    connections: str = "ring",
    steps: int = 100_000,
    units: int = 100,
    side: float = 1.0,
    strength: float = 0.2,
    reach: float = 0.07,
    pace: float = 4.0,
    keeper: Keeper | None = None,
) -> list[AlignedCode]:
    r"""Learn weights from place cells to units that tire and are connected, one network for each seed.

    .. math::
        \Delta w_{ij} \propto \langle \psi_i r_j \rangle - \langle \psi_i \rangle \langle r_j \rangle, \qquad
        w_{ij} \ge 0, \quad \sum_j w_{ij}^2 = 1

    Activity ψ is an arctangent of what exceeds a threshold, which keeps the units' mean activity at each place, while
    the gain keeps its sparseness.

    Parameters
    ----------
    seeds : sequence of int
        One a network, of its weights and its places.
    connections : {"none", "line", "ring", "sheet"}
        What units are connected along, Gaussians that do not learn. A sheet is closed in both directions, and as many
        units are near a unit as on a ring.
    steps : int
        Steps of learning, of 20 places each.
    units : int
        Units; of a sheet a square number.
    side : float
        Side of the room, m.
    strength : float
        Input from the neighbours where all of them are as active as can be. Weights from place cells have length 1.
    reach : float
        Standard deviation of the connections along a line or ring, over the number of units.
    pace : float
        Of learning at the start; it falls to 0.05. A fast start lets units try many lattices before they settle; where
        nothing connects them it must be below 4, or their maps dissolve.
    keeper : object with ``restore`` and ``after``, optional
        As in `learn_distance_codes`.

    Returns
    -------
    list of AlignedCode
        The networks, in the order of the seeds.

    Raises
    ------
    ValueError
        If there is no seed or no such kind of connections, a count is below 1, a length, strength, reach or pace not
        above 0, or the units of a sheet are no square number.

    Notes
    -----
    Source: Kropff & Treves 2008 (adaptation, learning rule, arctangent, mean and sparseness kept); Benas et al. 2024
    (connections that do not learn along a line, a ring or a sheet). What differs: no path is walked. What a unit is
    left with at a place is the mean over straight ways to it within the walls, at the published times of 100 and
    300 ms and 40 cm/s, which is what a path does while learning is slow. The mean activity, the sparseness (published:
    0.1 and 0.3), the strength and the reach of the connections and the falling pace of learning are ours.

    Examples
    --------
    >>> code = learn_aligned_codes([5], steps=3, units=9)[0]
    >>> code.weights.shape, code.connections
    ((9, 225), 'ring')
    """
    if not len(seeds):
        raise ValueError("seeds: expected at least one, got none")
    check_choice(connections, "connections", CONNECTIONS)
    check_count(steps, "steps"), check_count(units, "units")
    check_positive(side, "side", "m"), check_positive(strength, "strength")
    check_positive(reach, "reach"), check_positive(pace, "pace")
    sources = [torch.Generator().manual_seed(seed) for seed in seeds]
    place = torch.from_numpy(_place_fields(side, _BINS)).float()  # [place, input]
    tired = torch.from_numpy(_tired(side, _BINS)).float() @ place
    wiring = torch.from_numpy(_wiring(connections, units, strength, reach)).float()
    weights = _unit_length(torch.stack([torch.rand(units, _INPUTS**2, generator=one) for one in sources]))
    state = {
        "weights": weights,
        "gain": torch.full((len(seeds), 1, 1), 10.0),
        "mean": torch.full((len(seeds), units, 1), _MEAN),
        "activity": torch.full((len(seeds), _BINS**2, units), _MEAN),  # as it was when the place was last visited
        "threshold": torch.zeros(len(seeds), _BINS**2, 1),
    }
    taken, kept = keeper.restore() if keeper else (0, {})
    state |= kept
    network, everywhere = torch.arange(len(seeds))[:, None], place.mean(0)
    for step in range(steps):
        at = torch.stack([torch.randint(_BINS**2, (_PLACES,), generator=one) for one in sources])
        if step < taken:
            continue
        here = network, at
        drive = tired[at] @ state["weights"].mT + state["activity"][here] @ wiring
        active, state["threshold"][here] = _active(drive, state["threshold"][here], state["gain"])
        state["activity"][here] = active
        sparse = (active.mean(-1).square() / active.square().mean(-1).clamp_min(1e-20)).mean(-1)
        state["gain"] = (state["gain"] * torch.exp(_SLOW * (sparse - _SPARSE))[:, None, None]).clamp(*_GAINS)
        state["mean"] = torch.lerp(state["mean"], active.mean(1)[..., None], _SLOW)
        now = pace * (_LAST_PACE / pace) ** (step / steps)
        change = active.mT @ place[at] / _PLACES - state["mean"] * everywhere
        learnt = (state["weights"] + now * change).relu()  # a step that would leave a unit no weight is not taken
        state["weights"] = _unit_length(torch.where((learnt > 0).any(-1, keepdim=True), learnt, state["weights"]))
        if keeper:
            keeper.after(step + 1, state.copy)
    return [
        AlignedCode(weight.double().numpy(), float(gain), side, connections, strength, reach)
        for weight, gain in zip(state["weights"], state["gain"], strict=True)
    ]


def _active(drive: torch.Tensor, threshold: torch.Tensor, gain: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return activity of a given mean over units [..., unit], and its threshold, found by Newton's steps from one."""
    highest = drive.amax(-1, keepdim=True) - 1e-3
    threshold = torch.minimum(threshold, highest)
    for _ in range(_NEWTON):
        above = (drive - threshold).relu() * gain
        excess = torch.atan(above).mean(-1, keepdim=True) - _MEAN * math.pi / 2
        slope = (gain * (above > 0) / (1 + above.square())).mean(-1, keepdim=True)
        threshold = torch.minimum(threshold + (excess / slope.clamp_min(1e-3)).clamp(-0.1, 0.1), highest)
    return torch.atan((drive - threshold).relu() * gain) * (2 / math.pi), threshold


def _place_fields(side: float, bins: int) -> np.ndarray:
    """Return activity of place cells on a square lattice at the bins' centres [bin, input]."""
    apart = bin_offsets(bins, side / bins)[:, None] - bin_offsets(_INPUTS, side / _INPUTS)
    field = np.exp(-np.square(apart) / (2 * _FIELD**2))
    return np.einsum("xi,yj->xyij", field, field).reshape(bins**2, _INPUTS**2)


def _tired(side: float, bins: int) -> np.ndarray:
    """Return what a map of input becomes in units that tire, a matrix over bins [bin, bin], within the walls."""
    fast, slow = (_mean_over_ways(side, bins, _SPEED * time) for time in (_ONSET, _RECOVERY))
    return _RECOVERY / (_RECOVERY - _ONSET) * (fast - slow)


def _mean_over_ways(side: float, bins: int, length: float) -> np.ndarray:
    """Return the mean over straight ways to each bin, which fades with the distance e^(-d/length) [bin, bin]."""
    padded = 3 * bins
    wave = 2 * np.pi * np.fft.fftfreq(padded, side / bins)
    kernel = np.fft.ifft2(1 / np.sqrt(1 + (wave[:, None] ** 2 + wave**2) * length**2)).real
    apart = np.subtract.outer(np.arange(bins), np.arange(bins)) % padded
    mean = kernel[apart[:, None, :, None], apart[None, :, None, :]].reshape(bins**2, bins**2)
    return mean / mean.sum(1, keepdims=True)


def _wiring(connections: str, units: int, strength: float, reach: float) -> np.ndarray:
    """Return weights between units [unit, unit], symmetric but for their sums, which are the strength."""
    apart, width = np.abs(np.subtract.outer(np.arange(units), np.arange(units))), reach * units
    if connections == "ring":
        apart = np.minimum(apart, units - apart)
    square = apart**2 / width**2
    if connections == "sheet":
        across = math.isqrt(units)
        if across**2 != units:
            raise ValueError(f"units: expected a square number for a sheet, got {units}")
        step = np.abs(np.subtract.outer(np.arange(across), np.arange(across)))
        step = np.minimum(step, across - step) ** 2
        both = (step[:, None, :, None] + step[None, :, None, :]).reshape(units, units)
        square = both * math.sqrt(2 * math.pi) / width  # as many units near as on a ring: 2πσ² = √(2π) width
    weight = np.zeros((units, units)) if connections == "none" else np.exp(-square / 2)
    np.fill_diagonal(weight, 0)
    return strength * weight / np.maximum(weight.sum(0, keepdims=True), 1e-9)


def _unit_length(weights: torch.Tensor) -> torch.Tensor:
    """Divide each unit's weights by their length."""
    return weights / weights.norm(dim=-1, keepdim=True)
