"""Head-direction cells: each is active around its preferred heading."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from gridcells._common.checks import as_numpy, check_positive
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

    def __init__(self, preferred: Any, concentration: float) -> None:
        self.preferred = as_numpy(preferred, "preferred").astype(np.float64)  # [cell]
        if self.preferred.ndim != 1 or not np.isfinite(self.preferred).all():
            raise ValueError(f"preferred: expected finite radians of shape [cell], got shape {self.preferred.shape}")
        self.concentration = check_positive(concentration, "concentration")

    def __len__(self) -> int:
        return len(self.preferred)

    def log_density(self, heading: Any) -> Any:
        """Give κ cos(heading - preferred) of each cell for each heading [...] (rad) → [..., cell]."""
        heading, give_back = as_tensor(heading, "heading")
        if not bool(torch.isfinite(heading).all()):
            raise ValueError("heading: expected finite radians, got NaN or infinite values")
        preferred = torch.as_tensor(self.preferred, dtype=heading.dtype, device=heading.device)
        return give_back(self.concentration * torch.cos(heading[..., None] - preferred))

    def activity(self, heading: Any) -> Any:
        """Compute the posterior over cells at each heading [...] (rad) → [..., cell], summing to one."""
        return self.targets(heading, "softmax")

    def decode(self, activity: Any) -> Any:
        """Read a heading out of activity [..., cell]: the direction of the weighted mean vector → [...], rad."""
        activity, give_back = as_tensor(activity, "activity")
        if not activity.ndim or activity.shape[-1] != len(self):
            raise ValueError(f"activity: expected shape [..., {len(self)}], got {tuple(activity.shape)}")
        preferred = torch.as_tensor(self.preferred, dtype=activity.dtype, device=activity.device)
        return give_back(torch.atan2(activity @ torch.sin(preferred), activity @ torch.cos(preferred)))
