"""A training watched: rate maps, their spectrum and the decoding error, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gridcells._common.checks import check_count
from gridcells.presets import AnyPreset
from gridcells.runs.evaluation import network_rate_maps
from gridcells.training.decoding import decoding_error
from gridcells.training.loop import train
from gridcells.training.run import Run
from gridcells.training.tasks import make_task

__all__ = ["Film", "training_film"]


@dataclass(frozen=True, eq=False)
class Film:
    """A network at equal steps of its training, the untrained one first.

    Attributes
    ----------
    step : numpy.ndarray, [frame]
        Gradient steps taken.
    error : numpy.ndarray, [frame]
        Decoding error, m.
    rate_maps : numpy.ndarray, [frame, unit, bin_x, bin_y]
        Mean activity of every unit at each place.
    run : Run
        The finished run.
    """

    step: np.ndarray
    error: np.ndarray
    rate_maps: np.ndarray
    run: Run

    def spectrum(self, frame: int, *, cycles: int = 6) -> np.ndarray:
        """Compute the mean power of a frame's maps [2 · cycles + 1, 2 · cycles + 1], by cycles a box; the middle is 0.

        Each map counts alike, its mean left out; unvisited bins count as it. The box of an oblong arena is a square on
        its longer side.
        """
        maps = self.rate_maps[frame]
        maps = np.nan_to_num(maps - np.nanmean(maps, (1, 2), keepdims=True))
        size = np.sqrt(np.square(maps).sum((1, 2), keepdims=True))
        maps = np.divide(maps, size, out=np.zeros_like(maps), where=size > 0)
        bins = max(maps.shape[1:])
        power = np.fft.fftshift((np.abs(np.fft.fft2(maps, s=(bins, bins))) ** 2).mean(0))
        middle = power.shape[0] // 2
        return power[middle - cycles : middle + cycles + 1, middle - cycles : middle + cycles + 1]


def training_film(preset: AnyPreset, *, seed: int, every: int, paths: int = 1500) -> Film:
    """Train a network and keep its rate maps along the way.

    Parameters
    ----------
    preset : Preset
        What is trained.
    seed : int
        Its seed.
    every : int
        Steps between frames.
    paths : int
        Paths from which each frame's maps are made.

    Returns
    -------
    Film
        The frames.

    Raises
    ------
    ValueError
        If a count is not above 0.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> film = training_film(preset("small").override({"steps": 4, "units": 8}), seed=0, every=2, paths=50)
    >>> film.step, film.rate_maps.shape
    (array([0, 2, 4]), (3, 8, 20, 20))
    """
    setting = preset.override(
        {"evaluate_every": check_count(every, "every"), "scoring.paths": check_count(paths, "paths")}
    )
    task = make_task(setting, seed)
    maps: list[np.ndarray] = []
    run = train(setting, seed=seed, watcher=lambda step, network: maps.append(network_rate_maps(network, task)))
    rows = [{"step": 0, "decoding_error": decoding_error(task.network(), task)}, *run.metrics]
    steps, errors = (np.array([row[key] for row in rows]) for key in ("step", "decoding_error"))
    return Film(steps, errors, np.array(maps), run)
