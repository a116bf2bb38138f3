"""Scoring a recording: every spatial score of every unit, beside what chance would score, as one table."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridcells._common.checks import check_choice, check_count, check_generator
from gridcells.recordings.chance import p_values, theta_null, time_nulls
from gridcells.recordings.hygiene import Hygiene
from gridcells.recordings.mapping import map_recording
from gridcells.recordings.measures import about
from gridcells.recordings.recording import Recording
from gridcells.recordings.unit_scores import OPTIONAL, not_measured, own_scores
from gridcells.scores.border import BORDER_FORMS, SIDE_FORMS, border_scores
from gridcells.scores.grid import check_sides, hexagonal_scores
from gridcells.scores.nulls.p_values import Progress, Significance, significance

__all__ = ["SCORING_NULLS", "ScoreTable", "score_recording"]

SCORING_NULLS = ("auto", "matched", "field_shuffle", "low_pass", "time_shuffle", "none")
SHUFFLES = 100  # of the time, unless said
#: The columns of p-values, and the scores that they are of.
CHANCES = {
    "information": "spatial_information",
    "border": "border_score",
    "resultant": "resultant_length",
    "stability": "stability",
    "speed": "speed_score",
    "theta": "theta_index",
}


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """What each unit scores, one entry a unit. NaN stands for what a unit does not have: a flat map has no score.

    Attributes
    ----------
    unit : tuple of str
        Names.
    score_60, score_90 : numpy.ndarray
        Grid scores, see `grid_scores`; NaN on a track.
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
        See `border_scores`, of the form asked for; NaN where the size of a bin is not known, or the arena is neither
        rectangle nor circle.
    spatial_information : numpy.ndarray
        Bits per spike; NaN for a unit whose activity goes below 0.
    sparsity : numpy.ndarray
        Share of the arena in which a unit fires; NaN for a unit whose activity goes below 0.
    coherence : numpy.ndarray
        Correlation of bins with their neighbours.
    fields : numpy.ndarray
        Number of firing fields, see `find_fields`; of spikes those of 100 cm² and 1 Hz at least. 0 for a flat map.
    mean_rate, peak_rate : numpy.ndarray
        Mean over time (over bins, where it is not known how long each was visited) and highest rate of the map.
    resultant_length : numpy.ndarray or None
        Of the head-direction tuning, 0 to 1; NaN for a unit whose activity goes below 0. None if no heading is known.
    spikes : numpy.ndarray or None
        Number of spikes that count.
    information_corrected : numpy.ndarray or None
        Spatial information less its bias, see `information_bias`; of adaptively smoothed maps less the mean of the
        shuffles. None without spike times.
    stability : numpy.ndarray or None
        Correlation of the maps of the first and the second half.
    speed_score : numpy.ndarray or None
        See `speed_scores`; None where no times are known.
    theta_index : numpy.ndarray or None
        See `theta_indices`; None without spike times.
    information_p, border_p, resultant_p, stability_p, speed_p, theta_p : numpy.ndarray or None
        Probabilities that chance scores as high: with the null "time_shuffle" all that can be had (theta: spikes moved
        by up to 0.1 s), with another that of the border score alone.
    length_unit : {"m", "bins"}
        Bins, if it is not known how large they are.
    null : str
        What chance was.
    significance : Significance or None
        The grid scores beside the null.
    nulls : dict of str to numpy.ndarray
        What chance scored, [shuffle, unit], by the name of the score.
    hygiene : Hygiene or None
        What was left out, how maps were made, and what was not measured and why.
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
    spikes: np.ndarray | None
    information_corrected: np.ndarray | None
    stability: np.ndarray | None
    speed_score: np.ndarray | None
    theta_index: np.ndarray | None
    information_p: np.ndarray | None
    border_p: np.ndarray | None
    resultant_p: np.ndarray | None
    stability_p: np.ndarray | None
    speed_p: np.ndarray | None
    theta_p: np.ndarray | None
    length_unit: str
    null: str
    significance: Significance | None
    nulls: dict[str, np.ndarray]
    hygiene: Hygiene | None

    def columns(self) -> dict[str, np.ndarray]:
        """Return the columns by their names, lengths and angles with their unit, as a file holds them."""
        names = {"spacing": f"spacing_{self.length_unit}", "orientation": "orientation_rad"}
        names |= {"spatial_information": "information_bits_per_spike"}
        names |= {"information_corrected": "information_corrected_bits_per_spike"}
        kept = [field.name for field in dataclasses.fields(self)][:-5]
        found = {names.get(name, name): getattr(self, name) for name in kept}
        return {name: np.asarray(values) for name, values in found.items() if values is not None}


