"""What kind of patterns maps are: hexagonal, square or neither, each beside noise with the maps' own spectrum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells.scores import GridScores, grid_scores, matched_null

__all__ = ["PatternKinds", "kinds_of", "pattern_kinds"]


@dataclass(frozen=True, eq=False)
class PatternKinds:
    """Which of a set of maps are lattices.

    Attributes
    ----------
    hexagonal, square : numpy.ndarray of bool, [map]
        Whether the 60 degree (90 degree) score exceeds 95 % of the null's and the other score. The maps that are
        neither are heterogeneous.
    above_60, above_90 : float
        Shares of the maps whose 60 degree (90 degree) score exceeds 95 % of the null's, whatever the other; .05 by
        chance.
    threshold_60, threshold_90 : float
        The null's 95th percentiles.
    scores, null_scores : GridScores
        Of the maps and of the null's.
    """

    hexagonal: np.ndarray
    square: np.ndarray
    above_60: float
    above_90: float
    threshold_60: float
    threshold_90: float
    scores: GridScores
    null_scores: GridScores

    def __repr__(self) -> str:
        median = np.nanmedian(self.scores.score_60), np.nanmedian(self.scores.score_90)
        neither = 1 - self.hexagonal.mean() - self.square.mean()
        return (
            f"hexagonal {self.hexagonal.mean():.0%}, square {self.square.mean():.0%}, neither {neither:.0%};"
            f" median score at 60° {median[0]:.2f} (null's 95 %: {self.threshold_60:.2f}),"
            f" at 90° {median[1]:.2f} ({self.threshold_90:.2f})"
        )


def pattern_kinds(maps: ArrayLike, *, generator: np.random.Generator | int, null_maps: int = 300) -> PatternKinds:
    """Classify maps as hexagonal, square or neither, beside noise with the same spectrum.

    Parameters
    ----------
    maps : array_like or torch.Tensor, [map, bin, bin]
        The maps.
    generator : numpy.random.Generator or int
        The source of the null's noise.
    null_maps : int
        Number of null maps.

    Returns
    -------
    PatternKinds
        The kinds and their thresholds.

    Raises
    ------
    TypeError, ValueError
        As `gridcells.scores.matched_null`.

    Notes
    -----
    Source: the criterion of Banino et al. 2018 (95th percentile of a null), with the null of `matched_null`.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> turns = np.linspace(0, 1, 20)
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), 0.6, orientation=turns, bins=32)
    >>> pattern_kinds(maps, generator=0).hexagonal.mean()
    np.float64(1.0)
    """
    scores = grid_scores(maps, keep_autocorrelogram=False)
    null = matched_null(maps, maps=null_maps, generator=generator)
    return kinds_of(scores, grid_scores(null, keep_autocorrelogram=False))


def kinds_of(scores: GridScores, null_scores: GridScores) -> PatternKinds:
    """Classify maps as hexagonal, square or neither, from their scores and a null's; see `pattern_kinds`.

    Notes
    -----
    Source: the criterion of Banino et al. 2018 (95th percentile of a null); that the greater of the two scores
    decides is ours.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), 0.6, orientation=np.linspace(0, 1, 5), bins=32)
    >>> noise = grid_scores(np.random.default_rng(0).random((50, 32, 32)))
    >>> kinds_of(grid_scores(maps), noise).hexagonal.tolist()
    [True, True, True, True, True]
    """
    first, second = (float(np.nanquantile(values, 0.95)) for values in (null_scores.score_60, null_scores.score_90))
    above_60, above_90 = scores.score_60 > first, scores.score_90 > second
    return PatternKinds(
        hexagonal=above_60 & (scores.score_60 > scores.score_90),
        square=above_90 & (scores.score_90 >= scores.score_60),
        above_60=float(above_60.mean()),
        above_90=float(above_90.mean()),
        threshold_60=first,
        threshold_90=second,
        scores=scores,
        null_scores=null_scores,
    )
