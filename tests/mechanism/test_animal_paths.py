"""The table of networks that follow a rat's path holds what they make of it."""

from pathlib import Path

import pytest

from gridcells.mechanism import follow_animal, load_followed
from gridcells.mechanism.animal_paths import HURRIES, LABELS, STEPS
from gridcells.recordings import read_recording, simulate_session
from gridcells.runs import shipped_runs

FOLDER = Path(__file__).parents[2] / "../shared/recordings"


def test_the_table_holds_each_network_at_each_haste_and_length():
    rows = load_followed()
    wanted = {
        (label, seed, hurry, steps)
        for label in LABELS
        for seed in shipped_runs()[label]
        for hurry in HURRIES
        for steps in STEPS
    }
    assert {(row.label, row.seed, row.hurry, row.steps) for row in rows} == wanted and len(rows) == len(wanted)


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no recordings lie in {FOLDER}")
@pytest.mark.parametrize("label", LABELS)
def test_a_row_is_what_its_network_makes_of_the_path(label):
    animal = read_recording(FOLDER / "10704_POS.mat", spikes=[FOLDER / "10704_T2C3.mat"], position_unit="cm")
    seed = shipped_runs()[label][0]
    (again,) = follow_animal(animal, {label: [seed]}, hurries=[5.0], steps=[40])
    (row,) = [row for row in load_followed() if (row.label, row.seed, row.hurry, row.steps) == (label, seed, 5.0, 40)]
    assert (again.walks, again.speed, again.lost) == (row.walks, pytest.approx(row.speed), pytest.approx(row.lost))
    assert again.error == pytest.approx(row.error, rel=2e-2) and again.gain == pytest.approx(row.gain, abs=0.01)


def test_networks_of_another_task_are_refused():
    with pytest.raises(ValueError, match="networks: expected networks that learnt place cells .* got 'banino_laptop'"):
        follow_animal(simulate_session(seconds=10.0, generator=0).recording(), {"banino_laptop": [0]})
