"""Checks of what a caller passes in: every error names the argument, what was expected and what came."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, TypeGuard

import numpy as np
from numpy.typing import ArrayLike

from gridcells._common.quantities import unmasked, without_unit

if TYPE_CHECKING:
    import torch

__all__ = [
    "as_numpy",
    "as_samples",
    "check_choice",
    "check_count",
    "check_generator",
    "check_positions",
    "check_positive",
    "is_tensor",
    "nearest_name",
]


def is_tensor(value: object) -> TypeGuard[torch.Tensor]:
    """Return whether a value is a torch tensor, without importing torch for those who have none.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    bool
        False as well where torch was never imported: nothing can be a tensor then.

    Examples
    --------
    >>> is_tensor(np.zeros(3))
    False
    """
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def as_numpy(value: ArrayLike | torch.Tensor, name: str) -> np.ndarray:
    """Return a real numeric array, whether the caller passed numpy, torch, a list or a pandas-like object.

    Parameters
    ----------
    value : array_like or torch.Tensor
        What the caller passed.
    name : str
        The argument's name, for the message.

    Returns
    -------
    numpy.ndarray
        The same numbers; integers and booleans become float64. What a mask hides is NaN; numbers that carry a unit are
        taken to m, s, rad or Hz.

    Raises
    ------
    TypeError
        If the values are complex or not numbers.
    ValueError
        If they carry a unit that the argument cannot have.

    Examples
    --------
    >>> as_numpy([1, 2], "width")
    array([1., 2.])
    """
    if is_tensor(value):
        value = value.detach().cpu().numpy()
    array = np.asarray(unmasked(without_unit(value, name)))
    if array.dtype.kind in "biu":
        return array.astype(np.float64)
    if array.dtype.kind != "f":
        raise TypeError(f"{name}: expected real numbers, got dtype {array.dtype}")
    return array


def check_positions(position: np.ndarray | torch.Tensor, name: str = "position") -> None:
    """Raise unless ``position`` is finite and its last axis is (x, y) in metres.

    Parameters
    ----------
    position : numpy.ndarray or torch.Tensor, [..., 2]
        Positions, m. On a device other than the CPU only the shape is looked at.
    name : str
        The argument's name, for the message.

    Raises
    ------
    ValueError
        If the last axis is not of length 2, or a value is NaN or infinite.

    Examples
    --------
    >>> check_positions(np.zeros((5, 2)))
    >>> check_positions(np.zeros((5, 3)))
    Traceback (most recent call last):
    ValueError: position: expected shape [..., 2] (x, y in metres), got (5, 3)
    """
    shape = tuple(position.shape)
    if not shape or shape[-1] != 2:
        raise ValueError(f"{name}: expected shape [..., 2] (x, y in metres), got {shape}")
    if is_tensor(position):
        if position.device.type != "cpu":  # looking would make the program wait for the device
            return
        position = position.detach().numpy()
    finite = np.isfinite(position)
    if not bool(finite.all()):
        bad = int((~finite).sum())
        raise ValueError(f"{name}: expected finite metres, got {bad} NaN or infinite values")


def check_positive(value: float | str, name: str, unit: str = "") -> float:
    """Return ``value`` as a float, or raise unless it is one finite number above zero.

    Parameters
    ----------
    value : float
        The number to check.
    name, unit : str
        The argument's name and unit, for the message.

    Raises
    ------
    ValueError
        If it is not a finite number above zero.

    Examples
    --------
    >>> check_positive(0.12, "width", "m")
    0.12
    """
    expected = f"{name}: expected a number above 0{' ' + unit if unit else ''}, got {value!r}"
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError(expected) from None
    if not np.isfinite(number) or number <= 0:
        raise ValueError(expected)
    return number


def check_count(value: object, name: str, minimum: int = 1) -> int:
    """Return ``value`` as an int, or raise unless it is a whole number of at least ``minimum``.

    Parameters
    ----------
    value : int
        The number to check.
    name : str
        The argument's name, for the message.
    minimum : int
        The smallest number allowed.

    Raises
    ------
    ValueError
        If it is not a whole number, or too small.

    Examples
    --------
    >>> check_count(20, "bins")
    20
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < minimum:
        raise ValueError(f"{name}: expected a whole number of at least {minimum}, got {value!r}")
    return int(value)


def check_generator(generator: np.random.Generator | int | None) -> np.random.Generator:
    """Return the generator, one made from a seed, or raise if it is neither: nothing is random unless it is said how.

    Parameters
    ----------
    generator : numpy.random.Generator or int
        Source of randomness, or a seed for one.

    Returns
    -------
    numpy.random.Generator
        The very generator that came, so that its stream goes on; or a new one of the seed.

    Raises
    ------
    TypeError
        If it is neither; None, which NumPy would seed from the clock, is refused too.

    Examples
    --------
    >>> check_generator(0).integers(10)
    np.int64(8)
    >>> check_generator(None)
    Traceback (most recent call last):
    TypeError: generator: expected a numpy.random.Generator or a seed, got NoneType
    """
    if isinstance(generator, bool) or not isinstance(generator, np.random.Generator | int | np.integer):
        raise TypeError(f"generator: expected a numpy.random.Generator or a seed, got {type(generator).__name__}")
    return np.random.default_rng(generator)


def nearest_name(name: str, choices: Iterable[str]) -> str:
    """Return which of ``choices`` a misspelt ``name`` most likely meant, as the end of a sentence.

    Parameters
    ----------
    name : str
        What was written.
    choices : iterable of str
        What would have been understood.

    Returns
    -------
    str
        " (did you mean 'x'?)", or "" where nothing is near.

    Examples
    --------
    >>> nearest_name("latice", ["laptop", "lattice"])
    " (did you mean 'lattice'?)"
    """
    near = difflib.get_close_matches(str(name), list(choices), n=1, cutoff=0.5)
    return f" (did you mean {near[0]!r}?)" if near else ""


def check_choice(value: str, name: str, choices: Sequence[str]) -> str:
    """Return ``value``, or raise unless it is one of ``choices``, suggesting the nearest.

    Parameters
    ----------
    value : str
        The word to check.
    name : str
        The argument's name, for the message.
    choices : sequence of str
        The words allowed.

    Raises
    ------
    ValueError
        If it is none of them.

    Examples
    --------
    >>> check_choice("mean", "form", ("mean", "min_max"))
    'mean'
    """
    if value not in choices:
        raise ValueError(
            f"{name}: expected one of {', '.join(map(repr, choices))}, got {value!r}{nearest_name(value, choices)}"
        )
    return value


def as_samples(
    values: ArrayLike | torch.Tensor, name: str = "activity", shape: tuple[str, str] = ("sample", "unit")
) -> np.ndarray:
    """Return what the caller passed as a finite float64 array of two axes with at least four rows.

    Parameters
    ----------
    values : array_like or torch.Tensor, [sample, unit]
        What the caller passed.
    name : str
        The argument's name, for the message.
    shape : (str, str)
        The axes' names, for the message.

    Returns
    -------
    numpy.ndarray, [sample, unit]
        The values.

    Raises
    ------
    ValueError
        If there are other axes, fewer than four rows, or numbers that are not finite.

    Examples
    --------
    >>> as_samples([[0, 1]] * 4).shape
    (4, 2)
    """
    array = as_numpy(values, name)
    if array.ndim != 2 or len(array) < 4:
        raise ValueError(f"{name}: expected shape [{', '.join(shape)}] of at least 4 {shape[0]}s, got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: expected finite numbers, got {int((~np.isfinite(array)).sum())} that are not")
    return array.astype(float)
