"""Rerunning a chapter: what is typed is checked, what ran is kept whole, and what failed says where."""

import json
import subprocess
import sys

import nbformat
import pytest

from gridcells.book import chapters as chapters_module
from gridcells.book.chapters import FOLDER, book_chapters, find_chapter
from gridcells.book.parameters import parse_value, read_parameters
from gridcells.book.reruns import ChapterError, rerun
from gridcells.cli.main import main

PARAMETERS = """\
count = 3  # how many
width = 0.5  # m
name = "hexagons"
loud = False
sizes = [1, 2]  # of each
pair = (1, 2.5)
runs = {"a": [0, 1]}  # seeds by run
out = None  # folder for figures and measured claims"""
COUNTING = "print(repr((count, width, name, loud, sizes, pair, runs)))\n1 / count"
SAVING = """\
import matplotlib.pyplot as plt
from gridcells.book import claims
from gridcells.book.figures import save_figure
save_figure(plt.figure(), "dordek2016/empty", preset="theory", seed=count, folder=out)
claims.record("dordek2016-gridness", width, preset="theory", seeds=count, folder=out)"""


def notebook(path, *cells):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# Of {path.stem}\n\nText.")])
    for source in cells:
        made.cells.append(
            nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]} if cells[0] == source else {})
        )
    path.write_text(nbformat.writes(made))


@pytest.fixture
def book(tmp_path, monkeypatch):
    """The chapters of a small book, which is that of the command line as well."""
    folder = tmp_path / "checkout" / "book"
    folder.mkdir(parents=True)
    (folder.parent / "figures").mkdir()
    (folder.parent / "figures" / "claims.toml").write_text((chapters_module._ROOT / "figures/claims.toml").read_text())
    notebook(folder / "01_counting.ipynb", PARAMETERS, COUNTING, SAVING)
    notebook(folder / "02_the_end.ipynb", "folder = None", "print(folder)")
    (folder / "references.md").write_text("# References")
    (folder / "executed").mkdir()
    (folder / "executed" / "01_counting.json").write_text('{"minutes": 0.3, "figures": {}}')
    entries = "".join(f"      - file: book/{name}\n" for name in ("01_counting", "02_the_end", "references"))
    (folder.parent / "_toc.yml").write_text(f"root: book/index\nparts:\n  - chapters:\n{entries}")
    found = book_chapters(folder.parent)
    monkeypatch.setattr(chapters_module, "book_chapters", lambda: found)
    return found


def failing(words, capsys, status=2):
    """Run the command; return what it leaves on the error stream, without the bar that counts cells."""
    with pytest.raises(SystemExit) as stop:
        main(["rerun", *words])
    assert stop.value.code == status
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err.rpartition("gridcells: error: ")[2].strip()


def outputs(path):
    return [output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", [])]


# ---- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("5", 3, 5),
        ("-1", 3, -1),
        ("1e3", 0.5, 1000.0),
        ("2", 0.5, 2.0),
        ("true", False, True),
        ("False", True, False),
        ("5", "text", "5"),
        ("", "text", ""),
        ("None", None, None),
        ("/tmp/a b", None, "/tmp/a b"),
        ("[5]", [1, 2], [5]),
        ("5,6", [1, 2], [5, 6]),
        ("[]", [1, 2], []),
        ("[1, 2]", [0.5], [1.0, 2.0]),
        ("(3, 4)", (1, 2.5), (3, 4)),
        ("{}", {"a": [0]}, {}),
        ('{"b": [2, 3]}', {"a": [0]}, {"b": [2, 3]}),
        ('{"steps": 5}', {}, {"steps": 5}),
        ('[{"rate": 0.2}]', [{"on": False}, {"rate": 0.1}], [{"rate": 0.2}]),
    ],
)
def test_text_is_read_by_the_type_of_the_default(text, default, value):
    found = parse_value("name", text, default)
    assert found == value and type(found) is type(value)
    if isinstance(value, list) and value:
        assert type(found[0]) is type(value[0])


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("5.0", 3),
        ("True", 3),
        ("five", 3),
        ("", 3),
        ("nan", 0.5),
        ("1e999", 0.5),
        ("0.5 m", 0.5),
        ("1", False),
        ("yes", False),
        ("3", [1, 2]),
        ("[0.5]", [1, 2]),
        ("[1, 'a']", [1, 2]),
        ("[1, 2]", (1, 2)),
        ("{1: [0]}", {"a": [0]}),
        ('{"a": 0}', {"a": [0]}),
        ("__import__('os')", {}),
        ("[" * 5000, [1]),
    ],
)
def test_another_type_is_refused_with_name_expected_and_got(text, default):
    with pytest.raises(ValueError) as refused:
        parse_value("size", text, default)
    assert str(refused.value) == f"size: expected {type(default).__name__}, such as {default!r}, got {text!r:.80}"


