"""A Sphinx extension that has the chapters' printed results fit their column: words wrap, tables are set smaller.

Each printed block gets a class: "wraps" where it is words, "columns-90" where it is a table of up to 90 characters a
line. The style sheet sizes the type by that and by the width that there is; below nine pixels a table scrolls.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

__all__ = ["FIT", "STEP", "WIDEST", "FitTransform", "class_of", "setup"]

FIT = 70  # characters a line that fit the column as they are
STEP, WIDEST = 10, 150  # classes go by tens; what is wider scrolls
_COLUMNS = re.compile(r"\S {2,}\S")  # within a line


def class_of(text: str) -> str:
    """The class of a printed block: "" where it fits anyhow.

    >>> class_of("one" + 28 * "  two")
    'columns-150'
    """
    lines = text.splitlines()
    longest = max(map(len, lines), default=0)
    if longest <= FIT:
        return ""
    if not any(map(_COLUMNS.search, lines)):
        return "wraps"
    return f"columns-{min(-(-longest // STEP) * STEP, WIDEST)}"


class FitTransform(SphinxPostTransform):
    """Give every printed block its class."""

    default_priority = 198
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """See the class."""
        for output in self.document.findall(nodes.container):
            if output.get("nb_element") == "cell_code_output":
                for block in output.findall(nodes.literal_block):
                    if name := class_of(block.astext()):
                        block["classes"].append(name)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_post_transform(FitTransform)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
