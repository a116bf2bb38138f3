"""Settings as data."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from gridcells.presets import PRESETS, Preset, preset
from gridcells.training import make_task
from gridcells.world.arenas import Circle
from gridcells.world.polygons import Polygon


@pytest.mark.parametrize("name", PRESETS)
def test_every_value_has_a_source_and_survives_json(name):
    chosen = preset(name)
    assert chosen.name == name
    assert Preset.from_dict(json.loads(json.dumps(chosen.as_dict()))) == chosen
    assert hash(Preset.from_dict(json.loads(json.dumps(chosen.as_dict())))) == hash(chosen)
    for setting in chosen.flat():
        assert len(chosen.source(setting)) > 5
        assert chosen.unit(setting) in {"", "m", "m/s", "rad/s", "s", "steps", "nats"}
    (width,) = [setting for setting in chosen.flat() if setting.endswith(".field_width")]
    assert chosen.unit(width) == "m"
    assert chosen.unit("motion.turn_sd") == "rad/s"


def test_published_values():
    code, text = preset("sorscher2019"), preset("sorscher2023")
    assert (code.network.units, code.place_cells.field_width, code.place_cells.surround_ratio) == (4096, 0.12, 2.0)
    assert (code.training.optimiser, code.training.learning_rate, code.training.steps) == ("adam", 1e-4, 100_000)
    assert (text.place_cells.field_width, text.place_cells.surround_ratio) == (0.20, 4.0)
    assert (text.training.optimiser, text.training.steps) == ("rmsprop", 10_000)
    assert text.motion.speed_scale * (3.141592653589793 / 2) ** 0.5 == pytest.approx(0.1)  # mean of the Rayleigh


def test_published_values_of_the_lstm():
    code, text, squares = preset("banino2018_code"), preset("banino2018_paper"), preset("square_grids")
    differing = {name for name, value in code.flat().items() if value != text.flat()[name]}
    assert differing == {
        "network.linear_units",
        "training.clipped",
        "training.weight_decay",
        "scoring.bins",
        "scoring.form",
    }
    assert (code.network.linear_units, text.network.linear_units, squares.network.linear_units) == (256, 512, 512)
    assert (code.training.learning_rate, code.training.clip, code.training.momentum) == (1e-5, 1e-5, 0.9)
    assert (squares.training.steps, squares.training.batch, squares.training.learning_rate) == (1500, 100, 1e-2)


def test_override_is_typed_and_leaves_the_original():
    changed = preset("laptop").override({"training.steps": "1e2", "field_width": 0.2, "standardised": "False"})
    assert changed.training.steps == 100
    assert changed.place_cells.field_width == 0.2
    assert changed.network.standardised is False
    assert changed.source("training.steps") == "set by the user"
    assert changed.source("network.units") == preset("laptop").source("network.units")
    assert preset("laptop").network.standardised is True
    with pytest.raises(dataclasses.FrozenInstanceError):
        changed.name = "other"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"stpes": 5}, "setting 'stpes': expected a setting's name .did you mean 'steps'"),
        ({"training.step": 5}, "did you mean 'training.steps'"),
        ({"qqqq": 5}, "setting 'qqqq': expected a setting's name; one of arena.width"),
        ({"steps": "many"}, "training.steps: expected a whole number, got 'many'"),
        ({"steps": 2.5}, "training.steps: expected a whole number, got 2.5"),
        ({"steps": 0}, "training.steps: expected a whole number of at least 1, got 0"),
        ({"standardised": "maybe"}, "network.standardised: expected true or false, got 'maybe'"),
        ({"standardised": 1}, "network.standardised: expected true or false, got 1"),
        ({"learning_rate": "nan"}, "training.learning_rate: expected a number, got 'nan'"),
        ({"learning_rate": -1}, "training.learning_rate: expected a number above 0"),
        ({"field_width": 0}, "place_cells.field_width: expected a number above 0 m, got 0.0"),
        ({"recurrent_decay": -1e-4}, "training.recurrent_decay: expected a number of at least 0"),
        ({"cell": "rnn"}, "network.cell: expected one of relu, tanh, gru, lstm, one_layer, one_layer_relu, got 'rnn'"),
        ({"arena.width": -1}, "width: expected a number above 0 m, got -1.0"),
        ({"walls": "stpo"}, "walls: expected one of 'stop', 'pass'"),
        ({"bins": 3}, "scoring.bins: expected a whole number of at least 4, got 3"),
        ({"cells": 2}, "place_cells.cells: expected a whole number of at least 3, got 2"),
        ({"arena.height": 30}, "scoring.bins: expected at least 4 along the shorter side .* got 1 with 20 along"),
        ({"cells": True}, "place_cells.cells: expected a whole number, got True"),
        (
            {"steps": "1", "training.steps": "2"},
            "training.steps: expected each setting once, got steps=1 and training.steps=2",
        ),
        (
            {"training.steps": 1, "units": 8, "steps": 1},
            "training.steps: expected each setting once, got training.steps=1 and steps=1",
        ),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        preset("laptop").override(settings)


@pytest.mark.parametrize("first", ["sorscher", "banino", "catalogue"])
def test_presets_are_listed_in_one_order(first):
    """Whichever module a program imports first."""
    words = f"import gridcells.presets.{first}; from gridcells.presets import PRESETS; print(*PRESETS)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.split() == list(PRESETS)


def test_the_label_tells_what_was_changed():
    assert preset("square_grids").label == "square_grids"
    changed = preset("square_grids").override({"dropout": 0, "ensembles.seed": 5, "rectified": True})
    assert changed.label == "square_grids+seed=5+dropout=0+rectified=True"
    assert preset("laptop").override({"arena.periodic": True}).label == "laptop+periodic=True"
    assert dataclasses.replace(preset("laptop"), name="mine").label == "mine"


def test_unknown_preset_suggests_the_nearest():
    with pytest.raises(ValueError, match="preset: expected one of .*got 'latice' .did you mean 'lattice'"):
        preset("latice")


def test_foreign_json():
    with pytest.raises(ValueError, match="values: expected a preset's name and settings, got '.1, 2.'"):
        Preset.from_dict([1, 2])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("laptop", "place"),
        ("emergence_lstm_wide", "place"),
        ("emergence_one_layer_wide", "encoding"),
        ("emergence_one_layer_nonnegative", "encoding"),
        ("module", "grown"),
        ("banino2018_code", "pose"),
    ],
)
def test_a_preset_knows_its_kind(name, kind):
    chosen = preset(name)
    assert chosen.kind == kind
    assert Preset.from_dict(chosen.as_dict()).kind == kind
    if kind != "pose":
        assert chosen.network.recurrent == (kind != "encoding")


def test_the_two_kinds_of_rmsprop_have_two_names_and_older_files_open():
    lstm, rnn = preset("banino2018_code"), preset("sorscher2023")
    assert lstm.training.optimiser == "tensorflow_rmsprop"
    assert rnn.training.optimiser == "rmsprop"
    older = {**lstm.as_dict(), "training.optimiser": "rmsprop"}
    assert Preset.from_dict(older) == lstm
    assert Preset.from_dict({**older, "training.steps": 200_000}).label == "banino2018_code+steps=200000"
    assert Preset.from_dict(rnn.as_dict()).training.optimiser == "rmsprop"
    with pytest.raises(ValueError, match="training.optimiser: expected one of tensorflow_rmsprop, adam, got 'rmsprop'"):
        lstm.override({"optimiser": "rmsprop"})


def test_a_room_of_any_shape_is_told_as_text_and_read_back():
    room = Polygon([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (1 / 3, 2)], [[(0.5, 0.2), (0.7, 0.2), (0.6, 0.4)]])
    chosen = dataclasses.replace(preset("banino_laptop"), name="corner", arena=room)
    values = json.loads(json.dumps(chosen.as_dict(), sort_keys=True))  # holes before the walls around them
    assert values["arena.vertices"].startswith("0.0:0.0,2.0:0.0,")
    assert Preset.from_dict(values) == chosen and hash(Preset.from_dict(values)) == hash(chosen)
    assert chosen.unit("arena.vertices") == "m" and chosen.source("arena.vertices") == "set by the user"
    square = chosen.override({"arena.holes": "", "vertices": "0:0,3:0,3:3,0:3"})
    assert square.arena == Polygon([(0, 0), (3, 0), (3, 3), (0, 3)])
    with pytest.raises(ValueError, match="arena.holes: expected text, x:y of each corner, got 3"):
        chosen.override({"arena.holes": 3})
    with pytest.raises(ValueError, match=r"holes\[0\]: expected a hole inside the outer walls"):
        chosen.override({"vertices": "9:9,12:9,12:12,9:12"})


def test_fields_may_stop_at_walls():
    """The distance to a place cell's centre, a setting that came later and names no run of before."""
    split = {"vertices": "-1:-1,1:-1,1:1,-1:1", "holes": "-0.05:-0.9,0.05:-0.9,0.05:0.9,-0.05:0.9"}
    straight = preset("quick").override({**split, "cells": 64, "tuning": "gaussian"})
    around = straight.override({"distance": "geodesic"})
    assert around.label.endswith("distance=geodesic") and "distance" not in straight.label
    assert "place_cells.distance" in around.identity() and "place_cells.distance" not in straight.identity()
    here = np.array([0.1, 0.0])
    targets = [make_task(one, seed=0).place_cells.targets(here) for one in (straight, around)]
    beyond = make_task(straight, seed=0).place_cells.centers[:, 0] < 0
    assert targets[1][beyond].sum() < 0.5 * targets[0][beyond].sum()
    with pytest.raises(ValueError, match="motion.walls: expected stop or right_angle where place fields stop at walls"):
        around.override({"walls": "pass"})


