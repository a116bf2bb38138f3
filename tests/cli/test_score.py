"""`gridcells score FILE`, as it is typed."""

import csv
import os
import subprocess
import sys

import matplotlib
import matplotlib.image
import numpy as np
import pytest

from gridcells.cli.main import main
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}


@pytest.fixture(autouse=True)
def _no_screen():
    matplotlib.use("agg")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a file of maps and one of positions and activity."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    maps = lattice_maps(Rectangle(2.2, 2.2), rng.uniform(0.4, 0.8, 12), orientation=0.3)
    np.savez(tmp_path / "maps.npz", rate_maps=np.maximum(maps + rng.normal(0, 0.2, maps.shape), 0), bin_size=0.11)
    position = rng.uniform(-1, 1, (3000, 2))
    np.savez(tmp_path / "walk.npz", position=position, activity=np.maximum(np.cos(6 * position), 0))
    return tmp_path


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def error_of(words, capsys):
    """Run the command in this process; return the one line that it leaves on the error stream."""
    with pytest.raises(SystemExit) as stop:
        main(["score", *map(str, words)])
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    last = captured.err.strip().rpartition("\r")[2]  # without the progress bar, which was taken back
    assert "\n" not in last
    return last


def test_the_command_leaves_a_table_and_a_sheet_and_says_so(folder):
    words = [sys.executable, "-m", "gridcells", "score", "maps.npz", "--shuffles", "50"]
    done = subprocess.run(words, capture_output=True, text=True, env=ONE_THREAD)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("box: 2.2 m x 2.2 m (rectangle); ")
    assert lines[0].endswith("20 x 20 bins of 11 x 11 cm, 100.0% visited")
    assert lines[1].split() == ["units", "scored", "12", "of", "12"]
    assert lines[2].startswith("score above .3               100%   matched null: ")
    assert lines[5].startswith("median spacing")
    assert lines[6].startswith("modules of spacing: ")
    left = ["table: maps-scores.csv", "report: maps-scores.json", "sheet: maps-scores.png", "page: maps-scores.html"]
    assert lines[7:] == left
    assert "null maps" in done.stderr  # the progress bar
    table = rows("maps-scores.csv")
    assert [row["unit"] for row in table] == [str(unit) for unit in range(12)]
    assert all(float(row["score_60"]) > 0.3 and float(row["p_value"]) < 0.05 for row in table)
    assert matplotlib.image.imread("maps-scores.png")[..., :3].std() > 0.1
    assert sorted(path.name for path in folder.iterdir()) == [
        "maps-scores.csv",
        "maps-scores.html",
        "maps-scores.json",
        "maps-scores.png",
        "maps.npz",
        "walk.npz",
    ]


def test_out_names_a_folder_or_a_table(folder, capsys):
    main(["score", "maps.npz", "--null", "none", "--out", "there/deep"])
    left = sorted(path.name for path in (folder / "there" / "deep").iterdir())
    assert left == [f"maps-scores.{suffix}" for suffix in ("csv", "html", "json", "png")]
    main(["score", "maps.npz", "--null", "none", "--out", "t.csv", "--sheet", "s.pdf", "--page-units", "0"])
    assert capsys.readouterr().out.splitlines()[-3:] == ["table: t.csv", "report: t.json", "sheet: s.pdf"]
    assert not (folder / "t.html").exists()
    assert (folder / "t.csv").read_text() == (folder / "there" / "deep" / "maps-scores.csv").read_text()
    assert (folder / "s.pdf").read_bytes().startswith(b"%PDF")
    (folder / "v1.2").mkdir()
    main(["score", "maps.npz", "--null", "none", "--out", "v1.2"])
    assert (folder / "v1.2" / "maps-scores.csv").is_file()


def test_the_seed_makes_the_null(folder):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        main(["score", "walk.npz", "--shuffles", "30", "--seed", str(seed), "--out", f"{name}.csv"])
    assert (folder / "a.csv").read_text() == (folder / "b.csv").read_text() != (folder / "c.csv").read_text()


