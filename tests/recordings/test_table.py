"""One table from a recording: each column is its own function's, whatever the way the recording came."""

import csv
import dataclasses
import sys

import matplotlib
import matplotlib.image
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcells.plots import plot_rate_map_sheet
from gridcells.recordings.mapping import map_recording
from gridcells.recordings.recording import Recording
from gridcells.recordings.report import summary, write_sheet, write_table
from gridcells.recordings.table import score_recording
from gridcells.scores import (
    border_scores,
    find_fields,
    grid_geometry,
    grid_scores,
    matched_null,
    significance,
    spatial_autocorrelogram,
)
from gridcells.scores.direction import head_direction_tuning, resultant_vector
from gridcells.scores.information import coherence, sparsity, spatial_information
from gridcells.scores.lattices import lattice_maps
from gridcells.scores.ratemaps import rate_maps
from gridcells.world.arenas import Rectangle

BOX = Rectangle(2.2, 2.2)
SPACING = np.array([0.5, 0.6, 0.7])


def noisy_grids(bins=20, arena=BOX):
    noise = np.random.default_rng(1).normal(0, 0.2, (3, *(bins if isinstance(bins, tuple) else (bins, bins))))
    return np.maximum(lattice_maps(arena, SPACING, orientation=0.3, phase=(0.1, 0.05), bins=bins) + noise, 0)


def session(samples=20_000, generator=0):
    """An animal that was everywhere, a direction cell, a place cell and a unit of negative activity."""
    rng = np.random.default_rng(generator)
    position, heading = rng.uniform(0, 1, (samples, 2)), rng.uniform(-np.pi, np.pi, samples)
    place = np.exp(-((position - 0.5) ** 2).sum(axis=1) / 0.02)
    activity = np.stack([np.maximum(np.cos(heading), 0), place, place - 0.5], axis=1)
    return {"position": position, "activity": activity, "heading": heading, "time": np.arange(samples) / 50}


@pytest.fixture(autouse=True)
def _no_screen():
    matplotlib.use("agg")


# --- maps of positions


def test_maps_are_those_of_rate_maps():
    known = session()
    recording = map_recording(Recording.of(**known, bounds=(0, 1, 0, 1)), bins=(10, 20))
    arena = Rectangle(1.0, 1.0)
    expected = rate_maps(known["position"] - 0.5, known["activity"], arena, bins=(10, 20))
    np.testing.assert_allclose(recording.rate_maps, expected)
    assert recording.occupancy.sum() == pytest.approx(len(known["position"]) / 50)  # s
    assert recording.bin_size == (0.1, 0.05)
    assert map_recording(recording) is recording


@pytest.mark.parametrize(
    ("sides", "options", "bins"),
    [
        ((2.2, 2.2), {}, (20, 20)),
        ((1.5, 1.0), {}, (20, 13)),
        ((1.0, 1.5), {"bins": 30}, (20, 30)),
        ((1.5, 1.0), {"bins": (8, 9)}, (8, 9)),
    ],
)
def test_bins_are_nearly_square(sides, options, bins):
    position = np.random.default_rng(0).uniform(0, sides, (2000, 2))
    recording = Recording.of(position=position, activity=position, bounds=(0, sides[0], 0, sides[1]))
    assert map_recording(recording, **options).rate_maps.shape == (2, *bins)


def test_bin_size_makes_bins_and_the_path_makes_bounds():
    position = np.random.default_rng(0).uniform(0, 1, (2000, 2))
    recording = map_recording(Recording.of(position=position, activity=position, bin_size=0.05))
    assert recording.rate_maps.shape == (2, 20, 20)
    low, high = position.min(axis=0), position.max(axis=0)
    assert recording.bounds == (low[0], high[0], low[1], high[1])


def test_positions_outside_are_an_error_unless_ignored():
    recording = Recording.of(**session())
    with pytest.raises(ValueError, match=r"position: expected x in \[0, 0.5\] m"):
        map_recording(recording, bounds=(0, 0.5, 0, 1))
    inside = map_recording(recording, bounds=(0, 0.5, 0, 1), outside="ignore")
    assert inside.occupancy.sum() == pytest.approx((recording.position[:, 0] <= 0.5).sum() / 50)
    with pytest.raises(ValueError, match="bounds: expected some of the positions inside"):
        map_recording(recording, bounds=(5, 6, 5, 6), outside="ignore")


