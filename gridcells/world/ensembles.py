"""What ensembles of cells share: the kinds of targets, and how far a prediction is from them."""

from __future__ import annotations

from collections.abc import Callable

import torch

from gridcells._common.checks import as_numpy, check_choice
from gridcells._common.protocols import Array

__all__ = ["TARGETS", "cross_entropy"]


TARGETS = ("softmax", "voronoi", "normalized", "sampled")

"""The kind of array that came in, which is the kind that is handed back."""


class Ensemble:
    """What place and head-direction cells share: targets made from the log density of each cell's stimulus."""

    def __len__(self) -> int:
        raise NotImplementedError

    def log_density(self, stimulus: Array) -> Array:
        """Return each cell's log density up to a constant → [..., cell]."""
        raise NotImplementedError

    def targets(self, stimulus: Array, kind: str = "softmax", *, generator: torch.Generator | None = None) -> Array:
        """Make what a network is asked to predict.

        Parameters
        ----------
        stimulus : array_like or torch.Tensor
            Positions [..., 2] (m) for place cells, headings [...] (rad) for head-direction cells.
        kind : {"softmax", "voronoi", "normalized", "sampled"}
            The posterior over cells; the nearest cell alone (one-hot); each cell's unnormalised density; one cell drawn
            from the posterior (one-hot).
        generator : torch.Generator, optional
            The source of randomness; needed by "sampled".

        Returns
        -------
        numpy.ndarray or torch.Tensor, [..., cell]
            The targets, of the kind of array that came in.

        Raises
        ------
        ValueError
            If the kind is unknown, or "sampled" comes without a generator.

        Notes
        -----
        Source: code released with Banino et al. 2018, ensembles: its four kinds of soft targets.

        Examples
        --------
        >>> import numpy as np
        >>> from gridcells.world.head_direction_cells import HeadDirectionCells
        >>> cells = HeadDirectionCells([0.0, np.pi], concentration=20.0)
        >>> cells.targets(np.array([0.1]), "voronoi")
        array([[1., 0.]])
        """
        check_choice(kind, "kind", TARGETS)
        if kind == "sampled" and generator is None:
            raise ValueError("generator: expected a torch.Generator for kind 'sampled', got None")
        given, give_back = as_tensor(stimulus, "stimulus")
        logits = self.log_density(given)
        if kind == "normalized":
            return give_back(logits.exp())
        if kind == "softmax":
            return give_back(logits.softmax(-1))
        if kind == "voronoi":
            chosen = logits.argmax(-1)
        else:
            posterior = logits.softmax(-1).reshape(-1, len(self))
            chosen = torch.multinomial(posterior, 1, generator=generator).reshape(logits.shape[:-1])
        return give_back(torch.nn.functional.one_hot(chosen, len(self)).to(logits.dtype))


def cross_entropy(logits: torch.Tensor, targets: torch.Tensor, kind: str = "softmax") -> torch.Tensor:
    """Measure how far predicted logits are from targets, in nats.

    Parameters
    ----------
    logits : torch.Tensor, [..., cell]
        Predictions before the softmax (before the sigmoid for "normalized").
    targets : torch.Tensor, [..., cell]
        What `targets` of an ensemble gave.
    kind : {"softmax", "voronoi", "normalized", "sampled"}
        The kind of targets. "normalized" is scored cell by cell with a sigmoid and 1 % label smoothing, and averaged
        over cells; the others with a softmax over cells.

    Returns
    -------
    torch.Tensor, [...]
        Cross-entropy, nats.

    Raises
    ------
    ValueError
        If the kind is unknown or the shapes differ.

    Notes
    -----
    Source: code released with Banino et al. 2018, ensembles (``loss``); Sorscher et al. 2019 (softmax).

    Examples
    --------
    >>> round(cross_entropy(torch.zeros(1, 512), torch.full((1, 512), 1 / 512)).item(), 3)
    6.238
    """
    check_choice(kind, "kind", TARGETS)
    if logits.shape != targets.shape:
        raise ValueError(f"targets: expected the shape of logits {tuple(logits.shape)}, got {tuple(targets.shape)}")
    if kind == "normalized":
        smooth = 0.99 * targets + 0.005
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, smooth, reduction="none").mean(-1)
    return logits.logsumexp(-1) - (targets * logits).sum(-1)  # targets sum to one


def to_distribution(difference: torch.Tensor) -> torch.Tensor:
    """Shift to a minimum of zero over cells and normalise to a sum of one."""
    difference = difference - difference.amin(-1, keepdim=True)
    return difference / difference.sum(-1, keepdim=True)


def as_tensor(value: Array, name: str) -> tuple[torch.Tensor, Callable[[torch.Tensor], Array]]:
    """Return a floating tensor and the function that turns a result back into the caller's kind of array."""
    if isinstance(value, torch.Tensor):
        return (value if value.is_floating_point() else value.double()), lambda result: result
    return torch.as_tensor(as_numpy(value, name)), lambda result: result.numpy()
