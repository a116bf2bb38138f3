"""A Sphinx extension that takes out of the built pages what they can do without, so that they come quickly.

The theme's icons are drawn by its style sheet and a font; its script, which would draw them once more, goes. Pictures
that widgets hold in the page's text become files, of which a reader fetches those that are looked at. All pictures have
256 colours at most, which makes them a third as heavy and looks the same.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from built_pages import when_built
from PIL import Image
from sphinx.application import Sphinx

__all__ = ["in_few_colours", "setup", "with_pictures_as_files", "without_icon_script"]

_SEEN = 16  # of 255: how far a colour may be off, but for one pixel in a thousand

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


def in_few_colours(picture: bytes) -> bytes:
    """A picture (PNG) in 256 colours of its own; as it was if it has them, is not opaque, or would look different."""
    image = Image.open(io.BytesIO(picture))
    if image.mode not in ("RGB", "RGBA") or (image.mode == "RGBA" and image.getchannel("A").getextrema()[0] != 255):
        return picture
    opaque = image.convert("RGB")
    few = opaque.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    off = np.abs(np.asarray(few.convert("RGB"), dtype=int) - np.asarray(opaque, dtype=int)).max(axis=-1)
    if np.percentile(off, 99.9) > _SEEN:
        return picture
    packed = io.BytesIO()
    few.save(packed, "PNG", optimize=True)
    return min(packed.getvalue(), picture, key=len)


def _lighten_pictures(app: Sphinx, error: Exception | None) -> None:
    """Lighten the pictures of a site that was built."""
    for path in [] if error else sorted(Path(app.outdir).glob("_images/*.png")):
        held = path.read_bytes()
        if (light := in_few_colours(held)) is not held:
            path.write_bytes(light)


def _lightened(out: Path) -> Callable[[str, Path], str]:
    """What lightens the pages of the site in `out`."""

    def change(page: str, path: Path) -> str:
        upwards = "../" * (len(path.relative_to(out).parts) - 1)
        return with_pictures_as_files(without_icon_script(page), out / "_images", f"{upwards}_images")

    return change


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", lambda app, error: when_built(_lightened(Path(app.outdir)))(app, error))
    app.connect("build-finished", _lighten_pictures, priority=900)  # those of widgets, made above, among them
    return {"parallel_read_safe": True, "parallel_write_safe": True}
