"""Figures of the mechanism: what they show and what they refuse."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gridcells import plots


def test_lines_show_the_median_and_the_range():
    ax = plots.plot_lines(
        [1, 2], {"a": [[1, 2, 9], [3, 4, 5]], "b": [1, 1]}, xlabel="units", ylabel="error (cm)", log=True
    )
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [2, 4])
    assert len(ax.collections) == 1  # one of the two has a range
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_the_frontier_is_in_centimetres_and_names_its_marks():
    ax = plots.plot_frontier({"a": ([0.05, 0.1], [0.5, 0.4])}, marks={"aim": (0.06, 0.5), "line": (0.1, None)})
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [5, 10])
    assert {"aim", "line", "chance"} <= {text.get_text() for text in ax.texts}


def test_connectivity_is_on_one_scale_around_zero():
    figure = plots.plot_connectivity(np.array([[1.0, -3.0], [0.0, np.nan]]), np.eye(2), profile=([0, 0.5], [1, -1]))
    image = figure.axes[1].images[0]
    assert image.get_clim() == (-3, 3)
    assert figure.axes[2].get_xlabel() == "phase distance (periods)"


def test_bars_are_drawn_as_long_as_they_are():
    ax = plots.plot_barcode([[[0, 1], [0, 0.5]], [[0.2, 0.9]], []], [0.1, 0.2, 0.3], shown=1)
    drawn = [tuple(line.get_xdata()) for line in ax.lines]
    assert drawn == [(0.0, 0.1), (0.0, 1.0), (0.2, pytest.approx(0.4)), (0.2, 0.9)]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["$H_0$", "$H_1$", "$H_2$"]


def test_what_cannot_be_drawn_is_named():
    with pytest.raises(ValueError, match="lines: expected at least one"):
        plots.plot_lines([1], {}, xlabel="", ylabel="")
    with pytest.raises(ValueError, match=r"lines\['a'\]: expected one for each of 2 settings, got 1"):
        plots.plot_lines([1, 2], {"a": [1]}, xlabel="", ylabel="")
    with pytest.raises(ValueError, match=r"points\['a'\]: expected as many shares as errors, got 1 and 2"):
        plots.plot_frontier({"a": ([1, 2], [1])}, marks={})
    with pytest.raises(ValueError, match="band: expected one for each of 1 dimensions, got 2"):
        plots.plot_barcode([[[0, 1]]], [1, 2])
    with pytest.raises(ValueError, match="share: expected one for each of 2 eigenvalues, got 1"):
        plots.plot_recurrent_eigenvalues([1, 2], leading=[1, 2], share=[1])
    with pytest.raises(ValueError, match="push, activity: expected one for each of 2 bins, got 1 and 2"):
        plots.plot_push([0, 1], [1], [1, 2])
    with pytest.raises(ValueError, match=r"angles\['a'\]: expected one for each of 2 places, got 1"):
        plots.plot_phase_over_arena([[0, 0], [1, 1]], {"a": [1]})
    with pytest.raises(ValueError, match=r"weights\['a'\]: expected shape \[unit, xy\]"):
        plots.plot_biases({"a": [1, 2]})
    with pytest.raises(ValueError, match="frame: expected one of 2 steps and 2 errors, got 2"):
        plots.plot_film_frame(np.ones((4, 5, 5)), np.eye(3), [0, 1], [1, 1], 2)


def test_pictures_of_the_mechanism_draw():
    plots.plot_push([-0.1, 0, 0.1], [0, 1, 2], [1, 2, 1])
    plots.plot_recurrent_eigenvalues(np.array([1, 0.3 + 0.2j]), leading=[1], share=[0.5])
    plots.plot_biases({"a": np.ones((3, 2)), "none": np.zeros((3, 2))})
    figure = plots.plot_film_frame(np.ones((5, 6, 6)), np.eye(7), [0, 10], [1.0, 0.5], 1)
    assert figure.axes[-1].get_title() == "step 10"
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
