"""Numbers that carry a unit or a mask: taken to metres, seconds, radians and hertz, and to NaN where masked."""

from __future__ import annotations

import numpy as np

__all__ = ["ANGLES", "LENGTHS", "RATES", "TIMES", "factor_of", "unmasked", "without_unit"]

LENGTHS = {"m": 1.0, "meter": 1.0, "metre": 1.0, "cm": 0.01, "centimeter": 0.01, "centimetre": 0.01}
LENGTHS |= {"mm": 0.001, "millimeter": 0.001, "millimetre": 0.001}
TIMES = {"s": 1.0, "sec": 1.0, "second": 1.0, "ms": 1e-3, "msec": 1e-3, "millisecond": 1e-3}
TIMES |= {"us": 1e-6, "µs": 1e-6, "μs": 1e-6, "microsecond": 1e-6, "min": 60.0, "minute": 60.0}
ANGLES = {"rad": 1.0, "radian": 1.0, "deg": np.pi / 180, "degree": np.pi / 180, "°": np.pi / 180}
RATES = {"hz": 1.0, "hertz": 1.0, "1/s": 1.0, "s^-1": 1.0, "khz": 1000.0, "kilohertz": 1000.0}
NOTHING = ("", "dimensionless", "none", "1", "a.u.", "au")
#: What an argument of this name is measured in; other arguments may have any unit.
MEASURED = {
    "position": LENGTHS,
    "bin_size": LENGTHS,
    "bounds": LENGTHS,
    "time": TIMES,
    "spike_times": TIMES,
    "occupancy": TIMES,
    "heading": ANGLES,
}


def factor_of(unit: object, *tables: dict[str, float]) -> float | None:
    """Return what a number in this unit is multiplied by to be in m, s, rad or Hz.

    Parameters
    ----------
    unit : object
        The unit as text, or an object whose text names it.
    *tables : dict
        Tables to look in; all of this module's by default.

    Returns
    -------
    float or None
        The factor; None for a unit of another kind.

    Examples
    --------
    >>> factor_of("centimeters"), factor_of("furlong")
    (0.01, None)
    """
    word = str(getattr(getattr(unit, "dimensionality", None), "string", None) or unit).strip().lower()
    word = word.removeprefix("1.0 ").removeprefix("1 ").partition(" (")[0].strip()
    for table in tables or (LENGTHS, TIMES, ANGLES, RATES):
        for spelt in (word, word.removesuffix("s") if len(word) > 3 else word):
            if spelt in table:
                return table[spelt]
    return None


def unmasked(value: object) -> object:
    """Return a masked array with NaN where it is masked, and anything else as it came.

    Examples
    --------
    >>> unmasked(np.ma.masked_equal([1, -1], -1))
    array([ 1., nan])
    """
    if not isinstance(value, np.ma.MaskedArray):
        return value
    if value.dtype.kind not in "biuf":
        return value.filled()
    numbers = np.ma.asarray(value, dtype=np.float32 if value.dtype == np.float32 else np.float64)
    return np.ma.filled(numbers, np.nan)


def without_unit(value: object, name: str) -> object:
    """Return the numbers of an object that carries a unit, in m, s, rad or Hz; anything else as it came.

    Parameters
    ----------
    value : object
        A quantity of astropy, pint or quantities, an xarray object with the attribute ``units``, or anything else.
    name : str
        The argument's name, for the message and for what it must be measured in.

    Returns
    -------
    object
        Numbers without a unit.

    Raises
    ------
    ValueError
        If the unit is none that the argument can have.

    Examples
    --------
    >>> class Length:
    ...     magnitude, units = np.array([150.0]), "cm"
    >>> without_unit(Length(), "position")
    array([1.5])
    """
    if hasattr(value, "magnitude") and hasattr(value, "units"):
        numbers, unit = value.magnitude, value.units
    elif hasattr(value, "unit") and hasattr(value, "value") and not callable(value.value):
        numbers, unit = value.value, value.unit
    elif isinstance(known := getattr(value, "attrs", None), dict) and "units" in known and hasattr(value, "values"):
        numbers, unit = value.values, known["units"]
    else:
        return value
    wanted = MEASURED.get(name)
    factor = factor_of(unit, wanted) if wanted is not None else factor_of(unit) or 1.0
    if factor is None:
        if name == "occupancy" and str(unit).strip().lower() in NOTHING:
            return numbers
        raise ValueError(f"{name}: expected the unit {', '.join(wanted or ())}, got {str(unit)!r}")
    return numbers if factor == 1 else np.asarray(unmasked(numbers)) * factor
