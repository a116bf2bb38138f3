"""What is said of the chapters' figures: caption and description of each, by the name under which a cell saves it.

They lie in `book/captions.toml`, by chapter. The pictures of a cell are told apart by its source: the k-th is the one
that its k-th `save_figure(figure, "paper/name", ...)` saved. A picture that no line saves is named by its number among
the chapter's pictures.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import chapters

__all__ = ["CAPTIONS", "Caption", "captions_of", "command_of", "read_captions", "saved_names"]

CAPTIONS = chapters.ROOT / "book" / "captions.toml"
LEAST = 40  # letters of a description: fewer say no more than a title
_SAVING = ("save", "save_figure")


@dataclass(frozen=True)
class Caption:
    """What is said of one figure.

    `caption` is what everyone reads below it; `description` says what is seen, to whoever does not see it.
    """

    name: str
    caption: str
    description: str


def read_captions(path: Path = CAPTIONS) -> dict[str, dict[str, Caption]]:
    """The captions in a file, by chapter and name, in its order.

    Raises ValueError naming the figure of which too little is said, or what another has too.
    """
    seen: dict[str, str] = {}

    def checked(name: str, said: dict[str, str]) -> Caption:
        if set(said) != {"caption", "description"}:
            raise ValueError(f"{path.name}: {name}: expected a caption and a description, got {sorted(said)}")
        if len(said["description"]) < LEAST:
            raise ValueError(f"{path.name}: {name}: expected a description of {LEAST} letters or more")
        for text in said.values():
            if text in seen:
                raise ValueError(f"{path.name}: {name}: expected words of its own, got those of {seen[text]}")
            seen[text] = name
        return Caption(name, said["caption"], said["description"])

    chapters_in = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        stem: {name: checked(name, said) for name, said in figures.items()} for stem, figures in chapters_in.items()
    }


def saved_names(source: str, known: Iterable[str]) -> list[str]:
    """The names under which a cell's source saves figures, in order; one that it puts together stands for all known."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names: list[str] = []
    for call in sorted(calls, key=lambda one: (one.lineno, one.col_offset)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if called in _SAVING and len(call.args) > 1:
            match call.args[1]:
                case ast.Constant(value=str(name)):
                    names.append(name)
                case expression:
                    names += [name for name in known if re.fullmatch(_pattern(expression), name)]
    return names


def captions_of(stem: str, cells: Sequence[tuple[str, int]], known: Mapping[str, Caption]) -> list[list[Caption]]:
    """The captions of a chapter's pictures, cell by cell; `cells` are source and number of pictures of each.

    Raises ValueError naming the cell where names and pictures do not pair off, or the figure of which nothing is said.
    """
    found: list[list[Caption]] = []
    for number, (source, pictures) in enumerate(cells):
        before = sum(map(len, found))
        names = saved_names(source, known) or [str(before + one) for one in range(1, pictures + 1)]
        if missing := [name for name in names if name not in known]:
            raise ValueError(f"{stem}: code cell {number}: {CAPTIONS.name} says nothing of {missing}")
        if len(names) != pictures:
            raise ValueError(f"{stem}: code cell {number}: expected as many pictures as {names}, got {pictures}")
        found.append([known[name] for name in names])
    return found


def command_of(stem: str) -> str:
    """The command that makes the figures of a chapter again."""
    return f"gridcells rerun {int(stem.partition('_')[0])}"


def _pattern(node: ast.expr) -> str:
    """A regular expression for the values of an expression that puts a name together."""
    match node:
        case ast.Constant(value=str(text)):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(map(_pattern, parts))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _pattern(left) + _pattern(right)
    return "[A-Za-z0-9_-]+"
