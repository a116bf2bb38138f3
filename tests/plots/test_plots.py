"""What the plots show: labels with units, orientation, counts. How they look is for eyes."""

from __future__ import annotations

import io
import subprocess
import sys

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

from gridcells.plots import (
    COLOURS,
    plot_arena,
    plot_autocorrelogram,
    plot_decoded_path,
    plot_head_direction_tuning,
    plot_learning_curve,
    plot_occupancy,
    plot_place_code,
    plot_rate_map,
    plot_rate_map_sheet,
    plot_score_histogram,
    plot_score_scatter,
    plot_shares,
    plot_speed_and_turn,
    plot_trajectory,
    plot_tuning_curves,
    plot_turning_curve,
    use_style,
)
from gridcells.plots.style import STYLE, styled
from gridcells.world.arenas import Circle, Rectangle

BOX = Rectangle(2.0, 1.0)


def labels(ax) -> tuple[str, str]:
    return ax.get_xlabel(), ax.get_ylabel()


def legend(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def one_bright_bin() -> np.ndarray:
    rate_map = np.zeros((4, 4))
    rate_map[3, 0] = 1.0  # x at its greatest, y at its least: the lower right
    return rate_map


# ---- maps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [plot_rate_map, plot_occupancy])
def test_maps_show_x_to_the_right_and_y_upwards_in_metres(draw):
    ax = draw(one_bright_bin(), BOX)
    ax.figure.canvas.draw()
    (image,) = ax.images
    assert image.get_extent() == [-1.0, 1.0, -0.5, 0.5] and labels(ax) == ("x (m)", "y (m)")
    # look at the pixel that a reader sees at (0.75 m, -0.375 m), the middle of the bright bin
    shown = np.asarray(ax.figure.canvas.buffer_rgba())
    column, row = ax.transData.transform((0.75, -0.375)).astype(int)
    bright = 255 * np.array(image.cmap(1.0))
    assert shown[shown.shape[0] - 1 - row, column] == pytest.approx(bright, abs=2)
    column, row = ax.transData.transform((-0.75, 0.375)).astype(int)
    assert shown[shown.shape[0] - 1 - row, column] != pytest.approx(bright, abs=50)


def test_unvisited_bins_are_grey_and_a_map_without_arena_is_in_bins():
    rate_map = one_bright_bin()
    rate_map[0, 0] = np.nan
    ax = plot_rate_map(torch.tensor(rate_map), score=0.756)
    (image,) = ax.images
    assert image.get_array().mask[0, 0] and image.get_array().mask.sum() == 1
    assert to_hex(image.cmap.get_bad()) == "#d9d9d9"
    assert labels(ax) == ("x (bin)", "y (bin)") and ax.get_title() == "grid score 0.76"
    assert ax.figure.axes[1].get_ylabel() == "mean activity (a.u.)"


def test_a_map_without_score_says_so_and_the_colorbar_can_be_left_out():
    ax = plot_rate_map(one_bright_bin(), score=np.nan, colorbar=False)
    assert ax.get_title() == "no grid score" and len(ax.figure.axes) == 1


def test_occupancy_starts_at_zero_and_greys_empty_bins():
    ax = plot_occupancy([[0, 2], [1, 3]])
    (image,) = ax.images
    assert image.get_clim() == (0, 3) and image.get_array().mask.tolist() == [[True, False], [False, False]]
    assert ax.figure.axes[1].get_ylabel() == "samples per bin"


def test_the_autocorrelogram_is_centred_on_no_shift_and_its_ring_is_in_metres():
    ax = plot_autocorrelogram(np.eye(7), Rectangle(2.0, 2.0), ring=(0.2, 0.6), score=1.0)
    (image,) = ax.images
    assert image.get_extent() == [-1.75, 1.75, -1.75, 1.75]  # 7 shifts of 0.5 m
    assert image.get_clim() == (-1, 1)
    assert [circle.radius for circle in ax.patches] == pytest.approx([0.4, 1.2])  # shares of the arena's width
    assert all(tuple(circle.center) == (0, 0) for circle in ax.patches)
    assert labels(ax) == ("shift in x (m)", "shift in y (m)")
    assert not plot_autocorrelogram(np.eye(7), ring=(np.nan, np.nan)).patches


def test_the_sheet_shows_the_best_units_first_and_leaves_out_those_without_score():
    maps = np.arange(5)[:, None, None] + one_bright_bin()
    scores = [0.1, np.nan, 0.9, -0.2, 0.5]
    figure = plot_rate_map_sheet(maps, np.zeros((5, 7, 7)), scores, BOX, units=3, columns=2)
    assert [ax.get_title() for ax in figure.axes[::2]] == ["0.90", "0.50", "0.10"]
    assert [ax.images[0].get_array().min() for ax in figure.axes[::2]] == [2, 4, 0]  # the units drawn
    assert [ax.images[0].get_array().shape for ax in figure.axes[1::2]] == [(7, 7)] * 3
    upper, lower = figure.axes[0].get_position(), figure.axes[1].get_position()
    assert upper.y0 > lower.y1 and upper.x0 == pytest.approx(lower.x0)
    caption = " ".join(text.get_text() for text in figure.texts).replace("\n", " ")
    assert "The 3 best of 5 units" in caption and "2 m wide" in caption


def test_the_sheet_of_an_oblong_room_is_as_large_as_its_maps():
    random, sizes = np.random.default_rng(0).random, {}
    for bins in ((20, 20), (20, 10), (10, 20), (20, 2)):
        figure = plot_rate_map_sheet(random((16, *bins)), random((16, *(2 * count - 1 for count in bins))), random(16))
        sizes[bins] = figure.get_size_inches() - [0.2, 0.8]  # without margins and caption
        for ax in figure.axes[::2]:
            ax.apply_aspect()
            box = ax.get_window_extent()
            assert box.width / box.height == pytest.approx(bins[0] / bins[1])
    square = sizes[20, 20]
    np.testing.assert_allclose(sizes[20, 10], [square[0], square[1] - 1.9], rtol=1e-6)  # two rows lost half of two maps
    np.testing.assert_allclose(sizes[10, 20], [square[0] / 2, square[1]], rtol=1e-6)
    assert sizes[20, 2][1] > 2 * 0.25 + 1  # room for the scores


def test_the_sheet_fits_a_given_figure():
    given = plt.figure(figsize=(3, 3))
    assert plot_rate_map_sheet(np.ones((2, 4, 4)), np.ones((2, 7, 7)), [1, 2], figure=given) is given
    assert len(given.axes) == 4


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot_rate_map(np.zeros(4)), r"rate_map: expected shape \[bin, bin\], got \(4,\)"),
        (lambda: plot_rate_map([["a"]]), "rate_map: expected real numbers"),
        (lambda: plot_occupancy(np.zeros((0, 4))), r"occupancy: expected shape \[bin, bin\], got \(0, 4\)"),
        (lambda: plot_autocorrelogram(np.zeros((4, 4))), r"autocorrelogram: expected odd sides"),
        (
            lambda: plot_autocorrelogram(np.zeros((5, 5)), ring=(0.6, 0.2)),
            "ring: expected an inner and a greater outer",
        ),
        (lambda: plot_rate_map_sheet(np.ones((2, 4, 4)), np.ones((2, 7, 7)), [1]), "2 autocorrelograms and 1 scores"),
        (
            lambda: plot_rate_map_sheet(np.ones((1, 4, 4)), np.ones((1, 7, 7)), [np.nan]),
            "at least one unit with a score",
        ),
        (
            lambda: plot_rate_map_sheet(np.ones((1, 4, 4)), np.ones((1, 7, 7)), [1], columns=0),
            "columns: expected a whole",
        ),
    ],
)
def test_maps_refuse_what_is_no_map(draw, message):
    with pytest.raises((ValueError, TypeError), match=message):
        draw()


