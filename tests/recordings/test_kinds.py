"""What went wrong in silence with real files, each kind on an input of its own: now it is mended, refused or said."""

import numpy as np
import pytest

from gridcells.recordings import (
    Recording,
    from_object,
    map_recording,
    read_recording,
    score_recording,
    simulate_session,
)
from gridcells.scores import arena_shape, border_scores

SESSION = simulate_session(seconds=600.0, kinds=("grid", "border", "uniform"), generator=3)
TRAINS = SESSION.spike_times
PATH, TIME = SESSION.position, SESSION.time


def scored(position=PATH, time=TIME, trains=TRAINS, **options):
    recording = Recording.from_spikes(position, time, trains, **options)
    return recording, score_recording(recording, null="none")


@pytest.fixture(scope="module")
def whole():
    return scored()[1]


# --- walls that the light did not reach


@pytest.mark.parametrize("depth", [1, 2])
def test_an_unvisited_rim_leaves_a_border_cell_one(depth):
    maps = np.zeros((2, 24, 24))
    maps[0, :, -4:] = 1.0  # along the upper wall
    maps[1, 9:15, 9:15] = 1.0  # in the middle
    full = border_scores(maps, bin_size=0.05)
    maps[:, :, -depth:] = np.nan
    holed = border_scores(maps, bin_size=0.05)
    assert holed[0] > 0.75
    assert holed[0] == pytest.approx(full[0], abs=0.12)
    assert holed[1] == -1


def test_one_visited_bin_of_a_rim_makes_no_wall():
    maps = np.zeros((1, 24, 24))
    maps[0, 8:16, 19:] = 1.0  # a place field near the wall
    maps[0, :, -4:] = np.nan  # 20 cm of unvisited rim: no wall within reach
    alone = border_scores(maps, bin_size=0.05)
    maps[0, 12, -1] = 1.0  # but for one bin
    assert border_scores(maps, bin_size=0.05) == pytest.approx(alone, abs=0.05)
    assert border_scores(maps, bin_size=0.05) < 0.3


def test_maps_without_any_wall_have_no_border_score():
    maps = np.full((1, 30, 30), np.nan)
    maps[0, 10:20, 10:20] = np.arange(100.0).reshape(10, 10)
    assert np.isnan(border_scores(maps, bin_size=0.05)).all()


def test_walls_that_count_for_nothing_are_said():
    rates = np.full((1, 24, 24), np.nan)
    rates[0, 5:19, 5:19] = np.random.default_rng(0).random((14, 14))
    table = score_recording(Recording.of(rate_maps=rates, bin_size=0.05), null="none")  # 25 cm from every wall
    assert np.isnan(table.border_score).all()
    assert any(note.startswith("border scores: none, since no wall was reached") for note in table.hygiene.notes)
    wide, cell = (-0.5, 1.0, -0.5, 0.5), {"wall": TRAINS["border 0"]}
    _, table = scored(trains=cell, bounds=wide)
    assert any(note.startswith("border scores: the wall at high x counts for nothing") for note in table.hygiene.notes)
    assert not any("border scores" in note for note in scored(trains=cell)[1].hygiene.notes)


# --- arenas of other shapes


def disc(bins=40):
    x = (np.arange(bins) + 0.5) / bins * 2 - 1
    return x, np.hypot(x[:, None], x) <= 1


@pytest.mark.parametrize("degrees", [0, 20, 45, 110, 290])
def test_in_a_circle_the_border_score_knows_no_direction(degrees):
    x, inside = disc()
    turn = np.arctan2(x, x[:, None]) - np.deg2rad(degrees)
    near = np.hypot(x[:, None], x) > 0.8
    rates = np.where(inside, near & (np.abs(np.angle(np.exp(1j * turn))) < 0.8), np.nan)[None].astype(float)
    rates[0][~inside] = np.nan
    assert border_scores(rates, bin_size=0.025, arena="circle")[0] == pytest.approx(0.78, abs=0.06)


