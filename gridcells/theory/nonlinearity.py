"""The nonlinearities under which patterns form, from one that breaks no symmetry to one that breaks it strongly."""

from __future__ import annotations

from typing import Any

import numpy as np

from gridcells._common.checks import check_choice, check_positive

__all__ = ["NONLINEARITIES", "apply_nonlinearity"]


NONLINEARITIES = ("linear", "tanh", "relu", "leaky", "quadratic")


def apply_nonlinearity(maps: Any, name: str, strength: float = 1.0) -> Any:
    """Apply a nonlinearity to each bin.

    Parameters
    ----------
    maps : array_like or torch.Tensor
        Activity, of any shape.
    name : {"linear", "tanh", "relu", "leaky", "quadratic"}
        u; tanh(strength · u) / strength; max(u, 0); max(u, 0) + (1 - strength) min(u, 0), from linear at 0 to ReLU at
        1; u + strength · u², which for small strength breaks the symmetry of sign a little.
    strength : float
        As above; "linear" and "relu" know none.

    Returns
    -------
    numpy.ndarray or torch.Tensor
        Of the kind that came in.

    Raises
    ------
    ValueError
        If the name is unknown, or the strength not above 0 (for "leaky": not between 0 and 1).

    Notes
    -----
    Source: Sorscher et al. 2019, section on the cubic term (any nonlinearity that is not odd), and released notebook
    (tanh, ReLU). Leaky and quadratic are ours, to break the symmetry by degrees.

    Examples
    --------
    >>> apply_nonlinearity(np.array([-1.0, 2.0]), "leaky", 0.75)
    array([-0.25,  2.  ])
    """
    check_choice(name, "nonlinearity", NONLINEARITIES)
    if name == "leaky":
        if not 0 <= strength <= 1:
            raise ValueError(f"strength: expected a number from 0 (linear) to 1 (ReLU) for 'leaky', got {strength!r}")
    elif name in ("tanh", "quadratic"):
        check_positive(strength, "strength")
    if name == "linear":
        return maps
    if name == "tanh":
        return ((strength * maps).tanh() if hasattr(maps, "detach") else np.tanh(strength * maps)) / strength
    if name == "quadratic":
        return maps + strength * maps**2
    below = 0.0 if name == "relu" else 1.0 - strength
    if hasattr(maps, "detach"):
        return maps.clamp(min=0) + below * maps.clamp(max=0)
    return np.maximum(maps, 0) if below == 0 else np.maximum(maps, below * maps)
