"""Build the wheel, install it away from the checkout, and use it as a newcomer does.

python book/tools/wheel.py           # packages of this environment stand in for those that pip would fetch
python book/tools/wheel.py --bare    # everything is installed anew: first what scoring needs, then the extra [train]
"""

from __future__ import annotations

import argparse
import ast
import builtins
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = """
import numpy as np
import gridcells as gc
maps = gc.lattice_maps(gc.Rectangle(2.2, 2.2), spacing=np.linspace(0.4, 0.8, 6), orientation=0.2)
np.savez("made.npz", rate_maps=np.maximum(maps, 0), bin_size=0.11)
"""
WALK = """
import gridcells as gc
assert {root!r} not in gc.__file__, gc.__file__
run = gc.load_shipped("lattice", seed=0)
assert run.network.units == 256
small = gc.preset("laptop").override({{"steps": 2, "units": 8, "evaluate_every": 2}})
assert gc.train(small, seed=0).metrics[-1]["step"] == 2
"""


def main(words: list[str]) -> None:
    """Build, install and use; the first step that fails ends it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bare", action="store_true", help="install every package anew instead of borrowing them")
    bare = parser.parse_args(words).bare
    with tempfile.TemporaryDirectory(prefix="gridcells-wheel-") as folder:
        away = Path(folder)
        run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(away), str(ROOT)], away)
        (wheel,) = away.glob("gridcells_companion-*.whl")
        python = environment(away / "venv", borrowed=not bare)
        pip = [str(python), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt")]
        run([*pip, *([] if bare else ["--no-deps"]), str(wheel)], away)
        command = str(python.with_name("gridcells"))

        run([str(python), "-c", MADE], away)
        run([command, "score", "made.npz"], away)
        assert len((away / "made-scores.csv").read_text().splitlines()) == 7, "a row a unit, and the head"
        if bare:
            refused([command, "train", "laptop"], away, 'pip install "gridcells-companion[train]"')
            run([*pip, f"{wheel}[train]"], away)
        run([command, "train", "laptop", "--set", "steps=2", "--set", "units=16", "--set", "scoring.paths=500"], away)
        assert (away / "runs/laptop-seed0/summary.json").is_file()
        run([str(python), "-c", WALK.format(root=str(ROOT))], away)
        for code in examples():
            run([str(python), "-c", code], away)
        refused([command, "rerun", "3"], away, "checkout")
    print("the wheel is whole: it scores, trains, opens what ships and runs the README's examples")


def environment(folder: Path, *, borrowed: bool) -> Path:
    """Make a virtual environment and return its Python; borrowed, it sees the packages of this one, not its project."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    if borrowed:
        site = Path(
            subprocess.check_output(
                [str(python), "-c", "import site; print(site.getsitepackages()[0])"], text=True
            ).strip()
        )
        (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")  # a .pth file in there is not followed
    return python


def examples() -> list[str]:
    """Return the README's Python examples that need no name made before them; tests run others, but no training."""
    found = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return [code for code in found if not missing_names(code) and "gc.train(" not in code]


def missing_names(code: str) -> set[str]:
    """Return the names that `code` uses and does not make: of `found = place.join(name)` place and name."""
    made, used = set(dir(builtins)), set[str]()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.alias):
            made.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
    return used - made


def run(command: list[str], folder: Path) -> None:
    """Run a command away from the checkout; its failure is ours."""
    print("$", *(word if len(word) < 60 else word[:57].replace("\n", " ") + "..." for word in command), flush=True)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, cwd=folder, check=True, env=clean | {"OMP_NUM_THREADS": "1"})


def refused(command: list[str], folder: Path, words: str) -> None:
    """Run a command that must end with an error that holds some words."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=clean)
    assert done.returncode == 2 and words in done.stderr, f"{command}: {done.returncode}, {done.stderr}"


if __name__ == "__main__":
    main(sys.argv[1:])
