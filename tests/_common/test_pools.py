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


def test_helpers_hear_requests_to_end_again():
    code = "import signal\nfrom gridcells._common.pools import helping_processes\n"
    code += "with helping_processes(1) as pool:\n"
    code += "    held = pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []).result()\n"
    code += "print(sorted(held & {signal.SIGTERM, signal.SIGHUP}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("[]\n", "")