# ---- paths ----------------------------------------------------------------------------------------------------------


def test_the_arena_is_drawn_to_scale_with_walls_solid_and_joined_sides_dashed():
    ax = plot_arena(BOX)
    (outline,) = ax.patches
    assert (outline.get_x(), outline.get_y(), outline.get_width(), outline.get_height()) == (-1.0, -0.5, 2.0, 1.0)
    assert outline.get_linestyle() in ("-", "solid") and ax.get_aspect() == 1.0 and labels(ax) == ("x (m)", "y (m)")
    assert plot_arena(Rectangle(periodic=True)).patches[0].get_linestyle() in ("--", "dashed")
    assert plot_arena(Circle(0.7)).patches[0].radius == pytest.approx(0.7)


def test_paths_are_drawn_with_start_and_end():
    paths = np.array([[[0.0, 0.0], [0.1, 0.2]], [[0.3, 0.1], [0.4, 0.4]]])
    ax = plot_trajectory(paths, BOX)
    *lines, start, end = ax.lines
    assert [line.get_xydata().tolist() for line in lines] == paths.tolist()
    assert start.get_xydata().tolist() == paths[:, 0].tolist() and end.get_xydata().tolist() == paths[:, 1].tolist()
    assert legend(ax) == ["start", "end"]


def test_a_path_is_broken_where_it_passes_over_a_periodic_edge_only():
    path = np.array([[0.8, 0.0], [0.95, 0.0], [-0.95, 0.1], [-0.8, 0.1]])
    joined = plot_trajectory(path, Rectangle(2.0, 2.0, periodic=True)).lines[0].get_xydata()
    assert np.isnan(joined[2]).all() and len(joined) == 5
    assert np.array_equal(joined[[0, 1, 3, 4]], path)
    assert np.array_equal(plot_trajectory(path, Rectangle(2.0, 2.0)).lines[0].get_xydata(), path)


