"""Head-direction cells: each is active around its preferred heading."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_positive
from gridcells._common.protocols import Array
from gridcells.world.ensembles import Ensemble, as_tensor

__all__ = ["HeadDirectionCells"]


class HeadDirectionCells(Ensemble):
    """Head-direction cells with von Mises tuning.

    Parameters
    ----------
    preferred : array_like, [cell]
        Preferred directions, rad.
    concentration : float
        Concentration κ of the von Mises tuning; 20 is a width of about 13°.

    Raises
    ------
    ValueError
        If the directions are not a finite [cell] array, or the concentration is not above zero.

    Notes
    -----
    Source: Banino et al. 2018, Methods (12 cells, κ = 20).

    Examples
    --------
    >>> cells = HeadDirectionCells([0.0, np.pi / 2], concentration=20.0)
    >>> cells.activity(np.array([0.0])).round(3)
    array([[1., 0.]])
    """

    def __init__(self, preferred: ArrayLike | torch.Tensor, concentration: float) -> None:
        self.preferred = as_numpy(preferred, "preferred").astype(np.float64)  # [cell]
        if self.preferred.ndim != 1 or not np.isfinite(self.preferred).all():
            raise ValueError(f"preferred: expected finite radians of shape [cell], got shape {self.preferred.shape}")
        self.concentration = check_positive(concentration, "concentration")

    def __len__(self) -> int:
        return len(self.preferred)

    def log_density(self, heading: Array) -> Array:
        """Return κ cos(heading - preferred) of each cell for each heading [...] (rad) → [..., cell]."""
        angle, give_back = as_tensor(heading, "heading")
        if not bool(torch.isfinite(angle).all()):
            raise ValueError("heading: expected finite radians, got NaN or infinite values")
        preferred = torch.as_tensor(self.preferred, dtype=angle.dtype, device=angle.device)
        return give_back(self.concentration * torch.cos(angle[..., None] - preferred))

    def activity(self, heading: Array) -> Array:
        """Compute the posterior over cells at each heading [...] (rad) → [..., cell], summing to one."""
        return self.targets(heading, "softmax")

    def decode(self, activity: Array) -> Array:
        """Read a heading out of activity [..., cell]: the direction of the weighted mean vector → [...], rad."""
        rates, give_back = as_tensor(activity, "activity")
        if not rates.ndim or rates.shape[-1] != len(self):
            raise ValueError(f"activity: expected shape [..., {len(self)}], got {tuple(rates.shape)}")
        preferred = torch.as_tensor(self.preferred, dtype=rates.dtype, device=rates.device)
        return give_back(torch.atan2(rates @ torch.sin(preferred), rates @ torch.cos(preferred)))
