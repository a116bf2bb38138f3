"""The chapters of the book as data: which there are, their parameters, and how long each took."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import gridcells
from gridcells._common.checks import check_choice, nearest_name
from gridcells.book.parameters import Parameter, parse_value, read_parameters

__all__ = [
    "FOLDER",
    "PARAMETERS_TAG",
    "Chapter",
    "book_chapters",
    "book_package",
    "find_chapter",
]

FOLDER = "out"  # the parameter that says where a chapter's figures and measured claims go
PARAMETERS_TAG = "parameters"
_ROOT = Path(gridcells.__file__).resolve().parents[1]
_EXECUTED = "executed"  # beside a chapter: what book/tools/chapters.py kept of its last execution


@dataclass(frozen=True)
class Chapter:
    """A chapter of the book.

    Parameters
    ----------
    path : pathlib.Path
        The notebook.
    title : str
        Its heading.
    parameters : mapping of str to Parameter
        By name, in the order of the cell.
    minutes : float or None
        What it took with its defaults when it was last executed; None where that is not known.
    """

    path: Path
    title: str
    parameters: Mapping[str, Parameter]
    minutes: float | None = None

    @property
    def name(self) -> str:
        """The notebook's name without suffix, such as "02_the_task"."""
        return self.path.stem

    def parse(self, texts: Mapping[str, str]) -> dict[str, object]:
        """Read values given as text, each by the type of its parameter's default.

        Parameters
        ----------
        texts : mapping of str to str
            Text by parameter.

        Returns
        -------
        dict of str to object
            The values.

        Raises
        ------
        ValueError
            If a name is none of the chapter's (the nearest is suggested), or a text is not of the type.
        """
        names = tuple(name for name in self.parameters if name != FOLDER)
        for name in texts:
            if name == FOLDER and FOLDER in self.parameters:
                raise ValueError(f"{name}: the folder of a rerun is its own argument: use --out")
            if not names:
                raise ValueError(f"{self.name}: expected no parameter, since it has none, got {name!r}")
            check_choice(name, f"{self.name}: parameter", names)
        return {name: parse_value(name, text, self.parameters[name].default) for name, text in texts.items()}


def book_package(name: str) -> ModuleType:
    """Import one of the packages that only the book needs, or say how to install them.

    Parameters
    ----------
    name : str
        The module.

    Returns
    -------
    module
        It.

    Raises
    ------
    ValueError
        If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ValueError(
            f"expected the optional package {error.name or name} for the book: pip install -e '.[book]' in a checkout"
        ) from error


def book_chapters(root: str | Path = _ROOT) -> list[Chapter]:
    """List the chapters of the book in reading order.

    Parameters
    ----------
    root : path_like
        The checkout that holds ``_toc.yml`` and ``book``; by default the one that the library is imported from.

    Returns
    -------
    list of Chapter
        Every notebook of ``_toc.yml``.

    Raises
    ------
    FileNotFoundError
        If there is no book, as where the library was installed from a wheel.
    ValueError
        If a chapter's parameters cannot be read, or packages that the book needs are missing.

    Examples
    --------
    >>> first, *others = book_chapters()
    >>> first.name, first.title
    ('01_what_this_book_is', 'What this book is')
    """
    root, nbformat, yaml = Path(root), book_package("nbformat"), book_package("yaml")
    if not (root / "_toc.yml").is_file():
        raise FileNotFoundError(
            f"no book in {root}: expected _toc.yml there, as in a checkout that pip installed with -e"
        )
    parts = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    paths = [root / f"{entry['file']}.ipynb" for part in parts for entry in part["chapters"]]
    chapters = []
    for path in (path for path in paths if path.is_file()):  # what is no notebook is a page of text
        cells = nbformat.read(path, as_version=4).cells
        tagged = [cell.source for cell in cells if PARAMETERS_TAG in cell.metadata.get("tags", [])]
        try:
            parameters = read_parameters("\n".join(tagged))
        except ValueError as error:
            raise ValueError(f"{path}: cell of parameters: {error}") from error
        title = cells[0].source.partition("\n")[0].removeprefix("# ")
        chapters.append(Chapter(path, title, parameters, _minutes(path)))
    return chapters


def _minutes(path: Path) -> float | None:
    kept = path.parent / _EXECUTED / f"{path.stem}.json"
    return json.loads(kept.read_text(encoding="utf-8"))["minutes"] if kept.is_file() else None


def find_chapter(word: str, chapters: Sequence[Chapter] | None = None) -> Chapter:
    """Find a chapter by its number, its name or its path.

    Parameters
    ----------
    word : str
        "2", "02", "02_the_task", "the_task" or "book/02_the_task.ipynb".
    chapters : sequence of Chapter, optional
        Where to look; by default `book_chapters`.

    Returns
    -------
    Chapter
        The chapter.

    Raises
    ------
    ValueError
        If there is none such; the nearest name is suggested.

    Examples
    --------
    >>> find_chapter("2").name
    '02_the_task'
    """
    chapters = book_chapters() if chapters is None else chapters
    names: dict[str, str] = {}
    for chapter in chapters:
        number, _, rest = chapter.name.partition("_")
        names |= {chapter.name: chapter.name, rest: chapter.name}
        if word in (chapter.name, rest) or (word.isdecimal() and number.isdecimal() and int(word) == int(number)):
            return chapter
        if word.endswith(".ipynb") and Path(word).resolve() == chapter.path.resolve():
            return chapter
    raise ValueError(
        f"chapter: expected the number, name or path of one that `gridcells rerun --list` shows, "
        f"got {word!r}{nearest_name(Path(word).stem, names)}"
    )