def test_the_decoded_path_lies_over_the_true_one():
    true, read = np.zeros((3, 2)), np.full((3, 2), 0.1)
    ax = plot_decoded_path(true, torch.tensor(read), BOX)
    assert legend(ax) == ["true path", "decoded", "start"]
    assert np.array_equal(ax.lines[0].get_xydata(), true) and np.array_equal(ax.lines[1].get_xydata(), read)


def test_the_place_code_colours_each_centre_by_its_activity():
    centers, activity = np.array([[0.1, 0.1], [0.5, 0.2], [-0.5, 0.3]]), [0.2, 0.9, 0.1]
    ax = plot_place_code([0.4, 0.2], centers, activity, BOX)
    (dots,) = ax.collections
    drawn = dict(zip(map(tuple, dots.get_offsets().tolist()), dots.get_array().tolist(), strict=True))
    assert drawn == dict(zip(map(tuple, centers.tolist()), activity, strict=True))
    assert ax.lines[0].get_xydata().tolist() == [[0.4, 0.2]]
    assert ax.figure.axes[1].get_ylabel() == "place cell activity" and legend(ax) == ["the animal"]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot_trajectory([[0.0, np.nan]], BOX), "position: expected finite metres"),
        (lambda: plot_trajectory(np.zeros((4, 3)), BOX), r"position: expected shape \[..., 2\]"),
        (lambda: plot_trajectory(np.zeros(2), BOX), r"position: expected shape \[time, 2\] or \[trajectory, time, 2\]"),
        (
            lambda: plot_decoded_path(np.zeros((4, 2)), np.zeros((3, 2)), BOX),
            r"decoded: expected the shape of position",
        ),
        (lambda: plot_place_code([0, 0], np.zeros((3, 2)), [1, 2], BOX), "activity: expected one value for each of 3"),
        (lambda: plot_arena(BOX, ax=plt.figure()), "ax: expected matplotlib axes, got Figure"),
    ],
)
def test_paths_refuse_what_is_no_path(draw, message):
    with pytest.raises((ValueError, TypeError), match=message):
        draw()


# ---- curves ---------------------------------------------------------------------------------------------------------


def test_the_learning_curve_shows_centimetres_between_its_two_bounds():
    ax = plot_learning_curve([0, 100, 200], [0.9, 0.2, 0.05], constant=0.92, floor=0.04, label="laptop")
    curve, constant, floor = ax.lines
    assert curve.get_ydata() == pytest.approx([90, 20, 5]) and labels(ax) == ("training step", "decoding error (cm)")
    assert constant.get_ydata() == pytest.approx([92, 92]) and floor.get_ydata() == pytest.approx([4, 4])
    assert legend(ax) == ["laptop", "constant answer", "position known exactly"]
    assert ax.get_ylim()[0] == 0


def test_several_runs_are_thin_lines_about_their_median():
    ax = plot_learning_curve([0, 1], [[6.2, 6.1], [6.3, 6.0], [6.1, 6.2]], quantity="loss")
    median, *runs = ax.lines
    assert median.get_ydata() == pytest.approx([6.2, 6.1]) and len(runs) == 3
    assert ax.get_ylabel() == "cross-entropy (nats)"
    assert {line.get_color() for line in runs} == {median.get_color()} and ax.get_legend() is None