@pytest.mark.parametrize("form", ["solstad", "relative"])
def test_whoever_asks_for_border_scores_alone_need_not_know_the_shape(form):
    x, inside = disc(44)
    near = (np.hypot(x[:, None], x) > 0.75) & inside
    turn = np.arctan2(x, x[:, None])
    fields = [near & (np.abs(np.angle(np.exp(1j * (turn - angle)))) < 0.8) for angle in np.linspace(0, 2.9, 7)]
    round_ = np.where(inside, np.array(fields, dtype=float), np.nan)
    scores = border_scores(round_, bin_size=0.02, form=form)
    assert np.ptp(scores) < 0.12 and scores.min() > 0.4
    np.testing.assert_array_equal(scores, border_scores(round_, bin_size=0.02, form=form, arena="circle"))
    cornered = np.where((x[:, None] > 0) & (x > 0), np.nan, 1.0 + near[None])
    assert np.isnan(border_scores(cornered, bin_size=0.02, form=form)).all()
    mixed = np.concatenate([round_, np.nan_to_num(round_)])  # masks of several kinds at once
    np.testing.assert_array_equal(border_scores(mixed, bin_size=0.02, form=form)[:7], scores)


def test_a_circular_arena_is_seen_and_a_turned_or_cornered_one_has_no_border_score_and_a_word():
    _, inside = disc()
    assert arena_shape(inside) == "circle"
    x, y = np.indices((40, 40)) - 19.5
    turned = np.abs(x) + np.abs(y) < 20
    cornered = ~((x > 0) & (y > 0))
    for mask in (turned, cornered):
        assert arena_shape(mask) == "other"
        maps = np.where(mask, np.random.default_rng(0).random((2, 40, 40)), np.nan)
        table = score_recording(Recording.of(rate_maps=maps, bin_size=0.03), null="none")
        assert np.isnan(table.border_score).all()
        assert any("neither a rectangle along the axes nor a circle" in note for note in table.hygiene.notes)


@pytest.mark.parametrize("form", ["banino", "sorscher_code"])
def test_a_form_that_knows_squares_alone_has_no_score_in_a_circle_and_a_word(form):
    _, inside = disc()
    maps = np.where(inside, np.random.default_rng(0).random((2, 40, 40)), np.nan)
    table = score_recording(Recording.of(rate_maps=maps, bin_size=0.03), border_form=form, null="none")
    assert np.isnan(table.border_score).all()
    assert f"border scores: none, since {form!r} looks at the sides of a square, and this is a circle" in (
        table.hygiene.notes
    )


def test_a_run_in_a_cylinder_is_scored_by_angle():
    inside = np.hypot(*PATH.T) < 0.49
    angle = np.arctan2(PATH[:, 1], PATH[:, 0])
    rim = np.random.default_rng(0).poisson(0.2 * ((np.hypot(*PATH.T) > 0.4) & (np.abs(angle - 0.8) < 0.8)))
    trains = {"rim": np.repeat(TIME, rim * inside)}
    recording, table = scored(np.where(inside[:, None], PATH, np.nan), trains=trains)
    assert table.hygiene.shape == "circle"
    assert table.border_score[0] > 0.5
    published = score_recording(recording, border_form="solstad", null="none")
    assert published.border_score[0] > 0.6


def test_a_cell_that_fires_in_the_middle_is_no_border_cell_and_one_that_fires_everywhere_neither():
    rng = np.random.default_rng(6)
    middle = np.exp(-(np.hypot(*PATH.T) ** 2) / (2 * 0.12**2))
    trains = {"middle": np.repeat(TIME, rng.poisson(0.3 * middle)), "all": np.repeat(TIME, rng.poisson(0.3, len(TIME)))}
    for bins in (20, 25, 33, 40, 50):
        recording = Recording.from_spikes(PATH, TIME, trains)
        table = score_recording(recording, bins=bins, null="none")
        assert table.border_score[0] < -0.9
        assert table.border_score[1] == pytest.approx(0, abs=0.05)
    published = score_recording(recording, border_form="solstad", null="none")
    assert published.border_score[1] == pytest.approx(0.5, abs=0.02)  # where border cells begin
    assert published.border_score[0] < -0.9
    with pytest.raises(ValueError, match="border_form: .*'relative'"):
        score_recording(recording, border_form="relativ", null="none")


