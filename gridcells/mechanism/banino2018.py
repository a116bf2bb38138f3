"""Everything that Banino et al. 2018 measure on one trained network, computed once and where it is asked for."""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import torch

from gridcells._common.maps import is_flat
from gridcells._common.streams import Stream
from gridcells.mechanism.cell_types import (
    PAPER_THRESHOLDS,
    Thresholds,
    UnitTypes,
    matched_thresholds,
    shuffled_thresholds,
    unit_types,
)
from gridcells.mechanism.populations import Population, observe
from gridcells.scores import Discreteness, ScaleClusters, cluster_scales, discreteness, rayleigh_test
from gridcells.training.decoding import code_error, decode_paths, path_errors
from gridcells.training.pose_task import PoseTask

__all__ = ["LSTMStudy", "effect_size", "map_correlation", "six_fold_test"]

_FEW = 3  # grid units below which scales are not clustered


@dataclass(frozen=True, eq=False)
class LSTMStudy:
    """A trained network under the paper's questions.

    Parameters
    ----------
    network : PoseLSTM
        The trained network.
    task : PoseTask
        What it learnt.
    paths : int
        Fresh paths on which the decoding error is measured.
    shuffles : int
        Field shuffles of each unit, from which the thresholds are recomputed.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200})
    >>> task = PoseTask(small, seed=0)
    >>> study = LSTMStudy(task.network(), task, paths=20)
    >>> study.errors["trained"].shape
    (20, 100)
    """

    network: Any
    task: PoseTask
    paths: int = 1000
    shuffles: int = 100

    @cached_property
    def time(self) -> np.ndarray:
        """Time of each sample since the start, [time] s."""
        return self.task.preset.motion.time_step * np.arange(1, self.task.preset.training.path_steps + 1)

    @cached_property
    def example(self) -> tuple[np.ndarray, np.ndarray]:
        """One path and its decoding, each [time, 2] m: the path whose final error is the median of a hundred.

        In double precision, so that rounding does not decide which of two cells is among the three most active.
        """
        network, batch = copy.deepcopy(self.network).double(), self.task.batch_of(self.task.paths(100, Stream.PICTURES))
        batch = type(batch)(*(getattr(batch, entry.name).double() for entry in fields(batch)))
        final = path_errors(network, self.task, batch)[:, -1]
        chosen = int(np.argsort(final)[len(final) // 2])
        return batch.position[chosen].numpy(), decode_paths(network, self.task, batch)[chosen]

    @cached_property
    def error(self) -> np.ndarray:
        """Decoding errors [path, time] m on fresh paths."""
        return self._errors_of(self.network)

    @cached_property
    def errors(self) -> dict[str, np.ndarray]:
        """Decoding errors [path, time] m on the same fresh paths, of the "untrained" and the "trained" network."""
        return {"untrained": self._errors_of(self.task.network()), "trained": self.error}

    def _errors_of(self, network: Any) -> np.ndarray:
        return path_errors(network, self.task, self.task.batch_of(self.task.paths(self.paths, Stream.EVALUATION)))

    @cached_property
    def decoding_floor(self) -> float:
        """Mean decoding error of the true place code itself over the arena, m: no network can do better."""
        arena, code = self.task.preset.arena, self.task.place_cells
        here = arena.sample(5000, self.task.generator(Stream.FLOORS))
        return code_error(code, arena, here, torch.as_tensor(code.targets(here)))

    @property
    def effect_size(self) -> float:
        """Cohen's d of the final errors, untrained against trained."""
        return effect_size(self.errors["untrained"][:, -1], self.errors["trained"][:, -1])

    @cached_property
    def population(self) -> Population:
        """Maps, tuning curves and scores of the linear layer's units."""
        return observe(self.network, self.task)

    @cached_property
    def thresholds(self) -> tuple[Thresholds, ...]:
        """The paper's thresholds, those of field shuffles of these units, and those of the matched null."""
        source = self.task.generator(Stream.SHUFFLES)
        shuffled = shuffled_thresholds(self.population, shuffles=self.shuffles, generator=source)
        noise = self.task.preset.scoring.null_maps
        matched = matched_thresholds(self.population, maps=noise, generator=self.task.generator(Stream.NULL))
        return PAPER_THRESHOLDS, shuffled, matched

    @cached_property
    def types(self) -> dict[str, UnitTypes]:
        """Kinds of the units under each set of thresholds, by its name."""
        return {chosen.name: unit_types(self.population, chosen) for chosen in self.thresholds}

    @cached_property
    def spacing(self) -> np.ndarray:
        """Spacings of the units above the paper's grid threshold that have one, [grid unit] m."""
        spacing = self.population.spacing[unit_types(self.population).grid]
        return spacing[np.isfinite(spacing)]

    @cached_property
    def clusters(self) -> ScaleClusters | None:
        """Clusters of the spacings; None where there are too few grid units to look for any."""
        if len(self.spacing) < _FEW:
            return None
        most = min(8, len(self.spacing) - 1)
        return cluster_scales(
            self.spacing, components=range(1, most + 1), generator=self.task.generator(Stream.CLUSTERS)
        )

    @cached_property
    def discreteness(self) -> Discreteness | None:
        """How uneven the histogram of spacings is beside chance; None where there are too few grid units."""
        if len(self.spacing) < _FEW:
            return None
        return discreteness(self.spacing, generator=self.task.generator(Stream.DISCRETENESS))

    @property
    def scale_numbers(self) -> dict[str, float]:
        """What is measured of the spacings (m), as far as there are grid units enough to measure it."""
        if not len(self.spacing):
            return {}
        numbers = {
            "scale-least": float(self.spacing.min()),
            "scale-greatest": float(self.spacing.max()),
            "scale-mean": float(self.spacing.mean()),
        }
        if self.clusters is not None and self.discreteness is not None:
            numbers |= {"clusters": self.clusters.count, "discreteness": self.discreteness.p_value}
            numbers |= {f"cluster-{place + 1}": float(mean) for place, mean in enumerate(self.clusters.mean[:3])}
            if self.clusters.count > 1:
                numbers["ratio"] = float(self.clusters.ratio.mean())
        return numbers

    @cached_property
    def directions(self) -> tuple[np.ndarray, np.ndarray]:
        """Preferred headings (rad) and resultant lengths of the head-direction units by the paper's threshold."""
        chosen = unit_types(self.population).head_direction
        return self.population.direction.angle[chosen], self.population.direction.length[chosen]


def effect_size(first: np.ndarray, second: np.ndarray) -> float:
    """Return Cohen's d: the difference of two means over their pooled standard deviation.

    Parameters
    ----------
    first, second : numpy.ndarray, [sample]
        The two samples.

    Returns
    -------
    float
        Positive where the first mean is the greater one.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1c, give an effect size; that it is Cohen's d is our reading.

    Examples
    --------
    >>> effect_size(np.array([2.0, 4.0]), np.array([1.0, 3.0])).__round__(3)
    0.707
    """
    ones, others = len(first) - 1, len(second) - 1
    pooled = np.sqrt((ones * np.var(first, ddof=1) + others * np.var(second, ddof=1)) / (ones + others))
    return float((np.mean(first) - np.mean(second)) / pooled)


def six_fold_test(angle: np.ndarray) -> tuple[float, float]:
    """Compute how strongly six-fold directions cluster, and how probable that is by chance.

    Parameters
    ----------
    angle : numpy.ndarray, [unit]
        Directions, rad.

    Returns
    -------
    length : float
        Length of the mean of exp(6iθ): 1 where all directions are multiples of 60° apart, 0 where they are spread.
    p_value : float
        The Rayleigh test's probability of as long a mean by chance; NaN for no direction.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1f, shows the clustering; the test is ours.

    Examples
    --------
    >>> length, p_value = six_fold_test(0.1 + np.arange(12) * np.pi / 3)
    >>> round(length, 3), p_value < 1e-4
    (1.0, True)
    """
    if not len(angle):
        return float("nan"), float("nan")
    length = float(np.abs(np.exp(6j * np.asarray(angle)).mean()))
    return length, float(rayleigh_test([min(length, 1.0)], len(angle))[0])


def map_correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Correlate each unit's map with its map of another time.

    Parameters
    ----------
    first, second : numpy.ndarray, [unit, bin, bin]
        Maps of the same units; bins that are NaN in either are left out.

    Returns
    -------
    numpy.ndarray, [unit]
        Pearson correlations; NaN where a map is flat.

    Raises
    ------
    ValueError
        If the shapes differ.

    Notes
    -----
    Source: Banino et al. 2018, Extended Data Fig. 3b.

    Examples
    --------
    >>> maps = np.random.default_rng(0).random((2, 5, 5))
    >>> map_correlation(maps, np.stack([maps[0], -maps[1]])).round(6)
    array([ 1., -1.])
    """
    if first.shape != second.shape:
        raise ValueError(f"second: expected the shape of first {first.shape}, got {second.shape}")
    known = ~np.isnan(first) & ~np.isnan(second)
    count = known.sum((1, 2), keepdims=True)
    centred = [
        np.where(known, part - np.sum(part, (1, 2), where=known, keepdims=True) / count, 0.0)
        for part in (first, second)
    ]
    varies = ~is_flat(first, known) & ~is_flat(second, known)
    spread = np.sqrt((centred[0] ** 2).sum((1, 2)) * (centred[1] ** 2).sum((1, 2)))
    return np.divide((centred[0] * centred[1]).sum((1, 2)), spread, out=np.full(len(first), np.nan), where=varies)