@pytest.mark.parametrize(
    "name", ["quick", "emergence_lstm_wide", "emergence_one_layer_wide", "lattice", "banino_laptop"]
)
def test_any_network_can_be_put_into_a_room_of_another_kind(name):
    corners = "0:0,2:0,1.5:1,0.5:1"
    chosen = preset(name).override({"vertices": corners, "bins": 24})
    assert chosen.arena == Polygon([(0, 0), (2, 0), (1.5, 1), (0.5, 1)]) and chosen.scoring.bins == 24
    assert Preset.from_dict(json.loads(json.dumps(chosen.as_dict()))) == chosen
    disc = chosen.override({"arena.radius": "0.7"})
    assert disc.arena == Circle(0.7) and Preset.from_dict(disc.as_dict()) == disc
    with pytest.raises(ValueError, match="setting 'width': expected a setting's name"):
        preset(name).override({"vertices": corners, "width": 3.0})
    for room in (preset(name), chosen, disc):  # of two kinds at once there is none
        with pytest.raises(ValueError, match="setting '(vertices|radius)': expected a setting's name"):
            room.override({"vertices": corners, "radius": 1.0})


def test_settings_of_a_group_that_need_each_other_are_changed_at_once():
    faster = preset("banino_laptop").override({"sub_step": 0.5, "time_step": 1.0})
    assert (faster.motion.sub_step, faster.motion.time_step) == (0.5, 1.0)
