"""The sheet of all units: every unit's map, autocorrelogram, score and ring, best first, in one PDF."""

import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gridcells._common.bins import BinGrid
from gridcells.plots import plot_all_units
from gridcells.plots.unit_sheets import sheet_of_all_units
from gridcells.scores import grid_scores
from gridcells.world.arenas import Rectangle

BOX = Rectangle(2.2, 2.2)


@pytest.fixture(scope="module")
def maps():
    maps = np.random.default_rng(0).random((6, 20, 20))
    maps[3] = 0.5  # flat: no score
    maps[1, 0, :5] = np.nan  # never visited
    return maps


def box_of(picture):
    """Return left, right, bottom and top of a picture on the page, in inches."""
    corners = picture.axes.transData.transform(np.reshape(picture.get_extent(), (2, 2)).T)
    return (corners / picture.figure.dpi).T.ravel()


def test_every_scored_unit_is_drawn_best_first(maps):
    scores = grid_scores(maps)
    order = [unit for unit in np.argsort(-scores.score_60) if np.isfinite(scores.score_60[unit])]
    figure = plot_all_units(maps, scores, BOX, columns=2)
    (ax,) = figure.axes
    assert len(order) == 5 and [text.get_text() for text in ax.texts] == [f"{scores.score_60[u]:.2f}" for u in order]
    for place, unit in enumerate(order):
        above, below = ax.images[2 * place : 2 * place + 2]
        np.testing.assert_array_equal(above.get_array().filled(np.nan), maps[unit].T)
        np.testing.assert_array_equal(below.get_array().filled(np.nan), scores.autocorrelogram[unit].T)
        assert above.get_clim() == (np.nanmin(maps[unit]), np.nanmax(maps[unit])) and below.get_clim() == (-1, 1)
    assert figure.texts[0].get_text().startswith("5 of 6 units, with their grid scores, 2.2 m wide.")
    plt.close(figure)


def test_pictures_are_square_apart_and_on_the_page(maps):
    figure = plot_all_units(maps, grid_scores(maps), BOX, columns=2)
    (ax,) = figure.axes
    boxes = np.array([box_of(picture) for picture in ax.images])
    left, right, bottom, top = boxes.T
    np.testing.assert_allclose(right - left, top - bottom)
    assert (boxes >= 0).all() and (boxes[:, 1] <= figure.get_figwidth()).all() and (top < figure.get_figheight()).all()
    for one in range(len(boxes)):
        others = np.arange(len(boxes)) != one
        beside = (left[others] >= right[one]) | (right[others] <= left[one])
        assert (beside | (bottom[others] >= top[one]) | (top[others] <= bottom[one])).all()
    for text, picture in zip(ax.texts, boxes[::2], strict=True):  # above its own map
        x, y = ax.transData.transform(text.get_position()) / figure.dpi
        assert picture[0] < x < picture[1] and picture[3] < y < picture[3] + 0.1
    plt.close(figure)


def test_a_ring_lies_around_the_middle_of_its_autocorrelogram(maps):
    scores = grid_scores(maps)
    scores = dataclasses.replace(scores, ring_60=np.where([[0], [1], [0], [0], [0], [0]], np.nan, scores.ring_60))
    order = [unit for unit in np.argsort(-scores.score_60) if np.isfinite(scores.score_60[unit])]
    figure = plot_all_units(maps, scores, BOX, columns=2)
    (ax,) = figure.axes
    shown = [unit for unit in order if unit != 1]
    for radius, rings in enumerate(ax.collections):
        assert len(rings.get_offsets()) == len(shown)
        for unit, centre, diameter in zip(shown, rings.get_offsets(), rings.get_widths(), strict=True):
            left, right, bottom, top = ax.images[2 * order.index(unit) + 1].get_extent()
            np.testing.assert_allclose(centre, ((left + right) / 2, (bottom + top) / 2))
            side = (right - left) * 20 / 39  # of the map, of which the autocorrelogram shows nearly two
            assert diameter == pytest.approx(2 * scores.ring_60[unit, radius] * side)
    assert len(ax.collections) == 2
    plt.close(figure)


@pytest.mark.parametrize(("bins", "arena"), [((13, 20), Rectangle(1.0, 1.5)), ((20, 8), Rectangle(2.0, 0.8))])
def test_pictures_have_the_proportions_of_the_room_and_rings_are_round(bins, arena):
    maps = np.random.default_rng(0).random((5, *bins))
    scores = grid_scores(maps, bin_size=BinGrid(arena.bounds, bins).bin_size)
    figure = plot_all_units(maps, scores, arena, columns=3)
    (ax,) = figure.axes
    boxes = np.array([box_of(picture) for picture in ax.images]).reshape(5, 2, 4)
    size = boxes[..., 1::2] - boxes[..., ::2]  # [unit, map or autocorrelogram, axis], inches
    np.testing.assert_allclose(size[:, 0, 0] / size[:, 0, 1], arena.width / arena.height)
    metres = (2 - 1 / np.array(bins)) * arena.size  # that an autocorrelogram reaches
    scale = size[:, 1] / metres
    np.testing.assert_allclose(scale[:, 0], scale[:, 1])
    assert (size[:, 1] <= size[:, 0] * (1 + 1e-9)).all() and (boxes >= 0).all()
    order = np.argsort(-scores.score_60)
    inch = np.diff(ax.transData.transform([(0, 0), (1, 1)]), axis=0)[0] / figure.dpi
    assert inch[0] == pytest.approx(inch[1])
    for radius, rings in enumerate(ax.collections):
        drawn = rings.get_widths() * inch[0] / scale[:, 0]  # m
        np.testing.assert_allclose(drawn, 2 * scores.ring_60[order, radius] * min(arena.size))
    left, right, bottom, top = boxes.reshape(-1, 4).T
    for one in range(len(left)):
        others = np.arange(len(left)) != one
        beside = (left[others] >= right[one]) | (right[others] <= left[one])
        assert (beside | (bottom[others] >= top[one]) | (top[others] <= bottom[one])).all()
    told = "1 m wide and 1.5 m high" if arena.width == 1 else "2 m wide and 0.8 m high"
    assert told in figure.texts[0].get_text()
    plt.close(figure)


def test_a_sheet_replaces_the_one_before(maps, tmp_path):
    before, path = plt.get_fignums(), tmp_path / "sheet.pdf"
    path.write_text("an older one")
    assert sheet_of_all_units(maps, grid_scores(maps), BOX, path) == path
    written = path.read_bytes()
    assert written.startswith(b"%PDF")
    # each unit's bins as they are: 20 x 20 and 39 x 39 pixels
    assert written.count(b"/Width 20") == written.count(b"/Width 39") == 5
    assert plt.get_fignums() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["sheet.pdf"]


@pytest.mark.parametrize(
    ("count", "keep", "message"),
    [
        (6, False, "scores: expected autocorrelograms, got scores that did not keep them"),
        (5, True, "scores: expected one of each of 5 rate maps, got 6"),
    ],
)
def test_what_does_not_belong_together_is_refused(maps, count, keep, message):
    with pytest.raises(ValueError, match=message):
        plot_all_units(maps[:count], grid_scores(maps, keep_autocorrelogram=keep), BOX)


def test_units_without_any_score_are_refused():
    flat = np.ones((2, 20, 20))
    with pytest.raises(ValueError, match="scores: expected at least one unit with a score, got 2 without"):
        plot_all_units(flat, grid_scores(flat), BOX)
