"""Two places in one prediction: where two animals are, from a place code in which both of them are."""

from __future__ import annotations

import itertools
from functools import cache

import torch

from gridcells._common.checks import check_count
from gridcells.world.place_cells import PlaceCells

__all__ = ["matched_places", "nearest_mixture", "two_means", "two_peaks"]

_PEAK_CELLS = 6  # most active place cells that tell where two animals are, as published
_ROUNDS = 10  # at most, in which each of two places is looked for anew, the other as it is


@torch.no_grad()
def nearest_mixture(cells: PlaceCells, logits: torch.Tensor) -> torch.Tensor:
    """Decode two places: those of a lattice whose codes have the mean that is nearest to a prediction.

    Parameters
    ----------
    cells : PlaceCells
        The place cells.
    logits : torch.Tensor, [..., cell]
        Predictions before the softmax, or the logarithm of a code.

    Returns
    -------
    torch.Tensor, [..., 2 places, 2]
        Positions, m: of a square lattice with 5 cm sides. They are looked for in turn, each for the other as it is.

    Notes
    -----
    Source: ours. `two_peaks`, as published, takes the six most active cells to be near both animals; but a code of
    softmaxes is higher where fewer cells share it, and then all six are near one of them.

    Examples
    --------
    >>> from gridcells.world import Rectangle, uniform_centers
    >>> cells = PlaceCells(uniform_centers(300, Rectangle(), 0), 0.15)
    >>> both = cells.targets(torch.tensor([[-0.5, 0.3], [0.6, 0.1]])).mean(0)
    >>> nearest_mixture(cells, both.log()).round(decimals=1)
    tensor([[ 0.6000,  0.1000],
            [-0.5000,  0.3000]])
    """
    code = logits.float().softmax(-1).reshape(-1, logits.shape[-1])  # [sample, cell]
    places, templates = (torch.as_tensor(part).to(code) for part in cells.templates)
    half = templates / 2
    alike = half @ half.T  # [place, place]
    alone = alike.diagonal()
    gain = (2 * code) @ half.T  # [sample, place]
    first = (gain.clamp_min(0).square() / alone).argmax(-1)  # the one place that explains most by itself
    gain -= alone  # less twice the likeness to the other place: minus the squared distance, up to what is the same
    second = (gain - 2 * alike[first]).argmax(-1)
    left = torch.arange(len(code), device=code.device)  # samples whose places still move
    for _ in range(_ROUNDS):
        before, some = first[left], gain[left]
        first[left] = (some - 2 * alike[second[left]]).argmax(-1)
        moved = first[left] != before
        left, some = left[moved], some[moved]
        if not len(left):
            break
        second[left] = (some - 2 * alike[first[left]]).argmax(-1)
    found = torch.stack([places[first], places[second]], dim=-2)  # [sample, 2 places, 2]
    return found.reshape(*logits.shape[:-1], 2, 2).to(logits.dtype)


def two_peaks(cells: PlaceCells, logits: torch.Tensor) -> torch.Tensor:
    """Decode two places as published: the two means of the centres of the six most active cells.

    Parameters
    ----------
    cells : PlaceCells
        The place cells.
    logits : torch.Tensor, [..., cell]
        Predictions, or anything that orders cells alike.

    Returns
    -------
    torch.Tensor, [..., 2 places, 2]
        Positions, m.

    Notes
    -----
    Source: Redman et al. 2024, released code, where the two means are k-means from a random start.

    Examples
    --------
    >>> cells = PlaceCells([[x, y] for x in (-1.0, -0.9, -0.8, 0.5, 0.6, 0.7) for y in (0.0,)], 0.1)
    >>> two_peaks(cells, torch.zeros(6)).round(decimals=3)
    tensor([[ 0.6000,  0.0000],
            [-0.9000,  0.0000]])
    """
    centers = torch.as_tensor(cells.centers).to(logits)
    return two_means(centers[logits.topk(_PEAK_CELLS, dim=-1).indices])


def two_means(points: torch.Tensor) -> torch.Tensor:
    """Cut points into two groups as tightly as can be, and return the mean of each.

    Parameters
    ----------
    points : torch.Tensor, [..., point, axis]
        A few points, at least two: every cut is tried.

    Returns
    -------
    torch.Tensor, [..., 2, axis]
        The two means whose squared distances to their points have the smallest sum.

    Raises
    ------
    ValueError
        If there are fewer than two points, or more than ten.

    Notes
    -----
    Source: the two means of Redman et al. 2024, released code, by trying all cuts.

    Examples
    --------
    >>> two_means(torch.tensor([[0.0, 0.0], [4.0, 1.0], [0.2, 0.0], [4.0, 3.0]])).round(decimals=3)
    tensor([[0.1000, 0.0000],
            [4.0000, 2.0000]])
    """
    count = check_count(points.shape[-2], "points", 2)
    if count > 10:
        raise ValueError(f"points: expected at most 10, of which every cut is tried, got {count}")
    middle = points.mean(-2, keepdim=True)
    first = _cuts(count).to(points)  # [cut, point]
    sizes = torch.stack([first.sum(-1), count - first.sum(-1)], dim=-1)  # [cut, 2]
    ones = first @ (points - middle)  # [..., cut, axis], sums of the first group; the others' are minus these
    between = ones.square().sum(-1) * (1 / sizes).sum(-1)  # the more of it, the less is left within
    best = between.argmax(-1)
    chosen = ones.gather(-2, best[..., None, None].expand(*best.shape, 1, points.shape[-1]))  # [..., 1, axis]
    return middle + torch.cat((chosen, -chosen), -2) / sizes[best][..., None]


@cache
def _cuts(count: int) -> torch.Tensor:
    """List every cut of points into two groups, each once: 1 for the points that go with the first, [cut, point]."""
    sides = [side for side in itertools.product((0.0, 1.0), repeat=count - 1) if not all(side)]
    return torch.tensor([(1.0, *side) for side in sides])


def matched_places(found: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Assign one of two decoded places to each of two animals, so that both distances together are smallest.

    Parameters
    ----------
    found : torch.Tensor, [..., 2 places, 2]
        Decoded places, m.
    first, second : torch.Tensor, [..., 2]
        Where the animals are, m.

    Returns
    -------
    torch.Tensor, [..., 2]
        The place that is the first animal's, m.

    Notes
    -----
    Source: Redman et al. 2024, released code: a code in which both animals are does not say which is which.

    Examples
    --------
    >>> found = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    >>> matched_places(found, torch.tensor([0.8, 0.9]), torch.tensor([0.3, 0.1]))
    tensor([1., 1.])
    """
    away = torch.stack([(found - place[..., None, :]).norm(dim=-1) for place in (first, second)])
    swapped = away[0, ..., 1] + away[1, ..., 0] < away[0, ..., 0] + away[1, ..., 1]
    return torch.where(swapped[..., None], found[..., 1, :], found[..., 0, :])
