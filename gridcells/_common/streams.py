"""Where random numbers come from: every purpose has a stream of its own, so that none moves when another draws more."""

from __future__ import annotations

import enum

import numpy as np

from gridcells._common.checks import check_choice, check_count

__all__ = ["DatasetStream", "Stream"]


class Stream(enum.StrEnum):
    """A purpose of a run's random numbers; a member equals its name in text ("weights").

    Blocks of training paths and steps of dropout or of the loss are numbered within their stream; every other purpose
    draws once.

    Examples
    --------
    >>> Stream("maps").key(), Stream.PATHS.key(7)
    ((3, 1), (2, 7))
    """

    CENTERS = "centers"  # place field centres, extra fields, widths and mixtures
    WEIGHTS = "weights"  # initial weights
    PATHS = "paths"  # training paths, block by block
    EVALUATION = "evaluation"  # paths that decoding errors are measured on
    MAPS = "maps"  # paths that rate maps and tuning curves are made from
    FLOORS = "floors"  # positions at which targets are judged
    PICTURES = "pictures"  # paths shown as examples
    EXCURSIONS = "excursions"  # walks through a wall and back; shares its numbers with the pictures
    STANDARDISING = "standardising"  # paths whose inputs and codes say what an LSTM standardises by
    READOUTS = "readouts"  # walks along which a read-out is fitted; shares its numbers with standardising
    TOPOLOGY = "topology"  # walks along which a population's shape is looked for
    NULL = "null"  # draws of the matched null
    SHUFFLES = "shuffles"  # shuffles of fields
    CLUSTERS = "clusters"  # starts of the clusters of grid scales
    DISCRETENESS = "discreteness"  # chance's histograms of grid scales
    DROPOUT = "dropout"  # masks of linear units, step by step
    LOSS_SAMPLES = "loss_samples"  # the samples of the paths that the loss looks at, step by step
    PERFECT = "perfect"  # perfect lattices that learnt ones are measured beside
    NOISE = "noise"  # what units hear besides, numbered by where the paths begin

    def key(self, index: int = 0) -> tuple[int, int]:
        """Return the spawn key of NumPy's seed sequence; ``index`` is the block of paths or the step."""
        if index and self not in _NUMBERED:
            raise ValueError(f"index: expected 0, since {self.value!r} draws once, got {index}")
        first, place = _KEYS[self]
        return first, place + index

    def generator(self, seed: int, index: int = 0) -> np.random.Generator:
        """Return the random numbers of this purpose that follow from a run's seed.

        Parameters
        ----------
        seed : int
            The run's seed.
        index : int
            The block of paths or the step.

        Returns
        -------
        numpy.random.Generator
            A fresh generator: the same numbers at every call.
        """
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=self.key(index))))

    @classmethod
    def of(cls, name: str) -> Stream:
        """Return the stream of that name, or raise a ValueError that lists them."""
        return cls(check_choice(name, "stream", tuple(member.value for member in cls)))


_NUMBERED = (Stream.PATHS, Stream.DROPOUT, Stream.LOSS_SAMPLES, Stream.NOISE)
_KEYS = {  # fixed for good: trained runs follow from these numbers
    Stream.CENTERS: (0, 0),
    Stream.WEIGHTS: (1, 0),
    Stream.PATHS: (2, 0),
    Stream.EVALUATION: (3, 0),
    Stream.MAPS: (3, 1),
    Stream.FLOORS: (3, 2),
    Stream.PICTURES: (3, 3),
    Stream.EXCURSIONS: (3, 3),
    Stream.STANDARDISING: (3, 4),
    Stream.READOUTS: (3, 4),
    Stream.TOPOLOGY: (3, 5),
    Stream.NULL: (4, 0),
    Stream.SHUFFLES: (4, 1),
    Stream.CLUSTERS: (4, 2),
    Stream.DISCRETENESS: (4, 3),
    Stream.PERFECT: (4, 4),
    Stream.DROPOUT: (5, 0),
    Stream.LOSS_SAMPLES: (6, 0),
    Stream.NOISE: (7, 0),
}


class DatasetStream(enum.IntEnum):
    """A purpose of the random numbers by which one pass through a dataset is put in order; its number, or the first."""

    FILES = 0  # order of the files
    RECORDS = 1  # order of the trajectories in the first buffer; that of the next one is numbered 2, and so on

    def generator(self, seed: int, epoch: int, buffer: int = 0) -> np.random.Generator:
        """Return the random numbers of this purpose for one pass, and for one of its buffers; both count from 0."""
        key = (epoch, self + buffer)
        return np.random.default_rng(np.random.SeedSequence(check_count(seed, "seed", 0), spawn_key=key))
