"""A Sphinx extension that makes chips of the verdicts in the chapters' tables: a word on a colour, and a sign.

Tables are HTML that was written when a chapter ran; here each verdict in a cell gets a class by which the style sheet
colours it.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from gridcells.book.claims.rule import NOT_REPRODUCED, OUTCOMES, REPRODUCED, UNDECIDED

__all__ = ["ChipTransform", "setup", "with_chips"]

_CELL = re.compile(r"<td>([^<]*)</td>")
_OUTCOME = "|".join(sorted(OUTCOMES, key=len, reverse=True))
_COUNTED = re.compile(rf"(\d+ ({_OUTCOME}))(?:, |$)")  # "2 reproduced, 1 undecided"
_HEADED = re.compile(rf"({_OUTCOME})(?:: (.*))?")  # "undecided: one seed"
_LISTED = re.compile(rf"(?<=: )({_OUTCOME})(?=, )")  # "laptop: reproduced, 0.36; lattice: untested, 0.73"
_SIGN = re.compile(r"(yes|no|\?)(?:: (.*))?")  # "yes: 0.36", in a table that has the row below
_OF_SIGNS = "<td>hold, of those measured</td>"
_SAID = {"yes": REPRODUCED, "no": NOT_REPRODUCED, "?": UNDECIDED}


def with_chips(table: str) -> str:
    """A table's HTML with each verdict in a span of its class.

    >>> with_chips("<td>not reproduced</td>")
    '<td><span class="chip chip-not-reproduced">not reproduced</span></td>'
    """
    signs = _OF_SIGNS in table
    return _CELL.sub(lambda cell: f"<td>{_chipped(cell[1], signs=signs)}</td>", table)


def _chipped(text: str, *, signs: bool) -> str:
    if found := signs and _SIGN.fullmatch(text):
        return _with_reason(_chip(found[1], _SAID[found[1]]), found[2])
    if found := _HEADED.fullmatch(text):
        return _with_reason(_chip(found[1], found[1]), found[2])
    if text and not _COUNTED.sub("", text):
        return _COUNTED.sub(lambda one: _chip(one[1], one[2]) + " ", text).strip()
    return _LISTED.sub(lambda one: _chip(one[1], one[1]), text)


def _with_reason(chip: str, reason: str | None) -> str:
    return f"{chip} {reason}" if reason else chip


def _chip(words: str, outcome: str) -> str:
    return f'<span class="chip chip-{outcome.replace(" ", "-")}">{words}</span>'


class ChipTransform(SphinxPostTransform):
    """Give the verdicts of every table their class."""

    default_priority = 198
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """See the class."""
        for raw in list(self.document.findall(nodes.raw)):
            if "<table" in raw.astext():
                raw.children = [nodes.Text(with_chips(raw.astext()))]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_post_transform(ChipTransform)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
