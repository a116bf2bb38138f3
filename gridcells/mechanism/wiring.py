"""How units of one lattice are wired: what a unit sends to the others, by where in the unit cell they fire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse.linalg import eigs
from sklearn.cluster import MeanShift

from gridcells._common.checks import as_numpy, check_count
from gridcells.mechanism.waves import SixWaves

__all__ = [
    "Connectivity",
    "VelocityBias",
    "WaveEigenvectors",
    "outgoing_connectivity",
    "unit_connectivity",
    "velocity_bias",
    "wave_eigenvectors",
    "wave_gain",
]

_SMALLEST_CLUSTER = 0.15  # of all units
_BANDWIDTH = 0.8  # of the biases' root mean square
_MANY = 100  # units from which on clusters are looked for from a grid of biases, not from each
_AT_ONCE = 512  # units whose pairs are looked at at a time, which bounds memory
_DENSE = 1500  # units from which on only the leading eigenvectors are computed


@dataclass(frozen=True)
class Connectivity:
    """Weights over the difference of two phases, on the torus of the lattice's unit cell.

    Parameters
    ----------
    mean : numpy.ndarray, [bin, bin]
        Mean weight from a unit to those that fire at that phase from it; the middle bin is a unit's own phase. NaN
        where no pair of units is that far apart.
    pairs : numpy.ndarray, [bin, bin]
        Pairs of units in each bin.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5 (mean outgoing connectivity over the lattice's phases).
    """

    mean: np.ndarray
    pairs: np.ndarray

    def profile(self) -> tuple[np.ndarray, np.ndarray]:
        """Average over directions → (phase distance in periods of the lattice, mean weight), nearest first.

        The distance is that of the unit cell, whose two axes stand 60° apart.
        """
        bins = len(self.mean)
        share = (np.arange(bins) - bins // 2) / bins
        a, b = np.meshgrid(share, share, indexing="ij")
        reach = _cell_distance(2 * np.pi * a, 2 * np.pi * b)
        ring = np.rint(reach * bins).astype(int)
        known = np.isfinite(self.mean)
        count = np.bincount(ring[known], self.pairs[known])
        total = np.bincount(ring[known], (self.mean * self.pairs)[known])
        filled = np.flatnonzero(count)
        return filled / bins, total[filled] / count[filled]


@dataclass(frozen=True)
class VelocityBias:
    """How velocity drives each unit.

    Parameters
    ----------
    direction : numpy.ndarray, [unit]
        Direction of movement that drives it most, rad.
    strength : numpy.ndarray, [unit]
        Drive by a velocity of 1 m/s in that direction.
    clusters : int
        Groups that the biases form in the plane.
    """

    direction: np.ndarray
    strength: np.ndarray
    clusters: int


@dataclass(frozen=True)
class WaveEigenvectors:
    """The leading eigenvectors of the recurrent weights, and how much of each is one of six waves.

    Attributes
    ----------
    value : numpy.ndarray, [vector], complex
        Eigenvalues, largest modulus first.
    vector : numpy.ndarray, [unit, vector], complex
        Eigenvectors, each of length one.
    share : numpy.ndarray, [vector]
        Share of each that lies in the span of the six waves.
    waves : int
        Eigenvectors of which at least half does.
    """

    value: np.ndarray
    vector: np.ndarray
    share: np.ndarray
    waves: int


def outgoing_connectivity(weight: Any, phase: Any, *, bins: int = 16) -> Connectivity:
    """Average the recurrent weights over all pairs of units whose phases differ alike.

    Parameters
    ----------
    weight : array_like, [unit, unit]
        Recurrent weights, from the second to the first.
    phase : array_like, [unit, 2]
        Phases in the lattice's unit cell, rad (`gridcells.mechanism.waves.lattice_phases`).
    bins : int
        Bins along each side of the unit cell.

    Returns
    -------
    Connectivity
        The mean weight by phase difference; a unit's weight to itself does not count.

    Raises
    ------
    ValueError
        If the shapes do not fit, or anything is not finite.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5: the mean outgoing connectivity of a trained network is centre-surround, though
    single units look structureless.

    Examples
    --------
    >>> phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (200, 2))
    >>> weight = np.cos(phase[:, None, 0] - phase[None, :, 0])
    >>> found = outgoing_connectivity(weight, phase, bins=8)
    >>> found.mean[[4, 6, 0], 4].round(1) + 0.0
    array([ 1.,  0., -1.])
    """
    phases, weights = as_numpy(phase, "phase"), as_numpy(weight, "weight")
    if phases.ndim != 2 or phases.shape[1] != 2:
        raise ValueError(f"phase: expected shape [unit, 2] in rad, got {phases.shape}")
    if weights.shape != (len(phases), len(phases)):
        raise ValueError(f"weight: expected shape {(len(phases),) * 2}, got {weights.shape}")
    if not (np.isfinite(phases).all() and np.isfinite(weights).all()):
        raise ValueError("weight, phase: expected finite numbers, got some that are not")
    check_count(bins, "bins", 2)
    pairs, total = np.zeros((2, bins * bins))
    for some in np.array_split(np.arange(len(phases)), -(-len(phases) // _AT_ONCE)):
        flat, others = _phase_bins(phases, some, bins)
        pairs += np.bincount(flat[others], minlength=bins * bins)
        total += np.bincount(flat[others], weights[:, some][others], minlength=bins * bins)
    mean = np.divide(total, pairs, out=np.full(bins * bins, np.nan), where=pairs > 0)
    return Connectivity(mean.reshape(bins, bins), pairs.astype(int).reshape(bins, bins))


def unit_connectivity(weight: ArrayLike, phase: ArrayLike, units: ArrayLike, *, bins: int = 16) -> np.ndarray:
    """Place the outgoing weights of single units on the sheet of phases.

    Parameters
    ----------
    weight : array_like, [unit, unit]
        Recurrent weights, from the second to the first.
    phase : array_like, [unit, 2]
        Phases in the lattice's unit cell, rad.
    units : array_like of int, [chosen]
        Which units' weights.
    bins : int
        Bins along each side of the unit cell.

    Returns
    -------
    numpy.ndarray, [chosen, bin, bin]
        The sum of a unit's weights to those that fire at that phase from it; the middle bin is its own phase.

    Raises
    ------
    ValueError
        If the shapes do not fit, or there is no such unit.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5G (outgoing weights of single units).

    Examples
    --------
    >>> phase = np.array([[0.0, 0.0], [0.0, 3.1], [3.1, 0.0]])
    >>> unit_connectivity(np.arange(9.0).reshape(3, 3), phase, [0], bins=2)
    array([[[0., 6.],
            [3., 0.]]])
    """
    weights, phases = _on_the_sheet(weight, phase)
    chosen = np.asarray(units, dtype=int)
    if chosen.ndim != 1 or not len(chosen) or chosen.min() < 0 or chosen.max() >= len(phases):
        raise ValueError(f"units: expected a list of units from 0 to {len(phases) - 1}, got {chosen!r:.80}")
    cells = check_count(bins, "bins", 2) ** 2
    sheets = []
    for some in np.array_split(chosen, -(-len(chosen) // _AT_ONCE)):
        flat, others = _phase_bins(phases, some, bins)
        own = (flat + cells * np.arange(len(some)))[others]
        sheets.append(np.bincount(own, weights[:, some][others], minlength=cells * len(some)))
    return np.concatenate(sheets).reshape(-1, bins, bins)


def _on_the_sheet(weight: ArrayLike, phase: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return weights [unit, unit] and phases [unit, 2], or raise unless they are of these shapes."""
    weights, phases = as_numpy(weight, "weight"), as_numpy(phase, "phase")
    if phases.ndim != 2 or phases.shape[1] != 2 or weights.shape != (len(phases),) * 2:
        raise ValueError(
            f"weight, phase: expected shapes [unit, unit] and [unit, 2], got {weights.shape}, {phases.shape}"
        )
    return weights, phases