def test_what_cannot_be_mapped_is_refused():
    line = Recording.of(position=np.zeros((9, 2)), activity=np.ones((9, 1)), source="f.npz")
    with pytest.raises(ValueError, match="^f.npz: position: expected a path that spans an area"):
        map_recording(line)
    with pytest.raises(ValueError, match="are lengths in metres?"):
        map_recording(Recording.of(**session(), bin_size=1e-9))
    with pytest.raises(ValueError, match="bins: expected a whole number of at least 1, got 0"):
        map_recording(Recording.of(**session()), bins=0)
    with pytest.raises(ValueError, match="bins: expected none for rate maps, which have 20 x 20 bins, got 30"):
        map_recording(Recording.of(rate_maps=noisy_grids()), bins=30)


# --- scores


def test_each_column_is_its_functions():
    maps = noisy_grids()
    occupancy = np.random.default_rng(0).random((20, 20))
    table = score_recording(
        Recording.of(rate_maps=maps, bin_size=0.11, occupancy=occupancy), null="matched", shuffles=50, generator=3
    )
    grid, geometry = grid_scores(maps), grid_geometry(maps, bin_size=0.11)
    beside = significance(maps, null="matched", shuffles=50, generator=3)
    expected = {
        "score_60": grid.score_60,
        "score_90": grid.score_90,
        "null_quantile": beside.null_quantile,
        "p_value": beside.p_value,
        "spacing": geometry.spacing,
        "orientation": geometry.orientation,
        "ellipticity": geometry.ellipticity,
        "border_score": border_scores(maps, bin_size=0.11, form="relative"),
        "spatial_information": spatial_information(maps, occupancy),
        "sparsity": sparsity(maps, occupancy),
        "coherence": coherence(maps),
        "fields": find_fields(maps).count,
        "mean_rate": np.average(maps.reshape(3, -1), axis=1, weights=occupancy.ravel()),
        "peak_rate": maps.max(axis=(1, 2)),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(table, name), values, err_msg=name)
    assert table.resultant_length is None
    np.testing.assert_allclose(table.spacing, SPACING, rtol=0.05)
    np.testing.assert_allclose(table.orientation, 0.3, atol=0.05)
    assert (table.p_value == 1 / 51).all()


def test_a_session_is_scored_as_its_maps_with_headings_beside():
    known = session()
    recording = Recording.of(**known, bounds=(0, 1, 0, 1))
    table = score_recording(recording, bins=16, null="none")
    maps = map_recording(recording, bins=16).rate_maps
    np.testing.assert_array_equal(table.score_60, grid_scores(maps).score_60)
    tuning = head_direction_tuning(known["heading"], known["activity"][:, :2])
    np.testing.assert_allclose(table.resultant_length, [*resultant_vector(tuning).length, np.nan])
    assert table.resultant_length[0] > 0.7 > 0.1 > table.resultant_length[1]
    assert np.isnan(table.spatial_information).tolist() == [False, False, True]
    assert np.isnan(table.sparsity).tolist() == [False, False, True]
    np.testing.assert_allclose(table.mean_rate, known["activity"].mean(axis=0))
    assert np.isnan(table.p_value).all()
    assert table.significance is None


@pytest.mark.parametrize("null", ["matched", "field_shuffle", "low_pass", "time_shuffle"])
def test_every_null_gives_probabilities_and_progress(null):
    reports = []
    table = score_recording(
        Recording.of(**session(4000)),
        bins=10,
        null=null,
        shuffles=20,
        generator=0,
        progress=lambda *report: reports.append(report),
    )
    assert ((table.p_value >= 1 / 21) & (table.p_value <= 1)).all()
    total = 60 if "shuffle" in null else 20
    assert reports[-1] == (total, total)
    assert table.null == null
    assert len(table.significance.null_scores) == 20
    again = score_recording(Recording.of(**session(4000)), bins=10, null=null, shuffles=20, generator=0)
    np.testing.assert_array_equal(table.p_value, again.p_value)


def test_flat_and_unvisited_maps_have_no_scores():
    maps = noisy_grids()
    maps[0], maps[1] = 2.0, np.nan
    table = score_recording(Recording.of(rate_maps=maps, bin_size=0.11), shuffles=20, generator=0)
    scores = (
        "score_60",
        "score_90",
        "null_quantile",
        "p_value",
        "spacing",
        "orientation",
        "ellipticity",
        "border_score",
    )
    for name in (*scores, "coherence"):
        assert np.isnan(getattr(table, name)).tolist() == [True, True, False], name
    assert table.fields[:2].tolist() == [0, 0]
    assert table.peak_rate[0] == table.mean_rate[0] == 2.0
    assert np.isnan([table.peak_rate[1], table.mean_rate[1], table.spatial_information[1]]).all()


