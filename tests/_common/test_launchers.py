"""Processes that torchrun started end with it."""

import os
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no process of this system is handed to another parent")

LAUNCHER = """
import os, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
worker.stdout.readline()
print(worker.pid, flush=True)
os._exit(0)  # as if killed
"""
WORKER = """
import os, signal, sys, time
launcher = os.getppid()
if {late}:
    print("beginning", flush=True)
    while os.getppid() == launcher:
        time.sleep(0.01)
from gridcells._common import launchers
launchers._PATIENCE = 0.5
launchers.end_with_launcher()
if {deaf}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if not {late}:
    print("watching", flush=True)
time.sleep(60)
"""


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as state:
            return state.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="this system does not list its processes so")
@pytest.mark.parametrize(("deaf", "late"), [(False, False), (True, False), (False, True)])
def test_a_process_does_not_outlive_torchrun_not_even_one_that_ends_before_it_begins(deaf, late):
    told = {**os.environ, "TORCHELASTIC_RUN_ID": "one"}
    done = subprocess.run(
        [sys.executable, "-c", LAUNCHER, WORKER.format(deaf=deaf, late=late)],
        env=told,
        capture_output=True,
        text=True,
        check=True,
    )
    pid, end = int(done.stdout), time.monotonic() + 20
    while lives(pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert not lives(pid)


def test_without_torchrun_nothing_is_watched(monkeypatch):
    import threading

    from gridcells._common.launchers import end_with_launcher

    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    before = threading.active_count()
    end_with_launcher()
    assert threading.active_count() == before
