"""How much of each wave of a place code is known ahead along a path, and the grid spacing that this predicts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import j0

from gridcells._common.checks import as_numpy, check_positive
from gridcells.theory.spectra import FARTHEST, SAMPLES, Annulus, ring_of, tuning_spectrum

__all__ = ["coherent_annulus", "path_coherence"]

_SUMMED = 2**22  # values of the Bessel function at a time: 32 MB
_COARSE = 1601  # wave numbers at which coherence, which is smooth, is computed


def path_coherence(wave_number: ArrayLike, distance: ArrayLike) -> np.ndarray:
    r"""Compute how much of a wave, told where a path began, is still known of it along the path.

    .. math:: c(k) = \langle J_0(k\,|\Delta x|) \rangle

    where Δx is how far the animal has come, over all samples of all paths: a plane wave seen from a place at a distance
    d in an unknown direction has on average J₀(k d) of its value.

    Parameters
    ----------
    wave_number : array_like, [wave]
        k, rad/m.
    distance : array_like
        Distances from where the path began, m, of any shape.

    Returns
    -------
    numpy.ndarray, [wave]
        From about -0.4 to 1; 1 at k = 0.

    Raises
    ------
    ValueError
        If there is no distance, or one is not a finite number of at least 0.

    Notes
    -----
    Source: ours; a candidate for why learnt lattices are longer than the ring of Sorscher et al. 2023, Fig. 3C. The
    mean over directions of a plane wave is the Bessel function J₀.

    Examples
    --------
    >>> path_coherence([0.0, 5.0], [0.0, 0.1]).round(3)
    array([1.   , 0.969])
    """
    number = np.atleast_1d(as_numpy(wave_number, "wave_number")).astype(float)
    far = as_numpy(distance, "distance").astype(float).ravel()
    if not far.size or not np.isfinite(far).all() or far.min() < 0:
        raise ValueError("distance: expected finite numbers of at least 0 m, at least one")
    part = max(1, _SUMMED // len(number))
    total = sum(j0(number[:, None] * far[at : at + part]).sum(1) for at in range(0, len(far), part))
    return np.asarray(total / len(far))


def coherent_annulus(
    width: float, distance: ArrayLike, *, tuning: str = "difference_of_softmaxes", surround_ratio: float = 2.0
) -> Annulus:
    r"""Compute the ring of the place code's spectrum times the coherence of the code along paths.

    Parameters
    ----------
    width, tuning, surround_ratio
        As for `tuning_spectrum`.
    distance : array_like
        Distances from where the path began, m, of all samples of many paths.

    Returns
    -------
    Annulus
        Radius and width of the maximum of Σ̃(k)·c(k); its `spacing` is the prediction.

    Raises
    ------
    ValueError
        As `tuning_spectrum` and `path_coherence`.

    Notes
    -----
    Source: ours. Before a network has learnt to use velocity, the best it can predict at time t from the first code is
    J₀(k d) of each wave, at the distance d that the animal has come by then: the spectrum which training sees first is
    the code's, times this. Nothing is fitted.

    Examples
    --------
    >>> still, walking = np.zeros(10), np.linspace(0, 0.6, 10)
    >>> round(coherent_annulus(0.15, still, surround_ratio=4.0).spacing, 2)
    1.13
    >>> coherent_annulus(0.15, walking, surround_ratio=4.0).spacing > 1.2
    True
    """
    number = np.linspace(0.0, FARTHEST / check_positive(width, "width", "m"), SAMPLES)
    coarse = np.linspace(0.0, number[-1], _COARSE)
    known = np.interp(number, coarse, path_coherence(coarse, distance))
    return ring_of(number, tuning_spectrum(number, width, tuning=tuning, surround_ratio=surround_ratio) * known)
