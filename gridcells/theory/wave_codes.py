"""Codes of space made of plane waves, chosen so that neural distance is proportional to distance.

Each wave is a pair of units, its cosine and its sine, so that a displacement turns the code by angles that are the same
everywhere. No path is integrated and no place cell is predicted: all that is asked for is a metric.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from gridcells._common.bins import BinGrid, Bins, Bounded, check_bounds
from gridcells._common.checks import check_count, check_generator, check_positive

__all__ = ["WaveCode", "conformal_waves", "wave_maps"]

_RADII, _DIRECTIONS = 12, 24  # displacements at which distances are compared
_STEPS = 2000


@dataclass(frozen=True, eq=False)
class WaveCode:
    """A code of plane waves, of length 1 everywhere.

    Attributes
    ----------
    waves : numpy.ndarray, [wave, 2]
        Wave vectors, rad/m, those of greatest share first.
    shares : numpy.ndarray, [wave]
        Share of the squared length of the code that each wave has; they add up to 1.
    error : float
        Root mean square of squared neural distance minus its target, over the greatest target.
    """

    waves: np.ndarray
    shares: np.ndarray
    error: float

    def order(self, fold: int) -> float:
        r"""Return how nearly the waves are turned into each other by a turn: :math:`|\sum_j w_j e^{i n \theta_j}|`.

        Parameters
        ----------
        fold : int
            n: 6 for a hexagonal lattice, whose wave vectors with their negatives are 60 degrees apart, 4 for a square
            one.

        Returns
        -------
        float
            Between 0 and 1.

        Examples
        --------
        >>> code = WaveCode(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.5, 0.5]), 0.0)
        >>> round(code.order(4), 3), round(code.order(6), 3)
        (1.0, 0.0)
        """
        angle = np.arctan2(self.waves[:, 1], self.waves[:, 0])
        return float(np.abs((self.shares * np.exp(1j * check_count(fold, "fold") * angle)).sum()))


def conformal_waves(waves: int, scale: float, reach: float, *, generator: np.random.Generator | int) -> WaveCode:
    r"""Choose plane waves so that the code is a conformal isometry within a reach.

    .. math::
        \sum_{|d| \le R} (\|v(x + d) - v(x)\|^2 - s^2 |d|^2)^2, \qquad
        \|v(x + d) - v(x)\|^2 = 2 \sum_j w_j (1 - \cos k_j \cdot d)

    is made least over the wave vectors k and their shares w of the code's squared length, which is 1.

    Parameters
    ----------
    waves : int
        Number of waves, at least 2.
    scale : float
        s: neural distance over distance, 1/m. It sets the waves' length: for small R, :math:`|k|` is :math:`\sqrt2 s`.
    reach : float
        R, m: the greatest displacement that counts.
    generator : numpy.random.Generator or int
        The source of the waves that it starts from, or a seed for one.

    Returns
    -------
    WaveCode
        The code.

    Raises
    ------
    ValueError
        If there are fewer than two waves, or s R exceeds 2, the greatest distance in a code of length 1.

    Notes
    -----
    Source: Xu et al. 2025, the conformal isometry of a code of length 1, with the linear transformation of Gao et al.
    2021, of which a block of real units is a sum of waves. Squares of distances are compared; that units are not
    negative is left out, since the loss knows distances alone (`wave_maps` rectifies).

    Examples
    --------
    >>> code = conformal_waves(3, 10.0, 0.1, generator=0)
    >>> round(code.order(6), 3), code.shares.round(3).tolist()
    (1.0, [0.333, 0.333, 0.333])
    """
    check_count(waves, "waves", 2)
    if check_positive(scale, "scale", "1/m") * check_positive(reach, "reach", "m") > 2:
        raise ValueError(f"reach: expected at most {2 / scale:g} m, 2 over the scale, got {reach:g} m")
    displacement, weight = _displacements()  # in units of the reach
    target = (scale * reach) ** 2 * (displacement**2).sum(1)
    size = float(target.max()) ** 2

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        vectors, share = _unpack(flat)
        phase = displacement @ vectors.T  # [displacement, wave]
        apart = 2 * (1 - np.cos(phase))
        miss = apart @ share - target
        of_waves = ((4 * weight * miss)[:, None] * np.sin(phase) * share).T @ displacement
        of_shares = (2 * weight * miss) @ apart
        of_logits = share * (of_shares - share @ of_shares)
        return float(weight @ miss**2) / size, np.concatenate([of_waves.ravel(), of_logits]) / size

    start = check_generator(generator).normal(0.0, np.sqrt(2) * scale * reach, 2 * waves)
    found = minimize(
        loss,
        np.concatenate([start, np.zeros(waves)]),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": _STEPS, "maxfun": 2 * _STEPS, "ftol": 1e-16, "gtol": 1e-12},
    )
    vectors, share = _unpack(found.x)
    most = np.argsort(-share, kind="stable")
    return WaveCode(vectors[most] / reach, share[most], float(np.sqrt(found.fun)))


def wave_maps(
    code: WaveCode, arena: Bounded, units: int = 32, *, bins: Bins = 32, generator: np.random.Generator | int
) -> np.ndarray:
    """Draw rate maps of units that read such a code: one sum of its waves, at random places, cut off at zero.

    Parameters
    ----------
    code : WaveCode
        The waves; each has the amplitude of the square root of its share.
    arena : object with ``bounds``
        What is mapped.
    units : int
        Number of units.
    bins : int or (int, int)
        Number of bins along x and along y.
    generator : numpy.random.Generator or int
        The source of the units' places, uniform in the room, or a seed for one.

    Returns
    -------
    numpy.ndarray, [unit, bin_x, bin_y]
        The maps.

    Raises
    ------
    ValueError
        If there is no unit.

    Notes
    -----
    Source: Xu et al. 2025 ask that units be not negative. Any turn of the units keeps all distances, so the loss does
    not say how units share the waves: that they are translated copies is ours.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> code = conformal_waves(3, 6.0, 0.15, generator=0)
    >>> wave_maps(code, Rectangle(2.2, 2.2), 4, generator=0).shape
    (4, 32, 32)
    """
    bounds = check_bounds(arena.bounds, "arena.bounds")
    place = check_generator(generator).uniform(bounds[::2], bounds[1::2], (check_count(units, "units"), 2))
    position = np.stack(np.meshgrid(*BinGrid(bounds, bins).axis_centres, indexing="ij"), -1)  # [x, y, 2]
    phase = (position[None] - place[:, None, None]) @ code.waves.T
    return np.maximum(np.cos(phase) @ np.sqrt(code.shares), 0)


def _displacements() -> tuple[np.ndarray, np.ndarray]:
    """Return displacements within a disc of radius 1 [displacement, 2], and the area that each stands for."""
    radius = (np.arange(_RADII) + 1) / _RADII
    angle = np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS  # the opposite ones have the same distances
    displacement = radius[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    area = np.repeat(radius, _DIRECTIONS)
    return displacement.reshape(-1, 2), area / area.sum()


def _unpack(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return wave vectors [wave, 2] and their shares [wave] from what is optimised, [3 * wave]."""
    vectors, logits = np.split(flat, [2 * len(flat) // 3])
    share = np.exp(logits - logits.max())
    return vectors.reshape(-1, 2), share / share.sum()
