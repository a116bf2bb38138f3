"""Freed memory is kept: arrays made again and again are paged in once."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
if sys.argv[1] == "keep":
    from gridcells._common.memory import keep_freed_memory
    keep_freed_memory()
for _ in range(3):
    several = [np.ones(2**20) for _ in range(3)]
    del several
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    several = [np.ones(2**20) for _ in range(3)]
    del several
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep memory")
def test_arrays_made_again_are_not_paged_in_again():
    faults = {
        how: int(
            subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True, text=True).stdout
        )
        for how in ("as it is", "keep")
    }
    assert faults["keep"] < 0.1 * faults["as it is"]
