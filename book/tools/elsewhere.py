"""Run the chapters' comparison as other processors would round, and print a table: chapter by rounding.

    python book/tools/elsewhere.py                                     # every rounding, every chapter: an hour
    python book/tools/elsewhere.py -r scalar -r two-threads book/12_*.ipynb

A rounding is a set of environment variables that make PyTorch, NumPy, OpenBLAS, MKL or oneDNN take other instructions
or another order of summing. Nothing in a chapter may depend on them: texts are compared to the letter, figures to
their tolerance, and what is recorded in `figures/measured` byte by byte (and put back). Each rounding first computes a
few products, sums, decompositions and layers: where all bits are those of one before it, it is that one here, and the
chapters are not executed again; where the process dies, this processor lacks the instructions.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import chapters

__all__ = ["ROUNDINGS", "compare", "fingerprint", "main", "numpy_features", "table"]

MEASURED = chapters.ROOT / "figures/measured"
DIED = "not here"
Found = dict[str, list[str]]  # what is not as committed, by chapter


def numpy_features() -> str:
    """The instructions that NumPy found here and may be told to leave alone, in its own words."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__  # type: ignore[import-not-found]

    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__[name])


ROUNDINGS: dict[str, dict[str, str]] = {
    "here": {},  # one thread, as in `make rerun`
    "scalar": {"ATEN_CPU_CAPABILITY": "default"},  # PyTorch's own kernels without vectors
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "prescott": {"OPENBLAS_CORETYPE": "Prescott"},  # NumPy's and SciPy's products and decompositions, by family
    "nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "mkl": {"MKL_CBWR": "COMPATIBLE"},  # PyTorch's products and decompositions
    "onednn": {"ONEDNN_MAX_CPU_ISA": "SSE41"},  # PyTorch's LSTM
    "plain-numpy": {"NPY_DISABLE_CPU_FEATURES": numpy_features()},  # tanh, sines and sums
    "two-threads": {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
}

PROBE = """
import hashlib, numpy, scipy.linalg, torch
numbers = numpy.random.default_rng(0).normal(size=(300, 301))
double, single = torch.tensor(numbers[:, :300]), torch.tensor(numbers[:, :300].astype("f4"))
torch.manual_seed(0)
layers = [layer(300, 64)(single[None])[0] for layer in (torch.nn.RNN, torch.nn.LSTM)]
found = [a @ a.T for a in (numbers, numbers.astype("f4"))] + [numpy.linalg.eigvals(numbers[:, :300])]
found += [scipy.linalg.svd(numbers)[1], numpy.tanh(numbers), numpy.sin(numbers.astype("f4")), numbers.sum()]
found += [numpy.exp(numbers + 1j * numbers[::-1]), numpy.einsum("ij,ij->i", numbers, numbers)]
found += [t.detach().numpy() for t in (double @ double, single @ single, single.softmax(1), single.sum(), *layers)]
found += [torch.linalg.svdvals(double).numpy()]
print(hashlib.sha256(b"".join(numpy.ascontiguousarray(a).tobytes() for a in found)).hexdigest())
"""


def main(words: list[str]) -> int:
    """Print the table; return 1 if anything differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*", type=lambda name: Path(name).resolve(), default=chapters.chapters())
    parser.add_argument("-r", "--rounding", action="append", choices=ROUNDINGS, help="all by default")
    parser.add_argument("-n", "--at-once", type=int, default=chapters.AT_ONCE, help="chapters at once")
    options = parser.parse_args(words)
    found: dict[str, Found | str] = {}
    seen: dict[str, str] = {}  # roundings by their bits
    for name in options.rounding or list(ROUNDINGS):
        bits = fingerprint(ROUNDINGS[name])
        if bits is None or bits in seen:
            found[name] = DIED if bits is None else f"as {seen[bits]}"
            print(f"{name}: {found[name]}", file=sys.stderr, flush=True)
            continue
        seen[bits] = name
        different = found[name] = compare(options.chapters, ROUNDINGS[name], options.at_once)
        print(f"{name}: {sum(map(len, different.values()))} differences", file=sys.stderr, flush=True)
    print(table(options.chapters, found))
    return int(any(cells for of in found.values() if isinstance(of, dict) for cells in of.values()))


def fingerprint(rounding: Mapping[str, str]) -> str | None:
    """What a few computations come to under a rounding, all bits of it; None where the process dies of it."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROBE], env=environment(rounding), capture_output=True, text=True
    )
    if done.returncode < 0:
        return None
    if done.returncode:
        raise RuntimeError(f"{dict(rounding)}: {done.stderr}")
    return done.stdout.strip()


def environment(rounding: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without any rounding that it may hold, and with that one."""
    names = {name for of in ROUNDINGS.values() for name in of}
    return {**{name: value for name, value in os.environ.items() if name not in names}, "OMP_NUM_THREADS": "1"} | dict(
        rounding
    )


def compare(paths: list[Path], rounding: Mapping[str, str], at_once: int = chapters.AT_ONCE) -> Found:
    """Execute chapters under a rounding → what is not as committed, by chapter, and under "measured" by claim."""
    measured = {path: path.read_bytes() for path in MEASURED.glob("*.json")}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        places = ["-c", "pyproject.toml", f"--rootdir={os.path.commonpath([chapters.ROOT, *paths])}"]
        nbval = ["-p", "keeping", "--nbval", "--nbval-current-env"]
        shared = ["-n", str(at_once), "--dist", "loadfile"] if at_once > 1 else []
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", *places, *nbval, *shared, f"--junitxml={report}", *map(str, paths)],
            cwd=chapters.ROOT,
            env=environment(rounding),
            stdout=subprocess.PIPE,
            text=True,
        )
        if done.returncode not in (0, 1):
            raise RuntimeError(f"pytest ended with {done.returncode} under {dict(rounding)}: {done.stdout}")
        found = _differing(ElementTree.parse(report).getroot(), [path.stem for path in paths])
    for path in {*measured, *MEASURED.glob("*.json")}:
        if path not in measured:
            path.unlink()
        elif path.read_bytes() != measured[path]:
            path.write_bytes(measured[path])
        else:
            continue
        found["measured"].append(path.stem)
    return found


def _differing(report: ElementTree.Element, stems: list[str]) -> Found:
    """The cells, and "figures", that a report of pytest says failed; what moved in a figure goes to standard error."""
    found: Found = {stem: [] for stem in [*stems, "measured"]}
    cases = dict.fromkeys(stems, 0)
    for case in report.iter("testcase"):
        where = f"{case.get('classname')}.{case.get('name')}"
        (stem,) = [stem for stem in stems if stem in where]
        cases[stem] += 1
        faults = [*case.findall("failure"), *case.findall("error")]
        if faults:
            name = str(case.get("name")).rpartition("::")[2].removeprefix("Cell ")
            found[stem].append(name)
            print(f"{stem}, {name}:\n{(faults[0].text or '').strip()}", file=sys.stderr, flush=True)
    if empty := [stem for stem, count in cases.items() if not count]:
        raise RuntimeError(f"no cell was executed of {', '.join(empty)}")
    return found


def table(paths: list[Path], found: Mapping[str, Found | str]) -> str:
    """Lay out: a row a chapter and one of what is measured, a column a rounding; "ok" or what differs."""
    rows = [["chapter", *found]]
    for row in [*(path.stem for path in paths), "measured"]:
        rows.append([row, *(of if isinstance(of, str) else " ".join(of[row]) or "ok" for of in found.values())])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(f"{word:<{width}}" for word, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
