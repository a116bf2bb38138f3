"""The command that executes a chapter with other parameters: `gridcells rerun CHAPTER -p name=value`."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from gridcells.cli.assignments import read_assignments

if TYPE_CHECKING:
    from gridcells.book.chapters import Chapter

__all__ = ["rerun_command"]


def rerun_command(
    chapter: Annotated[str | None, tyro.conf.Positional, tyro.conf.arg(metavar="CHAPTER")] = None,
    /,
    parameter: Annotated[
        tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="NAME=VALUE", aliases=["-p"])
    ] = (),
    out: Path | None = None,
    list: bool = False,
) -> None:
    """Execute a chapter of the book with other parameters.

    The folder holds the executed notebook, its figures (PAPER/FIGURE.png and .pdf), its measured claims
    (measured/CLAIM.json) and what was asked for (rerun.json). Where a cell fails, the exit status is 1 and the notebook
    as far as it came is kept.

    Args:
        chapter: Its number, name or path.
        parameter: Set one parameter, for example -p steps=800; may be given again.
        out: The folder, new or empty; runs/CHAPTER by default.
        list: Show the chapters instead, or only CHAPTER: parameters, defaults, minutes as last measured.
    """
    from gridcells.book.chapters import book_chapters, find_chapter

    if list:
        return print("\n\n".join(map(_listing, [find_chapter(chapter)] if chapter else book_chapters())))
    if chapter is None:
        raise ValueError("chapter: expected the number, name or path of one that `gridcells rerun --list` shows")
    chosen = find_chapter(chapter)
    values = chosen.parse(read_assignments(parameter, "-p", empty=True))
    from gridcells.book.reruns import ChapterError, rerun  # papermill, which --list need not wait for

    try:
        done = rerun(chosen, values, out=out or Path("runs") / chosen.name, progress=True)
    except ChapterError as error:
        print(f"gridcells: error: {error}", file=sys.stderr)
        sys.exit(1)
    print(f"notebook: {done.notebook}")
    print(f"figures: {len(done.figures)}; measured claims: {len(done.claims)}")


def _listing(chapter: Chapter) -> str:
    """List the chapter's name, title and minutes, and a line for each of its parameters."""
    from gridcells.book.chapters import FOLDER

    minutes = "minutes not measured yet" if chapter.minutes is None else f"{chapter.minutes:g} min"
    lines = [
        f"{name} = {one.default!r}{'  # ' if one.comment else ''}{one.comment}"
        for name, one in chapter.parameters.items()
        if name != FOLDER
    ]
    return f"{chapter.name}: {chapter.title} ({minutes})\n" + textwrap.indent("\n".join(lines) or "no parameters", "  ")
