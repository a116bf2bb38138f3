"""An attractor built by hand: a sheet of units whose bumps of activity are pushed along by velocity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import fft

from gridcells._common.checks import as_numpy, check_count, check_generator, check_positive

__all__ = ["AttractorSheet"]

_DIRECTIONS = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])  # that the four units of each 2 x 2 block prefer


@dataclass(frozen=True)
class AttractorSheet:
    """The continuous attractor of Burak and Fiete: local inhibition makes bumps, shifted outputs move them.

    A unit at x̂ inhibits those at a distance around x̂ shifted along its preferred direction, and is driven more when the
    animal moves that way:

    .. math:: \\tau \\dot s_i + s_i = \\max(0, \\sum_j W_{ij} s_j + A_i (1 + \\alpha\\, e_i \\cdot v)), \\quad
        W_{ij} = w (e^{-\\gamma |x_i - x_j - l e_j|^2} - e^{-\\beta |x_i - x_j - l e_j|^2})

    Parameters
    ----------
    side : int
        Units along each side of the sheet, an even number.
    wavelength : float
        Distance that sets the width of the inhibition, units; the bumps lie about so far apart.
    shift : float
        How far a unit's output is shifted along its preferred direction, units.
    strength : float
        Factor w of the weights.
    gain : float
        How much velocity drives a unit, per m/s.
    periodic : bool
        Whether the sheet's edges join. If not, the drive fades towards them.
    time_constant : float
        Of the units, s.
    time_step : float
        Of the integration, s.

    Notes
    -----
    Source: Burak and Fiete 2009 (eqs 1–4; their values are the defaults: γ = 1.05 β, β = 3 / λ², λ = 13, l = 2,
    α = 0.103 s/m, τ = 10 ms, steps of 0.5 ms). With their w = 1 the uniform state of this sheet is stable: the
    kernel's transform peaks at 1.14, and the shifted outputs take that below 1. Hence our w = 2.

    Examples
    --------
    >>> sheet = AttractorSheet(side=26)
    >>> state = sheet.settle(np.random.default_rng(0), seconds=0.2)
    >>> state.shape, bool(state.max() > 0)
    ((26, 26), True)
    """

    side: int = 40
    wavelength: float = 13.0
    shift: float = 2.0
    strength: float = 2.0
    gain: float = 0.10315
    periodic: bool = True
    time_constant: float = 0.01
    time_step: float = 0.0005

    def __post_init__(self) -> None:
        check_count(self.side, "side", 4)
        if self.side % 2:
            raise ValueError(f"side: expected an even number of units, got {self.side}")
        for name, unit in (("wavelength", "units"), ("strength", ""), ("time_constant", "s"), ("time_step", "s")):
            check_positive(getattr(self, name), name, unit)
        if not self.time_step < self.time_constant:
            raise ValueError(
                f"time_step: expected less than time_constant {self.time_constant} s, got {self.time_step}"
            )

    def preferred(self) -> np.ndarray:
        """Return the preferred directions of the units [side, side, 2]: each block of 2 by 2 has all four."""
        i, j = np.meshgrid(np.arange(self.side), np.arange(self.side), indexing="ij")
        return _DIRECTIONS[2 * (i % 2) + j % 2].astype(float)

    def weights(self) -> np.ndarray:
        """Compute recurrent weights [unit, unit], from the second to the first, the sheet's rows one after another."""
        axis = np.arange(self.side)
        place = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2).astype(float)
        away = place[:, None] - place[None] - self.shift * self.preferred().reshape(-1, 2)
        if self.periodic:
            away = (away + self.side / 2) % self.side - self.side / 2
        return self._inhibition(np.square(away).sum(-1))

    def drive(self) -> np.ndarray:
        """Drive at rest [side, side]: one, or fading towards the edges of a sheet that has some."""
        if self.periodic:
            return np.ones((self.side, self.side))
        axis = (np.arange(self.side) - (self.side - 1) / 2) / (self.side / 2)
        radius = np.hypot(axis[:, None], axis)
        return np.where(radius < 1, np.exp(-4 * radius**2), 0.0)

    def settle(self, generator: np.random.Generator | int, *, seconds: float = 1.0) -> np.ndarray:
        """Form a pattern out of noise, the animal standing still → activity [side, side]."""
        check_positive(seconds, "seconds", "s")
        start = check_generator(generator).uniform(0, 0.1, (self.side, self.side))
        still = np.zeros((max(1, round(seconds / self.time_step)), 2))
        return self.run(start, still, every=len(still))[-1]

    def run(self, state: Any, velocity: Any, *, every: int = 1) -> np.ndarray:
        """Follow the sheet along a path.

        Parameters
        ----------
        state : array_like, [side, side]
            Activity at the start.
        velocity : array_like, [time, 2]
            Velocity at every time step, m/s.
        every : int
            Keep the state after every so many steps.

        Returns
        -------
        numpy.ndarray, [kept, side, side]
            Activity.

        Raises
        ------
        ValueError
            If a shape does not fit.
        """
        activity, moves = as_numpy(state, "state").astype(float), as_numpy(velocity, "velocity")
        if activity.shape != (self.side, self.side):
            raise ValueError(f"state: expected shape {(self.side, self.side)}, got {activity.shape}")
        if moves.ndim != 2 or moves.shape[1] != 2:
            raise ValueError(f"velocity: expected shape [time, 2] in m/s, got {moves.shape}")
        check_count(every, "every")
        response, size = self._response()
        masks = (self.preferred()[None] == _DIRECTIONS[:, None, None]).all(-1)  # [direction, side, side]
        rest, step = self.drive(), self.time_step / self.time_constant
        along = self.gain * moves @ _DIRECTIONS.T  # [time, direction]
        kept = []
        for number, pushes in enumerate(along, start=1):
            spectra = fft.rfft2(masks * activity, s=(size, size))
            heard = fft.irfft2((spectra * response).sum(0), s=(size, size))[: self.side, : self.side]
            wanted = heard + rest * (1 + np.tensordot(pushes, masks, 1))
            activity = activity + step * (np.maximum(wanted, 0) - activity)
            if number % every == 0:
                kept.append(activity)
        return np.array(kept).reshape(-1, self.side, self.side)

    def _inhibition(self, square: np.ndarray) -> np.ndarray:
        beta = 3 / self.wavelength**2
        return self.strength * (np.exp(-1.05 * beta * square) - np.exp(-beta * square))

    def _response(self) -> tuple[np.ndarray, int]:
        """Compute Fourier transforms of the four shifted kernels [direction, …], and the side that they need."""
        size = self.side if self.periodic else 2 * self.side
        axis = (np.arange(size) + size // 2) % size - size // 2
        away = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1) - self.shift * _DIRECTIONS[:, None, None]
        if self.periodic:
            away = (away + size / 2) % size - size / 2
        return fft.rfft2(self._inhibition(np.square(away).sum(-1))), size
