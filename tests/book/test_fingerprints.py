"""Figures in numbers: what is drawn is told, what moves is found, what does not is not."""

import json

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gridcells.book.fingerprints import TOLERANCE, describe, differences

SPAN = 10.0  # of the axes below


def draw(y=(1.0, 4.0, 2.0), *, image=None, cloud=None, bars=(3.0, 5.0), filled=1.0, title="all", log=False):
    figure, axes = plt.subplots(1, 3)
    axes[0].plot([0, 1, 2], y, label="one")
    axes[0].axhline(5)
    axes[0].fill_between([0, 1, 2], filled, 3)
    axes[0].set(xlim=(0, 2), ylim=(0.1 if log else 0, SPAN), title=title, yscale="log" if log else "linear")
    axes[0].legend()
    axes[1].imshow(np.arange(400.0).reshape(20, 20) if image is None else image, vmin=0, vmax=400)
    axes[2].bar([0, 1], bars)
    axes[2].scatter(*(np.arange(40.0).reshape(2, 20) if cloud is None else cloud), c=np.arange(20.0))
    axes[2].set(xlim=(0, 20), ylim=(0, 40))
    return {"paper/figure": describe(figure)}


def only(found):
    (line,) = found
    return line


def test_the_same_figure_is_the_same_also_through_json():
    assert differences(json.loads(json.dumps(draw())), draw()) == []


@pytest.mark.parametrize("log", [False, True])
def test_a_line_that_moves_by_more_than_the_tolerance_is_found(log):
    for factor, found in ((0.5, False), (2.0, True)):
        step = 10 ** (factor * TOLERANCE * 2) if log else 1  # the logarithmic axis spans two decades
        moved = [value * step + (0 if log else factor * TOLERANCE * SPAN) for value in (1.0, 4.0, 2.0)]
        different = differences(draw(moved, log=log), draw(log=log))
        assert bool(different) is found
        if found:
            assert only(different) == "paper/figure, axes 1, lines 1: moved by 0.002"


def test_one_point_of_many_that_moves_far_is_found():
    y = np.sin(np.arange(500))
    before, after = plt.figure(), plt.figure()
    for figure, height in ((before, 0.0), (after, 5.0)):
        ax = figure.subplots()
        ax.plot([*y[:250], y[250] + height, *y[251:]])
        ax.set(xlim=(0, 500), ylim=(-2, 6))
    assert "lines 1: moved" in only(differences({"a": describe(after)}, {"a": describe(before)}))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"filled": 1.2}, "axes 1, points 1: moved"),
        ({"title": "none"}, "axes 1, words: ['none', 'one'], expected ['all', 'one']"),
        ({"image": np.arange(400.0).reshape(20, 20).T}, "axes 2, colours 1: moved"),
        (
            {"image": np.arange(400.0).reshape(20, 20)[:, [1, 0, *range(2, 20)]] + 200 * np.eye(20)},
            "axes 2, colours 1: moved",
        ),
        ({"image": np.full((20, 20), np.nan)}, "axes 2, colours 1: moved by inf"),
        ({"image": np.ones((4, 4, 3))}, "axes 2, colours 1: moved by inf"),
        ({"bars": (3.0, 6.0)}, "axes 3, patches 2: moved"),
        ({"cloud": np.arange(40.0).reshape(2, 20) + 0.3}, "axes 3, points 1: moved"),
        ({"cloud": np.arange(40.0).reshape(2, 20)[:, ::-1]}, "axes 3, points 1: moved"),
    ],
)
def test_whatever_else_changes_is_found(change, line):
    assert f"paper/figure, {line}" in "\n".join(differences(draw(**change), draw()))


def test_what_is_not_there_and_what_should_not_be_are_named():
    assert differences({}, draw()) == ["paper/figure: not drawn"]
    assert differences(draw(), {}) == ["paper/figure: not expected"]
    fewer = {"paper/figure": draw()["paper/figure"][:2]}
    assert differences(fewer, draw()) == ["paper/figure: 2 axes, expected 3"]
    without = {"paper/figure": [{**axes, "lines": axes.get("lines", [])[:1]} for axes in draw()["paper/figure"]]}
    assert differences(without, draw()) == ["paper/figure, axes 1, lines: 1, expected 2"]


def test_limits_are_compared_within_their_span():
    def limits(low, high):
        figure = plt.figure()
        figure.subplots().set(xlim=(low, high))
        return {"a": describe(figure)}

    assert differences(limits(1000, 1001.0005), limits(1000, 1001)) == []
    assert "limits: [1000.0, 1001.01" in only(differences(limits(1000, 1001.01), limits(1000, 1001)))


def test_places_on_a_round_axis_and_zeros_on_a_logarithmic_one_are_numbers():
    figure = plt.figure()
    figure.add_subplot(projection="polar").plot(np.linspace(0, 6, 50), np.ones(50))
    logarithmic = figure.add_subplot(yscale="log", ylim=(1, 10))
    logarithmic.plot([0, 1], [0.0, 5.0])
    described = describe(figure)
    json.dumps(described, allow_nan=False)
    assert len(described[0]["lines"][0][0]) == 16
    assert described[1]["lines"][0][1] == [-10000, 6990]  # log10(5), and as far below as is followed


def test_no_number_is_no_number_where_there_is_none():
    def line(y):
        figure = plt.figure()
        ax = figure.subplots()
        ax.plot([0, 1, 2], y)
        ax.set(xlim=(0, 2), ylim=(0, 2))
        return {"a": describe(figure)}

    assert line([1, np.nan, 1])["a"][0]["lines"][0][1] == [5000, None, 5000]
    assert differences(line([1, np.nan, 1]), line([1, np.nan, 1])) == []
    assert "moved by inf" in only(differences(line([1, 1, 1]), line([1, np.nan, 1])))
