"""What a caller gets wrong is named, with what was expected and what came."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gridcells._common.checks import (
    as_numpy,
    check_choice,
    check_count,
    check_generator,
    check_positions,
    check_positive,
    nearest_name,
)
from gridcells.mechanism.lesions import pristine_activity
from gridcells.mechanism.topology import condense, roll
from gridcells.scores.nulls.low_pass import low_pass_noise
from gridcells.scores.nulls.matched import matched_null
from gridcells.scores.nulls.p_values import significance
from gridcells.scores.nulls.shuffles import field_shuffle
from gridcells.scores.scales import cluster_scales, discreteness
from gridcells.theory.principal_components import nonnegative_pca
from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.motion import SORSCHER, simulate
from gridcells.world.place_cells import uniform_centers


class FrameLike:
    """Converts to an array when asked, as a data frame does."""

    def __array__(self, dtype=None, copy=None):
        return np.array([[1.5, 2.5]], dtype=dtype)


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ([1, 2], np.float64, [1, 2]),
        ([True, False], np.float64, [1, 0]),
        (np.array([3], np.uint8), np.float64, [3]),
        (np.array([0.5], np.float32), np.float32, [0.5]),
        (torch.tensor([0.5, 1.0], requires_grad=True), np.float32, [0.5, 1]),
        (torch.arange(2), np.float64, [0, 1]),
        (FrameLike(), np.float64, [[1.5, 2.5]]),
        (2, np.float64, 2),
    ],
)
def test_numbers_of_any_kind_become_an_array(value, dtype, expected):
    array = as_numpy(value, "width")
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, expected)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [([1j], "complex128"), (["a"], "<U1"), ([None], "object"), (torch.zeros(1, dtype=torch.cfloat), "c")],
)
def test_what_is_no_real_number_is_refused(value, dtype):
    with pytest.raises(TypeError, match=f"width: expected real numbers, got dtype {dtype}"):
        as_numpy(value, "width")


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_positions(kind):
    assert check_positions(kind(np.zeros((4, 3, 2)))) is None
    assert check_positions(kind(np.zeros((0, 2)))) is None
    with pytest.raises(ValueError, match=re.escape("centers: expected shape [..., 2] (x, y in metres), got (2, 3)")):
        check_positions(kind(np.zeros((2, 3))), "centers")
    with pytest.raises(ValueError, match=re.escape("position: expected shape [..., 2] (x, y in metres), got ()")):
        check_positions(kind(np.array(1.0)))
    bad = np.zeros((5, 2))
    bad[1, 0], bad[2, 1], bad[3] = np.nan, np.inf, -np.inf
    with pytest.raises(ValueError, match="position: expected finite metres, got 4 NaN or infinite values"):
        check_positions(kind(bad))


def test_positions_on_another_device_are_not_waited_for():
    check_positions(torch.zeros(3, 2, device="meta"))  # a device that cannot say what the values are
    with pytest.raises(ValueError, match="position: expected shape"):
        check_positions(torch.zeros(3, 3, device="meta"))


@given(st.floats(min_value=0, exclude_min=True, allow_infinity=False))
def test_every_positive_number_passes_unchanged(number):
    assert check_positive(number, "width") == number


@pytest.mark.parametrize("value", [0, -0.5, float("nan"), float("inf"), "wide", None, [1, 2], np.zeros(2)])
def test_what_is_not_above_zero_is_refused(value):
    with pytest.raises(ValueError, match=re.escape(f"width: expected a number above 0 m, got {value!r}")):
        check_positive(value, "width", "m")


def test_positive_numbers_come_back_as_float():
    for value in (1, np.float32(1), torch.tensor(1.0), "1"):
        assert type(check_positive(value, "width")) is float
    with pytest.raises(ValueError, match="ratio: expected a number above 0, got 0"):  # no unit, no gap
        check_positive(0, "ratio")


@given(st.integers(min_value=3))
def test_every_large_enough_whole_number_passes(number):
    assert check_count(number, "bins", 3) == number


@pytest.mark.parametrize("value", [2, -1, 3.0, True, "3", None, np.float64(3)])
def test_what_is_no_count_is_refused(value):
    with pytest.raises(ValueError, match=re.escape(f"bins: expected a whole number of at least 3, got {value!r}")):
        check_count(value, "bins", 3)


def test_counts_come_back_as_int():
    assert type(check_count(np.int32(4), "bins")) is int
    assert check_count(0, "seed", 0) == 0


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("latice", " (did you mean 'lattice'?)"),
        ("laptops", " (did you mean 'laptop'?)"),
        ("banana", ""),
        ("", ""),
        (7, ""),
    ],
)
def test_the_nearest_name(name, hint):
    assert nearest_name(name, ["laptop", "lattice"]) == hint
    assert nearest_name(name, []) == ""


def test_choices():
    assert check_choice("mean", "form", ("mean", "min_max")) == "mean"
    message = "form: expected one of 'mean', 'min_max', got 'min-max' (did you mean 'min_max'?)"
    with pytest.raises(ValueError, match=re.escape(message)):
        check_choice("min-max", "form", ("mean", "min_max"))
    with pytest.raises(ValueError, match=re.escape("form: expected one of 'mean', got None") + "$"):
        check_choice(None, "form", ("mean",))


def test_a_generator_goes_on_and_a_seed_makes_a_new_one():
    generator = np.random.default_rng(3)
    assert check_generator(generator) is generator
    assert check_generator(np.int64(3)).random() == check_generator(3).random() == np.random.default_rng(3).random()


MAPS = np.random.default_rng(0).random((6, 8, 8))
SQUARE = Rectangle()


@pytest.mark.parametrize("generator", [None, True, "0", 1.5])
@pytest.mark.parametrize(
    "draw",
    [
        lambda generator: check_generator(generator),
        lambda generator: SQUARE.sample(3, generator),
        lambda generator: Circle().sample(3, generator),
        lambda generator: uniform_centers(3, SQUARE, generator),
        lambda generator: simulate(SORSCHER, SQUARE, 2, 3, generator),
        lambda generator: matched_null(MAPS, maps=2, generator=generator),
        lambda generator: low_pass_noise((8, 8), maps=2, cutoff=1.0, generator=generator),
        lambda generator: field_shuffle(MAPS, shuffles=2, generator=generator),
        lambda generator: significance(MAPS, generator=generator),
        lambda generator: cluster_scales([0.3, 0.4, 0.5], generator=generator),
        lambda generator: discreteness([0.3, 0.4, 0.5], generator=generator),
        lambda generator: nonnegative_pca(MAPS.reshape(6, -1), 2, generator=generator),
        lambda generator: pristine_activity(np.zeros((3, 2)), 4, spacing=0.5, generator=generator),
        lambda generator: condense(MAPS.reshape(6, -1), components=2, points=4, generator=generator),
        lambda generator: roll(MAPS.reshape(6, -1), generator),
    ],
)
def test_nothing_is_random_unless_it_is_said_how(draw, generator):
    with pytest.raises(TypeError, match="generator: expected a numpy.random.Generator or a seed, got"):
        draw(generator)
