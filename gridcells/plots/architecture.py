"""A drawing of the supervised network of Banino et al.: what goes in, what it passes through, what comes out."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from gridcells.plots.style import COLOURS, new_axes, styled

__all__ = ["plot_architecture"]

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
    for left, bottom, text, colour in boxes.values():
        patch = FancyBboxPatch(
            (left, bottom), _WIDTH, _HEIGHT, "round,pad=0.08", facecolor=COLOURS[colour], alpha=0.3, edgecolor="none"
        )
        ax.add_patch(patch)
        ax.text(left + _WIDTH / 2, bottom + _HEIGHT / 2, text, ha="center", va="center", fontsize=8)
    for start, end, text in (
        ("pose", "lstm", "sets the\nfirst state"),
        ("velocity", "lstm", ""),
        ("lstm", "linear", ""),
        ("linear", "place", ""),
        ("linear", "heading", ""),
    ):
        origin = (boxes[start][0] + _WIDTH + 0.1, boxes[start][1] + _HEIGHT / 2)
        target = (boxes[end][0] - 0.1, boxes[end][1] + _HEIGHT / 2)
        ax.annotate("", target, origin, arrowprops={"arrowstyle": "-|>", "color": COLOURS["black"], "linewidth": 1})
        if text:
            ax.text((origin[0] + target[0]) / 2 + 0.12, (origin[1] + target[1]) / 2 + 0.2, text, fontsize=7)
    middle = boxes["lstm"][0] + _WIDTH / 2
    ax.annotate(
        "",
        (middle - 0.5, 0.92),
        (middle + 0.5, 0.92),
        arrowprops={"arrowstyle": "-|>", "connectionstyle": "arc3,rad=-0.9", "color": COLOURS["black"]},
    )
    ax.text(middle, 0.25, "from sample to sample", ha="center", va="top", fontsize=7)
    ax.text(
        boxes["linear"][0] + _WIDTH / 2, 2.25, "the units whose\nmaps are scored", ha="center", fontsize=7,
        color=COLOURS["green"],
    )  # fmt: skip
    ax.set_xlim(-0.2, 12.1)
    ax.set_ylim(-0.3, 3.1)
    ax.axis("off")
    return ax
