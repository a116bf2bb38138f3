"""Sweeps: many networks, each a pure function of its configuration, on one machine or on a cluster."""

from gridcells.runs.sweeps.driver import SweepStopped, run_sweep
from gridcells.runs.sweeps.spec import Sweep, SweepRun, load_sweep
from gridcells.runs.sweeps.table import collect, load_table, shipped_tables

__all__ = ["Sweep", "SweepRun", "SweepStopped", "collect", "load_sweep", "load_table", "run_sweep", "shipped_tables"]