def test_relative_border_scores_part_border_cells_from_others_and_published_ones_do_not():
    session = simulate_session(seconds=600.0, kinds=("grid", "border", "place", "uniform"), each=4, generator=8)
    found = {}
    for form in ("relative", "solstad"):
        scores = []
        for bins in (20, 33, 50):
            mapped = map_recording(session.recording(), bins=bins)
            scores.append(border_scores(mapped.rate_maps, bin_size=mapped.bin_size, form=form))
        for kind in ("grid", "border", "place", "uniform"):
            found[form, kind] = np.array(scores)[:, [name.startswith(kind) for name in mapped.unit]]
    assert found["relative", "border"].min() > 0.3
    for kind, most in (("grid", -0.3), ("place", -0.3), ("uniform", 0.1)):
        assert found["relative", kind].max() < most
    np.testing.assert_allclose(found["solstad", "uniform"], 0.5, atol=0.05)  # where border cells begin


# --- raw spike maps


def test_maps_of_spikes_are_smoothed_by_default_and_say_so():
    recording, table = scored()
    assert "Gaussian of 4" in str(table.hygiene)
    by_unit = dict(zip(table.unit, table.fields.tolist(), strict=True))
    assert 3 <= by_unit["grid 0"] <= 9
    raw = score_recording(recording, null="none", smooth=0.0)
    assert raw.fields[0] == 0 or raw.fields[0] > 9  # crumbs without smoothing
    assert raw.spatial_information[0] > 1.5 * table.spatial_information[0]


# --- irregular frames


@pytest.mark.parametrize("lost", [0.15, 0.4, 0.6])
def test_a_rate_does_not_depend_on_the_frames_that_are_dropped(whole, lost):
    kept = np.random.default_rng(1).random(len(TIME)) > lost
    recording, table = scored(PATH[kept], TIME[kept])
    np.testing.assert_allclose(table.mean_rate, whole.mean_rate, rtol=0.02)
    assert recording.hygiene.seconds == pytest.approx(600, rel=0.01)


def test_a_camera_that_runs_at_half_speed_in_the_east_changes_no_rate(whole):
    kept = (PATH[:, 0] < 0) | (np.arange(len(TIME)) % 3 == 0)
    recording = map_recording(Recording.from_spikes(PATH[kept], TIME[kept], TRAINS), smooth=0.0, bins=2)
    uniform = recording.rate_maps[recording.unit.index("uniform 0")]
    np.testing.assert_allclose(uniform, 5.0, rtol=0.1)


def test_spikes_in_gaps_are_counted_and_said():
    kept = (TIME < 200) | (TIME > 260)
    recording, _ = scored(PATH[kept], TIME[kept])
    inside = sum(np.sum((train > 200.25) & (train < 259.75)) for train in TRAINS.values())
    assert recording.hygiene.spikes_left_out["in a gap"] == pytest.approx(inside, abs=5)
    assert recording.hygiene.seconds == pytest.approx(540.5, abs=0.1)
    assert f"{recording.hygiene.spikes_left_out['in a gap']} in a gap" in str(recording.hygiene)


# --- glitches of the tracking


def glitched(**changes):
    position = PATH.copy()
    for place, value in changes.items():
        position[int(place[1:])] = value
    return position