def _phase_bins(phases: np.ndarray, units: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Find the bin [to, from] of each unit's phase from some units', and which pairs are not a unit with itself."""
    away = phases[:, None] - phases[units]  # [to, from, axis]
    place = (np.rint(away / (2 * np.pi) * bins).astype(int) + bins // 2) % bins
    return place[..., 0] * bins + place[..., 1], np.arange(len(phases))[:, None] != units


def velocity_bias(weight: Any) -> VelocityBias:
    """Read each unit's preferred direction of movement from its input weights.

    Parameters
    ----------
    weight : array_like, [unit, 2]
        Weights of the velocity (x, y); per m/s where the network takes m/s.

    Returns
    -------
    VelocityBias
        Directions, strengths and the number of clusters.

    Raises
    ------
    ValueError
        If the weights are not of that shape.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 6 (biases of trained networks have one mode at zero; those of a hand-built one
    lie in four clusters, Burak and Fiete 2009). Clusters are counted by mean shift with a bandwidth of 0.8 of the
    biases' root mean square; one that holds less than 15 % of the units does not count.

    Examples
    --------
    >>> by_hand = velocity_bias([[0, 2], [0, -2], [2, 0], [-2, 0]])
    >>> by_hand.strength, by_hand.clusters
    (array([2., 2., 2., 2.]), 4)
    """
    weights = as_numpy(weight, "weight")
    if weights.ndim != 2 or weights.shape[1] != 2:
        raise ValueError(f"weight: expected shape [unit, 2], got {weights.shape}")
    strength = np.hypot(weights[:, 0], weights[:, 1])
    scale = float(np.sqrt(np.square(strength).mean())) or 1.0
    members = np.bincount(
        MeanShift(bandwidth=_BANDWIDTH * scale, bin_seeding=len(weights) > _MANY).fit(weights).labels_
    )
    clusters = int((members >= _SMALLEST_CLUSTER * len(weights)).sum())
    return VelocityBias(np.arctan2(weights[:, 1], weights[:, 0]), strength, clusters)


def wave_eigenvectors(weight: Any, waves: SixWaves, *, count: int = 10) -> WaveEigenvectors:
    """Find a lattice's six waves among the leading eigenvectors of its recurrent weights.

    Parameters
    ----------
    weight : array_like, [unit, unit]
        Recurrent weights, from the second to the first.
    waves : SixWaves
        The waves of these units' rate maps: cosine and sine of each of three.
    count : int
        Eigenvectors looked at.

    Returns
    -------
    WaveEigenvectors
        Eigenvalues, eigenvectors and the share of each that the waves span.

    Raises
    ------
    ValueError
        If the shapes do not fit, or anything is not finite.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5 (six waves among the ten leading eigenvectors). A wave is what the units' rate
    maps hold of it: a unit's amplitude and phase.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> amplitude = np.exp(1j * rng.uniform(0, 2 * np.pi, (90, 3)))
    >>> waves = SixWaves(8.0, 0.0, amplitude, np.ones(90), np.ones(3) / 3, 1.0)
    >>> weight = (amplitude @ amplitude.conj().T).real / 30 + rng.normal(size=(90, 90)) / 30
    >>> wave_eigenvectors(weight, waves).waves
    6
    """
    weights = as_numpy(weight, "weight")
    units = len(waves.amplitude)
    if weights.shape != (units, units):
        raise ValueError(f"weight: expected shape {(units, units)}, one row a unit of the waves, got {weights.shape}")
    if not np.isfinite(weights).all():
        raise ValueError("weight: expected finite numbers, got some that are not")
    if units < _DENSE:
        value, vector = np.linalg.eig(weights)
    else:  # a few more than asked for, so that both of a pair are there; the same start at every call
        value, vector = eigs(weights, k=check_count(count, "count") + 6, v0=np.ones(units))
    leading = np.lexsort((-value.imag, -np.abs(value)))[: check_count(count, "count")]  # of a pair, the upper first
    basis = np.linalg.qr(np.concatenate([waves.amplitude.real, waves.amplitude.imag], axis=1))[0]
    share = np.square(np.abs(basis.T @ vector[:, leading])).sum(0)
    return WaveEigenvectors(value[leading], vector[:, leading], share, int((share >= 0.5).sum()))


def wave_gain(weight: Any, phase: Any, *, harmonics: int = 4) -> np.ndarray:
    """Measure how much the recurrent weights amplify each wave on the sheet of phases.

    Parameters
    ----------
    weight : array_like, [unit, unit]
        Recurrent weights, from the second to the first.
    phase : array_like, [unit, 2]
        Phases in the lattice's unit cell, rad.
    harmonics : int
        Highest harmonic along each axis.

    Returns
    -------
    numpy.ndarray, [2 · harmonics + 1, 2 · harmonics + 1]
        Gain of the wave exp i(m α + n β); the middle is the uniform state, m = n = 0.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 5: the Fourier transform of the connectivity peaks at the lattice's six waves.
    In the unit cell's coordinates these are (±1, 0), (0, ±1) and ±(1, -1).

    Examples
    --------
    >>> phase = np.random.default_rng(0).uniform(0, 2 * np.pi, (500, 2))
    >>> weight = np.cos(phase[:, None, 0] - phase[None, :, 0]) / 250
    >>> wave_gain(weight, phase, harmonics=1).round(1)[:, 1]
    array([1., 0., 1.])
    """
    weights, phases = _on_the_sheet(weight, phase)
    each = np.arange(-check_count(harmonics, "harmonics"), harmonics + 1)
    m, n = np.meshgrid(each, each, indexing="ij")
    wave = np.exp(1j * phases @ np.stack([m.ravel(), n.ravel()]))  # [unit, wave]
    gain = np.einsum("iw,ij,jw->w", wave.conj(), weights, wave, optimize=True).real / len(phases)
    return gain.reshape(m.shape) + 0.0


def _cell_distance(alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """Measure distance on the hexagonal unit cell between phases along two waves 60° apart, in periods of the lattice.

    The displacement x with k₁·x = α and k₂·x = β, where the waves' length is 2 for a period of 2π / √3.
    """
    inverse = np.linalg.inv(np.array([[1.0, 0.0], [0.5, np.sqrt(0.75)]]))
    shifts = 2 * np.pi * np.arange(-1, 2)
    a = alpha[..., None, None] + shifts[:, None]
    b = beta[..., None, None] + shifts
    x = inverse[0, 0] * a + inverse[0, 1] * b
    y = inverse[1, 0] * a + inverse[1, 1] * b
    return np.hypot(x, y).min((-2, -1)) / (4 * np.pi / np.sqrt(3))
