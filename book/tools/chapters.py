"""Execute the chapters, two at a time, and keep of each what is worth committing: text outputs and execution counts.

    python book/tools/chapters.py [CHAPTER ...]       # in place
    python book/tools/chapters.py --cache FOLDER      # whole, into jupyter-cache's folder, for the pages

Images, widget state and editor metadata are dropped, so that a changed chapter is a small diff and the text that stays
is what `pytest --nbval` compares. A picture leaves its `<Figure size ... with ... Axes>` line behind: nbval holds that
to be the same too.
"""

from __future__ import annotations

import argparse
import asyncio
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

__all__ = ["ROOT", "chapters", "documents", "execute", "read", "strip", "text_of"]

ROOT = Path(__file__).resolve().parents[2]
CELL_SECONDS = 300  # as in _config.yml
AT_ONCE = 2  # chapters, each of which may take a gigabyte of memory
KEPT_CELL_METADATA = ("mystnb", "tags")
NOTEBOOK_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def documents(root: Path = ROOT) -> list[str]:
    """Documents of `_toc.yml` in reading order, without suffix, the root document first."""
    contents = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [contents["root"], *(entry["file"] for part in contents["parts"] for entry in part["chapters"])]


def chapters(root: Path = ROOT) -> list[Path]:
    """Notebooks of `_toc.yml`: every document that is not a Markdown page, whether its file is there or not."""
    return [root / f"{name}.ipynb" for name in documents(root) if not (root / f"{name}.md").exists()]


def read(path: Path) -> Any:
    """The notebook in the file `path`."""
    return nbformat.read(path, as_version=4)


def execute(notebook: Any, folder: Path) -> Any:
    """Run every cell of `notebook` in `folder`. Raises ValueError where a cell wrote to standard error."""
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


def run(path: Path) -> Any:
    """The chapter in the file `path`, executed; raises SystemExit naming it where that fails."""
    started = time.perf_counter()
    try:
        notebook = execute(read(path), path.parent)
    except Exception as error:
        raise SystemExit(f"{path.name}: {error}") from error
    print(f"{path.name}: executed in {time.perf_counter() - started:.0f} s", flush=True)
    return notebook


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Execute the chapters, two at a time.")
    parser.add_argument("chapters", nargs="*", type=lambda name: Path(name).resolve(), default=chapters())
    parser.add_argument("--cache", type=Path, help="folder of jupyter-cache to put the results into")
    options = parser.parse_args(words)
    cache = options.cache and get_cache(options.cache)
    with ThreadPoolExecutor(AT_ONCE) as pool:  # each waits for a kernel, a process of its own
        done = [pool.submit(run, path) for path in options.chapters]
        for path, notebook in zip(options.chapters, done, strict=True):
            if cache:
                cache.cache_notebook_bundle(CacheBundleIn(notebook.result(), str(path)), check_validity=False)
            else:
                path.write_text(text_of(strip(notebook.result())), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
