"""What the README promises is what the shipped runs and the library's own words say."""

import contextlib
import io
import json
import math
import re
import runpy
import statistics
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from gridcells.cli.main import main
from gridcells.presets import LSTMPreset, preset
from gridcells.recordings import simulate_session
from gridcells.runs import load_room_lattices, load_step_costs
from gridcells.runs.shipped import load_shipped, shipped_runs
from gridcells.runs.sweeps import load_table

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def row(name):
    """The README's table row for a shipped preset, from the medians over its seeds."""
    summaries = [load_shipped(name, seed).summary for seed in shipped_runs()[name]]
    median = {key: statistics.median(each["numbers"][key] for each in summaries) for key in summaries[0]["numbers"]}
    minutes = math.ceil(max(each["seconds"] for each in summaries) / 60)

    def percent(key):
        return f"{100 * median[key]:.0f} %"

    error = f"decoding error {100 * median['decoding_error']:.0f} cm"
    shares = (
        f"of {median['units']:.0f} units {percent('share_above_0.3')} above .3"
        f" (noise: {percent('null_share_above_0.3')}), "
        f"{percent('share_above_0.8')} above .8 ({percent('null_share_above_0.8')}), "
        f"{percent('share_above_null')} above the null's 95 %"
    )
    if isinstance(preset(name), LSTMPreset):
        error = f"decoding error after 15 s {100 * median['final_error']:.0f} cm"
    numbers = f"{shares}; {error}" if name == "lattice" else f"{error}; {shares}"
    return f"| `gridcells train {name}` | {minutes} | {numbers} |"


@pytest.mark.parametrize("name", ["laptop", "integrator", "lattice", "module", "banino_laptop"])
def test_the_numbers_to_expect_are_the_medians_of_the_shipped_runs(name):
    assert row(name) in README.splitlines(), f"README.md should say:\n{row(name)}"


def test_what_is_said_of_4_096_units_is_the_median_of_its_table():
    table = load_table("full_size")
    error, *shares = (
        100 * np.median(table[name])
        for name in ("decoding_error", "share_above_0.3", "share_above_0.8", "share_above_null")
    )
    numbers = "{:.0f} cm off, {:.0f} % of the units above .3, {:.0f} % above .8, {:.0f} % above the null's 95 %"
    assert numbers.format(error, *shares) in " ".join(README.split())


def test_how_many_held_out_networks_have_a_hexagonal_lattice_is_as_measured():
    rows = load_room_lattices("lattice")
    many = sum(row.share_above_null > 0.05 for row in rows)  # more units than chance allows
    assert f"(hexagonal in {many} of {len(rows)} held-out seeds)" in README


def test_what_steps_cost_is_as_measured():
    costs = {cost.preset: cost for cost in load_step_costs()}
    small, large = costs["laptop"], costs["full_size"]
    told = (
        f"it takes {small.over_products:.1f} times as long at 256 units and {large.over_products:.1f} at 4 096, and two"
        f" threads gain {small.gained:.1f} and {large.gained:.1f} times"
    )
    assert told in " ".join(README.split())


def test_what_the_last_hour_of_the_campaign_came_to():
    hours = json.loads((Path(__file__).parents[1] / "faults" / "hours.json").read_text(encoding="utf-8"))
    count = {name: f"{hours[-1][name]:,}".replace(",", " ") for name in ("kills", "equal", "mutated")}
    told = (
        f"({['one process', 'two processes'][hours[-1]['processes'] - 1]}, seed {hours[-1]['seed']}):"
        f" {count['kills']} kills of every command, {count['equal']} ends equal to the last bit,"
        f" {count['mutated']} damaged files"
    )
    assert told in " ".join(README.split())
    assert hours[-1]["bad"] == 0 or "nothing wrong accepted, nothing executed, no traceback" not in README


def test_every_make_target_named_is_one():
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"(?:^|`)make (\w+)", README, re.M)
    assert {"book", "test", "help", "lab"} <= set(targets)
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.M), f"make {target}"


def examples(title):
    """Every Python code under a heading of the README."""
    _, _, section = README.partition(f"# {title}\n")
    return re.findall(r"```python\n(.*?)```", re.split(r"\n##+ ", section)[0], re.S)


def example(title):
    """The one Python code under a heading of the README."""
    (code,) = examples(title)
    return code


def test_the_explorers_example_runs_as_written():
    names = {}
    exec(example("Why hexagons"), names)
    assert names["found"].lattice == "hexagonal"
    assert names["found"].annulus.spacing == pytest.approx(0.74, abs=0.01)  # m


def test_the_mechanisms_example_runs_as_written():
    names = {}
    exec(example("How a trained network works"), names)
    assert names["mechanism"].wave_eigenvectors(names["found"].recurrent_weight, names["found"].waves).waves == 6


def test_the_python_example_runs_as_written():
    generator = np.random.default_rng(0)
    position = generator.uniform(-1.1, 1.1, (5000, 2))
    activity = np.maximum(np.cos(2 * np.pi * position @ generator.uniform(-2, 2, (2, 30))), 0)
    names = {"position": position, "activity": activity}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(example("In Python"), names)
    assert "NullComparison(quantile=0.95" in printed.getvalue()


def test_scoring_ones_own_maps_runs_as_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    _, making = examples("Score your own maps")
    exec(making, {})
    _, command = re.findall(r"^\.venv/bin/gridcells (score [^#\n]+)", README, re.M)
    main(command.split())
    assert "table:" in capsys.readouterr().out
    left = [f"maps-scores.{suffix}" for suffix in ("csv", "html", "json", "png")]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*left, "maps.npz"]


def test_a_matlab_file_and_a_session_are_scored_as_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    session = simulate_session(seconds=120.0, kinds=("grid",), generator=0)
    x, y = 100 * session.position.T
    scipy.io.savemat("10704_POS.mat", {"posx": x, "posy": y, "post": session.time})
    scipy.io.savemat("10704_T2C3.mat", {"cellTS": session.spike_times["grid 0"]})
    command, _ = re.findall(r"^\.venv/bin/gridcells (score [^#\n]+)", README, re.M)
    main(command.split())
    assert "spikes: all" in capsys.readouterr().out
    assert "10704_T2C3" in (tmp_path / "10704_POS-scores.csv").read_text()

    class Series:
        def __init__(self, t, values=None):
            self.t = t
            if values is not None:
                self.values = values

    code, _ = examples("Score your own maps")
    names = {
        "units": {name: Series(train) for name, train in session.spike_times.items()},
        "position": Series(session.time, session.position),
        "heading": Series(session.time, session.heading),
        "xy": 100 * session.position,
        "time": session.time,
        "spikes": session.spike_times["grid 0"],
    }
    exec(code.replace("shuffles=1000", "shuffles=10"), names)
    assert "box: 1 m x " in capsys.readouterr().out
    assert (tmp_path / "recording.html").is_file()


def test_examples_tried_from_the_wheel_need_no_name_made_before_them():
    tool = runpy.run_path(str(ROOT / "book/tools/wheel.py"))
    assert tool["missing_names"]("import a.b as c, d.e\nf = c(d, g) + len(h)") == {"g", "h"}
    tried = tool["examples"]()
    assert example("Why hexagons") in tried and example("How a trained network works") in tried
    assert example("In Python") not in tried and examples("Score your own maps")[0] not in tried
