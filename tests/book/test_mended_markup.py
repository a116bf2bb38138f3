"""What the theme writes wrongly into pages is mended, and nothing else is touched."""

from __future__ import annotations

import pytest
from mended_markup import mended


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        (
            '<summary><span class="toctree-toggle"></span></summary>',
            '<summary aria-label="The pages below this one"><span class="toctree-toggle"></span></summary>',
        ),
        (
            '<button class="btn search-button-field a" title="Search" aria-label="Search" data-b="c">',
            '<button class="btn search-button-field a" title="Search" data-b="c">',
        ),
        (
            "<dl>\n<dd><em>a</em>,</dd>\n<dd><em>b</em>,</dd>\n</dl>",
            '<div class="sig-lines"><div><em>a</em>,</div>\n<div><em>b</em>,</div>\n</div>',
        ),
    ],
)
def test_faults_are_mended_once(fault, remedy):
    assert mended(fault) == mended(remedy) == remedy


@pytest.mark.parametrize(
    "page",
    [
        "<summary>Code</summary>",
        '<button class="btn" aria-label="Search">',
        "<dl>\n<dt>a</dt>\n<dd>b</dd>\n</dl>",
        "<dl>\n<dt>a</dt>\n<dd><dl><dt>b</dt><dd>c</dd></dl></dd>\n</dl>",
    ],
)
def test_what_is_right_stays(page):
    assert mended(page) == page
