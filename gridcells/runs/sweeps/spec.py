"""What to run: a TOML file made into a list of configurations, each named by a hash of all that it depends on."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypedDict

import numpy as np

from gridcells._common.checks import check_count, nearest_name
from gridcells._common.reading import read_text
from gridcells.presets import AnyPreset, preset
from gridcells.presets.base import SettingValue

__all__ = ["RunConfig", "Sweep", "SweepRun", "load_sweep"]

_TOP = ("name", "preset", "settings", "seeds", "repeats", "grid", "list", "draw", "block", "weights")
_BLOCK = ("preset", "settings", "seeds", "repeats", "grid", "list", "draw")
_DRAWS = ("uniform", "log_uniform", "integers", "normal")
_MOST = 100_000  # runs of a sweep
_DIFFERENT = 20_000  # settings of a sweep, each of which is checked: a third of a millisecond
_TEXT = 2**20  # bytes of its file
_DEEP = 50  # names within names

Settings = dict[str, object]  # by name, as TOML gives them


class RunConfig(TypedDict):
    """All that a run depends on: a preset's `as_dict`, and a seed."""

    preset: dict[str, SettingValue]
    seed: int


@dataclass(frozen=True)
class SweepRun:
    """One network of a sweep.

    Parameters
    ----------
    preset : Preset
        Its complete setting.
    seed : int
        Its seed.
    """

    preset: AnyPreset
    seed: int

    @cached_property
    def config(self) -> RunConfig:
        """All that the run depends on, as JSON holds it."""
        return {"preset": self.preset.as_dict(), "seed": self.seed}

    @cached_property
    def name(self) -> str:
        """The name of the run's folder: the first 16 hexadecimal digits of its configuration's SHA-256."""
        text = f'{{"preset": {_listed(self.preset)}, "seed": {json.dumps(self.seed)}}}'
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@functools.lru_cache(maxsize=4)
def _listed(preset: AnyPreset) -> str:
    """Return a preset as JSON with its settings in order: the same for all the seeds that follow each other."""
    return json.dumps(preset.identity(), sort_keys=True)


@dataclass(frozen=True)
class Sweep:
    """A named list of runs.

    Parameters
    ----------
    name : str
        The sweep's name.
    runs : tuple of SweepRun
        All runs, each once.
    weights : bool
        Whether each run keeps its trained weights.
    """

    name: str
    runs: tuple[SweepRun, ...]
    weights: bool = False

    def varied(self) -> list[str]:
        """List the settings ("group.name") in which the runs differ."""
        values: dict[str, set[object]] = {}
        for run in self.runs:
            for name, value in run.preset.flat().items():
                values.setdefault(name, set()).add(value)
        return [name for name, found in values.items() if len(found) > 1]


