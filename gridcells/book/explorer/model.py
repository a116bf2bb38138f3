"""What the explorer computes, by the library's own functions; its module for the browser is tested against this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gridcells._common.bins import BinGrid
from gridcells._common.checks import check_choice, check_count, check_positive
from gridcells.book.explorer.dabs import Dab, add_dab
from gridcells.book.explorer.formed import Formed, lattice_formed
from gridcells.book.explorer.room_name import check_room
from gridcells.presets import ROOMS, room_of
from gridcells.scores import GridScores, grid_scores
from gridcells.theory.covariance import Kernel, tuning_covariance
from gridcells.theory.lattice_selection import favoured_lattice
from gridcells.theory.nonlinearity import NONLINEARITIES
from gridcells.theory.patterns import single_cell, wave_number
from gridcells.theory.spectra import Annulus, grid_spacing, tuning_annulus
from gridcells.world.place_cells import TUNINGS

__all__ = ["BINS", "STRENGTHS", "Exploration", "Settings", "explore", "seeded_noise"]

BINS = 64  # a side of each map
RATE = 0.5
SCORED = 2  # so many bins a side are averaged before a map is scored
STRENGTHS = {"linear": 1.0, "tanh": 1.0, "relu": 1.0, "leaky": 0.75, "quadratic": 0.02}
_STEP = 0x6D2B79F5


@dataclass(frozen=True)
class Settings:
    """What one looks at.

    Parameters
    ----------
    width : float
        Place field width σ, m: at least one bin, at most a quarter of the box.
    surround_ratio : float
        Surround variance over centre variance, above 1.
    tuning : str
        One of `gridcells.world.place_cells.TUNINGS`.
    box : float
        Side of the box, m.
    walls : bool
        Nothing comes in over the edges; otherwise the box is periodic.
    nonlinearity : str
        One of `gridcells.theory.NONLINEARITIES`.
    cells : int
        Number of maps.
    seed : int
        Of the initial noise, from 0 to 2³² - 1.
    room : str
        "square", or what `gridcells.presets.room_of` takes: a room of that shape, with walls, as wide as the box.

    Raises
    ------
    ValueError
        If a value is none of these.

    Examples
    --------
    >>> Settings(width=0.2).tuning
    'difference_of_softmaxes'
    """

    width: float = 0.12
    surround_ratio: float = 2.0
    tuning: str = "difference_of_softmaxes"
    box: float = 2.2
    walls: bool = False
    nonlinearity: str = "relu"
    cells: int = 16
    seed: int = 0
    room: str = "square"

    def __post_init__(self) -> None:
        check_room(self.room, ("square", *ROOMS))
        check_choice(self.tuning, "tuning", TUNINGS)
        check_choice(self.nonlinearity, "nonlinearity", NONLINEARITIES)
        check_positive(self.box, "box", "m")
        check_count(self.cells, "cells")
        if check_count(self.seed, "seed", 0) >= 2**32:
            raise ValueError(f"seed: expected a whole number from 0 to 2³² - 1, got {self.seed}")

    @property
    def walled(self) -> bool:
        """Whether nothing comes in over the edges."""
        return self.walls or self.room != "square"

    @cached_property
    def inside(self) -> np.ndarray:
        """The bins of the box whose middle lies in the room, [bin, bin]."""
        if self.room == "square":
            return np.ones((BINS, BINS), bool)
        shape = room_of(self.room)
        x_min, x_max, y_min, y_max = shape.bounds
        middle, half = np.array([x_min + x_max, y_min + y_max]) / 2, max(shape.size) / 2
        return shape.contains(BinGrid((-half, half, -half, half), BINS).centres + middle)

    def kernel(self) -> Kernel:
        """Make the place cells' covariance."""
        return tuning_covariance(
            self.width, tuning=self.tuning, surround_ratio=self.surround_ratio, box=self.box, bins=BINS
        )


@dataclass(frozen=True, eq=False)
class Exploration:
    """What the explorer shows.

    Attributes
    ----------
    kernel : Kernel
        The place cells' covariance.
    annulus : Annulus
        Its ring, in closed form.
    lattice : str
        The lattice that the box's modes favour: "square", "heterogeneous" or "hexagonal"; "unknown" with walls, which
        the rule knows nothing of.
    formed : Formed
        The lattice that formed, decided by the maps' scores against their own null.
    maps : numpy.ndarray, [cell, bin, bin]
        The maps that formed, NaN outside the room.
    scores : GridScores
        Their grid scores, on maps of half as many bins a side.
    spacing : numpy.ndarray, [cell]
        Spacing measured in each map: that of a hexagonal lattice with its wave number, m.
    """

    kernel: Kernel
    annulus: Annulus
    lattice: str
    formed: Formed
    maps: np.ndarray
    scores: GridScores
    spacing: np.ndarray


