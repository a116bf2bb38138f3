"""Figures of many networks: families side by side, one setting a panel, shares beside their null."""

import numpy as np

from gridcells.plots import plot_against_null, plot_families, plot_settings


def test_families_stand_side_by_side():
    shares = {"decode": {"polar": 0.5, "gaussian": 1.0}, "grids": {"polar": 0.0, "gaussian": float("nan")}}
    figure = plot_families(shares, {"polar": [0.1, 0.2], "gaussian": [0.3]}, spread_label="units", chance=0.05)
    decoded, grids = (line.get_xdata() for line in figure.axes[0].lines)
    np.testing.assert_array_equal(decoded, [0.5, 1.0])
    np.testing.assert_array_equal(grids, [0.0, np.nan])
    dots = np.concatenate([part.get_offsets() for part in figure.axes[1].collections] or [np.empty((0, 2))])
    drawn = {round(float(value), 6) for value in dots.ravel()} | {
        round(float(value), 6) for line in figure.axes[1].lines for value in (*line.get_ydata(), *line.get_xdata())
    }
    assert {0.1, 0.2, 0.3} <= drawn


def test_each_setting_has_a_panel_with_the_medians():
    panels = {
        "width (cm)": {"units": ([10, 20], [[0.1, 0.2, 0.9], [0.3]])},
        "steps": {"units": ([1, 2], [[0.5], [0.7]])},
    }
    figure = plot_settings(panels, ylabel="share", logs=["steps"])
    assert [ax.get_xlabel() for ax in figure.axes] == ["width (cm)", "steps"]
    assert figure.axes[1].get_xscale() == "log"
    (line, *_) = [line for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(line.get_ydata(), [0.2, 0.3])


def test_shares_are_drawn_against_their_null():
    ax = plot_against_null({"laptop": ([0.3, 0.4], [0.5, 0.6])}, label="above 0.3")
    places = [tuple(np.round(pair, 6)) for part in ax.collections for pair in part.get_offsets()]
    places += [
        pair
        for line in ax.lines
        for pair in zip(np.round(line.get_xdata(), 6), np.round(line.get_ydata(), 6), strict=True)
    ]
    assert (0.3, 0.5) in places and (0.4, 0.6) in places
