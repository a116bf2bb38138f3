"""The explorer's mathematics in Chromium against Python's."""

from __future__ import annotations

import dataclasses
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

import gridcells.book.explorer
from gridcells.book.explorer import Dab, Settings, explore, seeded_noise
from gridcells.book.explorer.bundle import join_modules
from gridcells.book.explorer.model import BINS
from gridcells.presets import ROOMS, room_of
from gridcells.scores import grid_scores
from gridcells.theory.lattice_selection import favoured_lattice
from gridcells.theory.spectra import grid_spacing

MODULE = join_modules(Path(gridcells.book.explorer.__file__).with_name("page") / "explorer.js")
STEPS = 200
SETTINGS = [
    Settings(),
    Settings(width=0.1, seed=5, cells=3),
    Settings(width=0.12, walls=True, cells=4),
    Settings(width=0.12, room="hexagon", cells=4),
    Settings(width=0.15, room="triangle", nonlinearity="tanh", cells=3, seed=4),
    Settings(nonlinearity="tanh", cells=4),
    Settings(nonlinearity="leaky", width=0.15, surround_ratio=4.0, cells=4, seed=2**32 - 1),
    Settings(nonlinearity="quadratic", width=0.1, cells=2),
    Settings(nonlinearity="linear", tuning="gaussian", width=0.2, cells=4),
    Settings(tuning="difference_of_gaussians_unit_amplitude", box=1.6, cells=5, seed=9),
]
IMPORT = "const m = await import(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));"


def in_browser(page, script, settings):
    """Run a script with the module as `m` and the settings as `s`; its value comes back."""
    return page.evaluate(f"async ([code, s]) => {{ {IMPORT} {script} }}", [MODULE, dataclasses.asdict(settings)])


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_mathematics_is_that_of_python(blank, settings):
    script = f"""
        const simulation = new m.Simulation(s), cells = [...Array(s.cells).keys()];
        const start = Array.from(m.noise(s.seed, s.cells, m.BINS).slice(0, 50));
        for (let i = 0; i < {STEPS}; i++) simulation.step();
        const found = m.modes(s);
        return {{
            start, eigenvalues: Array.from(m.eigenvalues(s)), maps: cells.map((c) => Array.from(simulation.map(c))),
            scores: cells.map((c) => m.gridScores(m.coarsened(simulation.shown(c)))), lattice: found.lattice,
            ring: m.ring(s), numbers: cells.map((c) => m.waveNumber(simulation.centred(c), s.box)),
        }};
    """
    found, expected = in_browser(blank, script, settings), explore(settings, steps=STEPS)
    np.testing.assert_allclose(found["start"], seeded_noise(settings.seed, settings.cells).ravel()[:50], rtol=1e-12)
    eigenvalues = expected.kernel.eigenvalues().ravel()
    np.testing.assert_allclose(found["eigenvalues"], eigenvalues, atol=1e-6 * eigenvalues.max())
    maps = np.array(found["maps"]).reshape(-1, BINS, BINS)
    correlation = [
        np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(maps, np.nan_to_num(expected.maps), strict=True)
    ]
    assert min(correlation) >= 0.999
    np.testing.assert_allclose(np.array(found["scores"])[:, 0], expected.scores.score_60, atol=1e-3)
    np.testing.assert_allclose(np.array(found["scores"])[:, 1], expected.scores.score_90, atol=1e-3)
    spacing = [grid_spacing(number) for number in found["numbers"]]
    np.testing.assert_allclose(spacing, expected.spacing, rtol=1e-3)
    assert found["lattice"] == expected.lattice
    assert found["ring"] == pytest.approx(expected.annulus.radius, rel=1e-6)


def test_what_rises_evenly_is_no_grid_here_either(blank):
    random = np.random.default_rng(0)
    x, y = np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-1, 1, 20), indexing="ij")
    angle = random.uniform(0, np.pi, (12, 1, 1))
    maps = np.cos(angle) * x + np.sin(angle) * y + 0.02 * random.standard_normal((12, 20, 20))
    script = "return s.map((one) => m.gridScores(Float64Array.from(one)));"
    found = blank.evaluate(f"async ([code, s]) => {{ {IMPORT} {script} }}", [MODULE, maps.reshape(12, -1).tolist()])
    expected = grid_scores(maps)
    assert expected.score_60.max() < 0.3 < grid_scores(maps, limit=np.inf).score_60.max()
    np.testing.assert_allclose(found, np.stack([expected.score_60, expected.score_90], axis=1), atol=1e-6)


