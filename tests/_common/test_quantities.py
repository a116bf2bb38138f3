"""Units and masks of other libraries' arrays, taken to plain numbers."""

import types

import numpy as np
import pytest

from gridcells._common.checks import as_numpy
from gridcells._common.quantities import factor_of, unmasked, without_unit


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("m", 1),
        ("Meters", 1),
        ("cm", 0.01),
        ("millimetres", 0.001),
        ("ms", 1e-3),
        ("degrees", np.pi / 180),
        ("kHz", 1e3),
    ],
)
def test_units_by_their_names(unit, factor):
    assert factor_of(unit) == pytest.approx(factor)
    assert factor_of("pixels") is None


def quantity(numbers, unit, kind):
    if kind == "pint":
        return types.SimpleNamespace(magnitude=numbers, units=unit)
    if kind == "astropy":
        return types.SimpleNamespace(value=numbers, unit=unit)
    return types.SimpleNamespace(values=numbers, attrs={"units": unit})


@pytest.mark.parametrize("kind", ["pint", "astropy", "xarray"])
def test_numbers_with_a_unit_become_si(kind):
    numbers = np.array([10.0, 20.0])
    np.testing.assert_allclose(as_numpy(quantity(numbers, "cm", kind), "position"), [0.1, 0.2])
    np.testing.assert_allclose(as_numpy(quantity(numbers, "ms", kind), "time"), [0.01, 0.02])
    np.testing.assert_allclose(as_numpy(quantity(numbers, "deg", kind), "heading"), np.deg2rad(numbers))
    np.testing.assert_allclose(as_numpy(quantity(numbers, "spikes/s", kind), "activity"), numbers)
    with pytest.raises(ValueError, match="position: expected the unit m, meter, .*, got 'ms'"):
        without_unit(quantity(numbers, "ms", kind), "position")


def test_quantities_of_that_library():
    quantities = pytest.importorskip("quantities")
    np.testing.assert_allclose(as_numpy(np.array([150.0]) * quantities.cm, "position"), [1.5])


def test_masks_are_nan():
    masked = np.ma.masked_array([1, 2, 3], mask=[False, True, False])
    np.testing.assert_array_equal(as_numpy(masked, "rate_maps"), [1, np.nan, 3])
    assert unmasked(np.ma.masked_array(np.float32([1, 2]), mask=[True, False])).dtype == np.float32
    assert unmasked([1, 2]) == [1, 2]