def test_without_a_bin_size_lengths_are_in_bins():
    table = score_recording(Recording.of(rate_maps=noisy_grids()), null="none")
    np.testing.assert_allclose(table.spacing * 0.11, SPACING, rtol=0.05)
    assert "spacing_bins" in table.columns()
    assert np.isnan(table.border_score).all()


def test_rectangular_arenas_and_bins_are_scored_in_metres():
    square = score_recording(Recording.of(rate_maps=noisy_grids(40), bounds=BOX.bounds), null="none")
    long_bins = score_recording(Recording.of(rate_maps=noisy_grids((40, 30)), bounds=BOX.bounds), null="none")
    np.testing.assert_allclose(long_bins.spacing, square.spacing, rtol=0.03)
    np.testing.assert_allclose(long_bins.score_60, square.score_60, atol=0.35)
    arena = Rectangle(2.2, 1.65)
    part = score_recording(Recording.of(rate_maps=noisy_grids((40, 30), arena), bounds=arena.bounds), null="none")
    np.testing.assert_allclose(part.spacing, SPACING, rtol=0.05)


@settings(max_examples=10, deadline=None)
@given(order=st.permutations(range(3)), factor=st.floats(1e-3, 1e3), turns=st.integers(0, 3), mirrored=st.booleans())
def test_order_scale_turns_and_mirrors_change_nothing_else(order, factor, turns, mirrored):
    maps = noisy_grids()
    table = score_recording(Recording.of(rate_maps=maps, bin_size=0.11), null="none")
    changed = np.rot90(maps[list(order)] * factor, turns, axes=(1, 2))[:, :: -1 if mirrored else 1]
    again = score_recording(Recording.of(rate_maps=changed, bin_size=0.11, unit=[str(i) for i in order]), null="none")
    assert again.unit == tuple(table.unit[i] for i in order)
    same = ("score_60", "score_90", "spacing", "ellipticity", "border_score", "spatial_information", "sparsity")
    for name in (*same, "coherence", "fields"):
        expected = getattr(table, name)[list(order)]
        np.testing.assert_allclose(getattr(again, name), expected, rtol=1e-6, err_msg=name)
    np.testing.assert_allclose(again.peak_rate, factor * table.peak_rate[list(order)])


def test_units_are_scored_alike_in_parts(monkeypatch):
    recording = Recording.of(rate_maps=noisy_grids(), bin_size=0.11)
    whole = score_recording(recording, null="none").columns()
    monkeypatch.setattr("gridcells.recordings.unit_scores.CHUNK", 1)
    parts = score_recording(recording, null="none").columns()
    for name, values in whole.items():
        np.testing.assert_array_equal(values, parts[name], err_msg=name)


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match="null: expected one of .*, got 'match' .did you mean 'matched'"):
        score_recording(Recording.of(rate_maps=noisy_grids()), null="match")
    with pytest.raises(TypeError, match="generator: expected a numpy.random.Generator or a seed, got NoneType"):
        score_recording(Recording.of(rate_maps=noisy_grids()))
    with pytest.raises(ValueError, match="^a.npy: rate_maps: expected square maps of at least 4 bins a side"):
        score_recording(Recording.of(rate_maps=noisy_grids()[:, :3], source="a.npy"), generator=0)
    with pytest.raises(ValueError, match="for others, say bin_size"):
        score_recording(Recording.of(rate_maps=noisy_grids()[:, :9]), generator=0)
    with pytest.raises(ValueError, match="^a.npy: rate_maps: expected a map that is not flat, got 3 flat maps"):
        score_recording(Recording.of(rate_maps=np.ones((3, 20, 20)), source="a.npy"), generator=0)
    with pytest.raises(ValueError, match="^a.npy: time: expected positions, activity and their times"):
        score_recording(Recording.of(rate_maps=noisy_grids(), source="a.npy"), null="time_shuffle", generator=0)
    with pytest.raises(ValueError, match="shuffles: expected a whole number of at least 1, got 0"):
        score_recording(Recording.of(**session()), null="time_shuffle", shuffles=0, generator=0)


# --- tables, sheets, summaries


@pytest.fixture(scope="module")
def scored():
    recording = Recording.of(rate_maps=noisy_grids(), bin_size=0.11, unit=["t1, left", "t2", "t3"])
    return recording, score_recording(recording, shuffles=50, generator=0)


