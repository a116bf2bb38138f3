"""Which lattice wins: the waves that fit the box, and the energy of stripes, squares and hexagons.

All waves on the ring of the spectrum grow alike. What decides among their sums is the nonlinearity: one that breaks the
symmetry between g and -g rewards three waves whose vectors add up to zero, and those are hexagons.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice, check_positive
from gridcells.theory.covariance import Kernel
from gridcells.theory.nonlinearity import apply_nonlinearity

__all__ = [
    "STATES",
    "BoxModes",
    "box_modes",
    "favoured_lattice",
    "lattice_energy",
    "symmetry_breaking",
    "triad_flow",
]

STATES = ("stripes", "squares", "hexagons")
_WAVES = {"stripes": 1, "squares": 2, "hexagons": 3}
_NEAR = 0.97  # waves whose eigenvalues are this close to the largest compete
_TRIAD = 0.96  # three waves of this mean eigenvalue win by the cubic term; simulations settle it, tests hold it
_ASKEW = np.deg2rad(15)  # how far the angles of a triad may be from 120 degrees
_FLOOR = 0.3  # waves below this share of the largest eigenvalue take part in nothing


@dataclass(frozen=True, eq=False)
class BoxModes:
    """The plane waves that fit a periodic box, one of each pair ±k, those of largest eigenvalue first.

    Attributes
    ----------
    cycles : numpy.ndarray, [mode, 2]
        Cycles a box along x and along y.
    eigenvalue : numpy.ndarray, [mode]
        Relative to the largest.
    triad : numpy.ndarray, [3, 2]
        Cycles a box of the three waves that add up to zero, 120 degrees apart to within 15, whose mean eigenvalue is
        largest; NaN if there are none.
    triad_eigenvalue : float
        That mean; 0 if there are none.
    """

    cycles: np.ndarray
    eigenvalue: np.ndarray
    triad: np.ndarray
    triad_eigenvalue: float


def box_modes(kernel: Kernel) -> BoxModes:
    """List the waves of a covariance that fit its box, and the triad that can make hexagons of them.

    Parameters
    ----------
    kernel : Kernel
        The covariance.

    Returns
    -------
    BoxModes
        The waves whose eigenvalue is at least .3 of the largest.

    Raises
    ------
    ValueError
        If no wave has a positive eigenvalue.

    Notes
    -----
    Source: Sorscher et al. 2019, theory: the discrete modes of a small box.

    Examples
    --------
    >>> from gridcells.theory.covariance import tuning_covariance
    >>> modes = box_modes(tuning_covariance(0.12))
    >>> modes.triad.astype(int).tolist(), round(modes.triad_eigenvalue, 2)
    ([[3, 2], [-3, 1], [0, -3]], 0.98)
    """
    eigenvalue, bins = kernel.eigenvalues(), kernel.bins
    largest = eigenvalue.max()
    if largest <= 0:
        raise ValueError("kernel: expected a wave with a positive eigenvalue in the box, got none")
    eigenvalue = eigenvalue / largest
    cycles = np.rint(np.fft.fftfreq(bins, 1 / bins)).astype(int)
    x, y = np.meshgrid(cycles, cycles, indexing="ij")
    keep = eigenvalue >= _FLOOR
    wave, value = np.stack([x[keep], y[keep]], -1), eigenvalue[keep]  # both of each pair ±k
    order = np.lexsort((-wave[:, 1], -wave[:, 0], -value.round(9)))
    wave, value = wave[order], value[order]

    third = -(wave[:, None] + wave)  # [wave, wave, 2]
    angle = np.arctan2(wave[:, 1], wave[:, 0])
    last = np.arctan2(third[..., 1], third[..., 0])
    askew = np.maximum(_from_third(angle[:, None] - angle), _from_third(angle[:, None] - last))
    fits = (np.abs(third) <= bins // 2).all(-1) & third.any(-1) & (askew <= _ASKEW)
    mean = np.where(fits, (value[:, None] + value + eigenvalue[third[..., 0] % bins, third[..., 1] % bins]) / 3, 0.0)
    first, second = np.unravel_index(mean.argmax(), mean.shape)
    triad = np.array([wave[first], wave[second], third[first, second]], float)
    half = (wave[:, 0] > 0) | ((wave[:, 0] == 0) & (wave[:, 1] > 0))
    found = bool(fits.any())
    return BoxModes(wave[half], value[half], triad if found else np.full((3, 2), np.nan), float(mean.max()))


def favoured_lattice(kernel: Kernel, *, symmetric: bool) -> str:
    """Return which lattice a covariance favours in its box.

    Parameters
    ----------
    kernel : Kernel
        The covariance.
    symmetric : bool
        Whether the nonlinearity treats g and -g alike, as tanh does and ReLU does not.

    Returns
    -------
    str
        "hexagonal" if the symmetry is broken and the box holds three waves 120 degrees apart whose mean eigenvalue is
        at least .96 of the largest; else "square" if no more than two waves reach .97 of it; else "heterogeneous".

    Raises
    ------
    ValueError
        If no wave has a positive eigenvalue.

    Notes
    -----
    Source: Sorscher et al. 2019, theory (a small ring gives squares, a large one heterogeneous patterns, a cubic term
    hexagons). The two bounds are ours: simulations from 8 to 40 cm field width agree with them.

    Examples
    --------
    >>> from gridcells.theory.covariance import tuning_covariance
    >>> [favoured_lattice(tuning_covariance(width), symmetric=False) for width in (0.12, 0.15, 0.36)]
    ['hexagonal', 'heterogeneous', 'square']
    """
    modes = box_modes(kernel)
    if not symmetric and modes.triad_eigenvalue >= _TRIAD:
        return "hexagonal"
    return "square" if np.sum(modes.eigenvalue >= _NEAR) <= 2 else "heterogeneous"


def lattice_energy(state: str, cubic: ArrayLike, *, coupling: float = 2.0, growth: ArrayLike = 1.0) -> np.ndarray:
    r"""Return the least energy of a pure state of waves of one length.

    With u the sum of n waves, scaled to mean square 1, and a its amplitude,

    .. math:: E(a) = -\tfrac{\epsilon}{2} a^2 - \tfrac{|\gamma|}{3} m_3 a^3 + \tfrac14 m_4 a^4,\qquad
              m_4 = \tfrac32\,\frac{1 + (n - 1)\beta}{n}

    where :math:`m_3 = \langle u^3 \rangle` is 0 for stripes (n = 1) and squares (n = 2) and :math:`\sqrt{2/3}` for
    hexagons (n = 3), since only their waves add up to zero; β is how much two waves hold each other down, relative to
    how much each does itself: 2 where each bin saturates for itself, 1 where the whole map's power does, as with the
    conserved amplitude of the paper.

    Parameters
    ----------
    state : {"stripes", "squares", "hexagons"}
        The state.
    cubic : array_like
        γ, the coefficient of the cubic term; its sign only says whether hexagons are peaks or holes.
    coupling : float
        β, above 0.
    growth : array_like
        ε, the waves' eigenvalue above threshold, at least 0.

    Returns
    -------
    numpy.ndarray
        Energies; the state of lowest energy wins.

    Raises
    ------
    ValueError
        If the state is unknown, the coupling not above 0, or a growth below 0.

    Notes
    -----
    Source: Sorscher et al. 2019, the cubic term; the quartic one as in any amplitude equation of pattern formation.

    Examples
    --------
    Without a cubic term the states are equal where power is conserved; any cubic term makes hexagons win.

    >>> [round(float(lattice_energy(state, 0.0, coupling=1.0)), 3) for state in STATES]
    [-0.167, -0.167, -0.167]
    >>> [round(float(lattice_energy(state, 0.2, coupling=1.0)), 3) for state in STATES]
    [-0.167, -0.167, -0.199]
    """
    waves = _WAVES[check_choice(state, "state", STATES)]
    growth = as_numpy(growth, "growth")
    if (growth < 0).any():
        raise ValueError(f"growth: expected numbers of at least 0, got {float(growth.min()):g}")
    third = np.sqrt(2 / 3) * np.abs(as_numpy(cubic, "cubic")) if state == "hexagons" else 0.0 * as_numpy(cubic, "cubic")
    fourth = 1.5 * (1 + (waves - 1) * check_positive(coupling, "coupling")) / waves
    amplitude = (third + np.sqrt(third**2 + 4 * fourth * growth)) / (2 * fourth)
    return -growth / 2 * amplitude**2 - third / 3 * amplitude**3 + fourth / 4 * amplitude**4


def symmetry_breaking(nonlinearity: str, strength: float = 1.0) -> float:
    r"""Measure how much a nonlinearity breaks the symmetry between g and -g: the coefficient of its cubic term.

    .. math:: \gamma = \frac{\langle \phi(z) (z^2 - 1) \rangle}{2 \langle \phi(z) z \rangle}, \qquad z \sim N(0, 1)

    the quadratic part of φ over its linear part, for activity of variance 1.

    Parameters
    ----------
    nonlinearity, strength
        φ, see `gridcells.theory.apply_nonlinearity`.

    Returns
    -------
    float
        γ; 0 for odd nonlinearities, .4 for ReLU.

    Raises
    ------
    ValueError
        As `apply_nonlinearity`.

    Notes
    -----
    Source: Sorscher et al. 2019, which expands φ about 0; averages over a Gaussian serve ReLU too, which has no
    expansion there.

    Examples
    --------
    >>> round(symmetry_breaking("relu"), 2), round(abs(symmetry_breaking("tanh")), 2)
    (0.4, 0.0)
    """
    z = np.linspace(-8, 8, 16_001)
    weight = np.exp(-(z**2) / 2)
    answer = apply_nonlinearity(z, nonlinearity, strength)
    return float((weight * answer * (z**2 - 1)).sum() / (2 * (weight * answer * z).sum()))


def triad_flow(amplitudes: ArrayLike, cubic: float, *, coupling: float = 2.0, growth: float = 1.0) -> np.ndarray:
    r"""Compute how fast the amplitudes of three waves change whose vectors add up to zero.

    .. math:: \dot A_1 = \epsilon A_1 + \sqrt2\,|\gamma|\,A_2 A_3
              - \tfrac32 A_1 \left[A_1^2 + \beta(A_2^2 + A_3^2)\right]

    and the same with the indices moved on: downhill in the energy whose pure states `lattice_energy` gives. A wave of
    amplitude A is :math:`\sqrt2 A \cos(k \cdot x)`, of mean square A².

    Parameters
    ----------
    amplitudes : array_like, [..., 3]
        A, at least 0.
    cubic : float
        γ, the coefficient of the cubic term.
    coupling : float
        β, above 0; see `lattice_energy`.
    growth : float
        ε, the waves' eigenvalue above threshold, at least 0.

    Returns
    -------
    numpy.ndarray, [..., 3]
        Change per unit of time, of 1/ε where ε is 1.

    Raises
    ------
    ValueError
        If there are not three amplitudes, or a number is out of range.

    Notes
    -----
    Source: Sorscher et al. 2019, the cubic term, as a gradient; amplitude equations as in any text on patterns.

    Examples
    --------
    A stripe stands still without a cubic term; with one the two other waves grow on it, once they are there.

    >>> stripe = [np.sqrt(2 / 3), 0.0, 0.0]
    >>> abs(triad_flow(stripe, 0.0)).max().round(12)
    np.float64(0.0)
    >>> triad_flow([np.sqrt(2 / 3), 0.01, 0.01], 1.0, coupling=1.0)[1] > 0
    np.True_
    """
    amplitude = as_numpy(amplitudes, "amplitudes").astype(np.float64)
    if amplitude.ndim == 0 or amplitude.shape[-1] != 3 or not (amplitude >= 0).all():
        raise ValueError(f"amplitudes: expected numbers of at least 0 of shape [..., 3], got shape {amplitude.shape}")
    if growth < 0:
        raise ValueError(f"growth: expected a number of at least 0, got {growth!r}")
    square = amplitude**2
    others = square.sum(-1, keepdims=True) - square
    partners = np.roll(amplitude, 1, -1) * np.roll(amplitude, 2, -1)
    held = 1.5 * amplitude * (square + check_positive(coupling, "coupling") * others)
    return growth * amplitude + np.sqrt(2) * abs(cubic) * partners - held


def _from_third(angle: np.ndarray) -> np.ndarray:
    """Return how far angles are from ±120 degrees, rad."""
    return np.abs(np.abs((angle + np.pi) % (2 * np.pi) - np.pi) - 2 * np.pi / 3)
