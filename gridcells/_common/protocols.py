"""What rooms ask of each other's objects: the few methods by which a network and a place code are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Array", "Keeper", "Network", "PlaceCode"]

Array = TypeVar("Array", np.ndarray, torch.Tensor)
"""Whichever kind of array came in goes out."""


class Keeper(Protocol):
    """Who keeps what a training has come to, so that it goes on where it stopped."""

    def restore(self) -> tuple[int, dict[str, torch.Tensor]]:
        """Return the steps taken and the tensors after them; (0, {}) where nothing is kept."""
        ...

    def after(self, step: int, tensors: Callable[[], dict[str, torch.Tensor]]) -> None:
        """Take note of a step; the tensors after it are asked for only where they are kept."""
        ...


class Network(Protocol):
    """What is trained, saved and looked at: a module with its weights on one device."""

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        ...

    def parameters(self, recurse: bool = True) -> Iterator[nn.Parameter]:
        """Iterate over the weights."""
        ...

    def state_dict(self) -> dict[str, torch.Tensor]:
        """List the weights by name."""
        ...

    def load_state_dict(self, state_dict: Mapping[str, torch.Tensor]) -> object:
        """Take weights over."""
        ...

    def to(self, device: torch.device) -> Self:
        """Move the weights to a device."""
        ...


class PlaceCode(Protocol):
    """Where the animal is, as numbers that a network starts from and predicts: place cells, or plain coordinates."""

    def __len__(self) -> int: ...

    def initial_code(self, position: Array) -> Array:
        """Encode where paths begin, positions [..., 2] (m) → [..., cell]."""
        ...

    def targets(self, position: Array) -> Array:
        """Make what is to be predicted at positions [..., 2] (m) → [..., cell]."""
        ...

    def loss(self, logits: torch.Tensor, position: torch.Tensor) -> torch.Tensor:
        """Measure how far predictions [..., cell] are from the targets at positions [..., 2] (m), a scalar."""
        ...

    def decode(self, activity: Array) -> Array:
        """Read positions [..., 2] (m) out of predictions [..., cell]."""
        ...

    def decode_maximum_likelihood(self, logits: Array) -> Array:
        """Read the positions [..., 2] (m) whose targets are nearest to predictions [..., cell]."""
        ...
