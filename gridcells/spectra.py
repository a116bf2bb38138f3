"""How place cells vary together over space: their covariance, its spectrum, and the grid spacing that it predicts.

The covariance of two places depends on the displacement between them alone, so plane waves are its eigenvectors and its
Fourier transform, the spectrum, holds the eigenvalues. Centre-surround tuning makes the spectrum an annulus.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import fft

from gridcells.checks import as_numpy, check_choice, check_count, check_positive
from gridcells.ensembles import TUNINGS, PlaceCells

__all__ = [
    "Annulus",
    "Kernel",
    "covariance_eigenvectors",
    "grid_spacing",
    "place_cell_covariance",
    "plane_wave_share",
    "translation_invariance",
    "tuning_annulus",
    "tuning_covariance",
    "tuning_spectrum",
]

_ROUNDING = 1e-9
_FARTHEST, _SAMPLES = 8.0, 16_001  # closed forms are searched up to this over the width, rad


@dataclass(frozen=True)
class Annulus:
    """Where a spectrum's power lies.

    Attributes
    ----------
    radius : float
        Wave number k* of the largest eigenvalue, rad/m; 0 where the spectrum has no ring.
    width : float
        Full width at half of that eigenvalue, rad/m.
    """

    radius: float
    width: float

    @property
    def spacing(self) -> float:
        """Spacing 4π/(√3 k*) of the hexagonal lattice of waves of that number, m; infinite without a ring."""
        return grid_spacing(self.radius)


@dataclass(frozen=True, eq=False)
class Kernel:
    """A covariance as a function of displacement, on the bins of a square box.

    Parameters
    ----------
    values : array_like, [bin, bin]
        Covariance at each displacement; none lies at [bin // 2, bin // 2].
    box : float
        Side of the box, m.

    Raises
    ------
    ValueError
        If the values are not finite, square and varying, or the box has no size.

    Examples
    --------
    >>> kernel = tuning_covariance(0.12, box=2.2, bins=55)
    >>> kernel.eigenvalues().shape, round(kernel.annulus().spacing, 2)
    ((55, 55), 0.73)
    """

    values: np.ndarray
    box: float

    def __post_init__(self) -> None:
        values = as_numpy(self.values, "values").astype(np.float64)
        if values.ndim != 2 or values.shape[0] != values.shape[1] or len(values) < 4:
            raise ValueError(f"values: expected shape [bin, bin] with at least 4 bins a side, got {values.shape}")
        if not np.isfinite(values).all():
            raise ValueError(
                f"values: expected finite covariances, got {int((~np.isfinite(values)).sum())} that are not"
            )
        if np.ptp(values) <= _ROUNDING * np.abs(values).max():
            raise ValueError("values: expected covariances that depend on displacement, got the same one everywhere")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "box", check_positive(self.box, "box", "m"))

    @property
    def bins(self) -> int:
        """Bins a side."""
        return len(self.values)

    @property
    def bin_size(self) -> float:
        """Side of a bin, m."""
        return self.box / self.bins

    def eigenvalues(self, *, mean: bool = False) -> np.ndarray:
        """Give the eigenvalue of each plane wave that fits the periodic box.

        Parameters
        ----------
        mean : bool
            Whether the uniform state keeps its eigenvalue; without, it is 0, as every place code here is taken about
            its mean.

        Returns
        -------
        numpy.ndarray, [bin, bin]
            Eigenvalues at ``numpy.fft.fftfreq(bins, 1 / bins)`` cycles a box along x and along y.
        """
        values = fft.fft2(fft.ifftshift(self.values)).real
        if not mean:
            values[0, 0] = 0.0
        return values

    def profile(self) -> tuple[np.ndarray, np.ndarray]:
        """Average the eigenvalues of waves of one length → wave numbers [shell] (rad/m), mean eigenvalues [shell]."""
        cycles = np.rint(fft.fftfreq(self.bins, 1 / self.bins)).astype(int)
        squared = np.add.outer(cycles**2, cycles**2).ravel()
        keep = (squared > 0) & (squared <= (self.bins // 2) ** 2)
        shells, member = np.unique(squared[keep], return_inverse=True)
        mean = np.bincount(member, self.eigenvalues().ravel()[keep]) / np.bincount(member)
        return 2 * np.pi / self.box * np.sqrt(shells), mean

    def ring_share(self) -> float:
        """Say which share of the eigenvalues lies within half a radius of the ring; 0 where there is none."""
        radius = self.annulus().radius
        cycles = fft.fftfreq(self.bins, 1 / self.bins)
        number = 2 * np.pi / self.box * np.hypot(cycles[:, None], cycles)
        power = np.abs(self.eigenvalues())
        return float(power[np.abs(number - radius) <= radius / 2].sum() / power.sum())

    def annulus(self) -> Annulus:
        """Measure the ring of the spectrum, between the waves that fit the box; radius 0 where the longest is largest.

        The radius is the summit of a parabola through the eigenvalues of waves within one cycle a box of the largest.
        """
        number, power = self.profile()
        top = int(power.argmax())
        unit = 2 * np.pi / self.box
        fine = np.linspace(0.0, number[-1], _SAMPLES)
        ring = _ring(fine, np.interp(fine, number, power, left=power[0] if top == 0 else 0.0))
        if top == 0:
            return Annulus(0.0, ring.width)
        near = np.abs(number - number[top]) <= unit * (1 + _ROUNDING)
        bend, slope, _ = np.polyfit(number[near] - number[top], power[near], 2)
        shift = -slope / (2 * bend) if bend < 0 else 0.0
        return Annulus(float(number[top] + np.clip(shift, -unit, unit)), ring.width)


def grid_spacing(wave_number: float) -> float:
    r"""Return the spacing :math:`4\pi / (\sqrt3 k)` of the hexagonal lattice made of waves of number k.

    Parameters
    ----------
    wave_number : float
        k, rad/m, at least 0.

    Returns
    -------
    float
        Distance between neighbouring fields, m; infinite for k = 0.

    Raises
    ------
    ValueError
        If the wave number is below 0 or not finite.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3 (the wavelength 2π/k, and 2/√3 from wavelength to spacing).

    Examples
    --------
    >>> round(grid_spacing(9.81), 2)
    0.74
    """
    if not 0 <= wave_number < math.inf:
        raise ValueError(f"wave_number: expected a finite number of at least 0 rad/m, got {wave_number!r}")
    return 4 * math.pi / (math.sqrt(3) * wave_number) if wave_number else math.inf


def tuning_spectrum(
    wave_number: Any, width: float, *, tuning: str = "difference_of_softmaxes", surround_ratio: float = 2.0
) -> Any:
    r"""Return the spectrum of place cells that tile the plane densely, in closed form.

    With r the ratio of the surround's variance to the centre's,

    .. math:: \tilde\Sigma(k) = \left[e^{-k^2\sigma^2/2} - a\, e^{-r k^2\sigma^2/2}\right]^2

    where a is 0 for "gaussian", 1 for the normalised "difference_of_gaussians", and r for
    "difference_of_gaussians_unit_amplitude". A "difference_of_softmaxes" is taken for the normalised difference of
    Gaussians: softmax over a dense ensemble is division by the Gaussian's own integral, and the shift to a minimum of
    zero changes the mean alone.

    Parameters
    ----------
    wave_number : array_like or torch.Tensor
        k, rad/m; a tensor keeps its gradient.
    width : float
        Place field width σ, m.
    tuning : str
        One of `gridcells.ensembles.TUNINGS`.
    surround_ratio : float
        Surround variance over centre variance, above 1.

    Returns
    -------
    numpy.ndarray or torch.Tensor
        Eigenvalues, relative to that of a Gaussian's mean (a = 0, k = 0), of the kind that came in.

    Raises
    ------
    ValueError
        If the width is not above 0, the ratio not above 1, or the tuning unknown.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3A and Methods; Sorscher et al. 2022, for the equality of difference of softmaxes
    and normalised difference of Gaussians, and for what the unit amplitude does.

    Examples
    --------
    >>> k = np.array([0.0, 5.0, 10.0])
    >>> tuning_spectrum(k, 0.12).round(3)
    array([0.   , 0.019, 0.062])
    """
    exp: Any = torch.exp if isinstance(wave_number, torch.Tensor) else np.exp
    squared = (wave_number if isinstance(wave_number, torch.Tensor) else as_numpy(wave_number, "wave_number")) ** 2
    exponent = -(check_positive(width, "width", "m") ** 2) / 2 * squared
    return (exp(exponent) - _surround_amplitude(tuning, surround_ratio) * exp(surround_ratio * exponent)) ** 2


def tuning_annulus(width: float, *, tuning: str = "difference_of_softmaxes", surround_ratio: float = 2.0) -> Annulus:
    r"""Return radius and width of the ring of `tuning_spectrum`.

    For the normalised difference of Gaussians :math:`k_*^2 = 2 \ln r / [(r - 1) \sigma^2]`. A Gaussian's spectrum, and
    that of the difference of unit amplitude, is largest at k = 0: no ring, radius 0.

    Parameters
    ----------
    width, tuning, surround_ratio
        As for `tuning_spectrum`.

    Returns
    -------
    Annulus
        Radius and full width at half maximum, rad/m; of a spectrum without ring, the width from k = 0 on.

    Raises
    ------
    ValueError
        As `tuning_spectrum`.

    Notes
    -----
    Source: the maximum of the spectrum above; Sorscher et al. 2023, Fig. 3C.

    Examples
    --------
    >>> ring = tuning_annulus(0.12, surround_ratio=2.0)
    >>> round(ring.radius, 2), round(ring.spacing, 2)
    (9.81, 0.74)
    """
    check_positive(width, "width", "m")
    number = np.linspace(0.0, _FARTHEST / width, _SAMPLES)
    return _ring(number, tuning_spectrum(number, width, tuning=tuning, surround_ratio=surround_ratio))


def tuning_covariance(
    width: float,
    *,
    tuning: str = "difference_of_softmaxes",
    surround_ratio: float = 2.0,
    box: float = 2.2,
    bins: int = 55,
) -> Kernel:
    """Return the covariance of place cells that tile a periodic box densely, in closed form.

    Parameters
    ----------
    width, tuning, surround_ratio
        As for `tuning_spectrum`.
    box : float
        Side of the periodic box, m.
    bins : int
        Bins a side.

    Returns
    -------
    Kernel
        Covariance whose eigenvalues are `tuning_spectrum` at the box's modes.

    Raises
    ------
    ValueError
        As `tuning_spectrum`; besides, if the fields are narrower than a bin or wider than a quarter of the box.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3A, B.

    Examples
    --------
    >>> kernel = tuning_covariance(0.12)
    >>> kernel.values.shape, int(kernel.values.argmax()) == 27 * 55 + 27
    ((55, 55), True)
    """
    check_positive(box, "box", "m")
    check_count(bins, "bins", 4)
    check_positive(width, "width", "m")
    if not box / bins <= width <= box / 4:
        raise ValueError(
            f"width: expected between one bin ({box / bins:.3g} m) and a quarter of the box ({box / 4:.3g} m),"
            f" got {width:g} m"
        )
    along = 2 * np.pi / box * fft.fftfreq(bins, 1 / bins)
    power = tuning_spectrum(np.hypot(along[:, None], along), width, tuning=tuning, surround_ratio=surround_ratio)
    return Kernel(fft.fftshift(fft.ifft2(power).real), box)


def place_cell_covariance(cells: PlaceCells, bins: int = 55, *, published: bool = False) -> Kernel:
    """Measure the covariance of place cells as a function of displacement.

    Parameters
    ----------
    cells : PlaceCells
        The ensemble, in a square arena.
    bins : int
        Bins a side.
    published : bool
        False averages over the pairs of bin centres that lie the displacement apart, within the walls unless the arena
        is periodic, and subtracts each cell's mean. True is the faithful mode: sums instead of means, places that reach
        from wall to wall inclusive, displacements that go over the edge of a walled arena as of a periodic one, and
        nothing subtracted.

    Returns
    -------
    Kernel
        The covariance.

    Raises
    ------
    ValueError
        If the arena is not square.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3A; code released with Sorscher et al. 2019, ``compute_covariance``.

    Examples
    --------
    >>> from gridcells.arenas import Rectangle
    >>> from gridcells.ensembles import uniform_centers
    >>> centers = uniform_centers(512, Rectangle(), np.random.default_rng(0))
    >>> kernel = place_cell_covariance(PlaceCells(centers, 0.12))
    >>> round(kernel.annulus().spacing, 1)
    0.7
    """
    activity = _activity(cells, bins, ends=published)  # [bin, bin, cell]
    periodic = published or cells.arena.period is not None
    if not published:
        activity = activity - activity.mean((0, 1))
    size = bins if periodic else 2 * bins
    transformed = fft.rfft2(activity, (size, size), axes=(0, 1))
    sums = fft.irfft2((transformed.real**2 + transformed.imag**2).sum(-1), (size, size))
    if not published:
        lags = np.abs(fft.fftfreq(size, 1 / size))
        pairs = np.full((size, size), bins**2) if periodic else np.outer(bins - lags, bins - lags)
        sums = np.divide(sums, pairs, out=np.zeros_like(sums), where=pairs > 0)
    shifts = np.arange(bins) - bins // 2
    return Kernel(sums[np.ix_(shifts, shifts)], cells.arena.bounds[1] - cells.arena.bounds[0])


def covariance_eigenvectors(cells: PlaceCells, count: int = 16, *, bins: int = 55) -> tuple[np.ndarray, np.ndarray]:
    """Return the leading eigenvalues and eigenvectors of the covariance between places, walls and all.

    Parameters
    ----------
    cells : PlaceCells
        The ensemble, in a square arena.
    count : int
        How many, at most as many as there are cells.
    bins : int
        Bins a side.

    Returns
    -------
    eigenvalues : numpy.ndarray, [count]
        Shares of the whole variance, largest first.
    eigenvectors : numpy.ndarray, [count, bin, bin]
        Maps of mean square 1.

    Raises
    ------
    ValueError
        If there are not that many.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3B: eigenvectors of Σ = P Pᵀ, each cell's mean removed.

    Examples
    --------
    >>> from gridcells.arenas import Rectangle
    >>> from gridcells.ensembles import uniform_centers
    >>> centers = uniform_centers(512, Rectangle(), np.random.default_rng(0))
    >>> values, vectors = covariance_eigenvectors(PlaceCells(centers, 0.12), 4, bins=20)
    >>> vectors.shape, bool((np.diff(values) <= 0).all())
    ((4, 20, 20), True)
    """
    check_count(count, "count")
    activity = _activity(cells, bins).reshape(bins**2, -1)
    if count > min(activity.shape):
        raise ValueError(f"count: expected at most {min(activity.shape)} eigenvectors, got {count}")
    centred = activity - activity.mean(0)
    small = centred.T @ centred if centred.shape[1] <= len(centred) else centred @ centred.T  # same eigenvalues
    values, vectors = np.linalg.eigh(small)
    values, vectors = np.maximum(values[::-1][:count], 0.0), vectors[:, ::-1][:, :count]
    maps = centred @ vectors if small.shape[0] == centred.shape[1] else vectors
    maps = maps / np.maximum(np.linalg.norm(maps, axis=0), np.finfo(float).tiny)
    return values / np.trace(small), maps.T.reshape(count, bins, bins) * bins


def plane_wave_share(maps: Any) -> np.ndarray:
    """Say how much of each map is plane waves of one length.

    Parameters
    ----------
    maps : array_like, [map, bin, bin]
        Maps, such as eigenvectors; their means count for nothing.

    Returns
    -------
    numpy.ndarray, [map]
        Share of a map's power, tapered towards the walls, in waves whose length lies within one cycle a box of the
        strongest: 0.86 to 0.96 for a single plane wave, which the taper blurs.

    Raises
    ------
    ValueError
        If the maps are not of that shape, or one is flat.

    Notes
    -----
    Source: Sorscher et al. 2019, theory: plane waves are the eigenmodes. The taper keeps walls from spreading a wave
    that does not fit the box over all lengths.

    Examples
    --------
    >>> x = np.arange(20) / 20
    >>> plane_wave_share((np.sin(2 * np.pi * 3.4 * x) * np.ones((20, 20)))[None]).round(2)
    array([0.87])
    """
    values = as_numpy(maps, "maps")
    if values.ndim != 3 or values.shape[1] != values.shape[2]:
        raise ValueError(f"maps: expected shape [map, bin, bin], got {values.shape}")
    bins = values.shape[1]
    taper = np.outer(*[np.hanning(bins + 2)[1:-1]] * 2)
    mean = (values * taper).sum((1, 2), keepdims=True) / taper.sum()
    power = np.abs(fft.fft2((values - mean) * taper)) ** 2
    total = power.sum((1, 2))
    if not (total > _ROUNDING * np.square(values).sum((1, 2))).all():
        raise ValueError("maps: expected maps that vary, got a flat one")
    cycles = fft.fftfreq(bins, 1 / bins)
    length = np.hypot(cycles[:, None], cycles)
    strongest = length.ravel()[power.reshape(len(power), -1).argmax(1)]
    near = np.abs(length - strongest[:, None, None]) <= 1 + _ROUNDING
    return np.sum(power, axis=(1, 2), where=near) / total


def translation_invariance(cells: PlaceCells, *, bins: int = 30) -> float:
    """Say which share of the covariance between places its displacement explains.

    Parameters
    ----------
    cells : PlaceCells
        The ensemble, in a square arena.
    bins : int
        Bins a side; memory grows with their fourth power.

    Returns
    -------
    float
        1 - (variance of the covariance around its mean at each displacement) / (its variance).

    Notes
    -----
    Source: Sorscher et al. 2019, theory: Σ depends on x - x' alone.

    Examples
    --------
    >>> from gridcells.arenas import Rectangle
    >>> from gridcells.ensembles import uniform_centers
    >>> arena = Rectangle(periodic=True)
    >>> cells = PlaceCells(uniform_centers(4000, arena, np.random.default_rng(0)), 0.2, arena=arena)
    >>> translation_invariance(cells, bins=12) > 0.9
    True
    """
    activity = _activity(cells, bins).reshape(bins**2, -1)
    activity = activity - activity.mean(0)
    covariance = activity @ activity.T  # [place, place]
    place = np.stack(np.divmod(np.arange(bins**2), bins), -1)
    lag = place[:, None] - place  # [place, place, 2]
    lag = lag % bins if cells.arena.period is not None else lag + bins
    group = (lag[..., 0] * 2 * bins + lag[..., 1]).ravel()
    mean = np.bincount(group, covariance.ravel()) / np.maximum(np.bincount(group), 1)
    return float(1 - (covariance.ravel() - mean[group]).var() / covariance.var())


def _activity(cells: PlaceCells, bins: int, *, ends: bool = False) -> np.ndarray:
    """Return the activity of all cells at the bins' centres, or at places from wall to wall: [bin, bin, cell]."""
    check_count(bins, "bins", 4)
    left, right, low, high = cells.arena.bounds
    if not np.isclose(right - left, high - low):
        raise ValueError(f"cells: expected a square arena, got {cells.arena}")
    share = np.linspace(0, 1, bins) if ends else (np.arange(bins) + 0.5) / bins
    x, y = left + share * (right - left), low + share * (high - low)
    return cells.activity(np.stack(np.meshgrid(x, y, indexing="ij"), -1))


def _surround_amplitude(tuning: str, surround_ratio: float) -> float:
    """Return the surround's weight in the spectrum, or raise if there is no such tuning or ratio."""
    check_choice(tuning, "tuning", TUNINGS)
    if tuning == "gaussian":
        return 0.0
    if not check_positive(surround_ratio, "surround_ratio") > 1:
        raise ValueError(f"surround_ratio: expected a ratio of variances above 1, got {surround_ratio!r}")
    return surround_ratio if tuning.endswith("unit_amplitude") else 1.0


def _ring(number: np.ndarray, power: np.ndarray) -> Annulus:
    """Return the ring of a spectrum sampled at evenly spaced wave numbers from 0 on."""
    top = int(power.argmax())
    below = np.flatnonzero(power < power[top] / 2)

    def crossing(low: int) -> float:  # where the line between two samples passes the half
        share = (power[top] / 2 - power[low]) / (power[low + 1] - power[low])
        return float(number[low] + share * (number[1] - number[0]))

    after, before = below[below > top], below[below < top]
    outer = crossing(after[0] - 1) if len(after) else float(number[-1])
    inner = crossing(before[-1]) if len(before) else 0.0
    if not 0 < top < len(power) - 1 or not len(before):
        return Annulus(0.0, outer)
    left, middle, right = power[top - 1 : top + 2]
    shift = (left - right) / (left - 2 * middle + right) / 2  # summit of the parabola
    return Annulus(float(number[top] + shift * (number[1] - number[0])), outer - inner)
