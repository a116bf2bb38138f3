"""The same recording through pynapple, opexebo and spatial-maps: where they agree, and why where they do not."""

import sys

import numpy as np
import pytest

from gridcells.recordings import Recording, from_object, map_recording, score_recording, simulate_session
from gridcells.scores import border_scores, grid_geometry, head_direction_tuning, spatial_information
from gridcells.scores.lattices import lattice_maps
from gridcells.world.arenas import Rectangle

pytestmark = pytest.mark.filterwarnings("default")
SESSION = simulate_session(seconds=600.0, kinds=("grid", "border", "direction"), generator=4)
NAMES = list(SESSION.spike_times)


@pytest.fixture(scope="module")
def raw():
    return map_recording(SESSION.recording(), bins=20, smooth=0.0, min_occupancy=0.0)


def napped():
    """The session as pynapple's objects."""
    nap = pytest.importorskip("pynapple")
    group = nap.TsGroup({place: nap.Ts(t=train) for place, train in enumerate(SESSION.spike_times.values())})
    position = nap.TsdFrame(t=SESSION.time, d=SESSION.position, columns=["x", "y"])
    return nap, group, position, nap.Tsd(t=SESSION.time, d=SESSION.heading)


def test_pynapples_objects_are_taken_as_they_are():
    _, group, position, heading = napped()
    recording = from_object(group, position=position, heading=heading)
    plain = SESSION.recording()
    np.testing.assert_array_equal(recording.spikes.time, plain.spikes.time)
    tables = [score_recording(each, null="none") for each in (recording, plain)]
    np.testing.assert_array_equal(tables[0].score_60, tables[1].score_60)
    np.testing.assert_array_equal(tables[0].resultant_length, tables[1].resultant_length)
    narrow = from_object(group, position=position.restrict(position.time_support), position_unit="m")
    assert narrow.hygiene.samples == 30_000


def test_pynapples_maps_are_ours(raw):
    nap, group, position, _ = napped()
    curves = nap.compute_tuning_curves(
        group, position, bins=20, range=[raw.bounds[:2], raw.bounds[2:]], feature_names=["x", "y"]
    )
    occupancy = np.asarray(curves.attrs["occupancy"])
    # pynapple counts samples, of 0.02 s each; we add up their durations; both within the samples on an edge
    np.testing.assert_allclose(occupancy * (0.02 if occupancy.sum() > 1000 else 1.0), raw.occupancy, atol=0.05)
    theirs = np.asarray(curves.values)
    shown = raw.occupancy > 0.2
    assert np.corrcoef(theirs[:, shown].ravel(), raw.rate_maps[:, shown].ravel())[0, 1] > 0.995
    information = nap.compute_mutual_information(curves)["bits/spike"].to_numpy()
    np.testing.assert_allclose(information, spatial_information(raw.rate_maps, raw.occupancy), rtol=0.02)


def test_pynapples_tuning_is_ours(raw):
    nap, group, _, heading = napped()
    curves = nap.compute_tuning_curves(group, heading, bins=20, range=[(-np.pi, np.pi)], feature_names=["h"])
    ours = head_direction_tuning(raw.heading, raw.activity, duration=raw.duration)
    np.testing.assert_allclose(np.asarray(curves.values), ours, rtol=0.05, atol=0.1)  # spikes between two samples


def theirs_of(opexebo, recording, raw, unit=0):
    """Occupancy [x, y] s and rates [x, y] Hz of one unit by opexebo, in our bins."""
    box = {"limits": raw.bounds, "bin_number": (20, 20), "arena_shape": "square"}
    sides = (raw.bounds[1] - raw.bounds[0], raw.bounds[3] - raw.bounds[2])
    time, _, _ = opexebo.analysis.spatial_occupancy(recording.time, recording.position.T, sides, **box)
    spikes = recording.spikes.sample[recording.spikes.of(unit)]
    tracked = np.concatenate([recording.time[spikes][None], recording.position[spikes].T])
    return time.filled(0.0).T, opexebo.analysis.rate_map(time, tracked, sides, **box).filled(np.nan).T


