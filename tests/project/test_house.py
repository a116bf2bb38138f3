"""The form of the library: rooms on floors, no circles, short modules, names, tests, docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
import rooms

MODULES = rooms.modules()
PUBLIC_ROOMS = [room for room in rooms.rooms() if not room.startswith("_")]
LONGEST = 400  # lines of a module
ANY, WITHOUT_EXAMPLE, WITHOUT_SOURCE = 120, 10, 20  # fewer than so many
SOURCED = ("scores", "theory", "networks", "mechanism", "training")
#: Public names of those rooms that come from no paper.
NO_SOURCE = {
    "Floors": "a plain data holder",
    "PathBatch": "a plain data holder",
    "PlaceBatch": "a plain data holder",
    "PoseBatch": "a plain data holder",
    "Run": "a plain data holder",
    "Stopped": "an exception",
    "Task": "the abstract base: each task names its own paper",
    "load_weights": "a file format of ours",
    "make_task": "chooses a task by the preset's kind",
    "process_group": "a matter of processes",
    "resolve_device": "a matter of devices",
    "save_weights": "a file format of ours",
    "train": "the loop; presets and tasks name the papers",
    "train_together": "the loop, for several networks at once",
}
#: Modules without a test file of their own name in the room's folder of tests, and what tests them.
TESTED_ELSEWHERE: dict[str, tuple[str, str]] = {  # the file of tests, and the word in it that leads there
    "gridcells._common.protocols": ("tests/training/test_loop.py", "train"),
    "gridcells._common.tables": ("tests/book/test_claims.py", "status_table"),
    "gridcells.book.banino2018_figures": ("tests/mechanism/test_banino2018.py", "save_all"),
    "gridcells.cli.figures": ("tests/mechanism/test_banino2018.py", '"figures", "banino2018"'),
    "gridcells.cli.rerun": ("tests/book/test_rerun_command.py", "rerun"),
    "gridcells.cli.sweep": ("tests/runs/test_sweeps.py", "sweep"),
    "gridcells.networks.pose_lstm": ("tests/golden/test_lstm_golden.py", "PoseLSTM"),
    "gridcells.networks.position_encoder": ("tests/training/test_encoding_task.py", "PositionEncoder"),
    "gridcells.plots.distributions": ("tests/theory/test_pattern_symmetry.py", "plot_distributions"),
    "gridcells.plots.map_grids": ("tests/theory/test_pattern_symmetry.py", "plot_map_table"),
    "gridcells.plots.theory": ("tests/theory/test_pattern_symmetry.py", "plot_predicted_spacing"),
    "gridcells.plots.unit_sheets": ("tests/mechanism/test_banino2018.py", "rates_and_sac_latest_hd.pdf"),
    "gridcells.presets.banino": ("tests/presets/test_presets.py", "banino2018_code"),
    "gridcells.presets.sorscher": ("tests/presets/test_presets.py", "sorscher2019"),
    "gridcells.presets.emergence": ("tests/training/test_encoding_task.py", "ARCHITECTURES"),
    "gridcells.scores.rotation": ("tests/scores/test_grid.py", "grid_scores"),
    "gridcells.training.learner": ("tests/training/test_same_numbers.py", "train("),
    "gridcells.training.run": ("tests/runs/test_shipped.py", "load_run"),
    "gridcells.training.state": ("tests/training/test_loop.py", "resume=True"),
    "gridcells.training.optimisers": ("tests/golden/test_lstm_golden.py", "TensorFlowRMSprop"),
}


def is_data_holder(node: ast.AST) -> bool:
    """Whether a class is a dataclass without methods but properties, or a protocol."""
    if not isinstance(node, ast.ClassDef):
        return False
    decorated = any("dataclass" in ast.unparse(each) for each in node.decorator_list)
    protocol = any("Protocol" in ast.unparse(base) for base in node.bases)
    methods = [
        each
        for each in node.body
        if isinstance(each, ast.FunctionDef) and not each.name.startswith("_") and not each.decorator_list
    ]
    return protocol or (decorated and not methods)


def public_definitions() -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Every public function and class with its room: those that a room or a package inside it shows."""
    for room in PUBLIC_ROOMS:
        seen = set()
        for name in rooms.room_names(room):
            for node in ast.parse(MODULES[name.module].read_text(encoding="utf-8")).body:
                if (
                    isinstance(node, ast.FunctionDef | ast.ClassDef)
                    and node.name == name.name
                    and node.name not in seen
                ):
                    seen.add(node.name)
                    yield room, node


def written(node: ast.FunctionDef | ast.ClassDef) -> str:
    """All docstrings of a function, or of a class and its methods."""
    defined = [each for each in ast.walk(node) if isinstance(each, ast.FunctionDef | ast.ClassDef)]
    return "\n".join(ast.get_docstring(each) or "" for each in defined)


