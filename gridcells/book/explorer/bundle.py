"""One module for the browser out of several: a widget's page gets a single text."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["join_modules"]

_DECLARED = re.compile(r"^(?:export )?(?:const|let|function\*?|class) (\w+|\[.*?\])(.*)$", re.MULTILINE)
_MORE = re.compile(r", ([A-Z]\w*) = ")  # const ONE = 1, TWO = 2
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+\.js)";\n', re.MULTILINE)


def join_modules(main: Path) -> str:
    """Join an ES module and the modules beside it that it imports, each before those that need it.

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
    texts: dict[str, str] = {}
    _collect(main.parent, main.name, texts, ())
    owner: dict[str, str] = {}
    for name, text in texts.items():
        for first, rest in _DECLARED.findall(text):
            for declared in [first, *_MORE.findall(rest)]:
                if owner.setdefault(declared, name) != name:
                    raise ValueError(f"main: expected one {declared}, got those of {owner[declared]} and {name}")
    return "\n".join(f"// --- {name}\n\n{text}" for name, text in texts.items())


def _collect(folder: Path, name: str, texts: dict[str, str], way: tuple[str, ...]) -> None:
    """Put a module into the texts, after those that it imports."""
    if name in way:
        raise ValueError(f"main: expected modules without a circle, got {' → '.join([*way, name])}")
    if name in texts:
        return
    text = (folder / name).read_text(encoding="utf-8")
    for imported in _IMPORT.findall(text):
        _collect(folder, imported, texts, (*way, name))
    text = _IMPORT.sub("", text)
    if left := re.search(r"^(import\b.*|export [{*].*)$", text, re.MULTILINE):
        raise ValueError(f'main: expected imports like import {{ a }} from "./b.js"; in {name}, got {left[1]}')
    texts[name] = text
