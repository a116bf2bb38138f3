"""The built site, served twice (as files and over HTTP), and pages as headless Chromium shows them."""

from __future__ import annotations

import os
import re
import shutil
import threading
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import chapters
import page_policy
import pytest
from playwright.sync_api import sync_playwright

from gridcells.book.learning import learning_script, learning_style

SITE = chapters.ROOT / "_build/html"
SCREENSHOTS = chapters.ROOT / "_build/screenshots"  # for people to look at
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # the outside is cut off
)


@dataclass
class Visit:
    """A page that Chromium has opened, and what went on meanwhile."""

    page: Any
    complaints: list[str] = field(default_factory=list)  # console errors and warnings, uncaught exceptions
    outside: list[str] = field(default_factory=list)  # addresses asked for outside the site
    failed: list[str] = field(default_factory=list)  # files of the site asked for in vain


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def _missing(what: str) -> None:
    """Skip the test, or fail it in continuous integration."""
    if os.environ.get("CI"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def launched():
    """A function further flags -> a headless Chromium that has them."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        _missing("no Chromium on this machine (install it, or set CHROMIUM to its path)")
    with sync_playwright() as playwright:
        browsers = []

        def launch(*further: str):
            args = [*FLAGS, *further]
            browsers.append(playwright.chromium.launch(executable_path=path, args=args, chromium_sandbox=False))
            return browsers[-1]

        yield launch
        for browser in browsers:
            browser.close()


@pytest.fixture(scope="session")
def chromium(launched):
    return launched()


@pytest.fixture(scope="module")
def blank(chromium):
    """A page of nothing, in which modules run."""
    page = chromium.new_page()
    page.goto("about:blank")
    yield page
    page.close()


@pytest.fixture(scope="session")
def served():
    """A function folder -> the address that serves it over HTTP."""
    servers = []

    def serve(folder: Path) -> str:
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=folder)))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


ALONE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>The network alone</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{}">
<link rel="icon" href="data:,"><link rel="stylesheet" href="learning.css">
<style>body {{ max-width: 688px; margin: auto }}</style>
<div id="learning" data-wasm="true"></div><script defer src="learning.js"></script></html>"""


@pytest.fixture(scope="session")
def alone(served, tmp_path_factory):
    """The address of a page with the network and nothing else, under the policy that the site has."""
    folder = tmp_path_factory.mktemp("learning")
    policy = page_policy.policy_of('<div id="learning" data-wasm="true">')
    (folder / "index.html").write_text(ALONE.format(policy), encoding="utf-8")
    (folder / "learning.js").write_text(learning_script(), encoding="utf-8")
    (folder / "learning.css").write_text(learning_style(), encoding="utf-8")
    return served(folder)


@pytest.fixture(scope="session")
def site(served):
    """Addresses of the built site by scheme."""
    if not (SITE / "index.html").exists():
        _missing("the book is not built: run `make book`")
    return {"file": SITE.as_uri(), "http": served(SITE)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let all tests of a page follow each other, so that it is opened once; mark those that need none."""
    here = Path(__file__).parent
    for item in items:
        if {"blank", "graphics"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("unbuilt")

    def page_of(item: pytest.Item) -> str:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        return str(parameters.get("name", item.path.stem))

    ours = sorted((item for item in items if here in item.path.parents), key=page_of)
    items[:] = [item for item in items if here not in item.path.parents] + ours


@pytest.fixture(scope="session")
def visit(chromium, site):
    """A function (address below the site, scheme, width) -> Visit; each page is opened once, in a context for all.

    Another width is that of the page's window, made narrower or wider. A screenshot of each page from its file, at each
    width, stays in `_build/screenshots`, but where nobody looks: in continuous integration.
    """
    context = chromium.new_context()  # what all pages bring is read and compiled once
    visits: dict[tuple[str, str], Visit] = {}
    seen: set[tuple[str, int]] = set()

    def open_page(address: str, scheme: str = "file", width: int = 1280) -> Visit:
        key = (address, scheme)
        for old in [old for old in visits if old[0] != address]:
            visits.pop(old).page.close()
        if key not in visits:
            visits[key] = visited = Visit(context.new_page())
            visited.page.set_viewport_size({"width": width, "height": 900})
            _listen(visited, site[scheme])
            visited.page.goto(f"{site[scheme]}/{address}")
            visited.page.evaluate("() => window.MathJax?.startup?.promise")
            visited.page.evaluate("() => new Promise((done) => requestIdleCallback(done, { timeout: 2000 }))")
        visited = visits[key]
        if visited.page.viewport_size["width"] != width:
            visited.page.set_viewport_size({"width": width, "height": 900})
        if scheme == "file" and not os.environ.get("CI") and (address, width) not in seen:  # half of a page's time
            seen.add((address, width))
            name = re.sub(r"\W+", "-", address.replace(".html", ""))
            visited.page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
        return visited

    yield open_page
    context.close()


def _listen(visited: Visit, home: str) -> None:
    def note(request):
        if not request.url.startswith((home, "data:", "blob:")):
            visited.outside.append(request.url)

    page = visited.page
    page.on("request", note)
    page.on("console", lambda line: line.type in ("error", "warning") and visited.complaints.append(line.text))
    page.on("pageerror", lambda error: visited.complaints.append(str(error)))
    page.on("requestfailed", lambda request: visited.failed.append(request.url))
    page.on("response", lambda answer: visited.failed.append(answer.url) if answer.status >= 400 else None)
