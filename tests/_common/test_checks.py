"""What a caller gets wrong is named, with what was expected and what came."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gridcells._common.checks import as_numpy, check_choice, check_count, check_positions, check_positive, nearest_name


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
