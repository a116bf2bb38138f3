"""The shipped strip is what the library computes, and what it shows."""

import numpy as np
import pytest

from gridcells.book.explorer import lattice_formed, load_strip
from gridcells.book.explorer.strip import SWEPT, WIDTHS, sweep_widths
from gridcells.scores import grid_scores
from gridcells.theory import tuning_annulus


def swept(nonlinearity, walls):
    return next(s for s in load_strip()["swept"] if (s["nonlinearity"], s["walls"]) == (nonlinearity, walls))


@pytest.mark.parametrize(
    ("nonlinearity", "walls", "width"), [("relu", False, 0.16), ("relu", False, 0.21), ("tanh", False, 0.1)]
)
def test_marks_are_computed_anew(nonlinearity, walls, width):
    again, index = sweep_widths((width,), nonlinearity, walls), WIDTHS.index(width)
    shipped = swept(nonlinearity, walls)
    assert again["formed"] == [shipped["formed"][index]]
    assert again["spacing"][0] == pytest.approx(shipped["spacing"][index], abs=0.01)
    assert again["score_60"][0] == pytest.approx(shipped["score_60"][index], abs=0.05)


def test_all_is_there():
    strip = load_strip()
    assert tuple(strip["width"]) == WIDTHS
    assert [(s["nonlinearity"], s["walls"]) for s in strip["swept"]] == list(SWEPT)
    assert all(
        len(s[name]) == len(WIDTHS) for s in strip["swept"] for name in ("spacing", "score_60", "score_90", "formed")
    )


def test_it_shows_proportion_plateaus_and_the_flip_to_squares():
    width, found = np.array(WIDTHS), swept("relu", False)
    spacing, formed = np.array(found["spacing"]), np.array(found["formed"])
    narrow = width <= 0.14
    predicted = np.array([tuning_annulus(one).spacing for one in width])
    assert set(formed[narrow]) == {"hexagonal"}
    np.testing.assert_allclose(spacing[narrow], predicted[narrow], rtol=0.1)
    plateau = (width >= 0.17) & (width <= 0.21)
    assert np.ptp(spacing[plateau]) < 0.01 < np.ptp(predicted[plateau])
    assert set(formed[(width >= 0.22) & (width <= 0.26)]) == {"square"}
    assert set(swept("tanh", False)["formed"]) == {"neither"}


def test_noise_has_formed_nothing():
    noise = np.random.default_rng(1).normal(size=(12, 32, 32))
    assert lattice_formed(noise, grid_scores(noise)).lattice == "neither"