@pytest.mark.parametrize(
    ("position", "reason"),
    [
        (glitched(s1234=(7.0, -3.0)), "jump"),
        (glitched(s20=(0.4, 9.0), s29999=(-8.0, 0.0)), "jump"),
        (glitched(s5000=np.nan), "lost"),
        (np.where((np.arange(30_000) % 997 == 0)[:, None], -1.0, PATH), "lost"),
        (np.where((np.arange(30_000) // 40 % 50 == 7)[:, None], 0.0, PATH), "lost"),
    ],
)
def test_a_glitch_is_left_out_and_said_and_makes_no_border_cell_of_a_grid_cell(whole, position, reason):
    recording, table = scored(position)
    np.testing.assert_allclose(table.score_60, whole.score_60, atol=0.12)
    np.testing.assert_allclose(table.border_score[:2], whole.border_score[:2], atol=0.25)
    wrong = ~(position == PATH).all(axis=1)
    assert recording.hygiene.samples_left_out == {reason: wrong.sum()}
    assert f"{wrong.sum()} {reason}" in str(table.hygiene)


def test_an_animal_tracked_at_its_reflection_for_seconds_is_left_out():
    position = PATH.copy()
    position[9000:9400] = [1.9, 1.4] + 0.2 * PATH[9000:9400]
    recording, table = scored(position)
    assert recording.hygiene.samples_left_out == {"jump": 400}
    assert table.hygiene.box == pytest.approx((-0.5, 0.5, -0.5, 0.5), abs=0.01)


def test_few_samples_far_out_do_not_stretch_the_box():
    drift = np.linspace(0, 1, 15)[:, None] * [
        0.9,
        0.0,
    ]  # out of the box and back within 0.6 s, slowly enough to be no jump
    position = PATH.copy()
    position[100:130] = position[100] + np.r_[drift, drift[::-1]]
    mapped = map_recording(Recording.from_spikes(position, TIME, TRAINS))
    assert mapped.bounds[1] < 0.56
    assert mapped.hygiene.samples_left_out["outside the box"] > 5


# --- columns and keys


def test_columns_that_are_no_units_are_left_out_with_a_word(tmp_path):
    table = tmp_path / "a.csv"
    rows = np.c_[np.arange(400), np.arange(400) / 30, PATH[:400], PATH[:400, 0] ** 2, np.ones(400)]
    np.savetxt(table, rows, delimiter=",", header="Frame,Timestamps,x,y,cell,likelihood", comments="")
    recording = read_recording(table, max_jump_speed=np.inf)
    assert recording.unit == ("cell",)
    np.testing.assert_allclose(recording.time, np.arange(400) / 30)
    assert "columns left out: Frame, likelihood" in recording.hygiene.notes
    alone = read_recording(table, columns=["likelihood"], max_jump_speed=np.inf)
    assert alone.unit == ("likelihood",)
    with pytest.raises(ValueError, match="ignore: expected names that the file has, got 'cel' .did you mean 'cell'"):
        read_recording(table, ignore=["cel"])


def test_keys_of_other_labs_are_understood_and_unknown_ones_said(tmp_path):
    np.savez(
        tmp_path / "a.npz",
        pos=PATH,
        t=TIME,
        hd=SESSION.heading,
        spikes=TRAINS["grid 0"],
        binsize=0.05,
        experimenter=[1, 2],
    )
    recording = read_recording(tmp_path / "a.npz")
    np.testing.assert_array_equal(recording.heading, SESSION.heading)
    np.testing.assert_array_equal(recording.time, TIME)
    assert recording.bin_size == (0.05, 0.05)
    assert "left out, since it means nothing here: experimenter" in recording.hygiene.notes


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"columns": ["a"]}, "columns: expected none but for text, got .'a'."),
        ({"ignore": ["b"]}, "ignore: expected none but for text"),
        ({"interval": "trials"}, "interval: expected none but for NWB, got 'trials'"),
        ({"series": "led"}, "series: expected none but for NWB"),
        ({"frame_rate": 30.0}, "frame_rate: expected none but for tracked points, got 30.0"),
    ],
)
def test_what_means_nothing_for_a_file_is_refused_not_passed_over(tmp_path, options, said):
    np.savez(tmp_path / "a.npz", position=PATH, time=TIME, spike_times=TRAINS["grid 0"])
    with pytest.raises(ValueError, match=f"a.npz: {said}"):
        read_recording(tmp_path / "a.npz", **options)


