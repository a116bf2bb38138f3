"""Targets beyond one field a cell: several fields, mixed widths, random mixtures of fields, and plain coordinates."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice, check_positions
from gridcells._common.protocols import Array
from gridcells.world.arenas import Arena
from gridcells.world.ensembles import as_tensor, to_distribution
from gridcells.world.place_cells import PlaceCells

__all__ = ["Coordinates", "MixedCells", "NearestFieldCells"]


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
    arena : Rectangle, Circle or Polygon
        Where the cells live.
    distance : {"straight", "geodesic"}
        As in `PlaceCells`.

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
        distance: str = "straight",
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
            field_centers,
            float(self.widths.mean()),
            tuning=tuning,
            surround_ratio=surround_ratio,
            arena=arena,
            distance=distance,
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


class NearestFieldCells(MixedCells):
    """Cells of several fields of which the nearest alone counts, each field with a width and a surround of its own.

    Parameters
    ----------
    centers : array_like, [field, 2]
        Field centres, m, inside the arena.
    widths : array_like, [field]
        Field widths σ, m.
    owner : array_like of int, [field]
        Which cell each field belongs to; every cell has one at least.
    surround_ratios : array_like, [field]
        Surround variance over centre variance, above 1.
    arena : Rectangle, Circle or Polygon
        Where the cells live.
    distance : {"straight", "geodesic"}
        As in `PlaceCells`.

    Raises
    ------
    ValueError
        If the shapes do not fit, a cell has no field, or a width or ratio is out of range.

    Notes
    -----
    Source: code released with Schaeffer et al. 2022 (several fields a cell): of a cell's fields the one counts that is
    nearest in units of its own width; the difference is that of two softmaxes over cells, of the nearest fields and of
    their surrounds. `MixedCells` adds a cell's fields up instead.

    Examples
    --------
    >>> two = NearestFieldCells([[0, 0], [0.5, 0], [1, 0]], [0.2] * 3, [0, 1, 0], [4.0] * 3)
    >>> bool((two.activity([[0.0, 0.0], [1.0, 0.0]]).argmax(-1) == 0).all())
    True
    """

    def __init__(
        self,
        centers: ArrayLike,
        widths: ArrayLike,
        owner: ArrayLike,
        surround_ratios: ArrayLike,
        *,
        arena: Arena | None = None,
        distance: str = "straight",
    ) -> None:
        owners = as_numpy(owner, "owner").astype(int)
        counts = np.bincount(owners)
        if owners.ndim != 1 or not counts.all():
            raise ValueError(f"owner: expected a cell for each field and a field for each cell, got {counts} fields")
        mixing = (owners == np.arange(len(counts))[:, None]).astype(np.float64)
        super().__init__(centers, widths, mixing, arena=arena, distance=distance)
        self.surround_ratios = as_numpy(surround_ratios, "surround_ratios").astype(np.float64)
        if self.surround_ratios.shape != self.widths.shape or not (self.surround_ratios > 1).all():
            raise ValueError(
                f"surround_ratios: expected {len(self.widths)} numbers above 1, got {self.surround_ratios!r}"
            )
        # Cells of most fields first: all first fields, then all second ones, and so on, are then each a run of cells.
        cells = np.argsort(-counts, kind="stable")
        fields = [np.flatnonzero(owners == cell) for cell in cells]
        self._runs = [np.array([own[rank] for own in fields if len(own) > rank]) for rank in range(counts.max())]
        self._place = np.argsort(cells)  # of each cell in that order

    def activity(self, position: Array) -> Array:
        """Compute the activity of every cell at positions [..., 2] (m) → [..., cell], summing to one."""
        place, give_back = as_tensor(position, "position")
        check_positions(place)
        exponent = self._exponent(place)  # [..., field], -d²/2σ²
        ratios = torch.as_tensor(self.surround_ratios, dtype=exponent.dtype, device=exponent.device)
        first, *further = (torch.as_tensor(run, device=exponent.device) for run in self._runs)
        nearest = exponent.index_select(-1, first)
        ratio = ratios[first].expand_as(nearest).clone()
        for run in further:
            these, held = exponent.index_select(-1, run), nearest[..., : len(run)]
            nearer = these > held
            ratio[..., : len(run)] = torch.where(nearer, ratios[run], ratio[..., : len(run)])
            nearest[..., : len(run)] = torch.maximum(these, held)
        difference = nearest.softmax(-1) - (nearest / ratio).softmax(-1)
        order = torch.as_tensor(self._place, device=exponent.device)
        return give_back(to_distribution(difference.index_select(-1, order)))


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
