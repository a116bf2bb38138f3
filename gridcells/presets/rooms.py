"""Networks in rooms of other shapes and in two rooms with a door, and one that follows two animals in a room."""

from __future__ import annotations

import dataclasses
import itertools
from typing import cast

from gridcells._common.checks import check_choice
from gridcells.presets import emergence  # noqa: F401  # whose presets are listed before these
from gridcells.presets.base import Preset, ScoringSetting
from gridcells.presets.sorscher import NetworkSetting, PlaceCellSetting, RNNPreset, TrainingSetting
from gridcells.world.arenas import Arena, Rectangle
from gridcells.world.polygons import Polygon, Ring
from gridcells.world.walls import gap_between

__all__ = ["ROOMS", "room_of"]

#: Rooms of the area of the square of 2.2 m; presets are named "room_ROOM", and "cueva2018_ROOM" for the first two.
ROOMS = {
    "hexagon": Polygon(
        ((1.365, 0), (0.6825, 1.182), (-0.6825, 1.182), (-1.365, 0), (-0.6825, -1.182), (0.6825, -1.182))
    ),
    "triangle": Polygon(((-1.67, -0.966), (1.67, -0.966), (0, 1.932))),
    "trapezoid": Polygon(((-1.6, -1.21), (1.6, -1.21), (0.4, 1.21), (-0.4, 1.21))),
}

_DRAWN = (3, 16), (1.0, 4.0), 0.5, 0.05  # of a drawn room: corners; longer side, m; least area, m²; narrowest door, m


def room_of(room: str) -> Polygon:
    """Return the room that a name, or the corners of one that was drawn, stand for.

    Parameters
    ----------
    room : str
        One of `ROOMS`; or "x:y" of each corner, m, joined by commas, and after a stroke each those of pillars, where
        nobody can be: the holes of the polygon.

    Returns
    -------
    Polygon
        The room.

    Raises
    ------
    ValueError
        If there is no such room; or if a drawn one has other than 3 to 16 corners in all, a longer side of other than
        1 to 4 m, less than half a square metre, or walls that come nearer to each other than 5 cm.

    Examples
    --------
    >>> room_of("-1:-1,1:-1,1:0,0:0,0:1,-1:1").area
    3.0
    >>> len(room_of("-1:-1,1:-1,1:1,-1:1/-0.2:-0.2,0.2:-0.2,0.2:0.2,-0.2:0.2").holes)
    1
    """
    if ":" not in room:
        return ROOMS[check_choice(room, "room", tuple(ROOMS))]
    if "" in room.split("/"):
        raise ValueError(f"room: expected x:y of each corner of the room and of each pillar, got {room!r}")
    outer, _, pillars = room.partition("/")
    try:
        drawn = Polygon(cast(Ring, outer), cast(tuple[Ring, ...], pillars))
    except ValueError as error:
        message = str(error).replace("vertices", "room", 1).replace("holes", "room: pillars", 1)
        raise ValueError(message) from None
    corners, (fewest, most) = sum(map(len, drawn.rings)), _DRAWN[0]
    if not fewest <= corners <= most:
        raise ValueError(f"room: expected {fewest} to {most} corners, got {corners}")
    side, (shortest, longest) = max(drawn.size), _DRAWN[1]
    if not shortest <= side <= longest:
        raise ValueError(f"room: expected a longer side of {shortest:g} to {longest:g} m, got {side:g}")
    if drawn.area < _DRAWN[2]:
        raise ValueError(f"room: expected an area of {_DRAWN[2]:g} m² or more, got {drawn.area:.2f}")
    gaps = [gap_between(one)[0] for one in drawn.rings]
    gaps += [gap_between(one, other)[0] for one, other in itertools.combinations(drawn.rings, 2)]
    if (gap := min(gaps)) <= _DRAWN[3]:
        raise ValueError(f"room: expected walls more than {_DRAWN[3]:g} m apart, got {gap:.3g} m")
    return drawn


_OURS = "ours, measured"
_CODE = "Sorscher et al. 2019, released code"
_QUICK = Preset.published["quick"]
assert isinstance(_QUICK, RNNPreset)

