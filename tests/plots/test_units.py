"""What the drawings of an LSTM and its units show. How they look is for eyes."""

import numpy as np
import pytest

from gridcells import plots


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_errors_are_medians_in_centimetres_with_the_middle_half():
    errors = np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8], [0.9, 1.0]])
    ax = plots.plot_error_over_time([0.15, 0.3], {"untrained": errors, "trained": errors / 10})
    assert ax.lines[0].get_ydata() == pytest.approx([50, 60])
    assert ax.lines[1].get_ydata() == pytest.approx([5, 6])
    assert ax.collections[0].get_paths()[0].get_extents().ymin == pytest.approx(30)
    assert ax.get_xlabel() == "time along the path (s)"
    assert legend(ax) == ["untrained", "trained"]
    floored = plots.plot_error_over_time([0.15, 0.3], {"trained": errors}, floor=0.06)
    assert floored.lines[1].get_ydata() == pytest.approx([6, 6])
    assert legend(floored) == ["trained", "floor: the true place code"]


def test_shares_stand_beside_the_published_ones():
    shares = {"paper": {"grid": 0.2, "head_direction": 0.1}, "null": {"grid": 0.05, "head_direction": 0.1}}
    ax = plots.plot_unit_shares(shares, paper={"grid": 0.252, "head_direction": 0.102})
    assert [bar.get_height() for bar in ax.patches] == [0.2, 0.1, 0.05, 0.1]
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["grid", "head-direction"]
    assert [line.get_ydata()[0] for line in ax.lines] == [0.252, 0.102]
    assert legend(ax) == ["published", "paper", "null"]


def test_the_scatter_counts_kinds():
    score = [0.1, 0.9, 0.2, 0.8, np.nan]
    ax = plots.plot_unit_scatter(score, [0.1, 0.1, 0.9, 0.9, 0.9], grid=0.37, direction=0.47)
    assert legend(ax) == ["neither (1)", "grid (1)", "head direction (1)", "both (1)"]  # not the unit without a score
    without = plots.plot_unit_scatter([0.1, 0.9], [np.nan, np.nan], grid=0.37, direction=0.47)
    assert legend(without) == ["neither (0)", "grid (0)", "head direction (0)", "both (0)"]


def test_directions_are_needles_and_targets_are_on_the_rim():
    ax = plots.plot_directions([0.0, 1.0, 2.0], [0.5, 0.6, 0.7], targets=[0.1, 0.2])
    assert len(ax.collections[0].get_segments()) == 3
    assert ax.lines[1].get_ydata().tolist() == [1, 1]
    assert legend(ax) == ["predicted cells"]


def test_scales_are_counted_in_centimetres():
    ax = plots.plot_scales([0.5, 0.6, np.nan, 0.9], means=[0.55, 0.9], bins=4)
    assert sum(bar.get_height() for bar in ax.patches) == 3
    assert [line.get_xdata()[0] for line in ax.lines] == pytest.approx([55, 90])
    assert legend(ax) == ["grid units (n = 3)", "cluster means (BIC)"]


def test_the_architecture_tells_its_sizes():
    ax = plots.plot_architecture(units=7, linear_units=8, place_cells=9, head_direction_cells=10, dropout=0.25)
    text = " ".join(entry.get_text() for entry in ax.texts)
    for words in ("7 units", "8 units", "9 place cells", "10 head-direction cells", "dropout 0.25"):
        assert words in text


def test_a_dataset_is_drawn_as_densities():
    figure = plots.plot_dataset([0.0, 1.0], [0, 0.1, 0.2], [0.5, 0.5], [-1, 0, 1], np.eye(2), 1.1, title="room")
    assert figure.axes[0].patches[0].get_data().values == pytest.approx([0, 10])
    assert figure.axes[0].get_xlim() == pytest.approx((0.1, 0.2))
    assert np.ma.getmaskarray(np.ma.masked_invalid(figure.axes[2].images[0].get_array())).tolist() == [
        [False, True],
        [True, False],
    ]
    assert figure.axes[2].images[0].get_extent() == [-1.1, 1.1, -1.1, 1.1]


def test_the_sheet_draws_rings():
    maps, shifts = np.random.default_rng(0).random((3, 4, 4)), np.zeros((3, 7, 7))
    figure = plots.plot_rate_map_sheet(maps, shifts, [0.1, 0.2, 0.3], rings=[(0.2, 0.4), (0.2, 0.6), (np.nan, np.nan)])
    assert [len(ax.patches) for ax in figure.axes[1::2]] == [0, 2, 2]
    with pytest.raises(ValueError, match="rings: expected two radii for each of 3 units"):
        plots.plot_rate_map_sheet(maps, shifts, [0.1, 0.2, 0.3], rings=[(0.2, 0.4)])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.plot_error_over_time([1], {}), "errors: expected at least one network, got none"),
        (lambda: plots.plot_error_over_time([1], {"a": [[1, 2]]}), "expected one for each of 1 times, got shape"),
        (lambda: plots.plot_unit_shares({}), "shares: expected at least one criterion, got none"),
        (lambda: plots.plot_unit_shares({"a": {"x": 1}, "b": {"y": 1}}), "expected the kinds x, got y"),
        (lambda: plots.plot_unit_scatter([1], [1, 2], grid=1, direction=1), "resultant: expected one for each of 1"),
        (lambda: plots.plot_directions([1], [1, 2]), "length: expected one for each of 1 angles, got 2"),
        (lambda: plots.plot_scales([np.nan]), "spacing: expected at least one unit with a spacing, got none"),
        (lambda: plots.plot_dataset([1], [0], [1], [0, 1], np.ones((2, 2)), 1), "speed_edges: expected 2 edges, got 1"),
    ],
)
def test_bad_input(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
