"""What chance scores: noise that is like the units in everything but a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import fft

from gridcells._common.checks import as_numpy, check_choice, check_count, check_generator
from gridcells._common.maps import is_flat
from gridcells.scores.autocorrelogram import check_bin_size, check_rate_maps
from gridcells.scores.grid import GridScores

__all__ = [
    "NullComparison",
    "check_generator",
    "check_quantile",
    "compare_with_null",
    "field_spectrum",
    "filtered_noise",
    "matched_null",
    "standardised",
]

FIELD = 3  # side of the noise field in maps: neighbouring walls of a crop know nothing of each other
SILENT = 1e-6  # a bin below this share of its unit's peak is silent
STEPS = 50  # of the deconvolution; more sharpens the spectrum by less than 1000 draws can show
DRAWS = 2**21  # numbers of a noise field drawn at a time: 16 MB


@dataclass(frozen=True)
class NullComparison:
    """How a population scores beside a null.

    Attributes
    ----------
    quantile : float
        The share of null maps that score at most ``threshold``.
    threshold : float
        The null's score at that quantile.
    share_above : float
        Share of units that score above the threshold.
    levels : tuple of float
        Fixed scores of interest.
    share_above_levels, null_share_above_levels : tuple of float
        Share of units, and of null maps, that score above each level.
    units, null_maps : int
        How many have a score, and count; flat maps have none.
    """

    quantile: float
    threshold: float
    share_above: float
    levels: tuple[float, ...]
    share_above_levels: tuple[float, ...]
    null_share_above_levels: tuple[float, ...]
    units: int
    null_maps: int


def matched_null(
    rate_maps: ArrayLike,
    *,
    maps: int = 1000,
    generator: np.random.Generator | int,
    spectrum: str = "radial",
    bin_size: float | tuple[float, float] = 1.0,
) -> np.ndarray:
    """Draw maps with the units' mean power spectrum and share of silent bins, and nothing else of theirs.

    Gaussian noise three maps wide is filtered to the spectrum, a map is cropped from its middle, and all maps are
    rectified at the one threshold that silences the units' share of bins. Score them as the units were scored.

    Every active unit, one whose map is not flat, enters with its mean removed and variance one, since a grid score
    knows neither. What is filtered to is not the units' spectrum as it stands, which the walls of the map have blurred,
    but the one which the same walls blur into it, found by Richardson-Lucy deconvolution.

    Parameters
    ----------
    rate_maps : array_like or torch.Tensor, [unit, bin_x, bin_y]
        Rate maps of a population; NaN marks an unvisited bin. Units with a flat map are left out.
    maps : int
        Number of null maps.
    generator : numpy.random.Generator or int
        Source of the noise, or a seed for one.
    spectrum : {"radial", "full"}
        "radial": how power depends on spatial frequency, averaged over its directions; the noise knows the units'
        wavelength, but prefers no direction. "full": how it depends on both. Where all units share one lattice, their
        full spectrum is that lattice's six peaks, and noise made of them is hexagonal too.
    bin_size : float or (float, float)
        Length of a bin's sides along x and y, m; where they differ, "radial" needs to know.

    Returns
    -------
    numpy.ndarray, [map, bin_x, bin_y]
        Null maps, in units of the noise's standard deviation; at least 0 if units have silent bins; NaN in bins which
        no unit visited.

    Raises
    ------
    TypeError
        If the maps are not real numbers, or the generator is neither a NumPy generator nor a seed.
    ValueError
        If the shape is not [unit, bin, bin], a value is infinite, every map is flat, ``maps`` is not positive, or a
        bin has no size.

    Notes
    -----
    Source: after the filtered-noise control of Sorscher et al. 2023 and arXiv 2312.03954; the rectification is ours.
    The spectrum matches before rectification, which adds overtones.

    Examples
    --------
    >>> x = np.arange(20)
    >>> units = np.maximum(np.sin(x[:, None] + np.arange(6)[:, None, None]) + np.zeros(20), 0)  # six bands
    >>> null = matched_null(units, maps=100, generator=0)
    >>> null.shape
    (100, 20, 20)
    >>> bool(abs((null == 0).mean() - (units == 0).mean()) < 0.01)
    True
    """
    rates = check_rate_maps(rate_maps).astype(np.float64)
    check_count(maps, "maps")
    check_choice(spectrum, "spectrum", ("radial", "full"))
    generator = check_generator(generator)

    visited = ~np.isnan(rates)
    patterns = standardised(rates, visited)
    active = patterns.any(axis=(1, 2))
    if not active.any():
        raise ValueError(f"rate_maps: expected a map that is not flat, got {len(rates)} flat maps")
    rates, visited, patterns = rates[active], visited[active], patterns[active]
    peak = np.max(np.abs(rates), axis=(1, 2), where=visited, initial=0.0, keepdims=True)
    silent = np.mean(np.abs(rates) <= SILENT * peak, axis=(1, 2), where=visited)  # [unit], share of its visited bins

    power = field_spectrum(patterns, visited)
    if spectrum == "radial":
        power = _radial(power, FIELD * rates.shape[2], check_bin_size(bin_size))
    null = filtered_noise(power, rates.shape[1:], maps, generator)
    null[:, ~visited.any(axis=0)] = np.nan
    if silent.any():
        null = np.maximum(null - np.nanquantile(null, silent.mean()), 0.0)
    return null


def compare_with_null(
    scores: GridScores | ArrayLike,
    null_scores: GridScores | ArrayLike,
    quantile: float = 0.95,
    *,
    levels: tuple[float, ...] = (0.3, 0.8),
) -> NullComparison:
    """Compute the share of a population that scores above a null.

    Parameters
    ----------
    scores, null_scores : GridScores or array_like, [unit]
        Scores of the units and of the null maps; of `GridScores`, the 60 degree ones. NaN, no score, does not count.
    quantile : float
        The null's quantile to exceed, between 0 and 1.
    levels : tuple of float
        Fixed scores above which to count units and null maps.

    Returns
    -------
    NullComparison
        Threshold and shares.

    Raises
    ------
    ValueError
        If the quantile is not between 0 and 1, or there is no score to compare.

    Notes
    -----
    Source: the 95th percentile of a null as the criterion, Banino et al. 2018 (methods); levels 0.3 and 0.8, Sorscher
    et al. 2023, figure S2.

    Examples
    --------
    >>> comparison = compare_with_null([0.2, 0.9, np.nan], np.linspace(0, 1, 101), quantile=0.5)
    >>> comparison.threshold, comparison.share_above, comparison.units
    (0.5, 0.5, 2)
    """
    quantile = check_quantile(quantile)
    units, null = _scored(scores, "scores"), _scored(null_scores, "null_scores")
    threshold = float(np.quantile(null, quantile))
    return NullComparison(
        quantile=quantile,
        threshold=threshold,
        share_above=float(np.mean(units > threshold)),
        levels=tuple(levels),
        share_above_levels=tuple(float(np.mean(units > level)) for level in levels),
        null_share_above_levels=tuple(float(np.mean(null > level)) for level in levels),
        units=len(units),
        null_maps=len(null),
    )


def check_quantile(quantile: float) -> float:
    """Return the quantile, or raise unless it lies between 0 and 1."""
    if not 0 < quantile < 1:
        raise ValueError(f"quantile: expected a number between 0 and 1, got {quantile!r}")
    return float(quantile)


def _scored(scores: GridScores | ArrayLike, name: str) -> np.ndarray:
    """Return those scores that are numbers, or raise if there are none."""
    values = as_numpy(scores.score_60 if isinstance(scores, GridScores) else scores, name)
    if values.ndim != 1 or np.isnan(values).all():
        raise ValueError(f"{name}: expected scores [unit], at least one not NaN, got shape {values.shape}")
    return values[~np.isnan(values)]


def standardised(rates: np.ndarray, visited: np.ndarray) -> np.ndarray:
    """Return maps with mean 0 and variance 1 over their visited bins, 0 elsewhere and where a map is flat."""
    count = np.maximum(visited.sum(axis=(1, 2), keepdims=True), 1)
    mean = np.sum(rates, axis=(1, 2), where=visited, keepdims=True) / count
    deviation = np.where(visited, rates - mean, 0.0)
    spread = np.sqrt(np.mean(deviation**2, axis=(1, 2), keepdims=True) * visited[0].size / count)
    varies = ~is_flat(rates, visited)[:, None, None]
    return np.divide(deviation, spread, out=np.zeros_like(deviation), where=varies)


def field_spectrum(patterns: np.ndarray, visited: np.ndarray) -> np.ndarray:
    r"""Return the power spectrum of the noise field whose crops have the mean spectrum of the patterns.

    A crop's autocovariance is the field's, times the number of pairs of bins at each shift, so its spectrum P is the
    field's S blurred by the spectrum of the walls. Starting from S = P, each step multiplies S by the blurred ratio of
    P to what S would give, which keeps S positive: Richardson 1972, Lucy 1974.
    """
    shape = tuple(FIELD * bins for bins in patterns.shape[1:])
    power = _mean_power(patterns, shape)
    pairs = fft.irfft2(_mean_power(visited, shape), shape)
    pairs /= pairs[0, 0]
    tiny = np.finfo(float).eps * power.max()

    def blurred(spectrum: np.ndarray) -> np.ndarray:
        return np.maximum(fft.rfft2(fft.irfft2(spectrum, shape) * pairs).real, tiny)

    spectrum = power
    for _ in range(STEPS):
        spectrum = spectrum * blurred(power / blurred(spectrum))
    return spectrum


def _mean_power(maps: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Average the power spectra of maps padded to a shape, a few maps at a time."""
    total = np.zeros((shape[0], shape[1] // 2 + 1))
    step = max(1, DRAWS // (shape[0] * shape[1]))
    for start in range(0, len(maps), step):
        total += np.sum(np.abs(fft.rfft2(maps[start : start + step].astype(np.float64), shape)) ** 2, axis=0)
    return total / len(maps)


def _radial(spectrum: np.ndarray, size_y: int, sides: np.ndarray) -> np.ndarray:
    """Average a spectrum [frequency_x, half of frequency_y] over directions, in rings as wide as its resolution."""
    size_x = len(spectrum)
    along_y = fft.rfftfreq(size_y)
    frequency = np.hypot(fft.fftfreq(size_x)[:, None] / sides[0], along_y / sides[1])
    ring = np.rint(frequency * max(size_x * sides[0], size_y * sides[1])).astype(int)
    count = np.broadcast_to(np.where((along_y == 0) | (along_y == 0.5), 1, 2), spectrum.shape)
    total, cells = np.bincount(ring.ravel(), (count * spectrum).ravel()), np.bincount(ring.ravel(), count.ravel())
    return (total / np.maximum(cells, 1))[ring]


def filtered_noise(
    spectrum: np.ndarray, bins: tuple[int, ...], maps: int, generator: np.random.Generator
) -> np.ndarray:
    """Draw noise fields with this power spectrum and return their middles, variance 1, [map, bin_x, bin_y]."""
    bins_x, bins_y = bins
    shape = (FIELD * bins_x, FIELD * bins_y)
    gain = np.sqrt(spectrum / fft.irfft2(spectrum, shape)[0, 0])
    noise = np.empty((maps, bins_x, bins_y))
    step = max(1, DRAWS // (shape[0] * shape[1]))
    for start in range(0, maps, step):
        white = generator.standard_normal((min(step, maps - start), *shape))
        field = fft.irfft2(fft.rfft2(white) * gain, shape)
        noise[start : start + step] = field[:, bins_x : 2 * bins_x, bins_y : 2 * bins_y]
    return noise
