"""The border score of walls drawn by hand, and the published function written out as the reference of its mode."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from gridcells._common.bins import BinGrid
from gridcells.scores import border_scores
from gridcells.scores.border import BORDER_FORMS
from gridcells.world.polygons import Polygon

SIZE = 0.11  # m, 20 bins in 2.2 m


def drawn(*rectangles, bins=20):
    """A map that is 1 in each of the rectangles (x_from, x_to, y_from, y_to), in bins."""
    rate_map = np.zeros((bins, bins))
    for x_from, x_to, y_from, y_to in rectangles:
        rate_map[x_from:x_to, y_from:y_to] = 1
    return rate_map


def as_published(rate_map, box_width):
    """The published definition, one map: the first large field's cover, the mean of the fields' mean distances."""
    bins = len(rate_map)
    labels, count = ndimage.label(rate_map > 0.3 * rate_map.max())
    large = [labels == k for k in range(1, count + 1) if (labels == k).sum() * 1e4 * box_width**2 / bins**2 > 200]
    walls = [large[0][0], large[0][-1], large[0][:, 0], large[0][:, -1]]
    cover = max(wall.mean() for wall in walls)
    steps = np.minimum(np.arange(bins) + 1, bins - np.arange(bins))
    distance = np.minimum(steps[:, None], steps) * box_width / bins
    away = np.mean([(rate_map * distance)[f].sum() / rate_map[f].sum() for f in large]) / (box_width / 2)
    return (cover - away) / (cover + away)


def test_walls():
    maps = np.stack(
        [
            drawn((0, 1, 0, 20)),  # one whole wall, a bin deep: bins lie half a bin, 0.05 of half a side, from it
            drawn((0, 20, 19, 20)),  # another wall
            drawn((0, 1, 0, 10)),  # half a wall
            drawn((0, 1, 0, 20), (19, 20, 0, 20)),  # two walls
            drawn((0, 1, 0, 20), (9, 11, 9, 11)),  # a wall and the middle
            drawn((8, 12, 8, 12)),  # the middle
        ]
    )
    scores = border_scores(maps, bin_size=SIZE)
    np.testing.assert_allclose(scores[:2], (1 - 0.05) / (1 + 0.05))
    np.testing.assert_allclose(scores[2], (0.5 - 0.05) / (0.5 + 0.05))
    np.testing.assert_allclose(scores[3], scores[0])
    middle = (20 * 0.05 + 4 * 0.95) / 24
    np.testing.assert_allclose(scores[4], (1 - middle) / (1 + middle))
    assert scores[5] == -1


def test_the_mode_of_the_published_code():
    rng = np.random.default_rng(0)
    maps = np.stack(
        [
            drawn((8, 12, 8, 12), (19, 20, 0, 20)),  # the first field touches no wall, the second covers one
            drawn((0, 1, 0, 20), (9, 11, 9, 11)),
            *ndimage.gaussian_filter(rng.random((6, 20, 20)) ** 8, (0, 1, 1)),
        ]
    )
    faithful = border_scores(maps, bin_size=SIZE, form="sorscher_code")
    np.testing.assert_allclose(faithful, [as_published(rate_map, 2.2) for rate_map in maps], atol=1e-12)
    assert faithful[0] == -1
    assert border_scores(maps, bin_size=SIZE)[0] > 0.4


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0.01, 100))
def test_invariants(seed, scale):
    maps = ndimage.gaussian_filter(np.random.default_rng(seed).random((4, 20, 20)) ** 4, (0, 1, 1))
    scores = border_scores(maps, bin_size=SIZE)
    assert (np.abs(scores) <= 1).all()
    for changed in (scale * maps, np.rot90(maps, axes=(1, 2)), maps[:, ::-1], maps.swapaxes(1, 2)):
        np.testing.assert_allclose(border_scores(changed, bin_size=SIZE), scores, atol=1e-9)
    np.testing.assert_array_equal(border_scores(maps[::-1], bin_size=SIZE), scores[::-1])


def test_oblong_bins_and_unvisited_walls():
    fine = np.zeros((1, 20, 40))
    fine[0, :, :2] = 1  # as deep as one bin of a square map
    expected = border_scores(drawn((0, 20, 0, 1))[None], bin_size=SIZE)
    np.testing.assert_allclose(border_scores(fine, bin_size=(SIZE, SIZE / 2)), expected, rtol=0.01)
    holed = drawn((0, 1, 0, 20))
    holed[0, :3] = np.nan  # the visited part of the wall is covered
    assert border_scores(holed[None], bin_size=SIZE) > 0.85


def test_relative_to_the_visited_area():
    noise = 1 + 0.01 * np.random.default_rng(0).random((20, 20))
    maps = np.stack([noise, drawn((0, 1, 0, 20)), drawn((0, 1, 0, 10)), drawn((8, 12, 8, 12))])
    usual = 0.335  # the mean distance of all 400 bins from the nearest wall, over half a side
    relative = border_scores(maps, bin_size=SIZE, form="relative")
    expected = [0, (1 - 0.05 / usual) / (1 + 0.05 / usual), (0.5 - 0.05 / usual) / (0.5 + 0.05 / usual), -1]
    np.testing.assert_allclose(relative, expected, atol=2e-3)
    assert border_scores(maps, bin_size=SIZE)[0] == pytest.approx(0.5, abs=0.01)  # the published rule: a border cell


@pytest.mark.parametrize(("bins", "aspect"), [((20, 20), 1), ((20, 40), 2), ((40, 20), 0.5)])
def test_who_fires_everywhere_has_no_border_whatever_the_arena(bins, aspect):
    rates = 1 + 0.01 * np.random.default_rng(1).random((1, *bins))
    assert border_scores(rates, bin_size=0.05, form="relative") == pytest.approx(0, abs=2e-3)
    rates[:, :, :2] = np.nan  # a rim that was not reached
    assert border_scores(rates, bin_size=0.05, form="relative") == pytest.approx(0, abs=2e-3)
    x = np.linspace(-1, 1, 40)
    disc = np.where(np.hypot(x[:, None], x) <= 1, 1 + 0.01 * np.random.default_rng(2).random((40, 40)), np.nan)
    assert border_scores(disc[None], bin_size=0.05, arena="circle", form="relative") == pytest.approx(0, abs=2e-3)


@pytest.mark.parametrize("form", ["solstad", "relative"])
def test_a_hole_in_a_field_changes_little_and_a_border_score_does_not_jump_with_an_area(form):
    whole = drawn((0, 4, 4, 16), (8, 12, 8, 12))
    holed = whole.copy()
    holed[0:4, 9:11] = np.nan  # 22 cm of the wall, which nobody visited
    [before], [after] = (
        border_scores(whole[None], bin_size=0.05, form=form),
        border_scores(holed[None], bin_size=0.05, form=form),
    )
    assert after == pytest.approx(before, abs=0.08)
    small = drawn((0, 4, 4, 16), (8, 11, 8, 10))  # the field in the middle has 150 cm², below the least area
    jump = border_scores(whole[None], bin_size=0.05, form=form) - border_scores(small[None], bin_size=0.05, form=form)
    assert (abs(jump) < 0.15) == (form == "relative")


def test_no_field_no_score():
    maps = np.stack([np.zeros((20, 20)), np.full((20, 20), np.nan), np.ones((20, 20)), drawn((0, 1, 0, 1))])
    for form in BORDER_FORMS:
        known = form == "banino"  # which asks for no field: the one line of the last map is enough
        assert np.isnan(border_scores(maps, bin_size=SIZE, form=form)).tolist() == [True, True, True, not known]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"form": "solsted"}, "form: .*did you mean 'solstad'"),
        ({"threshold": 0.0}, "threshold: expected a share of the peak rate between 0 and 1, got 0.0"),
        ({"min_area": 0.0}, "min_area: expected a number above 0 m², got 0.0"),
        ({"bin_size": np.inf}, "bin_size: expected one length above 0 m"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ValueError, match=message):
        border_scores(np.zeros((1, 5, 5)), **{"bin_size": 0.1, **options})


# --- rooms of any shape

L_ROOM = Polygon([[0, 0], [2, 0], [2, 1], [1, 1], [1, 2], [0, 2]])


def test_a_rectangle_drawn_as_a_polygon_has_the_scores_of_a_rectangle():
    rng = np.random.default_rng(0)
    maps = ndimage.gaussian_filter(rng.random((80, 24, 30)), (0, 2, 2))
    maps[40:, :3, :4] = np.nan
    room = Polygon([[-0.6, -0.75], [0.6, -0.75], [0.6, 0.75], [-0.6, 0.75]])
    for form in ("solstad", "relative"):
        plain = border_scores(maps, bin_size=0.05, form=form)
        drawn = border_scores(maps, bin_size=0.05, form=form, arena=room)
        np.testing.assert_allclose(drawn, plain, atol=1e-9)
        assert np.isfinite(plain).sum() > 60


@pytest.mark.parametrize(
    ("start", "end"), [((1, 1), (1, 2)), ((1, 1), (2, 1)), ((0, 0), (2, 0)), ((2, 0), (2, 1))], ids=str
)
def test_every_wall_of_a_room_is_a_wall(start, end):
    """A field one bin wide along it scores near 1: also along the inner ones, where the box ends nowhere."""
    place = BinGrid(L_ROOM.bounds, 40).centres
    start, end = np.array(start, float), np.array(end, float)
    way = (end - start) / np.hypot(*(end - start))
    along, across = (place - start) @ way, (place - start) @ [-way[1], way[0]]
    field = (along > 0) & (along < np.hypot(*(end - start))) & (np.abs(across) < 0.05)
    rates = np.where(L_ROOM.contains(place), field.astype(float), np.nan)
    (score,) = border_scores(rates[None], bin_size=0.05, arena=L_ROOM)
    assert score > 0.8


def test_the_middle_of_a_room_is_what_is_far_from_its_walls():
    place = BinGrid(L_ROOM.bounds, 40).centres
    middle = np.where(L_ROOM.contains(place), (L_ROOM.wall_distance(place) > 0.42).astype(float), np.nan)
    (score,) = border_scores(middle[None], bin_size=0.05, arena=L_ROOM)
    assert score == -1.0
    pillar = Polygon([[0, 0], [2, 0], [2, 2], [0, 2]], [[[0.8, 0.8], [1.2, 0.8], [1.2, 1.2], [0.8, 1.2]]])
    around = np.where(pillar.contains(place), (np.abs(place - 1).max(-1) < 0.25).astype(float), np.nan)
    (score,) = border_scores(around[None], bin_size=0.05, arena=pillar)
    assert score > 0.8  # it covers the pillar's walls
    assert border_scores(around[None], bin_size=0.05)[0] < 0


def test_a_map_of_another_extent_is_refused():
    with pytest.raises(ValueError, match="bin_size: expected that of a map over the room's bounds"):
        border_scores(np.random.default_rng(0).random((1, 20, 20)), bin_size=0.11, arena=L_ROOM)
    with pytest.raises(ValueError, match="arena: expected 'rectangle' with form 'sorscher_code'"):
        border_scores(np.ones((1, 20, 20)), bin_size=0.1, arena=L_ROOM, form="sorscher_code")


def test_contrast_of_strips_by_hand():
    """Equation 8 of Banino et al.: the largest contrast of a strip of 3 of 20 bins with the middle."""
    rates = np.random.default_rng(0).random((4, 20, 20))
    rates[0, :3] += 2
    rates[1, 5, 5] = np.nan
    rates[2] = 3.0
    found = border_scores(rates, bin_size=SIZE, form="banino")
    for unit in (0, 1, 3):
        strips = [rates[unit][:3], rates[unit][-3:], rates[unit][:, :3], rates[unit][:, -3:]]
        middle = np.nanmean(rates[unit][3:17, 3:17])
        by_hand = max((np.nanmean(strip) - middle) / (np.nanmean(strip) + middle) for strip in strips)
        assert found[unit] == pytest.approx(by_hand)
    assert np.isnan(found[2]) and found[0] > 0.6
    assert border_scores(drawn((0, 3, 0, 20))[None], bin_size=SIZE, form="banino") == 1
    assert border_scores(drawn((8, 12, 8, 12))[None], bin_size=SIZE, form="banino") == -1
    with pytest.raises(ValueError, match="arena: expected 'rectangle' with form 'banino'"):
        border_scores(rates, bin_size=SIZE, form="banino", arena="circle")
