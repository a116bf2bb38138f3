"""The front door: `import gridcells as gc` gives rooms and names, each loaded when it is first asked for."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import gridcells

PACKAGE = Path(gridcells.__file__).parent
FACES = sorted(PACKAGE.rglob("__init__.pyi"))
HEAVY = {"torch", "sympy", "scipy", "matplotlib", "sklearn", "distributed"}  # SymPy comes with PyTorch's compiler


def listed(face: Path) -> list[tuple[str, str]]:
    """Pairs (module, name) of a face's stub."""
    imports = [node for node in ast.parse(face.read_text()).body if isinstance(node, ast.ImportFrom)]
    return [(node.module or "", alias.name) for node in imports for alias in node.names]


def loaded_by(code: str) -> set[str]:
    """Names of the heavy packages that a fresh process has imported after some code."""
    shown = f"import sys\n{code}\nprint(*({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n")[-2].split())


def test_every_name_is_there_and_is_itself():
    names = [name for _, name in listed(PACKAGE / "__init__.pyi")]
    assert 25 <= len(names) <= 45
    assert set(names) <= set(dir(gridcells)) and gridcells.__version__
    for name in names:
        assert getattr(gridcells, name).__name__.rpartition(".")[2] == name


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="grid_score"):
        gridcells.grid_score  # noqa: B018


@pytest.mark.parametrize("face", FACES, ids=lambda path: path.parent.name)
def test_no_name_is_that_of_a_module_beside_it(face):
    """`gridcells.mechanism.study` would be the module or the function, depending on what was imported before."""
    modules = {path.stem for path in face.parent.iterdir() if path.suffix == ".py" or path.is_dir()}
    names = {name for module, name in listed(face) if module}
    assert not names & modules


@pytest.mark.parametrize("face", FACES, ids=lambda path: path.parent.name)
def test_every_listed_name_is_public_where_it_lives(face):
    for module, name in listed(face):
        source = face.parent / f"{module.replace('.', '/')}.py"
        if module and source.exists():
            assert f'"{name}"' in source.read_text(), f"{name} is not in the __all__ of {source.name}"


def test_the_door_itself_loads_nothing():
    assert loaded_by("import gridcells as gc\ngc.scores, gc.world") == set()


def test_scores_need_numpy_and_scipy_alone():
    used = (
        "from gridcells import scores\nscores.grid_scores, scores.rate_maps, scores.significance, scores.matched_null"
    )
    assert loaded_by(used) <= {"scipy", "sklearn"}


def test_a_recording_is_read_mapped_and_scored_without_torch():
    used = (
        "import numpy as np, gridcells as gc\n"
        "maps = gc.lattice_maps(gc.Rectangle(1.0, 1.0), spacing=np.full(3, 0.4), bins=20)\n"
        "from gridcells.recordings import Recording\n"
        "gc.score_recording(Recording.of(rate_maps=maps, bin_size=0.05), generator=0)"
    )
    assert "torch" not in loaded_by(used)


def test_a_sweep_is_handed_out_and_its_table_read_without_torch():
    used = "from gridcells.runs.sweeps import load_table, run_sweep\nload_table('double'), run_sweep"
    assert "torch" not in loaded_by(used)


def test_a_network_that_ships_opens_without_the_compiler_of_torch():
    used = "from gridcells.runs import load_shipped\nload_shipped('small', 0), load_shipped('emergence_lstm_wide', 0)"
    assert "sympy" not in loaded_by(used)


def test_help_loads_nothing_heavy():
    used = "from gridcells.cli.main import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass"
    assert loaded_by(used) == set()


def test_types_are_told():
    assert (PACKAGE / "py.typed").is_file()
