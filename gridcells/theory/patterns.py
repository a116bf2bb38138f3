"""Pattern formation: what cells that hear place cells through their covariance settle into.

One cell's map g grows under the covariance and is bent by a nonlinearity; several cells besides push each other out of
what the ones before them hold. All maps of a step are transformed at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft
from threadpoolctl import threadpool_limits

from gridcells._common.checks import as_numpy, check_choice, check_count, check_generator, check_positive
from gridcells.theory.covariance import Kernel
from gridcells.theory.nonlinearity import NONLINEARITIES, apply_nonlinearity

__all__ = ["SCHEDULES", "Patterns", "initial_maps", "multi_cell", "single_cell", "wave_number"]

SCHEDULES = ("normalised", "published")
_THREADS = 2
_NOISE = 1e-8  # amplitude of the published initial maps


@dataclass(frozen=True, eq=False)
class Patterns:
    """Maps that a simulation ended with.

    Attributes
    ----------
    maps : numpy.ndarray, [cell, bin, bin]
        The maps; of the normalised schedule, of mean square 1.
    bin_size : float
        Side of a bin, m.
    change : numpy.ndarray, [cell]
        How far the last step moved each map, as a share of its length.
    growth : numpy.ndarray, [cell]
        Natural logarithm of the growth of each map's length over the whole simulation; of the normalised schedule,
        what the growth would have been, had it not been taken out.
    """

    maps: np.ndarray
    bin_size: float
    change: np.ndarray
    growth: np.ndarray


def initial_maps(cells: int, bins: int, generator: np.random.Generator | int, *, scale: float = _NOISE) -> np.ndarray:
    """Draw the noise that patterns form from, independent in every bin.

    Parameters
    ----------
    cells, bins : int
        Number of maps, and of bins a side.
    generator : numpy.random.Generator or int
        Source of the noise, or a seed for one.
    scale : float
        Standard deviation.

    Returns
    -------
    numpy.ndarray, [cell, bin, bin]
        Gaussian noise.

    Raises
    ------
    TypeError
        If the generator is neither a NumPy generator nor a seed.

    Notes
    -----
    Source: code released with Sorscher et al. 2019, pattern-formation notebook (noise of 1e-8).

    Examples
    --------
    >>> initial_maps(2, 5, 0).shape
    (2, 5, 5)
    """
    check_count(cells, "cells")
    check_count(bins, "bins", 4)
    return check_generator(generator).normal(0.0, check_positive(scale, "scale"), (cells, bins, bins))


def single_cell(
    kernel: Kernel,
    cells: int = 32,
    *,
    nonlinearity: str = "relu",
    strength: float = 1.0,
    steps: int = 1000,
    rate: float = 0.5,
    schedule: str = "normalised",
    walls: bool = False,
    inside: ArrayLike | None = None,
    initial: Any = None,
    generator: np.random.Generator | int | None = None,
    dtype: Any = np.float64,
) -> Patterns:
    r"""Simulate the formation of maps that know nothing of each other.

    .. math:: g \leftarrow \phi[g + \eta(-g + \Sigma * g)]

    The covariance's mean is removed. "published": this step as it stands. "normalised": the covariance is divided by
    its largest eigenvalue, and after each step the map is scaled to mean square 1, so that it neither dies out nor
    diverges; a linear map then turns into the leading eigenvectors.

    Parameters
    ----------
    kernel : Kernel
        Covariance Σ of the place cells.
    cells : int
        Number of maps; ignored where ``initial`` is given.
    nonlinearity, strength
        φ, see `apply_nonlinearity`.
    steps : int
        Iterations.
    rate : float
        η. The released notebook has 1e-4 for tanh and 5e-3 for ReLU, "published" schedule.
    schedule : {"normalised", "published"}
        As above.
    walls : bool
        False: the box is periodic, as in the paper. True: nothing comes in over the edges.
    inside : array_like of bool, [bin, bin], optional
        Bins that belong to a room of another shape within the box; nothing fires elsewhere. The whole box by default.
    initial : array_like, [cell, bin, bin], optional
        Where to start; Gaussian noise of 1e-8 if None.
    generator : numpy.random.Generator or int, optional
        The source of that noise; needed without ``initial``.
    dtype : dtype
        numpy.float64 or numpy.float32.

    Returns
    -------
    Patterns
        The maps.

    Raises
    ------
    ValueError
        If an argument is none of these, or neither ``initial`` nor a generator is given.
    FloatingPointError
        If the maps overflow or vanish: the published ReLU recipe has no saturation.

    Notes
    -----
    Source: Sorscher et al. 2023, eq. 4; code released with Sorscher et al. 2019, pattern-formation notebook.

    Examples
    --------
    >>> from gridcells.theory.covariance import tuning_covariance
    >>> patterns = single_cell(tuning_covariance(0.12), 4, steps=200, generator=0)
    >>> patterns.maps.shape, bool((patterns.maps >= 0).all())
    ((4, 55, 55), True)
    """
    start = _start(kernel, cells, initial, generator, dtype)
    normalised = check_choice(schedule, "schedule", SCHEDULES) == "normalised"
    move = _convolution(kernel, walls, dtype, mean=False, normalised=normalised, rate=check_positive(rate, "rate"))
    outside = None
    if inside is not None:
        room = as_numpy(inside, "inside").astype(bool)
        if room.shape != (kernel.bins, kernel.bins) or not room.any():
            raise ValueError(f"inside: expected shape {(kernel.bins, kernel.bins)} and a bin or more, got {room.shape}")
        outside, start = ~room, np.where(room, start, 0)

    def step(maps: np.ndarray) -> np.ndarray:
        bent = _bend(move(maps), nonlinearity, strength)
        if outside is not None:
            bent[:, outside] = 0
        return bent

    return _iterate(step, start, steps, kernel, normalised)


def multi_cell(
    kernel: Kernel,
    cells: int = 64,
    *,
    nonlinearity: str = "relu",
    strength: float = 1.0,
    steps: int = 1000,
    rate: float = 0.5,
    schedule: str = "normalised",
    mean: bool = False,
    walls: bool = False,
    initial: Any = None,
    generator: np.random.Generator | int | None = None,
    dtype: Any = np.float64,
) -> Patterns:
    r"""Simulate maps of which each is pushed out of what the ones before it hold (Oja's rule, triangular).

    "published", with H = Σ * G:

    .. math:: G \leftarrow G + \eta[H - \operatorname{triu}(G H^T) G + s\,\phi(G)]

    in which the LAST cell is the first of the hierarchy, since the triangle is the upper one where cells are rows, and
    φ is a drive beside the linear one, times the strength s. "normalised": the covariance is divided by its
    largest eigenvalue, the FIRST cell is the first, φ bends the map itself, and each map is scaled to mean square 1:

    .. math:: g_i \leftarrow \phi[g_i + \eta(h_i - \textstyle\sum_{j \le i} g_j \langle g_j, h_i \rangle)]

    Parameters
    ----------
    kernel : Kernel
        Covariance Σ of the place cells.
    cells : int
        Number of maps; ignored where ``initial`` is given.
    nonlinearity, strength
        φ, see `apply_nonlinearity`. In the published schedule φ itself has strength 1, and ``strength`` multiplies it:
        strength · tanh(u) for "tanh", strength · max(u, 0) for "relu".
    steps : int
        Iterations.
    rate : float
        η; the released notebook has 8e-3, "published" schedule.
    schedule : {"normalised", "published"}
        As above.
    mean : bool
        Keep the covariance's mean, as the released notebook does in this simulation.
    walls, initial, generator, dtype
        As for `single_cell`.

    Returns
    -------
    Patterns
        The maps.

    Raises
    ------
    ValueError, FloatingPointError
        As `single_cell`.

    Notes
    -----
    Source: Sorscher et al. 2023, eq. 11; Sorscher et al. 2019, several cells; code released with the latter,
    pattern-formation notebook (Gaussian kernel, 64 cells, tanh against 30 · ReLU).

    Examples
    --------
    >>> from gridcells.theory.covariance import tuning_covariance
    >>> patterns = multi_cell(tuning_covariance(0.12), 8, steps=200, generator=0)
    >>> patterns.maps.shape
    (8, 55, 55)
    """
    start = _start(kernel, cells, initial, generator, dtype)
    normalised = check_choice(schedule, "schedule", SCHEDULES) == "normalised"
    convolve = _convolution(kernel, walls, dtype, mean=mean, normalised=normalised)
    rate = check_positive(rate, "rate")
    flat = (len(start), -1)
    check_choice(nonlinearity, "nonlinearity", NONLINEARITIES)

    def normalised_step(maps: np.ndarray) -> np.ndarray:
        filtered = convolve(maps)
        overlap = filtered.reshape(flat) @ maps.reshape(flat).T / kernel.bins**2  # [cell, cell before]
        filtered -= (np.tril(overlap) @ maps.reshape(flat)).reshape(maps.shape)
        filtered *= rate
        filtered += maps
        return _bend(filtered, nonlinearity, strength)

    def published_step(maps: np.ndarray) -> np.ndarray:
        filtered = convolve(maps)
        projected = (np.triu(maps.reshape(flat) @ filtered.reshape(flat).T) @ maps.reshape(flat)).reshape(maps.shape)
        filtered -= projected
        filtered += strength * apply_nonlinearity(maps, nonlinearity)
        filtered *= rate
        filtered += maps
        return filtered

    return _iterate(normalised_step if normalised else published_step, start, steps, kernel, normalised)


def wave_number(maps: Any, box: float) -> np.ndarray:
    """Measure the wave number of each map: that of its strongest plane waves.

    Parameters
    ----------
    maps : array_like, [cell, bin, bin]
        Maps of a periodic box.
    box : float
        Side of the box, m.

    Returns
    -------
    numpy.ndarray, [cell]
        Mean wave number, rad/m, over the waves whose power is at least half that of the strongest, weighted by power;
        0 for a map that is flat.

    Raises
    ------
    ValueError
        If the maps are not of that shape, or the box has no size.

    Examples
    --------
    >>> x = np.arange(32) / 32 * 2.0
    >>> wave_number((np.cos(2 * np.pi * 3 * x / 2.0) * np.ones((32, 32)))[None], 2.0).round(3)
    array([9.425])
    """
    maps = as_numpy(maps, "maps")
    if maps.ndim != 3 or maps.shape[1] != maps.shape[2]:
        raise ValueError(f"maps: expected shape [cell, bin, bin], got {maps.shape}")
    bins = maps.shape[1]
    power = np.abs(fft.fft2(maps - maps.mean((1, 2), keepdims=True))) ** 2
    cycles = fft.fftfreq(bins, 1 / bins)
    number = 2 * np.pi / check_positive(box, "box", "m") * np.hypot(cycles[:, None], cycles)
    strong = np.where(power >= power.max((1, 2), keepdims=True) / 2, power, 0.0)
    total = strong.sum((1, 2))
    return np.divide((strong * number).sum((1, 2)), total, out=np.zeros(len(maps)), where=total > 1e-20)


def _iterate(
    step: Callable[[np.ndarray], np.ndarray], maps: np.ndarray, steps: int, kernel: Kernel, normalised: bool
) -> Patterns:
    """Step from the maps on, scaled to mean square 1 each time where that is wanted."""
    check_count(steps, "steps")
    first = before = _length(maps)
    growth = np.zeros(len(maps))
    if normalised:
        maps = maps / before[:, None, None]
    old = maps
    # products this small are slower on two threads, and many times so where other work keeps a core busy
    with threadpool_limits(1, user_api="blas"):
        for number in range(1, steps + 1):
            with np.errstate(all="ignore"):
                old, maps = maps, step(maps)
                length = _length(maps)
            _check_alive(length, number, steps, normalised)
            if normalised:
                growth += np.log(length)
                maps /= length[:, None, None]  # each step makes new maps
    change = _length(maps - old) / _length(maps)
    return Patterns(maps, kernel.bin_size, change, growth if normalised else np.log(_length(maps) / first))


def _check_alive(length: np.ndarray, number: int, steps: int, normalised: bool) -> None:
    """Raise if a map has overflowed or vanished."""
    if (np.isfinite(length) & (length > 0)).all():
        return
    what = "vanished" if np.isfinite(length).all() else "overflowed"
    advice = "a lower rate" if normalised else "the normalised schedule, or fewer steps"
    raise FloatingPointError(
        f"maps: expected finite ones that are not all zero, but they {what} at step {number} of {steps}; try {advice}"
    )


def _length(maps: np.ndarray) -> np.ndarray:
    """Return the root mean square of each map [cell]."""
    return np.sqrt(np.einsum("cxy,cxy->c", maps, maps) / maps[0].size)


def _bend(maps: np.ndarray, nonlinearity: str, strength: float) -> np.ndarray:
    """Apply the nonlinearity to fresh maps, in place where that is simple."""
    return np.maximum(maps, 0, out=maps) if nonlinearity == "relu" else apply_nonlinearity(maps, nonlinearity, strength)


def _start(kernel: Kernel, cells: int, initial: Any, generator: Any, dtype: Any) -> np.ndarray:
    """Return the initial maps [cell, bin, bin]."""
    if np.dtype(dtype) not in (np.float32, np.float64):
        raise ValueError(f"dtype: expected numpy.float32 or numpy.float64, got {np.dtype(dtype)}")
    if initial is None:
        if generator is None:
            raise ValueError("generator: expected a numpy.random.Generator or a seed where initial is None, got None")
        initial = initial_maps(cells, kernel.bins, generator)
    maps = as_numpy(initial, "initial").astype(dtype)
    if maps.ndim != 3 or maps.shape[1:] != (kernel.bins, kernel.bins) or not len(maps):
        raise ValueError(f"initial: expected shape [cell, {kernel.bins}, {kernel.bins}], got {maps.shape}")
    if not np.isfinite(maps).all() or not maps.any(axis=(1, 2)).all():
        raise ValueError("initial: expected finite maps that are not all zero")
    return maps


def _convolution(
    kernel: Kernel, walls: bool, dtype: Any, *, mean: bool, normalised: bool, rate: float = 1.0
) -> Callable[[np.ndarray], np.ndarray]:
    """Return what makes (1 - rate) g + rate Σ * g of maps g [cell, bin, bin]; normalised: Σ over its largest."""
    bins = kernel.bins
    eigenvalues = kernel.eigenvalues(mean=mean)
    largest = float(eigenvalues.max())
    if largest <= 0:
        raise ValueError("kernel: expected a wave that grows, got a covariance without a positive eigenvalue")
    size = bins
    if walls:
        size = fft.next_fast_len(2 * bins - 1, real=True)
        padded = np.zeros((size, size))
        padded[:bins, :bins] = fft.fftshift(fft.ifft2(eigenvalues).real)  # the kernel, its mean removed or kept
        eigenvalues = fft.fft2(np.roll(padded, (-(bins // 2),) * 2, (0, 1)))
    response = (1 - rate) + rate / (largest if normalised else 1.0) * eigenvalues[:, : size // 2 + 1]
    response = response.astype(np.result_type(dtype, np.complex64) if walls else dtype)

    def convolve(maps: np.ndarray) -> np.ndarray:
        filtered = fft.rfft2(maps, (size, size), workers=_THREADS)
        filtered *= response
        # what irfft2 does, axis by axis and in place: in half the time
        filtered = fft.ifft(filtered, axis=1, workers=_THREADS, overwrite_x=True)
        return fft.irfft(filtered, size, axis=2, workers=_THREADS, overwrite_x=True)[:, :bins, :bins]

    return convolve