def test_spikes_beside_a_file_replace_its_own_with_a_word_and_have_no_place_in_maps(tmp_path):
    np.savez(tmp_path / "a.npz", position=PATH, time=TIME, spike_times=TRAINS["border 0"])
    np.save(tmp_path / "c1.npy", TRAINS["grid 0"])
    recording = read_recording(tmp_path / "a.npz", spikes=tmp_path / "c1.npy")
    assert recording.spikes.count.tolist() == [len(TRAINS["grid 0"])]
    assert "spikes: spike_times of the file left out for those beside it" in recording.hygiene.notes
    np.savez(tmp_path / "b.npz", rate_maps=np.random.default_rng(0).random((2, 20, 20)))
    with pytest.raises(ValueError, match="b.npz: spikes: expected none for rate maps"):
        read_recording(tmp_path / "b.npz", spikes=tmp_path / "c1.npy")


@pytest.mark.parametrize(
    "option", [{"smooth": 0.05}, {"smooth": 0.0}, {"min_occupancy": 0.1}, {"min_speed": 0.1}, {"max_speed": 1.0}]
)
def test_maps_that_are_there_are_not_silently_left_as_they_are(option):
    maps = Recording.of(rate_maps=np.random.default_rng(0).random((2, 20, 20)), bin_size=0.05)
    with pytest.raises(ValueError, match=f"{next(iter(option))}: expected none for rate maps, which are there already"):
        score_recording(maps, null="none", **option)


def test_activity_has_the_heading_of_movement_too(tmp_path):
    counts = np.random.default_rng(0).poisson(0.2, (len(TIME), 1))
    np.savez(tmp_path / "a.npz", position=PATH, time=TIME, activity=counts)
    heading = read_recording(tmp_path / "a.npz", heading_from="movement").heading
    known = np.isfinite(heading)
    assert known.mean() > 0.8
    assert np.median(np.cos(heading[known] - SESSION.heading[known])) > 0.8
    np.savez(tmp_path / "b.npz", position=PATH, activity=counts)
    with pytest.raises(ValueError, match="b.npz: heading_from: expected positions with their times, got none"):
        read_recording(tmp_path / "b.npz", heading_from="movement")


# --- units of measure


def test_positions_in_other_units_give_the_table_of_metres(whole):
    for options, factor in (
        ({"position_unit": "cm"}, 100.0),
        ({"position_unit": "mm"}, 1000.0),
        ({"position_unit": "px", "pixels_per_metre": 380.0}, 380.0),
        ({"pixels_per_metre": 512.0}, 512.0),
    ):
        _, table = scored(PATH * factor, **options)
        for name, values in whole.columns().items():
            if name != "unit":
                np.testing.assert_allclose(table.columns()[name], values, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"position": PATH * 150}, "position_unit='cm' (--position-unit cm)"),
        ({"position": PATH * 640}, "pixels_per_metre=400"),
        ({"position": PATH / 100}, "say position_unit='m' (--position-unit m) if it is"),
        ({"heading": np.rad2deg(SESSION.heading) % 360}, "heading_unit='deg' (--heading-unit deg)"),
        ({"time": TIME * 1000}, "time_unit='ms' (--time-unit ms)"),
        ({"time": TIME * 30_000}, "'samples' with sampling_rate"),
        ({"trains": {"a": TRAINS["grid 0"] * 1e6}}, "spike_time_unit='ms' (--spike-time-unit ms)"),
        ({"trains": {"a": np.linspace(1, 2, 400_000)}}, "expected units that fire at up to 500 Hz"),
    ],
)
def test_implausible_measures_are_refused_with_the_remedy(change, said):
    with pytest.raises(ValueError) as refused:
        scored(**{"position": PATH, "time": TIME, "trains": TRAINS} | change)
    assert said in str(refused.value)


def test_what_somebody_means_is_believed():
    recording, _ = scored(PATH * 30, position_unit="m", max_jump_speed=np.inf)
    assert recording.position.max() > 14
    turned = Recording.from_spikes(PATH, TIME, TRAINS, heading=np.unwrap(SESSION.heading), heading_unit="rad")
    straight = Recording.from_spikes(PATH, TIME, TRAINS, heading=SESSION.heading)
    tables = [score_recording(each, null="none") for each in (turned, straight)]
    np.testing.assert_allclose(tables[0].resultant_length, tables[1].resultant_length)


