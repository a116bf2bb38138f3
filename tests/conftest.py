"""What every test may ask for."""

import itertools
import os
from pathlib import Path

import pytest
import torch
from hypothesis import settings

# Networks of a few units gain nothing from a second thread, and lose much where the machine is busy.
torch.set_num_threads(1)
os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that tests start

# Continuous integration draws the same examples every time; elsewhere each run draws new ones.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

GOLDEN = Path(__file__).resolve().parent / "golden" / "data"


@pytest.fixture(scope="session")
def golden() -> Path:
    """Give the folder of values that the papers' released code computed."""
    return GOLDEN


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that reads golden files, so that ``-m golden`` and ``-m "not golden"`` choose by that.

    Each of several workers begins with its share of the slow tests; who is done first takes quick ones from another.
    """
    for item in items:
        if "golden" in getattr(item, "fixturenames", ()):
            item.add_marker("golden")
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    slow = [item for item in items if item.get_closest_marker("slow")]
    quick = iter([item for item in items if not item.get_closest_marker("slow")])
    for worker in range(workers if workers > 1 else 0):  # to which pytest-xdist gives the items from `first` on
        first, end = (len(items) * number // workers for number in (worker, worker + 1))
        mine = slow[worker::workers]
        items[first:end] = [*mine, *itertools.islice(quick, end - first - len(mine))]
