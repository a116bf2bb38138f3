"""A Sphinx extension that guides a reader: aims and minutes at a chapter's head, ways on at its end, terms explained.

What is said of a chapter stands in ``book/guide.toml``, and what a term means in ``book/glossary.md``. The first time
that a page uses a term, the word links to its entry and shows its meaning under the pointer.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

__all__ = ["Guide", "meanings", "read_guide", "setup"]

BOOK = Path(__file__).resolve().parents[1]
GUIDE, GLOSSARY = BOOK / "guide.toml", BOOK / "glossary.md"
WORDS_A_MINUTE = 200
_CLOSED = (  # what no term is looked for in
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.title,
    nodes.raw,
    nodes.table,
    addnodes.pending_xref,
)


@dataclass(frozen=True)
class Guide:
    """What is said of one chapter.

    Parameters
    ----------
    aims : list of str
        What its reader can do afterwards.
    next : list of (str, str)
        Pages to go on with, each with a reason.
    """

    aims: list[str]
    next: list[tuple[str, str]]


def read_guide(path: Path = GUIDE) -> dict[str, Guide]:
    """Read what is said of the chapters, by their names."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: Guide(entry["aims"], [tuple(each) for each in entry["next"]]) for name, entry in told.items()}


def meanings(path: Path = GLOSSARY) -> dict[str, str]:
    """Read the glossary: what each term means."""
    (inside,) = re.findall(r"```\{glossary\}\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    found: dict[str, list[str]] = {}
    for line in inside.splitlines():
        if line and not line.startswith(" "):
            found[line.strip()] = []
        elif line.strip():
            found[next(reversed(found))].append(line.strip())
    return {term: " ".join(words) for term, words in found.items()}


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension with Sphinx."""
    app.connect("doctree-read", _lead, priority=400)  # before Sphinx lists a page's sections
    app.connect("doctree-read", _link_terms, priority=410)
    app.connect("doctree-resolved", _explain)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _lead(app: Sphinx, doctree: nodes.document) -> None:
    """Put aims and minutes below a chapter's title, and where to go on at its end."""
    name = Path(app.env.docname).name
    guide = read_guide().get(name)
    if guide is None:
        return
    app.env.note_dependency(str(GUIDE))
    chapter = next(doctree.findall(nodes.section))
    words = sum(len(paragraph.astext().split()) for paragraph in doctree.findall(nodes.paragraph))
    times = f"About {max(1, round(words / WORDS_A_MINUTE))} minutes to read"
    kept = BOOK / "executed" / f"{name}.json"
    if kept.exists():
        times += f", {_minutes(json.loads(kept.read_text(encoding='utf-8'))['minutes'])} to run on two cores"
    head = nodes.container(classes=["guide"])
    head += nodes.paragraph("", "", nodes.strong("", "After this chapter you can"))
    head += nodes.bullet_list("", *(nodes.list_item("", nodes.paragraph("", aim)) for aim in guide.aims))
    head += nodes.paragraph("", f"{times}.", classes=["times"])
    chapter.insert(1, head)
    end = nodes.section("", nodes.title("", "Where next"), ids=["where-next"], names=["where next"])
    end += nodes.bullet_list("", *(_way(app.env.docname, target, reason) for target, reason in guide.next))
    chapter += end


def _minutes(minutes: float) -> str:
    return "less than a minute" if minutes < 1 else f"{minutes:.0f} minute{'s' if round(minutes) > 1 else ''}"


def _way(here: str, target: str, reason: str) -> nodes.list_item:
    """Return a list's entry that links a page, with its title, and says why."""
    link = _link(here, "doc", target, target, explicit=False)
    return nodes.list_item("", nodes.paragraph("", "", link, nodes.Text(f": {reason}")))


def _link_terms(app: Sphinx, doctree: nodes.document) -> None:
    """Link the first use of each term in a page's running text."""
    here = app.env.docname
    if here.startswith("book/api") or here in ("book/glossary", "book/changelog", "book/contributing"):
        return
    app.env.note_dependency(str(GLOSSARY))
    left = {term: _pattern(term) for term in sorted(meanings(), key=len, reverse=True)}
    for text in list(_running_text(doctree)):
        found = [(match.span(), term) for term, pattern in left.items() if (match := pattern.search(text))]
        parts, done = [], 0
        for (start, end), term in sorted(found, key=lambda one: (one[0][0], -one[0][1])):
            if start >= done:
                parts += [nodes.Text(text[done:start]), _link(here, "term", term, text[start:end], explicit=True)]
                done = end
                del left[term]
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[done:])])


def _pattern(term: str) -> re.Pattern[str]:
    """Return what finds a term, or its plural, as a word of its own."""
    return re.compile(rf"(?<![\w-]){re.escape(term)}(?:s|es)?(?![\w-])", re.IGNORECASE)


def _running_text(doctree: nodes.document) -> Iterator[nodes.Text]:
    for paragraph in doctree.findall(nodes.paragraph):
        if not _inside(paragraph, lambda node: "cell" in node.get("classes", []) or "guide" in node.get("classes", [])):
            for text in paragraph.findall(nodes.Text):
                if not _inside(text, lambda node: isinstance(node, _CLOSED)):
                    yield text


def _inside(node: nodes.Node, what: Any) -> bool:
    parent = node.parent
    while parent is not None and not what(parent):
        parent = parent.parent
    return parent is not None


def _link(here: str, kind: str, target: str, shown: str, *, explicit: bool) -> addnodes.pending_xref:
    """Return a link that Sphinx resolves: to a "doc", whose title it shows unless explicit, or to a "term"."""
    return addnodes.pending_xref(
        "",
        nodes.inline("", shown, classes=["xref", "std", f"std-{kind}"]),
        refdomain="std",
        reftype=kind,
        reftarget=target,
        refexplicit=explicit,
        refwarn=True,
        refdoc=here,
    )


def _explain(app: Sphinx, doctree: nodes.document, name: str) -> None:
    """Let a linked term show its meaning under the pointer."""
    told = {term.lower(): words for term, words in meanings().items()}
    for link in doctree.findall(nodes.reference):
        if any("std-term" in inline.get("classes", []) for inline in link.findall(nodes.inline)):
            shown = link.astext().lower()
            for words in (words for term, words in told.items() if _pattern(term).fullmatch(shown)):
                link["reftitle"] = words