def test_the_histogram_counts_shares_of_units_in_the_same_bins_as_its_null():
    scores = np.array([0.05, 0.05, 0.15, 0.95, np.nan])
    ax = plot_score_histogram(scores, [-0.35, 0.15], threshold={"null's 95 %": 0.6})
    *bars, null = ax.patches
    height = {round(bar.get_x(), 1): bar.get_height() for bar in bars if bar.get_height()}
    assert height == pytest.approx({0.0: 0.5, 0.1: 0.25, 0.9: 0.25})  # of the four that have a score
    outline = null.get_xy()  # a step line: x at the edges, y at the heights
    assert set(np.round(outline[outline[:, 1] > 0, 0], 1)) == {-0.4, -0.3, 0.1, 0.2}
    assert outline[:, 1].max() == pytest.approx(0.5)
    assert ax.lines[0].get_xdata() == [0.6, 0.6]
    assert legend(ax) == ["trained units (n = 4)", "matched null (n = 2)", "null's 95 % (0.60)"]
    assert labels(ax) == ("grid score", "share of units per 0.1")


def test_a_bare_threshold_is_marked():
    ax = plot_score_histogram([0.1, 0.4], threshold=0.3, label="units")
    assert legend(ax) == ["units (n = 2)", "threshold (0.30)"]


def test_tuning_curves_are_named_and_in_metres():
    ax = plot_tuning_curves([0.0, 0.1], {"Gaussian": [1, 0.7], "difference": [0.5, -0.1]}, ylabel="activity (1)")
    assert labels(ax) == ("distance from the field's centre (m)", "activity (1)")
    assert legend(ax) == ["Gaussian", "difference"] and ax.lines[1].get_ydata().tolist() == [0.5, -0.1]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()  # told apart without colour, too


def test_head_direction_curves_close_around_the_circle():
    ax = plot_head_direction_tuning([0.0, 2.0, 4.0], [[1, 0, 0], [0, 2, 0]])
    assert ax.name == "polar" and ax.lines[1].get_ydata().tolist() == [0, 2, 0, 0]
    assert ax.lines[0].get_xdata().tolist() == [0, 2, 4, 0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "π/2", "π", "3π/2"]
    with pytest.raises(ValueError, match="ax: expected polar axes, got rectilinear ones"):
        plot_head_direction_tuning([0.0], [1.0], ax=plt.figure().add_subplot())


