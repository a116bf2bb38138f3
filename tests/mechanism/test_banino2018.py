"""The study of one LSTM, its figures and the command that draws them."""

import dataclasses
import shutil
from pathlib import Path

import matplotlib
import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import gridcells
from gridcells.book import banino2018_figures
from gridcells.cli.main import main
from gridcells.mechanism.banino2018 import LSTMStudy, effect_size, map_correlation, six_fold_test
from gridcells.presets import preset
from gridcells.runs.evaluation import evaluate
from gridcells.runs.folder import finish, write_unit_sheet
from gridcells.runs.own import load_run
from gridcells.runs.shipped import ship
from gridcells.training.loop import train
from gridcells.training.pose_task import PoseTask

SMALL = preset("banino2018_code").override({"linear_units": 20, "scoring.paths": 300, "null_maps": 60})


@pytest.fixture(scope="module")
def study():
    matplotlib.use("agg")
    task = PoseTask(SMALL, seed=0)
    return LSTMStudy(task.network(), task, paths=60)


def test_errors_and_the_example(study):
    assert study.time[0] == pytest.approx(0.15)
    assert study.time[-1] == pytest.approx(15)
    assert {name: errors.shape for name, errors in study.errors.items()} == {
        "untrained": (60, 100),
        "trained": (60, 100),
    }
    np.testing.assert_array_equal(study.errors["trained"], study.errors["untrained"])  # it is not trained
    assert study.effect_size == 0
    position, decoded = study.example
    assert position.shape == decoded.shape == (100, 2)


def test_kinds_under_three_sets_of_thresholds(study):
    assert list(study.types) == ["paper", "field shuffle", "matched null"]
    assert [chosen.name for chosen in study.thresholds] == list(study.types)
    assert len(study.spacing) <= study.types["paper"].grid.sum()
    assert len(study.directions[0]) == study.types["paper"].head_direction.sum()


def test_too_few_grid_units_make_no_clusters(study):
    alone = LSTMStudy(study.network, study.task)
    alone.__dict__["spacing"] = np.array([0.5, 0.6])
    assert alone.clusters is None
    assert alone.discreteness is None
    assert set(alone.scale_numbers) == {"scale-least", "scale-greatest", "scale-mean"}
    alone = LSTMStudy(study.network, study.task)
    alone.__dict__["spacing"] = np.array([0.5, 0.51, 0.9, 0.91, 0.89])
    assert alone.clusters.count == 2
    assert 0 < alone.discreteness.p_value <= 1
    assert alone.scale_numbers["clusters"] == 2
    assert alone.scale_numbers["ratio"] == pytest.approx(0.9 / 0.505, rel=0.01)
    alone = LSTMStudy(study.network, study.task)
    alone.__dict__.update(spacing=np.array([]), directions=(np.array([]), np.array([])))
    assert alone.scale_numbers == {}
    for draw, words in (
        (banino2018_figures.scales, "no grid unit"),
        (banino2018_figures.directions, "no head-direction unit"),
    ):
        figure = draw(alone)
        assert words in figure.axes[0].texts[0].get_text()
        plt.close(figure)


def test_the_floor_is_the_error_of_the_nearest_centres(study):
    code, arena = study.task.place_cells, study.task.preset.arena
    here = arena.sample(4000, np.random.default_rng(0))
    apart = np.linalg.norm(here[:, None] - code.centers, axis=-1)  # a Gaussian's most active cells are the nearest
    nearest = code.centers[np.argsort(apart, axis=1)[:, :3]].mean(1)
    expected = np.linalg.norm(nearest - here, axis=1).mean()
    assert study.decoding_floor == pytest.approx(expected, rel=0.03)
    figure = banino2018_figures.final_errors(study)
    assert figure.axes[0].get_title() == f"effect size d = {study.effect_size:.2f}"
    plt.close(figure)


def test_every_figure_is_drawn_and_saved(study, tmp_path):
    before = plt.get_fignums()
    written = banino2018_figures.save_all(study, tmp_path, preset="small", seed=0)
    assert plt.get_fignums() == before
    for path in written:
        assert path.read_bytes().startswith({".png": b"\x89PNG\r\n", ".pdf": b"%PDF-"}[path.suffix]), path
        if path.suffix == ".png":
            pixels = plt.imread(path)
            assert min(pixels.shape[:2]) > 150 and np.ptp(pixels[..., :3]) > 0.5, path  # something was drawn
    names = {path.name for path in written}
    assert "rates_and_sac_latest_hd.pdf" in names
    assert {"fig1a_architecture.png", "fig1c_error_over_time.pdf", "fig1d_unit_kinds.png"} <= names
    assert {path.parent for path in written} == {tmp_path / "banino2018"}


def test_the_sheet_shows_every_unit_with_its_ring(study):
    figure = banino2018_figures._sheet(study, units=20, columns=16)
    assert len(figure.axes) == 40
    assert all(len(ax.patches) == 2 for ax in figure.axes[1::2])  # inner and outer radius
    plt.close(figure)


