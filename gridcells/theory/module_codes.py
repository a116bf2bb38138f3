"""What several modules can tell apart, and what a place cell can make of them: range and capacity of a grid code."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linprog

from gridcells._common.checks import as_numpy, check_count, check_generator

__all__ = ["capacity", "code_rank", "coding_range", "module_code", "realised_share", "separable"]


def module_code(periods: Sequence[int], places: int) -> np.ndarray:
    """Return the code of modules on a line of places: in each module the one cell that has this phase is active.

    Parameters
    ----------
    periods : sequence of int
        Each module's period, in places.
    places : int
        How many places.

    Returns
    -------
    numpy.ndarray, [place, cell]
        Zeros and ones; the cells of the first module first.

    Raises
    ------
    ValueError
        If a period or the number of places is not a whole number above 0.

    Notes
    -----
    Source: Yim et al. 2021, Fig. 1B: discrete places, binary patterns.

    Examples
    --------
    >>> module_code([2, 3], 4)
    array([[1., 0., 1., 0., 0.],
           [0., 1., 0., 1., 0.],
           [1., 0., 0., 0., 1.],
           [0., 1., 1., 0., 0.]])
    """
    place = np.arange(check_count(places, "places"))
    return np.concatenate([np.eye(check_count(one, "periods"))[place % one] for one in periods], axis=1)


def coding_range(periods: Sequence[int]) -> int:
    """Return the number of places until the code of some modules comes again: their least common multiple.

    Examples
    --------
    >>> coding_range([2, 3])
    6
    """
    return math.lcm(*(check_count(one, "periods") for one in periods))


def code_rank(periods: Sequence[int]) -> int:
    """Compute the rank of the code of some modules: the number of different waves among them.

    A module of period λ holds the waves of frequency j/λ; the one of frequency 0 is in all of them. Of periods without
    a common divisor the rank is their sum, less one for each module after the first.

    Examples
    --------
    >>> code_rank([2, 3]), code_rank([2, 4])
    (4, 4)
    """
    return len({Fraction(j, one) for one in periods for j in range(check_count(one, "periods"))})


def capacity(code: ArrayLike) -> int:
    """Return how many places from the first on a place cell can be given any fields in.

    Parameters
    ----------
    code : array_like, [place, cell]
        The code, every module's activity summing to the same everywhere.

    Returns
    -------
    int
        The greatest number of first places whose codes are linearly independent: of these any arrangement of fields is
        a weighted sum above a threshold, of one place more it is not.

    Raises
    ------
    ValueError
        If the code has not two axes.

    Notes
    -----
    Source: Yim et al. 2021, separating capacity: points in general position are separable in every way.

    Examples
    --------
    >>> capacity(module_code([2, 3], 6))
    4
    """
    rows = as_numpy(code, "code").astype(float)
    if rows.ndim != 2:
        raise ValueError(f"code: expected shape [place, cell], got {rows.shape}")
    free = np.abs(np.diag(np.linalg.qr(rows.T, mode="r"))) > 1e-9  # what a place adds to those before
    return len(free) if free.all() else int(free.argmin())


def separable(code: ArrayLike, fields: ArrayLike) -> bool:
    """Return whether some weights and a threshold make a cell fire at exactly these places.

    Parameters
    ----------
    code : array_like, [place, cell]
        What it hears.
    fields : array_like of bool, [place]
        Where it fires.

    Returns
    -------
    bool
        Whether it can, by linear programming.

    Raises
    ------
    ValueError
        If there is not one entry a place.

    Examples
    --------
    >>> separable(module_code([2, 3], 4), [True, False, False, True])
    True
    """
    rows, wanted = as_numpy(code, "code").astype(float), as_numpy(fields, "fields").astype(bool)
    if rows.ndim != 2 or wanted.shape != rows.shape[:1]:
        raise ValueError(f"fields: expected shape {rows.shape[:1]} of a code [place, cell], got {wanted.shape}")
    sign = np.where(wanted, 1.0, -1.0)[:, None]
    bound = (
        -sign * np.c_[rows, -np.ones(len(rows))]
    )  # w · x - threshold at least 1 where it fires, at most -1 elsewhere
    found = linprog(np.zeros(bound.shape[1]), bound, -np.ones(len(rows)), bounds=(None, None), method="highs")
    return bool(found.status == 0)


def realised_share(
    periods: Sequence[int], places: int, *, arrangements: int = 100, generator: np.random.Generator | int
) -> float:
    """Measure which share of random arrangements of fields a place cell can realise.

    Parameters
    ----------
    periods : sequence of int
        Each module's period, in places.
    places : int
        Over how many places fields are arranged; each is one with probability one half.
    arrangements : int
        How many are tried.
    generator : numpy.random.Generator or int
        Source of the arrangements, or a seed for one.

    Returns
    -------
    float
        The share.

    Raises
    ------
    ValueError
        If a count is not a whole number above 0.

    Examples
    --------
    >>> realised_share([2, 3], 4, arrangements=20, generator=0)
    1.0
    """
    code = module_code(periods, places)
    drawn = check_generator(generator).random((check_count(arrangements, "arrangements"), places)) < 0.5
    if np.linalg.matrix_rank(np.c_[code, np.ones(places)]) == places:
        return 1.0  # as many equations as unknowns: weights that give any rates, hence any fields
    return float(np.mean([separable(code, fields) for fields in drawn]))
