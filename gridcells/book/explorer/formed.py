"""What formed: the lattice that most maps show beyond what their own null shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gridcells.scores.grid import GridScores, grid_scores
from gridcells.scores.nulls.matched import compare_with_null, matched_null

__all__ = ["FORMS", "NULL_MAPS", "Formed", "lattice_formed"]

FORMS = ("hexagonal", "square", "neither")
NULL_MAPS = 200
MOST = 0.5  # share of the maps that must score above the null


@dataclass(frozen=True)
class Formed:
    """What formed, and why it is called so.

    Attributes
    ----------
    lattice : str
        "hexagonal", "square" or "neither".
    share_60, share_90 : float
        Share of the maps whose score at 60 and at 90 degrees is above the null's 95th percentile.
    null_60, null_90 : float
        Those percentiles.
    """

    lattice: str
    share_60: float
    share_90: float
    null_60: float
    null_90: float


def lattice_formed(maps: ArrayLike, scores: GridScores, *, seed: int = 0) -> Formed:
    """Return which lattice a set of maps has formed, decided by their scores against their own null.

    The null is noise with the maps' spectrum, averaged over directions, and their share of silent bins. A lattice has
    formed where at least half of the maps score above the null's 95th percentile; of two, the one with more maps.

    Parameters
    ----------
    maps : array_like, [cell, bin, bin]
        The maps as they were scored.
    scores : GridScores
        Their scores.
    seed : int
        Of the null's noise.

    Returns
    -------
    Formed
        The lattice, and the shares and thresholds that decide.

    Raises
    ------
    ValueError
        If every map is flat.

    Notes
    -----
    Source: the 95th percentile of a null as the criterion, Banino et al. 2018 (methods); the null is
    `gridcells.scores.matched_null`; "at least half" is ours.

    Examples
    --------
    >>> from gridcells.scores import lattice_maps
    >>> from gridcells.world import Rectangle
    >>> maps = lattice_maps(Rectangle(2.0, 2.0), [0.5] * 4, kind="square", orientation=[0, 0.2, 0.4, 0.6], bins=32)
    >>> lattice_formed(maps, grid_scores(maps)).lattice
    'square'
    """
    null = grid_scores(matched_null(np.asarray(maps), maps=NULL_MAPS, generator=seed))
    at_60 = compare_with_null(scores.score_60, null.score_60)
    at_90 = compare_with_null(scores.score_90, null.score_90)
    shares = {"hexagonal": at_60.share_above, "square": at_90.share_above}
    best = max(shares, key=lambda name: shares[name])
    return Formed(
        lattice=best if shares[best] >= MOST else "neither",
        share_60=at_60.share_above,
        share_90=at_90.share_above,
        null_60=at_60.threshold,
        null_90=at_90.threshold,
    )
