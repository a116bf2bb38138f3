"""The book's configuration holds what an honest build needs, and the vendored browser code is all there."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess

import chapters
import pytest
import yaml

STATIC = chapters.ROOT / "book/_static"
VENDOR = STATIC / "vendor"
CHECKER = chapters.ROOT / "tests/site/vendor"


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
    # the comparison forgets what was executed before, the build what was read before; the built pages stay if one fails
    assert re.search(r"^\trm -rf \$\(KEPT\)\n\t.*--nbval .*--keep \$\(KEPT\) ", makefile, flags=re.MULTILINE)
    forgets = r"^site: rerun\b.*\n\trm -rf _build/\.doctrees\n\t\$\(call together,.*,\$\(PAGES\)\)\n"
    assert re.search(forgets, makefile, flags=re.MULTILINE)
    assert re.search(r"^PAGES := .*jupyter-book build \. .*-W\b", makefile, flags=re.MULTILINE)
    assert re.search(r"^KEPT := _build/\.jupyter_cache$", makefile, flags=re.MULTILINE)


def test_asking_for_links_executes_nothing():
    """`make links` builds with the book's own configuration, but for the execution of its chapters."""
    changes = re.findall(r"^\tsed 's/(.*)/(.*)/' _config\.yml", (chapters.ROOT / "Makefile").read_text(), re.MULTILINE)
    ((old, new),) = changes
    text = (chapters.ROOT / "_config.yml").read_text()
    assert text.count(old) == 1
    assert yaml.safe_load(text.replace(old, new))["execute"]["execute_notebooks"] == "off"


def test_builds_and_checks_leave_the_checkout_as_it_was():
    makefile = (chapters.ROOT / "Makefile").read_text()
    for target in ("book", "test", "figures"):
        (recipe,) = re.findall(rf"^{target}:[^\n]*\bbefore\b[^\n]*\n((?:\t[^\n]*\n)+)", makefile, flags=re.MULTILINE)
        assert "\t@$(UNCHANGED)\n" in recipe, target


@pytest.mark.parametrize(("first", "second"), [("true", "true"), ("false", "true"), ("true", "false")])
def test_of_two_commands_that_run_together_neither_fails_in_silence(tmp_path, first, second):
    """What the Makefile makes of two commands: both run to their end, both are heard, and one failure is enough."""
    (macro,) = re.findall(r"^define together\n.*?^endef\n", (chapters.ROOT / "Makefile").read_text(), re.M | re.S)
    recipe = "two:\n\t$(call together,echo first; $(ONE),echo second; $(OTHER))\n"
    (tmp_path / "Makefile").write_text(macro + recipe)
    words = ["make", "--no-print-directory", "two", f"ONE={first}", f"OTHER={second}"]  # silent also under make
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines()[:2] == ["second", "first"]
    assert (done.returncode == 0) == (first == second == "true")


def test_the_whole_check_types_tests_executes_and_builds():
    makefile = (chapters.ROOT / "Makefile").read_text()
    assert re.search(r"^test: before lint tried site\b", makefile, re.M) and re.search(
        r"^site: rerun\b", makefile, re.M
    )
    assert re.search(r"^tried: .*\n\t\$\(call together,\$\(TYPES\),.*\$\(UNIT\)\)\n", makefile, re.M)