def test_speed_and_turn_histograms_sum_to_one_in_their_units():
    speed, turn = np.linspace(0, 2, 40).reshape(4, 10), np.linspace(-1, 1, 30)
    first, second = plot_speed_and_turn(speed, turn)
    assert labels(first) == ("speed (m/s)", "share of steps") and second.get_xlabel() == "turn per step (rad)"
    for ax in (first, second):
        assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1)
    given = plt.figure().subplots(1, 2)
    assert plot_speed_and_turn(speed, turn, axes=given).tolist() == given.tolist()


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot_learning_curve([0, 1], [1.0]), "values: expected one for each of 2 steps"),
        (
            lambda: plot_learning_curve([0], [1.0], quantity="error"),
            "quantity: expected one of 'decoding_error', 'loss'",
        ),
        (lambda: plot_score_histogram([np.nan]), "scores: expected finite numbers, got none"),
        (lambda: plot_score_histogram([0.1], [np.inf]), "null_scores: expected finite numbers, got infinite ones"),
        (lambda: plot_tuning_curves([0.0], {}), "curves: expected at least one, got none"),
        (
            lambda: plot_tuning_curves([0.0], {"a": [1, 2]}),
            r"curves\['a'\]: expected one value for each of 1 distances",
        ),
        (lambda: plot_head_direction_tuning([0.0], [1.0, 2.0]), "activity: expected one for each of 1 headings"),
        (lambda: plot_speed_and_turn([1.0], [0.0], axes=[plt.figure().add_subplot()]), "axes: expected two, got 1"),
    ],
)
def test_curves_refuse_bad_input(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


# ---- the style ------------------------------------------------------------------------------------------------------


def test_plots_keep_the_style_whatever_the_callers_settings_and_leave_those_alone():
    with plt.rc_context({"font.size": 30, "axes.titlesize": 30, "axes.prop_cycle": plt.cycler(color=["red"])}):
        ax = plot_trajectory(np.zeros((2, 2)), BOX)
        assert ax.xaxis.label.get_fontsize() == 9 and to_hex(ax.lines[0].get_color()) == COLOURS["blue"].lower()
        assert plt.rcParams["font.size"] == 30


def test_use_style_sets_it_for_the_caller():
    with plt.rc_context():
        use_style()
        assert plt.rcParams["figure.constrained_layout.use"] and plt.rcParams["font.size"] == 9


def test_every_plot_draws_into_given_axes():
    for draw in (
        lambda ax: plot_arena(BOX, ax=ax),
        lambda ax: plot_trajectory(np.zeros((2, 2)), BOX, ax=ax),
        lambda ax: plot_decoded_path(np.zeros((2, 2)), np.zeros((2, 2)), BOX, ax=ax),
        lambda ax: plot_place_code([0, 0], [[0, 0]], [1], BOX, ax=ax),
        lambda ax: plot_rate_map(one_bright_bin(), ax=ax),
        lambda ax: plot_occupancy(one_bright_bin(), ax=ax),
        lambda ax: plot_autocorrelogram(np.eye(3), ax=ax),
        lambda ax: plot_learning_curve([0], [1], ax=ax),
        lambda ax: plot_score_histogram([0.1], ax=ax),
        lambda ax: plot_tuning_curves([0.0], {"a": [1]}, ax=ax),
    ):
        given = plt.figure().add_subplot()
        assert draw(given) is given and (given.has_data() or given.patches)


def test_plots_import_no_training():
    code = "import sys, gridcells.plots; print([m for m in sys.modules if m.startswith('gridcells.')])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "gridcells.plots" in loaded
    for room in ("training", "networks", "evaluation", "checkpoints", "presets"):
        assert f"gridcells.{room}" not in loaded


def test_leaving_the_style_keeps_what_a_notebook_backend_turned_on():
    """In a notebook the first drawing turns interactive drawing on; without it no later figure would be shown."""
    before = plt.isinteractive()

    @styled
    def first_drawing():
        plt.ion()

    try:
        plt.ioff()
        first_drawing()
        assert plt.isinteractive()
    finally:
        mpl.interactive(before)


def test_a_sheet_keeps_its_layout_however_often_it_is_saved():
    random = np.random.default_rng(0).random
    with mpl.rc_context(STYLE):  # as in a chapter
        sheet = plot_rate_map_sheet(random((3, 9, 9)), random((3, 17, 17)), random(3))
        before = [ax.get_position().bounds for ax in sheet.axes]
        for form in ("png", "pdf", "png"):
            sheet.savefig(io.BytesIO(), format=form)
        assert [ax.get_position().bounds for ax in sheet.axes] == before


def test_several_nulls_are_told_apart():
    ax = plot_score_histogram([0.1, 0.9], {"one": [0.2], "other": [0.3, 0.4]})
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["trained units (n = 2)", "one (n = 1)", "other (n = 2)"]
    colours = [handle.get_edgecolor() for handle in ax.get_legend().legend_handles[1:]]
    assert colours[0] != colours[1]


def test_turning_curve_marks_where_the_score_looks():
    angles = np.arange(0, 181, 10)
    ax = plot_turning_curve(angles, np.cos(np.radians(6 * angles)))
    _, good, bad = ax.lines[:3]
    assert good.get_xdata().tolist() == [60, 120]
    assert bad.get_xdata().tolist() == [30, 90, 150]
    np.testing.assert_allclose(good.get_ydata(), 1)
    np.testing.assert_allclose(bad.get_ydata(), -1)
    assert "degrees" in ax.get_xlabel()
    with pytest.raises(ValueError, match="correlations: expected one for each of 19 angles, got 2"):
        plot_turning_curve(angles, [1.0, 2.0])


def test_shares_and_scatter():
    ax = plot_shares([10, 20], {"units": [0.1, 0.4], "null": [0.1, 0.1]}, xlabel="bins", ylabel="share")
    assert [line.get_label() for line in ax.lines] == ["units", "null"]
    assert ax.get_ylim()[0] == 0
    with pytest.raises(ValueError, match="expected one for each of 2 settings, got 1"):
        plot_shares([10, 20], {"units": [0.1]}, xlabel="bins", ylabel="share")
    with pytest.raises(ValueError, match="shares: expected at least one curve"):
        plot_shares([10, 20], {}, xlabel="bins", ylabel="share")
    ax = plot_score_scatter([0.1, np.nan], [0.2, 0.3], null_60=[0.0, 1.0], null_90=[0.5, 0.5])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["null (n = 2)", "null's 95 %", "units (n = 1)"]
    assert ax.lines[0].get_xdata()[0] == pytest.approx(0.95)
    with pytest.raises(ValueError, match="units: expected as many 90 degree scores as 60 degree ones"):
        plot_score_scatter([0.1, 0.2], [0.2])
    with pytest.raises(ValueError, match="null_60, null_90: expected both or neither"):
        plot_score_scatter([0.1], [0.2], null_90=[0.5])


def test_a_sheet_without_autocorrelograms_is_refused():
    with pytest.raises(ValueError, match="autocorrelograms: expected one of each unit, got None"):
        plot_rate_map_sheet(np.ones((1, 4, 4)), None, [0.1])
