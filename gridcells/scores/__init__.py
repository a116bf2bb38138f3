"""Is it a grid? Spatial scores of rate maps, and what chance would score."""

from __future__ import annotations

from gridcells.scores.annulus import AnnulusScores, annulus_grid_scores
from gridcells.scores.autocorrelogram import spatial_autocorrelogram
from gridcells.scores.geometry import GridGeometry, grid_geometry
from gridcells.scores.grid import PUBLISHED_RINGS, GridScores, grid_scores, turning_curve
from gridcells.scores.nulls import NullComparison, compare_with_null, matched_null

__all__ = [
    "PUBLISHED_RINGS",
    "AnnulusScores",
    "GridGeometry",
    "GridScores",
    "NullComparison",
    "annulus_grid_scores",
    "compare_with_null",
    "grid_geometry",
    "grid_scores",
    "matched_null",
    "spatial_autocorrelogram",
    "turning_curve",
]
