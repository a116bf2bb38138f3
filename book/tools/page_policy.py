"""A Sphinx extension that gives every built page a Content-Security-Policy.

A page may ask nothing of the outside, and runs no other script than the site's files and what the build wrote into it:
each inline script and each handler (``onclick="..."``) is listed by its SHA-256. A script that something smuggles into
an output, a link or a widget is not on the list. Pages with widgets may besides make functions of text
(``unsafe-eval``): the widgets' script so compiles the schema by which it checks their state.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

__all__ = ["policy_of", "setup", "with_policy"]

_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_OLD = re.compile(r'\s*<meta http-equiv="Content-Security-Policy"[^>]*>')
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.IGNORECASE | re.DOTALL)
_HANDLER = re.compile(r"<[a-z][^<>]*?\son[a-z]+\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
_TYPE = re.compile(r"\btype\s*=\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_WIDGETS = 'type="application/vnd.jupyter.widget-view+json"'
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
    hashes = {
        _hash(text)
        for attributes, text in _SCRIPT.findall(page)
        if text.strip() and ((kind := _TYPE.search(attributes)) is None or kind[1].lower() in _RUN)
    }
    outside = _SCRIPT.sub("", page)
    handlers = {_hash(html.unescape(double or single)) for double, single in _HANDLER.findall(outside)}
    allowed = [OWN, "blob:", *(["'unsafe-eval'"] if _WIDGETS in page else []), *sorted(hashes)]
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


def _finish(app: Sphinx, error: Exception | None) -> None:
    """Give each page its policy, once all are written."""
    if error is None and app.builder.format == "html":
        for path in sorted(Path(app.outdir).rglob("*.html")):
            if "_static" not in path.relative_to(app.outdir).parts:
                before = path.read_text(encoding="utf-8")
                after = with_policy(before)
                if after != before:
                    path.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
