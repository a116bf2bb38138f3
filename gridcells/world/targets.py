"""Targets beyond one field a cell: several fields, mixed widths, random mixtures of fields, and plain coordinates."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice, check_positions
from gridcells._common.protocols import Array
from gridcells.world.arenas import Arena
from gridcells.world.ensembles import as_tensor
from gridcells.world.place_cells import PlaceCells

__all__ = ["Coordinates", "MixedCells"]


class MixedCells(PlaceCells):
    """Cells whose activity is a weighted sum of fields, each with its own centre and width.

    Parameters
    ----------
    centers : array_like, [field, 2]
        Field centres, m, inside the arena.
    widths : array_like, [field]
        Field widths σ, m.
    mixing : array_like, [cell, field]
        How much of each field is in each cell: zeros and ones for cells with several fields, Gaussian numbers for
        random targets that have the covariance of the fields.
    tuning : {"difference_of_softmaxes", "gaussian"}
        As in `PlaceCells`; the softmax is over fields, and the sum over a cell's fields comes before the shift and the
        normalisation.
    surround_ratio : float
        Surround variance over centre variance.
    arena : Rectangle or Circle
        Where the cells live.

    Raises
    ------
    ValueError
        If the shapes do not fit, a width is not above zero, or the tuning is another.

    Notes
    -----
    Source: Schaeffer et al. 2022 (several fields a cell, 1 + Poisson(3), and mixed widths); the reply to it of the same
    year (random targets with the same covariance). A cell of a mixed code has no one centre, so positions are
    decoded by maximum likelihood over a lattice of positions 5 cm apart.

    Examples
    --------
    >>> two = MixedCells([[0, 0], [0.5, 0], [1, 0]], [0.2] * 3, [[1, 0, 1], [0, 1, 0]], tuning="gaussian")
    >>> two.activity([[0.0, 0.0]]).round(2)
    array([[0.96, 0.04]])
    """

    def __init__(
        self,
        centers: ArrayLike,
        widths: ArrayLike,
        mixing: ArrayLike,
        *,
        tuning: str = "difference_of_softmaxes",
        surround_ratio: float = 2.0,
        arena: Arena | None = None,
    ) -> None:
        check_choice(tuning, "tuning", ("difference_of_softmaxes", "gaussian"))
        field_centers = as_numpy(centers, "centers")
        self.widths = as_numpy(widths, "widths").astype(np.float64)
        self.mixing = as_numpy(mixing, "mixing").astype(np.float64)  # [cell, field]
        if self.widths.shape != (len(field_centers),) or not (self.widths > 0).all():
            raise ValueError(f"widths: expected {len(field_centers)} numbers above 0, in m, got {widths!r}")
        if self.mixing.ndim != 2 or self.mixing.shape[1] != len(field_centers):
            raise ValueError(f"mixing: expected shape [cell, {len(field_centers)}], got {self.mixing.shape}")
        super().__init__(
            field_centers, float(self.widths.mean()), tuning=tuning, surround_ratio=surround_ratio, arena=arena
        )

    def __len__(self) -> int:
        return len(self.mixing)

    def _exponent(self, position: torch.Tensor) -> torch.Tensor:
        widths = torch.as_tensor(self.widths, dtype=position.dtype, device=position.device)
        return self._squared_distance(position).mul_(-0.5 / widths**2)

    def _mixed(self, fields: torch.Tensor) -> torch.Tensor:
        return fields @ torch.as_tensor(self.mixing, dtype=fields.dtype, device=fields.device).T

    def targets(self, stimulus: Array, kind: str = "softmax", *, generator: torch.Generator | None = None) -> Array:
        """Make what a network is asked to predict: the activity, which is a distribution over cells already."""
        check_choice(kind, "kind", ("softmax",))
        return self.activity(stimulus)

    def decode(self, activity: Array, k: int = 3, *, over_edge: bool = True) -> Array:
        """Read the likeliest position out of log activity, or logits, [..., cell] → [..., 2], m; ``k`` is not used."""
        return self.decode_maximum_likelihood(activity)


class Coordinates:
    """Position itself as the target: two Cartesian coordinates, or distance and direction from the middle.

    Parameters
    ----------
    tuning : {"cartesian", "polar"}
        (x, y), or the distance from the middle with the cosine and the sine of the direction.
    arena : Rectangle
        Where; lengths are in units of half its width.

    Raises
    ------
    ValueError
        If the tuning is another.

    Notes
    -----
    Source: the first two families of Schaeffer et al. 2022. The direction as cosine and sine is ours: an angle jumps.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> cells = Coordinates("polar", Rectangle())
    >>> cells.targets(torch.tensor([[0.0, 1.1]])).round(decimals=3)
    tensor([[1., 0., 1.]])
    >>> cells.decode(torch.tensor([[1.0, 0.0, 2.0]])).round(decimals=3)
    tensor([[0.0000, 1.1000]])
    """

    def __init__(self, tuning: str, arena: Arena) -> None:
        self.tuning, self.arena = check_choice(tuning, "tuning", ("cartesian", "polar")), arena
        self._half = arena.size[0] / 2  # of the width; arenas are centred on the origin

    def __len__(self) -> int:
        return 2 if self.tuning == "cartesian" else 3

    def targets(self, position: Array) -> Array:
        """Return the coordinates [..., 2 or 3] of positions [..., 2] (m), in half widths."""
        place, give_back = as_tensor(position, "position")
        check_positions(place)
        away = place / self._half
        if self.tuning == "cartesian":
            return give_back(away)
        distance = away.norm(dim=-1, keepdim=True)
        return give_back(torch.cat([distance, away / distance.clamp_min(1e-9)], dim=-1))

    def initial_code(self, position: Array) -> Array:
        """Encode where a path begins, as a network is told it: (entries · code - 1) are the coordinates."""
        place, give_back = as_tensor(position, "position")
        return give_back((1 + self.targets(place)) / len(self))

    def loss(self, logits: torch.Tensor, position: torch.Tensor) -> torch.Tensor:
        """Measure the mean squared error of predicted coordinates, in half widths squared (a scalar)."""
        return torch.nn.functional.mse_loss(logits, self.targets(position))

    def decode_maximum_likelihood(self, logits: Array) -> Array:
        """Read positions as `decode` does: there is no likelihood to maximise."""
        return self.decode(logits)

    def decode(self, activity: Array) -> Array:
        """Read positions [..., 2] (m) out of predicted coordinates [..., 2 or 3]."""
        outputs, give_back = as_tensor(activity, "activity")
        away = outputs
        if self.tuning == "polar":
            direction = outputs[..., 1:]
            away = outputs[..., :1] * direction / direction.norm(dim=-1, keepdim=True).clamp_min(1e-9)
        return give_back(away * self._half)
