"""Who hears the velocity: units whose velocity input is cut, and how band-like a unit is."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import ArrayLike

from gridcells._common.checks import as_numpy
from gridcells.networks.path_integrator import PathIntegrator, index_of_units

__all__ = ["band_scores", "deafened"]

_AROUND = 1  # frequencies to each side of the strongest that belong to its wave


def band_scores(rate_maps: ArrayLike) -> np.ndarray:
    """Measure how much of each map's variance one plane wave holds.

    Parameters
    ----------
    rate_maps : array_like, [unit, bin, bin]
        Rate maps, every bin visited.

    Returns
    -------
    numpy.ndarray, [unit]
        Share of the power, under a window that takes the walls away, at the strongest frequency and its neighbours:
        near 1 for a band, a third or less for a hexagonal grid; 0 for a flat map.

    Raises
    ------
    ValueError
        If the maps are not of that shape, or anything is not finite.

    Notes
    -----
    Source: Schøyen et al. 2023 (other units than grid units carry the integration); the measure is ours.

    Examples
    --------
    >>> x = np.arange(20) / 20
    >>> band = np.cos(2 * np.pi * 3 * x)[:, None] * np.ones(20)
    >>> crossed = band + band.T
    >>> band_scores(np.stack([band, crossed])).round(1)
    array([1. , 0.5])
    """
    values = as_numpy(rate_maps, "rate_maps").astype(float)
    if values.ndim != 3 or not np.isfinite(values).all():
        raise ValueError(f"rate_maps: expected finite numbers of shape [unit, bin, bin], got shape {values.shape}")
    window = np.outer(*(np.hanning(bins + 2)[1:-1] for bins in values.shape[1:]))
    centred = (
        values - np.average(values, axis=(1, 2), weights=np.broadcast_to(window, values.shape))[:, None, None]
    ) * window
    power = np.abs(np.fft.fft2(centred)) ** 2
    total = power.sum((1, 2))
    shifts = range(-_AROUND, _AROUND + 1)
    wave = sum(np.roll(power, (along, across), (1, 2)) for along in shifts for across in shifts)
    both = 2 * np.asarray(wave).max((1, 2))  # a real wave has two frequencies
    return np.divide(np.minimum(both, total), total, out=np.zeros(len(values)), where=total > 0)


def deafened(network: PathIntegrator, units: ArrayLike) -> PathIntegrator:
    """Copy a network and cut the velocity input of some of its units; all else of them stays.

    Parameters
    ----------
    network : PathIntegrator
        A network with "relu" or "tanh" units and no linear layer; it stays as it is.
    units : array_like of int
        Which units.

    Returns
    -------
    PathIntegrator
        The copy.

    Raises
    ------
    ValueError
        If a unit is not one of the network's, or the network is of another kind.

    Notes
    -----
    Source: Schøyen et al. 2023 (which units of a trained network carry the integration), asked of the input weights
    alone.

    Examples
    --------
    >>> network = PathIntegrator(8, 4, generator=torch.Generator().manual_seed(0))
    >>> deafened(network, [1, 2]).input_weight[1:3].abs().max().item()
    0.0
    """
    index, deaf = index_of_units(network, units), copy.deepcopy(network)
    with torch.no_grad():
        deaf.input_weight[index] = 0
    return deaf
