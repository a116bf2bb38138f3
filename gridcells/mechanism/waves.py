"""One lattice in a population: the three plane waves, 60° apart, that explain most of its maps, and their phases."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.fft

from gridcells._common.bins import bin_offsets
from gridcells._common.checks import as_numpy, check_positive
from gridcells._common.maps import is_flat

__all__ = ["SixWaves", "lattice_phases", "six_waves"]

_SEARCH = (40, 24)  # wave numbers and directions of each of three passes
_LIKELY = 0.15  # of the triads of the first pass are fitted, those at whose three waves the units have most power
_STRIDE = 4  # of the other passes every fourth wave number and direction first
_AT_ONCE = 24  # triads fitted at a time, which bounds memory
_ANGLES = 72  # along each axis of the unit cell, where the search for a phase begins
_NEWTON_STEPS = 6


@dataclass(frozen=True)
class SixWaves:
    """Three plane waves, cosine and sine of each, fitted to a population's maps.

    Parameters
    ----------
    wave_number : float
        Length of the three wave vectors, rad/m.
    wave_direction : float
        Direction of the first, rad, in [0, π/3); the others follow at steps of π/3. A field's nearest neighbours lie
        π/6 from it: `orientation` in `gridcells.scores` is theirs.
    amplitude : numpy.ndarray, [unit, wave], complex
        Each unit's weights: the fitted map is its mean plus the real part of amplitude · exp(i k·x), summed over waves,
        with positions from the arena's middle.
    unit_share : numpy.ndarray, [unit]
        Share of each map's variance that the six waves explain.
    ring_share : numpy.ndarray, [wave]
        Share of the whole population's variance on the plane (a ring, as the animal moves) of each wave alone.
    share : float
        Share of the whole population's variance that the six waves explain together.
    """

    wave_number: float
    wave_direction: float
    amplitude: np.ndarray
    unit_share: np.ndarray
    ring_share: np.ndarray
    share: float

    @property
    def spacing(self) -> float:
        """Distance between neighbouring peaks of the lattice, m."""
        return 4 * math.pi / (math.sqrt(3) * self.wave_number)

    @property
    def vectors(self) -> np.ndarray:
        """The wave vectors [wave, 2], rad/m."""
        return _vectors(np.array(self.wave_number), np.array(self.wave_direction))


def six_waves(maps: Any, bin_size: float) -> SixWaves:
    """Find the hexagonal triad of plane waves that explains most of a population's variance over space.

    Parameters
    ----------
    maps : array_like, [unit, bin, bin]
        Rate maps, every bin visited; index 1 is x, index 2 is y.
    bin_size : float
        Side of a bin, m.

    Returns
    -------
    SixWaves
        Wave number and direction common to all units, and each unit's amplitudes and phases.

    Raises
    ------
    ValueError
        If the maps are not of that shape, too small, flat, or hold anything that is not finite.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 4 (three rings hold 52 % of a trained network's variance). The search runs over
    wave number, from one cycle a box to four bins a cycle, and direction, and is refined twice; waves are fitted by
    least squares, so that they need not fit the box a whole number of times.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), spacing=np.full(5, 0.6), orientation=0.2, phase=np.zeros((5, 2)))
    >>> found = six_waves(maps, 0.11)
    >>> round(found.spacing, 2), round(found.share, 3)  # rectified: harmonics have the rest
    (0.6, 0.881)
    """
    values = as_numpy(maps, "maps")
    check_positive(bin_size, "bin_size", "m")
    if values.ndim != 3 or values.shape[1] != values.shape[2] or values.shape[1] < 8 or len(values) < 1:
        raise ValueError(f"maps: expected shape [unit, bin, bin] of at least 8 bins a side, got {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"maps: expected finite numbers, got {int((~np.isfinite(values)).sum())} that are not")
    bins = values.shape[1]
    flat = values.reshape(len(values), -1).astype(float)
    flat = flat - flat.mean(1, keepdims=True)
    variance = np.square(flat).sum(1)
    if is_flat(values).all():
        raise ValueError("maps: expected maps that vary, got flat ones")
    axis = bin_offsets(bins, bin_size)
    position = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)  # [pixel, 2], m
    held = flat if len(flat) <= flat.shape[1] else np.linalg.qr(flat)[1]  # the same covariance over pixels

    shortest, longest = 4 * bin_size, bins * bin_size
    low, high = 2 * np.pi / longest, 2 * np.pi / shortest
    number_range, angle_range = (low, high), (0.0, np.pi / 3)
    for search in (_likely, _near, _near):
        numbers = np.linspace(*number_range, _SEARCH[0])
        angles = np.linspace(*angle_range, _SEARCH[1], endpoint=False)
        best = search(_vectors(*np.meshgrid(numbers, angles, indexing="ij")), position, held)
        number, angle = numbers[best[0]], angles[best[1]]
        steps = numbers[1] - numbers[0], angles[1] - angles[0]
        number_range = max(low, number - steps[0]), min(high, number + steps[0])
        angle_range = angle - steps[1], angle + steps[1]
    # an angle just below 0 names the same three waves in another order
    number, angle = float(number), float(angle % (np.pi / 3))
    columns = _columns(_vectors(np.array(number), np.array(angle)), position)  # [pixel, 6]: cosines, then sines
    weights = np.linalg.lstsq(columns, flat.T, rcond=None)[0]  # [6, unit]
    explained = np.square(columns @ weights).sum(0)
    total = variance.sum()
    rings = [np.square(_orthonormal(columns[:, [wave, wave + 3]]).T @ flat.T).sum() / total for wave in range(3)]
    return SixWaves(
        wave_number=number,
        wave_direction=angle,
        amplitude=(weights[:3] - 1j * weights[3:]).T,
        unit_share=np.divide(explained, variance, out=np.zeros(len(flat)), where=variance > 0),
        ring_share=np.array(rings),
        share=float(explained.sum() / total),
    )


def lattice_phases(waves: SixWaves) -> np.ndarray:
    """Return where in the lattice's unit cell each unit fires: one angle along each of two axes 60° apart.

    Parameters
    ----------
    waves : SixWaves
        What `six_waves` found.

    Returns
    -------
    numpy.ndarray, [unit, 2]
        Phases of the peak along the first and the second wave vector, rad, in [0, 2π): neighbours on a torus.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5 (units sorted by phase). The peak x* of a lattice maximises the sum of
    three cosines, cos(k·x* + φ); with k₃ = k₂ − k₁ two angles α = k₁·x*, β = k₂·x* tell it, and the sum is
    maximised over both, each wave weighing by its amplitude: pure bands keep the phase that they have. The best of a
    grid of angles is refined by Newton's method, so that phases follow the maps without steps: an angle rounded to a
    grid would let the last digit of a map move a unit by a whole step.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), spacing=np.full(2, 0.6), phase=np.array([[0, 0], [0.1, 0]]))
    >>> found = six_waves(maps, 0.11)
    >>> turned = lattice_phases(found)[1] - lattice_phases(found)[0]
    >>> np.allclose(np.exp(1j * turned), np.exp(0.1j * found.vectors[:2, 0]), atol=0.1)
    True
    """
    amplitude = waves.amplitude  # [unit, wave], complex
    angle = np.linspace(0, 2 * np.pi, _ANGLES, endpoint=False)
    grid = np.stack(np.meshgrid(angle, angle, indexing="ij"), axis=-1).reshape(-1, 2)  # [angles, axis]
    phase = grid[(amplitude @ _turns(grid).T).real.argmax(1)]
    stiffness = 1e-9 * np.abs(amplitude).sum(1)[:, None, None] * np.eye(2)  # a band is flat along its stripes
    for _ in range(_NEWTON_STEPS):
        first, second, third = (amplitude * _turns(phase)).T
        slope = np.stack([third.imag - first.imag, -second.imag - third.imag], axis=-1)
        bend = np.stack([-first.real - third.real, third.real, third.real, -second.real - third.real], axis=-1)
        phase = phase - np.linalg.solve(bend.reshape(-1, 2, 2) - stiffness, slope[..., None])[..., 0]
    return phase % (2 * np.pi)


def _turns(phase: np.ndarray) -> np.ndarray:
    """Return how far each of the three waves is turned at phases [..., axis] → [..., wave], complex."""
    return np.exp(1j * np.stack([phase[..., 0], phase[..., 1], phase[..., 1] - phase[..., 0]], axis=-1))


def _vectors(number: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Return the wave vectors [..., wave, 2] of a triad; the third is the second less the first."""
    turned = angle[..., None] + np.pi / 3 * np.arange(3)
    return number[..., None, None] * np.stack([np.cos(turned), np.sin(turned)], axis=-1)


