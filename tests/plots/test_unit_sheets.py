"""The sheet of all units is one PDF, and leaves no figure open."""

import matplotlib.pyplot as plt
import numpy as np

from gridcells.plots.unit_sheets import sheet_of_all_units
from gridcells.scores import grid_scores
from gridcells.world.arenas import Rectangle


def test_a_sheet_replaces_the_one_before(tmp_path):
    before, path = plt.get_fignums(), tmp_path / "sheet.pdf"
    path.write_text("an older one")
    maps = np.random.default_rng(0).random((5, 20, 20))
    assert sheet_of_all_units(maps, grid_scores(maps), Rectangle(2.2, 2.2), path) == path
    assert path.read_bytes().startswith(b"%PDF") and path.stat().st_size > 5000
    assert plt.get_fignums() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["sheet.pdf"]