_PLACES = dataclasses.replace(
    _QUICK,
    name="room_square",
    place_cells=PlaceCellSetting(field_width=0.12, surround_ratio=_QUICK.place_cells.surround_ratio),
    training=dataclasses.replace(_QUICK.training, steps=1000),
    scoring=ScoringSetting(bins=30),
)
_COORDINATES = RNNPreset(
    "cueva2018",
    place_cells=PlaceCellSetting(tuning="cartesian"),
    network=NetworkSetting(cell="tanh", units=100, standardised=True, leak=0.1, bias=True, noise=0.3),
    training=TrainingSetting(
        steps=1000,
        batch=100,
        path_steps=100,
        learning_rate=2e-3,
        warmup=20,
        recurrent_decay=0.0,
        readout_decay=1e-4,
        activity_cost=0.05,
        evaluate_every=250,
        checkpoint_every=250,
    ),
    scoring=ScoringSetting(bins=30),
)


def _in_rooms(square: RNNPreset, *rooms: str) -> list[RNNPreset]:
    """List a preset, and the same in other rooms."""
    stem = square.name.removesuffix("_square")
    return [square, *(dataclasses.replace(square, name=f"{stem}_{room}", arena=ROOMS[room]) for room in rooms)]


# of two animals the targets hold half as much of each, and what holds weights down has to be weaker
_PAIR = dataclasses.replace(
    _QUICK,
    name="two_animals",
    network=dataclasses.replace(_QUICK.network, units=256, animals=2),
    training=dataclasses.replace(
        _QUICK.training,
        steps=7000,
        batch=200,
        recurrent_decay=2e-5,
        readout_decay=1e-6,
        evaluate_every=1000,
        checkpoint_every=1000,
    ),
)
# two rooms of 1.5 m by 1.5 m beside each other; the wall between them is 10 cm thick, the door 40 cm wide
_TWO_ROOMS = Polygon(
    (
        *((-1.55, -0.75), (-0.05, -0.75), (-0.05, -0.2), (0.05, -0.2), (0.05, -0.75), (1.55, -0.75)),
        *((1.55, 0.75), (0.05, 0.75), (0.05, 0.2), (-0.05, 0.2), (-0.05, 0.75), (-1.55, 0.75)),
    )
)
_APART = 1.6  # m, from a place in one to the same place in the other


def _rooms(name: str, cells: PlaceCellSetting, steps: int = 2000, arena: Arena = _TWO_ROOMS) -> RNNPreset:
    return dataclasses.replace(
        _PLACES,
        name=f"rooms_{name}",
        arena=arena,
        place_cells=cells,
        training=dataclasses.replace(_PLACES.training, steps=steps),
        scoring=ScoringSetting(bins=62),  # of 5 cm
    )


_FEW = dataclasses.replace(_PLACES.place_cells, cells=256)
_ALIKE = dataclasses.replace(_FEW, repeated=_APART)
_PAIRS_OF_ROOMS = [
    _rooms("open", _FEW, arena=Rectangle(3.1, 1.5)),  # the same place without a wall
    _rooms("joined", _FEW),
    _rooms("walled", dataclasses.replace(_FEW, distance="geodesic")),
    _rooms("alike", _ALIKE),
    _rooms("told", dataclasses.replace(_ALIKE, repeated_until=0.25), 8000),  # three times as long apart
]
for _preset in [*_in_rooms(_PLACES, *ROOMS), _PAIR, *_PAIRS_OF_ROOMS]:
    Preset.publish(
        _preset,
        _OURS,
        {
            "motion": _CODE,
            "motion.walls": "ours: the released code lets steps cross the walls",
            "network.cell": _CODE,
            "network.animals": "Redman et al. 2024: two" if _preset is _PAIR else _OURS,
            "training.optimiser": "Jordan et al. 2024, Muon",
            "scoring.form": "both released codes",
        },
    )

_EQUATION = "the term of Cueva & Wei 2018; the number is ours"
_TERMS = (
    "network.units",
    "network.leak",
    "network.bias",
    "network.noise",
    "training.readout_decay",
    "training.activity_cost",
)
for _preset in _in_rooms(_COORDINATES, "hexagon", "triangle"):
    Preset.publish(
        _preset,
        _OURS,
        {
            "motion": _CODE,
            "motion.walls": "ours: the released code lets steps cross the walls",
            "place_cells.tuning": "Cueva & Wei 2018: position is read out as two coordinates",
            "network.cell": "Cueva & Wei 2018",
            **dict.fromkeys(_TERMS, _EQUATION),
            "scoring.form": "both released codes",
        },
    )
