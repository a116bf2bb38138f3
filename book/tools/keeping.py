"""What nbval executed, compared and kept: `pytest -p keeping --nbval --keep FOLDER` fills jupyter-cache's folder.

The chapters are thus executed once a check: nbval compares their text outputs with the committed ones to the letter,
the figures that they saved are compared with the committed ones by their arrays, within a tolerance, and the site is
built from those very outputs.
"""

from __future__ import annotations

import ast
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import chapters
import pytest
from forked import OF_OTHERS, forked_kernels

from gridcells.book.fingerprints import differences

WIDGETS = "application/vnd.jupyter.widget-state+json"
STATE = "__import__('json').dumps(__import__('ipywidgets').Widget.get_manager_state())"
REPLY_SECONDS = 30


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep", type=Path, help="folder of jupyter-cache to put the executed chapters into")
    parser.addoption("--forked", action="store_true", help="fork kernels from a process that has imported PyTorch")


def pytest_configure(config: pytest.Config) -> None:
    """Have pytest-xdist hand the chapters out in the order below, not by their numbers of cells; fork their kernels."""
    config.option.loadscopereorder = False
    if config.option.forked:  # of this library and of all else they still import what they use
        forked = ExitStack()
        forked.enter_context(forked_kernels(OF_OTHERS))
        config.add_cleanup(forked.close)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Begin with the longest chapters, and compare the figures of each when its last cell has run."""
    items.sort(key=lambda item: chapters.longest_first(item.path))  # two of equal length: as they were collected
    for number in range(len(items), 0, -1):
        chapter = items[number - 1].parent
        last = number == len(items) or items[number].parent is not chapter
        if _is_cell(items[number - 1]) and last:
            items.insert(number, Figures.from_parent(chapter, name="figures"))


class Figures(pytest.Item):
    """That the figures which a chapter saved are the committed ones."""

    def runtest(self) -> None:
        """Ask the chapter's kernel what they show."""
        chapter: Any = self.parent
        found = _ask(chapter.kernel.kc, chapters.DRAWN)
        different = differences(found, chapters.executed(self.path)["figures"])
        assert not different, "\n".join(["figures are not as committed (`make chapters` renews them):", *different])

    def repr_failure(self, excinfo: Any, style: Any = None) -> str:
        """The lines alone: a traceback says nothing more."""
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the report says it is."""
        return self.path, 0, f"{self.path.name}::figures"


@pytest.hookimpl(tryfirst=True)  # while the kernel still runs
def pytest_runtest_teardown(item: Any, nextitem: Any) -> None:
    """Once the last cell of a chapter has run, put the chapter with its outputs into the cache."""
    folder, chapter = item.config.getoption("keep"), item.parent
    if folder is None or (nextitem is not None and nextitem.parent is chapter):
        return
    cells = [cell for cell in item.session.items if cell.parent is chapter and _is_cell(cell)]
    if not all(cell.test_outputs is not None for cell in cells):
        return  # one was left out or the kernel died: the report says so
    for cell in cells:
        cell.cell.outputs = cell.test_outputs
    chapter.nb.metadata["widgets"] = {WIDGETS: _ask(chapter.kernel.kc, STATE)}
    chapters.keep(folder, item.path, chapter.nb)


def _is_cell(item: Any) -> bool:
    return hasattr(item, "test_outputs")  # as those of nbval have


def _ask(client: Any, expression: str) -> dict[str, Any]:
    """What the text of JSON says that `expression` is in the kernel behind `client`."""
    client.execute("", silent=True, store_history=False, user_expressions={"answer": expression})
    while True:
        content = client.get_shell_msg(timeout=REPLY_SECONDS)["content"]
        if "user_expressions" in content:
            return json.loads(ast.literal_eval(content["user_expressions"]["answer"]["data"]["text/plain"]))
