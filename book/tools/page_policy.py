"""A Sphinx extension that gives every built page a Content-Security-Policy.

A page may ask nothing of the outside, and runs no other script than the site's files and what the build wrote into it:
each inline script and each handler (``onclick="..."``) is listed by its SHA-256. A script that something smuggles into
an output, a link or a widget is not on the list. A page that says so may make WebAssembly of bytes
(``wasm-unsafe-eval``).
"""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

from built_pages import when_built
from sphinx.application import Sphinx

__all__ = ["policy_of", "setup", "with_policy"]

_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_OLD = re.compile(r'\s*<meta http-equiv="Content-Security-Policy"[^>]*>')
_WASM = ' data-wasm="true"'
_RUN = ("module", "text/javascript", "application/javascript")  # types of scripts that browsers run
OWN = "'self' file:"  # the site's own files, also where they are opened from a disk
#: What is allowed beside scripts. Matplotlib, MathJax and the theme write styles into elements; widgets are of blobs.
REST = {
    "style-src": f"{OWN} 'unsafe-inline'",
    "img-src": f"{OWN} data: blob:",
    "media-src": f"{OWN} data: blob:",
    "font-src": f"{OWN} data:",
    "connect-src": f"{OWN} data: blob:",
    "form-action": OWN,
    "object-src": "'none'",
    "base-uri": "'none'",
}


class _Scripts(HTMLParser):
    """What of a page a browser would run: inline scripts, and handlers among the attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.parts: list[str] | None = None  # of the script that is being read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.handlers += [value for name, value in attrs if name.startswith("on") and value]
        if tag == "script" and "src" not in named and (named.get("type") or _RUN[0]).lower() in _RUN:
            self.parts = []

    def handle_data(self, data: str) -> None:
        if self.parts is not None:
            self.parts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script" and self.parts is not None:
            self.scripts.append("".join(self.parts))
            self.parts = None


def policy_of(page: str) -> str:
    """Return the policy of a page: the site's own files, and the scripts that stand in the page as it was built.

    Parameters
    ----------
    page : str
        Its HTML.

    Returns
    -------
    str
        The policy.

    Examples
    --------
    >>> policy_of("<script>1</script>").split("; ")[1]
    "script-src 'self' file: blob: 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s='"
    """
    held = _Scripts()
    held.feed(page)
    held.close()
    hashes, handlers = set(map(_hash, held.scripts)), set(map(_hash, held.handlers))
    allowed = [OWN, "blob:", *(["'wasm-unsafe-eval'"] if _WASM in page else []), *sorted(hashes)]
    allowed += ["'unsafe-hashes'", *sorted(handlers - hashes)] if handlers else []
    named = {"default-src": OWN, "script-src": " ".join(allowed), **REST}
    return "; ".join(f"{name} {value}" for name, value in named.items())


def with_policy(page: str) -> str:
    """Return a page with its policy, the first thing in its head; an older one goes.

    Parameters
    ----------
    page : str
        Its HTML; one without a head, such as a redirection, stays as it is.

    Returns
    -------
    str
        Its HTML.

    Examples
    --------
    >>> page = with_policy("<head></head>")
    >>> page.startswith("<head>\\n<meta http-equiv="), with_policy(page) == page
    (True, True)
    """
    page = _OLD.sub("", page, count=1)
    meta = f'\n<meta http-equiv="Content-Security-Policy" content="{policy_of(page)}">'
    return _HEAD.sub(lambda head: head[0] + meta, page, count=1)


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.replace("\r\n", "\n").encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", when_built(lambda page, _: with_policy(page)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
