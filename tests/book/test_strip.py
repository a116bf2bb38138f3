"""What the strip keeps and drops, and that executing refuses what no chapter may do."""

from __future__ import annotations

import chapters
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

FIGURE = "<Figure size 640x480 with 1 Axes>"
VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def notebook():
    cell = new_code_cell(
        "plot()",
        execution_count=7,
        metadata={"tags": ["parameters"], "collapsed": True, "execution": {"iopub.status.busy": "2020"}},
        outputs=[
            new_output("stream", name="stdout", text="0.123\n"),
            new_output("stream", name="stderr", text="careful\n"),
            new_output("display_data", data={"image/png": "iVBOR", "text/plain": FIGURE}, metadata={"needs": "light"}),
            new_output("display_data", data={VIEW: {"model_id": "a"}, "text/plain": "IntSlider(value=0)"}),
            new_output("display_data", data={"image/png": "iVBOR"}),
        ],
    )
    metadata = {"widgets": {"state": {}}, "kernelspec": {"name": "mine", "display_name": "Mine"}, "papermill": {}}
    return new_notebook(cells=[new_markdown_cell("# Title", metadata={"editable": True}), cell], metadata=metadata)


def test_keeps_text_and_counts(notebook):
    cell = chapters.strip(notebook).cells[1]
    assert cell.execution_count == 7
    assert cell.outputs[0].text == "0.123\n"
    assert [output.data for output in cell.outputs[1:]] == [
        {"text/plain": FIGURE},
        {"text/plain": "IntSlider(value=0)"},
    ]
    assert all(output.metadata == {} for output in cell.outputs[1:])


def test_drops_metadata_but_tags(notebook):
    stripped = chapters.strip(notebook)
    assert stripped.metadata == chapters.NOTEBOOK_METADATA
    assert [cell.metadata for cell in stripped.cells] == [{}, {"tags": ["parameters"]}]


def test_is_valid_and_changes_nothing_twice(notebook):
    once = chapters.strip(notebook)
    nbformat.validate(once)
    assert chapters.text_of(chapters.strip(once)) == chapters.text_of(once)


def test_leaves_its_argument_alone(notebook):
    before = nbformat.writes(notebook)
    chapters.strip(notebook)
    assert nbformat.writes(notebook) == before


def test_execute_fills_outputs(tmp_path):
    done = chapters.execute(
        new_notebook(cells=[new_code_cell("from pathlib import Path\nprint(Path.cwd())\n1 + 1")]), tmp_path
    )
    assert done.cells[0].execution_count == 1
    assert done.cells[0].outputs[0].text == f"{tmp_path}\n"
    assert done.cells[0].outputs[1].data == {"text/plain": "2"}


def test_execute_refuses_standard_error(tmp_path):
    loud = new_notebook(
        cells=[new_markdown_cell("# Loud"), new_code_cell("import sys\nprint('careful', file=sys.stderr)")]
    )
    with pytest.raises(ValueError, match="cell 2 wrote to standard error, which no chapter does: careful"):
        chapters.execute(loud, tmp_path)


def test_a_failing_chapter_is_named_and_left_as_it_was(tmp_path):
    path = tmp_path / "04_broken.ipynb"
    text = nbformat.writes(new_notebook(cells=[new_code_cell("1 / 0")]))
    path.write_text(text)
    with pytest.raises(SystemExit, match=r"(?s)04_broken.ipynb: .*ZeroDivisionError"):
        chapters.main([str(path)])
    assert path.read_text() == text