def score_recording(
    recording: Recording,
    *,
    bins: int | tuple[int, int] | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    outside: str = "raise",
    smooth: float | str | None = None,
    min_occupancy: float | None = None,
    min_speed: float | None = None,
    max_speed: float | None = None,
    border_form: str = "relative",
    null: str = "auto",
    shuffles: int | None = None,
    generator: np.random.Generator | int | None = None,
    progress: Progress | None = None,
) -> ScoreTable:
    """Score every unit of a recording.

    Parameters
    ----------
    recording : Recording
        Rate maps, or positions and activity, of which maps are made first.
    bins, bounds, outside, smooth, min_occupancy, min_speed, max_speed : optional
        How to make maps, see `map_recording`.
    border_form : {"relative", "solstad", "banino", "sorscher_code"}
        Which border score, see `border_scores`. By the published form a unit that fires everywhere scores 0.5, where
        border cells begin, and a grid cell with fields at the walls whatever these fields' areas are beside 200 cm²;
        "relative" has neither. Of 48 simulated units a kind, ten minutes each, mapped in bins of 2 to 5 cm: border
        cells score 0.51 to 0.58 (5 to 95 %), uniform units 0.00, grid cells -0.75 to -0.50, none of these above 0.04;
        by the published form 0.80 to 0.84, 0.50, and -0.46 to -0.01. A recorded grid cell scores -0.55 to -0.35
        whatever the bins and the smoothing, by the published form -0.19 to 0.29. So 0.3, not 0.5, is a bar for
        "relative", and ``border_p`` a better one.
    null : {"auto", "matched", "field_shuffle", "low_pass", "time_shuffle", "none"}
        What chance is, see `significance`; "time_shuffle" needs positions with times and shifts the activity by 20 s at
        least; "none" compares with nothing. "auto" is "time_shuffle" for spike times and "matched" otherwise.
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
    noisy maps have many small fields, see ``smooth``.

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
    check_choice(border_form, "border_form", BORDER_FORMS)
    if null == "auto":
        null = "time_shuffle" if recording.spikes is not None else "matched"
    recording = map_recording(
        recording,
        bins=bins,
        bounds=bounds,
        outside=outside,
        smooth=smooth,
        min_occupancy=min_occupancy,
        min_speed=min_speed,
        max_speed=max_speed,
    )
    maps, size, report = recording.rate_maps, recording.bin_size, recording.hygiene
    assert maps is not None and report is not None
    track = report.shape == "track"
    with about(recording.source):
        if not track:
            check_sides(maps, size)
        source = None if null == "none" else check_generator(generator)
        arena = report.shape if size is not None and report.shape in ("rectangle", "circle") else ""
        if arena == "circle" and border_form in SIDE_FORMS:
            arena = ""
        found = own_scores(recording, arena, grid=not track, border_form=border_form)
        nulls: dict[str, np.ndarray] = {}
        beside = None
        if null == "time_shuffle":
            count = SHUFFLES if shuffles is None else check_count(shuffles, "shuffles")
            if recording.position is None or recording.activity is None:
                raise ValueError("time: expected positions, activity and their times for null 'time_shuffle', got none")
            nulls = time_nulls(
                recording,
                shuffles=count,
                generator=source,
                grid=not track,
                arena=arena,
                border_form=border_form,
                progress=progress,
            )
            if (theta := theta_null(recording, count, check_generator(source))) is not None:
                nulls["theta_index"] = theta
            if not track:
                own = found["score_60"]
                beside = significance(maps, null=nulls["score_60"], score=lambda _: own)
        elif null != "none" and not track:
            beside, nulls = _map_null(
                recording, null, arena, border_form, shuffles, source, found["score_60"], progress
            )
    unknown = np.full(len(maps), np.nan)
    chances = {f"{short}_p": _chance(found.get(name), nulls.get(name)) for short, name in CHANCES.items()}
    if report.smooth == "adaptive" and "spatial_information" in nulls:
        found["information_corrected"] = found["spatial_information"] - np.nanmean(nulls["spatial_information"], axis=0)
    columns: dict[str, Any] = {name: found.get(name) for name in OPTIONAL} | chances  # None: no such score
    return ScoreTable(
        unit=recording.unit,
        null_quantile=unknown if beside is None else beside.null_quantile,
        p_value=unknown if beside is None else beside.p_value,
        **{name: values for name, values in found.items() if name not in OPTIONAL},
        **columns,
        length_unit="bins" if size is None else "m",
        null=null,
        significance=beside,
        nulls=nulls,
        hygiene=report.with_more(*not_measured(recording, arena, track, border_form)),
    )


def _chance(own: np.ndarray | None, null: np.ndarray | None) -> np.ndarray | None:
    """Return p-values where there is a score and its null."""
    return None if own is None or null is None else p_values(own, null)


def _map_null(
    recording: Recording,
    null: str,
    arena: str,
    border_form: str,
    shuffles: int | None,
    source: np.random.Generator | None,
    own: np.ndarray,
    progress: Progress | None,
) -> tuple[Significance, dict[str, np.ndarray]]:
    """Return the grid scores beside a null of maps, and what it scores for borders."""
    maps, size = recording.rate_maps, recording.bin_size
    assert maps is not None
    borders: list[np.ndarray] = []
    asked = False

    def score(some: np.ndarray) -> np.ndarray:
        nonlocal asked
        if not asked:  # the units' own come before the null's
            asked = True
            return own
        if arena and size is not None:
            borders.append(border_scores(some, bin_size=size, form=border_form, arena=arena))
        return hexagonal_scores(some, bin_size=size)

    beside = significance(
        maps,
        null=null,
        shuffles=shuffles,
        generator=source,
        score=score,
        bin_size=1.0 if size is None else size,
        progress=progress,
    )
    if not borders:
        return beside, {}
    scores = np.concatenate(borders)
    shape = beside.null_scores.shape
    return beside, {"border_score": scores.reshape(shape if len(shape) == 2 else (-1, 1))}
