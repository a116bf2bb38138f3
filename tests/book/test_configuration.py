"""The book's configuration holds what an honest build needs, and the vendored browser code is all there."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import anywidget
import chapters
import pytest
import yaml

STATIC = chapters.ROOT / "book/_static"
VENDOR = STATIC / "vendor"


@pytest.fixture(scope="module")
def config():
    return yaml.safe_load((chapters.ROOT / "_config.yml").read_text())


def test_every_build_executes_and_stops_at_errors(config):
    assert config["execute"]["execute_notebooks"] == "cache"
    assert config["sphinx"]["config"]["nb_execution_raise_on_error"] is True
    assert config["execute"]["timeout"] == chapters.CELL_SECONDS
    assert config["only_build_toc_files"] is True
    makefile = (chapters.ROOT / "Makefile").read_text()
    emptied = r"^\trm -rf _build\n"
    assert re.search(emptied + r"\t.*chapters\.py --cache \$\(KEPT\)\n\t\$\(PAGES\)\n", makefile, flags=re.MULTILINE)
    assert re.search(emptied + r"\t.*--nbval .*--keep \$\(KEPT\) ", makefile, flags=re.MULTILINE)
    assert re.search(r"^site: rerun\b.*\n\t\$\(PAGES\)\n", makefile, flags=re.MULTILINE)
    assert re.search(r"^PAGES := .*jupyter-book build \. .*-W\b", makefile, flags=re.MULTILINE)
    assert re.search(r"^KEPT := _build/\.jupyter_cache$", makefile, flags=re.MULTILINE)


def test_asking_for_links_executes_nothing():
    """`make links` builds with the book's own configuration, but for the execution of its chapters."""
    changes = re.findall(r"^\tsed 's/(.*)/(.*)/' _config\.yml", (chapters.ROOT / "Makefile").read_text(), re.MULTILINE)
    ((old, new),) = changes
    text = (chapters.ROOT / "_config.yml").read_text()
    assert text.count(old) == 1
    assert yaml.safe_load(text.replace(old, new))["execute"]["execute_notebooks"] == "off"


def test_every_document_exists():
    for name in chapters.documents():
        assert any((chapters.ROOT / f"{name}{suffix}").exists() for suffix in (".md", ".ipynb")), name


def test_scripts_and_styles_are_vendored(config):
    sphinx = config["sphinx"]["config"]
    for name in (*sphinx["nb_ipywidgets_js"], sphinx["mathjax_path"], *sphinx["html_css_files"]):
        assert (STATIC / name).stat().st_size > 0, name


def test_widget_fonts_are_vendored():
    """The widgets' script names fonts in several formats; every browser of the last ten years takes WOFF2."""
    named = set(re.findall(r"[0-9a-f]{20}\.woff2", (VENDOR / "embed-amd.js").read_text(encoding="utf-8")))
    assert named
    for folder in ("html-manager/dist", "."):  # asked for in either, depending on which script comes first
        assert named == {path.name for path in (VENDOR / "@jupyter-widgets" / folder).glob("*.woff2")}


def test_widget_script_is_the_installed_one():
    """anywidget's browser half and Python half must be of one version: `make vendor` after a change."""
    assert (VENDOR / "anywidget.js").read_bytes() == (
        Path(anywidget.__file__).parent / "nbextension/index.js"
    ).read_bytes()
    assert f"| {version('anywidget')} |" in (VENDOR / "README.md").read_text()


def test_licences_lie_beside_what_they_cover():
    for name in ("requirejs", "mathjax", "html-manager", "html-manager-third-parties", "anywidget"):
        text = (VENDOR / "licences" / f"{name}.txt").read_text()
        assert re.search(r"MIT|Apache License|Redistribution and use", text), name


def test_own_styles_load_nothing():
    for path in STATIC.glob("*.css"):
        assert not re.search(r"url\(|@import|//[a-z]", path.read_text()), path.name


def test_references_have_what_a_reader_needs():
    entries = re.findall(r"^@\w+\{(\w+),\n(.*?)^\}", (chapters.ROOT / "book/references.bib").read_text(), re.M | re.S)
    assert {"banino2018", "sorscher2019", "sorscher2023", "schaeffer2022", "dordek2016", "gardner2022"} <= dict(
        entries
    ).keys()
    for key, body in entries:
        fields = set(re.findall(r"^  (\w+) +=", body, re.M))
        assert {"author", "title", "year"} <= fields, key
        assert fields & {"journal", "booktitle"}, key
        assert key.endswith(re.search(r"year +=\s+\{(\d{4})\}", body)[1]), key
