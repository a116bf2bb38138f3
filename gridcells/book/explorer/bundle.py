"""One module for the browser out of several: a widget's page gets a single text."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["join_modules"]

_DECLARED = re.compile(r"^(?:export )?(?:const|let|function\*?|class) (\w+|\[.*?\])(.*)$", re.MULTILINE)
_MORE = re.compile(r", ([A-Z]\w*) = ")  # const ONE = 1, TWO = 2
_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.{1,2}/[\w./-]+\.js)";\n', re.MULTILINE)


def join_modules(main: Path) -> str:
    """Join an ES module and the modules that it imports, each before those that need it.

    Parameters
    ----------
    main : Path
        The module that imports the others, by lines such as ``import { noise } from "./noise.js";``.

    Returns
    -------
    str
        One module with all their exports. They share one scope.

    Raises
    ------
    ValueError
        If modules import each other in a circle, an import has another form, or two modules declare the same name.

    Examples
    --------
    >>> from gridcells.book.explorer import bundle
    >>> text = join_modules(Path(bundle.__file__).with_name("page") / "explorer.js")
    >>> text.index("function spectrum") < text.index("class Simulation") < text.index("function render")
    True
    """
    texts: dict[Path, str] = {}
    _collect(main.resolve(), texts, ())
    owner: dict[str, Path] = {}
    for path, text in texts.items():
        for first, rest in _DECLARED.findall(text):
            for declared in [first, *_MORE.findall(rest)]:
                if owner.setdefault(declared, path) != path:
                    both = f"{owner[declared].name} and {path.name}"
                    raise ValueError(f"main: expected one {declared}, got those of {both}")
    return "\n".join(f"// --- {path.name}\n\n{text}" for path, text in texts.items())


def _collect(path: Path, texts: dict[Path, str], way: tuple[Path, ...]) -> None:
    """Put a module into the texts, after those that it imports."""
    if path in way:
        names = " → ".join(each.name for each in [*way, path])
        raise ValueError(f"main: expected modules without a circle, got {names}")
    if path in texts:
        return
    text = path.read_text(encoding="utf-8")
    for imported in _IMPORT.findall(text):
        _collect((path.parent / imported).resolve(), texts, (*way, path))
    text = _IMPORT.sub("", text)
    if left := re.search(r"^(import\b.*|export [{*].*)$", text, re.MULTILINE):
        raise ValueError(f'main: expected imports like import {{ a }} from "./b.js"; in {path.name}, got {left[1]}')
    texts[path] = text