def load_sweep(path: str | Path) -> Sweep:
    """Read what to run from a TOML file.

    Parameters
    ----------
    path : path_like
        The file. ``name``, ``preset`` and either ``seeds`` (a list) or ``repeats`` (a number: seeds 0, 1, …) say what
        is common. ``[settings]`` changes the preset; ``[grid]`` has lists of values, of which every combination is run;
        ``[[list]]`` has settings that go together, one table a point; ``[draw]`` has ``count``, ``seed`` and for each
        setting ``{uniform = [low, high]}``, ``{log_uniform = [low, high]}``, ``{integers = [low, high]}`` (high
        included) or ``{normal = [mean, sd]}``. Where several are given, they are combined. ``[[block]]`` tables, each
        with such parts, stand beside each other; what is above them holds for all. ``weights = true`` keeps each
        network.

    Returns
    -------
    Sweep
        The runs.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not TOML, a key, preset or setting is unknown, a grid is empty, seeds or settings conflict, the name is
        none of a folder, or there are more than 100 000 runs or 20 000 different settings. The message names the file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spec = Path(folder) / "widths.toml"
    ...     _ = spec.write_text('name = "widths"\\npreset = "small"\\nrepeats = 2\\n[grid]\\nfield_width = [0.1, 0.2]')
    ...     len(load_sweep(spec).runs)
    4
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"spec: expected a TOML file, got {path}")
    text = read_text(path, limit=_TEXT)
    if any(len(re.findall(r"[\w\"'][ \t]*\.", words)) > _DEEP for words in re.split(r"[^\w.\"' \t-]+", text)):
        raise ValueError(f"spec: expected TOML in {path}, got names within names, too deep to read")
    try:
        spec = tomllib.loads(text)
    except RecursionError:
        raise ValueError(f"spec: expected TOML in {path}, got lists within lists, too deep to read") from None
    except ValueError as error:
        raise ValueError(f"spec: expected TOML in {path}, got a file that is none ({error})") from error
    try:
        return _sweep(spec, path.stem)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _sweep(spec: Settings, stem: str) -> Sweep:
    _check_keys(spec, _TOP, "spec")
    blocks = spec.pop("block", [{}])
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks) or not blocks:
        raise ValueError(f"block: expected [[block]] tables, got {blocks!r}")
    name, weights = spec.pop("name", stem), spec.pop("weights", False)
    if not isinstance(name, str) or not name or not isinstance(weights, bool):
        raise ValueError(f"name, weights: expected text and true or false, got {name!r} and {weights!r}")
    if name.startswith(".") or len(name.encode()) > 100 or re.search(r"[/\\:]", name) or not name.isprintable():
        raise ValueError(f"name: expected the name of a folder, without / and the like, got {name!r:.100}")
    joined = [_joined(spec, block) for block in blocks]
    for number, (block, whole) in enumerate(zip(blocks, joined, strict=True), start=1):
        _check_keys(block, _BLOCK, f"block {number}")
        _check_shape(whole)
    counts = [_count_settings_and_seeds(whole) for whole in joined]
    for most, count, what in (
        (_MOST, sum(settings * seeds for settings, seeds in counts), "runs"),
        (_DIFFERENT, sum(settings for settings, _ in counts), "different settings"),
    ):
        if count > most:
            raise ValueError(f"spec: expected at most {most} {what}, got {count}")
    runs: dict[str, SweepRun] = {}
    for whole in joined:
        for run in _runs(whole):
            runs.setdefault(run.name, run)
    return Sweep(name, tuple(runs.values()), weights)


def _check_shape(spec: Settings) -> None:
    """Raise unless a block's lists are lists, so that its runs can be counted."""
    for name, values in _table(spec, "grid").items():
        if not isinstance(values, list) or not values:
            raise ValueError(f"grid.{name}: expected a list of at least one value, got {values!r:.80}")
    points = spec.get("list", [{}])
    if not isinstance(points, list) or not points or not all(isinstance(point, dict) for point in points):
        raise ValueError(f"list: expected [[list]] tables of settings, got {points!r:.80}")


def _count_settings_and_seeds(spec: Settings) -> tuple[int, int]:
    """Count a block's settings, and the seeds of each, without listing them."""
    draw, grid = _table(spec, "draw"), _table(spec, "grid")
    drawn = _count(draw.get("count", 0), "draw.count") if draw else 1
    seeds = spec.get("seeds", [0])
    seeded = _count(spec["repeats"], "repeats") if "repeats" in spec else len(seeds) if isinstance(seeds, list) else 1
    lists = [*grid.values(), spec.get("list", [{}])]
    return drawn * math.prod(len(one) for one in lists if isinstance(one, list)), seeded


def _joined(common: Settings, block: Settings) -> Settings:
    """Replace the common words by a block's; settings are merged, and seeds replace seeds or repeats."""
    base = {key: value for key, value in common.items() if not ({"seeds", "repeats"} & set(block) and key in _SEEDING)}
    chosen = _preset(base | block)
    settings, own = _table(common, "settings"), _table(block, "settings")
    replaced = {chosen.full_name(name) for name in own}
    kept = {name: value for name, value in settings.items() if chosen.full_name(name) not in replaced}
    return base | block | {"settings": kept | own}


_SEEDING = ("seeds", "repeats")


def _preset(spec: Settings) -> AnyPreset:
    name = spec.get("preset")
    if not isinstance(name, str):
        raise ValueError(f"preset: expected a preset's name, got {name!r}")
    return preset(name)


def _runs(spec: Settings) -> Iterator[SweepRun]:
    settings = _table(spec, "settings")
    base = _preset(spec).override(settings)
    fixed = set(map(base.full_name, settings))
    parts = [_grid(_table(spec, "grid")), _points(spec), _drawn(_table(spec, "draw"))]
    seen = [fixed, *({base.full_name(name) for point in part for name in point} for part in parts)]
    for first, second in itertools.combinations(seen, 2):
        if first & second:
            twice = ", ".join(sorted(first & second))
            raise ValueError(f"{twice}: expected in one of settings, grid, list and draw, got it in two")
    seeds = _seeds(spec)
    for points in itertools.product(*parts):
        setting = base.override({name: value for point in points for name, value in point.items()})
        yield from (SweepRun(setting, seed) for seed in seeds)


