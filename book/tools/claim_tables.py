"""A Sphinx extension for the chapters' tables of claims: verdicts as chips, a word on a colour; chapters as links.

Tables are HTML that was written when a chapter ran. Here each verdict in a cell gets a class by which the style sheet
colours it, and names of chapters become numbered links.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from gridcells.book.claims.rule import NOT_REPRODUCED, OUTCOMES, REPRODUCED, UNDECIDED

__all__ = ["ClaimTableTransform", "setup", "with_chips", "with_links"]

_CELL = re.compile(r"<td>([^<]*)</td>")
_CHECKED = {"holds": REPRODUCED, "does not hold": NOT_REPRODUCED}  # said of the book's checks on itself
_OUTCOME = "|".join(sorted(OUTCOMES, key=len, reverse=True))
_COUNTED = re.compile(rf"(\d+ ({_OUTCOME}))(?:, |$)")  # "2 reproduced, 1 undecided"
_HEADED = re.compile(rf"({_OUTCOME}|{'|'.join(_CHECKED)})(?:: (.*))?")  # "undecided: one seed"
_LISTED = re.compile(rf"(?<=: )({_OUTCOME})(?=, )")  # "laptop: reproduced, 0.36; lattice: untested, 0.73"
_SIGN = re.compile(r"(yes|no|\?)(?:: (.*))?")  # "yes: 0.36", in a table that has the row below
_OF_SIGNS = "<td>hold, of those measured</td>"
_SAID = {"yes": REPRODUCED, "no": NOT_REPRODUCED, "?": UNDECIDED}


def with_chips(table: str) -> str:
    """A table's HTML with each verdict in a span of its class, and with the class "status" for a cell that is one.

    >>> with_chips("<td>not reproduced</td>")
    '<td class="status"><span class="chip chip-not-reproduced">not reproduced</span></td>'
    """
    return _CELL.sub(lambda cell: _sign(cell[1]) if _OF_SIGNS in table else _verdict(cell[1]), table)


def with_links(table: str, links: Mapping[str, str]) -> str:
    """A table's HTML with links for names in cells that hold nothing but such names.

    >>> with_links("<td>02_the_task</td>", {"02_the_task": "<a>2. The task</a>"})
    '<td><a>2. The task</a></td>'
    """

    def linked(cell: re.Match[str]) -> str:
        names = cell[1].split(", ")
        return "<td>" + "<br>".join(links[name] for name in names) + "</td>" if set(names) <= set(links) else cell[0]

    return _CELL.sub(linked, table)


def _sign(text: str) -> str:
    found = _SIGN.fullmatch(text)
    return f"<td>{_with_reason(_chip(found[1], _SAID[found[1]]), found[2]) if found else text}</td>"


def _verdict(text: str) -> str:
    if found := _HEADED.fullmatch(text):
        return f'<td class="status">{_with_reason(_chip(found[1], _CHECKED.get(found[1], found[1])), found[2])}</td>'
    if text and not _COUNTED.sub("", text):
        return f'<td class="status">{_COUNTED.sub(lambda one: _chip(one[1], one[2]) + " ", text).strip()}</td>'
    return f"<td>{_LISTED.sub(lambda one: _chip(one[1], one[1]), text)}</td>"


def _with_reason(chip: str, reason: str | None) -> str:
    return f"{chip} {reason}" if reason else chip


def _chip(words: str, outcome: str) -> str:
    bare = " chip-bare" if words == "?" else ""  # the sign itself
    return f'<span class="chip chip-{outcome.replace(" ", "-")}{bare}">{words}</span>'


class ClaimTableTransform(SphinxPostTransform):
    """Give the verdicts of every table their class, and the chapters that it names their links."""

    default_priority = 198
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """See the class."""
        tables = [raw for raw in self.document.findall(nodes.raw) if "<table" in raw.astext()]
        links = self._links() if tables else {}
        for raw in tables:
            raw.children = [nodes.Text(with_links(with_chips(raw.astext()), links))]

    def _links(self) -> dict[str, str]:
        """The link to each numbered page, by its name."""
        found = {}
        for document, numbers in self.env.toc_secnumbers.items():
            if number := ".".join(map(str, numbers.get("") or ())):
                address = self.app.builder.get_relative_uri(self.env.docname, document)
                title = html.escape(self.env.titles[document].astext())
                found[Path(document).name] = f'<a href="{address}">{number}. {title}</a>'
        return found


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.add_post_transform(ClaimTableTransform)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
