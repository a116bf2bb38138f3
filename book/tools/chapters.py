"""Execute the chapters, two at a time, and keep of each what is worth committing: text outputs and execution counts.

    python book/tools/chapters.py [CHAPTER ...]       # in place
    python book/tools/chapters.py --cache FOLDER      # whole, into jupyter-cache's folder, for the pages
    python book/tools/chapters.py --figures           # for the figures and measured claims that they leave in figures/

Images, widget state and editor metadata are dropped, so that a changed chapter is a small diff and the text that stays
is what `pytest --nbval` compares. A picture leaves its `<Figure size ... with ... Axes>` line behind: nbval holds that
to be the same too. What the figures show is kept in numbers, with the minutes that the chapter took, in
`book/executed/CHAPTER.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbclient import NotebookClient

from gridcells._common.files import atomic_path
from gridcells.book.fingerprints import differences

__all__ = [
    "DRAWN",
    "ROOT",
    "chapters",
    "documents",
    "execute",
    "executed",
    "keep",
    "longest_first",
    "read",
    "strip",
    "text_of",
]

ROOT = Path(__file__).resolve().parents[2]
CELL_SECONDS = 300  # as in _config.yml
AT_ONCE = 2  # chapters, each of which may take a gigabyte of memory
FIGURES = "figures"  # notebook metadata in which `execute` leaves what was drawn
DRAWN = (  # an expression for the kernel: JSON of what the chapter's saved figures show
    "__import__('json').dumps(getattr(__import__('sys').modules.get('gridcells.book.figures'), 'drawn', dict)())"
)
SAME_TIME = 1.5  # a chapter that takes this many times as long, or as short, is timed anew
KEPT_CELL_METADATA = ("mystnb", "tags")
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def documents(root: Path = ROOT) -> list[str]:
    """Documents of `_toc.yml` in reading order, without suffix, the root document first."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    entries = [entry for part in contents["parts"] for entry in part["chapters"]]
    return [contents["root"], *(each["file"] for entry in entries for each in (entry, *entry.get("sections", [])))]


def chapters(root: Path = ROOT) -> list[Path]:
    """Notebooks of `_toc.yml`: every document that is not a Markdown page, whether its file is there or not."""
    return [root / f"{name}.ipynb" for name in documents(root) if not (root / f"{name}.md").exists()]


def read(path: Path) -> Any:
    """The notebook in the file `path`."""
    return nbformat.read(path, as_version=4)


def execute(notebook: Any, folder: Path) -> Any:
    """Run every cell of `notebook` in `folder`; what its saved figures show is left in its metadata.

    Raises ValueError where a cell wrote to standard error.
    """
    notebook.cells.append(nbformat.v4.new_code_cell(f"print({DRAWN})"))
    kernel = NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        coalesce_streams=True,
        record_timing=False,  # which the cache would hold for part of the notebook
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": folder}},
    )
    asyncio.run(kernel.async_execute())
    notebook.metadata[FIGURES] = json.loads(notebook.cells.pop().outputs[0].text)
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise ValueError(f"cell {number} wrote to standard error, which no chapter does: {output.text.strip()}")
    return notebook


def strip(notebook: Any) -> Any:
    """A copy of `notebook` without images, widget state, standard error and metadata of editors or kernels."""
    cells = []
    for cell in notebook.cells:
        kept = {**cell, "metadata": {name: cell.metadata[name] for name in KEPT_CELL_METADATA if name in cell.metadata}}
        kept.pop("attachments", None)
        if cell.cell_type == "code":
            kept["outputs"] = [text for output in cell.outputs if (text := _strip_output(output)) is not None]
        cells.append(kept)
    stripped = {**notebook, "cells": cells, "metadata": NOTEBOOK_METADATA, "nbformat": 4, "nbformat_minor": 5}
    return nbformat.from_dict(stripped)


