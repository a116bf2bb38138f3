"""Presets in rooms of other shapes."""

import pytest

from gridcells.presets import ROOMS, preset


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_have_the_area_of_the_square_and_lie_around_the_origin(room):
    shape = ROOMS[room]
    assert shape.area == pytest.approx(2.2**2, rel=2e-3)
    left, right, below, above = shape.bounds
    assert left < 0 < right
    assert below < 0 < above
    assert shape.contains([[0.0, 0.0]]).all()


@pytest.mark.parametrize("stem", ["room", "cueva2018"])
def test_a_room_is_all_that_differs(stem):
    square = preset("room_square" if stem == "room" else stem)
    for room in ("hexagon", "triangle"):
        other = preset(f"{stem}_{room}")
        changed = {name for name, value in other.as_dict().items() if square.as_dict().get(name) != value}
        assert {name.partition(".")[0] for name in changed} == {"name", "arena"}


def test_the_rate_model_has_every_term():
    flat = preset("cueva2018").flat()
    assert flat["network.leak"] < 1
    assert flat["network.bias"]
    assert min(flat["network.noise"], flat["training.activity_cost"], flat["training.readout_decay"]) > 0