def test_maps_of_a_room_with_a_shape_score_as_in_python(blank):
    x, y = np.meshgrid(np.linspace(-1, 1, 20), np.linspace(-1, 1, 20), indexing="ij")
    random, angle = np.random.default_rng(0), np.pi / 3 * np.arange(3)
    phase = random.uniform(0, 6.3, (8, 3, 1, 1))
    waves = 9 * (x * np.cos(angle)[:, None, None] + y * np.sin(angle)[:, None, None])
    maps = np.maximum(np.cos(waves + phase).sum(1), 0)
    maps[:, np.abs(x) + np.abs(y) > 1.2] = np.nan  # an octagon of sorts
    maps[5:, 3:6, 8:] = np.nan  # and what nobody visited
    script = "return s.map((one) => m.gridScores(Float64Array.from(one)));"
    found = blank.evaluate(f"async ([code, s]) => {{ {IMPORT} {script} }}", [MODULE, maps.reshape(8, -1).tolist()])
    expected = grid_scores(maps)
    assert expected.score_60.max() > 0.8
    np.testing.assert_allclose(found, np.stack([expected.score_60, expected.score_90], axis=1), atol=1e-6)


def test_rooms_are_those_of_the_library(blank):
    script = "return Object.keys(m.ROOMS).map((name) => [name, m.ROOMS[name], Array.from(m.binsInside(name, m.BINS))]);"
    found = blank.evaluate(f"async ([code]) => {{ {IMPORT} {script} }}", [MODULE])
    assert {name: tuple(map(tuple, corners)) for name, corners, _ in found} == {
        name: room.vertices for name, room in ROOMS.items()
    }
    for name, _, inside in found:
        np.testing.assert_array_equal(np.reshape(inside, (BINS, BINS)), Settings(room=name).inside)


DRAWN = [
    "-1.2:-1.2,1.2:-1.2,1.2:0.1,0.1:0.1,0.1:1.2,-1.2:1.2",
    "-1:-0.5,-0.1:-0.5,-0.1:-0.1,0.1:-0.1,0.1:-0.5,1:-0.5,1:0.5,0.1:0.5,0.1:0.1,-0.1:0.1,-0.1:0.5,-1:0.5",  # two rooms
    "0:0,2:0.4,0.7:0.8,1.1:1.9",  # a dart, clockwise at its reflex corner
    "-1.2:-1.2,1.2:-1.2,1.2:1.2,-1.2:1.2/-0.6:-0.2,-0.2:-0.2,-0.2:0.4/0.3:0,0.7:0.1,0.7:0.5,0.4:0.3",  # two pillars
    "0:0,1:1,1:0,0:1",
    "0:0,2:0,2:1,1.02:1,1.02:0.04,0.98:0.04,0.98:1,0:1",
    "0:0,9:0,0:9",
    "0:0,1:0,1:0.3,0:0.3",
    "0:0,1:0",
    "0:0,1:0,nonsense",
    "-1:-1,1:-1,1:1,-1:1/0.5:0,1.5:0,1.5:0.2",  # a pillar in the wall, and so on
    "-1:-1,1:-1,1:1,-1:1/3:3,3.5:3,3.5:3.5",
    "-1:-1,1:-1,1:1,-1:1/-0.4:-0.4,0.4:-0.4,0.4:0.4,-0.4:0.4/-0.1:-0.1,0.1:-0.1,0.1:0.1",
    "-1:-1,1:-1,1:1,-1:1/0.6:0,0.97:0,0.8:0.2",
    "-1:-1,1:-1,1:1,-1:1/0:0,0.3:0",
    "-1:-1,1:-1,1:1,-1:1/",
    "-0.5:-0.5,0.5:-0.5,0.5:0.5,-0.5:0.5/-0.4:-0.4,0.4:-0.4,0.4:0.4,-0.4:0.4",
    ",".join(f"{np.cos(a):.3f}:{np.sin(a):.3f}" for a in 2 * np.pi * np.arange(14) / 14) + "/0:0,0.1:0,0:0.1",
]


