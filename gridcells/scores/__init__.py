"""Is it a grid? Spatial scores of rate maps, and what chance would score."""

from __future__ import annotations

from gridcells.scores.annulus import AnnulusScores, annulus_grid_scores
from gridcells.scores.autocorrelogram import spatial_autocorrelogram
from gridcells.scores.border import border_scores
from gridcells.scores.fields import Fields, find_fields
from gridcells.scores.geometry import GridGeometry, grid_geometry
from gridcells.scores.grid import PUBLISHED_RINGS, GridScores, grid_scores, turning_curve
from gridcells.scores.noise import low_pass_noise
from gridcells.scores.nulls import NullComparison, compare_with_null, matched_null
from gridcells.scores.scales import Discreteness, ScaleClusters, cluster_scales, discreteness
from gridcells.scores.shuffles import field_shuffle, time_shuffle
from gridcells.scores.significance import Significance, significance

__all__ = [
    "PUBLISHED_RINGS",
    "AnnulusScores",
    "Discreteness",
    "Fields",
    "GridGeometry",
    "GridScores",
    "NullComparison",
    "ScaleClusters",
    "Significance",
    "annulus_grid_scores",
    "border_scores",
    "cluster_scales",
    "compare_with_null",
    "discreteness",
    "field_shuffle",
    "find_fields",
    "grid_geometry",
    "grid_scores",
    "low_pass_noise",
    "matched_null",
    "significance",
    "spatial_autocorrelogram",
    "time_shuffle",
    "turning_curve",
]
