"""The files that say what is installed agree with each other, and the installed stack is the pinned one."""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from gridcells._common.rooms import EXTRAS

ROOT = Path(__file__).resolve().parents[2]
OURS = "gridcells-companion"
TAKEN = "gridcells"  # an unrelated distribution of that name exists
GPU = re.compile(r"(cuda|nvidia|triton)\b")  # what torch's GPU build brings along
TOLD = ("*.md", "*.toml", "*.yml", "Makefile", "conftest.py", ".ci/run", ".github/**/*.*", "book/*.md", "book/*.ipynb")
TOLD += tuple(f"{folder}/**/*.py" for folder in ("benchmarks", "book", "gridcells", "tests"))
OUTSIDE = re.compile(r"\.\./shared/(?!recordings)|\bbeside the (?:repository|checkout)\b")
UPWARDS = re.compile(r"\(__file__\)(?:\.resolve\(\))?(?:\.parents\[(\d+)\]|((?:\.parent\b)+))")
TEXTS = ("README.md", "CONTRIBUTING.md", "Makefile", ".ci/run", ".github/workflows/*.yml", "book/*.md", "book/*.ipynb")


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def environment():
    return yaml.safe_load((ROOT / "environment.yml").read_text())


@pytest.fixture(scope="module")
def pins():
    """Constraints by canonical name."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    requirements = [Requirement(line) for line in lines]
    assert len({canonicalize_name(pin.name) for pin in requirements}) == len(requirements), "a package is pinned twice"
    return {canonicalize_name(pin.name): pin for pin in requirements}


def listed(project, extras=("book", "test")):
    """What the project and its extras ask for; an extra that names others of the project's own stands for theirs."""
    waiting, seen, found = list(extras), set(), [Requirement(text) for text in project["dependencies"]]
    while waiting:
        extra = waiting.pop()
        if extra in seen:
            continue
        seen.add(extra)
        for requirement in map(Requirement, project["optional-dependencies"][extra]):
            if requirement.name == OURS:
                waiting += requirement.extras
            else:
                found.append(requirement)
    return found


def pip_lines(environment):
    return next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))


def needed(name, extras=()):
    """Canonical names and versions of the installed distributions that `name` needs on this machine."""
    found, waiting, seen = {}, [(name, tuple(extras))], set()
    while waiting:
        current, asked = waiting.pop()
        for requirement in map(Requirement, distribution(current).requires or ()):
            marker, key = requirement.marker, canonicalize_name(requirement.name)
            applies = marker is None or any(marker.evaluate({"extra": extra}) for extra in (*asked, ""))
            wanted = (key, tuple(sorted(requirement.extras)))
            if applies and wanted not in seen:
                seen.add(wanted)
                waiting.append(wanted)
                found[key] = Version(distribution(key).version)
    found.pop(canonicalize_name(name), None)  # extras that name the project's own others
    return found


def test_environment_installs_extras_that_exist(environment, project):
    (line,) = pip_lines(environment)
    extras = re.fullmatch(r"-e \.\[([\w,]+)\]", line)[1].split(",")
    assert set(extras) == {"book", "lab", "test"} < set(project["optional-dependencies"])


def test_environment_python_is_one_the_library_takes(environment, project):
    (line,) = [entry for entry in environment["dependencies"] if str(entry).startswith("python")]
    assert Requirement(f"python{project['requires-python']}").specifier.contains(line.partition("=")[2])
    assert "pip" in environment["dependencies"]


