"""What the page of the network that learns is made of: one script, with the worker's text and the presets in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import gridcells
from gridcells.book.explorer.bundle import join_modules
from gridcells.presets import preset

__all__ = ["learning_module", "learning_script", "learning_style", "widget_module"]

PRESETS = ("quick", "lattice")  # the first is what the page begins with
_HERE = Path(__file__).parent
_PAGE = _HERE / "page"
_EXPLORER_STYLE = _HERE.with_name("explorer") / "explorer.css"


def learning_module() -> str:
    """Return the numerical core as one ES module: learning, rate maps, scores, files.

    Returns
    -------
    str
        The module's text.

    Examples
    --------
    >>> text = learning_module()
    >>> text.index("class Kernels") < text.index("class Network") < text.index("class Training")
    True
    """
    return join_modules(_PAGE / "core.js")


def learning_script() -> str:
    """Return the script of the page: it fills the element ``#learning``, and needs no other file.

    Returns
    -------
    str
        A plain script, since browsers load no modules from a disk. The worker's text is in it, and the presets.

    Examples
    --------
    >>> "export " in learning_script()
    False
    """
    return f'(() => {{\n"use strict";\n{_constants()}{_plain(join_modules(_PAGE / "learning.js"))}\n}})();\n'


def widget_module() -> str:
    """Return the ES module of the widget, as anywidget takes it.

    Returns
    -------
    str
        The module's text.

    Examples
    --------
    >>> widget_module().rstrip().endswith("export default { render };")
    True
    """
    return _constants() + join_modules(_PAGE / "widget.js")


def learning_style() -> str:
    """Return the style sheet of the page: the explorer's, and what is the network's own.

    Returns
    -------
    str
        CSS.

    Examples
    --------
    >>> ".gl-pictures" in learning_style()
    True
    """
    return "".join(path.read_text(encoding="utf-8") for path in (_EXPLORER_STYLE, _HERE / "learning.css"))


def _constants() -> str:
    """Return what the stage needs above it: the worker's text, presets, the demonstration, the library's version."""
    given = {
        "WORKER": _plain(join_modules(_PAGE / "worker.js")),
        "PRESETS": {name: preset(name).as_dict() for name in PRESETS},
        "DEMONSTRATION": json.loads((_HERE / "demonstration.json").read_text(encoding="utf-8")),
        "VERSION": gridcells.__version__,
    }
    return "".join(f"const {name} = {_literal(value)};\n" for name, value in given.items())


def _plain(module: str) -> str:
    """Return a module as a script: without the word that exports."""
    return re.sub(r"^export (?:default .*;$)?", "", module, flags=re.MULTILINE)


def _literal(value: object) -> str:
    """Return a value as JavaScript that may also stand inside a page."""
    return json.dumps(value).replace("</", "<\\/")
