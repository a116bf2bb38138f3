"""Run the chapters' comparison as other processors would round, and print a table: chapter by rounding.

python book/tools/elsewhere.py                                     # every rounding, every chapter: an hour
python book/tools/elsewhere.py -r scalar -r two-threads book/12_*.ipynb

A rounding is a set of environment variables that make PyTorch, NumPy, OpenBLAS, MKL or oneDNN take other instructions
or another order of summing. Nothing in a chapter may depend on them: texts are compared to the letter, figures to
their tolerance. A rounding whose libraries are not there changes nothing, and says so by being equal.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import chapters

ROUNDINGS: dict[str, dict[str, str]] = {
    "scalar": {"ATEN_CPU_CAPABILITY": "default"},  # PyTorch's own kernels without vectors
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "prescott": {"OPENBLAS_CORETYPE": "Prescott"},  # NumPy's products and decompositions as on SSE3
    "haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "reproducible": {"MKL_CBWR": "COMPATIBLE", "ONEDNN_MAX_CPU_ISA": "SSE41"},
    "plain-numpy": {"NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"},
    "two-threads": {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
}


def main(words: list[str]) -> int:
    """Print the table; return 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", type=lambda name: Path(name).resolve(), default=chapters.chapters())
    parser.add_argument("-r", "--rounding", action="append", choices=ROUNDINGS, help="all by default")
    options = parser.parse_args(words)
    chosen = options.rounding or list(ROUNDINGS)
    found = {}
    for name in chosen:
        found[name] = compare(options.chapters, ROUNDINGS[name])
        print(f"{name}: {sum(map(len, found[name].values()))} differences", file=sys.stderr, flush=True)
    print(table(options.chapters, found))
    return int(any(cells for of in found.values() for cells in of.values()))


def compare(paths: list[Path], rounding: dict[str, str]) -> dict[str, list[str]]:
    """Execute chapters under a rounding → what is not as committed, by chapter."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        nbval = ["-n", "2", "--dist", "loadfile", "-p", "keeping", "--nbval", "--nbval-current-env"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *nbval, f"--junitxml={report}", *map(str, paths)],
            cwd=chapters.ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", **rounding},
            stdout=subprocess.DEVNULL,
        )
        if done.returncode not in (0, 1):
            raise RuntimeError(f"pytest ended with {done.returncode} under {rounding}")
        cases = list(ElementTree.parse(report).iter("testcase"))
    names = {path.stem: [] for path in paths}  # type: dict[str, list[str]]
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            where = f"{case.get('classname')}.{case.get('name')}"
            (stem,) = [stem for stem in names if stem in where]
            names[stem].append(str(case.get("name")).rpartition("::")[2].removeprefix("Cell "))
    assert len(cases) >= len(paths), "no cell was run"
    return names


def table(paths: list[Path], found: dict[str, dict[str, list[str]]]) -> str:
    """Lay out: a row a chapter, a column a rounding, "ok" or the cells that differ."""
    rows = [["chapter", *found]]
    rows += [[path.stem, *(" ".join(of[path.stem]) or "ok" for of in found.values())] for path in paths]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(f"{word:<{width}}" for word, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
