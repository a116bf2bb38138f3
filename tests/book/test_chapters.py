"""The chapters as committed: executed, stripped, with parameters, a summary and exercises with hidden solutions."""

from __future__ import annotations

import ast
import re
import sys
from itertools import pairwise

import chapters
import papermill
import pytest
from jupyter_client.kernelspec import KernelSpecManager

CHAPTERS = chapters.chapters()
LONGEST_DEFINITION = 10  # lines; what is longer belongs in the library
MEMORY_ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")
HIDDEN = re.compile(r"^(?::{3,}|`{3,})\{(?:dropdown\}|admonition\}[^\n]*\n:class:[^\n]*\bdropdown\b)", re.MULTILINE)


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    """The notebook of one chapter."""
    assert request.param.exists(), f"{request.param.name} is in _toc.yml, but there is no such file in book/"
    return chapters.read(request.param)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def tagged(notebook, tag):
    return [cell for cell in code_cells(notebook) if tag in cell.metadata.get("tags", [])]


def headings(notebook):
    """Pairs (level, text) of the Markdown headings, code fences left out."""
    markdown = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    markdown = re.sub(r"^(`{3,}|:{3,}).*?^\1\s*$", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return [(len(marks), text.strip()) for marks, text in re.findall(r"^(#+) (.+)$", markdown, flags=re.MULTILINE)]


def section(notebook, title):
    """Markdown from the heading `## title` to the end of the chapter."""
    markdown = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return markdown.partition(f"## {title}\n")[2]


def test_every_notebook_is_in_the_book():
    assert sorted(CHAPTERS) == sorted((chapters.ROOT / "book").glob("*.ipynb"))


def test_chapters_are_in_the_order_of_their_numbers():
    assert [int(path.stem[:2]) for path in CHAPTERS] == list(range(1, len(CHAPTERS) + 1))


def test_every_code_cell_was_executed_in_order(chapter):
    counts = [cell.execution_count for cell in code_cells(chapter)]
    assert counts == list(range(1, len(counts) + 1)), "run `make chapters`"
    assert counts, "a chapter without code"


def test_minutes_and_figures_are_kept(request, chapter):
    kept = chapters.executed(request.node.callspec.params["chapter"])
    assert kept["minutes"], "run `make chapters`"
    saved = any("save_figure(" in cell.source for cell in code_cells(chapter))
    assert bool(kept["figures"]) >= saved, "run `make chapters`"


def test_no_cell_is_empty(chapter):
    assert all(cell.source.strip() for cell in chapter.cells)


def test_is_committed_as_the_strip_leaves_it(chapter, request):
    path = request.node.callspec.params["chapter"]
    assert path.read_text(encoding="utf-8") == chapters.text_of(chapters.strip(chapter)), "run `make chapters`"


def test_only_text_is_committed(chapter):
    kinds = {kind for output in outputs(chapter) for kind in output.get("data", {})}
    assert all(kind.startswith("text/") for kind in kinds), kinds
    assert "widgets" not in chapter.metadata


def test_no_cell_failed_or_complained(chapter):
    assert not [output for output in outputs(chapter) if output.output_type == "error"]
    assert not [output for output in outputs(chapter) if output.get("name") == "stderr"]


def test_every_saved_figure_is_shown(chapter):
    """A figure's line of text stays when its picture is stripped; a cell that saves one and shows none has lost it."""
    for cell in code_cells(chapter):
        if "save_figure(" in cell.source:
            shown = [output for output in cell.outputs if "<Figure" in str(output.get("data", {}).get("text/plain"))]
            assert len(shown) == cell.source.count("save_figure("), cell.source


def test_outputs_hold_no_memory_address(chapter):
    texts = [output.get("text", "") + str(output.get("data", {})) for output in outputs(chapter)]
    assert not [text for text in texts if MEMORY_ADDRESS.search(text)], "end the cell with ; or print something"


def test_has_one_title_in_its_first_cell(chapter):
    assert [level for level, _ in headings(chapter)].count(1) == 1
    assert chapter.cells[0].source.startswith("# ")


def test_headings_skip_no_level(chapter):
    levels = [level for level, _ in headings(chapter)]
    assert all(below <= above + 1 for above, below in pairwise(levels)), headings(chapter)


def test_parameters_are_tagged(chapter, request):
    """One cell tagged "parameters" in every chapter that computes; the first, which only leads in, may do without."""
    cells = tagged(chapter, "parameters")
    first = request.node.callspec.params["chapter"] == CHAPTERS[0]
    assert len(cells) == 1 or (first and not cells)


def test_papermill_finds_every_parameter_and_the_chapter_uses_it(chapter, request):
    cells = tagged(chapter, "parameters")
    if not cells:
        pytest.skip("this chapter has no parameters")
    assigned = [node.targets[0].id for node in ast.walk(ast.parse(cells[0].source)) if isinstance(node, ast.Assign)]
    found = papermill.inspect_notebook(str(request.node.callspec.params["chapter"]))
    assert set(found) == set(assigned)
    rest = "\n".join(cell.source for cell in code_cells(chapter) if cell is not cells[0])
    used = {node.id for node in ast.walk(ast.parse(rest)) if isinstance(node, ast.Name)}
    assert set(assigned) <= used, f"never used: {set(assigned) - used}"


def test_ends_with_summary_and_exercises(chapter):
    sections = [text for level, text in headings(chapter) if level == 2]
    assert sections[-2:] == ["Summary", "Exercises"]


def test_every_exercise_has_a_hidden_solution(chapter):
    exercises = section(chapter, "Exercises")
    asked = re.findall(r"^\*\*Exercise \d+", exercises, flags=re.MULTILINE)
    assert asked, 'an exercise begins with "**Exercise 1.**" (or a name: "**Exercise 1: walls.**")'
    assert len(HIDDEN.findall(exercises)) == len(asked), "each has its solution in a {dropdown}"


def test_definitions_are_short(chapter):
    for cell in code_cells(chapter):
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                lines = node.end_lineno - node.lineno + 1
                assert lines <= LONGEST_DEFINITION, f"{node.name}: {lines} lines belong in gridcells/"


def test_notebooks_run_in_the_python_of_these_tests():
    argv = KernelSpecManager().get_kernel_spec("python3").argv
    assert argv[0] in ("python", "python3", sys.executable), argv
