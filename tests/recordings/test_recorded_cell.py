"""A recorded grid cell and fourteen recorded maps: what others found in them. Skipped where they are absent."""

from pathlib import Path

import numpy as np
import pytest
from scipy import io

from gridcells.recordings import map_recording, read_recording, score_recording
from gridcells.scores import border_scores, find_fields, grid_geometry, grid_scores, spatial_autocorrelogram

FOLDER = Path(__file__).parents[2] / "../shared/recordings"
pytestmark = pytest.mark.skipif(not (FOLDER / "10704_POS.mat").is_file(), reason="the recordings are not here")


@pytest.fixture(scope="module")
def cell():
    return read_recording(FOLDER / "10704_POS.mat", spikes=FOLDER / "10704_T2C3.mat", position_unit="cm")


@pytest.mark.parametrize("bin_size", [0.02, 0.025, 0.03, 0.04, 0.05])
def test_score_spacing_and_fields_do_not_depend_on_the_bins(cell, bin_size):
    raw = map_recording(cell, bins=round(1 / bin_size), smooth=0.0)
    assert 1.1 <= round(grid_scores(raw.rate_maps, bin_size=raw.bin_size).score_60[0], 2) <= 1.3
    smooth = map_recording(cell, bins=round(1 / bin_size))
    assert 1.25 <= grid_scores(smooth.rate_maps, bin_size=smooth.bin_size).score_60[0] <= 1.36
    spacing = grid_geometry(smooth.rate_maps, bin_size=smooth.bin_size).spacing[0]
    assert 0.46 <= spacing <= 0.48
    fields = find_fields(smooth.rate_maps, bin_size=smooth.bin_size, min_area=0.01, min_peak=1.0).count[0]
    assert 7 <= fields <= 9


@pytest.mark.parametrize("smooth", [0.03, 0.04, 0.05, "adaptive"])
@pytest.mark.parametrize("bin_size", [0.02, 0.025, 0.03, 0.04, 0.05])
def test_it_is_no_border_cell_whatever_the_bins(cell, bin_size, smooth):
    mapped = map_recording(cell, bins=round(1 / bin_size), smooth=smooth)
    [relative] = border_scores(mapped.rate_maps, bin_size=mapped.bin_size, form="relative")
    assert -0.6 <= relative <= -0.3
    # six of its eight fields lie at walls, up to 0.3 of one, and all firing 0.28 of the way from them: by the published
    # rule about 0, and 0.3 where the field in the middle falls just short of 200 cm²
    [published] = border_scores(mapped.rate_maps, bin_size=mapped.bin_size)
    assert -0.2 <= published <= 0.3


def test_holes_in_the_path_part_no_field(cell):
    mapped = map_recording(cell, bins=50)  # 107 unvisited bins, some of them amid the field at the eastern wall
    [holed] = border_scores(mapped.rate_maps, bin_size=mapped.bin_size, form="solstad")
    whole = map_recording(cell, bins=50, min_occupancy=0.0)
    [closed] = border_scores(whole.rate_maps, bin_size=whole.bin_size, form="solstad")
    assert holed == pytest.approx(closed, abs=0.06)


def test_it_is_no_border_cell_by_default_and_by_chance(cell):
    table = score_recording(cell, shuffles=100, generator=0)
    assert table.border_score[0] <= -0.2
    assert table.border_p[0] > 0.3
    assert table.p_value[0] == table.information_p[0] == table.stability_p[0] == pytest.approx(1 / 101)
    assert table.fields[0] == 8
    assert table.spikes[0] == 2326


def test_one_glitch_makes_no_border_cell_of_it(cell):
    position = io.loadmat(FOLDER / "10704_POS.mat")
    path = np.concatenate([position["posx"], position["posy"]], axis=1)
    path[777] = [900.0, -700.0]
    trains = io.loadmat(FOLDER / "10704_T2C3.mat")["cellTS"].ravel()
    glitched = type(cell).from_spikes(path, position["post"].ravel(), trains, position_unit="cm")
    assert glitched.hygiene.samples_left_out == {"jump": 1}
    for each in (glitched, cell):
        table = score_recording(each, null="none")
        assert table.score_60[0] == pytest.approx(1.34, abs=0.01)
        assert table.border_score[0] < -0.2


@pytest.mark.parametrize("number", range(1, 15))
def test_autocorrelograms_are_those_of_matlab_inside_the_rim(number):
    rates = io.loadmat(FOLDER / "mec_maps" / f"n{number}.mat")["heat_map"]
    expected = io.loadmat(FOLDER / "mec_maps" / f"n{number}_ac.mat")["heat_map_ac"]
    found = spatial_autocorrelogram(rates[None].astype(float))[0]
    assert found.shape == expected.shape == (63, 63)
    inner = np.s_[8:-8, 8:-8]
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-12, rtol=0)


def test_a_map_of_a_matlab_file_is_read():
    recording = read_recording(FOLDER / "mec_maps" / "n1.mat", bin_size=0.03)
    assert recording.rate_maps.shape == (1, 32, 32)
