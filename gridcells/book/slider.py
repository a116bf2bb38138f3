"""Pictures behind a slider, on a page without a kernel."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import anywidget
import matplotlib.pyplot as plt
import traitlets
from matplotlib.figure import Figure

from gridcells._common.checks import check_count

__all__ = ["FrameSlider"]


class FrameSlider(anywidget.AnyWidget):
    """A slider that leafs through figures, in JupyterLab and on a static page alike.

    Parameters
    ----------
    figures : iterable of matplotlib.figure.Figure
        The pictures; each is rendered and closed as it comes, so that a generator holds one at a time.
    labels : sequence of str
        What the slider says at each of them.
    name : str
        What the slider changes.
    index : int
        The picture shown first.
    dpi : int
        Dots an inch.

    Raises
    ------
    ValueError
        If there is no figure, there are not as many labels, or ``index`` is none of them.

    Examples
    --------
    >>> slider = FrameSlider((plt.figure(figsize=(1, 1)) for _ in range(3)), ["a", "b", "c"], name="letter")
    >>> len(slider.frames), slider.labels[slider.index]
    (3, 'a')
    """

    _esm = Path(__file__).with_name("slider.js")
    frames = traitlets.List(traitlets.Unicode()).tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    name = traitlets.Unicode().tag(sync=True)
    index = traitlets.Int(0).tag(sync=True)

    def __init__(
        self, figures: Iterable[Figure], labels: Sequence[str], *, name: str, index: int = 0, dpi: int = 100
    ) -> None:
        frames = [_address(figure, dpi) for figure in figures]
        if not frames or len(frames) != len(labels):
            raise ValueError(f"labels: expected one for each of {len(frames)} figures, got {len(labels)}")
        if check_count(index, "index", 0) >= len(frames):
            raise ValueError(f"index: expected one below {len(frames)}, got {index}")
        super().__init__(frames=frames, labels=list(map(str, labels)), name=name, index=index)

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {len(self.frames)} pictures by {self.name}"


def _address(figure: Figure, dpi: int) -> str:
    """Render a figure, close it, and return the picture as an address that holds it."""
    with io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=dpi)
        plt.close(figure)
        return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
