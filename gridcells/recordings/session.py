"""Putting spike times onto a tracked path: from what a lab has to cleaned samples, their durations and their rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice
from gridcells.recordings.hygiene import Hygiene
from gridcells.recordings.intervals import by_reason, clipped_halves, support_of, within_intervals
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
from gridcells.recordings.trains import check_tracked, placed, trains_of

__all__ = ["FROM_MOVEMENT", "along_x", "spike_session"]

FROM_MOVEMENT = "heading: the direction of movement, where faster than 5 cm/s"
MUCH = 0.05  # share of the samples outside the spikes' time support that is worth a word


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
    intervals: object = None,
    max_jump_speed: float,
    longest_gap: float,
    notes: Sequence[str],
) -> Known:
    """Return what `Recording.of` keeps of spikes on a path; the arguments are those of `Recording.from_spikes`."""
    check_choice(heading_from, "heading_from", ("", "movement"))
    place, clock, _ = series_of(position, "position")
    path = along_x(as_numpy(place, "position"))
    if path.ndim != 2 or path.shape[1] != 2:
        raise ValueError(f"position: expected shape [sample, 2], or [sample] on a track, got {path.shape}")
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
        back = along_x(as_numpy(series_of(second_led, "position")[0], "second_led"))
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
        said.append(FROM_MOVEMENT)
    halves = sample_halves(stamps, longest_gap)
    times, owner, labels = trains_of(spike_times, spike_units)
    times = times * measures.spike_seconds
    came = len(times)
    check_tracked(times, stamps, halves)
    left_out, dropped = dict(cleaned.left_out), {}
    for reason, ends in _what_counts(intervals, position, measures.seconds).items():
        inside, heard = within_intervals(stamps, ends), within_intervals(times, ends)
        left_out[reason], dropped[reason] = int((~inside).sum()), int((~heard).sum())
        if not inside.any():
            raise ValueError(f"intervals: expected some of the samples inside, got all of them {reason}")
        kept, path, stamps, times, owner = kept[inside], path[inside], stamps[inside], times[heard], owner[heard]
        halves = clipped_halves(stamps, (halves[0][inside], halves[1][inside]), ends)
    trains, gone = placed(times, owner, len(labels), stamps, halves)
    said += _silence(spike_times, stamps)
    duration = halves[0] + halves[1]
    rates = np.zeros((len(kept), len(labels)), dtype=np.float32)
    np.add.at(rates, (trains.sample, trains.unit), (1 / duration[trains.sample]).astype(np.float32))
    counts = [{why: number for why, number in each.items() if number} for each in (left_out, dropped | gone)]
    report = Hygiene(len(lost), counts[0], came, counts[1], float(duration.sum()), notes=(*said, *cleaned.notes))
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


def along_x(position: np.ndarray) -> np.ndarray:
    """Return positions on a line, [sample] or [..., 1], with a y of 0; others as they came."""
    line = position[:, None] if position.ndim == 1 else position
    if line.ndim < 2 or line.shape[-1] != 1:
        return position
    return np.concatenate([line, np.where(np.isnan(line), np.nan, 0.0)], axis=-1)


def _what_counts(intervals: object, position: object, seconds: float) -> dict[str, np.ndarray]:
    """Return the intervals that count, s: those given, and those that the positions were recorded in."""
    found = {reason: ends * seconds for reason, ends in by_reason(intervals).items()}
    support = support_of(position)
    return found if support is None else {"outside the time support": support * seconds} | found


def _silence(spikes: object, stamps: np.ndarray) -> list[str]:
    """Return a word on how much of the tracked time the time support of the spikes leaves out, where that is much."""
    support = support_of(spikes)
    if support is None:
        return []
    share = float(1 - within_intervals(stamps, support).mean())
    if share < MUCH:
        return []
    return [
        f"spike_times: {share:.1%} of the samples lie outside their time support and count as silence; restrict the "
        "positions to it if nothing was recorded there"
    ]
