"""What was left out of a recording, what was kept, and how it was mapped: one report for eyes and for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from gridcells._common.bins import Bounds

__all__ = ["Hygiene"]


@dataclass(frozen=True)
class Hygiene:
    """What became of the samples and spikes of a recording.

    Attributes
    ----------
    samples : int
        Samples that came.
    samples_left_out : mapping of str to int
        How many of them do not count, by reason.
    spikes : int or None
        Spikes that came; None for a recording without spike times.
    spikes_left_out : mapping of str to int
        How many of them do not count, by reason.
    seconds : float or None
        Time that counts, s; None where no sample has a time.
    box : (float, float, float, float) or None
        Where the mapped arena ends, x_min, x_max, y_min, y_max, m.
    bins : (int, int) or None
        Bins along x and along y.
    bin_size : (float, float) or None
        Sides of a bin along x and along y, m.
    visited : float or None
        Share of the bins that were visited long enough.
    shape : str
        "rectangle", "circle", "track" or "other"; "" before there are maps.
    smoothing : str
        How rates were smoothed, and how long a bin must be visited, in words.
    smooth : float or str
        Width of the Gaussian, m; 0 without, or "adaptive".
    min_occupancy : float
        How long a bin must be visited, s.
    notes : tuple of str
        Whatever else was understood, left out or not measured, and why.

    Examples
    --------
    >>> report = Hygiene(samples=1000, samples_left_out={"lost": 10}, seconds=19.8, notes=("speed: left out",))
    >>> print(report)
    samples: 990 of 1000 used (10 left out: 10 lost), 19.8 s
    note: speed: left out
    """

    samples: int = 0
    samples_left_out: Mapping[str, int] = field(default_factory=dict)
    spikes: int | None = None
    spikes_left_out: Mapping[str, int] = field(default_factory=dict)
    seconds: float | None = None
    box: Bounds | None = None
    bins: tuple[int, int] | None = None
    bin_size: tuple[float, float] | None = None
    visited: float | None = None
    shape: str = ""
    smoothing: str = ""
    smooth: float | str = 0.0
    min_occupancy: float = 0.0
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = []
        if self.samples:
            line = f"samples: {_used(self.samples, self.samples_left_out)}"
            lines.append(line if self.seconds is None else f"{line}, {self.seconds:.1f} s")
        if self.spikes is not None:
            lines.append(f"spikes: {_used(self.spikes, self.spikes_left_out)}")
        if self.bins is not None and self.bin_size is not None:
            sides = [number * side for number, side in zip(self.bins, self.bin_size, strict=True)]
            shape = f" ({self.shape})" if self.shape else ""
            ends = "" if self.box is None else ", x {:.3g} to {:.3g}, y {:.3g} to {:.3g}".format(*self.box)
            share = "" if self.visited is None else f", {self.visited:.1%} visited"
            lines.append(
                f"box: {sides[0]:.3g} m x {sides[1]:.3g} m{shape}{ends}; {self.bins[0]} x {self.bins[1]} bins of "
                f"{100 * self.bin_size[0]:.3g} x {100 * self.bin_size[1]:.3g} cm{share}"
            )
        if self.smoothing:
            lines.append(f"maps: {self.smoothing}")
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def with_more(
        self,
        *notes: str,
        samples_left_out: Mapping[str, int] | None = None,
        spikes_left_out: Mapping[str, int] | None = None,
        **changes: object,
    ) -> Hygiene:
        """Return the report with more notes (each once), more left out, and other changes."""
        merged = tuple(dict.fromkeys([*self.notes, *notes]))
        return dataclasses.replace(
            self,
            notes=merged,
            samples_left_out=_merged(self.samples_left_out, samples_left_out or {}),
            spikes_left_out=_merged(self.spikes_left_out, spikes_left_out or {}),
            **changes,  # type: ignore[arg-type]
        )

    def as_dict(self) -> dict[str, object]:
        """Return the report as JSON holds it."""
        return dataclasses.asdict(self) | {"notes": list(self.notes)}


def _merged(first: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Add up counts by reason, those of 0 left away."""
    total = {reason: first.get(reason, 0) + more.get(reason, 0) for reason in [*first, *more]}
    return {reason: count for reason, count in total.items() if count}


def _used(total: int, left_out: Mapping[str, int]) -> str:
    """Write how many of a total were used, and why the others were not."""
    lost = sum(left_out.values())
    if not lost:
        return f"all {total} used"
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items() if count)
    return f"{total - lost} of {total} used ({lost} left out: {reasons})"
