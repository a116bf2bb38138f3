"""Streams of random numbers: every purpose keeps the numbers that the shipped runs were made from."""

import numpy as np
import pytest

from gridcells._common.streams import DatasetStream, Stream

KEYS = {
    "centers": (0, 0),
    "weights": (1, 0),
    "paths": (2, 0),
    "evaluation": (3, 0),
    "maps": (3, 1),
    "floors": (3, 2),
    "pictures": (3, 3),
    "excursions": (3, 3),
    "standardising": (3, 4),
    "readouts": (3, 4),
    "topology": (3, 5),
    "null": (4, 0),
    "shuffles": (4, 1),
    "clusters": (4, 2),
    "discreteness": (4, 3),
    "dropout": (5, 0),
    "loss_samples": (6, 0),
    "perfect": (4, 4),
    "noise": (7, 0),
}


def test_no_stream_moves():
    assert {str(stream): stream.key() for stream in Stream} == KEYS
    assert (Stream.PATHS.key(7), Stream.DROPOUT.key(9)) == ((2, 7), (5, 9))
    expected = np.random.Generator(np.random.PCG64(np.random.SeedSequence(3, spawn_key=(3, 1))))
    assert Stream.MAPS.generator(3).random() == expected.random()


def test_one_pass_through_a_dataset_has_its_own_numbers():
    def drawn(*key):
        return np.random.default_rng(np.random.SeedSequence(5, spawn_key=key)).random()

    assert DatasetStream.FILES.generator(5, 2).random() == drawn(2, 0)
    assert DatasetStream.RECORDS.generator(5, 2, 3).random() == drawn(2, 4)
    with pytest.raises(ValueError, match="seed: expected a whole number of at least 0, got -1"):
        DatasetStream.FILES.generator(-1, 0)


def test_what_is_no_stream_is_refused():
    with pytest.raises(ValueError, match="stream: expected one of .*, got 'maqs' .did you mean 'maps'"):
        Stream.of("maqs")
    with pytest.raises(ValueError, match="index: expected 0, since 'evaluation' draws once, got 3"):
        Stream.EVALUATION.generator(0, 3)
