"""A trained network taken apart: its lattice's units, their waves, their phases and the weights between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridcells.mechanism.waves import SixWaves, lattice_phases, six_waves
from gridcells.networks.path_integrator import PathIntegrator
from gridcells.runs.evaluation import active_units, network_rate_maps
from gridcells.runs.shipped import ShippedRun, load_shipped
from gridcells.scores import grid_geometry, grid_scores
from gridcells.training.place_task import PlaceTask

__all__ = ["MechanismStudy", "orientation_spread", "study"]


@dataclass(frozen=True, eq=False)
class MechanismStudy:
    """A shipped network and what its lattice is.

    Attributes
    ----------
    run : ShippedRun
        The run.
    active : numpy.ndarray, [active unit]
        Which units of the network are active.
    maps : numpy.ndarray, [active unit, bin, bin]
        Their rate maps.
    score : numpy.ndarray, [active unit]
        Their grid scores.
    units : numpy.ndarray, [unit]
        Which units of the network are the lattice's: the active ones, of the core if the network was grown from one.
    lattice_maps : numpy.ndarray, [unit, bin, bin]
        Their maps.
    waves : SixWaves
        The six waves that explain most of these.
    all_waves : SixWaves
        The same of all active units.
    phase : numpy.ndarray, [unit, 2]
        Where in the lattice's unit cell each fires, rad.
    """

    run: ShippedRun
    active: np.ndarray
    maps: np.ndarray
    score: np.ndarray
    units: np.ndarray
    lattice_maps: np.ndarray
    waves: SixWaves
    all_waves: SixWaves
    phase: np.ndarray

    @property
    def task(self) -> PlaceTask:
        """The run's task."""
        task = self.run.task
        assert isinstance(task, PlaceTask)
        return task

    @property
    def network(self) -> PathIntegrator:
        """The run's network."""
        network: PathIntegrator = self.run.network
        return network

    @property
    def recurrent_weight(self) -> np.ndarray:
        """Weights [unit, unit] among the lattice's units, from the second to the first."""
        weight = self.network.recurrent_weight.detach().double().numpy()
        return weight[np.ix_(self.units, self.units)]

    @property
    def velocity_weight(self) -> np.ndarray:
        """Weights [unit, 2] of the velocity to the lattice's units, per m/s."""
        return self.network.input_weight.detach().double().numpy()[self.units]

    @property
    def box(self) -> float:
        """Side of the arena, m."""
        return self.task.preset.arena.size[0]


def study(name: str = "module", seed: int = 0) -> MechanismStudy:
    """Load a shipped network with standardised inputs and find its lattice.

    Parameters
    ----------
    name : str
        The run's preset.
    seed : int
        Its seed.

    Returns
    -------
    MechanismStudy
        The network and its lattice.

    Raises
    ------
    ValueError
        If no such run ships, or its network is not one of Sorscher et al.

    Examples
    --------
    >>> found = study("lattice", 0)
    >>> found.maps.shape[1:], round(found.waves.spacing, 1)
    ((20, 20), 0.9)
    """
    run = load_shipped(name, seed)
    if not isinstance(run.task, PlaceTask):
        raise ValueError(f"name: expected a network of Sorscher et al., got {name!r}")
    maps = network_rate_maps(run.network, run.task)
    active = active_units(maps)
    maps = maps[active]
    inside = active < (run.task.preset.growth.core_units or run.network.units)
    bin_size = run.task.preset.arena.size[0] / maps.shape[-1]
    waves = six_waves(maps[inside], bin_size)
    return MechanismStudy(
        run=run,
        active=active,
        maps=maps,
        score=grid_scores(maps, form=run.task.preset.scoring.form).score_60,
        units=active[inside],
        lattice_maps=maps[inside],
        waves=waves,
        all_waves=six_waves(maps, bin_size),
        phase=lattice_phases(waves),
    )


def orientation_spread(rate_maps: Any, *, bin_size: float) -> np.ndarray:
    """Measure how far the orientation of each unit's lattice is from the population's.

    Parameters
    ----------
    rate_maps : array_like, [unit, bin, bin]
        Rate maps of grid-like units.
    bin_size : float
        Side of a bin, m.

    Returns
    -------
    numpy.ndarray, [unit]
        Angle between a unit's lattice and the circular mean, rad, in [0, π/6]; NaN where a map has no six peaks.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> turned = {"orientation": [0.1, 0.2], "phase": np.zeros((2, 2))}
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), spacing=np.full(2, 0.6), **turned)
    >>> orientation_spread(maps, bin_size=0.11).round(2)
    array([0.05, 0.05])
    """
    orientation = grid_geometry(rate_maps, bin_size=bin_size).orientation
    turned = np.exp(6j * orientation)
    return np.abs(np.angle(turned * np.conj(np.nanmean(turned)))) / 6