def test_drawn_rooms_are_those_of_the_library_walls_and_all(blank):
    places = np.random.default_rng(0).uniform(-1.3, 2.1, (200, 2))
    steps = np.random.default_rng(1).normal(0, 0.3, (200, 2))
    script = """
        const [rooms, places, steps] = s;
        return rooms.map((text) => {
            if (!m.ringsOf(text)) return null;
            const room = new m.Room({ rings: m.ringsOf(text) });
            return [Array.from(m.binsInside(text, m.BINS)), places.map((one) => room.nearest(...one)),
                    places.map((one, i) => room.free(...room.inside(...one), ...steps[i])),
                    places.map((one) => room.inside(...one))];
        });
    """
    given = [DRAWN, places.tolist(), steps.tolist()]
    found = blank.evaluate(f"async ([code, s]) => {{ {IMPORT} {script} }}", [MODULE, given])
    assert [one is None for one in found] == [False] * 4 + [True] * 14
    for text, parts in zip(DRAWN, found, strict=True):
        if parts is None:
            with pytest.raises(ValueError, match="room: "):
                room_of(text)
            continue
        room, (inside, nearest, free, clipped) = room_of(text), parts
        np.testing.assert_array_equal(np.reshape(inside, (BINS, BINS)), Settings(room=text).inside)
        distance, bearing, place = room.walls.nearest(places)
        np.testing.assert_allclose(np.array(nearest)[:, 0], distance, atol=1e-12)
        np.testing.assert_allclose(np.exp(1j * np.array(nearest)[:, 1]), np.exp(1j * bearing), atol=1e-9)
        np.testing.assert_allclose(np.array(nearest)[:, 2:], place, atol=1e-12)
        np.testing.assert_allclose(clipped, room.clip(places), atol=1e-12)
        np.testing.assert_allclose(free, room.free_share(np.array(clipped), steps), atol=1e-9)


def test_lattices_are_those_of_python(blank):
    chosen = [
        Settings(width=width, box=box, nonlinearity=nonlinearity)
        for width, box, nonlinearity in itertools.product(
            (0.08, 0.12, 0.15, 0.2, 0.3), (1.6, 2.2, 3.0), ("relu", "tanh")
        )
    ]
    script = "return s.map((one) => m.modes(one).lattice);"
    listed = json.loads(json.dumps([dataclasses.asdict(one) for one in chosen]))
    found = blank.evaluate(f"async ([code, s]) => {{ {IMPORT} {script} }}", [MODULE, listed])
    symmetric = ("linear", "tanh")
    expected = [favoured_lattice(one.kernel(), symmetric=one.nonlinearity in symmetric) for one in chosen]
    walled = in_browser(blank, "return m.modes(s).lattice;", Settings(walls=True))
    assert walled == explore(Settings(walls=True, cells=1), steps=1).lattice == "unknown"
    assert found == expected and set(found) == {"square", "heterogeneous", "hexagonal"}


def test_dabs_are_those_of_python(blank):
    settings = Settings(cells=3, walls=True)
    dabs = [
        Dab(0, 2, 5, 60, "paint"),
        Dab(30, 0, 32, 32, "erase"),
        Dab(30, 0, 1, 2, "paint"),
        Dab(40, 1, 63, 0, "erase"),
    ]
    script = """
        const simulation = new m.Simulation(s.settings, s.dabs);
        for (let i = 0; i < 40; i++) simulation.step();
        return [0, 1, 2].map((c) => Array.from(simulation.map(c)));
    """
    given = {"settings": dataclasses.asdict(settings), "dabs": [dataclasses.asdict(dab) for dab in dabs]}
    found = blank.evaluate(f"async ([code, s]) => {{ {IMPORT} {script} }}", [MODULE, given])
    expected = explore(settings, steps=40, dabs=dabs).maps
    np.testing.assert_allclose(np.array(found).reshape(expected.shape), expected, atol=1e-4)
    assert not np.allclose(expected, explore(settings, steps=40).maps, atol=0.1)


@pytest.mark.parametrize(
    ("settings", "lattice"),
    [
        (Settings(width=0.08, cells=9), "hexagonal"),
        (Settings(width=0.21, cells=9), "hexagonal"),
        (Settings(width=0.16, cells=9), "square"),
        (Settings(nonlinearity="tanh", cells=9), "neither"),
    ],
    ids=str,
)
def test_what_formed_is_that_of_python(blank, settings, lattice):
    script = """
        const simulation = new m.Simulation(s);
        while (!simulation.settled) simulation.step();
        const maps = [...Array(s.cells).keys()].map((c) => m.coarsened(simulation.map(c)));
        const work = m.formed(maps, maps.map(m.gridScores));
        for (;;) { const slice = work.next(); if (slice.done) return { ...slice.value, steps: simulation.steps }; }
    """
    found = in_browser(blank, script, settings)
    expected = explore(settings, steps=found["steps"]).formed
    assert found["lattice"] == expected.lattice == lattice
    np.testing.assert_allclose(found["thresholds"], [expected.null_60, expected.null_90], atol=0.25)


@pytest.mark.parametrize(("width", "box"), [(0.6, 2.2), (0.041, 3.2), (0.3, 1.0)])
def test_what_python_refuses_is_amiss(blank, width, box):
    settings = Settings(width=width, box=box)
    with pytest.raises(ValueError, match="width: expected between"):
        settings.kernel()
    assert "Place fields of" in in_browser(blank, "return m.amiss(s);", settings)
    assert in_browser(blank, "return m.amiss({ ...s, width: 0.12, box: 2.2 });", settings) == ""
