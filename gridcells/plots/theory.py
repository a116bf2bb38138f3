"""The theory drawn: covariance, spectrum and its ring, patterns, and which state wins where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch
from numpy.typing import ArrayLike

from gridcells.plots.style import COLOURS, CORRELATION_MAP, RATE_MAP, checked, new_axes, styled

__all__ = [
    "plot_choices",
    "plot_covariance",
    "plot_eigenvalues",
    "plot_flow",
    "plot_predicted_spacing",
    "plot_radial_spectra",
]

_CHOSEN = ("sky", "orange", "blue", "purple", "green")


@styled
def plot_covariance(kernel: Any, *, axes: Sequence[Axes] | None = None, reach: int = 8) -> np.ndarray:
    """Draw a covariance against displacement, and its spectrum with the ring and the waves that fit the box.

    Parameters
    ----------
    kernel : gridcells.theory.covariance.Kernel
        The covariance.
    axes : sequence of two matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.
    reach : int
        Highest frequency drawn, cycles a box.

    Returns
    -------
    numpy.ndarray of matplotlib.axes.Axes, [2]
        The axes.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3A, C.

    Examples
    --------
    >>> from gridcells.theory.covariance import tuning_covariance
    >>> len(plot_covariance(tuning_covariance(0.12)))
    2
    """
    both = plt.subplots(1, 2, figsize=(7.8, 3.3))[1] if axes is None else np.asarray(axes)
    first, second = both
    half = kernel.box / 2
    values = kernel.values - kernel.values.mean()
    limit = float(np.abs(values).max())
    image = first.imshow(
        values.T, origin="lower", extent=(-half, half, -half, half), cmap=CORRELATION_MAP, vmin=-limit, vmax=limit
    )
    first.set(xlabel="displacement along x (m)", ylabel="along y (m)", title="covariance Σ, less its mean")
    first.figure.colorbar(image, ax=first, shrink=0.8, label="Σ")
    eigenvalues = np.fft.fftshift(kernel.eigenvalues())
    middle = kernel.bins // 2
    reach = min(reach, middle)
    shown = eigenvalues[middle - reach : middle + reach + 1, middle - reach : middle + reach + 1]
    edge = reach + 0.5
    image = second.imshow(
        shown.T / eigenvalues.max(), origin="lower", extent=(-edge, edge, -edge, edge), cmap=RATE_MAP, vmin=0, vmax=1
    )
    radius = kernel.annulus().radius * kernel.box / (2 * np.pi)
    if radius:
        second.add_patch(plt.Circle((0, 0), radius, fill=False, color="white", linestyle="--", linewidth=1.2))
    second.set(xlabel="cycles a box along x", ylabel="along y", title="spectrum, a square a wave")
    second.figure.colorbar(image, ax=second, shrink=0.8, label="eigenvalue over the largest")
    return both


@styled
def plot_radial_spectra(
    wave_number: ArrayLike,
    spectra: Mapping[str, ArrayLike],
    *,
    rings: Mapping[str, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw spectra along the wave number, each over its largest value, with the radius of its ring.

    Parameters
    ----------
    wave_number : array_like, [sample]
        Wave numbers, rad/m.
    spectra : dict of str to array_like [sample]
        A spectrum a name.
    rings : dict of str to float, optional
        The ring's radius of some of them, rad/m; 0 draws none.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there is no spectrum, or one is not as long as the wave numbers.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3C.

    Examples
    --------
    >>> k = np.linspace(0, 30, 50)
    >>> ax = plot_radial_spectra(k, {"ring": np.exp(-((k - 10) ** 2) / 20)}, rings={"ring": 10.0})
    >>> ax.get_xlabel()
    'wave number k (rad/m)'
    """
    k = checked(wave_number, "wave_number", ("sample",))
    if not spectra:
        raise ValueError("spectra: expected at least one, got none")
    ax = new_axes(ax, (5.2, 3.2))
    for number, (name, power) in enumerate(spectra.items()):
        values = checked(power, f"spectra[{name!r}]", ("sample",))
        if len(values) != len(k):
            raise ValueError(f"spectra[{name!r}]: expected {len(k)} values, got {len(values)}")
        colour = COLOURS[("blue", "vermillion", "green", "purple", "orange", "sky")[number % 6]]
        ax.plot(k, values / np.abs(values).max(), color=colour, label=name)
        if rings and rings.get(name):
            ax.plot([rings[name]] * 2, [0, 1], color=colour, linestyle=":", linewidth=1)
    ax.set(xlabel="wave number k (rad/m)", ylabel="eigenvalue over the largest", xlim=(k.min(), k.max()))
    ax.legend()
    return ax


@styled
def plot_eigenvalues(shares: Mapping[str, ArrayLike], *, ax: Axes | None = None) -> Axes:
    """Draw leading eigenvalues in order, as shares of the whole variance.

    Parameters
    ----------
    shares : dict of str to array_like [component]
        Shares of the variance, largest first, a name each.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If there are none.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 3B.

    Examples
    --------
    >>> ax = plot_eigenvalues({"cells": [0.5, 0.3, 0.2]})
    >>> len(ax.lines)
    1
    """
    if not shares:
        raise ValueError("shares: expected at least one set of eigenvalues, got none")
    ax = new_axes(ax, (4.4, 3.0))
    for name, values in shares.items():
        numbers = checked(values, f"shares[{name!r}]", ("component",))
        ax.plot(np.arange(1, len(numbers) + 1), 100 * numbers, "o-", markersize=3, label=name)
    ax.set(xlabel="eigenvector", ylabel="share of the variance (%)", ylim=(0, None))
    ax.legend()
    return ax


