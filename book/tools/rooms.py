"""The rooms of the library read from its source: what stands in each, which imports which, and a drawing of it.

    python book/tools/rooms.py    # every arrow between rooms, and how many imports it stands for

Nothing of the library is imported; the tests of the project's form and the page on its architecture read the same.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

__all__ = ["FLOORS", "Name", "arrows", "drawing", "floor_of", "imports", "modules", "public_names", "purpose", "rooms"]

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "gridcells"
#: The rooms from the ground up; a room imports only from rooms on floors below its own.
FLOORS = (
    ("_common",),
    ("world", "scores"),
    ("presets", "networks", "theory", "plots"),
    ("training", "recordings"),
    ("runs",),
    ("mechanism",),
    ("book",),
    ("cli",),
)
#: How far to the right each room is drawn, as a share of the width: arrows over several floors run down on the right.
PLACES = {1: (0.36,), 2: (0.25, 0.75), 4: (0.125, 0.375, 0.625, 0.875)}
RECORDINGS = 0.88  # above what it uses, clear of the arrows to the scores
WIDTH, BOX_WIDTH, BOX_HEIGHT, FLOOR_HEIGHT = 760, 150, 46, 84  # units of the drawing


@dataclass(frozen=True)
class Name:
    """A public name, the package that shows it, and the module that defines it."""

    name: str
    package: str
    module: str


@cache
def modules(root: Path = ROOT) -> dict[str, Path]:
    """Every module of the library by its dotted name; a package stands for its ``__init__.py``."""
    found = {}
    for path in sorted((root / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, known: dict[str, Path], *, types: bool = True) -> Iterator[str]:
    """Yield the modules of the library that the module `name` imports, wherever in it they are imported.

    A name taken from a package counts as an import of the module of that name, where there is one. What stands under
    `if TYPE_CHECKING:` is imported by type checkers alone; `types=False` leaves it out.
    """
    tree = _tree(known[name])
    checked = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)]
    apart = {inner for node in checked for inner in ast.walk(node)} if not types else set()
    for node in ast.walk(tree):
        if node in apart:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                home = name if known[name].name == "__init__.py" else name.rpartition(".")[0]
                parents = home.split(".")[: len(home.split(".")) - node.level + 1]
                base = ".".join([*parents, *([node.module] if node.module else [])])
            if base in known:
                for alias in node.names:
                    inner = f"{base}.{alias.name}"
                    yield inner if inner in known else base


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def room_of(module: str) -> str:
    """The room of a module, "" for the library's own face and what lies beside the rooms."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in rooms() else ""


@cache
def rooms(root: Path = ROOT) -> list[str]:
    """Every room, private ones first, by name."""
    return sorted(path.parent.name for path in (root / PACKAGE).glob("*/__init__.py"))


def floor_of(room: str) -> int:
    """The floor of a room, counted from the ground."""
    return next(number for number, floor in enumerate(FLOORS) if room in floor)


def arrows() -> Counter[tuple[str, str]]:
    """How many imports lead from a room to another: {("training", "networks"): 6, ...}."""
    known = modules()
    found: Counter[tuple[str, str]] = Counter()
    for name in known:
        for target in imports(name, known):
            pair = (room_of(name), room_of(target))
            if all(pair) and pair[0] != pair[1]:
                found[pair] += 1
    return found


def purpose(package: str, root: Path = ROOT) -> str:
    """The first paragraph of the docstring of a room or a module: what it is for."""
    docstring = ast.get_docstring(_tree(modules(root)[package])) or ""
    return " ".join(docstring.split("\n\n")[0].split())


def public_names(package: str, root: Path = ROOT) -> list[Name]:
    """The public names of a package: of its stub, else of the imports in its face that ``__all__`` lists."""
    known = modules(root)
    face = known[package].with_suffix(".pyi")
    stub = face.exists()
    tree = _tree(face if stub else known[package])
    listed = set() if stub else set(_all(tree))
    found = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").startswith(PACKAGE)):
            module = f"{package}.{node.module}" if node.level and node.module else node.module or package
            for alias in node.names:
                shown = alias.asname or alias.name
                if f"{module}.{alias.name}" not in known and (stub or shown in listed):
                    found.append(Name(shown, package, module))
    if not stub and not found:
        found = [Name(name, package, package) for name in _all(tree)]
    return found


