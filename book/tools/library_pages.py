"""A Sphinx extension for the pages about the library, which are made of its source at every build.

Directives, for Markdown pages::

    ```{front-door}
    ```                   every name of `gridcells` itself, with its one-line summary and a link

    ```{room} scores
    ```                   what a room is for, and the docstring of each of its public names, module by module

    ```{room-list}
    ```                   every room and what it is for, in the order of the floors

    ```{rooms-drawing}
    ```                   the rooms and which uses which
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import re
from functools import cache
from typing import Any

import rooms
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

__all__ = ["entry", "front_door_text", "room_list_text", "room_text", "setup", "summary"]

LONGEST_VALUE = 100  # characters of a constant's value that are shown
PUBLIC = [room for floor in rooms.FLOORS for room in floor if not room.startswith("_")]


def value_of(name: rooms.Name) -> Any:
    """The object behind a public name."""
    return getattr(importlib.import_module(name.package), name.name)


@cache
def full_names() -> dict[str, list[str]]:
    """The addresses by which the pages show each public name: {"simulate": ["gridcells.world.simulate"], ...}."""
    found: dict[str, list[str]] = {}
    for room in PUBLIC:
        for name in rooms.room_names(room):
            found.setdefault(name.name, []).append(f"{name.package}.{name.name}")
    return found


def summary(name: rooms.Name) -> str:
    """The first paragraph of what is said of a name, "" where nothing is."""
    value = value_of(name)
    text = inspect.getdoc(value) if is_documented(value) else remark(name)[1]
    return " ".join((text or "").split("\n\n")[0].split())


def is_documented(value: Any) -> bool:
    """Whether a value has a docstring of its own, as a class or a function has."""
    return isinstance(value, type) or inspect.isroutine(value) or hasattr(value, "__wrapped__")


def remark(name: rooms.Name) -> tuple[str, str]:
    """The value of a constant as it is written, and the string or comment beside it."""
    path = rooms.modules()[name.module]
    source = path.read_text(encoding="utf-8")
    lines, body = source.splitlines(), ast.parse(source).body
    for node, after in itertools.zip_longest(body, body[1:]):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if not any(isinstance(target, ast.Name) and target.id == name.name for target in targets):
            continue
        assert isinstance(node, ast.Assign | ast.AnnAssign)
        value = ast.unparse(node.value) if node.value else ""
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            return value, inspect.cleandoc(after.value.value)
        above = list(itertools.takewhile(lambda line: line.startswith("#"), reversed(lines[: node.lineno - 1])))
        beside = lines[(node.end_lineno or node.lineno) - 1][node.end_col_offset or 0 :].strip() if above == [] else ""
        words = [line.lstrip("#: ") for line in reversed(above)] or [beside.lstrip("# ")]
        text = " ".join(words).removesuffix("type: ignore[assignment]").strip()
        return value, text[:1].upper() + text[1:]
    return "", ""


def entry(name: rooms.Name) -> str:
    """The reStructuredText that shows a name: a class with its methods, a function, or a constant."""
    value = value_of(name)
    head = f".. py:currentmodule:: {name.package}\n\n"
    if isinstance(value, type):
        return f"{head}.. autoclass:: {name.name}\n   :members:\n"
    if is_documented(value):
        return f"{head}.. autofunction:: {name.name}\n"
    written, text = remark(name)
    shown = f"   :value: {written}\n" if 0 < len(written) <= LONGEST_VALUE else ""
    return f"{head}.. py:data:: {name.name}\n{shown}\n   {text}\n"


def _block(text: str) -> str:
    return f"````{{eval-rst}}\n{text}\n````\n"


def _listed(names: list[rooms.Name], shown: str = "") -> str:
    """A list of names with their summaries; `shown` is put before each name, which links to where it is described."""
    lines = []
    for name in names:
        address = where(name)
        link = f":py:obj:`{shown}{name.name} <{address}>`" if address else f"``{shown}{name.name}``"
        lines.append(f"- {link}: {summary(name)}" if summary(name) else f"- {link}")
    return "\n".join(lines) + "\n"


def where(name: rooms.Name) -> str:
    """The address at which a name is described: its room's, "" where no room shows it."""
    found = full_names().get(name.name, [])
    value = value_of(name)
    for address in found:
        package, _, attribute = address.rpartition(".")
        if getattr(importlib.import_module(package), attribute) is value:
            return address
    return ""


