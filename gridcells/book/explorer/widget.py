"""The explorer as a widget: everything it shows is computed in the browser, a kernel only listens."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import anywidget
import traitlets

from gridcells.book.explorer.bundle import join_modules
from gridcells.book.explorer.dabs import Dab
from gridcells.book.explorer.model import Exploration, Settings, explore
from gridcells.book.explorer.room_name import RoomName
from gridcells.book.explorer.strip import load_strip
from gridcells.presets import ROOMS
from gridcells.theory.nonlinearity import NONLINEARITIES
from gridcells.world.place_cells import TUNINGS

__all__ = ["Explorer"]


class Explorer(anywidget.AnyWidget):
    """Drag the place-cell scale, and watch spectrum, predicted spacing and forming maps follow.

    Every setting is a trait, synchronised both ways: setting it here moves the control, and moving the control sets it
    here, as ``observe`` tells. What the widget measures comes back in `steps`, `lattice` (what theory favours),
    `formed` (what formed, once the maps have settled), `predicted_spacing`, `measured_spacing`, `median_score_60` and
    `median_score_90`; what was painted on the maps, in `dabs`. Whatever is moved, the maps begin anew from the seed's
    noise: settings, steps and dabs make them again.

    Parameters
    ----------
    small : bool
        Show the maps and the place field width alone.
    link : str
        Address of the page with the full explorer, which a small one on a static page leads to.
    **settings
        Those of `Settings`, and ``speed`` (steps a frame, 1 to 8) and ``playing``.

    Raises
    ------
    ValueError
        If a setting is out of range.

    Notes
    -----
    Source: Sorscher et al. 2019 and 2023, Fig. 3: from place-cell tuning to the ring of its spectrum to the pattern.

    Examples
    --------
    >>> widget = Explorer(width=0.2)
    >>> widget.width, widget.settings().width
    (0.2, 0.2)
    """

    _esm = join_modules(Path(__file__).with_name("page") / "explorer.js")
    _css = Path(__file__).with_name("explorer.css").read_text(encoding="utf-8")

    width = traitlets.Float(0.12, min=0.04, max=0.6).tag(sync=True)  # m
    surround_ratio = traitlets.Float(2.0, min=1.05, max=10.0).tag(sync=True)
    tuning = traitlets.Enum(TUNINGS, "difference_of_softmaxes").tag(sync=True)
    box = traitlets.Float(2.2, min=0.5, max=5.0).tag(sync=True)  # m
    walls = traitlets.Bool(False).tag(sync=True)
    room = RoomName("square", *ROOMS).tag(sync=True)
    nonlinearity = traitlets.Enum(NONLINEARITIES, "relu").tag(sync=True)
    cells = traitlets.Int(16, min=1, max=25).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**32 - 1).tag(sync=True)
    speed = traitlets.Int(2, min=1, max=8).tag(sync=True)
    playing = traitlets.Bool(True).tag(sync=True)
    small = traitlets.Bool(False).tag(sync=True)
    link = traitlets.Unicode("").tag(sync=True)
    strip = traitlets.Dict().tag(sync=True)
    dabs = traitlets.List(traitlets.List()).tag(sync=True)  # [step, cell, x, y, brush] each

    steps = traitlets.Int(0).tag(sync=True)
    lattice = traitlets.Unicode("").tag(sync=True)
    formed = traitlets.Unicode("").tag(sync=True)
    predicted_spacing = traitlets.Float(None, allow_none=True).tag(sync=True)  # m
    measured_spacing = traitlets.Float(None, allow_none=True).tag(sync=True)
    median_score_60 = traitlets.Float(None, allow_none=True).tag(sync=True)
    median_score_90 = traitlets.Float(None, allow_none=True).tag(sync=True)

    def __init__(self, *, small: bool = False, link: str = "", **settings: object) -> None:
        known = [field.name for field in dataclasses.fields(Settings)] + ["speed", "playing"]
        for name in settings:
            if name not in known:
                raise ValueError(f"{name}: expected one of {', '.join(known)}, got no such setting")
        try:
            super().__init__(small=small, link=link, strip={} if small else dict(load_strip()), **settings)
        except traitlets.TraitError as error:
            raise ValueError(str(error)) from error

    def settings(self) -> Settings:
        """Return what the widget shows at this moment."""
        return Settings(**{field.name: getattr(self, field.name) for field in dataclasses.fields(Settings)})

    def explore(self, *, steps: int | None = None) -> Exploration:
        """Compute the same here, with the library: after so many steps, or as many as the widget has done."""
        done = self.steps if steps is None else steps
        return explore(self.settings(), steps=done, dabs=[Dab(*dab) for dab in self.dabs])

    def __repr__(self) -> str:
        return f"Explorer: place fields of {100 * self.width:g} cm in a box of {self.box:g} m"
