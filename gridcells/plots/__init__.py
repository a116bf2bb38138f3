"""Drawing what the other rooms return, in one style; nothing is computed but the layout, no training is imported.

Every ``plot_*`` takes arrays (numpy or torch), draws into ``ax`` or into a new figure, and returns the axes. Maps are
[x, y], x first; they are drawn with x to the right and y upwards.
"""

from gridcells.plots.architecture import plot_architecture
from gridcells.plots.curves import (
    plot_head_direction_tuning,
    plot_learning_curve,
    plot_score_histogram,
    plot_speed_and_turn,
    plot_tuning_curves,
)
from gridcells.plots.datasets import plot_dataset
from gridcells.plots.debate import plot_against_null, plot_families, plot_settings
from gridcells.plots.distributions import plot_distributions
from gridcells.plots.films import plot_film_frame
from gridcells.plots.maps import plot_autocorrelogram, plot_occupancy, plot_rate_map, plot_rate_map_sheet
from gridcells.plots.paths import plot_arena, plot_decoded_path, plot_place_code, plot_trajectory
from gridcells.plots.scoring import plot_score_scatter, plot_shares, plot_turning_curve
from gridcells.plots.style import COLOURS, use_style
from gridcells.plots.theory import (
    plot_choices,
    plot_covariance,
    plot_eigenvalues,
    plot_map_grid,
    plot_map_table,
    plot_predicted_spacing,
    plot_radial_spectra,
)
from gridcells.plots.topology import plot_barcode, plot_phase_over_arena
from gridcells.plots.tradeoffs import plot_frontier, plot_lines
from gridcells.plots.units import (
    plot_directions,
    plot_error_over_time,
    plot_scales,
    plot_unit_scatter,
    plot_unit_shares,
)
from gridcells.plots.wiring import plot_biases, plot_connectivity, plot_push, plot_recurrent_eigenvalues

__all__ = [
    "COLOURS",
    "plot_architecture",
    "plot_against_null",
    "plot_arena",
    "plot_autocorrelogram",
    "plot_barcode",
    "plot_biases",
    "plot_choices",
    "plot_connectivity",
    "plot_covariance",
    "plot_dataset",
    "plot_decoded_path",
    "plot_directions",
    "plot_distributions",
    "plot_eigenvalues",
    "plot_error_over_time",
    "plot_families",
    "plot_film_frame",
    "plot_frontier",
    "plot_head_direction_tuning",
    "plot_learning_curve",
    "plot_lines",
    "plot_map_grid",
    "plot_map_table",
    "plot_occupancy",
    "plot_phase_over_arena",
    "plot_place_code",
    "plot_predicted_spacing",
    "plot_push",
    "plot_radial_spectra",
    "plot_rate_map",
    "plot_rate_map_sheet",
    "plot_recurrent_eigenvalues",
    "plot_scales",
    "plot_score_histogram",
    "plot_score_scatter",
    "plot_settings",
    "plot_shares",
    "plot_speed_and_turn",
    "plot_trajectory",
    "plot_tuning_curves",
    "plot_turning_curve",
    "plot_unit_scatter",
    "plot_unit_shares",
    "use_style",
]
