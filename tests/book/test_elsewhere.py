"""The comparison under other roundings: what counts as another, what differs and is put back, and the table."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import chapters
import elsewhere
import nbformat
import pytest

CELLS = ("import os\nprint('isa', os.environ.get('ONEDNN_MAX_CPU_ISA'))", "print('always')")


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A chapter whose first cell prints a switch, executed and committed without any; a folder of measured numbers."""
    path = tmp_path / "01_switch.ipynb"
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{n}") for n, source in enumerate(CELLS)]
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=chapters.NOTEBOOK_METADATA)
    path.write_text(chapters.text_of(notebook), encoding="utf-8")
    chapters.main([str(path)])
    measured = tmp_path / "measured"
    measured.mkdir()
    (measured / "claim.json").write_text("1")
    monkeypatch.setattr(elsewhere, "MEASURED", measured)
    return path


def test_a_switch_takes_effect_and_the_cell_that_differs_is_named(chapter, monkeypatch, capsys):
    """Under no switch all is as committed, whatever the caller's environment says; under one the first cell is not."""
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX")
    assert elsewhere.compare([chapter], {}, 1) == {"01_switch": [], "measured": []}
    found = elsewhere.compare([chapter], {"ONEDNN_MAX_CPU_ISA": "SSE41"}, 1)
    assert found == {"01_switch": ["0"], "measured": []}
    assert "isa SSE41" in capsys.readouterr().err


def test_recorded_numbers_that_moved_are_named_and_put_back(chapter):
    """A chapter that records another number, or one more, is found out; the folder is left as it was."""
    folder = elsewhere.MEASURED
    notebook = chapters.read(chapter)
    lines = [f"pathlib.Path({str(folder)!r}, {name!r}).write_text('2')" for name in ("claim.json", "other.json")]
    notebook.cells[1].source = "import pathlib\n" + "; ".join(f"_ = {line}" for line in lines) + "\nprint('always')"
    chapter.write_text(chapters.text_of(notebook), encoding="utf-8")
    found = elsewhere.compare([chapter], {}, 1)
    assert sorted(found["measured"]) == ["claim", "other"] and found["01_switch"] == []
    assert [(path.name, path.read_text()) for path in folder.iterdir()] == [("claim.json", "1")]


def test_roundings_that_change_no_bit_are_not_run_again(monkeypatch, capsys):
    """What rounds alike, or cannot run, is said in its column; the status is that of the others."""
    bits = {"here": "a", "haswell": "a", "prescott": None, "onednn": "b"}
    known = {name: elsewhere.ROUNDINGS[name] for name in bits}
    monkeypatch.setattr(elsewhere, "ROUNDINGS", known)
    by_switches = {str(known[name]): bits[name] for name in bits}
    monkeypatch.setattr(elsewhere, "fingerprint", lambda rounding: by_switches[str(dict(rounding))])
    run = []

    def compare(paths, rounding, at_once):
        run.append(dict(rounding))
        return {paths[0].stem: ["0", "figures"] if rounding else [], "measured": []}

    monkeypatch.setattr(elsewhere, "compare", compare)
    assert elsewhere.main(["01_switch.ipynb"]) == 1
    assert run == [known["here"], known["onednn"]]
    rows = [re.split(r"  +", line) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ["chapter", *bits],
        ["01_switch", "ok", "as here", "not here", "0 figures"],
        ["measured", "ok", "as here", "not here", "ok"],
    ]
    assert elsewhere.main(["01_switch.ipynb", "-r", "here", "-r", "haswell"]) == 0


def test_a_rounding_is_another_without_a_warning():
    """The same bits each time, others under switches; those of NumPy are its own words, as it warns of foreign ones."""
    chosen = ["here", "here", "scalar", *(["plain-numpy"] if elsewhere.numpy_features() else [])]
    here, again, *others = [elsewhere.fingerprint(elsewhere.ROUNDINGS[name]) for name in chosen]
    assert here is not None and here == again
    assert None not in others and here not in others


def test_a_chapter_of_which_no_cell_ran_is_no_success(monkeypatch, tmp_path):
    """Whatever pytest returns: a report that leaves out a chapter compares nothing of it."""
    report = (
        '<testsuites><testsuite><testcase classname="book.01_switch.ipynb" name="Cell 0"/></testsuite></testsuites>'
    )

    def run(words, **_options):
        (path,) = [word.removeprefix("--junitxml=") for word in words if word.startswith("--junitxml=")]
        Path(path).write_text(report)
        return subprocess.CompletedProcess(words, 0, stdout="")

    monkeypatch.setattr(elsewhere.subprocess, "run", run)
    monkeypatch.setattr(elsewhere, "MEASURED", tmp_path)
    paths = [chapters.ROOT / f"book/{name}.ipynb" for name in ("01_switch", "02_empty")]
    assert elsewhere.compare(paths[:1], {}) == {"01_switch": [], "measured": []}
    with pytest.raises(RuntimeError, match="no cell was executed of 02_empty"):
        elsewhere.compare(paths, {})


def test_make_takes_chapters_and_roundings():
    """Of any file that is there; the Makefile itself would be made anew, set-up and all, in spite of `-n`."""
    words = ["make", "-n", "elsewhere", "CHAPTERS=book/02_the_task.ipynb", "ROUNDINGS=scalar haswell", "READY=LICENSE"]
    done = subprocess.run(words, cwd=Path(chapters.ROOT), capture_output=True, text=True, check=True)
    assert "elsewhere.py -r scalar -r haswell book/02_the_task.ipynb" in done.stdout
