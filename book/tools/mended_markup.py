"""A Sphinx extension that mends what the theme and Sphinx write into pages and screen readers cannot make sense of.

Each line of `MENDED` is a fault that axe-core calls critical or serious, found by looking at every built page
(`tests/site/test_accessibility.py`).
"""

from __future__ import annotations

import re
from typing import Any

from built_pages import when_built
from sphinx.application import Sphinx

__all__ = ["MENDED", "mended", "setup"]

#: What stands in a page, what is put in its place.
MENDED = [
    # A control without a name: the one that unfolds a chapter's pages in the contents.
    (
        re.compile(r'<summary>(?=<span class="toctree-toggle")'),
        lambda _: '<summary aria-label="The pages below this one">',
    ),
    # A button called otherwise than what is written on it, which is "Search Ctrl+K": its text is its name.
    (
        re.compile(r'(<button class="btn search-button-field[^>]*?)\s+aria-label="Search"'),
        lambda found: found[1],
    ),
    # A list whose entries are of a kind that lists don't hold, and that no longer exists.
    (re.compile(r'role="doc-biblioentry"'), lambda _: 'role="listitem"'),
    # The parameters of a long signature, as a list of definitions with nothing to define.
    (
        re.compile(r"<dl>\s*((?:<dd>(?:(?!</?d[dlt]>).)*</dd>\s*)+)</dl>", re.DOTALL),
        lambda found: f'<div class="sig-lines">{found[1].replace("<dd>", "<div>").replace("</dd>", "</div>")}</div>',
    ),
]


def mended(page: str) -> str:
    """A page's HTML, mended.

    >>> mended('<div role="list"><div role="doc-biblioentry"></div></div>')
    '<div role="list"><div role="listitem"></div></div>'
    """
    for fault, remedy in MENDED:
        page = fault.sub(remedy, page)
    return page


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("build-finished", when_built(lambda page, _: mended(page)))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