def room_names(room: str, root: Path = ROOT) -> list[Name]:
    """The public names of a room and of the packages inside it; of a room without a face, those of its modules."""
    package = f"{PACKAGE}.{room}"
    inside = [name for name in modules(root) if name == package or name.startswith(f"{package}.")]
    found = public_names(package, root)
    taken = {(name.name, name.module) for name in found}
    for module in inside[1:]:
        if modules(root)[module].name == "__init__.py" or not found or found[0].package != package:
            names = [name for name in public_names(module, root) if (name.name, name.module) not in taken]
            found += names
    return found


def _all(tree: ast.Module) -> list[str]:
    """What ``__all__`` lists, where it is a plain list."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value)) if isinstance(node.value, ast.List | ast.Tuple) else []
    return []


def direct(found: Counter[tuple[str, str]]) -> list[tuple[str, str]]:
    """The arrows that no longer way through other rooms implies."""
    below: dict[str, set[str]] = {}
    for upper, lower in found:
        below.setdefault(upper, set()).add(lower)

    def reached(room: str) -> set[str]:
        return {far for near in below.get(room, set()) for far in {near} | reached(near)}

    return [pair for pair in sorted(found) if not any(pair[1] in reached(near) for near in below[pair[0]])]


def drawing() -> str:
    """An SVG of the rooms, the higher floor above, and of their direct arrows, in the colours of the page."""
    height = FLOOR_HEIGHT * len(FLOORS)
    places = {}
    for number, floor in enumerate(FLOORS):
        for share, room in zip(PLACES[len(floor)], floor, strict=True):
            right = RECORDINGS if room == "recordings" else share
            places[room] = (WIDTH * right, height - FLOOR_HEIGHT * (number + 0.5))
    lines, boxes = [], []
    pairs = direct(arrows())
    for upper, lower in pairs:
        (x, y), (to_x, to_y) = places[upper], places[lower]
        to_y -= BOX_HEIGHT / 2 + 3
        if floor_of(upper) - floor_of(lower) > 1 and to_x > x:  # out at the side, then down
            corner = f"L{to_x - 12:.0f},{y:.0f} Q{to_x:.0f},{y:.0f} {to_x:.0f},{y + 12:.0f}"
            way = f"M{x + BOX_WIDTH / 2:.0f},{y:.0f} {corner} L{to_x:.0f},{to_y:.0f}"
        else:
            y += BOX_HEIGHT / 2
            bend = min(40.0, (to_y - y) / 2)
            way = f"M{x:.0f},{y:.0f} C{x:.0f},{y + bend:.0f} {to_x:.0f},{to_y - bend:.0f} {to_x:.0f},{to_y:.0f}"
        lines.append(f'<path d="{way}" marker-end="url(#rooms-head)"/>')
    known = modules()
    for room, (x, y) in places.items():
        count = sum(
            name.startswith(f"{PACKAGE}.{room}.") and path.name != "__init__.py" for name, path in known.items()
        )
        box = (
            f'<rect x="{x - BOX_WIDTH / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}" width="{BOX_WIDTH}" '
            f'height="{BOX_HEIGHT}" rx="6"/><text x="{x:.0f}" y="{y - 2:.0f}" class="room">{escape(room)}</text>'
            f'<text x="{x:.0f}" y="{y + 15:.0f}" class="count">{count} modules</text>'
        )
        boxes.append(box if room.startswith("_") else f'<a href="api/{room}.html">{box}</a>')
    floors = ", then ".join(" and ".join(floor) for floor in FLOORS)
    told = "; ".join(f"{upper} uses {lower}" for upper, lower in pairs)
    return (
        f'<div class="rooms"><svg viewBox="0 0 {WIDTH} {height}" role="group" aria-labelledby="rooms-title rooms-told">'
        f'<title id="rooms-title">The rooms of the library</title><desc id="rooms-told">From the ground up: '
        f"{escape(floors)}. {escape(told)}.</desc>"
        '<defs><marker id="rooms-head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path d="M0,0 L8,4 L0,8 z"/></marker></defs>'
        f"<g class='arrows'>{''.join(lines)}</g>{''.join(boxes)}</svg></div>"
    )


if __name__ == "__main__":
    for (upper, lower), count in sorted(arrows().items()):
        print(f"{upper} -> {lower}: {count}")
