"""In which units a recording came, what is plausible in metres, radians and seconds, and how errors name their file."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gridcells._common.bins import Bounds
from gridcells._common.checks import as_numpy, check_choice, check_positive
from gridcells._common.quantities import ANGLES, LENGTHS, TIMES, factor_of

__all__ = [
    "EVEN",
    "Known",
    "Measures",
    "about",
    "box_around",
    "check_box",
    "check_heading",
    "check_steps",
    "in_metres",
    "overruled",
]

EVEN = 0.1  # share of a bin by which its centre may be off: numbers in files are rounded
SMALLEST, LARGEST = 0.05, 20.0  # m: sides of arenas that animals were recorded in
SHORTEST, LONGEST = 2e-4, 5.0  # s: steps of tracking

Known = dict[str, Any]
"""What a file or an object says, by the names of the arguments of `Recording.of`, which checks it."""


@dataclass(frozen=True)
class Measures:
    """The units that the numbers of a file or an object are in; None where nobody said.

    What is None is taken to be in metres, radians and seconds, and refused where that is implausible. What is said is
    believed.

    Parameters
    ----------
    position : {"m", "cm", "mm", "px"}, optional
        Unit of positions, bounds and sides of bins.
    pixels_per_metre : float, optional
        How many pixels are a metre; needed for "px".
    heading : {"rad", "deg"}, optional
        Unit of head directions.
    time : {"s", "ms", "us", "samples"}, optional
        Unit of time stamps.
    spike_time : {"s", "ms", "us", "samples"}, optional
        Unit of spike times; that of the time stamps by default.
    sampling_rate : float, optional
        Samples a second; needed for "samples".

    Raises
    ------
    ValueError
        If a unit is another, or the number that it needs is missing.

    Examples
    --------
    >>> Measures(position="px", pixels_per_metre=400).metres
    0.0025
    """

    position: str | None = None
    pixels_per_metre: float | None = None
    heading: str | None = None
    time: str | None = None
    spike_time: str | None = None
    sampling_rate: float | None = None

    def __post_init__(self) -> None:
        for name, choices in (
            ("position", ("m", "cm", "mm", "px")),
            ("heading", ("rad", "deg")),
            ("time", ("s", "ms", "us", "samples")),
            ("spike_time", ("s", "ms", "us", "samples")),
        ):
            value = getattr(self, name)
            if value is not None:
                check_choice(value, f"{name}_unit", choices)
        if self.pixels_per_metre is not None:
            check_positive(self.pixels_per_metre, "pixels_per_metre")
            if self.position not in (None, "px"):
                raise ValueError(f"position_unit: expected 'px' beside pixels_per_metre, got {self.position!r}")
        elif self.position == "px":
            raise ValueError("pixels_per_metre: expected how many pixels are a metre for position_unit 'px', got none")
        if self.sampling_rate is not None:
            check_positive(self.sampling_rate, "sampling_rate", "Hz")
        elif "samples" in (self.time, self.spike_time):
            raise ValueError("sampling_rate: expected samples a second for the time unit 'samples', got none")

    @property
    def metres(self) -> float:
        """How many metres a unit of length is."""
        if self.pixels_per_metre is not None:
            return 1 / self.pixels_per_metre
        return LENGTHS[self.position or "m"]

    @property
    def radians(self) -> float:
        """How many radians a unit of heading is."""
        return ANGLES[self.heading or "rad"]

    @property
    def seconds(self) -> float:
        """How many seconds a unit of the time stamps is."""
        return self._seconds(self.time)

    @property
    def spike_seconds(self) -> float:
        """How many seconds a unit of the spike times is."""
        return self._seconds(self.spike_time or self.time)

    @property
    def trusted(self) -> frozenset[str]:
        """What somebody named the unit of."""
        named = {"position": self.position or self.pixels_per_metre, "heading": self.heading, "time": self.time}
        return frozenset(name for name, unit in named.items() if unit is not None)

    def beside(self, **said: str) -> Measures:
        """Return these with what names in a file say where nobody said otherwise.

        Examples
        --------
        >>> Measures(position="cm").beside(position="mm", time="ms").seconds
        0.001
        """
        known = {name: unit for name, unit in said.items() if getattr(self, name) is None}
        if self.pixels_per_metre is not None:
            known.pop("position", None)
        return dataclasses.replace(self, **known)  # type: ignore[arg-type]

    def _seconds(self, unit: str | None) -> float:
        return 1 / (self.sampling_rate or 1.0) if unit == "samples" else TIMES[unit or "s"]

    def converted(self, known: Known) -> Known:
        """Return what a file or an object says with every number in m, rad and s."""
        factors = {"position": self.metres, "second_led": self.metres, "bounds": self.metres, "bin_size": self.metres}
        factors |= {"heading": self.radians, "time": self.seconds}
        result = dict(known)
        for name, factor in factors.items():
            if factor != 1 and result.get(name) is not None:
                result[name] = as_numpy(result[name], name) * factor
        return result


def overruled(known: Known, **given: object) -> Known:
    """Return what is known, with what the caller gives (not None) in its place.

    Of maps, bounds and bin size say the same, so that either one given overrules both.
    """
    given = {name: value for name, value in given.items() if value is not None}
    sides = {"bounds", "bin_size"}
    dropped = sides if known.get("rate_maps") is not None and sides & set(given) else set()
    return {name: value for name, value in known.items() if name not in dropped} | given


@contextlib.contextmanager
def about(source: str) -> Iterator[None]:
    """Make the errors raised inside name the file they are about; without one they stay as they are."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if not source or str(error).startswith(source):
            raise
        raise ValueError(f"{source}: {error}") from error


