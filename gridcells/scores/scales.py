"""Do grids come in discrete scales? Clusters of spacings, and how uneven their histogram is."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_count, check_generator

__all__ = ["Discreteness", "ScaleClusters", "cluster_scales", "discreteness"]

STARTS = 10  # of each fit; the most likely end counts
STEPS = 1000  # of expectation maximisation at most
NARROWEST = 0.03  # share of all spacings' SD below which no cluster's can go: two equal spacings are no cluster


@dataclass(frozen=True, eq=False)
class ScaleClusters:
    """A mixture of Gaussians fitted to grid spacings, the clusters sorted by their means.

    Attributes
    ----------
    mean, sd : numpy.ndarray, [cluster]
        Means and standard deviations, m.
    weight : numpy.ndarray, [cluster]
        Shares of the spacings; they sum to 1.
    ratio : numpy.ndarray, [cluster - 1]
        Each mean divided by the one below it.
    label : numpy.ndarray, [unit]
        The most likely cluster of each spacing, -1 where that is NaN.
    components : numpy.ndarray, [fit]
        Numbers of Gaussians that were tried.
    bic : numpy.ndarray, [fit]
        Bayesian information criterion of each, for spacings in m; the lowest wins.
    """

    mean: np.ndarray
    sd: np.ndarray
    weight: np.ndarray
    ratio: np.ndarray
    label: np.ndarray
    components: np.ndarray
    bic: np.ndarray

    @property
    def count(self) -> int:
        """The number of clusters."""
        return len(self.mean)


def cluster_scales(
    spacings: ArrayLike, *, components: Iterable[int] = range(1, 9), generator: np.random.Generator | int
) -> ScaleClusters:
    """Fit mixtures of Gaussians to grid spacings and keep the one that the Bayesian information criterion prefers.

    Parameters
    ----------
    spacings : array_like or torch.Tensor, [unit]
        Grid spacings, m; NaN, no spacing, does not count.
    components : iterable of int
        Numbers of Gaussians to try.
    generator : numpy.random.Generator or int
        Where the fits start, or a seed for it.

    Returns
    -------
    ScaleClusters
        Means, standard deviations, weights and ratios of neighbouring means.

    Raises
    ------
    TypeError
        If the spacings are not real numbers, or the generator is neither a NumPy generator nor a seed.
    ValueError
        If the spacings are not [unit], infinite, not above 0 or all the same, or fewer than the Gaussians.

    Notes
    -----
    Source: Banino et al. 2018, figure 1e and methods (1 to 8 Gaussians). Ten fits from different starts for each
    number; a Gaussian narrower than 3 % of the standard deviation of all spacings would sit on a few equal ones, and
    is not allowed. Spacings spread evenly are no Gaussian and often come out as two to four: clusters are worth a look
    at `discreteness`.

    Examples
    --------
    >>> generator = np.random.default_rng(0)
    >>> spacings = np.concatenate([generator.normal(mean, 0.03, 50) for mean in (0.47, 0.70, 1.06)])
    >>> clusters = cluster_scales(spacings, generator=0)
    >>> clusters.mean.round(1), clusters.ratio.round(1)
    (array([0.5, 0.7, 1.1]), array([1.5, 1.5]))
    """
    from sklearn.exceptions import ConvergenceWarning  # a second to import, which other scores need not wait for
    from sklearn.mixture import GaussianMixture

    values = _check_spacings(spacings)
    counts = np.unique([check_count(count, "components") for count in components])
    seed = int(check_generator(generator).integers(2**31))
    known = values[~np.isnan(values)]
    if not len(counts):
        raise ValueError("components: expected at least one number of Gaussians, got none")
    if len(known) < max(counts[-1], 2):
        raise ValueError(f"spacings: expected at least {max(counts[-1], 2)} that are not NaN, got {len(known)}")
    centre, spread = known.mean(), known.std()
    if spread <= 1e-9 * centre:
        raise ValueError(f"spacings: expected some that differ, got {len(known)} of {centre:g} m")

    standard = ((known - centre) / spread)[:, None]  # so that no setting of the fits depends on the unit of length
    ascending = np.sort(standard, axis=0)  # nor any start on the order of the units
    fits = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # too many Gaussians settle slowly, and lose anyway
        for count in counts.tolist():
            mixture = GaussianMixture(
                count, reg_covar=NARROWEST**2, n_init=STARTS, max_iter=STEPS, init_params="k-means++", random_state=seed
            )
            fits.append(mixture.fit(ascending))
    bic = np.array([fit.bic(standard) for fit in fits])
    best = fits[int(np.argmin(bic))]
    order = np.argsort(best.means_[:, 0])
    mean = centre + spread * best.means_[order, 0]
    label = np.full(len(values), -1)
    label[~np.isnan(values)] = np.argsort(order)[best.predict(standard)]
    return ScaleClusters(
        mean=mean,
        sd=spread * np.sqrt(best.covariances_[order, 0, 0]),
        weight=best.weights_[order],
        ratio=mean[1:] / mean[:-1],
        label=label,
        components=counts,
        bic=bic + 2 * len(known) * np.log(spread),
    )


@dataclass(frozen=True, eq=False)
class Discreteness:
    """How uneven a histogram of spacings is, beside chance.

    Attributes
    ----------
    value : float
        Standard deviation of the counts.
    null : numpy.ndarray, [shuffle]
        The same of each shuffle.
    p_value : float
        (1 + number of shuffles at least as uneven) / (1 + number of shuffles).
    counts : numpy.ndarray, [bin]
        The histogram.
    edges : numpy.ndarray, [bin + 1]
        Its edges, m.
    """

    value: float
    null: np.ndarray
    p_value: float
    counts: np.ndarray
    edges: np.ndarray


def discreteness(
    spacings: ArrayLike, *, bins: int = 13, shuffles: int = 500, generator: np.random.Generator | int
) -> Discreteness:
    """Test whether grid spacings come in clusters, by how uneven their histogram is.

    Parameters
    ----------
    spacings : array_like or torch.Tensor, [unit]
        Grid spacings, m; NaN, no spacing, does not count.
    bins : int
        Number of equal bins from the smallest to the largest spacing.
    shuffles : int
        Number of times to draw as many spacings, evenly between the smallest and the largest.
    generator : numpy.random.Generator or int
        Source of the draws, or a seed for one.

    Returns
    -------
    Discreteness
        The standard deviation of the counts, its null and its p-value.

    Raises
    ------
    TypeError
        If the spacings are not real numbers, or the generator is neither a NumPy generator nor a seed.
    ValueError
        If the spacings are not [unit], infinite, not above 0, or fewer than two that differ.

    Notes
    -----
    Source: Banino et al. 2018, figure 1e (13 bins, 500 shuffles, p < 0.002, so no shuffle was as uneven), after
    Stensola et al. 2012. What was shuffled is not stated where we could read it; we draw from the even distribution
    over the observed range. One broad hump is not even either: a small p-value alone does not say that there are
    several scales, see `cluster_scales`.

    Examples
    --------
    >>> result = discreteness([0.4, 0.41, 0.42, 0.61, 0.61, 0.62, 0.9, 0.91, 0.92], generator=0)
    >>> result.counts
    array([3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 3])
    """
    values = _check_spacings(spacings)
    bins, shuffles = check_count(bins, "bins", 2), check_count(shuffles, "shuffles")
    generator = check_generator(generator)
    known = values[~np.isnan(values)]
    if not len(known) or known.min() == known.max():
        raise ValueError(f"spacings: expected at least two that differ, got {len(known)} that are not NaN")
    counts, edges = np.histogram(known, bins)
    drawn = np.floor(bins * generator.random((shuffles, len(known)))).astype(np.int64)  # [shuffle, unit], bins
    flat = (bins * np.arange(shuffles)[:, None] + drawn).ravel()
    null = np.bincount(flat, minlength=shuffles * bins).reshape(shuffles, bins).std(axis=1)
    value = counts.std()
    return Discreteness(
        float(value), null, float((1 + np.sum(null >= value * (1 - 1e-9))) / (1 + shuffles)), counts, edges
    )


def _check_spacings(spacings: ArrayLike) -> np.ndarray:
    """Return the spacings [unit], or raise unless they are numbers above 0 or NaN."""
    values = as_numpy(spacings, "spacings").astype(np.float64)
    if values.ndim != 1:
        raise ValueError(f"spacings: expected shape [unit], got {values.shape}")
    wrong = np.isinf(values) | (values <= 0)
    if wrong.any():
        raise ValueError(f"spacings: expected finite lengths above 0 m, got {values[wrong][0]:g}")
    return values
