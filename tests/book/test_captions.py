"""What is said of the chapters' figures: of each something of its own, and of none that is not there."""

from __future__ import annotations

import re

import captions
import chapters
import pytest
from captions import Caption, captions_of, command_of, read_captions, saved_names

from gridcells.book.chapters import find_chapter

FIGURE = "<Figure size"  # what a picture leaves behind in a stripped chapter
SAID = {name: Caption(name, "", "") for name in ("a2020/one", "a2020/two_left", "a2020/two_right")}


def counted(notebook):
    """Source and number of pictures of each code cell."""
    return [
        (cell.source, sum(FIGURE in str(output.get("data", {}).get("text/plain")) for output in cell.outputs))
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


@pytest.mark.parametrize("path", chapters.chapters(), ids=lambda path: path.stem)
def test_every_figure_of_a_chapter_has_its_entry_and_every_entry_its_figure(path):
    known = read_captions().get(path.stem, {})
    found = captions_of(path.stem, counted(chapters.read(path)), known)
    assert [one.name for cell in found for one in cell] == list(known)


@pytest.mark.parametrize("path", chapters.chapters(), ids=lambda path: path.stem)
def test_every_figure_that_was_saved_has_an_entry(path):
    known = read_captions().get(path.stem, {})
    assert sorted(name for name in known if "/" in name) == sorted(chapters.executed(path)["figures"])


def test_all_captions_belong_to_chapters():
    assert set(read_captions()) <= {path.stem for path in chapters.chapters()}


def test_captions_and_descriptions_are_sentences_without_names_of_files():
    for stem, figures in read_captions().items():
        for name, said in figures.items():
            for text in (said.caption, said.description):
                assert re.fullmatch(r"[^\n]*[A-Z].*\.", text), (stem, name)
                assert not re.search(r"\.(png|pdf|ipynb|py)\b|[0-9a-f]{8,}|[a-z]+\d{4}/|\w/\w*fig", text), (stem, name)


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ('caption = "A."', "two: expected a caption and a description, got .'caption'."),
        ('caption = "A."\ndescription = "Too short."', "two: expected a description of 40 letters or more"),
        (f'caption = "A."\ndescription = "{"o" * 50}"', "two: expected words of its own, got those of a2020/one"),
    ],
)
def test_too_little_said_is_named(tmp_path, said, complaint):
    path = tmp_path / "captions.toml"
    path.write_text(f'[01."a2020/one"]\ncaption = "One."\ndescription = "{"o" * 50}"\n[02."a2020/two"]\n{said}\n')
    with pytest.raises(ValueError, match=complaint):
        read_captions(path)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('save(figure, "a2020/one");', ["a2020/one"]),
        ('figures.save_figure(\n    draw(b, "x"), "a2020/one", seed=0\n)', ["a2020/one"]),
        ('save(b, "a2020/two_right")\nsave(b, "a2020/one")', ["a2020/two_right", "a2020/one"]),
        ('for side in sides:\n    save(b, f"a2020/two_{side}")', ["a2020/two_left", "a2020/two_right"]),
        ('save(b, "a2020/" + side.lower())', list(SAID)),
        ('np.save(path)\nprint("a2020/one")', []),
    ],
)
def test_names_are_read_off_the_source(source, names):
    assert saved_names(source, SAID) == names


def test_pictures_that_no_line_saves_are_counted_through_the_chapter():
    numbered = {"2": Caption("2", "", ""), **SAID}
    cells = [("x = 1", 0), ('save(b, "a2020/one")', 1), ("draw()", 1)]
    assert [[one.name for one in cell] for cell in captions_of("01_a", cells, numbered)] == [[], ["a2020/one"], ["2"]]


@pytest.mark.parametrize(
    ("source", "pictures", "complaint"),
    [
        ('save(b, "a2020/one")', 2, r"01_a: code cell 0: expected as many pictures as \['a2020/one'\], got 2"),
        ('save(b, "a2020/three")', 1, r"01_a: code cell 0: captions.toml says nothing of \['a2020/three'\]"),
        ("draw()", 1, r"01_a: code cell 0: captions.toml says nothing of \['1'\]"),
    ],
)
def test_pictures_that_do_not_pair_off_are_named(source, pictures, complaint):
    with pytest.raises(ValueError, match=complaint):
        captions_of("01_a", [(source, pictures)], SAID)


@pytest.mark.parametrize("stem", ["02_the_task", "22_an_animal_beside_the_network"])
def test_the_command_names_the_chapter(stem):
    program, command, word = command_of(stem).split()
    assert (program, command, find_chapter(word).name) == ("gridcells", "rerun", stem)


def test_captions_are_where_the_build_looks_for_them():
    assert captions.CAPTIONS.is_file()
