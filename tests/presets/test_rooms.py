"""Presets in rooms of other shapes."""

import math

import pytest

from gridcells.presets import ROOMS, preset, room_of


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


def test_a_room_is_told_by_its_name_or_by_its_corners():
    assert room_of("hexagon") is ROOMS["hexagon"]
    assert room_of("0:0,1:0,1:2,0:2").bounds == (0, 1, 0, 2)


def test_a_room_may_have_pillars():
    assert room_of(SQUARE + "/0.2:0.2,0.5:0.2,0.5:0.5/-0.5:-0.5,-0.2:-0.5,-0.2:-0.2").area == pytest.approx(3.91)


SQUARE = "-1:-1,1:-1,1:1,-1:1"


ANGLES = [2 * math.pi * corner / 17 for corner in range(17)]
SEVENTEEN = ",".join(f"{math.cos(angle)}:{math.sin(angle)}" for angle in ANGLES)


@pytest.mark.parametrize(
    "room, message",
    [
        ("circle", "room: expected one of"),
        ("0:0,1:0,x:1", "room: expected x:y of each corner"),
        ("0:0,2:1,2:0,0:1.5", "room: expected walls that do not cross"),
        ("0:0,2:0", "room: expected at least 3 corners"),
        (SEVENTEEN, "room: expected 3 to 16 corners, got 17"),
        ("0:0,5:0,5:1,0:1", "room: expected a longer side of 1 to 4 m, got 5"),
        ("0:0,0.5:0,0.5:0.5,0:0.5", "room: expected a longer side of 1 to 4 m, got 0.5"),
        ("0:0,1:0,1:0.3,0:0.3", "room: expected an area of 0.5 m² or more, got 0.30"),
        ("0:0,2:0,2:1,1.02:1,1.02:0.04,0.98:0.04,0.98:1,0:1", "room: expected walls more than 0.05 m apart, got 0.04"),
        (SQUARE + "/0.6:0,0.97:0,0.8:0.2", "room: expected walls more than 0.05 m apart, got 0.03"),
        (SQUARE + "/3:3,4:3,4:4", r"room: pillars\[0\]: expected a hole inside the outer walls"),
        (SQUARE + "/", "room: expected x:y of each corner of the room and of each pillar"),
        (SQUARE + "/0:0,0.3:0", r"room: pillars\[0\]: expected at least 3 corners, got 2"),
        (SQUARE + "/0.2:0.2,0.5:0.2,0.5:0.5" * 5, r"room: pillars\[1\]: expected a hole apart from holes\[0\]"),
        (SEVENTEEN.rpartition(",")[0] + "/0:0,0.1:0,0:0.1", "room: expected 3 to 16 corners, got 19"),
    ],
)
def test_what_is_no_room_is_told(room, message):
    with pytest.raises(ValueError, match=message):
        room_of(room)