def test_training_an_lstm_leaves_the_sheet_at_each_evaluation(tmp_path, capsys, monkeypatch):
    drawn = []

    def watch(*given):
        drawn.append(write_unit_sheet(*given).read_bytes())

    monkeypatch.setattr("gridcells.runs.folder.write_unit_sheet", watch)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")  # the sheets differ by what is drawn, not by when
    settings = {"steps": 4, "evaluate_every": 2, "batch": 2, "linear_units": 6, "scoring.paths": 300, "null_maps": 20}
    settings["learning_rate"] = 1e-2
    words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    before = plt.get_fignums()
    main(["train", "banino2018_code", *words, "--seed", "1", "--out", str(tmp_path / "lstm")])
    assert plt.get_fignums() == before
    assert len(drawn) == 2 and drawn[0] != drawn[1]
    sheet = tmp_path / "lstm" / "rates_and_sac_latest_hd.pdf"
    assert sheet.read_bytes() == drawn[1]
    assert sheet.read_bytes().startswith(b"%PDF")
    unwatched = train(preset("banino2018_code").override(settings), seed=1)
    for name, weight in load_run(tmp_path / "lstm").network.state_dict().items():
        assert torch.equal(weight, unwatched.network.state_dict()[name]), name


def test_effect_size_is_cohens():
    rng = np.random.default_rng(0)
    assert effect_size(rng.normal(3, 1, 20000), rng.normal(1, 1, 20000)) == pytest.approx(2, abs=0.05)
    assert effect_size(np.array([1.0, 2.0]), np.array([3.0, 4.0])) < 0


def test_six_fold_clustering():
    sixths = np.arange(30) * np.pi / 3 + 0.2
    length, p_value = six_fold_test(sixths + np.random.default_rng(0).normal(0, 0.05, 30))
    assert length > 0.9
    assert p_value < 1e-6
    length, p_value = six_fold_test(np.arange(30) * np.pi / 2)  # four-fold
    assert length < 0.1
    assert p_value > 0.5
    assert np.isnan(six_fold_test(np.array([]))).all()


def test_map_correlation():
    maps = np.random.default_rng(0).random((4, 6, 6))
    other = maps.copy()
    other[0, 0, 0] = np.nan  # an unvisited bin
    other[1] *= -2
    other[2] = np.random.default_rng(1).random((6, 6))
    other[3] = 1.0  # flat
    found = map_correlation(maps, other)
    assert found[:2] == pytest.approx([1, -1])
    assert found[2] == pytest.approx(np.corrcoef(maps[2].ravel(), other[2].ravel())[0, 1])
    assert np.isnan(found[3])
    with pytest.raises(ValueError, match="second: expected the shape of first"):
        map_correlation(maps, maps[:2])


def test_the_command_draws_a_shipped_run(tmp_path, capsys, monkeypatch):
    small = dataclasses.replace(
        SMALL.override({"steps": 2, "evaluate_every": 2, "batch": 2, "linear_units": 12}), name="small"
    )
    run = train(small, seed=3)
    (tmp_path / "run").mkdir()
    finish(run, evaluate(run.network, run.task), tmp_path / "run", command="none")
    ship(tmp_path / "run", tmp_path / "shelf")
    laptop = Path(gridcells.__file__).parent / "shipped" / "laptop"
    shutil.copytree(laptop, tmp_path / "shelf" / "laptop")
    monkeypatch.setattr("gridcells.runs.shipped._shipped", lambda folder: tmp_path / "shelf")
    main(["figures", "banino2018", "--run", "small", "--seed", "3", "--out", str(tmp_path)])
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == str(tmp_path / "banino2018" / "rates_and_sac_latest_hd.pdf")
    assert str(tmp_path / "banino2018" / "fig1a_architecture.png") in told
    # of one's own the same command draws the same: what another run looks like is seen in one figure and the sheet
    first = {"fig1a_architecture": banino2018_figures.FIGURES["fig1a_architecture"]}
    monkeypatch.setattr(banino2018_figures, "FIGURES", first)
    main(["figures", "banino2018", "--run", str(tmp_path / "run"), "--out", str(tmp_path / "own")])
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == str(tmp_path / "own" / "banino2018" / "rates_and_sac_latest_hd.pdf")
    drawn = matplotlib.image.imread(tmp_path / "own" / "banino2018" / "fig1a_architecture.png")
    shipped = matplotlib.image.imread(tmp_path / "banino2018" / "fig1a_architecture.png")
    np.testing.assert_array_equal(drawn, shipped)
    with pytest.raises(SystemExit):
        main(["figures", "banino2018", "--run", str(tmp_path / "shelf"), "--out", str(tmp_path)])
    assert "shelf without summary.json; go on with gridcells train ... --resume" in capsys.readouterr().err
    for words, message in (
        (["--run", "smal"], "name: expected one of laptop, small, got 'smal' (did you mean 'small'?)"),
        (["--run", "laptop"], "run: expected one of an LSTM of banino2018, got 'laptop'"),
        (["--run", "small", "--seed", "77"], "seed: expected one of 3 of 'small', got 77"),
    ):
        with pytest.raises(SystemExit):
            main(["figures", "banino2018", *words, "--out", str(tmp_path)])
        assert message in capsys.readouterr().err
