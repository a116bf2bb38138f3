"""Sweeps: what a file describes, what a run leaves, and what goes wrong before anything runs."""

import json
import os
import subprocess
import sys
import textwrap
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from gridcells._common.locks import hold_folder
from gridcells.cli.main import main
from gridcells.presets import preset
from gridcells.runs import evaluation
from gridcells.runs.sweeps import (
    Sweep,
    SweepRun,
    collect,
    load_sweep,
    load_table,
    run_sweep,
    shipped_tables,
    trained,
    work,
)
from gridcells.runs.sweeps.folder import remove_unfinished, sweep_folder, take_stock
from gridcells.runs.sweeps.plan import plan_sweep
from gridcells.training import train
from gridcells.training.decoding import path_errors

SPEC = """
name = "trial"
preset = "debate"
seeds = [3, 5]
[settings]
units = 8
steps = 2
[grid]
tuning = ["gaussian", "difference_of_softmaxes"]
[[list]]
recurrent_decay = 0.0
readout_decay = 0.0
[[list]]
recurrent_decay = 1e-3
readout_decay = 1e-4
[draw]
count = 3
seed = 7
learning_rate = {log_uniform = [1e-4, 1e-2]}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "spec.toml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def test_every_combination_is_run_once(tmp_path):
    sweep = load_sweep(written(tmp_path, SPEC))
    assert (sweep.name, len(sweep.runs), len({run.name for run in sweep.runs})) == ("trial", 24, 24)
    assert {run.seed for run in sweep.runs} == {3, 5}
    rates = sorted({run.preset.training.learning_rate for run in sweep.runs})
    assert len(rates) == 3 and 1e-4 <= rates[0] < rates[2] <= 1e-2
    assert Counter(run.preset.training.recurrent_decay for run in sweep.runs) == {0.0: 12, 1e-3: 12}
    assert sweep.varied()[0] == "place_cells.tuning" and "training.learning_rate" in sweep.varied()
    assert [run.name for run in load_sweep(tmp_path / "spec.toml").runs] == [run.name for run in sweep.runs]


def test_a_name_stands_for_all_that_a_run_depends_on():
    base = preset("debate")
    names = [SweepRun(base, 0).name, SweepRun(base, 1).name, SweepRun(base.override({"units": 64}), 0).name]
    assert len(set(names)) == 3
    assert SweepRun(base.override({"units": 128}), 0).name == names[0]


def test_blocks_stand_beside_each_other_and_meet_in_one_run(tmp_path):
    spec = """
        preset = "debate"
        repeats = 2
        [[block]]
        [block.grid]
        units = [8, 128]
        [[block]]
        seeds = [0]
        [block.settings]
        training.steps = 600
        [block.grid]
        field_width = [0.15, 0.2]
    """
    sweep = load_sweep(written(tmp_path, spec))
    assert sweep.name == "spec"
    assert len(sweep.runs) == 4 + 2 - 1  # 128 units and 0.15 m are the preset's


def test_a_block_replaces_a_common_setting_under_either_name(tmp_path):
    spec = """
        preset = "debate"
        [settings]
        steps = 3
        network.units = 8
        [[block]]
        [block.settings]
        training.steps = 5
        [[block]]
        [block.settings]
        units = 16
    """
    runs = load_sweep(written(tmp_path, spec)).runs
    assert [(run.preset.training.steps, run.preset.network.units) for run in runs] == [(5, 8), (3, 16)]


HUGE = "9" * 5000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("[settings]\nsteps = 1\ntraining.steps = 2", "training.steps: expected each setting once, got steps=1"),
        ("[grid]\nsteps = [1]\ntraining.steps = [2]", "training.steps: expected each setting once, got steps=1"),
        ("[[block]]\nsettings = {steps = 1, training.steps = 2}", "training.steps: expected each setting once"),
        (
            "[[list]]\nsteps = 1\n[grid]\ntraining.steps = [2]",
            "training.steps: expected in one of settings, grid, list",
        ),
        ("repeats = 1000000000", "repeats: expected at most 100000 runs, got 1000000000"),
        (f"repeats = {HUGE}", "spec: expected TOML in"),
        ("repeats = true", "repeats: expected a whole number of at least 1, got True"),
        ("[draw]\ncount = 1000000000\nlearning_rate = {uniform = [1, 2]}", "draw.count: expected at most 100000 runs"),
        (
            "repeats = 1000\n[grid]\n" + "\n".join(f"setting{number} = [1, 2, 3]" for number in range(20)),
            "spec: expected at most 100000 runs, got 3486784401000",
        ),
        ("[draw]\ncount = 20001\nlearning_rate = {uniform = [1, 2]}", "at most 20000 different settings, got 20001"),
        ("repeats = 60_000\n[[block]]\n[[block]]\nseeds = [1]\n[[block]]", "at most 100000 runs, got 120001"),
        ("[draw]\ncount = 2\nunits = {integers = [1.5, 2.5]}", "draw.units: expected .* = .whole number, whole number"),
        ("[draw]\ncount = 2\nlearning_rate = {uniform = [false, true]}", "draw.learning_rate: expected .uniform"),
        ("[draw]\ncount = 2\nlearning_rate = {uniform = [0.1, inf]}", "draw.learning_rate: expected .uniform"),
        ("[draw]\ncount = 2\nlearning_rate = {normal = [0, -1]}", "draw.learning_rate: expected .mean, sd. with sd"),
        ("grid = " + "[" * 9999, "spec: expected TOML in .*, got lists within lists, too deep to read"),
        (".".join("a" * 60) + " = 1", "spec: expected TOML in .*, got names within names, too deep to read"),
        ("# " + "x" * 2**21, "spec.toml: expected a text of at most 1 MB, got more"),
        *(
            (f"name = '{name}'", "name: expected the name of a folder")
            for name in ("../../evil", "/etc/x", "..", "a/b")
        ),
        ('name = "a\\u0000b"', "name: expected the name of a folder"),
        ('name = "a\\u001b[2Jb"', "name: expected the name of a folder"),
        ('preset = "debat"', "preset: expected one of .*debate"),
        ("[settings]\nunitz = 3", "setting 'unitz': expected a setting's name.*units"),
        ("[grid]\nunits = []", r"grid.units: expected a list of at least one value, got \[\]"),
        ("[grid]\nunits = 3", "grid.units: expected a list of at least one value, got 3"),
        ("[grid]\nunits = [0]", "network.units: expected a whole number of at least 1"),
        ("seeds = [1, 1]", "seeds: expected each once"),
        ("seeds = [-1]", "seeds: expected a list of whole numbers of at least 0"),
        ("seeds = [1]\nrepeats = 2", "seeds, repeats: expected one of the two, got both"),
        ("repeats = 0", "repeats: expected a whole number of at least 1"),
        ("seed = 1", "spec: expected keys among .*got 'seed'.*seeds"),
        (
            "[settings]\nunits = 8\n[grid]\nunits = [8]",
            "network.units: expected in one of settings, grid, list",
        ),
        (
            "[draw]\ncount = 2\nlearning_rate = {uniform = [1, 0]}",
            "draw.learning_rate: expected .low, high. with",
        ),
        ("[draw]\ncount = 2\nlearning_rate = {gamma = [1, 2]}", "draw.learning_rate: expected .uniform"),
        ("[draw]\nlearning_rate = {uniform = [0, 1]}", "draw.count: expected a whole number of at least 1"),
        ("list = 3", "list: expected"),
        ("block = []", "block: expected"),
        ("= 3", "spec: expected TOML in"),
    ],
)
def test_a_bad_spec_is_refused(tmp_path, change, message):
    base = "" if "preset" in change else 'preset = "debate"\n'
    with pytest.raises(ValueError, match=message):
        load_sweep(written(tmp_path, base + change))


@pytest.mark.parametrize("change", ["[settings]\nunitz = 3", "[grid]\nunits = [8, 0]", "seeds = [1, 1]", "seed = 1"])
def test_what_is_wrong_is_told_with_the_file(tmp_path, change):
    with pytest.raises(ValueError, match=f"^{tmp_path}/spec.toml: "):
        load_sweep(written(tmp_path, 'preset = "debate"\n' + change))


def test_a_result_that_is_not_what_was_written_is_done_again(tmp_path):
    runs = [tiny(), tiny(seed=1)]
    sweep, folder = Sweep("one", tuple(runs)), tmp_path / "one"
    with sweep_folder(sweep, folder) as root:
        for run in runs:
            work.do_run(run.name, run.config, str(root), work.nothing, False)
    result = folder / "runs" / runs[0].name / "result.json"
    result.write_text(result.read_text().replace('"seed": 0', '"seed": 3'))
    with pytest.raises(ValueError, match="result.json is not what was written .its digest differs.: torn or changed"):
        work.read_result(folder, runs[0].name)
    told = f"run {runs[0].name} is done again, what was there lies in .*damaged/{runs[0].name}: .*its digest differs"
    with sweep_folder(sweep, folder) as root, pytest.warns(UserWarning, match=told):
        assert take_stock(root, sweep) == {runs[1].name}
    assert (folder / "damaged" / runs[0].name / "result.json").is_file()
    assert not (folder / "runs" / runs[0].name).exists()


def test_results_of_an_older_version_are_taken_with_one_word(tmp_path):
    runs = [tiny(), tiny(seed=1)]
    sweep, folder = Sweep("one", tuple(runs)), tmp_path / "one"
    with sweep_folder(sweep, folder) as root:
        for run in runs:
            work.do_run(run.name, run.config, str(root), work.nothing, False)
            path = root / "runs" / run.name / "result.json"
            held = json.loads(path.read_text())
            path.write_text(json.dumps({name: held[name] for name in held if name != "digest"}))
    with pytest.warns(UserWarning, match="2 results in .* carry no digest: an older version wrote them") as told:
        assert run_sweep(sweep, folder) == {"before": 2, "complete": 2, "failed": 0}
    assert len(told) == 1


def test_what_a_dead_worker_began_goes_when_the_folder_is_opened(tmp_path):
    sweep, folder = Sweep("none", ()), tmp_path / "none"
    with sweep_folder(sweep, folder) as root:
        dead, alive = root / "runs" / ".a1-host-7-1", root / "runs" / ".a2-host-8-1"
        dead.mkdir()
        alive.mkdir()
    holds = "import os, sys; from gridcells._common.locks import lock_or_none\n"
    holds += "print(lock_or_none(os.open(sys.argv[1], os.O_RDONLY)), flush=True); sys.stdin.read()"
    words, pipe = [sys.executable, "-c", holds, str(alive)], subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe) as worker:
        assert worker.stdout.readline() == b"True\n"
        with sweep_folder(sweep, folder):
            assert (dead.exists(), alive.exists()) == (False, True)
            remove_unfinished(folder)
            assert alive.exists()
    remove_unfinished(folder)
    assert not alive.exists()


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 and so on PAR1", b"x" * 1000])
def test_a_table_that_is_none_is_named(tmp_path, content):
    (tmp_path / "results.parquet").write_bytes(content)
    with pytest.raises(ValueError, match="results.parquet: expected a Parquet table, got something else"):
        load_table(tmp_path)


def test_a_missing_spec_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="spec: expected a TOML file, got"):
        load_sweep(tmp_path / "none.toml")


def tiny(seed: int = 0, **changes) -> SweepRun:
    small = {"units": 8, "steps": 4, "evaluate_every": 4, "batch": 8, "scoring.paths": 200, "null_maps": 20}
    return SweepRun(preset("debate").override(small | changes), seed)


def opened(folder: Path, *runs: SweepRun) -> Path:
    for name in ("runs", "failed"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("tuning", ["difference_of_softmaxes", "cartesian", "polar", "random_fields"])
def test_a_run_is_scored_and_written_whole(tmp_path, tuning):
    run, folder = tiny(tuning=tuning), opened(tmp_path)
    assert work.do_run(run.name, run.config, str(folder), trained.train_and_score, True) == work.Outcome(run.name)
    assert sorted(path.name for path in (folder / "runs").iterdir()) == [run.name]
    assert sorted(path.name for path in (folder / "runs" / run.name).iterdir()) == [
        "result.json",
        "weights.safetensors",
    ]
    result = work.read_result(folder, run.name)
    assert {key: result[key] for key in run.config} == run.config
    assert result["numbers"]["units"] == 8 and result["device"] == "cpu"
    alone = train(run.preset, seed=0)
    errors = path_errors(alone.network, alone.task, decode=alone.task.place_cells.decode_maximum_likelihood)
    assert result["numbers"]["likelihood_error"] == pytest.approx(errors.mean(), rel=1e-4)
    again = opened(tmp_path / "again")
    work.do_run(run.name, run.config, str(again), trained.train_and_score, False)
    assert work.read_result(again, run.name)["numbers"] == result["numbers"]


def test_a_silent_network_has_an_error_and_no_scores(monkeypatch):
    def silent(network, task):
        raise ValueError("network: expected at least one active unit, got a silent network")

    monkeypatch.setattr(evaluation, "evaluate", silent)
    numbers = trained.train_and_score(tiny().config, None)["numbers"]
    assert numbers["units_scored"] == 0 and numbers["decoding_error"] > 0.3 and "share_above_null" not in numbers


def broken(config, weights):
    raise RuntimeError("no such luck")


def test_a_failure_leaves_nothing_but_its_traceback(tmp_path):
    run, folder = tiny(), opened(tmp_path)
    outcome = work.do_run(run.name, run.config, str(folder), broken, False)
    assert not outcome.done and outcome.error == "RuntimeError: no such luck" and not outcome.disk
    assert "in broken" in outcome.traceback
    assert not list((folder / "runs").iterdir())


def test_of_two_workers_at_one_run_the_first_stays(tmp_path):
    run, folder = tiny(), opened(tmp_path)

    def computes(number):
        return lambda config, weights: {"numbers": {"by": number}, "metrics": []}

    def overtaken(config, weights):
        with ThreadPoolExecutor(1) as another_worker:
            words = (run.name, run.config, str(folder), computes(1), False)
            assert another_worker.submit(work.do_run, *words).result().done
        return computes(2)(config, weights)

    assert work.do_run(run.name, run.config, str(folder), overtaken, False).done
    assert work.read_result(folder, run.name)["numbers"] == {"by": 1}
    assert [path.name for path in (folder / "runs").iterdir()] == [run.name]
    untouched = (folder / "runs" / run.name / "result.json").stat().st_mtime_ns
    assert work.do_run(run.name, run.config, str(folder), broken, False).done  # it is there: nothing is computed
    assert (folder / "runs" / run.name / "result.json").stat().st_mtime_ns == untouched


def test_a_folder_has_one_client_at_a_time(tmp_path):
    sweep = Sweep("one", (tiny(),))
    told = f"out: .* no other client is at, got .*held by process {os.getpid()} on"
    with hold_folder(tmp_path, "client"), pytest.raises(ValueError, match=told):
        run_sweep(sweep, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert run_sweep(Sweep("none", ()), tmp_path) == {"before": 0, "complete": 0, "failed": 0}
    with hold_folder(tmp_path):  # and it was given back
        pass


def test_a_sweep_begun_by_an_older_version_goes_on(tmp_path):
    run, folder = tiny(), opened(tmp_path)
    (folder / "claims").mkdir()
    (folder / "claims" / run.name).write_text("another-machine 1 0 0")
    (folder / "sweep.json").write_text(json.dumps({"name": "old", "presets": ["debate"]}))
    work.do_run(run.name, run.config, str(folder), work.nothing, False)
    (folder / "runs" / ".unfinished-1-1").mkdir()
    assert run_sweep(Sweep("old", (run,)), folder) == {"before": 1, "complete": 1, "failed": 0}
    assert [path.name for path in (folder / "runs").iterdir()] == [run.name]


def test_the_table_has_a_row_a_run(tmp_path):
    done, failed, missing = tiny(0), tiny(1), tiny(2)
    folder = opened(tmp_path)
    work.do_run(done.name, done.config, str(folder), trained.train_and_score, False)
    (folder / "failed" / f"{failed.name}.json").write_text(json.dumps({"error": "ValueError: no"}))
    table = load_table(collect(Sweep("some", (done, failed, missing)), folder))
    assert list(table["status"]) == ["complete", "failed", "missing"]
    assert list(table["seed"]) == [0, 1, 2] and list(table["error"]) == [None, "ValueError: no", None]
    assert table["decoding_error"][0] == work.read_result(folder, done.name)["numbers"]["decoding_error"]
    assert np.isnan(table["decoding_error"][1:]).all()
    assert list(table["network.units"]) == [8, 8, 8] and table["version.gridcells"][0]
    assert list(table["device"]) == ["cpu", None, None]
    assert load_table(folder)["run"][0] == done.name


def test_an_unknown_table_is_refused(tmp_path):
    with pytest.raises(
        ValueError, match="path: expected a Parquet table, a sweep's folder or one of .*got 'target'.*targets"
    ):
        load_table("target")


def test_a_plan_counts_what_is_left(tmp_path):
    runs, folder = (tiny(0), tiny(1)), opened(tmp_path)
    fresh = plan_sweep(Sweep("some", runs, weights=True), folder)
    assert len(fresh.left) == 2 and fresh.seconds > 0 and "timed on this machine" in fresh.source
    assert fresh.size > plan_sweep(Sweep("some", runs), folder).size
    work.do_run(runs[0].name, runs[0].config, str(folder), work.nothing, False)
    later = plan_sweep(Sweep("some", runs), folder)
    assert later.left == runs[1:] and later.source == "1 complete runs"


def test_a_dry_run_writes_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    main(["sweep", str(written(tmp_path, SPEC)), "--dry-run"])
    shown = capsys.readouterr().out
    assert "24 runs, 0 complete, 24 to do" in shown and "... and 12 more" in shown
    assert "h on one thread" in shown and "disk: 0.2 MB" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["spec.toml"]


@pytest.mark.parametrize("name", sorted(shipped_tables()))
def test_a_shipped_table_is_that_of_its_file(name):
    path = shipped_tables()[name]
    table, sweep = load_table(name), load_sweep(path.with_suffix(".toml"))
    assert list(table["run"]) == [run.name for run in sweep.runs]
    assert set(table["status"]) == {"complete"}


def test_the_debate_has_its_networks():
    files = {path.stem for table in shipped_tables().values() for path in table.parent.glob("*.toml")}
    assert {"targets", "sensitivity", "published_fields"} <= set(shipped_tables()) == files
    assert len(load_table("targets")["run"]) >= 300


@pytest.mark.slow
def test_a_row_repeats():
    table = load_table("double")
    sweep = {run.name: run for run in load_sweep(shipped_tables()["double"].with_suffix(".toml")).runs}
    numbers = trained.train_and_score(sweep[table["run"][0]].config, None)["numbers"]
    # in double precision rounding stays out of sight; without AVX2, torch draws the initial weights otherwise
    close = 1e-6 if torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512") else 0.05
    assert len(numbers) > 10
    for name, number in numbers.items():
        assert number == pytest.approx(table[name][0], abs=close), name