@pytest.mark.parametrize("change", ["edited", "new", None])
def test_a_change_of_the_checkout_is_told(tmp_path, change):
    """The very commands of the Makefile, in a small repository that already has an uncommitted edit."""
    lines = (chapters.ROOT / "Makefile").read_text().splitlines()
    names = [line for line in lines if line.startswith(("SEEN :=", "UNCHANGED :="))]
    recipe = ".DEFAULT_GOAL := all\nbefore:\n\t@$(SEEN) > .venv/seen\nafter:\n\t@$(UNCHANGED)\n"
    (tmp_path / "Makefile").write_text("\n".join([*names, recipe]))
    (tmp_path / ".gitignore").write_text(".venv/\n")
    (tmp_path / "number.json").write_text("1")
    (tmp_path / ".venv").mkdir()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    (tmp_path / "number.json").write_text("2")
    subprocess.run(["make", "-s", "before"], cwd=tmp_path, check=True)
    if change == "edited":
        (tmp_path / "number.json").write_text("3")
    elif change == "new":
        (tmp_path / "other.json").write_text("3")
    done = subprocess.run(["make", "-s", "after"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode != 0) == (change is not None)
    assert ("not as they were before" in done.stdout) == (change is not None)


def test_every_document_exists():
    for name in chapters.documents():
        assert any((chapters.ROOT / f"{name}{suffix}").exists() for suffix in (".md", ".ipynb")), name


def test_scripts_and_styles_are_vendored(config):
    sphinx = config["sphinx"]["config"]
    for name in (
        *sphinx["nb_ipywidgets_js"],
        sphinx["mathjax_path"],
        *sphinx["html_css_files"],
        *sphinx["html_js_files"],
    ):
        kept = (STATIC / name).read_text(encoding="utf-8")
        assert len(kept.splitlines()) > 1 or len(kept) > 10_000, name  # our own, in lines; others', in one long one


@pytest.mark.parametrize("folder", [VENDOR, CHECKER], ids=lambda folder: folder.parent.name)
def test_vendored_files_are_those_that_were_fetched(folder):
    """`SHA256SUMS` lists every file with its hash; `make vendor` writes it, from archives that npm's lock lists."""
    listed = dict(line.split("  ./")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    found = {str(path.relative_to(folder)): path for path in folder.rglob("*") if path.is_file()}
    assert found.pop("SHA256SUMS") and any("licences" in name for name in found)
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in found.items()} == listed


def test_what_is_fetched_is_locked():
    folder = chapters.ROOT / "book/tools/vendor"
    wanted = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert locked.pop("")["dependencies"] == wanted
    assert all(entry["integrity"].startswith("sha512-") for entry in locked.values())
    told = "".join((folder / "README.md").read_text() for folder in (VENDOR, CHECKER))
    for name, version_wanted in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version_wanted
        assert f"| {version_wanted} |" in told, name
    assert "npm ci " in (folder.parent / "vendor.sh").read_text()


def test_licences_lie_beside_what_they_cover():
    for folder, name in ((VENDOR, "mathjax"), (CHECKER, "axe-core"), (CHECKER, "axe-core-third-parties")):
        text = (folder / "licences" / f"{name}.txt").read_text()
        assert re.search(r"MIT|Apache License|Mozilla Public License", text), name


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
        year = re.search(r"year +=\s+\{(\d{4})\}", body)[1]
        assert re.fullmatch(rf"[a-z]+{year}[a-z]?", key), key  # a letter tells two works of one year apart


def test_the_paper_cites_what_its_bibliography_and_the_books_have():
    text = (chapters.ROOT / "paper.md").read_text(encoding="utf-8")
    head, body = re.fullmatch(r"---\n(.*?)\n---\n(.*)", text, re.S).groups()
    told = yaml.safe_load(head)
    assert {"title", "tags", "authors", "affiliations", "date", "bibliography"} <= told.keys()
    assert {author["affiliation"] for author in told["authors"]} <= {place["index"] for place in told["affiliations"]}
    entry = re.compile(r"^@\w+\{(\w+),\n.*?^\}", re.M | re.S)
    own, books = (
        {found[1]: found[0] for found in entry.finditer((chapters.ROOT / name).read_text(encoding="utf-8"))}
        for name in (told["bibliography"], "book/references.bib")
    )
    assert set(own) == set(re.findall(r"@([a-z]+\d{4}[a-z]?)", body))
    assert {key: books[key] for key in own} == own
    assert {"# Summary", "# Statement of need", "# References"} <= set(body.splitlines())
    assert 250 < len(body.split()) < 1200  # as long as such papers are
