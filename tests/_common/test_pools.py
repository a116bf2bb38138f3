"""Processes that help, and requests to end that come while they are made."""

import subprocess
import sys

import pytest

FORKED = """
import os, signal
from gridcells._common.pools import helping_processes
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGINT))
try:
    with helping_processes(1) as pool:
        print(pool.submit(abs, -3).result())
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
def test_ctrl_c_in_the_middle_of_a_fork_is_not_lost():
    done = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr, done.returncode) == ("interrupted\n", "", 0)


def test_helpers_end_when_asked_and_leave_the_keyboard_to_their_parent():
    code = "import signal\nfrom gridcells._common.pools import helping_processes\n"
    code += "with helping_processes(1) as pool:\n"
    code += "    asked = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)\n"
    code += "    found = [pool.submit(signal.getsignal, one).result() for one in asked]\n"
    code += "print(found == [signal.SIG_IGN, signal.SIG_IGN, signal.SIG_DFL])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("True\n", "")


DEAF = """
import time
from gridcells._common.pools import helping_processes
with helping_processes(1) as pool:
    job = pool.submit(time.sleep, 1.0)
    time.sleep(0.5)
    pool._call_queue._rlock.acquire()  # as one does that is killed while it waits for work
    job.result()
print("over")
"""


def test_helpers_that_cannot_hear_that_the_work_is_over_end_all_the_same():
    done = subprocess.run([sys.executable, "-c", DEAF], capture_output=True, text=True, timeout=60)
    assert done.stdout == "over\n", done.stderr
