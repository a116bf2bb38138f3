"""A seeded part of the campaign, and that what it would count as bad is seen."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from kills import Killer
from mutations import FORMATS, Format, Mutator, mutate
from outcomes import BAD, Case, Table, command
from surroundings import Surroundings

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc, as Linux has it")
#: What the formats that carry checksums may come to, and the others.
FINE = {True: {"refused", "same"}, False: {"refused", "same", "another file"}}


@pytest.mark.parametrize("name", ["train rnn", "train lstm", "dataset make", "sweep"])
def test_what_is_killed_ends_as_if_nothing_had_been(tmp_path, name):
    table = Table()
    Killer(tmp_path, seed=len(name)).run(name, table)
    assert set(table.counts[f"kill: {name}"]) == {"equal"}, str(table)


@pytest.mark.parametrize("chosen", FORMATS, ids=lambda chosen: chosen.name)
def test_mutated_files_are_refused_or_read_as_they_were(tmp_path, chosen):
    table = Table()
    Mutator(tmp_path, seed=3).run(chosen, table, count=12)
    assert set(table.counts[f"mutation: {chosen.name}"]) <= FINE[chosen.vouched], str(table)
    assert table.total() == 12 and not table.bad


def test_a_folder_that_is_removed_is_told_in_one_line(tmp_path):
    table = Table()
    surroundings = Surroundings(tmp_path)
    surroundings.removed(table)
    surroundings.names(table)
    assert table.counts.keys() == {"surroundings: the folder is removed", "surroundings: names that are none"}
    assert table.total("one line") == table.total() == 4, str(table)


# --- the campaign itself


def made(folder):
    (folder / "a.txt").write_bytes(b"whole")
    return ["a.txt"]


def careless(folder):
    """A reader that takes whatever it is given."""
    return (folder / "a.txt").read_bytes()


def test_a_careless_reader_is_found_out(tmp_path):
    table, chosen = Table(), Format("careless", made, careless)
    mutator = Mutator(tmp_path, seed=0)
    _, _, expected = mutator.original(chosen)
    for outcome, what in (("read", "other"), ("read", expected), ("refused", ""), ("traceback", "KeyError")):
        mutator._count(table, chosen, "careless", outcome, what, expected, "how")
    assert table.counts["careless"] == {"wrong": 1, "same": 1, "refused": 1, "traceback": 1}
    assert len(table.bad) == 2 and "careless: wrong: how" in str(table)


def forgetful():
    """A process that leaves others behind, one of them in a session of its own, as Jupyter starts its kernels."""
    import subprocess

    for apart in (False, True):
        subprocess.Popen(["sleep", "60"], start_new_session=apart)


def broken():
    raise RuntimeError("not told in a line")


def endless():
    time.sleep(60)


def test_what_a_case_does_is_seen():
    left = Case(forgetful)
    assert left.end().code == 0
    assert len(left.left_behind(1.0)) == 2
    assert left.left_behind(1.0) == []
    failed = Case(broken).end()
    assert failed.traceback and failed.code == 1
    assert Case(endless).end(0.5).code is None
    told = Case(command, "presets", "latice").end()
    assert told.code == 2 and not told.traceback and told.last_line.startswith("gridcells: error: preset: expected one")


def test_mutations_are_many_and_follow_from_the_seed():
    import random

    data = b'{"step": 40, "loss": 1.5, "digest": "0123456789abcdef"}' * 3
    several = [mutate(data, random.Random(seed)) for seed in range(200)]
    assert several == [mutate(data, random.Random(seed)) for seed in range(200)]
    assert len({changed for changed, _ in several}) > 150
    assert {what.split()[0] for _, what in several} >= {"bit", "cut", "drop", "insert", "double", "digit", "value"}


def test_the_table_adds_up():
    table = Table()
    for outcome in ("equal", "equal", "hang"):
        table.add("kill", outcome, "what")
    table.add("mutation", "refused", "what")
    lines = [line.split() for line in str(table).splitlines()]
    assert lines[0] == ["kind", "cases", "equal", "refused", "hang"]
    assert lines[-2] == ["all", "4", "2", "1", "1"]
    assert table.bad == ["kill: hang: what"] and set(BAD) >= {"wrong", "hang"}
    other = Table()
    other.add("kill", "wrong", "that")
    table.merge(other)
    assert table.total() == 5 and table.counts["kill"] == {"equal": 2, "hang": 1, "wrong": 1}
    assert table.bad == ["kill: hang: what", "kill: wrong: that"]


def test_every_command_and_phase_is_killed(tmp_path):
    killer = Killer(tmp_path, seed=0)
    words = {name.partition(":")[0].split()[0] for name in killer.commands}
    assert words == {"train", "evaluate", "finish", "dataset", "figures", "rerun", "sweep"}
    assert {name for name, one in killer.commands.items() if one.is_led} == {
        *("train in two processes: one of them", "dataset make: a worker"),
        *("sweep: worker", "sweep: scheduler"),
    }


def test_a_folder_that_holds_something_is_not_taken_for_a_new_one(tmp_path):
    (tmp_path / "earlier").mkdir()
    campaign = [sys.executable, Path(__file__).with_name("campaign.py"), "--keep", tmp_path, "--minutes", "0"]
    ended = subprocess.run(campaign, capture_output=True, text=True, check=False)
    assert ended.returncode == 2 and "--keep: expected a new or empty folder" in ended.stderr