def count_any(source: str) -> int:
    """How often a source names the type `Any`, its import aside."""
    return sum(
        (isinstance(node, ast.Name) and node.id == "Any") or (isinstance(node, ast.Attribute) and node.attr == "Any")
        for node in ast.walk(ast.parse(source))
    )


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A way along arrows that ends where it began, [] where there is none."""
    finished: set[str] = set()

    def walk(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        if node in finished:
            return []
        for target in sorted(graph.get(node, ())):
            if found := walk(target, [*way, node]):
                return found
        finished.add(node)
        return []

    return next((found for node in sorted(graph) if (found := walk(node, []))), [])


# --- rooms and floors


def test_at_most_twelve_public_rooms_each_on_one_floor():
    assert len(PUBLIC_ROOMS) <= 12
    assert sorted(room for floor in rooms.FLOORS for room in floor) == rooms.rooms()


def test_no_arrow_leads_up_or_along_a_floor():
    arrows = rooms.arrows()
    assert len(arrows) > 20
    assert not [pair for pair in arrows if rooms.floor_of(pair[0]) <= rooms.floor_of(pair[1])]


def test_no_import_circle():
    graph = {name: set(rooms.imports(name, MODULES, types=False)) for name in MODULES}
    assert sum(map(len, graph.values())) > 200
    assert circle(graph) == []


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


def test_imports_are_read_in_every_form(tmp_path):
    (tmp_path / "gridcells/room").mkdir(parents=True)
    (tmp_path / "gridcells/__init__.py").write_text("")
    (tmp_path / "gridcells/room/__init__.py").write_text("from .one import x")
    (tmp_path / "gridcells/room/one.py").write_text(
        "def f():\n    from ..room import two\n    import gridcells.room.two"
    )
    (tmp_path / "gridcells/room/two.py").write_text("import os\nfrom gridcells.room.one import f")
    known = rooms.modules(tmp_path)
    assert list(rooms.imports("gridcells.room", known)) == ["gridcells.room.one"]
    assert list(rooms.imports("gridcells.room.one", known)) == ["gridcells.room.two"] * 2
    assert list(rooms.imports("gridcells.room.two", known)) == ["gridcells.room.one"]


# --- modules and names


@pytest.mark.parametrize("name", MODULES)
def test_module_is_read_at_one_sitting(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_no_public_name_is_that_of_a_module_beside_it():
    packages = {name: path for name, path in MODULES.items() if path.name == "__init__.py"}
    shown = {(each.package, each.name) for package in packages for each in rooms.public_names(package)}
    assert len(shown) > 200
    assert not [f"{package}.{name}" for package, name in shown if f"{package}.{name}" in MODULES]


def test_every_module_of_a_room_is_tested_in_the_folder_of_its_room():
    untested = []
    for name, path in MODULES.items():
        parts = name.split(".")[1:]
        if path.name == "__init__.py" or len(parts) < 2 or name in TESTED_ELSEWHERE:
            continue
        tests = [file.read_text(encoding="utf-8") for file in (rooms.ROOT / "tests" / parts[0]).rglob("test_*.py")]
        own = list((rooms.ROOT / "tests" / parts[0]).rglob(f"test_{parts[-1]}*.py"))
        words = "|".join([re.escape(name), *(each.name for each in rooms.public_names(name))])
        if not own and not any(re.search(rf"\b({words})\b", text) for text in tests):
            untested.append(name)
    assert untested == []


def test_every_exception_is_needed():
    """What is listed as tested elsewhere exists, and what needs no source is still public in those rooms."""
    assert set(TESTED_ELSEWHERE) <= set(MODULES)
    assert all(word in (rooms.ROOT / path).read_text(encoding="utf-8") for path, word in TESTED_ELSEWHERE.values())
    assert set(NO_SOURCE) <= {node.name for room, node in public_definitions() if room in SOURCED}


# --- what is written


def test_any_is_rare():
    counts = {name: count_any(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
    assert sum(counts.values()) < ANY, sorted(counts.items(), key=lambda item: -item[1])[:10]


def test_any_is_counted_where_it_stands_for_a_type():
    assert count_any("from typing import Any\nimport typing\ndef f(a: Any, b: 'Any') -> list[typing.Any]: ...") == 2


def test_a_function_says_what_it_does():
    """The first word of its docstring is a verb of its own; a property may say what it is."""
    vague = {"The", "A", "An", "What", "Where", "How", "Whether", "Which", "One", "Each", "All", "This"}
    vague |= {"Say", "Tell", "Give", "Let", "Call", "Look"}  # verbs that leave open what is done
    found = []
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (words := ast.get_docstring(node)):
                marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
                first = words.split()[0].rstrip(",:")
                if not marks & {"property", "cached_property"} and (first in vague or not first.isalpha()):
                    found.append(f"{name}.{node.name}: {words.splitlines()[0]}")
    assert not found


def test_public_functions_have_examples():
    missing = [
        f"{room}.{node.name}"
        for room, node in public_definitions()
        if room != "cli"  # a command's text is its help
        and isinstance(node, ast.FunctionDef)
        and "\nExamples\n---" not in written(node)
    ]
    assert len(missing) < WITHOUT_EXAMPLE, missing


def test_public_functions_and_classes_name_their_source():
    missing = [
        f"{room}.{node.name}"
        for room, node in public_definitions()
        if room in SOURCED
        and not is_data_holder(node)
        and node.name not in NO_SOURCE
        and not re.search(r"\bSources?\b", written(node))
    ]
    assert len(missing) < WITHOUT_SOURCE, missing
