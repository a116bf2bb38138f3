"""A trained network taken apart: its lattice's units, their waves, their phases and the weights between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gridcells.mechanism.waves import SixWaves, lattice_phases, six_waves
from gridcells.networks.path_integrator import PathIntegrator, check_plain
from gridcells.runs.evaluation import active_units, network_rate_maps
from gridcells.scores import grid_geometry, grid_scores
from gridcells.training.place_task import PlaceTask
from gridcells.world.extents import check_square

__all__ = ["MechanismStudy", "orientation_deviation", "study"]


@dataclass(frozen=True, eq=False)
class MechanismStudy:
    """A trained network and what its lattice is.

    Attributes
    ----------
    network : PathIntegrator
        The network.
    task : PlaceTask
        What it learnt.
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

    network: PathIntegrator
    task: PlaceTask
    active: np.ndarray
    maps: np.ndarray
    score: np.ndarray
    units: np.ndarray
    lattice_maps: np.ndarray
    waves: SixWaves
    all_waves: SixWaves
    phase: np.ndarray

    @property
    def recurrent_weight(self) -> np.ndarray:
        """Weights [unit, unit] among the lattice's units, from the second to the first."""
        weight = self.network.recurrent_weight.detach().cpu().double().numpy()
        return weight[np.ix_(self.units, self.units)]

    @property
    def velocity_weight(self) -> np.ndarray:
        """Weights [unit, 2] of the velocity to the lattice's units, per m/s."""
        return self.network.input_weight.detach().cpu().double().numpy()[self.units]

    @property
    def box(self) -> float:
        """Side of the arena, m."""
        return self.task.preset.arena.size[0]


def study(network: PathIntegrator, task: PlaceTask) -> MechanismStudy:
    """Find the lattice of a trained network, shipped with the library or one's own.

    Parameters
    ----------
    network : PathIntegrator
        A network with "relu" or "tanh" units, without a linear layer.
    task : PlaceTask
        What it learnt.

    Returns
    -------
    MechanismStudy
        The network and its lattice.

    Raises
    ------
    ValueError
        If the network is of another kind (an LSTM or a GRU, one with a linear layer, of one layer), or not the task's,
        if its arena is not a square, or if the task's paths leave bins of the maps unvisited.

    Notes
    -----
    Source: Sorscher et al. 2023, Figs 4 and 5 (six waves and phases of one trained network's units).

    Examples
    --------
    >>> from gridcells.runs import load_shipped
    >>> run = load_shipped("lattice", 0)
    >>> found = study(run.network, run.task)
    >>> found.maps.shape[1:], round(found.waves.spacing, 1)
    ((20, 20), 0.9)
    """
    check_plain(network)
    if not isinstance(task, PlaceTask):
        raise ValueError(f"task: expected a PlaceTask, which the network learnt, got {type(task).__name__}")
    cells = network.encoder.in_features
    if cells != len(task.place_cells):
        raise ValueError(
            f"task: expected that of the network, which has {cells} place cells, got {len(task.place_cells)}"
        )
    side = check_square(task.preset.arena, "task")  # in which the waves are looked for
    maps = network_rate_maps(network, task)
    if np.isnan(maps).any():
        paths = task.preset.scoring.paths
        raise ValueError(f"task: expected enough scoring.paths to visit every bin of the rate maps, got {paths}")
    active = active_units(maps)
    maps = maps[active]
    inside = active < (task.preset.growth.core_units or network.units)
    bin_size = side / maps.shape[-1]
    waves = six_waves(maps[inside], bin_size)
    return MechanismStudy(
        network=network,
        task=task,
        active=active,
        maps=maps,
        score=grid_scores(maps, form=task.preset.scoring.form).score_60,
        units=active[inside],
        lattice_maps=maps[inside],
        waves=waves,
        all_waves=six_waves(maps, bin_size),
        phase=lattice_phases(waves),
    )


def orientation_deviation(rate_maps: Any, *, bin_size: float) -> np.ndarray:
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

    Notes
    -----
    Source: Hafting et al. 2005 (grid cells near each other share an orientation); the measure is ours.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> from gridcells.scores.lattices import lattice_maps
    >>> turned = {"orientation": [0.1, 0.2], "phase": np.zeros((2, 2))}
    >>> maps = lattice_maps(Rectangle(2.2, 2.2), spacing=np.full(2, 0.6), **turned)
    >>> orientation_deviation(maps, bin_size=0.11).round(2)
    array([0.05, 0.05])
    """
    orientation = grid_geometry(rate_maps, bin_size=bin_size).orientation
    turned = np.exp(6j * orientation)
    return np.abs(np.angle(turned * np.conj(np.nanmean(turned)))) / 6
