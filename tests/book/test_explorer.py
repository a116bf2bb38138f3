"""The explorer's twin in Python, and its traits."""

import inspect

import numpy as np
import pytest
import traitlets

from gridcells.book.explorer import Dab, Explorer, Settings, explore, seeded_noise
from gridcells.book.explorer import model as explorer_model
from gridcells.book.explorer.room_name import RoomName


def mulberry32(state):
    """The generator as its author wrote it, one number at a time."""
    while True:
        state = (state + 0x6D2B79F5) % 2**32
        t = ((state ^ (state >> 15)) * (state | 1)) % 2**32
        t ^= (t + ((t ^ (t >> 7)) * (t | 61)) % 2**32) % 2**32
        yield ((t ^ (t >> 14)) % 2**32) / 2**32


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_noise_is_box_and_muller_of_mulberry32(seed):
    numbers = mulberry32(seed)
    expected = []
    for _ in range(32):
        first, second = 1 - next(numbers), next(numbers)
        expected.append(np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second))
    np.testing.assert_allclose(seeded_noise(seed, 2, 4).ravel(), expected, rtol=1e-12)


def test_noise_is_gaussian():
    noise = seeded_noise(7, 16)
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 1) < 0.02 and abs((np.abs(noise) < 1).mean() - 0.683) < 0.01


def test_the_default_shows_hexagons():
    found = explore()
    assert found.lattice == "hexagonal"
    assert np.median(found.scores.score_60) > 0.6 > 0.3 > np.median(found.scores.score_90)
    assert np.median(found.spacing) == pytest.approx(found.annulus.spacing, rel=0.15)


def test_walls_let_the_ring_set_the_spacing():
    for width in (0.1, 0.12, 0.14):
        found = explore(Settings(width=width, walls=True, cells=9), steps=300)
        assert np.median(found.scores.score_60) > 1


L_SHAPED = "-1.2:-1.2,1.2:-1.2,1.2:0.1,0.1:0.1,0.1:1.2,-1.2:1.2"


@pytest.mark.parametrize("room", ["hexagon", "triangle", "trapezoid", L_SHAPED])
def test_in_rooms_of_other_shapes_hexagons_form_to_the_walls_and_not_beyond(room):
    settings = Settings(width=0.1, room=room, cells=6)
    found = explore(settings, steps=300)
    assert settings.walled and found.lattice == "unknown"
    assert np.array_equal(np.isfinite(found.maps), np.broadcast_to(settings.inside, found.maps.shape))
    assert 0.4 < settings.inside.mean() < 0.8
    assert found.formed.lattice == "hexagonal" and np.median(found.scores.score_60) > 0.7
    with pytest.raises(ValueError, match="room: expected one of"):
        Settings(room="circle")
    with pytest.raises(ValueError, match="room: expected a longer side"):
        Settings(room="0:0,9:0,0:9")
    assert Explorer(room=room).settings().room == room
    with pytest.raises(ValueError, match="room: expected walls that do not cross"):
        Explorer(room="0:0,2:1,2:0,0:1.5")


def test_a_room_is_a_name_or_corners_wherever_it_is_a_trait():
    class Page(traitlets.HasTraits):
        room = RoomName("square", "torus")

    page = Page()
    assert page.room == "square"
    page.room = "torus"
    page.room = L_SHAPED
    for wrong in ("hexagon", "0:0", 3):
        with pytest.raises(traitlets.TraitError, match="room: expected"):
            page.room = wrong
    assert page.room == L_SHAPED


def test_traits_are_the_settings():
    widget = Explorer(width=0.2, nonlinearity="tanh", cells=9)
    assert widget.settings() == Settings(width=0.2, nonlinearity="tanh", cells=9)
    for name, parameter in inspect.signature(Settings).parameters.items():
        assert getattr(Explorer(), name) == parameter.default
        assert Explorer.class_traits()[name].metadata["sync"]
    seen = []
    widget.observe(lambda change: seen.append((change["name"], change["new"])), ["width", "playing"])
    widget.width, widget.playing = 0.15, False
    assert seen == [("width", 0.15), ("playing", False)]
    widget.steps, widget.dabs = 7, [[3, 0, 1, 2, "erase"]]
    again = explore(widget.settings(), steps=7, dabs=[Dab(3, 0, 1, 2, "erase")])
    np.testing.assert_array_equal(widget.explore().maps, again.maps)
    widget.dabs = []
    assert widget.explore(steps=5).maps.shape == (9, explorer_model.BINS, explorer_model.BINS)
    assert repr(widget) == "Explorer: place fields of 15 cm in a box of 2.2 m"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Explorer(width=3.0), "width"),
        (lambda: Explorer(widht=0.1), "widht: expected one of width, surround_ratio"),
        (lambda: Explorer(tuning="box"), "tuning"),
        (lambda: Settings(nonlinearity="cubic"), "nonlinearity: expected"),
        (lambda: Settings(seed=2**32), "seed: expected a whole number from 0"),
        (lambda: Settings(cells=0), "cells: expected"),
        (lambda: Dab(-1, 0, 0, 0), "step: expected"),
        (lambda: Dab(0, 0, 0, 0, "smear"), "brush: expected"),
        (
            lambda: explore(Settings(cells=2), steps=1, dabs=[Dab(0, 2, 0, 0)]),
            "dabs: expected a bin of 64 x 64 on one of 2 maps",
        ),
        (
            lambda: explore(Settings(cells=2), steps=1, dabs=[Dab(2, 0, 0, 0)]),
            "dabs: expected none after the last step",
        ),
        (lambda: explore(Settings(width=0.6)), "width: expected between one bin .* a quarter of the box"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        call()
