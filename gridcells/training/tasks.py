"""Which task a preset stands for: one table, by the preset's kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from gridcells.presets import AnyPreset
from gridcells.training.encoding_task import EncodingTask
from gridcells.training.grown_task import GrowingTask
from gridcells.training.pair_task import PairTask
from gridcells.training.place_task import PlaceTask
from gridcells.training.pose_task import PoseTask
from gridcells.training.task import Task
from gridcells.training.told_task import ToldApartTask
from gridcells.world.datasets import TrajectoryDataset

__all__ = ["make_task"]

TaskMaker: TypeAlias = Callable[..., Task]

_TASKS: dict[str, TaskMaker] = {
    "place": PlaceTask,
    "pair": PairTask,
    "grown": GrowingTask,
    "told": ToldApartTask,
    "encoding": EncodingTask,
    "pose": PoseTask,
}


def make_task(preset: AnyPreset, seed: int, data: str | Path | TrajectoryDataset | None = None) -> Task:
    """Make what a preset and a seed stand for, whichever kind of network the preset describes.

    Parameters
    ----------
    preset : RNNPreset or LSTMPreset
        The setting.
    seed : int
        The run's seed.
    data : path_like or TrajectoryDataset, optional
        A dataset, or its folder, from which an LSTM's training paths are read; None simulates them.

    Returns
    -------
    Task
        A `PlaceTask`, `PairTask`, `GrowingTask`, `ToldApartTask`, `EncodingTask` or `PoseTask`.

    Raises
    ------
    ValueError
        If there are data for a preset whose task takes none, or the seed is not a whole number of at least 0.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> type(make_task(preset("module"), seed=0)).__name__
    'GrowingTask'
    """
    make = _TASKS[preset.kind]
    if data is None:
        return make(preset, seed)
    if preset.kind != "pose":
        raise ValueError(f"data: expected none for {preset.name!r}: only LSTM presets train on a dataset, got {data}")
    return make(preset, seed, data if isinstance(data, TrajectoryDataset) else TrajectoryDataset(data))