def test_degrees_milliseconds_and_samples_give_the_table_of_their_si(whole):
    plain = Recording.from_spikes(PATH, TIME, TRAINS, heading=SESSION.heading)
    other = Recording.from_spikes(
        PATH,
        TIME * 1000,
        {name: np.round(train * 30_000) for name, train in TRAINS.items()},
        heading=np.rad2deg(SESSION.heading) + 360 * (SESSION.heading < 0),
        heading_unit="deg",
        time_unit="ms",
        spike_time_unit="samples",
        sampling_rate=30_000,
    )
    tables = [score_recording(each, null="none") for each in (plain, other)]
    np.testing.assert_allclose(tables[1].resultant_length, tables[0].resultant_length, atol=1e-3)
    np.testing.assert_allclose(tables[1].score_60, tables[0].score_60, atol=0.02)


def test_maps_whose_bins_are_no_metres_are_refused():
    maps = np.random.default_rng(0).random((2, 40, 40))
    with pytest.raises(ValueError, match="expected an arena of 0.05 m to 20 m, got 100 m x 100 m"):
        Recording.of(rate_maps=maps, bin_size=2.5)
    assert from_object(maps, bin_size=0.025).bin_size == (0.025, 0.025)


# --- wrapped arrays


class Quantity:
    """A stand-in for an array with a unit, as of pint or quantities."""

    def __init__(self, magnitude, units):
        self.magnitude, self.units = magnitude, units

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.magnitude, dtype)


def test_masks_are_nan_and_units_are_taken_to_si(whole):
    lost = np.zeros(PATH.shape, dtype=bool)
    lost[500:600] = True
    masked = np.ma.masked_array(np.where(lost, 99.0, PATH), mask=lost)
    recording, table = scored(Quantity(masked * 100, "cm"), Quantity(TIME * 1000, "ms"))
    assert recording.hygiene.samples_left_out == {"lost": 100}
    assert table.hygiene.box == pytest.approx(whole.hygiene.box)
    with pytest.raises(ValueError, match="position: expected the unit .*, got 'furlong'"):
        scored(Quantity(PATH, "furlong"))
    maps = np.ma.masked_less(np.random.default_rng(0).random((2, 20, 20)), 0.1)
    np.testing.assert_array_equal(np.isnan(Recording.of(rate_maps=maps).rate_maps), maps.mask)


# --- refused though one would expect it


def test_headings_that_are_lost_leave_the_positions(whole):
    heading = SESSION.heading.copy()
    heading[::2] = np.nan
    _, table = scored(heading=heading)
    np.testing.assert_array_equal(table.score_60, whole.score_60)
    _, told = scored(heading=SESSION.heading)
    np.testing.assert_allclose(table.resultant_length, told.resultant_length, atol=0.1)
    assert any("heading: known in 50.0% of the samples" in note for note in table.hygiene.notes)


def test_two_lights_give_the_heading_and_either_the_position():
    way = 0.02 * np.stack([np.cos(SESSION.heading), np.sin(SESSION.heading)], axis=1)
    front, back = PATH + way, PATH - way
    back[::3] = np.nan
    recording, _ = scored(front, second_led=back)
    assert not recording.hygiene.samples_left_out
    known = np.isfinite(recording.heading)
    assert known.mean() == pytest.approx(2 / 3, abs=0.01)
    np.testing.assert_allclose(recording.heading[known], SESSION.heading[known], atol=1e-6)


def test_double_and_swapped_stamps_are_mended_and_said(whole):
    time = TIME.copy()
    time[700] = time[699]
    time[[9000, 9001]] = time[[9001, 9000]]
    recording, table = scored(time=time)
    assert recording.hygiene.samples_left_out == {"time stamp twice": 1}
    assert any("1 steps back in time, the first at sample 9001: put in order" in n for n in recording.hygiene.notes)
    np.testing.assert_allclose(table.score_60, whole.score_60, atol=0.02)
    with pytest.raises(ValueError, match="time: expected ascending time stamps, got .* steps back in time"):
        scored(time=TIME[::-1])


