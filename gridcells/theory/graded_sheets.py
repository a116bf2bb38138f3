"""Modules out of a gradient: a line of units whose reach grows smoothly, and one interaction that stays the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridcells._common.checks import check_choice, check_count, check_generator, check_positive

__all__ = ["GradedLine", "LineState", "plateaus"]

_SURROUND = 1.5  # width of the inhibition over that of the excitation
_INHIBITION = 1.1  # its weight likewise
_PERIODS = (8.0, 400.0)  # among which the fastest growing one is looked for, units
_WAVES = 4000  # of them
_ALIKE = 1.1  # the periods of a module differ by less than this factor
_GROWN = 1.25  # while the graded scale grows by more than this one
_MEDIAN = 3  # distances of which the median is taken: two kinds of bumps may alternate


@dataclass(frozen=True, eq=False)
class LineState:
    """A pattern that a line of units has settled into.

    Attributes
    ----------
    activity : numpy.ndarray, [unit]
        Of each unit, from the dorsal end on.
    place : numpy.ndarray, [distance]
        Where, half way between two neighbouring bumps, units from the dorsal end.
    period : numpy.ndarray, [distance]
        How far these bumps are apart, units.
    """

    activity: np.ndarray
    place: np.ndarray
    period: np.ndarray


@dataclass(frozen=True)
class GradedLine:
    """A line of units from the dorsal to the ventral end.

    Each unit excites those near it and inhibits those farther off ("hat"), or inhibits all within a reach ("box"); that
    scale grows smoothly, by the same factor for each unit. Besides, units at one fixed distance excite each other,
    everywhere alike.

    Parameters
    ----------
    units : int
        How many.
    finest, coarsest : float
        Scale of the graded interaction at the dorsal and the ventral end, units: the standard deviation of the
        excitation, or half the reach of the box.
    distance : float
        At which units excite each other, units.
    strength : float
        How strongly; 0: not at all.
    kernel : {"hat", "box"}
        The graded interaction.
    gain : float
        Its strength.

    Raises
    ------
    ValueError
        If a number is not above 0 (the strength: not at least 0), or the kernel is another word.

    Notes
    -----
    Source: Khona, Chandra and Fiete 2025, the principle of peak selection: two interactions, one graded and one of
    fixed scale. Equations and settings are ours.

    Examples
    --------
    >>> GradedLine(strength=0.0).predicted()[[0, -1]].round()
    array([ 37., 208.])
    """

    units: int = 2600
    finest: float = 7.0
    coarsest: float = 40.0
    distance: float = 150.0
    strength: float = 0.4
    kernel: str = "hat"
    gain: float = 4.0

    def __post_init__(self) -> None:
        check_count(self.units, "units")
        for name in ("finest", "coarsest", "distance", "gain"):
            check_positive(getattr(self, name), name)
        if not 0 <= self.strength < np.inf:
            raise ValueError(f"strength: expected a number of at least 0, got {self.strength!r}")
        check_choice(self.kernel, "kernel", ("hat", "box"))

    @property
    def scale(self) -> np.ndarray:
        """Scale of the graded interaction of each unit, units."""
        return self.finest * (self.coarsest / self.finest) ** np.linspace(0, 1, self.units)

    def weights(self) -> np.ndarray:
        """Return what each unit hears of each other, [unit, unit] in single precision."""
        place = np.arange(self.units, dtype=np.float32)
        apart, scale = place[:, None] - place, self.scale[:, None].astype(np.float32)
        if self.kernel == "hat":
            graded = _bell(apart, scale) - _INHIBITION * _bell(apart, _SURROUND * scale)
        else:
            graded = np.where(np.abs(apart) <= 2 * scale, -1 / (4 * scale), 0)
        fixed = _bell(apart - self.distance, self._width) + _bell(apart + self.distance, self._width)
        return (self.gain * graded + self.strength / 2 * fixed).astype(np.float32)

    def growth(self, period: np.ndarray) -> np.ndarray:
        """Compute how fast a wave of each period grows where each unit is, [unit, period]; above 1 it does."""
        wave, scale = 2 * np.pi / np.asarray(period, dtype=float), self.scale[:, None]
        if self.kernel == "hat":
            graded = np.exp(-np.square(wave * scale) / 2)
            graded -= _INHIBITION * np.exp(-np.square(_SURROUND * wave * scale) / 2)
        else:
            graded = -np.sinc(2 * wave * scale / np.pi)
        fixed = np.cos(wave * self.distance) * np.exp(-np.square(wave * self._width) / 2)
        return np.asarray(self.gain * graded + self.strength * fixed)

    def predicted(self) -> np.ndarray:
        """Return the period of the wave that grows fastest where each unit is, [unit], units."""
        period = 1 / np.linspace(1 / _PERIODS[1], 1 / _PERIODS[0], _WAVES)
        return np.asarray(period[self.growth(period).argmax(axis=1)])

    def modules(self, state: LineState) -> list[np.ndarray]:
        """Find the modules of a pattern: stretches of the line along which the period stays while the scale grows.

        Parameters
        ----------
        state : LineState
            A pattern of this line.

        Returns
        -------
        list of numpy.ndarray
            The periods of each module, units, from the dorsal end on: they differ by less than a tenth (medians over
            three neighbours), while the graded scale grows by more than a quarter.
        """
        if len(state.period) == 0:
            return []
        windows = np.lib.stride_tricks.sliding_window_view(np.pad(state.period, _MEDIAN // 2, mode="edge"), _MEDIAN)
        scale = np.interp(state.place, np.arange(self.units), self.scale)
        return [state.period[where] for where in plateaus(np.median(windows, axis=1), scale)]

    @property
    def _width(self) -> float:
        return self.distance / 75

    def settle(self, generator: np.random.Generator | int, *, steps: int = 600, step: float = 0.25) -> LineState:
        """Settle from noise into a pattern.

        Parameters
        ----------
        generator : numpy.random.Generator or int
            Source of the noise, or a seed for one.
        steps : int
            For how long.
        step : float
            Length of a step, over the units' time constant.

        Returns
        -------
        LineState
            The pattern: rectified units under a constant drive of 1.

        Raises
        ------
        ValueError
            If a number is not above 0, or the activity grows without bound, as it does where excitation outweighs
            inhibition.

        Examples
        --------
        >>> line = GradedLine(units=600, coarsest=9.0, strength=0.0)
        >>> len(line.modules(line.settle(0)))
        0
        """
        check_positive(step, "step")
        weights = self.weights()
        activity = check_generator(generator).uniform(0, 0.1, self.units).astype(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(check_count(steps, "steps")):
                activity += np.float32(step) * (np.maximum(weights @ activity + 1, 0) - activity)
        if not activity.max() < 1e4:
            raise ValueError(
                f"strength: expected less excitation than inhibition, got {self.strength:g}, which runs away"
            )
        on = np.r_[False, activity > 0.05 * activity.max(), False]
        starts, ends = np.flatnonzero(on[1:] & ~on[:-1]), np.flatnonzero(on[:-1] & ~on[1:])
        bumps = [np.average(np.arange(a, b), weights=activity[a:b]) for a, b in zip(starts, ends, strict=True)]
        bump = np.array(bumps)[2:-2]  # those at the ends have neighbours on one side only
        return LineState(activity, (bump[1:] + bump[:-1]) / 2, np.diff(bump))


def plateaus(period: np.ndarray, scale: np.ndarray) -> list[np.ndarray]:
    """Find the stretches along which a period stays while what should set it grows: they are modules.

    Parameters
    ----------
    period : array_like, [place]
        In their order along an axis; in any unit.
    scale : array_like, [place]
        Of the interaction at each place; it grows along the axis.

    Returns
    -------
    list of numpy.ndarray of int
        The places of each stretch: their periods differ by less than a tenth, while the scale grows by more than a
        quarter.

    Examples
    --------
    >>> plateaus([10.0, 12.0, 17.0, 17.5, 17.3, 30.0], [4.0, 5.0, 6.0, 7.0, 8.0, 10.0])
    [array([2, 3, 4])]
    """
    period, scale, found, start = np.asarray(period), np.asarray(scale), [], 0
    while start < len(period):
        seen = period[start:]
        spread = np.maximum.accumulate(seen) / np.minimum.accumulate(seen)
        end = start + int(np.searchsorted(spread, _ALIKE))  # it never falls
        if scale[end - 1] > _GROWN * scale[start]:
            found.append(np.arange(start, end))
            start = end
        else:
            start += 1
    return found


def _bell(apart: np.ndarray, width: np.ndarray | float) -> np.ndarray:
    """Return a Gaussian of area 1."""
    return np.asarray(np.exp(-np.square(apart / width) / 2) / (np.sqrt(2 * np.pi) * width))
