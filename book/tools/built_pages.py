"""What is done to every page once the site is built: one way through them, for the extensions that change pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sphinx.application import Sphinx

__all__ = ["when_built"]


def when_built(change: Callable[[str, Path], str]) -> Callable[[Sphinx, Exception | None], None]:
    """A handler of Sphinx's event "build-finished": each page goes through `change`, by its HTML and its place.

    Pages that come with the theme's files are left alone, and what stays the same is not written.
    """

    def handler(app: Sphinx, error: Exception | None) -> None:
        if error is not None or app.builder.format != "html":
            return
        for path in sorted(Path(app.outdir).rglob("*.html")):
            if "_static" in path.relative_to(app.outdir).parts:
                continue
            before = path.read_text(encoding="utf-8")
            after = change(before, path)
            if after != before:
                path.write_text(after, encoding="utf-8")

    return handler