def test_opexebos_occupancy_and_rates_are_ours_while_no_frame_is_lost(raw):
    opexebo = pytest.importorskip("opexebo")
    occupancy, rates = theirs_of(opexebo, SESSION.recording(), raw)
    np.testing.assert_allclose(occupancy, raw.occupancy, atol=0.041)  # it leaves out the sample at the upper edge
    shown = raw.occupancy > 0.2
    np.testing.assert_allclose(rates[shown], raw.rate_maps[0][shown], rtol=0.2)
    np.testing.assert_allclose(rates[shown].mean(), raw.rate_maps[0][shown].mean(), rtol=2e-3)
    # its frame is the shortest step, times the number of frames: where every other frame is lost here and there, time
    # goes missing and rates rise; ours stay
    kept = (np.arange(30_000) % 2 == 0) | (SESSION.position[:, 0] < 0)
    sparse = Recording.from_spikes(SESSION.position[kept], SESSION.time[kept], SESSION.spike_times)
    ours = map_recording(sparse, bins=20, smooth=0.0, min_occupancy=0.0, bounds=raw.bounds)
    occupancy, rates = theirs_of(opexebo, sparse, raw)
    east = np.arange(20) >= 11
    assert occupancy[east].sum() == pytest.approx(raw.occupancy[east].sum() / 2, rel=0.02)
    assert ours.occupancy[east].sum() == pytest.approx(raw.occupancy[east].sum(), rel=0.02)
    spikes = np.nansum(raw.rate_maps[0] * raw.occupancy, axis=1)[east].sum()
    assert np.nansum(ours.rate_maps[0] * ours.occupancy, axis=1)[east].sum() == pytest.approx(spikes, rel=0.03)


def test_opexebos_tuning_is_ours(raw):
    opexebo = pytest.importorskip("opexebo")
    unit = NAMES.index("direction 0")
    recording = SESSION.recording()
    turn = recording.heading % (2 * np.pi)
    time, _, _ = opexebo.analysis.angular_occupancy(recording.time, turn, bin_width=18)
    fired = turn[recording.spikes.sample[recording.spikes.of(unit)]]
    theirs = np.ma.filled(opexebo.analysis.tuning_curve(time, fired, bin_width=18), np.nan)
    ours = head_direction_tuning(recording.heading, recording.activity, duration=recording.duration)[unit]
    np.testing.assert_allclose(np.roll(theirs, 10), ours, rtol=0.02, atol=0.05)  # its bins begin at 0, ours at -180°


def test_opexebos_border_score_has_another_rule_for_fields_and_counts_distances_from_the_far_side():
    opexebo = pytest.importorskip("opexebo")
    wall = np.zeros((20, 20))
    wall[:3, 3:18] = 5.0
    for lost in (0, 1):  # rows that the light did not reach: both search inwards for the wall
        holed = wall.copy()
        holed[:lost] = np.nan
        field = {"field_map": np.ma.masked_where(np.isnan(holed), (holed > 0).astype(float))}  # masked, for it: not NaN
        coverage = opexebo.analysis.border_coverage([field], "square", walls="TBLR")
        ours = border_scores(holed[None], bin_size=0.05)[0]
        assert coverage == pytest.approx(0.75)
        from_near = (np.arange(3 - lost) + 0.5).mean() / (10 - lost / 2)  # ours; theirs counts whole bins from 1 on
        assert ours == pytest.approx((coverage - from_near) / (coverage + from_near), abs=0.02)


def spacing_by(opexebo, maps, monkeypatch):
    """Spacings [unit, peak] in bins by opexebo, of its own autocorrelograms; and how far these reach to a corner."""
    module = sys.modules["opexebo.analysis.grid_score"]
    radius = module._findCentreRadius  # an array of one number, which NumPy 2.4 takes for a number no more
    monkeypatch.setattr(module, "_findCentreRadius", lambda *given, **more: float(np.ravel(radius(*given, **more))[0]))
    shifts = [np.nan_to_num(opexebo.analysis.autocorrelation(rates)) for rates in maps]
    return [opexebo.analysis.grid_score(each)[1]["grid_spacings"] for each in shifts], np.hypot(
        *np.array(shifts[0].shape) // 2
    )


