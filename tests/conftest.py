"""What every test may ask for."""

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
    """Mark every test that reads golden files, so that ``-m golden`` and ``-m "not golden"`` choose by that."""
    for item in items:
        if "golden" in getattr(item, "fixturenames", ()):
            item.add_marker("golden")
