"""How the trajectories of a dataset look on the whole: speeds, turns and places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridcells._common.checks import check_count
from gridcells.world.datasets import TrajectoryDataset

__all__ = ["DatasetStatistics", "dataset_statistics"]

_AT_ONCE = 10_000  # trajectories read together


@dataclass(frozen=True, eq=False)
class DatasetStatistics:
    """How the trajectories of a dataset look on the whole.

    Attributes
    ----------
    trajectories, steps : int
        How many there are, and samples of each.
    speed : numpy.ndarray, [bin]
        Share of the samples in each bin of speed, m/s, between `speed_edges`.
    turn : numpy.ndarray, [bin]
        Share of the samples in each bin of net turn, rad, between `turn_edges`.
    occupancy : numpy.ndarray, [bin_x, bin_y]
        Samples at each place of the square between -`half_side` and `half_side`.
    mean_speed, speed_sd, turn_sd : float
        m/s, m/s, rad.
    half_side : float
        Largest coordinate of any position, m.
    """

    trajectories: int
    steps: int
    speed: np.ndarray
    speed_edges: np.ndarray
    turn: np.ndarray
    turn_edges: np.ndarray
    occupancy: np.ndarray
    mean_speed: float
    speed_sd: float
    turn_sd: float
    half_side: float


def dataset_statistics(dataset: TrajectoryDataset, *, bins: int = 44) -> DatasetStatistics:
    """Read a dataset once and summarise it.

    Parameters
    ----------
    dataset : TrajectoryDataset
        The trajectories.
    bins : int
        Bins a side of the occupancy map.

    Returns
    -------
    DatasetStatistics
        Counts and distributions.

    Raises
    ------
    CorruptRecord, ValueError
        If a record is not what was written, or not of this dataset.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells.world import DatasetSetting, TrajectoryDataset, make_dataset
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = make_dataset(folder, DatasetSetting(trajectories=4, files=2), workers=1)
    ...     statistics = dataset_statistics(TrajectoryDataset(made))
    >>> statistics.trajectories, statistics.steps, statistics.occupancy.shape
    (4, 100, (44, 44))
    """
    check_count(bins, "bins")
    speed_edges, turn_edges = np.linspace(0, 1, 101), np.linspace(-np.pi, np.pi, 91)
    speeds, turns = np.zeros(100), np.zeros(90)
    sums, half, samples = np.zeros(4), 0.0, 0
    for block in dataset.blocks(_AT_ONCE):
        half = max(half, float(np.abs(block.target_pos).max()), float(np.abs(block.init_pos).max()))
    occupancy = np.zeros((bins, bins))
    for block in dataset.blocks(_AT_ONCE):
        speed = block.ego_vel[..., 0].ravel().astype(np.float64)
        turn = np.arctan2(block.ego_vel[..., 1], block.ego_vel[..., 2]).ravel().astype(np.float64)
        speeds += np.histogram(np.minimum(speed, 1.0), speed_edges)[0]
        turns += np.histogram(turn, turn_edges)[0]
        position = block.target_pos.reshape(-1, 2)
        occupancy += np.histogram2d(position[:, 0], position[:, 1], bins, [(-half, half)] * 2)[0]
        sums += speed.sum(), (speed**2).sum(), turn.sum(), (turn**2).sum()
        samples += speed.size
    mean_speed, square_speed, mean_turn, square_turn = sums / samples
    return DatasetStatistics(
        trajectories=len(dataset),
        steps=dataset.steps,
        speed=speeds / samples,
        speed_edges=speed_edges,
        turn=turns / samples,
        turn_edges=turn_edges,
        occupancy=occupancy,
        mean_speed=float(mean_speed),
        speed_sd=float(np.sqrt(max(0.0, square_speed - mean_speed**2))),
        turn_sd=float(np.sqrt(max(0.0, square_turn - mean_turn**2))),
        half_side=half,
    )
