"""Putting spike times onto a tracked path: from what a lab has to cleaned samples, their durations and their rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice
from gridcells.recordings.hygiene import Hygiene
from gridcells.recordings.measures import Known, Measures, check_box, check_heading, check_steps
from gridcells.recordings.series import on_times, series_of
from gridcells.recordings.tracking import (
    clean_tracking,
    heading_of_leds,
    heading_of_movement,
    lost_samples,
    robust_box,
    sample_halves,
)
from gridcells.recordings.trains import placed, trains_of

__all__ = ["spike_session"]


def spike_session(
    position: object,
    time: ArrayLike | None,
    spike_times: object,
    measures: Measures,
    *,
    spike_units: ArrayLike | None,
    heading: object,
    heading_from: str,
    second_led: object,
    max_jump_speed: float,
    longest_gap: float,
    notes: Sequence[str],
) -> Known:
    """Return what `Recording.of` keeps of spikes on a path; the arguments are those of `Recording.from_spikes`."""
    check_choice(heading_from, "heading_from", ("", "movement"))
    place, clock, _ = series_of(position, "position")
    path = as_numpy(place, "position")
    if path.ndim != 2 or path.shape[1] != 2:
        raise ValueError(f"position: expected shape [sample, 2], got {path.shape}")
    moments = clock if time is None else time
    stamps = np.empty(0) if moments is None else as_numpy(moments, "time")
    if stamps.shape != path.shape[:1]:
        raise ValueError(f"time: expected one a sample, {path.shape[:1]}, got {stamps.shape}")
    stamps = stamps * measures.seconds
    check_steps(stamps[np.isfinite(stamps)], measures.trusted)
    said = list(notes)
    direction = None
    if heading is not None:
        values, towards, _ = series_of(heading, "heading")
        angles = as_numpy(values, "heading") * measures.radians
        check_heading(angles, measures.trusted)
        if towards is not None and not (len(towards) == len(stamps) and np.allclose(towards, stamps)):
            beside = np.asarray(towards) * measures.seconds
            angles = on_times(angles.reshape(-1), beside, stamps, circular=True, longest_gap=longest_gap)
            said.append("heading: interpolated on the circle onto the times of the positions")
        direction = angles.reshape(-1)
        if direction.shape != stamps.shape:
            raise ValueError(f"heading: expected one a sample, {stamps.shape}, got {direction.shape}")
    lost = lost_samples(path)
    path = path * measures.metres
    if second_led is not None:
        back = as_numpy(series_of(second_led, "position")[0], "second_led")
        if back.shape != path.shape:
            raise ValueError(f"second_led: expected the shape of position {path.shape}, got {back.shape}")
        back_lost = lost_samples(back)
        front = np.where(lost[:, None], np.nan, path)
        back = np.where(back_lost[:, None], np.nan, back * measures.metres)
        if direction is None:
            direction = heading_of_leds(front, back)
            said.append(f"heading: from the two lights, known in {np.isfinite(direction).mean():.1%} of the samples")
        path = np.where(lost[:, None], back, np.where(back_lost[:, None], front, (front + back) / 2))
        lost = lost & back_lost
    box = robust_box(path[~lost]) if not lost.all() else None
    if box is not None:
        check_box((box[1] - box[0], box[3] - box[2]), measures.trusted)
    cleaned = clean_tracking(path, stamps, lost=lost, max_jump_speed=max_jump_speed)
    kept = cleaned.kept
    path, stamps = path[kept], stamps[kept]
    if heading_from == "movement" and direction is None:
        direction = np.full(len(lost), np.nan)
        direction[kept] = heading_of_movement(path, stamps, longest_gap)
        said.append("heading: the direction of movement, where faster than 5 cm/s")
    halves = sample_halves(stamps, longest_gap)
    times, owner, labels = trains_of(spike_times, spike_units)
    times = times * measures.spike_seconds
    trains, dropped = placed(times, owner, len(labels), stamps, halves)
    duration = halves[0] + halves[1]
    rates = np.zeros((len(kept), len(labels)), dtype=np.float32)
    np.add.at(rates, (trains.sample, trains.unit), (1 / duration[trains.sample]).astype(np.float32))
    report = Hygiene(
        len(lost), cleaned.left_out, len(times), dropped, float(duration.sum()), notes=(*said, *cleaned.notes)
    )
    return {
        "position": path,
        "activity": rates,
        "heading": None if direction is None else direction[kept],
        "time": stamps,
        "unit": labels,
        "duration": duration,
        "spikes": trains,
        "hygiene": report,
    }
