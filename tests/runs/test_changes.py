"""Networks of a sweep by what was changed, and the table of what each change does."""

import numpy as np
import pytest

from gridcells.presets import preset
from gridcells.runs.sweeps import change_table, networks_by_change


def table_of(*changes, seeds=(0, 1, 2), errors=(0.04, 0.05, 0.07)):
    """A sweep of `quick` whose networks have the given errors, each change over all seeds."""
    settings = [preset("quick").override(change).flat() for change in changes for _ in seeds]
    columns = {name: np.array([setting[name] for setting in settings]) for name in settings[0]}
    count = len(settings)
    columns |= {"preset": np.array(["quick"] * count), "status": np.array(["complete"] * count)}
    columns |= {"seed": np.array(list(seeds) * len(changes)), "decoding_error": np.array(list(errors) * len(changes))}
    return columns | {"share_above_null": np.full(count, np.nan)}


def test_rows_are_named_by_what_differs_from_the_preset():
    adam = {"optimiser": "adam", "learning_rate": 3e-3, "final_learning_rate": 1.5e-4}
    found = networks_by_change(
        table_of({}, {"batch": 50}, {"standardised": False}, adam, {"final_learning_rate": 0.03})
    )
    assert list(found) == [
        "quick",
        "quick: batch=50",
        "quick: standardised=False",
        "quick: optimiser=adam, learning_rate=0.003",  # it ends at the same share of the first as the preset's
        "quick: final_learning_rate=0.03",
    ]
    assert found["quick: batch=50"].tolist() == [3, 4, 5]


def test_medians_stand_beside_the_least_and_the_largest():
    table = table_of({}, {"batch": 50})
    table["decoding_error"][3:] = [0.1, np.nan, np.nan]
    shown = change_table(table)
    assert shown.header == ("Preset and change", "Seeds", "Error (cm)", "> null's 95 % (%)")
    assert shown.rows == (("quick", "0 to 2", "5.0 (4.0 to 7.0)", "–"), ("quick: batch=50", "0 to 2", "10.0", "–"))


def test_what_is_not_complete_does_not_count():
    table = table_of({}, seeds=(0, 2, 7))
    table["status"][1] = "failed"
    assert change_table(table).rows[0][:3] == ("quick", "0, 7", "5.5 (4.0 to 7.0)")
    table["status"][:] = "missing"
    with pytest.raises(ValueError, match="table: expected at least one complete network, got none"):
        networks_by_change(table)


def test_rows_and_numbers_are_chosen():
    table = table_of({}, {"batch": 50, "warmup": 0}, {"batch": 50})
    shown = change_table(table, by=("training.batch", "training.optimiser"), numbers={"decoding_error": ("m", 1, 2)})
    assert shown.header == ("batch, optimiser", "Seeds", "m")
    assert [row[0] for row in shown.rows] == ["100, muon", "50, muon"]
    assert shown.rows[0][2] == "0.05 (0.04 to 0.07)"
    with pytest.raises(ValueError, match=r"by, numbers: expected columns of the table, got 'training.bach'"):
        change_table(table, by=("training.bach",))