def _strip_output(output: Any) -> dict[str, Any] | None:
    """What is kept of one output; None where nothing is."""
    if output.output_type == "stream":
        return None if output.name == "stderr" else dict(output)
    if "data" not in output:  # an error, which no chapter has: the tests name it
        return dict(output)
    data = {kind: value for kind, value in output.data.items() if kind.startswith("text/")}
    return {**output, "data": data, "metadata": {}} if data else None


def text_of(notebook: Any) -> str:
    """The file's text as it is committed."""
    return nbformat.writes(notebook) + "\n"


def keep(cache: Path, path: Path, notebook: Any) -> None:
    """Put the executed chapter of the file `path` into jupyter-cache's folder `cache`."""
    get_cache(cache).cache_notebook_bundle(CacheBundleIn(notebook, str(path)), check_validity=False)


def executed(path: Path) -> dict[str, Any]:
    """What was kept when the chapter in the file `path` was last executed in place: minutes, and figures in numbers."""
    kept = _kept_at(path)
    return json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {"minutes": None, "figures": {}}


def longest_first(path: Path) -> float:
    """A key to sort chapters by, so that of two at a time none is left to run alone at the end."""
    return -(executed(path)["minutes"] or math.inf)


def remember(path: Path, seconds: float, figures: dict[str, Any]) -> None:
    """Keep what `executed` reads; minutes and figures that are the same within tolerance stay to the letter."""
    old = executed(path)
    minutes = max(round(seconds / 60, 1), 0.1)
    if old["minutes"] and 1 / SAME_TIME <= minutes / old["minutes"] <= SAME_TIME:
        minutes = old["minutes"]
    if not differences(figures, old["figures"]):
        figures = old["figures"]
    kept = _kept_at(path)
    kept.parent.mkdir(exist_ok=True)
    with atomic_path(kept) as temporary:
        temporary.write_text(_executed_text(minutes, figures), encoding="utf-8")


def _executed_text(minutes: float, figures: dict[str, Any]) -> str:
    """JSON with a line for each axes, so that a changed figure is a small diff."""

    def text(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    drawings = [f"{text(name)}: [\n" + ",\n".join(map(text, axes)) + "\n]" for name, axes in sorted(figures.items())]
    return f'{{"minutes": {minutes},\n"figures": {{\n' + ",\n".join(drawings) + "\n}}\n"


def _kept_at(path: Path) -> Path:
    return path.parent / "executed" / f"{path.stem}.json"


def run(path: Path) -> tuple[Any, float, dict[str, Any]]:
    """The chapter in the file `path`, executed, its seconds, and what its figures show.

    Raises SystemExit naming the chapter where that fails.
    """
    started = time.perf_counter()
    try:
        notebook = execute(read(path), path.parent)
    except Exception as error:
        raise SystemExit(f"{path.name}: {error}") from error
    seconds, figures = time.perf_counter() - started, notebook.metadata.pop(FIGURES)
    print(f"{path.name}: executed in {seconds:.0f} s, {len(figures)} figures", flush=True)
    return notebook, seconds, figures


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Execute the chapters, two at a time.")
    parser.add_argument("chapters", nargs="*", type=lambda name: Path(name).resolve(), default=chapters())
    parser.add_argument("--cache", type=Path, help="folder of jupyter-cache to put the results into")
    parser.add_argument("--figures", action="store_true", help="write no notebook: the figures are what is wanted")
    options = parser.parse_args(words)
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each waits for a kernel, a process of its own
        done = [(path, pool.submit(run, path)) for path in sorted(options.chapters, key=longest_first)]
        for path, result in done:
            notebook, seconds, figures = result.result()
            if options.cache:
                keep(options.cache, path, notebook)
            elif options.figures:
                for line in differences(figures, executed(path)["figures"]):
                    print(f"  not as committed: {line}")
            else:
                path.write_text(text_of(strip(notebook)), encoding="utf-8")
                remember(path, seconds, figures)


if __name__ == "__main__":
    main(sys.argv[1:])