@pytest.mark.parametrize("degrees", [0, 30])
def test_a_linear_track_is_mapped_along_its_length(degrees):
    rng = np.random.default_rng(0)
    along = 0.75 * (1 - np.cos(TIME / 4))
    across = rng.normal(0, 0.01, len(TIME))
    turn = np.deg2rad(degrees)
    position = np.stack([along * np.cos(turn) - across * np.sin(turn), along * np.sin(turn) + across * np.cos(turn)], 1)
    place = np.repeat(TIME, rng.poisson(0.2 * np.exp(-((along - 0.9) ** 2) / 0.01)))
    recording = map_recording(Recording.from_spikes(position, TIME, {"place": place}))
    assert recording.rate_maps.shape == (1, 40, 1)
    assert recording.hygiene.shape == "track"
    peak = recording.rate_maps[0, :, 0].argmax() * 1.5 / 40
    assert peak == pytest.approx(0.9, abs=0.08)
    table = score_recording(recording, null="time_shuffle", shuffles=30, generator=0)
    assert np.isnan([table.score_60[0], table.border_score[0]]).all()
    assert table.fields[0] == 1
    assert table.information_p[0] < 0.05
    assert table.stability[0] > 0.9
    assert any("none on a track" in note for note in table.hygiene.notes)


def test_a_position_on_a_line_needs_no_second_coordinate():
    rng = np.random.default_rng(2)
    along = 0.6 * (1 - np.cos(TIME / 5))
    along[::50] = np.nan
    place = np.repeat(TIME, rng.poisson(0.2 * np.exp(-((np.nan_to_num(along) - 0.4) ** 2) / 0.01)))
    for position in (along, along[:, None]):
        recording = map_recording(Recording.from_spikes(position, TIME, {"place": place}))
        assert recording.hygiene.shape == "track"
        assert recording.hygiene.samples_left_out == {"lost": 600}
        assert recording.rate_maps[0, :, 0].argmax() * 1.2 / 40 == pytest.approx(0.4, abs=0.08)
    binned = Recording.of(position=along[1:40], activity=np.ones((39, 2)), time=TIME[1:40])
    assert binned.position.shape == (39, 2)


def test_spikes_at_the_frames_of_a_camera_have_no_theta_and_a_word():
    _, table = scored(trains={name: np.round(train * 25) / 25 for name, train in TRAINS.items()})
    assert np.isnan(table.theta_index).all()
    assert "theta index: none of times that are rounded to more than 10 ms (40 ms)" in table.hygiene.notes
    assert not any("theta" in note for note in scored()[1].hygiene.notes)


class Curves:
    """A stand-in for pynapple's tuning curves as xarray keeps them."""

    def __init__(self, values, edges, unit=None):
        self.values, self.dims = values, ("unit", "x", "y")
        known = {} if unit is None else {"units": unit}
        self.attrs = {"bin_edges": edges}
        self.coords = {
            axis: Curves.Axis((edge[1:] + edge[:-1]) / 2, known) for axis, edge in zip("xy", edges, strict=True)
        }

    class Axis:
        def __init__(self, values, attrs):
            self.values, self.attrs = values, attrs


def test_curves_whose_edges_are_in_centimetres_are_converted_or_refused():
    maps, edges = np.random.default_rng(0).random((2, 20, 30)), [np.linspace(0, 80, 21), np.linspace(0, 120, 31)]
    recording = from_object(Curves(maps, edges, "cm"))
    assert recording.bounds == pytest.approx((0, 0.8, 0, 1.2))
    with pytest.raises(ValueError, match="expected an arena of 0.05 m to 20 m, got 80 m x 120 m.*position_unit='cm'"):
        from_object(Curves(maps, edges))
    assert from_object(Curves(maps, edges), position_unit="cm").bin_size == pytest.approx((0.04, 0.04))
