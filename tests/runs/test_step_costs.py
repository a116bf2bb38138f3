"""What a gradient step costs: the table that ships, and what may stand in such a file."""

import json

import pytest

from gridcells.presets import preset
from gridcells.runs.step_costs import StepCost, keep_step_costs, load_step_costs


def test_what_ships_is_of_presets_of_their_size():
    costs = load_step_costs()
    assert {cost.preset for cost in costs} >= {"laptop", "full_size"}
    for cost in costs:
        assert cost.units == preset(cost.preset).network.units
        assert 1 <= cost.over_products < 4 and 0.8 < cost.gained < 2.3


def test_what_was_kept_is_loaded(tmp_path):
    costs = [StepCost("laptop", 256, 0.03, 0.02, 0.01), StepCost("quick", 128, 0.01, 0.01, 0.004)]
    keep_step_costs(costs, tmp_path / "costs.json")
    assert load_step_costs(tmp_path / "costs.json") == costs
    assert [cost.over_products for cost in costs] == pytest.approx([3, 2.5])


@pytest.mark.parametrize("held", [{}, {"steps": 1}, {"steps": [{"preset": "laptop"}]}, {"steps": [3]}])
def test_another_file_is_refused(tmp_path, held):
    (tmp_path / "costs.json").write_text(json.dumps(held))
    with pytest.raises(ValueError, match="expected steps with preset, units"):
        load_step_costs(tmp_path / "costs.json")