def _seeds(spec: Settings) -> list[int]:
    if "seeds" in spec and "repeats" in spec:
        raise ValueError("seeds, repeats: expected one of the two, got both")
    if "repeats" in spec:
        return list(range(_count(spec["repeats"], "repeats")))
    seeds = spec.get("seeds", [0])
    if not isinstance(seeds, list) or not seeds or not all(type(seed) is int and 0 <= seed < 2**63 for seed in seeds):
        raise ValueError(f"seeds: expected a list of whole numbers of at least 0, got {seeds!r:.80}")
    if len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds: expected each once, got {seeds!r:.80}")
    return seeds


def _grid(grid: Settings) -> list[Settings]:
    columns = [values for values in grid.values() if isinstance(values, list)]
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*columns)]


def _points(spec: Settings) -> list[Settings]:
    points = spec.get("list", [{}])
    return points if isinstance(points, list) else []


def _drawn(draw: Settings) -> list[Settings]:
    if not draw:
        return [{}]
    count = _count(draw.get("count", 0), "draw.count")
    generator = np.random.default_rng(_count(draw.get("seed", 0), "draw.seed", 0))
    columns = {name: _values(generator, rule, name, count) for name, rule in draw.items() if name not in _RESERVED}
    if not columns:
        raise ValueError("draw: expected at least one setting with its distribution, got none")
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


_RESERVED = ("count", "seed")


def _count(value: object, name: str, minimum: int = 1) -> int:
    if not isinstance(value, int) or (minimum and value > _MOST):
        if isinstance(value, int) and not isinstance(value, bool):
            raise ValueError(f"{name}: expected at most {_MOST} runs, got {value if value < 10**30 else 'many more'}")
        raise ValueError(f"{name}: expected a whole number of at least {minimum}, got {value!r}")
    return check_count(value, name, minimum)


def _values(generator: np.random.Generator, rule: object, name: str, count: int) -> list[float]:
    kind = next(iter(rule)) if isinstance(rule, dict) and len(rule) == 1 else None
    ends = rule[kind] if kind in _DRAWS and isinstance(rule, dict) else None
    known = (int,) if kind == "integers" else (int, float)
    if not isinstance(ends, list) or len(ends) != 2 or not all(type(end) in known and abs(end) < 2**62 for end in ends):
        number = "whole number" if kind == "integers" else "number"
        raise ValueError(f"draw.{name}: expected {{{' | '.join(_DRAWS)} = [{number}, {number}]}}, got {rule!r:.80}")
    low, high = ends
    if kind == "normal" and high < 0:
        raise ValueError(f"draw.{name}: expected [mean, sd] with sd at least 0, got {ends}")
    if (kind != "normal" and not low < high) or (kind == "log_uniform" and low <= 0):
        raise ValueError(f"draw.{name}: expected [low, high] with low below high, above 0 for log_uniform, got {ends}")
    if kind == "integers":
        return [int(value) for value in generator.integers(low, high, count, endpoint=True)]
    if kind == "log_uniform":
        return [float(value) for value in np.exp(generator.uniform(np.log(low), np.log(high), count))]
    return [float(value) for value in getattr(generator, str(kind))(low, high, count)]


def _table(spec: Settings, name: str) -> Settings:
    """Take a table of settings; TOML makes nested tables of dotted names such as training.steps."""
    table = spec.get(name, {})
    if not isinstance(table, dict):
        raise ValueError(f"{name}: expected a table of settings, got {table!r}")
    flat: Settings = {}
    for key, value in table.items():
        nested = isinstance(value, dict) and (name != "draw" or all(isinstance(rule, dict) for rule in value.values()))
        flat |= {f"{key}.{inner}": found for inner, found in value.items()} if nested else {key: value}
    return flat


def _check_keys(spec: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in spec:
        if key not in known:
            raise ValueError(f"{where}: expected keys among {', '.join(known)}, got {key!r}{nearest_name(key, known)}")
