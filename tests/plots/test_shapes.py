"""Drawings that explain: points joined, a torus glued, the networks' parts."""

import numpy as np
import pytest

from gridcells import plots


def test_points_are_joined_below_each_distance_and_not_at_it():
    square = [[0, 0], [1, 0], [1, 1], [0, 1]]
    figure = plots.plot_joined_points(square, [1.0, 1.1, 1.5])
    joined = [len(ax.collections[0].get_segments()) for ax in figure.axes]
    assert joined == [0, 4, 6]
    assert [ax.get_title() for ax in figure.axes] == ["joined below 1", "joined below 1.1", "joined below 1.5"]


def test_points_of_space_are_refused():
    with pytest.raises(ValueError, match=r"points: expected shape \[point, 2\], got \(3, 3\)"):
        plots.plot_joined_points(np.zeros((3, 3)), [1.0])


def test_glued_sides_are_one_line_on_the_torus():
    flat, tube, torus = plots.plot_gluing().axes
    assert len(flat.lines) == 4 and len(tube.lines) == 3 and len(torus.lines) == 2
    ends = [np.stack(line.get_data_3d(), -1) for line in tube.lines[1:]]
    apart = ends[1] - ends[0]
    np.testing.assert_allclose(apart[:, 0], apart[0, 0])  # the tube's ends are two copies of one circle
    np.testing.assert_allclose(apart[:, 1:], 0, atol=1e-12)
    for line in torus.lines:
        way = np.stack(line.get_data_3d(), -1)
        np.testing.assert_allclose(way[0], way[-1], atol=1e-12)


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.plot_path_integrator(units=64, place_cells=128, nonlinearity="tanh"), ("64", "128", "tanh")),
        (lambda: plots.plot_growth(core_units=20, further_units=7), ("core, 20", "7 further")),
    ],
)
def test_drawings_of_networks_say_their_sizes_and_stay_within_their_axes(draw, words):
    ax = draw()
    text = " ".join(one.get_text() for one in ax.texts)
    assert all(word in text for word in words)
    left, right = ax.get_xlim()
    assert all(left <= one.get_position()[0] <= right for one in ax.texts)
