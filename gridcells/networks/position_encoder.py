"""The one-layer network: told where it is, bin by bin, it predicts place-cell activity through one hidden layer."""

from __future__ import annotations

import math

import torch
from torch import nn

from gridcells._common.bins import Bins, Bounded, check_bins
from gridcells._common.checks import check_count
from gridcells.networks.undrawn import undrawn_layers

__all__ = ["PositionEncoder"]


class PositionEncoder(nn.Module):
    """A hidden layer with a free value in every bin of the arena, and a linear decoder.

    Parameters
    ----------
    place_cells : int
        Place cells in the output.
    units : int
        Hidden units.
    arena : Rectangle, Circle or Polygon
        Where; of a room that is no rectangle the bins lie over the smallest one around it.
    bins : int or (int, int)
        Bins along x and along y, or as many along both; a position enters as one-hot over them.
    rectified : bool
        Cut the hidden activity off at 0.
    gain : float
        Scale of the initial weights, over uniform ±1/√units.
    generator : torch.Generator, optional
        The source of the initial weights; None leaves them zero, to be loaded.

    Raises
    ------
    ValueError
        If a count is not above 0.

    Notes
    -----
    Source: Sorscher et al. 2019, Fig. 1, and 2023, Fig. 2: the one-layer network on the position encoding task, whose
    hidden activity is the matrix G of the theory.

    Examples
    --------
    >>> from gridcells.world import Rectangle
    >>> network = PositionEncoder(512, 64, Rectangle(), generator=torch.Generator().manual_seed(0))
    >>> network.hidden(torch.zeros(2, 20, 2)).shape
    torch.Size([2, 20, 64])
    """

    def __init__(
        self,
        place_cells: int,
        units: int,
        arena: Bounded,
        *,
        bins: Bins = 20,
        rectified: bool = False,
        gain: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.arena, self.bins, self.rectified = arena, check_bins(bins), rectified
        with undrawn_layers(self):
            self.encoder = nn.Linear(math.prod(self.bins), check_count(units, "units"), bias=False)
            self.decoder = nn.Linear(units, check_count(place_cells, "place_cells"), bias=False)
        bound = 0.0 if generator is None else units**-0.5
        with torch.no_grad():
            low = 0.0 if rectified else -gain * bound  # below 0, a bin of a rectified unit would never learn
            self.encoder.weight.uniform_(low, gain * bound, generator=generator)
            self.decoder.weight.uniform_(-gain * bound, gain * bound, generator=generator)

    @property
    def units(self) -> int:
        """Hidden units."""
        return self.decoder.in_features

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.decoder.weight.device

    def hidden(self, position: torch.Tensor) -> torch.Tensor:
        """Return the hidden activity at positions [..., 2] (m) → [..., unit]."""
        x_min, x_max, y_min, y_max = self.arena.bounds
        low, size = (
            torch.tensor(ends, dtype=position.dtype, device=position.device)
            for ends in ((x_min, y_min), (x_max - x_min, y_max - y_min))
        )
        bins = torch.tensor(self.bins, device=position.device)
        bin_x, bin_y = ((position - low) / size * bins).long().clamp(torch.zeros_like(bins), bins - 1).unbind(-1)
        table = self.encoder.weight.T  # [bin, unit]
        activity = nn.functional.embedding(bin_x * self.bins[1] + bin_y, table)
        return activity.relu() if self.rectified else activity

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Predict place-cell activity, before the softmax, from hidden [..., unit] → [..., cell]."""
        return self.decoder(hidden)
