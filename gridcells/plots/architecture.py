"""Drawings of the networks: what goes in, what it passes through, what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from gridcells.plots.style import COLOURS, new_axes, styled

__all__ = ["plot_architecture", "plot_growth", "plot_path_integrator"]

_HEIGHT, _WIDTH = 0.9, 2.3


@styled
def plot_architecture(
    *,
    units: int,
    linear_units: int,
    place_cells: int,
    head_direction_cells: int,
    dropout: float,
    ax: Axes | None = None,
) -> Axes:
    """Draw the network: first pose and movement into the LSTM, the linear layer with dropout, two read-outs.

    Parameters
    ----------
    units, linear_units : int
        Units of the LSTM and of the linear layer.
    place_cells, head_direction_cells : int
        Cells of either read-out.
    dropout : float
        Share of linear units that training silences at each sample.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1a and Extended Data Fig. 1.

    Examples
    --------
    >>> ax = plot_architecture(units=128, linear_units=512, place_cells=256, head_direction_cells=12, dropout=0.5)
    >>> "LSTM" in ax.texts[2].get_text()
    True
    """
    ax = new_axes(ax, (7.6, 3.4))
    boxes = {
        "pose": (0.0, 2.0, "encoded first pose:\nplace cells and\nhead-direction cells", "sky"),
        "velocity": (0.0, 0.0, "at every sample:\nspeed, sine and\ncosine of the turn", "sky"),
        "lstm": (3.4, 1.0, f"LSTM\n{units} units", "orange"),
        "linear": (6.4, 1.0, f"linear layer, {linear_units} units\ndropout {dropout:g} in training", "green"),
        "place": (9.6, 2.0, f"softmax\n{place_cells} place cells", "purple"),
        "heading": (9.6, 0.0, f"softmax\n{head_direction_cells} head-direction cells", "purple"),
    }
    arrows = [
        ("pose", "lstm", "sets the\nfirst state"),
        ("velocity", "lstm", ""),
        ("lstm", "linear", ""),
        ("linear", "place", ""),
        ("linear", "heading", ""),
    ]
    _draw(ax, boxes, arrows)
    _loop(ax, boxes["lstm"], "from sample to sample")
    ax.text(
        boxes["linear"][0] + _WIDTH / 2, 2.25, "the units whose\nmaps are scored", ha="center", fontsize=7,
        color=COLOURS["green"],
    )  # fmt: skip
    return ax


@styled
def plot_path_integrator(*, units: int, place_cells: int, nonlinearity: str, ax: Axes | None = None) -> Axes:
    """Draw the recurrent path integrator: first place and velocity into the units, place cells out of them.

    Parameters
    ----------
    units : int
        Recurrent units.
    place_cells : int
        Place cells that it learns to predict.
    nonlinearity : str
        Name of the units' nonlinearity.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Notes
    -----
    Source: Sorscher et al. 2019, Fig. 1A; Sorscher et al. 2023, Fig. 1.

    Examples
    --------
    >>> ax = plot_path_integrator(units=256, place_cells=512, nonlinearity="ReLU")
    >>> any("W" in text.get_text() for text in ax.texts)
    True
    """
    ax = new_axes(ax, (7.6, 3.0))
    boxes = {
        "place": (0.0, 2.0, "place code of\nthe first place, $p(x_0)$", "sky"),
        "velocity": (0.0, 0.0, "at every step:\nvelocity $v_t$ = $(v_x, v_y)$", "sky"),
        "units": (4.2, 1.0, f"{units} recurrent units $g_t$\n{nonlinearity}", "orange"),
        "read": (8.4, 1.0, f"softmax\n{place_cells} place cells $\\hat p_t$", "purple"),
    }
    arrows = [
        ("place", "units", "$W_0$, once"),
        ("velocity", "units", "$W_{in}$, read-in"),
        ("units", "read", "$W_{out}$\nread-out"),
    ]
    _draw(ax, boxes, arrows)
    _loop(ax, boxes["units"], "$W$, from step to step")
    ax.text(5.35, 2.25, "the units whose\nmaps are scored", ha="center", fontsize=7)
    return ax


@styled
def plot_growth(*, core_units: int, further_units: int, ax: Axes | None = None) -> Axes:
    """Draw how a grown network comes about: a core that learns a lattice, is held, and is joined by further units.

    Parameters
    ----------
    core_units, further_units : int
        Units of the core, and of what joins it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        The axes.

    Notes
    -----
    Source: this library's preset `module`.

    Examples
    --------
    >>> any("104" in text.get_text() for text in plot_growth(core_units=256, further_units=104).texts)
    True
    """
    ax = new_axes(ax, (7.6, 2.9))
    boxes = {
        "first": (0.0, 1.0, f"core, {core_units} units\nlearns, strong decay:\none lattice, lost", "orange"),
        "core": (5.2, 0.0, f"core, {core_units} units\nweights into it held", "orange"),
        "further": (5.2, 2.0, f"{further_units} further units\nlearn, weak decay", "green"),
        "read": (9.4, 1.0, "place cells\nread-out of all,\nlearns: knows the place", "purple"),
    }
    _draw(ax, boxes, [("first", "core", "then"), ("core", "read", ""), ("further", "read", "")])
    middle = boxes["core"][0] + _WIDTH / 2
    for low, high, shift in ((0.98, 1.92, -0.25), (1.92, 0.98, 0.25)):
        held = shift > 0
        line = {"arrowstyle": "-|>", "color": COLOURS["grey" if held else "black"], "linestyle": "--" if held else "-"}
        ax.annotate("", (middle + shift, high), (middle + shift, low), arrowprops=line)
    ax.text(middle + 0.4, 1.45, "nothing comes back:\nthe core stays as it was", va="center", fontsize=7)
    return ax


_Box = tuple[float, float, str, str]  # left, bottom, text, colour


def _draw(ax: Axes, boxes: Mapping[str, _Box], arrows: Sequence[tuple[str, str, str]]) -> None:
    """Draw boxes and arrows with their words, and nothing else."""
    for left, bottom, text, colour in boxes.values():
        patch = FancyBboxPatch(
            (left, bottom), _WIDTH, _HEIGHT, "round,pad=0.08", facecolor=COLOURS[colour], alpha=0.3, edgecolor="none"
        )
        ax.add_patch(patch)
        ax.text(left + _WIDTH / 2, bottom + _HEIGHT / 2, text, ha="center", va="center", fontsize=8)
    for start, end, text in arrows:
        origin = (boxes[start][0] + _WIDTH + 0.1, boxes[start][1] + _HEIGHT / 2)
        target = (boxes[end][0] - 0.1, boxes[end][1] + _HEIGHT / 2)
        ax.annotate("", target, origin, arrowprops={"arrowstyle": "-|>", "color": COLOURS["black"], "linewidth": 1})
        if text:
            away = -0.35 if target[1] > origin[1] else 0.2  # to the free side of the arrow
            ax.text((origin[0] + target[0]) / 2 + 0.12, (origin[1] + target[1]) / 2 + away, text, fontsize=7)
    ax.set_xlim(-0.2, max(left for left, *_ in boxes.values()) + _WIDTH + 0.2)
    ax.set_ylim(-0.3, 3.1)
    ax.axis("off")


def _loop(ax: Axes, box: _Box, text: str) -> None:
    """Draw an arrow from a box back to itself."""
    middle = box[0] + _WIDTH / 2
    ax.annotate(
        "",
        (middle - 0.5, 0.92),
        (middle + 0.5, 0.92),
        arrowprops={"arrowstyle": "-|>", "connectionstyle": "arc3,rad=-0.9", "color": COLOURS["black"]},
    )
    ax.text(middle, 0.25, text, ha="center", va="top", fontsize=7)
