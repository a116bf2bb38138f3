"""`gridcells score` from end to end: a table that holds the library's own scores, a sheet, and errors of one line."""

import csv
import os

import numpy as np
import pytest

from gridcells import scores
from gridcells.cli.main import main
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle


@pytest.fixture
def maps():
    noise = 0.1 * np.random.default_rng(0).random((4, 20, 20))
    lattices = lattice_maps(Rectangle(2.2, 2.2), [0.5, 0.6, 0.7], orientation=0.2)
    return np.concatenate([lattices, np.zeros((1, 20, 20))]) + noise * np.array([1, 1, 1, 0])[:, None, None]


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_maps_become_a_table_and_a_sheet(tmp_path, capsys, monkeypatch, maps):
    monkeypatch.chdir(tmp_path)
    np.savez("maps.npz", rate_maps=maps, bin_size=0.11, unit=list("abcd"))
    main(["score", "maps.npz", "--shuffles", "50"])
    assert capsys.readouterr().out.splitlines()[1].split() == ["units", "scored", "3", "of", "4"]
    rows = table("maps-scores.csv")
    assert [row["unit"] for row in rows] == list("abcd")
    grid = scores.grid_scores(maps)
    np.testing.assert_allclose([float(row["score_60"]) for row in rows[:3]], grid.score_60[:3])
    np.testing.assert_allclose([float(row["score_90"]) for row in rows[:3]], grid.score_90[:3])
    np.testing.assert_allclose([float(row["spacing_m"]) for row in rows[:3]], [0.5, 0.6, 0.7], rtol=0.03)
    np.testing.assert_allclose([float(row["p_value"]) for row in rows[:3]], 1 / 51)
    border = scores.border_scores(maps[:3], bin_size=0.11, form="relative")
    np.testing.assert_allclose([float(row["border_score"]) for row in rows[:3]], border)
    information = scores.spatial_information(maps[:3])
    np.testing.assert_allclose([float(row["information_bits_per_spike"]) for row in rows[:3]], information)
    assert rows[3]["score_60"] in ("", "nan")  # the flat map
    with open("maps-scores.png", "rb") as file:
        assert file.read(4) == b"\x89PNG"


def test_oblong_maps_and_a_pdf(tmp_path, maps):
    np.save(tmp_path / "maps.npy", lattice_maps(Rectangle(1.1, 2.2), [0.4, 0.5], bins=(10, 20)))
    words = [
        "score",
        str(tmp_path / "maps.npy"),
        "--bin-size",
        "0.11",
        "--null",
        "none",
        "--out",
        str(tmp_path / "t.csv"),
    ]
    main([*words, "--sheet", str(tmp_path / "t.pdf")])
    assert (tmp_path / "t.pdf").read_bytes().startswith(b"%PDF")
    np.testing.assert_allclose([float(row["spacing_m"]) for row in table(tmp_path / "t.csv")], [0.4, 0.5], rtol=0.03)


def test_positions_and_activity_in_a_csv_file(tmp_path):
    rng = np.random.default_rng(0)
    position = rng.uniform(-1.1, 1.1, (20_000, 2))
    (fine,) = lattice_maps(Rectangle(2.2, 2.2), 0.6, bins=200)
    place = np.clip(((position + 1.1) / 2.2 * 200).astype(int), 0, 199)
    heading = rng.uniform(-np.pi, np.pi, len(position))
    columns = [*position.T, heading, fine[place[:, 0], place[:, 1]], np.maximum(np.cos(heading - 1), 0)]
    header = "x,y,heading,grid,compass"
    np.savetxt(tmp_path / "run.csv", np.transpose(columns), delimiter=",", header=header, comments="", fmt="%.5f")
    out = tmp_path / "t.csv"
    words = ["score", str(tmp_path / "run.csv"), "--null", "none", "--out", str(out)]
    main([*words, "--bounds", "-1.1", "1.1", "-1.1", "1.1"])
    grid, compass = table(out)
    assert (grid["unit"], compass["unit"]) == ("grid", "compass")
    assert float(grid["score_60"]) > 1
    assert float(grid["spacing_m"]) == pytest.approx(0.6, rel=0.02)
    assert float(grid["resultant_length"]) < 0.1
    assert float(compass["resultant_length"]) > 0.7


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"other": np.zeros(3)}, "rate_maps, or position and activity"),
        ({"rate_maps": np.zeros((20, 20))}, "rate_maps: expected shape [unit, bin, bin]"),
        ({"rate_maps": np.zeros((2, 20, 20), complex)}, "rate_maps: expected real numbers, got dtype complex128"),
        ({"rate_maps": np.full((2, 20, 20), np.inf)}, "rate_maps: expected finite rates"),
        ({"position": np.zeros((5, 2)), "activity": np.zeros((4, 1))}, "activity"),
    ],
)
def test_errors_are_one_line_that_names_file_and_key_and_leave_nothing(tmp_path, capsys, arrays, said):
    path = tmp_path / "broken.npz"
    np.savez(path, **arrays)
    with pytest.raises(SystemExit) as stop:
        main(["score", str(path), "--out", str(tmp_path)])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "broken.npz" in line
    assert said in line
    assert os.listdir(tmp_path) == ["broken.npz"]


@pytest.mark.parametrize(
    ("name", "content"), [("a.csv", b""), ("a.npy", b"x"), ("a.npz", b"PK\x03\x04"), ("a.txt", b"1")]
)
def test_files_that_are_none(tmp_path, capsys, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SystemExit) as stop:
        main(["score", str(tmp_path / name), "--out", str(tmp_path)])
    assert stop.value.code == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert name in line


def test_python_objects_in_a_file_are_never_run(tmp_path, capsys):
    np.save(tmp_path / "objects.npy", np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(SystemExit):
        main(["score", str(tmp_path / "objects.npy"), "--out", str(tmp_path)])
    assert "objects.npy" in capsys.readouterr().err
