"""Folders that one process has for itself, and what killed processes leave."""

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from gridcells._common.files import atomic_path, remove_leftovers, writable_folder, write_json
from gridcells._common.locks import LOCK, free, hold_folder
from gridcells._common.pools import Abandoned, check_wanted, helping_processes

HOLD = """
import sys, time
from gridcells._common.files import atomic_path
from gridcells._common.locks import hold_folder
with hold_folder(sys.argv[1]), atomic_path(sys.argv[1] + "/weights.bin") as temporary:
    temporary.write_bytes(b"half")
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder and is writing a file in it."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_folder_is_held_by_one(tmp_path, holder):
    told = f"out: expected a folder that no other process is at, got .*, held by process {holder.pid} on"
    with pytest.raises(ValueError, match=told), hold_folder(tmp_path):
        pytest.fail("it is held")
    holder.kill()
    holder.wait()
    with hold_folder(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"process {os.getpid()} on {socket.gethostname()}"
    assert not (tmp_path / LOCK).exists()


def test_within_itself_only_where_it_is_asked_for(tmp_path):
    with hold_folder(tmp_path):
        with hold_folder(tmp_path, nested=True):
            pass
        assert (tmp_path / LOCK).exists()
        with pytest.raises(ValueError, match=f"held by process {os.getpid()}"), hold_folder(tmp_path):
            pytest.fail("it is held")


def test_many_take_turns(tmp_path):
    """Each takes the folder as soon as it is free: never two at once, and the file goes with the last."""
    inside, most, turns = [], [], []

    def work():
        end = time.monotonic() + 20
        while len(turns) < 60 and time.monotonic() < end:
            try:
                with hold_folder(tmp_path):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
                    turns.append(1)
            except ValueError:
                time.sleep(0.001)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(turns) >= 60 and max(most) == 1
    assert list(tmp_path.iterdir()) == []


def test_leftovers_go_and_what_is_being_written_stays(tmp_path, holder):
    left = [".run.gridcells-0123456789ab.json", ".checkpoint-00000010-0123456789ab.safetensors"]
    kept = [".bashrc", ".cache-0123456789ab", "run.json", ".run.gridcells-0123.json"]
    for name in (*left, *kept):
        (tmp_path / name).write_text("{")
    (writing,) = [path for path in tmp_path.glob(".weights.gridcells-*") if free(path) is False]
    assert sorted(remove_leftovers(tmp_path)) == sorted(left)
    assert writing.exists() and all((tmp_path / name).exists() for name in kept)
    holder.kill()
    holder.wait()
    writable_folder(tmp_path)
    assert not writing.exists() and all((tmp_path / name).exists() for name in kept)


def test_a_file_that_is_being_written_is_not_free(tmp_path):
    with atomic_path(tmp_path / "a.json") as temporary:
        assert free(temporary) is False
        assert remove_leftovers(tmp_path) == []
        temporary.write_text("{}")
    write_json(tmp_path / "a.json", {})
    assert free(tmp_path / "a.json") is True
    assert free(tmp_path / "nowhere") is None


def busy(folder):
    with atomic_path(f"{folder}/part.bin") as temporary:
        temporary.write_text("begun")
        end = time.monotonic() + 30
        while time.monotonic() < end:
            check_wanted()
            time.sleep(0.01)


def test_a_helper_that_is_killed_is_told_in_one_line():
    """As a system does that runs out of memory; the others end too."""
    told = r"^workers: expected 2 processes that stay, got one that was killed"
    with pytest.raises(ChildProcessError, match=told), helping_processes(2) as pool:
        waiting = [pool.submit(time.sleep, 0.2), pool.submit(signal.raise_signal, signal.SIGKILL)]
        for job in waiting:
            job.result()


def test_helpers_end_with_an_error_and_clear_away(tmp_path):
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), helping_processes(2) as pool:
        job = pool.submit(busy, str(tmp_path))
        while not list(tmp_path.iterdir()):
            time.sleep(0.01)
        raise KeyboardInterrupt
    assert time.monotonic() - began < 20
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Abandoned):
        job.result()


SERVED = """
import multiprocessing, sys, time
from gridcells._common.pools import check_wanted, helping_processes
def wait(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        check_wanted()
        time.sleep(0.01)
    return seconds
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    with helping_processes(1) as pool:
        print(pool.submit(wait, 0.5).result(), flush=True)
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_helpers_are_wanted_however_they_are_started(tmp_path, method):
    (tmp_path / "served.py").write_text(SERVED)
    done = subprocess.run([sys.executable, tmp_path / "served.py", method], capture_output=True, text=True)
    assert done.stdout == "0.5\n", done.stderr