def test_positions_are_mapped_inside_the_bounds(folder, capsys):
    main(["score", "walk.npz", "--null", "none", "--bins", "12", "--bounds", "-1", "0", "-1", "1"])
    lines = capsys.readouterr().out.splitlines()
    position = np.load("walk.npz")["position"]
    outside = np.sum(position[:, 0] > 0)
    assert f"samples: {3000 - outside} of 3000 used ({outside} left out: {outside} outside the box)" in lines
    main(["score", "walk.npz", "--null", "none", "--bin-size", "0.1"])
    assert "outside the box" not in capsys.readouterr().out
    assert len(rows("walk-scores.csv")) == 2


def test_flat_maps_leave_a_table_and_no_sheet(folder, capsys):
    np.save(folder / "flat.npy", np.ones((2, 10, 10)))
    main(["score", "flat.npy", "--null", "none"])
    assert capsys.readouterr().out.splitlines()[-2] == "sheet: none, since no unit has a score"
    assert [row["score_60"] for row in rows("flat-scores.csv")] == ["nan", "nan"]
    assert not (folder / "flat-scores.png").exists()


def test_what_is_wrong_is_said_in_one_line_and_leaves_nothing(folder, capsys):
    before = sorted(folder.iterdir())
    np.save(folder / "complex.npy", np.ones((2, 10, 10)) * 1j)
    np.save(folder / "flat.npy", np.ones((2, 10, 10)))
    np.save(folder / "long.npy", np.random.default_rng(0).random((2, 10, 20)))
    (folder / "notes.txt").write_text("hello")
    (folder / "empty.csv").write_text("")
    for words, message in (
        (["missing.npz"], "missing.npz: expected a file, found none"),
        (
            ["notes.txt"],
            "notes.txt: expected a file that ends in .npz, .npy, .csv, .nwb, .mat, .tsv, .h5, .slp, got '.txt'",
        ),
        (["empty.csv"], "empty.csv: expected rate maps, or positions and activity, got an empty file"),
        (["complex.npy"], "complex.npy: rate_maps: expected real numbers, got dtype complex128"),
        (["flat.npy"], "flat.npy: rate_maps: expected a map that is not flat, got 2 flat maps"),
        (
            ["long.npy"],
            "long.npy: rate_maps: expected square maps of at least 4 bins a side (for others, say bin_size)",
        ),
        (["maps.npz", "--out", "t.xls"], "t.xls: expected a table that ends in .csv or .parquet, got '.xls'"),
        (["maps.npz", "--sheet", "t.svg"], "t.svg: expected a sheet that ends in .png or .pdf, got '.svg'"),
        (
            ["maps.npz", "--out", "notes.txt/t.csv"],
            "[Errno 17] out: expected a folder that can be written, got notes.txt",
        ),
        (["maps.npz", "--bins", "30"], "bins: expected none for rate maps, which have 20 x 20 bins, got 30"),
        (["maps.npz", "--bin-size", "-1"], "maps.npz: bin_size: expected one length above 0 m"),
        (["maps.npz", "--bounds", "1", "0", "0", "1"], "maps.npz: bounds: expected x_min < x_max and y_min < y_max"),
        (["walk.npz", "--null", "time_shuffle"], "walk.npz: time: expected positions, activity and their times"),
        (["walk.npz", "--bounds", "5", "6", "5", "6"], "walk.npz: bounds: expected some of the positions inside"),
        (["maps.npz", "--shuffles", "0"], "maps.npz: shuffles: expected a whole number of at least 1, got 0"),
    ):
        assert error_of(words, capsys).startswith(f"gridcells: error: {message}"), words
    left = {path.name for path in set(folder.iterdir()) - set(before)}
    assert left == {"complex.npy", "flat.npy", "long.npy", "notes.txt", "empty.csv"}


def test_an_interrupt_leaves_no_table(folder, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("gridcells.recordings.table.score_recording", interrupted)
    with pytest.raises(SystemExit) as stop:
        main(["score", "maps.npz"])
    assert stop.value.code == 130
    assert sorted(path.name for path in folder.iterdir()) == ["maps.npz", "walk.npz"]
