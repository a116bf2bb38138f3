"""The command, as it is typed."""

import errno
import importlib.metadata
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import matplotlib
import matplotlib.image
import numpy as np
import pytest
import torch

import gridcells.runs.evaluation
from gridcells.cli.main import main
from gridcells.presets import PRESETS, preset
from gridcells.training.checkpoints import load_weights
from gridcells.training.loop import train

TINY = {
    "training.steps": 30,
    "path_steps": 20,
    "units": 16,
    "place_cells.cells": 64,
    "batch": 16,
    "scoring.paths": 300,
    "null_maps": 20,
    "evaluate_every": 10,
    "checkpoint_every": 10,
}

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}  # enough for so little, and never waits for a busy core


def train_words(**settings):
    settings = {**TINY, **settings}
    return ["train", "laptop", *(word for name, value in settings.items() for word in ("--set", f"{name}={value}"))]


def command(words):
    return subprocess.run([sys.executable, "-m", "gridcells", *words], capture_output=True, text=True, env=ONE_THREAD)


def error_of(words, capsys, status=2):
    """Run the command in this process; return the one line that it leaves on the error stream."""
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1, captured.err
    return captured.err.strip().rpartition("\r")[2]  # without the progress bar, which was taken back


@pytest.fixture(autouse=True)
def _one_thread_and_no_screen():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    matplotlib.use("agg")
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of the real command: its folder and what it printed. Copy the folder to change it."""
    folder = tmp_path_factory.mktemp("runs") / "tiny"
    done = command([*train_words(), "--out", str(folder)])
    assert done.returncode == 0, done.stderr
    return folder, done


def weights_of(folder):
    return (folder / "weights.safetensors").read_bytes()


def test_the_run_folder_is_complete(finished):
    folder, _ = finished
    assert sorted(path.name for path in folder.iterdir()) == [
        "checkpoint-00000020.json",
        "checkpoint-00000020.safetensors",
        "checkpoint-00000030.json",
        "checkpoint-00000030.safetensors",
        "maps.png",
        "metrics.jsonl",
        "run.json",
        "summary.json",
        "weights.safetensors",
    ]
    described = json.loads((folder / "run.json").read_text())
    assert described["seed"] == 0
    assert described["preset"] == {"name": "laptop", **preset("laptop").override(TINY).flat()}
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [10, 20, 30]
    here = train(preset("laptop").override(TINY), seed=0).metrics
    for name in here[0].keys() - {"seconds"}:
        assert [row[name] for row in rows] == pytest.approx([row[name] for row in here], rel=1e-4), name
    assert 0 < rows[0]["seconds"] <= rows[1]["seconds"] <= rows[2]["seconds"]
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["metrics"] == rows
    assert summary["numbers"]["decoding_error"] == pytest.approx(rows[-1]["decoding_error"], abs=1e-6)
    saved = load_weights(folder / "weights.safetensors", sha256=summary["sha256"])
    assert saved["RNN.weight_hh_l0"].shape == (16, 16)
    last = load_weights(folder / "checkpoint-00000030.safetensors")
    assert torch.equal(saved["decoder.weight"], last["network.decoder.weight"])


def test_the_sheet_of_maps_is_a_picture_with_something_on_it(finished):
    path = finished[0] / "maps.png"
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    image = matplotlib.image.imread(path)[..., :3]
    assert min(image.shape[:2]) > 200
    assert image.std() > 0.1
    assert len(np.unique(image.reshape(-1, 3), axis=0)) > 200  # colours


def test_the_table_has_the_numbers_of_the_summary(finished):
    folder, done = finished
    numbers = json.loads((folder / "summary.json").read_text())["numbers"]
    *table, where = done.stdout.splitlines()
    assert where == f"run folder: {folder}"
    patterns = [
        r"decoding error +(?P<decoding_error>[\d.]+) cm",
        r"units scored +(?P<units_scored>\d+) of (?P<units>\d+)",
        r"score above \.3 +(?P<above_3>\d+)% +matched null: (?P<null_3>\d+)%",
        r"score above \.8 +(?P<above_8>\d+)% +matched null: (?P<null_8>\d+)%",
        r"above the null's 95 % +(?P<above_null>\d+)% +score (?P<level>-?[\d.]+); chance: 5%",
        r"dominant period +(?P<period>\d+) cm",
    ]
    assert len(table) == len(patterns)
    printed = {}
    for line, pattern in zip(table, patterns, strict=True):
        match = re.fullmatch(pattern, line)
        assert match, line
        printed |= {name: float(value) for name, value in match.groupdict().items()}
    assert printed == pytest.approx(
        {
            "decoding_error": 100 * numbers["decoding_error"],
            "units_scored": numbers["units_scored"],
            "units": 16,
            "above_3": 100 * numbers["share_above_0.3"],
            "null_3": 100 * numbers["null_share_above_0.3"],
            "above_8": 100 * numbers["share_above_0.8"],
            "null_8": 100 * numbers["null_share_above_0.8"],
            "above_null": 100 * numbers["share_above_null"],
            "level": numbers["null_95_percent"],
            "period": 100 * numbers["period"],
        },
        abs=0.51,
    )


def test_the_progress_bar_shows_loss_error_speed_and_time_left(finished):
    bars = finished[1].stderr.splitlines()  # each redrawn over the one before
    shown = re.compile(
        r".*\d+%\|.*\| \d+/9600 \[\d+:\d+<\d+:\d+, +[\d.]+ samples/s, loss \d\.\d{3}, error \d+\.\d cm\]"
    )
    assert any(shown.fullmatch(bar) for bar in bars), bars
    assert "100%" in bars[-1]
    assert "Error" not in finished[1].stderr


def test_the_command_of_the_summary_repeats_the_run_bit_for_bit(finished, tmp_path, monkeypatch):
    words = shlex.split(json.loads((finished[0] / "summary.json").read_text())["command"])
    assert words == ["gridcells", *train_words(), "--seed", "0"]
    monkeypatch.chdir(tmp_path)
    main(words[1:])
    assert weights_of(tmp_path / "runs" / "laptop-seed0") == weights_of(finished[0])


def test_another_seed_is_another_run(finished, tmp_path):
    main([*train_words(), "--seed", "1", "--out", str(tmp_path)])
    assert weights_of(tmp_path) != weights_of(finished[0])
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["seed"] == 1
    assert summary["command"].endswith("--seed 1")


def test_ctrl_c_and_resume_end_with_the_weights_of_a_run_that_never_stopped(tmp_path, capsys):
    settings = {"training.steps": 500, "evaluate_every": 500, "checkpoint_every": 200}
    folder = tmp_path / "run"
    words = [sys.executable, "-m", "gridcells", *train_words(**settings), "--out", str(folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ONE_THREAD) as process:
        shown = b""
        while b"loss" not in shown:  # it is training
            shown += process.stderr.read1()
            assert process.poll() is None, shown
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    last = rest.decode().replace("\r", "\n").splitlines()[-1]
    assert process.returncode == 130
    assert b"Traceback" not in rest
    said = re.fullmatch(
        rf"gridcells: interrupted at step (\d+): saved at step \1; go on with (--resume --out {folder})", last
    )
    assert said, last
    assert 20 <= int(said[1]) < 500
    assert not (folder / "weights.safetensors").exists()

    main([*train_words(**settings), *said[2].split()])
    assert "decoding error" in capsys.readouterr().out
    whole = train(preset("laptop").override({**TINY, **settings}), seed=0)
    saved = load_weights(folder / "weights.safetensors")
    assert {name: weight.shape for name, weight in saved.items()} == {
        name: weight.shape for name, weight in whole.network.state_dict().items()
    }
    for name, weight in whole.network.state_dict().items():
        assert torch.equal(weight, saved[name]), name
    assert "--resume" not in json.loads((folder / "summary.json").read_text())["command"]


def test_resuming_a_finished_run_says_the_same_again(finished, tmp_path, capsys):
    folder = tmp_path / "copy"
    shutil.copytree(finished[0], folder)
    for name in ("weights.safetensors", "summary.json", "maps.png"):
        (folder / name).unlink()
    main([*train_words(), "--out", str(folder), "--resume"])
    assert capsys.readouterr().out.splitlines()[:-1] == finished[1].stdout.splitlines()[:-1]
    assert (folder / "summary.json").read_text() == (finished[0] / "summary.json").read_text()
    assert weights_of(folder) == weights_of(finished[0])
    assert (folder / "maps.png").exists()


def test_ctrl_c_during_the_evaluation_ends_quietly(finished, tmp_path, monkeypatch, capsys):
    def press(network, task):
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the interrupt came before this")

    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which a process in the background may lack

    folder = tmp_path / "copy"
    shutil.copytree(finished[0], folder)
    monkeypatch.setattr(gridcells.runs.evaluation, "evaluate", press)
    try:
        assert error_of([*train_words(), "--out", str(folder), "--resume"], capsys, 130) == "gridcells: interrupted"
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["train", "latice"],
            r"preset: expected one of banino2018_code, .*, lattice, .*, got 'latice' .did you mean 'lattice'\?.",
        ),
        (["presets", "laptpo"], r"preset: expected one of .*, got 'laptpo' .did you mean 'laptop'\?."),
        (
            ["train", "laptop", "--set", "training.stpes=5"],
            r"setting 'training.stpes': expected a setting's name .did you mean 'training.steps'\?.",
        ),
        (["train", "laptop", "--set", "unit=5"], r"setting 'unit': .*did you mean 'units'\?."),
        (["train", "laptop", "--set", "steps"], "--set: expected name=value, got 'steps'"),
        (["train", "laptop", "--set", "steps="], "--set: expected name=value, got 'steps='"),
        (["train", "laptop", "--set", "=5"], "--set: expected name=value, got '=5'"),
        (
            ["train", "laptop", "--set", "steps=1", "--set", "steps=2"],
            "--set: expected one value of steps, got '1' and '2'",
        ),
        (
            ["train", "laptop", "--set", "steps=1", "--set", "training.steps=2"],
            "training.steps: expected each setting once, got steps=1 and training.steps=2",
        ),
        (["train", "laptop", "--set", "steps=many"], "training.steps: expected a whole number, got 'many'"),
        (
            ["train", "laptop", "--set", "place_cells.field_width=0"],
            "place_cells.field_width: expected a number above 0 m, got 0.0",
        ),
        (
            ["train", "laptop", "--set", "tuning=gausian"],
            r"place_cells.tuning: expected one of .*, got 'gausian' .did you mean 'gaussian'\?.",
        ),
        ([*train_words(), "--seed", "-1"], "seed: expected a whole number of at least 0, got -1"),
        ([*train_words(), "--device", "quantum"], "device: expected one of cpu.* on this machine, got 'quantum'"),
        pytest.param(
            [*train_words(), "--device", "cuda"],
            "device: expected one of cpu.* on this machine, got 'cuda'",
            marks=pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has one"),
        ),
        (
            [*train_words(), "--out", "file/run"],
            "[Errno 20] out: expected a folder that can be written, got file/run .Not a directory.",
        ),
    ],
)
def test_bad_input_is_told_in_one_line(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("in the way")
    message = message.replace("[Errno", r"\[Errno").replace("20]", r"20\]")
    assert re.fullmatch("gridcells: error: " + message, error_of(words, capsys))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]  # nothing was begun


def test_a_folder_with_a_run_is_not_overwritten(finished, capsys):
    folder, _ = finished
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    message = (
        f"gridcells: error: out: expected a folder without a run, got {folder}; go on with --resume or choose another"
    )
    assert error_of([*train_words(), "--out", str(folder)], capsys) == message
    said = error_of([*train_words(units=17), "--seed", "3", "--out", str(folder), "--resume"], capsys)
    assert said == (
        f"gridcells: error: out: expected {folder} to hold the run to resume, got one with other settings: "
        "network.units 16 there, 17 here, seed 0 there, 3 here"
    )
    lattice = ["train", "lattice", *train_words()[2:], "--out", str(folder), "--resume"]
    said = error_of(lattice, capsys)
    assert "name 'laptop' there, 'lattice' here, " in said
    assert "place_cells.surround_ratio 4.0 there, 2.0 here" in said
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("file", ["checkpoint-00000020.safetensors", "weights.safetensors"])
def test_a_full_disk_names_the_file_and_the_folder_can_be_resumed(file, finished, tmp_path, monkeypatch, capsys):
    written = Path.write_bytes

    def full(self, data):
        if self.name.startswith("." + Path(file).stem):
            written(self, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return written(self, data)

    words = [*train_words(), "--out", str(tmp_path)]
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SystemExit) as stop:
        main(words)
    monkeypatch.undo()
    assert stop.value.code == 2
    last = re.split(r"[\r\n]", capsys.readouterr().err.strip())[-1]
    assert last == f"gridcells: error: [Errno 28] No space left on device while writing {tmp_path / file}"
    assert not (tmp_path / file).exists()
    assert not list(tmp_path.glob(".*"))

    main([*words, "--resume"])
    assert weights_of(tmp_path) == weights_of(finished[0])


def test_presets_are_listed_with_every_value_unit_and_source(capsys):
    main(["presets"])
    listed = capsys.readouterr().out.strip().split("\n\n")
    assert [text.splitlines()[0] for text in listed] == list(PRESETS)
    for text, chosen in zip(listed, PRESETS.values(), strict=True):
        rows = [line.split(maxsplit=2) for line in text.splitlines()[1:]]
        assert [row[0] for row in rows] == list(chosen.flat())
        for (name, shown, rest), value in zip(rows, chosen.flat().values(), strict=True):
            assert shown == (str(value) or "–") or float(shown) == pytest.approx(value, rel=1e-5)
            assert rest.split() == f"{chosen.unit(name)} {chosen.source(name)}".split()


def test_one_preset_is_listed_alone():
    done = command(["presets", "lattice"])
    assert done.returncode == 0
    assert done.stderr == ""
    assert done.stdout.startswith("lattice\n  arena.width")
    assert not set(PRESETS) & set(done.stdout.split()[1:])


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["trian", "laptop"], "train"),
        (["train", "laptop", "--sede", "3"], "--seed"),
        (["train"], "PRESET"),
        (["train", "laptop", "--seed", "one"], "one"),
        ([], "train"),
    ],
)
def test_a_misspelt_command_or_option_is_refused(words, named, capsys):
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert named in captured.out + captured.err


def test_help_names_the_commands_and_options(capsys):
    for words, expected in (
        ([], ["train", "presets"]),
        (["train"], ["--set", "--seed", "--out", "--device", "--resume"]),
    ):
        with pytest.raises(SystemExit) as stop:
            main([*words, "--help"])
        assert not stop.value.code
        shown = capsys.readouterr().out
        assert all(word in shown for word in expected)


def test_the_installed_command_is_this_one():
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="gridcells")
    assert entry.load() is main
