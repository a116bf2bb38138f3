"""Principal components of place cells, without and with the constraint that no weight is negative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_count, check_generator, check_positive
from gridcells.theory.covariance import Kernel

__all__ = ["Components", "leading_wave_share", "nonnegative_pca"]

_EQUAL = 1e-9  # of the largest eigenvalue: waves that a symmetry of the box makes equal differ by rounding alone


@dataclass(frozen=True, eq=False)
class Components:
    """Weights from place cells, and what they make of the place code.

    Attributes
    ----------
    weights : numpy.ndarray, [component, cell]
        Weights of length 1.
    output : numpy.ndarray, [component, sample]
        What each component answers to each sample.
    change : numpy.ndarray, [component]
        How far the last step moved each, as a share of its length.
    """

    weights: np.ndarray
    output: np.ndarray
    change: np.ndarray


def nonnegative_pca(
    activity: ArrayLike,
    count: int = 1,
    *,
    nonnegative: bool = True,
    hierarchy: bool = True,
    steps: int = 2000,
    rate: float = 0.5,
    generator: np.random.Generator | int,
) -> Components:
    r"""Find the directions of largest variance whose weights are not negative, by projected power iteration.

    .. math:: w_i \leftarrow [(1 - \eta) w_i + \eta (C w_i - \textstyle\sum_{j < i} w_j \langle w_j, C w_i \rangle)]_+

    with C the cells' covariance over its largest eigenvalue, and each w scaled to length 1 after each step.

    Parameters
    ----------
    activity : array_like or torch.Tensor, [sample, cell]
        Place-cell activity; each cell's mean is removed.
    count : int
        Components.
    nonnegative : bool
        False leaves the sign free: ordinary principal components, largest first.
    hierarchy : bool
        Push each component out of those before it. False: each finds the first component, from a start of its own.
    steps : int
        Iterations.
    rate : float
        η, between 0 and 1.
    generator : numpy.random.Generator or int
        The source of the initial weights.

    Returns
    -------
    Components
        Weights and outputs.

    Raises
    ------
    TypeError
        If the activity is no real number.
    ValueError
        If it is not finite [sample, cell] or does not vary, or a number is out of range.
    FloatingPointError
        If a component vanishes: its weights would all have to be negative.

    Notes
    -----
    Source: Dordek et al. 2016, non-negative PCA of place-cell inputs.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> activity = rng.normal(size=(500, 2)) @ np.array([[2.0, 2.0], [1.0, -1.0]])
    >>> abs(nonnegative_pca(activity, generator=0).weights).round(1)
    array([[0.7, 0.7]])
    """
    data = as_numpy(activity, "activity").astype(np.float64)
    if data.ndim != 2 or 0 in data.shape or not np.isfinite(data).all():
        raise ValueError(f"activity: expected finite numbers of shape [sample, cell], got shape {data.shape}")
    check_count(count, "count")
    check_count(steps, "steps")
    if check_positive(rate, "rate") > 1:
        raise ValueError(f"rate: expected a number up to 1, got {rate!r}")
    data = data - data.mean(0)
    covariance = data.T @ data
    largest = np.linalg.norm(covariance, 2)
    if largest <= 1e-12:
        raise ValueError("activity: expected cells that vary, got constant ones")
    covariance /= largest
    weights = check_generator(generator).normal(size=(count, data.shape[1]))
    weights = np.abs(weights) if nonnegative else weights
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    for _ in range(steps):
        old, heard = weights, weights @ covariance
        held = np.tril(heard @ weights.T, -1) @ weights if hierarchy else 0.0
        weights = (1 - rate) * weights + rate * (heard - held)
        weights = np.maximum(weights, 0.0) if nonnegative else weights
        length = np.linalg.norm(weights, axis=1, keepdims=True)
        if not length.all():
            raise FloatingPointError(f"count: expected as many components as the data hold, got {count}; one vanished")
        weights = weights / length
    return Components(weights, weights @ data.T, np.linalg.norm(weights - old, axis=1))


def leading_wave_share(maps: ArrayLike, kernel: Kernel, *, mean: bool = False) -> float:
    """Compute which share of the space that maps span lies in as many leading waves of a covariance.

    Parameters
    ----------
    maps : array_like, [cell, bin, bin]
        Maps on the kernel's bins, linearly independent.
    kernel : Kernel
        The covariance, whose leading waves span the optimum of as many cells.
    mean : bool
        Whether the uniform state counts with its eigenvalue, see `Kernel.eigenvalues`.

    Returns
    -------
    float
        From 0 to 1: the mean of the squared cosines between the two spaces. The symmetries of the box make up to eight
        waves equal; where the number of maps ends within such a group, any waves of it are as good, and those count
        that the maps hold most of.

    Raises
    ------
    ValueError
        If the maps are not finite, not on the kernel's bins or not independent.

    Notes
    -----
    **Source:** Sorscher et al. 2019, several cells: the optimum spans the top eigenvectors, in whatever mixture.

    Examples
    --------
    >>> from gridcells.theory.covariance import tuning_covariance
    >>> x = 2 * np.pi * np.arange(55) / 55
    >>> waves = np.stack([np.cos(a * x[:, None] + b * x) for a, b in [(2, 3), (3, -2), (9, 0), (0, 27)]])
    >>> round(leading_wave_share(waves, tuning_covariance(0.12)), 3)  # on the ring are the first two
    0.5
    """
    grid = as_numpy(maps, "maps").astype(np.float64)
    if grid.ndim != 3 or grid.shape[1:] != kernel.values.shape or not np.isfinite(grid).all():
        raise ValueError(f"maps: expected finite maps [cell, {kernel.bins}, {kernel.bins}], got shape {grid.shape}")
    basis, singular, _ = np.linalg.svd(grid.reshape(len(grid), -1).T, full_matrices=False)
    if len(singular) < len(grid) or singular[-1] <= _EQUAL * singular[0]:
        raise ValueError("maps: expected maps none of which is a sum of the others, got some that are")
    waves = np.fft.fft2(basis.T.reshape(grid.shape), norm="ortho").reshape(len(grid), -1)  # [cell, wave]
    eigenvalues = kernel.eigenvalues(mean=mean).ravel()
    last = np.sort(eigenvalues)[-len(grid)]
    slack = _EQUAL * np.abs(eigenvalues).max()
    above, equal = eigenvalues > last + slack, np.abs(eigenvalues - last) <= slack
    room = len(grid) - int(above.sum())
    held = np.linalg.svd(waves[:, equal], compute_uv=False)[:room]  # cosines, largest first
    return float((np.square(np.abs(waves[:, above])).sum() + np.square(held).sum()) / len(grid))