def test_opexebos_spacing_is_ours_unless_a_peak_lies_near_its_mask(monkeypatch):
    # It leaves out peaks within four bins of what it masks, the middle and all beyond the best ring, but such a peak
    # keeps its row of zeros: the array's corner (0, 0), farther off than the second ring, stands among the nearest six.
    opexebo = pytest.importorskip("opexebo")
    arena, wide, narrow = Rectangle(1.0, 1.0), np.array([10.0, 12.0, 14.0, 16.0]), np.array([5.0, 6.0, 7.0, 8.0])
    for spacing, near in ((wide, False), (narrow, True)):
        maps = lattice_maps(arena, spacing / 40, orientation=0.2, bins=40)
        ours = grid_geometry(maps, bin_size=1.0).spacing
        np.testing.assert_allclose(ours, spacing, rtol=0.02)
        theirs, corner = spacing_by(opexebo, maps, monkeypatch)
        monkeypatch.undo()
        for own, found in zip(ours, theirs, strict=True):
            if near:
                assert np.nanmax(found) == pytest.approx(corner, rel=0.03)
                assert np.nanmean(found) > 1.5 * own
            else:
                assert np.mean(found) == pytest.approx(own, rel=0.03)


def test_opexebos_information_drops_what_is_negative(raw):
    opexebo = pytest.importorskip("opexebo")
    for unit in range(len(NAMES)):
        rates = np.ma.masked_invalid(raw.rate_maps[unit].T)
        found = opexebo.analysis.rate_map_stats(rates, np.ma.masked_equal(raw.occupancy.T, 0))
        share = raw.occupancy / raw.occupancy.sum()
        relative = raw.rate_maps[unit] / np.nansum(share * raw.rate_maps[unit])
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = share * relative * np.log2(relative)
        theirs = found["spatial_information_content"]
        ours = spatial_information(raw.rate_maps[unit : unit + 1], raw.occupancy)[0]
        assert ours == pytest.approx(np.nansum(terms), rel=1e-9)
        assert theirs == pytest.approx(np.nansum(terms[relative > 1]), rel=1e-6) or theirs == pytest.approx(
            ours, rel=1e-6
        )
        assert theirs >= ours - 1e-9


def test_spatial_maps_rates_are_ours(raw):
    maps = pytest.importorskip("spatial_maps")
    corner = SESSION.position - np.array([raw.bounds[0], raw.bounds[2]])
    sides = (raw.bounds[1] - raw.bounds[0], raw.bounds[3] - raw.bounds[2])
    theirs = maps.SpatialMap(smoothing=0.0, box_size=list(sides), bin_size=None, bin_count=20)
    occupancy = np.nan_to_num(theirs.occupancy_map(*corner.T, SESSION.time))[:20, :20]  # rounding adds a bin
    # spatial-maps gives a sample the time to the next one, we half of both: a sample apart at the edges of bins
    np.testing.assert_allclose(occupancy, raw.occupancy, atol=0.06)
    found = np.asarray(theirs.rate_map(*corner.T, SESSION.time, SESSION.spike_times[NAMES[0]]))[:20, :20]
    shown = raw.occupancy > 0.5
    np.testing.assert_allclose(found[shown].mean(), raw.rate_maps[0][shown].mean(), rtol=0.02)
    assert np.corrcoef(found[shown], raw.rate_maps[0][shown])[0, 1] > 0.98


def test_pynapples_epochs_and_curves_along_a_track_are_taken_as_they_are():
    nap, group, position, _ = napped()
    start = np.arange(0.0, 595, 5)
    epochs = nap.IntervalSet(start=start, end=start + 1)
    tables = []
    for spikes, place in ((group, position.restrict(epochs)), (group.restrict(epochs), position.restrict(epochs))):
        recording = from_object(spikes, position=place)
        assert recording.hygiene.seconds == pytest.approx(119, abs=0.5)  # no quarter of a second more at every end
        tables.append(recording.spikes.count / recording.hygiene.seconds)
    np.testing.assert_array_equal(*tables)
    given = Recording.from_spikes(position, None, group, intervals=epochs)
    np.testing.assert_allclose(given.spikes.count / given.hygiene.seconds, tables[0], rtol=0.03)
    line = from_object(group, position=position[:, 0])
    assert map_recording(line).hygiene.shape == "track"
    curves = nap.compute_tuning_curves(group, position[:, 0], bins=40, feature_names=["x"])
    table = score_recording(from_object(curves), null="none")
    assert table.hygiene.shape == "track"
    np.testing.assert_allclose(table.hygiene.bin_size[0], 1 / 40, rtol=0.01)


def test_recordings_of_their_arrays_are_the_same():
    stacked = Recording.from_spikes(SESSION.position, SESSION.time, list(SESSION.spike_times.values()), unit=NAMES)
    assert stacked.unit == tuple(NAMES)
