"""Modules out of coupling: sheets of growing reach, each exciting its finer neighbour, agree on a few lattices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft

from gridcells._common.checks import check_count, check_generator, check_positive
from gridcells.theory.graded_sheets import plateaus
from gridcells.theory.spectra import grid_spacing

__all__ = ["CoupledSheets", "SheetsState"]

_SIZE = 512  # of the transform that a sheet's waves are read from, units a side
_RING = 0.15  # of the strongest wave's number, on either side: waves that count as its ring
_FEWEST = 3  # periods across a sheet, below which a wave is the sheet's own shape
_START = 1e-3  # activity of the noise that the sheets settle from


@dataclass(frozen=True, eq=False)
class SheetsState:
    """Patterns that coupled sheets have settled into, from the finest sheet to the coarsest.

    Attributes
    ----------
    activity : numpy.ndarray, [sheet, x, y]
        Of each unit.
    spacing : numpy.ndarray, [sheet]
        Of the lattice that the ring of the strongest wave makes, units.
    orientation : numpy.ndarray, [sheet]
        Of its waves, from 0 to below π/3, rad.
    coherence : numpy.ndarray, [sheet]
        How much of the ring stands in six directions, 0 (a ring) to 1 (six waves).
    """

    activity: np.ndarray
    spacing: np.ndarray
    orientation: np.ndarray
    coherence: np.ndarray


@dataclass(frozen=True)
class CoupledSheets:
    """Square sheets of units that inhibit each other around them, and excite those of the next finer sheet.

    Parameters
    ----------
    sheets : int
        How many.
    side : int
        Units along the side of each.
    finest, coarsest : float
        Distance of inhibition in the first and the last sheet, units; in between its inverse falls evenly.
    inhibition : float
        Its strength.
    coupling : float
        How strongly a unit excites those near its place in the next finer sheet; 0: not at all.
    spread : float
        How far these are off at most, units.
    falloff : float
        Of the drive that all units get: it is exp(−falloff · r²) at r half sides from the centre, and 0 beyond one.

    Raises
    ------
    ValueError
        If a number is not above 0 (the coupling: not at least 0), or sheets are fewer than two.

    Notes
    -----
    Source: Kang and Balasubramanian 2019, and the code released with it, ``gc_dynamics.c``: equations and settings of
    its Figs 2 and 3. Here the animal stands still; there each unit's inhibition is shifted by one unit along the
    direction to which it is tuned, and paths of 50 s order the patterns.

    Examples
    --------
    >>> CoupledSheets(sheets=4).scale.round(1)
    array([ 4. ,  5.3,  7.8, 15. ])
    """

    sheets: int = 12
    side: int = 160
    finest: float = 4.0
    coarsest: float = 15.0
    inhibition: float = 2.4
    coupling: float = 2.6
    spread: float = 8.0
    falloff: float = 4.0

    def __post_init__(self) -> None:
        check_count(self.sheets, "sheets", 2)
        check_count(self.side, "side", 8)
        for name in ("finest", "coarsest", "inhibition", "spread", "falloff"):
            check_positive(getattr(self, name), name)
        if not 0 <= self.coupling < np.inf:
            raise ValueError(f"coupling: expected a number of at least 0, got {self.coupling!r}")

    @property
    def scale(self) -> np.ndarray:
        """Distance of inhibition of each sheet, units."""
        return np.asarray(1 / np.linspace(1 / self.finest, 1 / self.coarsest, self.sheets))

    def modules(self, state: SheetsState) -> list[np.ndarray]:
        """Find the modules of settled sheets: neighbours whose spacing stays while the inhibition's distance grows.

        Parameters
        ----------
        state : SheetsState
            Of these sheets.

        Returns
        -------
        list of numpy.ndarray
            The places of each module's sheets, counted from the finest: see `gridcells.theory.plateaus`.

        Examples
        --------
        >>> sheets = CoupledSheets()
        >>> [module.tolist() for module in sheets.modules(SheetsState(*[np.r_[3 * sheets.scale[:8], [31.0] * 4]] * 4))]
        [[8, 9, 10, 11]]
        """
        return plateaus(state.spacing, self.scale)

    def settle(self, generator: np.random.Generator | int, *, steps: int = 600, step: float = 0.2) -> SheetsState:
        """Settle from noise into patterns.

        Parameters
        ----------
        generator : numpy.random.Generator or int
            Source of the noise, or a seed for one.
        steps : int
            For how long.
        step : float
            Length of a step, over the units' time constant; at most 1.

        Returns
        -------
        SheetsState
            The patterns of rectified units.

        Raises
        ------
        ValueError
            If the steps are fewer than one, or one is not above 0 or longer than 1.

        Examples
        --------
        >>> small = CoupledSheets(sheets=2, side=48, finest=3.0, coarsest=3.2)
        >>> small.settle(0, steps=100).spacing.round()
        array([7., 7.])
        """
        if not 0 < step <= 1:
            raise ValueError(f"step: expected above 0, at most 1 time constant, got {step!r}")
        drive, inhibition, excitation = self._drive(), *self._transforms()
        size, shape = inhibition.shape[1], (self.sheets, self.side, self.side)
        activity = _START * check_generator(generator).random(shape, dtype=np.float32)
        for _ in range(check_count(steps, "steps")):
            waves = scipy.fft.rfft2(activity, (size, size))
            heard = inhibition * waves
            if self.coupling:
                heard[:-1] += excitation * waves[1:]
            field = scipy.fft.irfft2(heard, (size, size))[:, : self.side, : self.side] + drive
            activity += np.float32(step) * (np.maximum(field, 0) - activity)
        read = [_lattice(one) for one in activity]
        return SheetsState(activity, *np.array(read).T)

    def _drive(self) -> np.ndarray:
        along = (np.arange(self.side) - (self.side - 1) / 2) / (self.side / 2)
        square = np.square(along[:, None]) + np.square(along)
        return np.where(square < 1, np.exp(-self.falloff * square), 0).astype(np.float32)

    def _transforms(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the waves [sheet, x, y] of each sheet's inhibition, and those [x, y] of the excitation between sheets.

        Both are even, so their transforms are real. Sheets are padded so far that no edge hears the other.
        """
        size = scipy.fft.next_fast_len(self.side + int(np.ceil(max(2 * self.coarsest, self.spread))), real=True)
        along = scipy.fft.fftfreq(size, 1 / size)
        apart, scale = np.hypot(along[:, None], along), self.scale[:, None, None]
        hill = -self.inhibition * (1 - np.cos(np.pi * apart / scale)) / (2 * scale**2)
        bell = self.coupling * (1 + np.cos(np.pi * apart / self.spread)) / ((np.pi - 4 / np.pi) * self.spread**2)
        kernels = np.where(apart < 2 * scale, hill, 0), np.where(apart < self.spread, bell, 0)
        inhibition, excitation = (scipy.fft.rfft2(kernel).real.astype(np.float32) for kernel in kernels)
        return inhibition, excitation


def _lattice(activity: np.ndarray) -> tuple[float, float, float]:
    """Return spacing (units), orientation (rad) and coherence of a sheet's pattern [x, y]."""
    size = max(_SIZE, *activity.shape)
    power = np.square(np.abs(scipy.fft.rfft2(activity - activity.mean(dtype=float), (size, size))))
    along, up = scipy.fft.fftfreq(size)[:, None], scipy.fft.rfftfreq(size)
    number, direction = np.hypot(along, up), np.arctan2(up, along)
    power[number < _FEWEST / activity.shape[0]] = 0
    if not power.any():
        return np.nan, np.nan, 0.0
    near = np.abs(number / number.ravel()[power.argmax()] - 1) < _RING
    weight = np.square(power[near], dtype=float)  # squared: beside a peak it falls faster than what leaks into it
    weight /= weight.sum()
    sixfold = complex(np.sum(weight * np.exp(6j * direction[near])))
    spacing = grid_spacing(2 * np.pi * float(np.sum(weight * number[near])))
    return spacing, float(np.angle(sixfold) / 6 % (np.pi / 3)), abs(sixfold)
