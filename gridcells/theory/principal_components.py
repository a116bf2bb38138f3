"""Principal components of place cells, without and with the constraint that no weight is negative."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_count, check_generator, check_positive

__all__ = ["Components", "nonnegative_pca"]


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
