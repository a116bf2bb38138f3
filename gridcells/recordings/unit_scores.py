"""Every score of the units of a recording themselves, chance apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gridcells.recordings.chance import half_maps, own_speed_scores
from gridcells.recordings.recording import Recording
from gridcells.scores.border import border_scores
from gridcells.scores.direction import head_direction_tuning, resultant_vector
from gridcells.scores.fields import find_fields
from gridcells.scores.geometry import grid_geometry
from gridcells.scores.grid import grid_scores
from gridcells.scores.information import coherence, information_bias, sparsity, spatial_information
from gridcells.scores.rhythm import COARSEST, FEWEST, rounded_to, theta_indices
from gridcells.scores.smoothing import effective_bins
from gridcells.scores.stability import map_correlation
from gridcells.scores.walls import REACH, unreached_walls

__all__ = ["OPTIONAL", "not_measured", "own_scores"]

OPTIONAL = ("resultant_length", "spikes", "information_corrected", "stability", "speed_score", "theta_index")
CHUNK = 2**20  # bins of rate maps that are described at a time: some 200 MB of scratch, whatever their number
MIN_FIELD, MIN_PEAK = 0.01, 1.0  # m² and Hz, of a field of spikes


def own_scores(recording: Recording, arena: str, *, grid: bool, border_form: str = "relative") -> dict[str, np.ndarray]:
    """Return every score of the units themselves."""
    maps, size, report = recording.rate_maps, recording.bin_size, recording.hygiene
    assert maps is not None and report is not None
    trains = recording.spikes
    described = [
        _described(maps[part], size, recording.occupancy, arena, border_form, grid, trains is not None)
        for part in _parts(maps)
    ]
    found = {name: np.concatenate([part[name] for part in described]) for name in described[0]}
    unknown = np.full(len(maps), np.nan)
    scores = grid_scores(maps, bin_size=size, keep_autocorrelogram=False) if grid else None
    found["score_60"] = unknown if scores is None else scores.score_60
    found["score_90"] = unknown if scores is None else scores.score_90
    if (resultant := _resultant_length(recording)) is not None:
        found["resultant_length"] = resultant
    if (halves := half_maps(recording)) is not None:
        found["stability"] = map_correlation(*halves)
    if (speed := own_speed_scores(recording)) is not None:
        found["speed_score"] = speed
    if trains is not None and recording.occupancy is not None and size is not None:
        found["spikes"] = trains.count
        found["theta_index"] = theta_indices([trains.time[trains.of(unit)] for unit in range(trains.units)])
        found["information_corrected"] = np.full(len(maps), np.nan)
        if not isinstance(report.smooth, str):
            bins = effective_bins(
                recording.occupancy, bin_size=size, width=report.smooth, min_occupancy=report.min_occupancy
            )
            bias = information_bias(trains.count, max(bins, 1.0))
            found["information_corrected"] = found["spatial_information"] - bias
    return found


def not_measured(recording: Recording, arena: str, track: bool, border_form: str = "relative") -> list[str]:
    """Return why scores are missing, and which walls or spikes they know nothing of."""
    said = []
    report, size = recording.hygiene, recording.bin_size
    assert report is not None
    if track:
        said.append("grid and border scores: none on a track")
    elif size is None:
        said.append("border scores: none, since the size of a bin is not known (bin_size, --bin-size)")
    elif not arena and report.shape == "circle":
        said.append(f"border scores: none, since {border_form!r} looks at the sides of a square, and this is a circle")
    elif not arena:
        said.append("border scores: none, since what was visited is neither a rectangle along the axes nor a circle")
    elif arena == "rectangle" and recording.rate_maps is not None:
        said += _unreached(~np.isnan(recording.rate_maps).all(axis=0), np.array(size))
    trains = recording.spikes
    if trains is not None:
        coarse = [rounded_to(trains.time[trains.of(unit)]) for unit in range(trains.units)]
        if max(coarse, default=0.0) > COARSEST and (trains.count >= FEWEST)[np.argmax(coarse)]:
            said.append(f"theta index: none of times that are rounded to more than 10 ms ({1000 * max(coarse):.3g} ms)")
    if recording.heading is not None and recording.activity is not None:
        share = float(np.isfinite(recording.heading).mean())
        if share < 1:
            said.append(f"heading: known in {share:.1%} of the samples, tuning is theirs")
    return said


def _unreached(shown: np.ndarray, size: np.ndarray) -> list[str]:
    """Return a word on which walls count for nothing in border scores, since the path ends before them."""
    walls = unreached_walls(shown, size)
    far = f"nothing was visited within {100 * REACH:g} cm of half of it"
    if len(walls) == 4:
        return [f"border scores: none, since no wall was reached ({far}); bounds says where the arena ends"]
    return [f"border scores: the wall at {wall} counts for nothing, since {far}" for wall in walls]


def _parts(maps: np.ndarray) -> Iterator[slice]:
    """Split the units into slices small enough to describe at a time."""
    step = max(1, CHUNK // (maps.shape[1] * maps.shape[2]))
    return (slice(start, start + step) for start in range(0, len(maps), step))


def _described(
    maps: np.ndarray,
    size: tuple[float, float] | None,
    occupancy: np.ndarray | None,
    arena: str,
    border_form: str,
    grid: bool,
    spiking: bool,
) -> dict[str, np.ndarray]:
    """Return the columns that have nothing to do with chance, for some of the units."""
    side = (1.0, 1.0) if size is None else size
    unknown = np.full(len(maps), np.nan)
    lattice = grid_geometry(maps, bin_size=side) if grid else None
    visited = ~np.isnan(maps)
    spent = visited * (1.0 if occupancy is None else occupancy)
    total = spent.sum(axis=(1, 2))
    mean = np.sum(spent * np.where(visited, maps, 0.0), axis=(1, 2)) / np.where(total > 0, total, np.nan)
    peak = np.max(maps, axis=(1, 2), where=visited, initial=-np.inf)
    below = (maps < 0).any(axis=(1, 2), keepdims=True)
    rates = np.where(below, np.nan, maps)  # what is negative is no rate, and says nothing in bits
    field_rules = {"min_area": MIN_FIELD if grid else 0.0, "min_peak": MIN_PEAK} if spiking else {}
    return {
        "spacing": unknown if lattice is None else lattice.spacing,
        "orientation": unknown if lattice is None else lattice.orientation,
        "ellipticity": unknown if lattice is None else lattice.ellipticity,
        "border_score": border_scores(maps, bin_size=side, form=border_form, arena=arena) if arena else unknown,
        "spatial_information": spatial_information(rates, occupancy),
        "sparsity": sparsity(rates, occupancy),
        "coherence": coherence(maps),
        "fields": find_fields(maps, bin_size=side, **field_rules).count,
        "mean_rate": mean,
        "peak_rate": np.where(visited.any(axis=(1, 2)), peak, np.nan),
    }


def _resultant_length(recording: Recording) -> np.ndarray | None:
    """Return how sharply each unit is tuned to heading, [unit], if headings are known."""
    heading, activity, duration = recording.heading, recording.activity, recording.duration
    if heading is None or activity is None or np.isnan(heading).all():
        return None
    known = np.isfinite(heading)
    tuning = head_direction_tuning(
        heading[known], activity[known], duration=None if duration is None else duration[known]
    )
    below = (tuning < 0).any(axis=1, keepdims=True)
    return resultant_vector(np.where(below, np.nan, tuning)).length
