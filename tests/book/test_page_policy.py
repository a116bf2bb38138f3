"""Built pages carry a policy that lists what the build wrote into them."""

from __future__ import annotations

import base64
import hashlib
import re

import chapters
import page_policy
import pytest
from sphinx.application import Sphinx


def hash_of(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def scripts_of(page):
    """The words of a page's ``script-src``."""
    named = dict(one.partition(" ")[::2] for one in page_policy.policy_of(page).split("; "))
    return named["script-src"].split(" ")


@pytest.mark.parametrize("kind", ["", " type='module'", ' type="text/javascript"', " data-cfasync=false"])
def test_scripts_that_run_are_listed_by_their_hash(kind):
    assert scripts_of(f"<script{kind}>let a = 'ä';\n</script>")[3:] == [hash_of("let a = 'ä';\n")]


@pytest.mark.parametrize("page", ['<script type="application/json">{}</script>', '<script src="a.js"></script>', ""])
def test_data_and_files_need_no_hash(page):
    assert scripts_of(page) == ["'self'", "file:", "blob:"]


def test_handlers_are_listed_and_text_that_looks_like_one_is_not():
    page = """<p>onclick="no()"</p><a title=">" onclick="go(&quot;x&quot;)"><script>a = '<b onclick="no()">'</script>"""
    assert scripts_of(page)[4:] == ["'unsafe-hashes'", hash_of('go("x")')]


@pytest.mark.parametrize("kind", ["text/javascript", "application/vnd.jupyter.widget-view+json"])
def test_no_page_makes_functions_of_text(kind):
    assert "'unsafe-eval'" not in scripts_of(f"<script type={kind!r}>eval('1')</script>")


def test_webassembly_is_for_pages_that_say_so():
    assert "'wasm-unsafe-eval'" in scripts_of('<div id="learning" data-wasm="true"></div>')
    assert "'wasm-unsafe-eval'" not in scripts_of('<p>data-wasm="true"</p>')


def test_nothing_of_the_outside_is_allowed():
    policy = page_policy.policy_of("<head></head>")
    assert policy.startswith("default-src 'self' file:; ") and not re.search(r"https?:|\*", policy)


def test_every_page_of_a_build_has_its_policy_once(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (source / "index.rst").write_text("Title\n=====\n\n.. raw:: html\n\n   <script>window.first = 1</script>\n")
    for _ in range(2):  # again: nothing is written twice
        confoverrides = {"extensions": ["page_policy"], "html_theme": "basic"}
        paths = (source, None, tmp_path / "site", tmp_path / "trees", "html", confoverrides)
        Sphinx(*paths, status=None, warning=None).build()
    pages = [path.read_text() for path in (tmp_path / "site").glob("*.html")]
    assert len(pages) >= 3
    assert all(page.count("Content-Security-Policy") == 1 for page in pages)
    assert hash_of("window.first = 1") in (tmp_path / "site" / "index.html").read_text()


def test_the_book_is_built_with_it():
    text = (chapters.ROOT / "_config.yml").read_text()
    assert "page_policy: book/tools" in text and "\n      - page_policy\n" in text
