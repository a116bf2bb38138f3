"""How place cells vary together over space: their covariance, its eigenvectors, and how nearly these are waves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from gridcells._common.checks import as_numpy, check_count, check_positive
from gridcells._common.maps import is_flat
from gridcells.theory.spectra import ROUNDING, SAMPLES, Annulus, ring_of, tuning_spectrum
from gridcells.world.extents import check_square
from gridcells.world.place_cells import PlaceCells

__all__ = [
    "Kernel",
    "covariance_eigenvectors",
    "place_cell_covariance",
    "plane_wave_share",
    "translation_invariance",
    "tuning_covariance",
]


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

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3A, B: a covariance that depends on displacement alone has plane waves as
    eigenvectors, and its Fourier transform as eigenvalues.

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
        if is_flat(values):
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
        """Return the eigenvalue of each plane wave that fits the periodic box.

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
        """Return the share of the eigenvalues that lies within half a radius of the ring; 0 where there is none."""
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
        fine = np.linspace(0.0, number[-1], SAMPLES)
        ring = ring_of(fine, np.interp(fine, number, power, left=power[0] if top == 0 else 0.0))
        if top == 0:
            return Annulus(0.0, ring.width)
        near = np.abs(number - number[top]) <= unit * (1 + ROUNDING)
        bend, slope, _ = np.polyfit(number[near] - number[top], power[near], 2)
        shift = -slope / (2 * bend) if bend < 0 else 0.0
        return Annulus(float(number[top] + np.clip(shift, -unit, unit)), ring.width)


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
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.world.place_cells import uniform_centers
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
    return Kernel(sums[np.ix_(shifts, shifts)], cells.arena.size[0])


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
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.world.place_cells import uniform_centers
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


def plane_wave_share(maps: ArrayLike) -> np.ndarray:
    """Compute the share of each map that is plane waves of one length.

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
    if is_flat(values).any():
        raise ValueError("maps: expected maps that vary, got a flat one")
    total = power.sum((1, 2))
    cycles = fft.fftfreq(bins, 1 / bins)
    length = np.hypot(cycles[:, None], cycles)
    strongest = length.ravel()[power.reshape(len(power), -1).argmax(1)]
    near = np.abs(length - strongest[:, None, None]) <= 1 + ROUNDING
    return np.sum(power, axis=(1, 2), where=near) / total


def translation_invariance(cells: PlaceCells, *, bins: int = 30) -> float:
    """Compute the share of the covariance between places that their displacement explains.

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
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.world.place_cells import uniform_centers
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
    side = check_square(cells.arena, "cells", round_too=True)
    if not ends:
        return cells.activity(cells.arena.bin_centres(bins))
    left, _, low, _ = cells.arena.bounds
    share = np.linspace(0, 1, bins)
    return cells.activity(np.stack(np.meshgrid(left + share * side, low + share * side, indexing="ij"), -1))
