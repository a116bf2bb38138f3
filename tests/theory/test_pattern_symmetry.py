"""Kinds of patterns beside their null, and drawings of the theory."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from gridcells import plots
from gridcells.scores import low_pass_noise
from gridcells.scores.lattices import lattice_maps
from gridcells.theory.covariance import tuning_covariance
from gridcells.theory.pattern_symmetry import pattern_kinds
from gridcells.world.arenas import Rectangle

ARENA = Rectangle(2.2, 2.2)
TURNS = np.linspace(0, np.pi / 2, 24)


@pytest.mark.parametrize("kind", ["hexagonal", "square"])
def test_lattices_are_told_apart(kind):
    kinds = pattern_kinds(lattice_maps(ARENA, 0.55, kind=kind, orientation=TURNS, bins=32), generator=0)
    assert getattr(kinds, kind).mean() > 0.9
    other = "square" if kind == "hexagonal" else "hexagonal"
    assert not getattr(kinds, other).any()
    assert f"{kind} {getattr(kinds, kind).mean():.0%}" in repr(kinds)


def test_noise_is_neither():
    kinds = pattern_kinds(low_pass_noise((24, 24), maps=200, cutoff=2.0, bin_size=2.2 / 24, generator=3), generator=0)
    assert kinds.above_60 < 0.12 and kinds.above_90 < 0.12
    assert kinds.hexagonal.mean() <= kinds.above_60 and kinds.square.mean() <= kinds.above_90


MAPS = np.random.default_rng(0).random((3, 6, 6))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.plot_map_grid(MAPS, titles=["one"]), "titles: expected 3, one a map, got 1"),
        (lambda: plots.plot_map_grid(MAPS[0]), "maps: expected shape"),
        (lambda: plots.plot_map_table({}), "table: expected at least one row"),
        (lambda: plots.plot_map_table({"a": {"x": MAPS}, "b": {"y": MAPS}}), "expected the columns x, got y"),
        (lambda: plots.plot_radial_spectra([1.0, 2.0], {}), "spectra: expected at least one"),
        (lambda: plots.plot_radial_spectra([1.0, 2.0], {"a": [1.0]}), "expected 2 values, got 1"),
        (lambda: plots.plot_eigenvalues({}), "shares: expected at least one"),
        (
            lambda: plots.plot_choices([0, 1], [0], [[0, 3]], ["a"], xlabel="", ylabel=""),
            "chosen: expected indices below 1, got 0 to 3",
        ),
        (
            lambda: plots.plot_flow([0, 1], [0, 1], np.zeros((2, 1, 2)), xlabel="", ylabel=""),
            r"change: expected shape \(2, 2, 2\), got \(2, 1, 2\)",
        ),
        (lambda: plots.plot_predicted_spacing([1.0], {"a": [1.0, 2.0]}), "expected 1 spacings, got 2"),
        (lambda: plots.plot_distributions({}, xlabel="x"), "values: expected at least one group"),
        (lambda: plots.plot_distributions({"a": [np.nan]}, xlabel="x"), "expected at least one number that is not NaN"),
    ],
)
def test_drawings_of_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_drawings_say_what_they_show():
    first, second = plots.plot_covariance(tuning_covariance(0.12))
    assert "displacement" in first.get_xlabel() and "cycles a box" in second.get_xlabel()
    assert len(second.patches) == 1  # the ring
    assert not plots.plot_covariance(tuning_covariance(0.12, tuning="gaussian"))[1].patches  # there is none
    figure = plots.plot_map_grid(MAPS, titles=["a", "b", "c"])
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c"]
    figure = plots.plot_map_table({"rnn": {"wide": MAPS}}, titles={"rnn": {"wide": "60°: 0.1"}})
    assert figure.subfigs[0].get_suptitle() == "rnn, wide\n60°: 0.1"
    ax = plots.plot_distributions({"grid": [1.0, 2.0, np.nan]}, xlabel="correlation")
    assert ax.get_legend().get_texts()[0].get_text() == "grid (2)"
    plt.close("all")
