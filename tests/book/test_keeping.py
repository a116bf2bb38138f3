"""The two ways to execute a chapter for the pages leave the same in the cache: the tool's own, and nbval's."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import chapters
import keeping
import nbformat
import pytest
from jupyter_cache import get_cache

CELLS = (
    "import ipywidgets\nimport matplotlib.pyplot as plt\nprint('counted', 6 * 7)",
    "lines = plt.plot([0, 1])",
    "slider = ipywidgets.IntSlider(value=3, description='width')\nslider",
)


@pytest.fixture
def chapter(tmp_path):
    path = tmp_path / "chapter.ipynb"
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(CELLS)]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=chapters.NOTEBOOK_METADATA)
    path.write_text(chapters.text_of(notebook), encoding="utf-8")
    chapters.main([str(path)])
    return path


def nbval(chapter, cache, *more):
    places = [f"--rootdir={chapter.parent}", "-c", str(chapters.ROOT / "pyproject.toml"), "--keep", str(cache)]
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "keeping",
            "--nbval",
            "--nbval-current-env",
            *places,
            *more,
            str(chapter),
        ],
        env={**os.environ, "PYTHONPATH": str(chapters.ROOT / "book/tools")},
        capture_output=True,
        text=True,
    )


def kept(folder, chapter):
    cache = get_cache(folder)
    return cache.get_cache_bundle(cache.match_cache_file(str(chapter)).pk).nb


def of(notebook):
    """Outputs without what differs from run to run."""
    found = []
    for output in (output for cell in notebook.cells for output in cell.outputs):
        data = output.get("data", {"text": output.get("text")})
        found.append({kind: "" if kind.endswith("view+json") else value for kind, value in data.items()})
    return found


def states(notebook):
    widgets = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    return sorted((widget["model_name"], widget["state"].get("description")) for widget in widgets)


def test_both_keep_the_same(chapter, tmp_path):
    ran = nbval(chapter, tmp_path / "a", "--forked")
    assert ran.returncode == 0, ran.stdout
    chapters.main([str(chapter), "--cache", str(tmp_path / "b")])
    a, b = (kept(tmp_path / name, chapter) for name in "ab")
    assert of(a) == of(b) and len(of(a)) == 3 and "image/png" in of(a)[1]
    assert states(a) == states(b) and ("IntSliderModel", "width") in states(a)


def test_the_longest_chapters_are_handed_out_first(tmp_path):
    """Before all others those that nobody has timed."""
    seconds = {"short": 6.0, "new": None, "long": 120.0}
    for name, value in seconds.items():
        if value:
            chapters.remember(tmp_path / f"{name}.ipynb", value, {})
    items = [SimpleNamespace(path=tmp_path / f"{name}.ipynb") for name in seconds for _ in range(2)]
    for item in items:
        item.parent = item.path
    keeping.pytest_collection_modifyitems(items)
    assert [item.path.stem for item in items] == ["new", "new", "long", "long", "short", "short"]
    config = SimpleNamespace(option=SimpleNamespace(loadscopereorder=True, forked=False))
    keeping.pytest_configure(config)
    assert config.option.loadscopereorder is False  # else pytest-xdist would begin with the most cells


def test_nbval_refuses_another_output(chapter, tmp_path):
    chapter.write_text(chapter.read_text().replace("counted 42", "counted 43"))
    ran = nbval(chapter, tmp_path / "a")
    assert ran.returncode == 1 and "counted 43" in ran.stdout