def _columns(vectors: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Compute cosines and sines of waves at positions, centred, [..., pixel, 6]."""
    phase = np.einsum("...wd,pd->...pw", vectors, position)
    columns = np.concatenate([np.cos(phase), np.sin(phase)], axis=-1)
    return columns - columns.mean(-2, keepdims=True)


def _orthonormal(columns: np.ndarray) -> np.ndarray:
    return np.linalg.qr(columns)[0]


def _likely(triads: np.ndarray, position: np.ndarray, held: np.ndarray) -> tuple[int, int]:
    """Find the triad [number, angle] that explains most among those at whose waves the units have most power."""
    power = _power(triads.reshape(-1, 2), position, held).reshape(-1, 3).sum(1)
    likely = np.argsort(-power, kind="stable")[: round(_LIKELY * len(power))]
    return _best(triads, np.stack(np.unravel_index(likely, triads.shape[:2]), axis=1), position, held)


def _near(triads: np.ndarray, position: np.ndarray, held: np.ndarray) -> tuple[int, int]:
    """Find the triad [number, angle] that explains most of few that differ little: some of them, then all around."""
    shape = np.array(triads.shape[:2])
    some = np.stack(np.meshgrid(*(np.arange(_STRIDE // 2, size, _STRIDE) for size in shape), indexing="ij"), axis=-1)
    best = _best(triads, some.reshape(-1, 2), position, held)
    around = np.arange(-_STRIDE, _STRIDE + 1)
    near = (np.array(best) + np.stack(np.meshgrid(around, around, indexing="ij"), axis=-1)).reshape(-1, 2)
    return _best(triads, near[((near >= 0) & (near < shape)).all(1)], position, held)


def _best(triads: np.ndarray, indices: np.ndarray, position: np.ndarray, held: np.ndarray) -> tuple[int, int]:
    """Find the index of the triad that explains most, of those whose indices [triad, 2] are given."""
    explained = []
    for some in np.array_split(indices, -(-len(indices) // _AT_ONCE)):
        basis = _orthonormal(_columns(triads[some[:, 0], some[:, 1]], position))  # [triad, pixel, 6]
        explained.append(np.square(held @ basis).sum((1, 2)))
    number, angle = indices[np.concatenate(explained).argmax()]
    return int(number), int(angle)


def _power(vectors: np.ndarray, position: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Sum the units' power at wave vectors [wave, 2]: the spectrum of how they overlap with themselves, shifted."""
    bins = math.isqrt(held.shape[1])
    twice = (2 * bins, 2 * bins)
    waves = scipy.fft.rfft2(held.reshape(-1, bins, bins), s=twice)
    overlap = scipy.fft.irfft2((waves.real**2 + waves.imag**2).sum(0), s=twice)
    shift = np.concatenate([np.arange(bins), np.arange(-bins, 0)]) * (position[1, 1] - position[0, 1])  # m
    along, across = (np.exp(1j * vectors[:, [axis]] * shift) for axis in (0, 1))
    return ((along @ overlap) * across).sum(1).real
