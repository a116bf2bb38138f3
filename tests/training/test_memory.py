"""A training step of the published size fits in a laptop's memory."""

import json
import os
import subprocess
import sys

import pytest

SCRIPT = """
import json, resource, sys
import gridcells.training.task
from gridcells.presets import preset
from gridcells.training import train

gridcells.training.task._JUDGED = 250  # as many as go through the network at once
largest = preset("sorscher2019").override({"units": 4096, "batch": 200, "path_steps": 20, "steps": 1})
run = train(largest, seed=0)  # the step, and the evaluation after it
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps({"peak": peak, "units": run.network.units, "loss": run.metrics[-1]["loss"]}))
"""


def test_a_step_at_4096_units_stays_below_2_5_gb():
    pytest.importorskip("resource", reason="this system does not tell peak memory")
    patient = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}  # threads that do not fight for a busy core
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=patient)
    told = json.loads(done.stdout)
    assert told["units"] == 4096
    assert 5 < told["loss"] < 7  # it computed something
    assert told["peak"] <= 2.5e9
