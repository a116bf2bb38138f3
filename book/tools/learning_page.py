"""A Sphinx extension that gives one page its network that learns: a script and a style sheet, for that page alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from gridcells.book.learning import learning_script, learning_style

__all__ = ["PAGE", "setup"]

PAGE = "book/a_network_learns"
_MADE = {"learning.js": learning_script, "learning.css": learning_style}


def _write(app: Sphinx) -> None:
    """Write the files among those that the site serves."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static"
        folder.mkdir(parents=True, exist_ok=True)
        for name, make in _MADE.items():
            (folder / name).write_text(make(), encoding="utf-8")


def _add(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object) -> None:
    """Ask for them on the page."""
    if pagename == PAGE:
        app.add_css_file("learning.css")
        app.add_js_file("learning.js", loading_method="defer")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("builder-inited", _write)
    app.connect("html-page-context", _add)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
