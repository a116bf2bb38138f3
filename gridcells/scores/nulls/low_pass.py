"""What chance scores, asked of smooth noise that knows nothing of the units but how smooth they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from gridcells._common.checks import check_choice, check_count, check_generator, check_positive
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps
from gridcells.scores.nulls.matched import FIELD, field_spectrum, filtered_noise, standardised

__all__ = ["low_pass_noise"]

POWER = 0.95  # share of the units' power that lies below the cutoff taken from them
ROUNDING = 1 + 1e-9  # a frequency that equals the cutoff but for rounding passes


def low_pass_noise(
    like: ArrayLike,
    *,
    maps: int = 1000,
    generator: np.random.Generator | int,
    cutoff: float | None = None,
    bin_size: float | tuple[float, float] = 1.0,
    form: str = "sharp",
    rectified: bool = False,
) -> np.ndarray:
    """Draw maps of Gaussian noise that varies slowly over space.

    Noise three maps wide is filtered, and a map is cropped from its middle, so that neighbouring walls know nothing of
    each other.

    Parameters
    ----------
    like : (int, int), or array_like or torch.Tensor [unit, bin_x, bin_y]
        The number of bins of a map along x and along y; or rate maps which the noise is to be like in shape, in bins
        that no unit visited and, without a cutoff, in smoothness.
    maps : int
        Number of null maps.
    generator : numpy.random.Generator or int
        Source of the noise, or a seed for one.
    cutoff : float, optional
        Highest spatial frequency to pass, cycles per metre (cycles per bin, if the size of a bin is not given). By
        default that below which 95 % of the units' mean power lies, each unit at mean 0 and variance 1.
    bin_size : float or (float, float)
        Side of a bin, or its sides along x and along y, m.
    form : {"sharp", "gaussian"}
        "sharp" passes all frequencies up to the cutoff alike and none above; "gaussian" smooths with a Gaussian that
        halves the power at the cutoff.
    rectified : bool
        Cut the noise off at 0, as a ReLU would.

    Returns
    -------
    numpy.ndarray, [map, bin_x, bin_y]
        Null maps, in units of the noise's standard deviation before it is cut off; NaN in bins which no unit visited.

    Raises
    ------
    TypeError
        If the maps are not real numbers, or the generator is neither a NumPy generator nor a seed.
    ValueError
        If ``like`` is neither two numbers of bins nor maps, the cutoff is so low that nothing varies, or there is none
        and nothing to take it from.

    Notes
    -----
    Source: the low-pass filtered noise of Sorscher et al. 2023, figure 1. Which filter that was is not known here, so
    there are two; `matched_null` asks more, noise with the units' whole spectrum.

    Examples
    --------
    >>> noise = low_pass_noise((20, 20), maps=100, cutoff=1.5, bin_size=0.11, generator=0)  # 1.5 cycles per metre
    >>> noise.shape
    (100, 20, 20)
    """
    check_count(maps, "maps")
    check_choice(form, "form", ("sharp", "gaussian"))
    generator = check_generator(generator)
    sides = check_bin_size(bin_size)
    if isinstance(like, tuple) and len(like) == 2 and all(np.ndim(number) == 0 for number in like):
        bins = check_count(like[0], "like"), check_count(like[1], "like")
        rates = np.zeros((1, *bins))
    else:
        rates = check_rate_maps(like, "like").astype(np.float64)
        bins = rates.shape[1:]
    shape = FIELD * bins[0], FIELD * bins[1]
    frequency = np.hypot(fft.fftfreq(shape[0], sides[0])[:, None], fft.rfftfreq(shape[1], sides[1]))
    visited = ~np.isnan(rates)
    if cutoff is None:
        cutoff = _cutoff(standardised(rates, visited), visited, frequency)
    cutoff = check_positive(cutoff, "cutoff", "cycles per metre")
    lowest = np.sort(frequency.ravel())[1]
    if cutoff * ROUNDING < lowest:
        raise ValueError(
            f"cutoff: expected at least {lowest:g} cycles per metre for {bins[0]} x {bins[1]} bins, got {cutoff:g}"
        )
    power = (
        np.where(frequency <= cutoff * ROUNDING, 1.0, 0.0) if form == "sharp" else 0.5 ** ((frequency / cutoff) ** 2)
    )
    noise = filtered_noise(power, bins, maps, generator)
    noise[:, ~visited.any(axis=0)] = np.nan
    return np.maximum(noise, 0.0) if rectified else noise


def _cutoff(patterns: np.ndarray, visited: np.ndarray, frequency: np.ndarray) -> float:
    """Return the frequency below which most of the patterns' mean power lies."""
    active = patterns.any(axis=(1, 2))
    if not active.any():
        raise ValueError("cutoff: expected one, where like holds no map that is not flat")
    power = field_spectrum(patterns[active], visited[active])
    power[:, 1 : (FIELD * patterns.shape[2] + 1) // 2] *= 2  # whose mirror images the half spectrum leaves out
    order = np.argsort(frequency, axis=None)
    below = np.cumsum(power.ravel()[order])
    return float(frequency.ravel()[order][np.searchsorted(below, POWER * below[-1])])