def room_text(room: str) -> str:
    """The page of a room, without its title, in Markdown."""
    known, package = rooms.modules(), f"{rooms.PACKAGE}.{room}"
    names = rooms.room_names(room)
    parts = [inspect.cleandoc(ast.get_docstring(ast.parse(known[package].read_text(encoding="utf-8"))) or "")]
    parts = [_block(f".. py:module:: {package}\n\n{parts[0]}"), _block(_listed(names))]
    for module, group in itertools.groupby(sorted(names, key=lambda name: name.module), key=lambda name: name.module):
        parts.append(f"## {module.removeprefix(package + '.')}\n")
        parts.append(_block(rooms.purpose(module)))
        parts += [_block(entry(name)) for name in group]
    return "\n".join(parts)


def front_door_text() -> str:
    """The names of the library's own face, room by room, in Markdown."""
    names = rooms.public_names(rooms.PACKAGE)
    described = [name for name in names if is_documented(value_of(name)) or where(name)]
    parts = []
    for room in PUBLIC:
        here = [name for name in described if name.module.split(".")[1:2] == [room]]
        if here:
            parts.append(f"## From {room}\n\n{_block(_listed(here, f'{rooms.PACKAGE}.'))}")
    return "\n".join(parts)


def room_list_text() -> str:
    """Every room with what it is for, from the ground up, in Markdown."""
    return _block(
        "\n".join(f"- :doc:`{room} </book/api/{room}>`: {rooms.purpose(f'{rooms.PACKAGE}.{room}')}" for room in PUBLIC)
    )


class _Text(SphinxDirective):
    """A directive that stands for Markdown made of the source; the page is read again when that changes."""

    def text(self) -> str:
        raise NotImplementedError

    def run(self) -> list[nodes.Node]:
        for path in rooms.modules().values():
            self.env.note_dependency(str(path))
            if path.with_suffix(".pyi").exists():
                self.env.note_dependency(str(path.with_suffix(".pyi")))
        found: list[nodes.Node] = []
        for part in re.split(r"^(?=## )", self.text(), flags=re.MULTILINE):
            title, body = part.removeprefix("## ").split("\n", 1) if part.startswith("## ") else ("", part)
            holder = nodes.section() if title else nodes.container()
            holder.document = self.state.document
            if title:
                holder += nodes.title(title, title)
                holder["names"].append(nodes.fully_normalize_name(title))
                self.state.document.note_implicit_target(holder, holder)
            self.state.nested_parse(StringList(body.splitlines(), self.env.docname), 0, holder)
            found += [holder] if title else holder.children
        return found


class _Room(_Text):
    required_arguments = 1

    def text(self) -> str:
        return room_text(self.arguments[0])


class _FrontDoor(_Text):
    def text(self) -> str:
        return front_door_text()


class _RoomList(_Text):
    def text(self) -> str:
        return room_list_text()


class _Drawing(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        for path in rooms.modules().values():
            self.env.note_dependency(str(path))
        return [nodes.raw("", rooms.drawing(), format="html")]


def _link_across_rooms(app: Sphinx, env: Any, node: Any, content: Any) -> Any:
    """Link a bare public name in a docstring to the room that shows it, where only one does."""
    found = full_names().get(node.get("reftarget", ""), [])
    if node.get("refdomain") != "py" or len(found) != 1:
        return None
    return env.get_domain("py").resolve_xref(env, node["refdoc"], app.builder, "obj", found[0], node, content)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives with Sphinx."""
    app.add_directive("room", _Room)
    app.add_directive("front-door", _FrontDoor)
    app.add_directive("room-list", _RoomList)
    app.add_directive("rooms-drawing", _Drawing)
    app.connect("missing-reference", _link_across_rooms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