def test_binder_installs_the_book_in_pinned_versions_with_a_processors_pytorch(environment, project, pins):
    """What repo2docker reads: it installs from the repository's root, and reads constraints beside the file."""
    folder = ROOT / "binder"
    lines = [line for line in (folder / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    options, (torch, book) = [line for line in lines if line.startswith("--") or " ../" in line], lines[-2:]
    index, constraints = (option.partition(" ")[::2] for option in options)
    assert len(lines) == 4 and index == ("--extra-index-url", "https://download.pytorch.org/whl/cpu")
    assert constraints[0] == "-c" and (folder / constraints[1]).resolve() == ROOT / "constraints.txt"
    (wanted,) = Requirement(torch).specifier
    assert wanted.operator == "==" and Version(wanted.version).local == "cpu"
    assert pins["torch"].specifier == Requirement(f"torch=={Version(wanted.version).public}").specifier
    assert (
        set(re.fullmatch(r"-e \.\[([\w,]+)\]", book)[1].split(","))
        == {"book", "lab"}
        < set(project["optional-dependencies"])
    )
    assert (folder / "runtime.txt").read_text().strip().replace("-", "=") in environment["dependencies"]


def test_files_are_locked_by_their_digests(pins):
    locked = {}
    for entry in (ROOT / "hashes.txt").read_text().replace("\\\n", "").splitlines():
        if not entry.startswith("#"):
            requirement, *digests = entry.split()
            locked[canonicalize_name(Requirement(requirement).name)] = Requirement(requirement).specifier
            assert digests and all(re.fullmatch("--hash=sha256:[0-9a-f]{64}", digest) for digest in digests)
    assert {name: pins[name].specifier for name in locked} == locked
    left_out = {name for name in needed(OURS, ("book", "test")) if name == "torch" or GPU.match(name)}
    missing = needed(OURS, ("book", "test")).keys() - left_out - locked.keys()
    assert not missing or sys.version_info[:2] != (3, 11) or sys.platform != "linux", missing


def test_the_taken_name_is_never_asked_for(project, pins, environment):
    assert project["name"] == OURS
    names = {canonicalize_name(requirement.name) for requirement in listed(project)} | pins.keys()
    names |= {re.split(r"[=<>~! ]", str(entry))[0] for entry in environment["dependencies"]} | set(
        pip_lines(environment)
    )
    assert TAKEN not in names


@pytest.mark.parametrize("pattern", TEXTS)
def test_no_text_tells_to_install_the_taken_name(pattern):
    for path in ROOT.glob(pattern):
        told = re.search(rf"\b(pip3?|conda|mamba)\b[^\n]*\binstall\b[^\n]*\s['\"]?{TAKEN}(?![-\w/.])", path.read_text())
        assert told is None, f"{path.name}: {told}"


def test_the_pattern_for_the_taken_name_finds_it(tmp_path, monkeypatch):
    (tmp_path / "README.md").write_text("Run `pip install gridcells` first.")
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    with pytest.raises(AssertionError, match="README"):
        test_no_text_tells_to_install_the_taken_name("*.md")


def leads_outside(path, root):
    """What in a file points at a folder that only some machine has beside its clone."""
    text, floors = path.read_text(encoding="utf-8"), len(path.relative_to(root).parts)
    climbed = [
        found[0]
        for found in UPWARDS.finditer(text)
        if (int(found[1]) + 1 if found[1] else found[2].count(".parent")) > floors
    ]
    return [found[0] for found in OUTSIDE.finditer(text)] + climbed


def test_the_project_stands_alone():
    paths = {path for pattern in TOLD for path in ROOT.glob(pattern)} - {Path(__file__).resolve()}
    assert len(paths) > 200
    found = {str(path.relative_to(ROOT)): leads_outside(path, ROOT) for path in paths}
    assert not {name: what for name, what in found.items() if what}


def test_what_leads_outside_is_found(tmp_path):
    (tmp_path / "tests").mkdir()
    path = tmp_path / "tests" / "conftest.py"
    for text, climbs in {
        "Path(__file__).resolve().parents[2]": True,
        "Path(__file__).resolve().parents[1]": False,
        "Path(__file__).parent.parent.parent / 'data'": True,
        "Path(__file__).parent.parent / 'data'": False,
        "they lie in ../shared/golden": True,
        "they lie in ../shared/recordings": False,
        "a folder beside the repository": True,
    }.items():
        path.write_text(text)
        assert bool(leads_outside(path, tmp_path)) == climbs, text


def test_workflows_ask_for_no_more_than_they_need():
    """Every workflow may only read; what a job needs beyond that, it asks for itself."""
    flows = {path.name: yaml.safe_load(path.read_text()) for path in (ROOT / ".github/workflows").glob("*.yml")}
    assert {"tests.yml", "pages.yml"} <= flows.keys()
    assert all(flow["permissions"] == {"contents": "read"} for flow in flows.values())
    granted = {
        (name, job): what["permissions"]
        for name, flow in flows.items()
        for job, what in flow["jobs"].items()
        if "permissions" in what
    }
    assert granted == {("pages.yml", "deploy"): {"pages": "write", "id-token": "write"}}


def test_workflows_name_actions_by_commit():
    """A tag can be moved; a commit cannot. The version stands beside it for people."""
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        uses = re.findall(r"uses: *(.*)", path.read_text())
        assert uses
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", each) for each in uses), uses
        checkouts = path.read_text().count("actions/checkout@")
        assert path.read_text().count("persist-credentials: false") == checkouts


def test_pins_are_exact_public_versions(pins):
    for pin in pins.values():
        (specifier,) = pin.specifier
        assert specifier.operator == "==" and not Version(specifier.version).local, pin


def test_every_package_that_an_extra_asks_for_is_pinned_within_its_range(project, pins):
    asked = listed(project, project["optional-dependencies"])
    assert {"bokeh", "dask-kubernetes", "pynwb", "torch"} <= {requirement.name for requirement in asked}
    for requirement in asked:
        assert canonicalize_name(requirement.name) in pins, f"{requirement} is not pinned"
        (pin,) = pins[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(pin.version), f"{requirement} is pinned at {pin.version}"


def test_the_installed_stack_is_the_pinned_one(pins):
    """The whole of it, what others ask for included."""
    try:
        installed = needed(OURS, ("book", "test"))
    except PackageNotFoundError as missing:
        pytest.skip(f"not set up with `make`: {missing} is not installed here")
    assert len(installed) > 100
    unpinned = [name for name in installed.keys() - pins.keys() if not GPU.match(name)]
    assert sys.platform != "linux" or not unpinned, "missing in constraints.txt"
    found = {name: version for name, version in installed.items() if name in pins}
    assert not [f"{name} {version}" for name, version in found.items() if version not in pins[name].specifier]


def test_scoring_asks_for_little(project):
    """What a person installs who only scores maps: no network library, no cluster, no notebook."""
    base = {requirement.name for requirement in map(Requirement, project["dependencies"])}
    assert not base & set(EXTRAS), base
    assert {"numpy", "scipy", "matplotlib"} <= base


def test_every_missing_package_is_told_with_the_extra_that_brings_it(project):
    brings = {
        extra: {canonicalize_name(requirement.name) for requirement in listed(project, [extra])}
        for extra in project["optional-dependencies"]
    }
    distributions = {"yaml": "pyyaml"}
    for package, extra in EXTRAS.items():
        assert canonicalize_name(distributions.get(package, package)) in brings[extra], package


def test_citation_names_this_version_and_licence(project):
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"] == "MIT"
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in project["authors"]]
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
