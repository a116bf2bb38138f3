"""A Sphinx extension that takes out of the built pages what they can do without, so that they come quickly.

The theme's icons are drawn by its style sheet and a font; its script, which would draw them once more, goes. Pictures
that widgets hold in the page's text become files, of which a reader fetches those that are looked at.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from built_pages import when_built
from sphinx.application import Sphinx

__all__ = ["setup", "with_pictures_as_files", "without_icon_script"]

_ICONS = re.compile(
    r'\s*<script[^>]*\ssrc="[^"]*/fontawesome\.js[^"]*"[^>]*></script>|\s*<link[^>]*\shref="[^"]*/fontawesome\.js[^"]*"[^>]*>'
)
_STATE = re.compile(r'(?<=<script type="application/vnd\.jupyter\.widget-state\+json">).*?(?=</script>)', re.DOTALL)
_PICTURE = re.compile(r'(?<=")data:image/png;base64,([A-Za-z0-9+/=]+)(?=")')


def without_icon_script(page: str) -> str:
    """A page's HTML without the script that draws icons which the style sheet draws anyhow.

    >>> without_icon_script('<b></b><script defer src="../_static/scripts/fontawesome.js?digest=5"></script><i></i>')
    '<b></b><i></i>'
    """
    return _ICONS.sub("", page)


def with_pictures_as_files(page: str, folder: Path, address: str) -> str:
    """A page's HTML with the pictures of its widgets written into `folder`, which the page knows as `address`."""

    def write(picture: re.Match[str]) -> str:
        content = base64.b64decode(picture[1])
        path = folder / f"{hashlib.sha256(content).hexdigest()}.png"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return f"{address}/{path.name}"

    return _STATE.sub(lambda state: _PICTURE.sub(write, state[0]), page)


def _lightened(out: Path) -> Callable[[str, Path], str]:
    """What lightens the pages of the site in `out`."""

    def change(page: str, path: Path) -> str:
        upwards = "../" * (len(path.relative_to(out).parts) - 1)
        return with_pictures_as_files(without_icon_script(page), out / "_images", f"{upwards}_images")

    return change


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", lambda app, error: when_built(_lightened(Path(app.outdir)))(app, error))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
