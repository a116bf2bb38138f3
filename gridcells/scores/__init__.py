"""Is it a grid? Spatial scores of rate maps, and what chance would score."""

from __future__ import annotations

from gridcells.scores.annulus import AnnulusScores, annulus_grid_scores
from gridcells.scores.autocorrelogram import spatial_autocorrelogram
from gridcells.scores.border import border_scores
from gridcells.scores.direction import ResultantVector, head_direction_tuning, rayleigh_test, resultant_vector
from gridcells.scores.fields import Fields, find_fields
from gridcells.scores.geometry import GridGeometry, grid_geometry
from gridcells.scores.grid import PUBLISHED_RINGS, GridScores, grid_scores, turning_curve
from gridcells.scores.information import coherence, sparsity, spatial_information
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
    "ResultantVector",
    "ScaleClusters",
    "Significance",
    "annulus_grid_scores",
    "border_scores",
    "cluster_scales",
    "coherence",
    "compare_with_null",
    "discreteness",
    "field_shuffle",
    "find_fields",
    "grid_geometry",
    "grid_scores",
    "head_direction_tuning",
    "low_pass_noise",
    "matched_null",
    "rayleigh_test",
    "resultant_vector",
    "significance",
    "sparsity",
    "spatial_autocorrelogram",
    "spatial_information",
    "time_shuffle",
    "turning_curve",
]