def test_a_table_is_read_back_in_full(scored, tmp_path):
    _, table = scored
    write_table(table, tmp_path / "scores.csv")
    with (tmp_path / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["unit"] for row in rows] == list(table.unit)
    for name, values in table.columns().items():
        if name != "unit":
            np.testing.assert_array_equal([float(row[name]) for row in rows], values, err_msg=name)
    assert list(rows[0])[:5] == ["unit", "score_60", "score_90", "null_quantile", "p_value"]
    assert {"spacing_m", "orientation_rad", "information_bits_per_spike", "border_score"} <= set(rows[0])


def test_parquet_holds_the_same(scored, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    _, table = scored
    write_table(table, tmp_path / "scores.parquet")
    back = parquet.read_table(tmp_path / "scores.parquet").to_pydict()
    for name, values in table.columns().items():
        np.testing.assert_array_equal(back[name], values, err_msg=name)


def test_a_table_half_written_is_never_left_behind(scored, tmp_path):
    _, table = scored
    (tmp_path / "scores.csv").write_text("older")
    broken = dataclasses.replace(table, score_90=np.array([1.0]))  # fails in the second row
    with pytest.raises(ValueError):
        write_table(broken, tmp_path / "scores.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]
    assert (tmp_path / "scores.csv").read_text() == "older"


def test_other_suffixes_and_missing_pyarrow_are_refused(scored, tmp_path, monkeypatch):
    recording, table = scored
    with pytest.raises(ValueError, match="scores.xls: expected a table that ends in .csv or .parquet, got '.xls'"):
        write_table(table, tmp_path / "scores.xls")
    with pytest.raises(ValueError, match="sheet.bmp: expected a sheet that ends in .png or .pdf, got '.bmp'"):
        write_sheet(recording, table, tmp_path / "sheet.bmp")
    with pytest.raises(ValueError, match="recording: expected one with rate maps"):
        write_sheet(Recording.of(**session(50)), table, tmp_path / "sheet.png")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ValueError, match="scores.parquet: expected the optional package pyarrow"):
        write_table(table, tmp_path / "scores.parquet")
    assert not list(tmp_path.iterdir())


def test_sheets_are_pictures_of_the_best_first(scored, tmp_path):
    recording, table = scored
    write_sheet(recording, table, tmp_path / "sheet.pdf")
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")
    write_sheet(recording, table, tmp_path / "sheet.png")
    assert matplotlib.image.imread(tmp_path / "sheet.png")[..., :3].std() > 0.1


def test_oblong_maps_are_drawn_in_their_arena(tmp_path, monkeypatch):
    maps, drawn = np.random.default_rng(0).random((2, 20, 10)), {}

    def keep(*shown, units):
        drawn.update(zip(("maps", "shifts", "scores", "arena"), shown, strict=True))
        return plot_rate_map_sheet(*shown, units=units)

    monkeypatch.setattr("gridcells.plots.plot_rate_map_sheet", keep)
    recording = Recording.of(rate_maps=maps, bounds=(0, 2.2, 0, 0.8))
    write_sheet(recording, score_recording(recording, null="none"), tmp_path / "sheet.png", units=1)
    assert drawn["arena"].bounds == pytest.approx((-1.1, 1.1, -0.4, 0.4))
    best = np.argmax(drawn["scores"])
    np.testing.assert_allclose(drawn["shifts"][best], spatial_autocorrelogram(maps[best : best + 1])[0])
    assert matplotlib.image.imread(tmp_path / "sheet.png")[..., :3].std() > 0.1


def test_the_summary_says_what_the_table_holds(scored):
    _, table = scored
    lines = summary(table).splitlines()
    null = table.significance.null_scores
    assert lines[0].split() == ["units", "scored", "3", "of", "3"]
    assert lines[1] == f"score above .3               100%   matched null: {np.mean(null > 0.3):.0%}"
    assert lines[3].startswith("above the null's 95 %        100%   score ")
    assert lines[4] == f"median spacing              {100 * np.median(table.spacing):.0f} cm   of those units"
    silent = score_recording(Recording.of(rate_maps=np.ones((2, 20, 20))), null="none")
    assert summary(silent).splitlines()[0].split()[2:] == ["0", "of", "2"]
    assert "median" not in summary(silent)


def test_a_population_of_noise_is_mostly_not_above_its_null():
    noise = matched_null(noisy_grids(), maps=200, generator=5)
    table = score_recording(Recording.of(rate_maps=noise, bin_size=0.11), shuffles=500, generator=6)
    assert table.significance.share_above < 0.12