def test_a_cell_of_parameters_is_read_line_by_line():
    found = read_parameters(PARAMETERS)
    assert {name: one.default for name, one in found.items()} == {
        "count": 3, "width": 0.5, "name": "hexagons", "loud": False, "sizes": [1, 2], "pair": (1, 2.5),
        "runs": {"a": [0, 1]}, "out": None,
    }  # fmt: skip
    assert [found[name].comment for name in ("count", "name", "runs")] == ["how many", "", "seeds by run"]
    assert read_parameters("a = [\n    1,  # one\n    2,\n]  # both")["a"].comment == "both"
    assert read_parameters("a = '# no comment'")["a"].comment == ""


@pytest.mark.parametrize("line", ["b = list(range(3))", "b = c = 1", "b, c = 1, 2", "b.c = 1", "b: int", "print(1)"])
def test_a_line_that_is_no_parameter_is_named(line):
    with pytest.raises(ValueError, match="line 2: expected name = literal, got"):
        read_parameters(f"a = 1\n{line}")


# ---- chapters --------------------------------------------------------------------------------------------------------


def test_chapters_come_from_the_table_of_contents(book):
    assert [(one.name, one.title, one.minutes) for one in book] == [
        ("01_counting", "Of 01_counting", 0.3),
        ("02_the_end", "Of 02_the_end", None),
    ]


def test_a_chapter_is_found_by_number_name_and_path(book, monkeypatch):
    monkeypatch.chdir(book[0].path.parent)
    for word in ("2", "02", "02_the_end", "the_end", "02_the_end.ipynb", str(book[1].path), "../book/02_the_end.ipynb"):
        assert find_chapter(word, book) is book[1]


@pytest.mark.parametrize(
    ("word", "near"),
    [("02_the_emd", " (did you mean '02_the_end'?)"), ("conting", " (did you mean 'counting'?)"),
     ("other/01_counting.ipynb", " (did you mean '01_counting'?)"), ("3", ""), ("", "")],
)  # fmt: skip
def test_an_unknown_chapter_gets_the_nearest_name(book, word, near):
    with pytest.raises(ValueError) as refused:
        find_chapter(word, book)
    assert str(refused.value).endswith(f"got {word!r}{near}")


def test_where_there_is_no_book_the_error_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"no book in {tmp_path}: expected _toc.yml"):
        book_chapters(tmp_path)


@pytest.mark.parametrize("name", ["papermill", "nbformat", "yaml"])
def test_a_missing_package_is_named(book, tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ValueError, match=rf"optional package {name} for the book: pip install -e '\.\[book\]'"):
        rerun(book[1], out=tmp_path / "a")
        book_chapters(book[0].path.parents[1])


def test_the_chapters_of_this_book_state_parameters_that_can_be_set():
    for chapter in book_chapters():
        assert chapter.parameters, chapter.name
        for name, parameter in chapter.parameters.items():
            assert parameter.comment or name in ("seed", "seeds", "units", "circle", "square"), (chapter.name, name)
            if name != FOLDER:
                assert chapter.parse({name: str(parameter.default)}) == {name: parameter.default}


# ---- reruns ----------------------------------------------------------------------------------------------------------


def test_a_rerun_leaves_notebook_figures_and_claims_and_nothing_elsewhere(book, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(book[0].path.parents[1].rglob("*"))
    words = ["1", "-p", "count=5", "-p", "pair=3,4.5", "-p", 'name=a "b" \\n', "--out", "there/{a}"]
    main(["rerun", *words])
    folder = tmp_path / "there/{a}"
    printed = capfd.readouterr()
    assert printed.out.splitlines() == [
        f"notebook: {folder / '01_counting.ipynb'}", "figures: 1; measured claims: 1"
    ]  # fmt: skip
    assert "01_counting" in printed.err and "5/5" in printed.err and "arning" not in printed.err
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
        "01_counting.ipynb", "dordek2016/empty.pdf", "dordek2016/empty.png", "measured/dordek2016-gridness.json",
        "rerun.json",
    ]  # fmt: skip
    shown = outputs(folder / "01_counting.ipynb")
    assert shown[0].text == repr((5, 0.5, 'a "b" \\n', False, [1, 2], (3, 4.5), {"a": [0, 1]})) + "\n"
    asked = json.loads((folder / "rerun.json").read_text())
    assert asked["chapter"] == "01_counting" and asked["parameters"]["count"] == "5"
    assert sorted(book[0].path.parents[1].rglob("*")) == before