@styled
def plot_choices(
    x: ArrayLike,
    y: ArrayLike,
    chosen: ArrayLike,
    names: Sequence[str],
    *,
    xlabel: str,
    ylabel: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw which of several states is chosen at each pair of values.

    Parameters
    ----------
    x, y : array_like, [column], [row]
        Evenly spaced values along both axes.
    chosen : array_like of int, [row, column]
        Index of the state chosen.
    names : sequence of str
        The states.
    xlabel, ylabel : str
        What the axes are, with units.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If the shapes do not fit, or an index has no name.

    Notes
    -----
    Source: Sorscher et al. 2019, the cubic term.

    Examples
    --------
    >>> ax = plot_choices([0, 1], [0, 1], [[0, 0], [0, 1]], ["a", "b"], xlabel="x", ylabel="y")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['a', 'b']
    """
    columns, rows = checked(x, "x", ("column",)), checked(y, "y", ("row",))
    index = checked(chosen, "chosen", ("row", "column")).astype(int)
    if index.shape != (len(rows), len(columns)):
        raise ValueError(f"chosen: expected shape {(len(rows), len(columns))}, got {index.shape}")
    if index.min() < 0 or index.max() >= len(names):
        raise ValueError(f"chosen: expected indices below {len(names)}, got {index.min()} to {index.max()}")
    ax = new_axes(ax, (5.0, 3.4))
    colours = [COLOURS[_CHOSEN[number % len(_CHOSEN)]] for number in range(len(names))]
    ax.pcolormesh(
        columns, rows, index, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(names) - 0.5, shading="nearest"
    )
    ax.set(xlabel=xlabel, ylabel=ylabel)
    patches = [
        Patch(color=colours[number], label=names[number]) for number in range(len(names)) if (index == number).any()
    ]
    ax.legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1), ncols=4)
    return ax


@styled
def plot_flow(
    x: ArrayLike,
    y: ArrayLike,
    change: ArrayLike,
    *,
    marked: Mapping[str, tuple[float, float]] | None = None,
    xlabel: str,
    ylabel: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw where two quantities move from each pair of their values: arrows of one length, darker where faster.

    Parameters
    ----------
    x, y : array_like, [column], [row]
        The quantities.
    change : array_like, [row, column, 2]
        How fast x and y change there, both in the same unit.
    marked : dict of str to (x, y), optional
        Points to mark, such as resting states, by name.
    xlabel, ylabel : str
        What the axes are, with units.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Notes
    -----
    Source: phase portraits, as in any text on dynamical systems.

    Examples
    --------
    >>> line = np.linspace(-1, 1, 5)
    >>> change = -np.stack(np.meshgrid(line, line), -1)
    >>> ax = plot_flow(line, line, change, marked={"rest": (0, 0)}, xlabel="x", ylabel="y")
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['rest']
    """
    columns, rows = checked(x, "x", ("column",)), checked(y, "y", ("row",))
    speed = checked(change, "change", ("row", "column", "2"))
    if speed.shape != (len(rows), len(columns), 2):
        raise ValueError(f"change: expected shape {(len(rows), len(columns), 2)}, got {speed.shape}")
    ax = new_axes(ax, (4.2, 3.8))
    length = np.linalg.norm(speed, axis=-1)
    unit = speed / np.maximum(length, 1e-12)[..., None]
    still = length <= 1e-9
    unit[still] = np.nan
    ax.quiver(
        columns, rows, unit[..., 0], unit[..., 1], np.sqrt(length), cmap="Greys", clim=(-0.4, None), pivot="mid",
        angles="xy", scale=1.3 * len(columns), width=0.005,
    )  # fmt: skip
    for number, (name, point) in enumerate((marked or {}).items()):
        mark, colour = ("o", "s", "^", "D")[number % 4], COLOURS[_CHOSEN[number % len(_CHOSEN)]]
        ax.plot(*point, mark, color=colour, markersize=9, clip_on=False, label=name, zorder=3)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if marked:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(marked))
    return ax


@styled
def plot_predicted_spacing(predicted: ArrayLike, measured: Mapping[str, ArrayLike], *, ax: Axes | None = None) -> Axes:
    """Draw measured grid spacings against predicted ones, with the line on which they agree.

    Parameters
    ----------
    predicted : array_like, [point]
        Predicted spacings, m.
    measured : dict of str to array_like [point]
        Measured spacings, m; NaN is left out.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Raises
    ------
    ValueError
        If the numbers of points differ.

    Notes
    -----
    Source: Sorscher et al. 2023, spacing 4π/(√3 k*).

    Examples
    --------
    >>> ax = plot_predicted_spacing([0.5, 0.7], {"learnt": [0.52, 0.69]})
    >>> ax.get_xlabel()
    'predicted spacing (cm)'
    """
    x = 100 * checked(predicted, "predicted", ("point",))
    ax = new_axes(ax, (4.2, 3.8))
    for number, (name, values) in enumerate(measured.items()):
        y = 100 * checked(values, f"measured[{name!r}]", ("point",))
        if len(y) != len(x):
            raise ValueError(f"measured[{name!r}]: expected {len(x)} spacings, got {len(y)}")
        ax.plot(x, y, ("o", "s", "^", "D")[number % 4], label=name)
    ends = [float(x.min()) * 0.9, float(x.max()) * 1.1]
    ax.plot(ends, ends, color=COLOURS["grey"], linestyle="--", linewidth=1, label="as predicted")
    ax.set(xlabel="predicted spacing (cm)", ylabel="measured spacing (cm)")
    ax.legend()
    return ax
