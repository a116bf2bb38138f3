"""How place cells vary together over space: their covariance, its spectrum, and the grid spacing that it predicts.

The covariance of two places depends on the displacement between them alone, so plane waves are its eigenvectors and its
Fourier transform, the spectrum, holds the eigenvalues. Centre-surround tuning makes the spectrum an annulus.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from gridcells._common.checks import as_numpy, check_choice, check_positive
from gridcells.world.place_cells import TUNINGS

__all__ = ["Annulus", "grid_spacing", "tuning_annulus", "tuning_spectrum"]

ROUNDING = 1e-9
FARTHEST, SAMPLES = 8.0, 16_001  # closed forms are searched up to this over the width, rad


@dataclass(frozen=True)
class Annulus:
    """Where a spectrum's power lies.

    Attributes
    ----------
    radius : float
        Wave number k* of the largest eigenvalue, rad/m; 0 where the spectrum has no ring.
    width : float
        Full width at half of that eigenvalue, rad/m.
    """

    radius: float
    width: float

    @property
    def spacing(self) -> float:
        """Spacing 4π/(√3 k*) of the hexagonal lattice of waves of that number, m; infinite without a ring."""
        return grid_spacing(self.radius)


def grid_spacing(wave_number: float) -> float:
    r"""Return the spacing :math:`4\pi / (\sqrt3 k)` of the hexagonal lattice made of waves of number k.

    Parameters
    ----------
    wave_number : float
        k, rad/m, at least 0.

    Returns
    -------
    float
        Distance between neighbouring fields, m; infinite for k = 0.

    Raises
    ------
    ValueError
        If the wave number is below 0 or not finite.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3 (the wavelength 2π/k, and 2/√3 from wavelength to spacing).

    Examples
    --------
    >>> round(grid_spacing(9.81), 2)
    0.74
    """
    if not 0 <= wave_number < math.inf:
        raise ValueError(f"wave_number: expected a finite number of at least 0 rad/m, got {wave_number!r}")
    return 4 * math.pi / (math.sqrt(3) * wave_number) if wave_number else math.inf


def tuning_spectrum(
    wave_number: Any, width: float, *, tuning: str = "difference_of_softmaxes", surround_ratio: float = 2.0
) -> Any:
    r"""Return the spectrum of place cells that tile the plane densely, in closed form.

    With r the ratio of the surround's variance to the centre's,

    .. math:: \tilde\Sigma(k) = \left[e^{-k^2\sigma^2/2} - a\, e^{-r k^2\sigma^2/2}\right]^2

    where a is 0 for "gaussian", 1 for the normalised "difference_of_gaussians", and r for
    "difference_of_gaussians_unit_amplitude". A "difference_of_softmaxes" is taken for the normalised difference of
    Gaussians: softmax over a dense ensemble is division by the Gaussian's own integral, and the shift to a minimum of
    zero changes the mean alone. A "softmax_of_differences" has no closed form; to first order in the difference it is
    the same spectrum times a constant, whose ring has the right radius (within 4 %) but is a seventh too narrow.

    Parameters
    ----------
    wave_number : array_like or torch.Tensor
        k, rad/m; a tensor keeps its gradient.
    width : float
        Place field width σ, m.
    tuning : str
        One of `gridcells.world.place_cells.TUNINGS`.
    surround_ratio : float
        Surround variance over centre variance, above 1.

    Returns
    -------
    numpy.ndarray or torch.Tensor
        Eigenvalues, relative to that of a Gaussian's mean (a = 0, k = 0), of the kind that came in.

    Raises
    ------
    ValueError
        If the width is not above 0, the ratio not above 1, or the tuning unknown.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3A and Methods; Sorscher et al. 2022, for the equality of difference of softmaxes
    and normalised difference of Gaussians, and for what the unit amplitude does.

    Examples
    --------
    >>> k = np.array([0.0, 5.0, 10.0])
    >>> tuning_spectrum(k, 0.12).round(3)
    array([0.   , 0.019, 0.062])
    """
    exp: Any = torch.exp if isinstance(wave_number, torch.Tensor) else np.exp
    squared = (wave_number if isinstance(wave_number, torch.Tensor) else as_numpy(wave_number, "wave_number")) ** 2
    exponent = -(check_positive(width, "width", "m") ** 2) / 2 * squared
    return (exp(exponent) - _surround_amplitude(tuning, surround_ratio) * exp(surround_ratio * exponent)) ** 2


def tuning_annulus(width: float, *, tuning: str = "difference_of_softmaxes", surround_ratio: float = 2.0) -> Annulus:
    r"""Return radius and width of the ring of `tuning_spectrum`.

    For the normalised difference of Gaussians :math:`k_*^2 = 2 \ln r / [(r - 1) \sigma^2]`. A Gaussian's spectrum, and
    that of the difference of unit amplitude, is largest at k = 0: no ring, radius 0.

    Parameters
    ----------
    width, tuning, surround_ratio
        As for `tuning_spectrum`.

    Returns
    -------
    Annulus
        Radius and full width at half maximum, rad/m; of a spectrum without ring, the width from k = 0 on.

    Raises
    ------
    ValueError
        As `tuning_spectrum`.

    Notes
    -----
    Source: the maximum of the spectrum above; Sorscher et al. 2023, Fig. 3C.

    Examples
    --------
    >>> ring = tuning_annulus(0.12, surround_ratio=2.0)
    >>> round(ring.radius, 2), round(ring.spacing, 2)
    (9.81, 0.74)
    """
    check_positive(width, "width", "m")
    number = np.linspace(0.0, FARTHEST / width, SAMPLES)
    return ring_of(number, tuning_spectrum(number, width, tuning=tuning, surround_ratio=surround_ratio))


def _surround_amplitude(tuning: str, surround_ratio: float) -> float:
    """Return the surround's weight in the spectrum, or raise if there is no such tuning or ratio."""
    check_choice(tuning, "tuning", TUNINGS)
    if tuning == "gaussian":
        return 0.0
    if not check_positive(surround_ratio, "surround_ratio") > 1:
        raise ValueError(f"surround_ratio: expected a ratio of variances above 1, got {surround_ratio!r}")
    return surround_ratio if tuning.endswith("unit_amplitude") else 1.0


def ring_of(number: np.ndarray, power: np.ndarray) -> Annulus:
    """Return the ring of a spectrum sampled at evenly spaced wave numbers from 0 on."""
    top = int(power.argmax())
    below = np.flatnonzero(power < power[top] / 2)

    def crossing(low: int) -> float:  # where the line between two samples passes the half
        share = (power[top] / 2 - power[low]) / (power[low + 1] - power[low])
        return float(number[low] + share * (number[1] - number[0]))

    after, before = below[below > top], below[below < top]
    outer = crossing(after[0] - 1) if len(after) else float(number[-1])
    inner = crossing(before[-1]) if len(before) else 0.0
    if not 0 < top < len(power) - 1 or not len(before):
        return Annulus(0.0, outer)
    left, middle, right = power[top - 1 : top + 2]
    shift = (left - right) / (left - 2 * middle + right) / 2  # summit of the parabola
    return Annulus(float(number[top] + shift * (number[1] - number[0])), outer - inner)
