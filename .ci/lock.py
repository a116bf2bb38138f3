"""Write hashes.txt: of each package that the set-up installs, the version pinned and the digests of all its files.

    .venv/bin/python .ci/lock.py INDEX    # the address of a package index, to which a name and "/" are added

What is locked is what is installed in this environment and pinned in constraints.txt, but for PyTorch, whose builds
differ from machine to machine and index to index. pip refuses a file with another digest (`--require-hashes`).
"""

from __future__ import annotations

import re
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from gridcells._common.files import atomic_path

ROOT = Path(__file__).resolve().parents[1]
HEAD = "# What the set-up installs, with the digests of all its files. From constraints.txt, by .ci/lock.py.\n"
LEFT_OUT = ("torch", "gridcells-companion")
LINK = re.compile(r'href="[^"#]*?([^"#/]+)#sha256=([0-9a-f]{64})"')


def pinned() -> dict[str, str]:
    """Return the version of each package in constraints.txt by its name there."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def version_of(name: str) -> str | None:
    """Return the version that a file's name tells, None for files of other kinds."""
    try:
        told = parse_wheel_filename(name)[1] if name.endswith(".whl") else parse_sdist_filename(name)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return str(told)


def digests(index: str, name: str, version: str) -> list[str]:
    """Ask an index for the digests of all files of one version."""
    with urllib.request.urlopen(f"{index.rstrip('/')}/{canonicalize_name(name)}/", timeout=60) as page:
        links = LINK.findall(page.read().decode())
    found = sorted({digest for file, digest in links if version_of(file) == version})
    if not found:
        raise SystemExit(f"{name}: expected files of version {version} with their digests, got none")
    return found


def main(index: str) -> None:
    """Write the file."""
    installed = {canonicalize_name(one.name) for one in distributions()}
    wanted = {
        name: version for name, version in pinned().items() if canonicalize_name(name) in installed - set(LEFT_OUT)
    }
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda item: digests(index, *item), wanted.items()))
    lines = [
        f"{name}=={version}" + "".join(f" \\\n    --hash=sha256:{digest}" for digest in some)
        for (name, version), some in zip(wanted.items(), found, strict=True)
    ]
    with atomic_path(ROOT / "hashes.txt") as temporary:
        temporary.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("INDEX: expected the address of a package index, and no more")
    main(sys.argv[1])