def test_a_failing_chapter_says_where_and_keeps_what_ran(book, tmp_path, capsys):
    error = failing(["counting", "-p", "count=0", "--out", str(tmp_path / "a")], capsys, status=1)
    kept = tmp_path / "a" / "01_counting-unfinished.ipynb"
    assert error.splitlines() == [
        f"01_counting: cell [3] ({COUNTING.splitlines()[0]}): ZeroDivisionError: division by zero",
        f"as far as it came: {kept}",
    ]
    assert [output.output_type for output in outputs(kept)] == ["stream", "error"]
    assert not (tmp_path / "a" / "01_counting.ipynb").exists()


def test_a_kernel_that_dies_is_told(book, tmp_path):
    notebook(book[1].path, "folder = None", "import os; os._exit(3)")
    with pytest.raises(ChapterError, match="02_the_end: Kernel died"):
        rerun(book[1], out=tmp_path / "a")
    assert (tmp_path / "a" / "02_the_end-unfinished.ipynb").is_file()


def test_what_a_kernel_says_past_its_notebook_is_told_only_where_it_dies(book, tmp_path, capfd):
    past = "import os, sys; stream = getattr(sys.stderr, '_original_stdstream_copy', 2)\n"
    past += "os.write(stream, b'why it went\\nand more')"
    notebook(book[1].path, "folder = None", f"{past}; os._exit(3)")
    with pytest.raises(ChapterError, match=r"02_the_end: Kernel died \(why it went\)"):
        rerun(book[1], out=tmp_path / "a")
    notebook(book[1].path, "folder = None", past)
    rerun(book[1], out=tmp_path / "b")
    said = capfd.readouterr()
    assert "why" not in said.out + said.err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["-p", "cuont=5"],
         "01_counting: parameter: expected one of 'count', 'width', 'name', 'loud', 'sizes', 'pair', 'runs', "
         "got 'cuont' (did you mean 'count'?)"),
        (["-p", "count=many"], "count: expected int, such as 3, got 'many'"),
        (["-p", "count"], "-p: expected name=value, got 'count'"),
        (["-p", "count=1", "-p", "count=2"], "-p: expected one value of count, got '1' and '2'"),
        (["-p", "out=there"], "out: the folder of a rerun is its own argument: use --out"),
    ],
)  # fmt: skip
def test_what_is_typed_wrong_is_refused_before_anything_is_written(book, tmp_path, capsys, words, line):
    assert failing(["1", *words, "--out", str(tmp_path / "a")], capsys) == line
    assert not (tmp_path / "a").exists()


def test_an_unknown_chapter_and_none_are_errors(book, capsys):
    assert failing(["countig"], capsys).endswith("got 'countig' (did you mean 'counting'?)")
    assert "chapter: expected the number" in failing([], capsys)


def test_a_folder_that_holds_anything_else_is_left_alone(book, tmp_path):
    folder = tmp_path / "a"
    rerun(book[1], {"folder": "here"}, out=folder)
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    for chapter, values, words in (
        (book[0], {}, "which holds 02_the_end$"),
        (book[1], {}, "which holds 02_the_end with folder='here'$"),
    ):
        with pytest.raises(ValueError, match=f"out: expected a new or empty folder, got {folder}, {words}"):
            rerun(chapter, values, out=folder)
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before
    assert rerun(book[1], {"folder": "here"}, out=folder).notebook.is_file()  # the same again is nothing else
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.tex").write_text("mine")
    with pytest.raises(ValueError, match="which holds other files"):
        rerun(book[1], out=tmp_path / "b")
    with pytest.raises(OSError, match="expected a folder that can be written"):
        rerun(book[1], out=tmp_path / "b" / "thesis.tex")


def test_a_rerun_checks_names_itself(book, tmp_path):
    with pytest.raises(ValueError, match="parameter: expected one of 'folder', got 'folders'"):
        rerun(book[1], {"folders": 3}, out=tmp_path / "a")


def test_the_list_shows_parameters_defaults_and_minutes(book, capsys):
    main(["rerun", "--list"])
    printed = capsys.readouterr().out
    assert printed.startswith("01_counting: Of 01_counting (0.3 min)\n  count = 3  # how many\n  width = 0.5  # m\n")
    assert "02_the_end: Of 02_the_end (minutes not measured yet)\n  folder = None\n" in printed
    assert "out = " not in printed
    main(["rerun", "2", "--list"])
    assert capsys.readouterr().out == "02_the_end: Of 02_the_end (minutes not measured yet)\n  folder = None\n"


def test_the_real_command_lists_the_real_book():
    done = subprocess.run([sys.executable, "-m", "gridcells", "rerun", "--list"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines() if line[:1].isdigit()] == [
        chapter.name for chapter in book_chapters()
    ]
