"""The network that learns as a widget: it trains in the browser, and a kernel gets what it has learnt."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import anywidget
import traitlets

from gridcells._common.unpacking import check_archive
from gridcells.book.explorer.room_name import RoomName
from gridcells.book.learning.script import PRESETS, learning_style, widget_module
from gridcells.presets import ROOMS, preset
from gridcells.runs.own import load_run
from gridcells.training.run import Run

__all__ = ["LearningNetwork"]


class LearningNetwork(anywidget.AnyWidget):
    """A network that learns while you watch, in JupyterLab: press Train, or set ``running``.

    Every setting is a trait, synchronised both ways. `step`, `metrics` (a row every twenty steps: step, loss, decoding
    error, seconds, and the share of units above the null once it is known), `share_above_null` and `null_95_percent`
    come back while it learns; `run` opens what it has learnt.

    Parameters
    ----------
    recipe : {"quick", "lattice"}
        The preset that it learns by.
    **settings
        ``width`` (place field width, m), ``ratio`` (surround variance over centre variance), ``cell`` ("relu" or
        "tanh"), ``units``, ``room`` ("square"; "torus", a square whose edges join; "hexagon", "triangle", "trapezoid";
        or the corners of one of your own, as `gridcells.presets.room_of` takes them), ``seed``, ``pace`` (steps a
        second; 0: as fast as it goes), ``machine`` (who computes: "processor", by WebAssembly; "graphics", by WebGPU
        where the browser has it; "quicker", the one that is); those of the preset if not given.

    Raises
    ------
    ValueError
        If a setting is unknown or out of range.

    Notes
    -----
    Source: ours, after Sorscher et al. 2023, Methods (the network and what it learns).

    Examples
    --------
    >>> widget = LearningNetwork(seed=3)
    >>> widget.units, widget.width, widget.step
    (128, 0.15, 0)
    """

    _esm = widget_module()
    _css = learning_style()

    recipe = traitlets.Enum(PRESETS, PRESETS[0]).tag(sync=True)
    width = traitlets.Float(0.15, min=0.08, max=0.3).tag(sync=True)  # m
    ratio = traitlets.Float(4.0, min=1.5, max=8.0).tag(sync=True)
    cell = traitlets.Enum(("relu", "tanh"), "relu").tag(sync=True)
    units = traitlets.Enum((64, 128, 192, 256), 128).tag(sync=True)
    room = RoomName("square", "torus", *ROOMS).tag(sync=True)
    seed = traitlets.Int(0, min=0, max=2**32 - 1).tag(sync=True)
    pace = traitlets.Enum((0, 1, 5, 20), 0).tag(sync=True)  # steps a second; 0: as fast as it goes
    machine = traitlets.Enum(("quicker", "processor", "graphics"), "quicker").tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)

    step = traitlets.Int(0).tag(sync=True)
    metrics = traitlets.List(traitlets.Dict()).tag(sync=True)
    share_above_null = traitlets.Float(None, allow_none=True).tag(sync=True)
    null_95_percent = traitlets.Float(None, allow_none=True).tag(sync=True)
    archive = traitlets.Bytes().tag(sync=True)  # the run's folder, a ZIP file

    def __init__(self, *, recipe: str = PRESETS[0], **settings: object) -> None:
        known = ("width", "ratio", "cell", "units", "room", "seed", "pace", "machine")
        for name in settings:
            if name not in known:
                raise ValueError(f"{name}: expected one of {', '.join(known)}, got no such setting")
        if recipe not in PRESETS:
            raise ValueError(f"recipe: expected one of {', '.join(PRESETS)}, got {recipe!r}")
        chosen = preset(recipe).flat()
        own = {
            "width": chosen["place_cells.field_width"],
            "ratio": chosen["place_cells.surround_ratio"],
            "units": chosen["network.units"],
        }
        try:
            super().__init__(recipe=recipe, **{**own, **settings})
        except traitlets.TraitError as error:
            raise ValueError(str(error)) from error

    def run(self) -> Run:
        """Open the network that has learnt, as `load_run` opens a run's folder.

        Returns
        -------
        Run
            Task, trained network, metrics and summary.

        Raises
        ------
        ValueError
            If nothing has been learnt to the end yet, or what came from the page is damaged.
        """
        if not self.archive:
            raise ValueError(f"archive: expected a network that has learnt to the end, got one at step {self.step}")
        with tempfile.TemporaryDirectory() as folder:
            packed, unpacked = Path(folder) / "archive.zip", Path(folder) / "run"
            packed.write_bytes(self.archive)
            check_archive(packed, checksums=True)
            with zipfile.ZipFile(packed) as archive:
                archive.extractall(unpacked)
            (only,) = unpacked.iterdir()
            return load_run(only)

    def __repr__(self) -> str:
        return f"LearningNetwork: {self.units} {self.cell} units, place fields of {100 * self.width:g} cm"
