"""The code to predict: ensembles of place cells and head-direction cells, and the targets made from them."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy, check_choice, check_count, check_positions, check_positive
from gridcells._common.protocols import Array
from gridcells.world.arenas import Arena, Rectangle
from gridcells.world.ensembles import Ensemble, as_tensor, to_distribution
from gridcells.world.geodesics import Geodesics
from gridcells.world.polygons import Polygon

__all__ = ["DISTANCES", "TUNINGS", "PlaceCells", "uniform_centers"]

TUNINGS = (
    "gaussian",
    "difference_of_softmaxes",
    "difference_of_gaussians",
    "difference_of_gaussians_unit_amplitude",
    "softmax_of_differences",
)
DISTANCES = ("straight", "geodesic")
_LATTICE = 0.05  # m, between positions that a prediction is compared with


class PlaceCells(Ensemble):
    """Place cells with given centres and one tuning.

    Parameters
    ----------
    centers : array_like, [cell, 2]
        Place field centres, m, inside the arena.
    width : float
        Place field width σ (standard deviation of the centre Gaussian), m.
    tuning : str
        "gaussian": softmax over cells of -d²/2σ², a Gaussian bump normalised across cells. "difference_of_softmaxes":
        that minus the same with the surround variance, shifted to a minimum of zero and normalised to sum to one.
        "difference_of_gaussians": centre minus surround Gaussian, each normalised by 1/2πσ², the whole scaled to a
        peak of one; signed. "difference_of_gaussians_unit_amplitude": the same without 1/2πσ², so that it vanishes at
        d = 0. "softmax_of_differences": softmax over cells of the difference of Gaussians.
    surround_ratio : float
        Surround VARIANCE over centre variance (``surround_scale`` of the released code); the surround's σ is √ratio
        times the centre's. Schaeffer et al. 2022 quote the ratio of σ instead.
    arena : Rectangle, Circle or Polygon
        Where the cells live; distances go over the edge where it is periodic.
    distance : {"straight", "geodesic"}
        How far a cell's centre is: as the crow flies, walls or not, or by the shortest way in the room, around corners.
        They are the same in a room without corners that stand out into it.

    Raises
    ------
    ValueError
        If a centre is outside the arena, the width is not above zero, the ratio not above one, the tuning or the
        distance unknown, or ways are to be found in a periodic arena.

    Notes
    -----
    Source: Sorscher et al. 2023, Methods, and the code released with Sorscher et al. 2019 (difference of softmaxes);
    Banino et al. 2018, Methods (Gaussian); Schaeffer et al. 2022 and the reply to it (the differences of Gaussians).

    Examples
    --------
    >>> cells = PlaceCells([[0.0, 0.0], [0.5, 0.0]], 0.2, tuning="gaussian")
    >>> cells.activity(np.array([[0.25, 0.0]])).round(6)
    array([[0.5, 0.5]])
    """

    _ways: Geodesics | None = None  # in rooms where they can bend

    def __init__(
        self,
        centers: ArrayLike | torch.Tensor,
        width: float,
        *,
        tuning: str = "difference_of_softmaxes",
        surround_ratio: float = 2.0,
        arena: Arena | None = None,
        distance: str = "straight",
    ) -> None:
        self.arena: Arena = Rectangle() if arena is None else arena
        self.centers = as_numpy(centers, "centers").astype(np.float64)  # [cell, 2]
        if self.centers.ndim != 2:
            raise ValueError(f"centers: expected shape [cell, 2] (x, y in metres), got {self.centers.shape}")
        check_positions(self.centers, "centers")
        outside = ~self.arena.contains(self.centers)
        if outside.any():
            first = self.centers[outside][0]
            raise ValueError(
                f"centers: expected all inside {self.arena}, got {int(outside.sum())} of {len(outside)} outside,"
                f" the first at ({first[0]:g}, {first[1]:g}) m"
            )
        self.width = check_positive(width, "width", "m")
        self.tuning = check_choice(tuning, "tuning", TUNINGS)
        self.surround_ratio = check_positive(surround_ratio, "surround_ratio")
        if self.surround_ratio <= 1 and tuning != "gaussian":
            raise ValueError(f"surround_ratio: expected a ratio of variances above 1, got {surround_ratio!r}")
        self.distance = check_choice(distance, "distance", DISTANCES)
        if distance == "geodesic" and self.arena.period is not None:
            raise ValueError("distance: expected 'straight' in a periodic arena, which has no walls, got 'geodesic'")
        if distance == "geodesic" and isinstance(self.arena, Polygon):
            self._ways = Geodesics(self.arena, self.centers)

    def __len__(self) -> int:
        return len(self.centers)

    def log_density(self, position: Array) -> Array:
        """Return -d²/2σ² of each cell's distance d to each position [..., 2] (m) → [..., cell]."""
        place, give_back = as_tensor(position, "position")
        check_positions(place)
        return give_back(self._exponent(place))

    def activity(self, position: Array) -> Array:
        """Compute the activity of every place cell at each position.

        Parameters
        ----------
        position : array_like or torch.Tensor, [..., 2]
            Positions, m.

        Returns
        -------
        numpy.ndarray or torch.Tensor, [..., cell]
            Activities, of the kind of array that came in. They sum to one over cells, except those of the signed
            differences of Gaussians.

        Raises
        ------
        ValueError
            If a position is not finite or not [..., 2].

        Notes
        -----
        Source: Sorscher et al. 2023, Methods (difference of softmaxes), Banino et al. 2018, Methods (Gaussian).

        Examples
        --------
        >>> cells = PlaceCells([[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]], 0.2)
        >>> cells.activity(np.array([[0.0, 0.0]])).sum().round(6)
        np.float64(1.0)
        """
        place, give_back = as_tensor(position, "position")
        check_positions(place)
        exponent = self._exponent(place)  # [..., field]
        if self.tuning == "gaussian":
            return give_back(self._mixed(exponent.softmax(-1)))
        if self.tuning == "difference_of_softmaxes":
            difference = exponent.softmax(-1) - (exponent / self.surround_ratio).softmax(-1)
            return give_back(to_distribution(self._mixed(difference)))
        amplitude = 1.0 if self.tuning.endswith("unit_amplitude") else 1 / self.surround_ratio
        difference = exponent.exp() - amplitude * (exponent / self.surround_ratio).exp()
        difference = difference if amplitude == 1.0 else difference / (1 - amplitude)
        return give_back(difference.softmax(-1) if self.tuning == "softmax_of_differences" else difference)

    def _exponent(self, position: torch.Tensor) -> torch.Tensor:
        """Return -d²/2σ² of each field's distance d."""
        return self._squared_distance(position).mul_(-0.5 / self.width**2)

    def _mixed(self, fields: torch.Tensor) -> torch.Tensor:
        """Make cells [..., cell] of fields [..., field]; here every cell has one field."""
        return fields

    def targets(self, stimulus: Array, kind: str = "softmax", *, generator: torch.Generator | None = None) -> Array:
        """Make what a network is asked to predict; see the base description.

        For "softmax" this is the tuning itself as a distribution over cells (the signed differences of Gaussians are
        shifted to a minimum of zero and normalised); the other kinds use the centre Gaussian alone.
        """
        if kind != "softmax" or self.tuning == "gaussian":
            return super().targets(stimulus, kind, generator=generator)
        place, give_back = as_tensor(stimulus, "position")
        activity = self.activity(place)
        signed = self.tuning.startswith("difference_of_gaussians")
        return give_back(to_distribution(activity) if signed else activity)

    def initial_code(self, position: Array) -> Array:
        """Encode where a path begins: `targets` at positions [..., 2] (m) → [..., cell], summing to one."""
        return self.targets(position)

    def loss(self, logits: torch.Tensor, position: torch.Tensor) -> torch.Tensor:
        """Measure the mean cross-entropy of predictions [..., cell] at positions [..., 2] (m), nats (a scalar)."""
        targets = self.targets(position)
        return torch.nn.functional.cross_entropy(logits.flatten(0, -2), targets.flatten(0, -2))

    def decode(self, activity: Array, k: int = 3, *, over_edge: bool = True) -> Array:
        """Read a position out of activity: the mean centre of the ``k`` most active cells.

        Parameters
        ----------
        activity : array_like or torch.Tensor, [..., cell]
            Activities, or anything that orders cells alike, such as logits.
        k : int
            How many cells are averaged.
        over_edge : bool
            On a periodic arena, take the mean around the most active cell, over the edge where that is the shorter way.
            False is the faithful mode: the released code averages plainly there too, so that cells on both sides of an
            edge decode to the middle of the arena.

        Returns
        -------
        numpy.ndarray or torch.Tensor, [..., 2]
            Positions, m.

        Raises
        ------
        ValueError
            If the last axis is not one value a cell, or there are fewer than ``k`` cells.

        Notes
        -----
        Source: Sorscher et al. 2019, released code (top three); Banino et al. 2018, Fig. 1c.

        Examples
        --------
        >>> cells = PlaceCells([[0.0, 0.0], [0.5, 0.0], [1.0, 0.6]], 0.2)
        >>> cells.decode(np.array([[0.2, 0.3, 0.5]])).round(3)
        array([[0.5, 0.2]])
        """
        rates, give_back = as_tensor(activity, "activity")
        if not rates.ndim or rates.shape[-1] != len(self):
            raise ValueError(f"activity: expected shape [..., {len(self)}], got {tuple(rates.shape)}")
        if check_count(k, "k") > len(self):
            raise ValueError(f"k: expected from 1 to the {len(self)} cells, got {k}")
        centers = torch.as_tensor(self.centers, dtype=rates.dtype, device=rates.device)
        best = centers[rates.topk(k, dim=-1).indices]  # [..., k, 2]
        if self.arena.period is None or not over_edge:
            return give_back(best.mean(-2))
        period = torch.as_tensor(self.arena.period, dtype=rates.dtype, device=rates.device)
        away = best - best[..., :1, :]
        mean = best[..., 0, :] + (away - period * torch.round(away / period)).mean(-2)
        return give_back(mean - period * torch.floor(mean / period + 0.5))

    def decode_maximum_likelihood(self, logits: Array) -> Array:
        """Read a position out of predictions by maximum likelihood over a lattice of positions.

        Parameters
        ----------
        logits : array_like or torch.Tensor, [..., cell]
            Predictions before the softmax, or the logarithm of an activity.

        Returns
        -------
        numpy.ndarray or torch.Tensor, [..., 2]
            The position, of a square lattice with 5 cm sides, whose targets are nearest to the prediction
            (Kullback–Leibler), m.

        Raises
        ------
        ValueError
            If the last axis is not one value a cell.

        Notes
        -----
        Source: ours. `decode` presumes that a cell is most active at its centre, which a difference of Gaussians of
        unit amplitude is not, nor a cell with several fields.

        Examples
        --------
        >>> cells = PlaceCells([[0.0, 0.0], [0.5, 0.0], [0.5, 0.6]], 0.2, tuning="gaussian")
        >>> cells.decode_maximum_likelihood(np.log(cells.targets(np.array([[0.22, 0.18]])))).round(3)
        array([[0.225, 0.175]])
        """
        given, give_back = as_tensor(logits, "logits")
        if not given.ndim or given.shape[-1] != len(self):
            raise ValueError(f"logits: expected shape [..., {len(self)}], got {tuple(given.shape)}")
        places, templates = (torch.as_tensor(part).to(given) for part in self.templates)
        match = given @ templates.T + torch.special.entr(templates).sum(-1)  # less the divergence, up to a constant
        return give_back(places[match.argmax(-1)])

    @cached_property
    def templates(self) -> tuple[np.ndarray, np.ndarray]:
        """Lattice positions [place, 2] in the arena, 5 cm apart, and the targets there [place, cell]."""
        left, right, low, high = self.arena.bounds
        x, y = (np.arange(a + _LATTICE / 2, b, _LATTICE) for a, b in ((left, right), (low, high)))
        lattice = np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
        places = lattice[self.arena.contains(lattice)]
        return places, self.targets(places)

    def _squared_distance(self, position: torch.Tensor) -> torch.Tensor:
        """Square the distance of each position [..., 2] to each centre → [..., cell], m²; a fresh tensor."""
        if self._ways is not None:
            return self._ways.distances(position).square()
        total = None
        for axis in range(2):
            center = torch.as_tensor(self.centers[:, axis], dtype=position.dtype, device=position.device)
            away = position[..., axis, None] - center  # [..., cell]
            if self.arena.period is not None:
                size = self.arena.period[axis]
                away = away - size * torch.round(away / size)
            total = away.square_() if total is None else total.addcmul_(away, away)
        assert total is not None
        return total


def uniform_centers(
    cells: int, arena: Arena, generator: np.random.Generator | np.random.RandomState | int
) -> np.ndarray:
    """Draw place field centres uniformly over the arena.

    Parameters
    ----------
    cells : int
        How many.
    arena : Rectangle, Circle or Polygon
        Where.
    generator : numpy.random.Generator, numpy.random.RandomState or int
        The source of randomness, or a seed for one. The legacy ``RandomState(8341)`` gives the very
        ensemble of Banino et al. 2018.

    Returns
    -------
    numpy.ndarray, [cell, 2]
        Centres, m.

    Raises
    ------
    TypeError
        If the generator is neither a NumPy generator nor a seed.
    ValueError
        If ``cells`` is not a whole number above zero.

    Notes
    -----
    Source: code released with Banino et al. 2018 (neurons_seed = 8341) and with Sorscher et al. 2019.

    Examples
    --------
    >>> uniform_centers(256, Rectangle(), np.random.RandomState(8341))[0].round(4)
    array([0.3332, 0.6254])
    """
    return arena.sample(cells, generator)
