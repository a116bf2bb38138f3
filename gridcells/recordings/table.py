"""Scoring a recording: every spatial score of every unit, beside what chance would score, as one table."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from gridcells._common.checks import check_choice, check_count, check_generator
from gridcells.recordings.mapping import map_recording
from gridcells.recordings.measures import about
from gridcells.recordings.recording import Recording
from gridcells.scores.border import border_scores
from gridcells.scores.direction import head_direction_tuning, resultant_vector
from gridcells.scores.fields import find_fields
from gridcells.scores.geometry import grid_geometry
from gridcells.scores.grid import GridScores, check_sides, grid_scores
from gridcells.scores.information import coherence, sparsity, spatial_information
from gridcells.scores.nulls.p_values import Progress, Significance, significance
from gridcells.scores.nulls.shuffles import time_shuffle

__all__ = ["SCORING_NULLS", "ScoreTable", "score_recording"]

SCORING_NULLS = ("matched", "field_shuffle", "low_pass", "time_shuffle", "none")
SHUFFLES = 100  # of the time, unless said
CHUNK = 2**20  # bins of rate maps that are described at a time: some 200 MB of scratch, whatever their number


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """What each unit scores, one entry a unit. NaN stands for what a unit does not have: a flat map has no score.

    Attributes
    ----------
    unit : tuple of str
        Names.
    score_60, score_90 : numpy.ndarray
        Grid scores, see `grid_scores`.
    null_quantile, p_value : numpy.ndarray
        Where score_60 lies among the null's, see `significance`; NaN without a null.
    spacing : numpy.ndarray
        Distance between neighbouring fields, in ``length_unit``; like the next two it means something only where the
        grid score says that there is a grid. See `grid_geometry`.
    orientation : numpy.ndarray
        Direction from a field to a neighbouring one, rad.
    ellipticity : numpy.ndarray
        Long over short axis of the ellipse through the six nearest peaks.
    border_score : numpy.ndarray
        See `border_scores`; NaN where the size of a bin is not known.
    spatial_information : numpy.ndarray
        Bits per spike; NaN for a unit whose activity goes below 0.
    sparsity : numpy.ndarray
        Share of the arena in which a unit fires; NaN for a unit whose activity goes below 0.
    coherence : numpy.ndarray
        Correlation of bins with their neighbours.
    fields : numpy.ndarray
        Number of firing fields, see `find_fields`; 0 for a flat map.
    mean_rate, peak_rate : numpy.ndarray
        Mean over time (over bins, where it is not known how long each was visited) and highest rate of the map.
    resultant_length : numpy.ndarray or None
        Of the head-direction tuning, 0 to 1; NaN for a unit whose activity goes below 0. None if no heading is known.
    length_unit : {"m", "bins"}
        Bins, if it is not known how large they are.
    null : str
        What chance was.
    significance : Significance or None
        The population beside the null.
    """

    unit: tuple[str, ...]
    score_60: np.ndarray
    score_90: np.ndarray
    null_quantile: np.ndarray
    p_value: np.ndarray
    spacing: np.ndarray
    orientation: np.ndarray
    ellipticity: np.ndarray
    border_score: np.ndarray
    spatial_information: np.ndarray
    sparsity: np.ndarray
    coherence: np.ndarray
    fields: np.ndarray
    mean_rate: np.ndarray
    peak_rate: np.ndarray
    resultant_length: np.ndarray | None
    length_unit: str
    null: str
    significance: Significance | None

    def columns(self) -> dict[str, np.ndarray]:
        """Return the columns by their names, lengths and angles with their unit, as a file holds them."""
        names = {"spacing": f"spacing_{self.length_unit}", "orientation": "orientation_rad"}
        names |= {"spatial_information": "information_bits_per_spike"}
        kept = [field.name for field in dataclasses.fields(self)][:-3]
        found = {names.get(name, name): getattr(self, name) for name in kept}
        return {name: np.asarray(values) for name, values in found.items() if values is not None}


def score_recording(
    recording: Recording,
    *,
    bins: int | tuple[int, int] | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    outside: str = "raise",
    null: str = "matched",
    shuffles: int | None = None,
    generator: np.random.Generator | int | None = None,
    progress: Progress | None = None,
) -> ScoreTable:
    """Score every unit of a recording.

    Parameters
    ----------
    recording : Recording
        Rate maps, or positions and activity, of which maps are made first.
    bins, bounds, outside : optional
        How to make maps, see `map_recording`.
    null : {"matched", "field_shuffle", "low_pass", "time_shuffle", "none"}
        What chance is, see `significance`; "time_shuffle" needs positions with times and shifts the activity by 20 s at
        least; "none" compares with nothing.
    shuffles : int, optional
        Number of null maps, of each unit (field and time shuffle, 100 by default) or for all (1000).
    generator : numpy.random.Generator or int, optional
        Source of the null, or a seed for one.
    progress : callable, optional
        Called with the number of null maps scored so far and their number in all.

    Returns
    -------
    ScoreTable
        One entry a unit.

    Raises
    ------
    TypeError
        If there is a null but neither generator nor seed.
    ValueError
        If maps have fewer than 4 bins a side, are not square while the size of a bin is unknown, or all are flat.

    Notes
    -----
    Source: of each column, that of its own function. Fields, border and coherence are those of the maps as they are:
    noisy maps have many small fields.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), [0.5, 0.7])
    >>> table = score_recording(Recording.of(rate_maps=maps, bin_size=0.11), shuffles=100, generator=0)
    >>> table.score_60.round(1), table.spacing.round(2), table.p_value.round(2)
    (array([1.2, 1.7]), array([0.5, 0.7]), array([0.01, 0.01]))
    """
    check_choice(null, "null", SCORING_NULLS)
    recording = map_recording(recording, bins=bins, bounds=bounds, outside=outside)
    maps, size = recording.rate_maps, recording.bin_size
    assert maps is not None
    with about(recording.source):
        check_sides(maps, size)
    first: list[GridScores] = []

    def score(some: np.ndarray) -> GridScores:
        result = grid_scores(some, bin_size=size, keep_autocorrelogram=False)
        first[:] = first or [result]  # the units' own come before the null's
        return result

    beside = None
    if null == "none":
        score(maps)
    else:
        chance: str | Iterator[np.ndarray] = null
        report = progress
        if null == "time_shuffle":
            count = SHUFFLES if shuffles is None else check_count(shuffles, "shuffles")
            chance, shuffles = _time_shuffle(recording, count, generator), None
            if progress is not None:
                report = partial(_of_total, progress, count * len(maps))
        with about(recording.source):
            beside = significance(
                maps,
                null=chance,
                shuffles=shuffles,
                generator=generator,
                score=score,
                bin_size=1.0 if size is None else size,
                progress=report,
            )
    unknown = np.full(len(maps), np.nan)
    described = [_described(maps[part], size, recording.occupancy) for part in _parts(maps)]
    columns = {name: np.concatenate([part[name] for part in described]) for name in described[0]}
    return ScoreTable(
        unit=recording.unit,
        score_60=first[0].score_60,
        score_90=first[0].score_90,
        null_quantile=unknown if beside is None else beside.null_quantile,
        p_value=unknown if beside is None else beside.p_value,
        **columns,
        resultant_length=_resultant_length(recording),
        length_unit="bins" if size is None else "m",
        null=null,
        significance=beside,
    )


def _of_total(progress: Progress, total: int, done: int, _: int | None) -> None:
    """Report progress towards a total that the null itself does not know."""
    progress(done, total)


def _parts(maps: np.ndarray) -> Iterator[slice]:
    """Split the units into slices small enough to describe at a time."""
    step = max(1, CHUNK // (maps.shape[1] * maps.shape[2]))
    return (slice(start, start + step) for start in range(0, len(maps), step))


def _described(
    maps: np.ndarray, size: tuple[float, float] | None, occupancy: np.ndarray | None
) -> dict[str, np.ndarray]:
    """Return the columns that have nothing to do with chance, for some of the units."""
    side = (1.0, 1.0) if size is None else size
    lattice = grid_geometry(maps, bin_size=side)
    visited = ~np.isnan(maps)
    spent = visited * (1.0 if occupancy is None else occupancy)
    total = spent.sum(axis=(1, 2))
    mean = np.sum(spent * np.where(visited, maps, 0.0), axis=(1, 2)) / np.where(total > 0, total, np.nan)
    peak = np.max(maps, axis=(1, 2), where=visited, initial=-np.inf)
    below = (maps < 0).any(axis=(1, 2), keepdims=True)
    rates = np.where(below, np.nan, maps)  # what is negative is no rate, and says nothing in bits
    return {
        "spacing": lattice.spacing,
        "orientation": lattice.orientation,
        "ellipticity": lattice.ellipticity,
        "border_score": np.full(len(maps), np.nan) if size is None else border_scores(maps, bin_size=size),
        "spatial_information": spatial_information(rates, occupancy),
        "sparsity": sparsity(rates, occupancy),
        "coherence": coherence(maps),
        "fields": find_fields(maps, bin_size=side).count,
        "mean_rate": mean,
        "peak_rate": np.where(visited.any(axis=(1, 2)), peak, np.nan),
    }


def _resultant_length(recording: Recording) -> np.ndarray | None:
    """Return how sharply each unit is tuned to heading, [unit], if headings are known."""
    if recording.heading is None or recording.activity is None:
        return None
    tuning = head_direction_tuning(recording.heading, recording.activity)
    below = (tuning < 0).any(axis=1, keepdims=True)
    return resultant_vector(np.where(below, np.nan, tuning)).length


def _time_shuffle(
    recording: Recording, shuffles: int, generator: np.random.Generator | int | None
) -> Iterator[np.ndarray]:
    """Return null maps with the activity shifted in time."""
    maps, step, source = recording.rate_maps, recording.time_step, check_generator(generator)
    with about(recording.source):
        position, activity, box = recording.position, recording.activity, recording.box
        if position is None or activity is None or box is None or maps is None or step is None:
            raise ValueError("time: expected positions, activity and their times for null 'time_shuffle', got none")
        return time_shuffle(
            position,
            activity,
            box,
            time_step=step,
            bins=(maps.shape[1], maps.shape[2]),
            shuffles=shuffles,
            generator=source,
            outside="ignore",
        )