def in_metres(unit: str, name: str) -> float:
    """Return how many metres the unit is, or raise unless it is one of length."""
    metres = factor_of(unit, LENGTHS)
    if metres is None:
        raise ValueError(
            f"{name}: expected the unit m, cm or mm, got {unit!r}; say which it is, position_unit='px' with "
            "pixels_per_metre for pixels (--position-unit px --pixels-per-metre 400)"
        )
    return metres


def box_around(centres: Sequence[np.ndarray], name: str = "rate_maps") -> Bounds | None:
    """Return the bounds of bins with these centres along x and along y, or raise unless they are even.

    A single bin has no width, so that there are no bounds.
    """
    ends: list[float] = []
    for axis, places in zip("xy", centres, strict=True):
        if len(places) < 2:
            return None
        step = (places[-1] - places[0]) / (len(places) - 1)
        if not step > 0 or np.abs(np.diff(places) - step).max() > EVEN * step:
            raise ValueError(f"{name}: expected evenly spaced, ascending bins along {axis}, got {places[:4]} ...")
        ends += [float(places[0] - step / 2), float(places[-1] + step / 2)]
    return ends[0], ends[1], ends[2], ends[3]


def check_box(sides: Sequence[float], trusted: Collection[str]) -> None:
    """Raise if a box has sides that no arena has, unless somebody named the unit."""
    longest = max(sides)
    if "position" in trusted or SMALLEST <= longest <= LARGEST:
        return
    advice = "say position_unit='m' (--position-unit m) if it is"
    if longest > LARGEST:
        guess = "cm" if longest < 500 else "mm"
        advice = (
            f"if lengths are in {guess}, say position_unit='{guess}' (--position-unit {guess}); if in pixels, "
            "pixels_per_metre=400 or whatever it is (--pixels-per-metre 400); if in metres, position_unit='m'"
        )
    raise ValueError(
        f"position: expected an arena of {SMALLEST:g} m to {LARGEST:g} m, got {sides[0]:.4g} m x {sides[1]:.4g} m; "
        f"{advice}"
    )


def check_heading(heading: np.ndarray, trusted: Collection[str]) -> None:
    """Raise if headings look like degrees, unless somebody named their unit."""
    known = heading[np.isfinite(heading)]
    if "heading" in trusted or not known.size or np.abs(known).max() <= 2 * np.pi + 0.01:
        return
    raise ValueError(
        f"heading: expected radians from -2π to 2π, got up to {np.abs(known).max():.4g}; if they are degrees, say "
        "heading_unit='deg' (--heading-unit deg), and heading_unit='rad' if full turns add up"
    )


def check_steps(time: np.ndarray, trusted: Collection[str]) -> None:
    """Raise if the time from one sample to the next is none of tracking in seconds, unless somebody named the unit."""
    step = float(np.median(np.abs(np.diff(time)))) if len(time) > 1 else 1.0
    if "time" in trusted or SHORTEST <= step <= LONGEST:
        return
    guess = "ms" if step <= 1000 * LONGEST else "us"
    advice = f"if they are in {guess}, say time_unit='{guess}' (--time-unit {guess}), or 'samples' with sampling_rate"
    raise ValueError(
        f"time: expected time stamps {SHORTEST:g} s to {LONGEST:g} s apart, got {step:.4g} s; {advice}; "
        "time_unit='s' if they are seconds"
    )
