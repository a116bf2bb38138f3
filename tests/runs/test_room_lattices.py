"""How lattices lie in rooms: maps whose lattice is known, the table, and what is told of what is no run."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest

from gridcells.runs import evaluate, keep_room_lattices, load_room_lattices, load_shipped, measure_room_lattice
from gridcells.scores import lattice_maps
from gridcells.training.place_task import PlaceTask
from gridcells.training.run import Run
from gridcells.world.arenas import Rectangle

LATTICE = range(5, 25)
ROOMS = {f"room_{room}": range(5, 17) for room in ("square", "hexagon", "triangle", "trapezoid")}


@pytest.fixture(scope="module")
def square():
    run = load_shipped("small", 0)
    quick = run.task.preset.override({"scoring.paths": 500, "null_maps": 50})
    return Run(PlaceTask(quick, seed=0), run.network, [])


@pytest.fixture(scope="module")
def evaluation(square):
    return evaluate(square.network, square.task)


def with_lattices(evaluation, orientation):
    """As if the units above the null were lattices of 70 cm, and the rest as they are."""
    maps = evaluation.rate_maps.copy()
    above = np.flatnonzero(evaluation.scores.score_60 > evaluation.comparison.threshold)
    phase = np.random.default_rng(0).uniform(-1, 1, (len(above), 2))
    maps[above] = lattice_maps(
        Rectangle(2.2, 2.2), np.full(len(above), 0.7), orientation=orientation, phase=phase, bins=maps.shape[1:]
    )
    return dataclasses.replace(evaluation, rate_maps=maps, period=0.7)


def test_a_known_lattice_is_measured_as_it_is(square, evaluation):
    row = measure_room_lattice(square, with_lattices(evaluation, np.radians(37.5)))
    assert row.agreement > 0.99 and np.degrees(row.offset) == pytest.approx(7.5, abs=0.5)
    assert max(row.ellipticity, row.perfect_ellipticity) < 1.05 and row.shear < 0.02
    assert np.degrees(row.offset_unsheared) == pytest.approx(7.5, abs=1.0)
    assert min(row.likeness, row.perfect_likeness) > 0.8 and row.period == 0.7
    assert (row.decoding_error, row.median_score_60) == pytest.approx(
        (evaluation.decoding_error, evaluation.summary()["median_score_60"]), rel=1e-4
    )


def test_axes_that_point_everywhere_do_not_agree(square, evaluation):
    units = int((evaluation.scores.score_60 > evaluation.comparison.threshold).sum())
    row = measure_room_lattice(square, with_lattices(evaluation, np.pi / 3 * np.arange(units) / units))
    assert row.agreement < 0.1 and row.units == units


def test_a_network_without_a_lattice_has_a_row_without_one(square, evaluation):
    none = dataclasses.replace(evaluation.comparison, threshold=9.0)
    row = measure_room_lattice(square, dataclasses.replace(evaluation, comparison=none))
    assert row.units == 0 and np.isnan([row.ellipticity, row.perfect_likeness, row.offset]).all()
    assert row.decoding_error == pytest.approx(evaluation.decoding_error, rel=1e-4)


def test_the_table_is_added_to_and_read_back(square, tmp_path, monkeypatch):
    path = tmp_path / "table.json"
    row = measure_room_lattice(square)
    nothing = dataclasses.replace(row, seed=3, ellipticity=float("nan"))
    rows = iter([row, nothing, dataclasses.replace(row, units=1)])
    monkeypatch.setattr("gridcells.runs.room_lattices.measure_room_lattice", lambda run: next(rows))
    kept = keep_room_lattices([square, square, square], path=path)
    assert [(one.seed, one.units) for one in kept] == [(0, 1), (3, row.units)] and np.isnan(kept[1].ellipticity)
    assert load_room_lattices("lattice", path=path) == []
    changed = json.loads(path.read_text()) | {"rows": []}
    path.write_text(json.dumps(changed))
    with pytest.raises(ValueError, match="digest"):
        load_room_lattices(path=path)


def test_the_shipped_table_holds_held_out_networks():
    rows = load_room_lattices()
    wanted = {(label, seed) for label, seeds in {"lattice": LATTICE, **ROOMS}.items() for seed in seeds}
    assert {(row.label, row.seed) for row in rows} == wanted and len(rows) == len(wanted)
    assert [(row.label, row.seed) for row in rows if not row.units] == [("lattice", 23)]  # which has bands


@pytest.mark.parametrize("label", ["room_square", "room_trapezoid"])
def test_a_row_of_the_shipped_table_is_what_its_network_has(label):
    again = measure_room_lattice(load_shipped(label, 6))
    (row,) = (row for row in load_room_lattices(label) if row.seed == 6)
    for name in ("ellipticity", "perfect_ellipticity", "likeness", "perfect_likeness", "median_score_60", "shear"):
        assert getattr(again, name) == pytest.approx(getattr(row, name), abs=0.02), name


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "usage: "),
        (["no_such_run"], "folder: expected the folder of a run"),
        (["room_squar"], "did you mean 'room_square'?"),
    ],
)
def test_the_command_tells_what_it_wants(words, told):
    found = subprocess.run(
        [sys.executable, "-m", "gridcells.runs.room_lattices", *words], capture_output=True, text=True, check=False
    )
    assert found.returncode == 1 and told in found.stderr and "Traceback" not in found.stderr