def explore(settings: Settings | None = None, *, steps: int = 300, dabs: Sequence[Dab] = ()) -> Exploration:
    """Compute what the explorer shows after so many steps.

    Parameters
    ----------
    settings : Settings, optional
        What one looks at.
    steps : int
        Steps of the simulation, from noise.
    dabs : sequence of Dab
        What was painted on the maps on the way.

    Returns
    -------
    Exploration
        Spectrum, maps and scores.

    Raises
    ------
    ValueError
        If the fields are narrower than a bin or wider than a quarter of the box, or a dab is on none of the maps or
        comes after the last step.

    Notes
    -----
    Source: `gridcells.theory.patterns.single_cell`, normalised schedule (Sorscher et al. 2023, eq. 4).

    Examples
    --------
    >>> found = explore(Settings(cells=4), steps=100)
    >>> found.lattice, round(found.annulus.spacing, 2), found.maps.shape
    ('hexagonal', 0.74, (4, 64, 64))
    """
    settings = Settings() if settings is None else settings
    kernel = settings.kernel()
    maps, inside = _painted_maps(settings, kernel, check_count(steps, "steps", 0), dabs), settings.inside
    mean = maps[:, inside].mean(axis=1)[:, None, None]
    waves = wave_number(np.where(inside, maps - mean, 0), settings.box)
    maps[:, ~inside] = np.nan
    coarse = maps.reshape(len(maps), BINS // SCORED, SCORED, BINS // SCORED, SCORED).mean((2, 4))
    scores = grid_scores(coarse)
    symmetric = settings.nonlinearity in ("linear", "tanh")
    return Exploration(
        kernel=kernel,
        annulus=tuning_annulus(settings.width, tuning=settings.tuning, surround_ratio=settings.surround_ratio),
        lattice="unknown" if settings.walled else favoured_lattice(kernel, symmetric=symmetric),
        formed=lattice_formed(coarse, scores),
        maps=maps,
        scores=scores,
        spacing=np.array([grid_spacing(number) for number in waves]),
    )


def _painted_maps(settings: Settings, kernel: Kernel, steps: int, dabs: Sequence[Dab]) -> np.ndarray:
    """Simulate from noise, and stop on the way wherever something was painted."""
    maps = seeded_noise(settings.seed, settings.cells) * settings.inside
    done, sigma = 0, settings.width / kernel.bin_size
    for dab in [*sorted(dabs, key=lambda one: one.step), None]:
        until = steps if dab is None else dab.step
        if until > steps:
            raise ValueError(f"dabs: expected none after the last step ({steps}), got one after step {until}")
        if until > done:
            maps = single_cell(
                kernel,
                nonlinearity=settings.nonlinearity,
                strength=STRENGTHS[settings.nonlinearity],
                steps=until - done,
                rate=RATE,
                walls=settings.walled,
                inside=settings.inside,
                initial=maps,
            ).maps
            done = until
        if dab is not None:
            maps = add_dab(maps, dab, sigma=sigma, walls=settings.walled)
            maps *= settings.inside
    return maps


def seeded_noise(seed: int, cells: int, bins: int = BINS) -> np.ndarray:
    """Draw the same Gaussian noise as the explorer does in a browser.

    Parameters
    ----------
    seed : int
        From 0 to 2³² - 1.
    cells : int
        Number of maps.
    bins : int
        Bins a side.

    Returns
    -------
    numpy.ndarray, [cell, bin, bin]
        Noise of mean 0 and variance 1: Box and Muller's transform of the generator mulberry32.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> seeded_noise(0, 1)[0, 0, :3].round(3)
    array([ 0.787,  0.431, -1.078])
    """
    count = check_count(cells, "cells") * check_count(bins, "bins") ** 2
    state = (
        np.uint64(check_count(seed, "seed", 0)) + np.arange(1, 2 * count + 1, dtype=np.uint64) * np.uint64(_STEP)
    ).astype(np.uint32)
    mixed = (state ^ (state >> 15)) * (state | 1)
    mixed ^= mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)
    uniform = (mixed ^ (mixed >> 14)).astype(np.float64) / 2**32
    first, second = 1 - uniform[::2], uniform[1::2]
    return (np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)).reshape(cells, bins, bins)
