"""The table of measured LSTMs holds what the shipped networks give."""

import numpy as np
import pytest

from gridcells.mechanism import LSTMStudy, load_measured, lstm_numbers, measure_lstms
from gridcells.mechanism.measured_lstms import TABLE
from gridcells.presets import preset
from gridcells.runs import load_shipped, shipped_runs, shipped_summary
from gridcells.training import PoseTask

BY_SHUFFLES = ("shuffled-grid", "threshold-gridness", "threshold-border")


def test_each_network_of_the_table_ships_with_the_weights_that_were_measured():
    rows = load_measured()
    assert {row.label for row in rows} >= {"banino2018_paper", "banino2018_code", "square_grids", "banino_laptop"}
    for row in rows:
        assert row.seed in shipped_runs()[row.label]
        summary = shipped_summary(row.label, row.seed)
        assert (row.sha256, row.seconds) == (summary["sha256"], summary["seconds"])
        assert row.numbers["error-trained"] == pytest.approx(summary["numbers"]["final_error"], abs=1e-5)


def test_a_row_is_what_its_network_gives():
    """But for the field shuffles, of which few are drawn here."""
    (row,) = load_measured("banino_laptop")
    run = load_shipped("banino_laptop", row.seed)
    again = lstm_numbers(LSTMStudy(run.network, run.task, shuffles=2))
    assert again.keys() == row.numbers.keys()
    for name in again.keys() - set(BY_SHUFFLES):
        assert again[name] == pytest.approx(row.numbers[name], rel=1e-4, abs=1e-6), name


def test_numbers_that_no_unit_has_are_left_out():
    small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200, "scoring.null_maps": 20})
    task = PoseTask(small, seed=0)
    study = LSTMStudy(task.network(), task, paths=20, shuffles=2)
    numbers = lstm_numbers(study)
    assert any(name.startswith("scale") for name in numbers) == bool(len(study.spacing))
    assert np.isfinite(list(numbers.values())).all()
    assert numbers["effect-size"] == 0  # it has learnt nothing


def test_only_lstms_that_ship_are_measured(tmp_path):
    with pytest.raises(ValueError, match="label: expected runs of an LSTM, got 'laptop'"):
        measure_lstms("laptop", [0], path=tmp_path / "table.json")
    with pytest.raises(ValueError, match="name: expected one of .* got 'banino2018_papers'"):
        measure_lstms("banino2018_papers", [0], path=tmp_path / "table.json")
    assert not (tmp_path / "table.json").exists()
    assert load_measured(path=tmp_path / "table.json") == []
    assert TABLE.is_file()
