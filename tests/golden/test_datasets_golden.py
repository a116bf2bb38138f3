"""The reader takes files that TensorFlow wrote."""

import numpy as np

from gridcells.world.datasets import FEATURES, TrajectoryDataset
from gridcells.world.tfrecords import encode_records, parse_example, record_at, scan

FOLDER, CONTENTS = "square_room_100steps_2.2m_1000000", "square_room_contents.npz"


def test_values_are_those_that_were_written(golden):
    dataset, published = TrajectoryDataset(golden / FOLDER, skip_corrupt=True), np.load(golden / CONTENTS)
    assert (len(dataset), dataset.steps) == (24, 100)
    assert (len(dataset.files), dataset.announced) == (2, 100)
    blocks = list(dataset.blocks(24))
    for name in FEATURES:
        found = np.concatenate([getattr(block, name) for block in blocks])
        np.testing.assert_array_equal(found, published[name].reshape(found.shape))


def test_our_records_hold_the_same_bytes_of_every_value(golden):
    path = sorted((golden / FOLDER).glob("*.tfrecord"))[0]
    published = np.load(golden / CONTENTS)
    ours = encode_records({name: published[name][:12].reshape(12, -1) for name in FEATURES})
    offsets, broken = scan(path)
    assert broken is None
    theirs = path.read_bytes()
    for number, offset in enumerate(offsets):
        data = record_at(path, memoryview(theirs), number, int(offset))
        mine = ours[number].tobytes()
        assert len(mine) == len(data) + 16  # the same features, perhaps in another order
        for name, values in parse_example(data).items():
            assert parse_example(mine[12:-4])[name].tobytes() == values.tobytes()
