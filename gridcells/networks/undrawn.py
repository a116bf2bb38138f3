"""Layers without PyTorch's own first weights, which would be drawn from the global generator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

__all__ = ["undrawn_layers"]


@contextmanager
def undrawn_layers(network: nn.Module) -> Iterator[None]:
    """Leave the weights of the layers that a network is given meanwhile without values, on the CPU.

    Parameters
    ----------
    network : torch.nn.Module
        The network, of which these are attributes.

    Notes
    -----
    Source: the "meta" device of PyTorch and `torch.nn.Module.to_empty`, which imports its compiler for this, SymPy
    included: the better part of a second.

    Examples
    --------
    >>> network, state = nn.Module(), torch.get_rng_state()
    >>> with undrawn_layers(network):
    ...     network.decoder = nn.Linear(3, 2, bias=False)
    >>> network.decoder.weight.device, torch.equal(torch.get_rng_state(), state)
    (device(type='cpu'), True)
    """
    with torch.device("meta"):
        yield
    for layer in network.modules():
        for name, weight in list(layer.named_parameters(recurse=False)):
            setattr(layer, name, nn.Parameter(torch.empty(weight.shape, dtype=weight.dtype), weight.requires_grad))
