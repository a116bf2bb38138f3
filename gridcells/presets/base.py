"""What every preset can do: list itself, say where its values come from, be changed by name, be JSON and back."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal, Self, TypeAlias

from gridcells._common.bins import BinGrid, Bounded, square_bins
from gridcells._common.checks import check_count, check_positive, nearest_name
from gridcells.world.arenas import Circle
from gridcells.world.polygons import Polygon, Ring, rings_text

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from gridcells.presets.catalogue import AnyPreset

__all__ = ["Preset", "ScoringSetting", "SettingValue", "later", "unit"]

SettingValue: TypeAlias = bool | int | float | str

_MOST = 10**9  # of any count; what is too large for a machine's memory is told when it is asked for
_LEAST_BINS = 4  # a side, of which a grid score can be asked
_LEAST, _GREATEST = 1e-30, 1e30  # of any other number: beyond, squares become zero or infinity


def unit(unit: str) -> dict[str, str]:
    """Return the unit of a setting, as the metadata of its field."""
    return {"unit": unit}


def later(unit: str = "") -> dict[str, str | bool]:
    """Return the metadata of a setting that was added after runs had been named without it; its unit, if it has one."""
    return {"later": True, "unit": unit}


@dataclass(frozen=True)
class ScoringSetting:
    """How the trained network is looked at."""

    paths: int = 5000  # for the rate maps
    bins: int = 20  # of the rate map along the arena's longer side; along the shorter as many as keep them square
    null_maps: int = 2000  # draws of the matched null
    form: Literal["mean", "min_max"] = "mean"  # of the grid score

    def grid(self, arena: Bounded) -> BinGrid:
        """Lay the bins of a rate map over an arena, or over the smallest box around it.

        Examples
        --------
        >>> from gridcells.world.arenas import Rectangle
        >>> ScoringSetting(bins=30).grid(Rectangle(1.0, 1.5)).bin_size
        (0.05, 0.05)
        """
        return BinGrid(arena.bounds, square_bins(BinGrid(arena.bounds, 1).size, self.bins))


@dataclass(frozen=True)
class Preset:
    """A complete, printable, hashable description of one experiment; only the seed is missing.

    A kind of experiment is a subclass whose further fields are groups of settings, each a frozen dataclass.
    """

    published: ClassVar[dict[str, Preset]] = {}  # by name
    sources: ClassVar[dict[str, tuple[str, dict[str, str]]]] = {}  # of each: that of most settings, and the exceptions

    may_be_none: ClassVar[tuple[str, ...]] = ()  # counts that may be 0
    renamed: ClassVar[dict[str, dict[SettingValue, SettingValue]]] = {}  # values that older files write otherwise

    name: str

    def __post_init__(self) -> None:
        for name, value in self.flat().items():
            if isinstance(value, int) and not isinstance(value, bool):
                check_count(value, name, 0 if name.endswith(".seed") or name in self.may_be_none else 1)
                if value > _MOST:
                    raise ValueError(f"{name}: expected a whole number of at most {_MOST}, got {value:.3g}")
            elif isinstance(value, float) and value and not _LEAST <= abs(value) <= _GREATEST:
                raise ValueError(f"{name}: expected 0 or a size from {_LEAST:g} to {_GREATEST:g}, got {value!r}")
        self.check()

    @property
    def kind(self) -> str:
        """What the network has to do, which says how it is trained: "place", "encoding", "grown" or "pose"."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise a ValueError if a value is impossible; a kind of experiment adds its own."""
        values = self.flat()
        bins = check_count(values["scoring.bins"], "scoring.bins", _LEAST_BINS)
        arena, scoring = (getattr(self, group) for group in ("arena", "scoring"))
        shorter = min(scoring.grid(arena).shape)
        if shorter < _LEAST_BINS:
            width, height = arena.size
            raise ValueError(
                f"scoring.bins: expected at least {_LEAST_BINS} along the shorter side of an arena {width:g} m wide and"
                f" {height:g} m high, got {shorter} with {bins} along the longer"
            )
        for name in ("training.learning_rate", "training.final_learning_rate"):
            check_positive(values[name], name)

    @staticmethod
    def publish(chosen: Preset, source: str, exceptions: dict[str, str]) -> None:
        """List a preset with the source of its settings, and of those ("group" or "group.name") with another one."""
        Preset.published[chosen.name] = chosen
        Preset.sources[chosen.name] = source, exceptions

    @classmethod
    def groups(cls) -> list[str]:
        """List the groups of settings."""
        return [name for name in _fields(cls) if name != "name"]

    def flat(self) -> dict[str, SettingValue]:
        """List every setting as {"group.name": value}."""
        return dict(self._flat)

    @cached_property
    def _flat(self) -> dict[str, SettingValue]:
        """Every setting, listed once: sweeps of a hundred thousand runs ask a dozen times of each."""
        return {
            f"{group}.{setting}": _plain(getattr(part, setting))
            for group, part in ((group, getattr(self, group)) for group in self.groups())
            for setting in _fields(type(part))
        }

    def unit(self, name: str) -> str:
        """Return the unit of a setting ("group.name"), "" where it has none."""
        group, _, setting = name.partition(".")
        fields = {entry.name: entry for entry in dataclasses.fields(getattr(self, group))}
        return fields[setting].metadata.get("unit", _UNITS.get(name, ""))

    def source(self, name: str) -> str:
        """Return where the value of a setting ("group.name") comes from."""
        original = self.published.get(self.name)
        if original is None or original.flat().get(name) != self.flat()[name]:
            return "set by the user"
        default, exceptions = self.sources[self.name]
        return exceptions.get(name, exceptions.get(name.partition(".")[0], default))

    def full_name(self, name: str) -> str:
        """Return the full name of a setting.

        Parameters
        ----------
        name : str
            "group.name" ("training.steps"), or "name" alone where one group has it ("steps").

        Returns
        -------
        str
            "group.name".

        Raises
        ------
        ValueError
            If a name is unknown (the nearest is suggested), or fits several settings.

        Examples
        --------
        >>> from gridcells.presets import preset
        >>> preset("laptop").full_name("steps")
        'training.steps'
        """
        known = list(self.flat())
        matches = [full for full in known if name in (full, full.partition(".")[2])]
        if len(matches) > 1:
            raise ValueError(f"setting {name!r}: expected one of {', '.join(matches)}, got a name that fits them all")
        if not matches:
            hint = nearest_name(name, known if "." in name else [full.partition(".")[2] for full in known])
            raise ValueError(f"setting {name!r}: expected a setting's name{hint or '; one of ' + ', '.join(known)}")
        return matches[0]

    def override(self, settings: Mapping[str, object]) -> Self:
        """Return a copy with some settings changed.

        Parameters
        ----------
        settings : mapping of str to value
            Names as "group.name" ("training.steps"), or "name" alone where one group has it ("steps"). A value that is
            text is read as the setting's type. ``vertices`` or ``radius`` of an arena of another kind make it one that
            has them: a `Polygon`, a `Circle`.

        Returns
        -------
        Preset
            The changed copy; this one is frozen.

        Raises
        ------
        ValueError
            If a name is unknown (the nearest is suggested) or ambiguous, two names are those of one setting, or a value
            is not of the setting's type.

        Examples
        --------
        >>> from gridcells.presets import preset
        >>> preset("laptop").override({"steps": "100"}).training.steps
        100
        """
        kinds = {"vertices": Polygon, "radius": Circle}
        rooms = [room for name, room in kinds.items() if {name, f"arena.{name}"} & settings.keys()]
        if len(rooms) == 1 and not isinstance(getattr(self, "arena", None), rooms[0]):
            return dataclasses.replace(self, **{"arena": rooms[0]()}).override(settings)
        changes: dict[str, dict[str, SettingValue]] = {}  # of each group, made at once: they may need each other
        told: dict[str, str] = {}  # by which name each setting was given
        for name, value in settings.items():
            full = self.full_name(name)
            if full in told:
                raise ValueError(
                    f"{full}: expected each setting once, got {told[full]}={settings[told[full]]} and {name}={value}"
                )
            told[full] = name
            group, _, setting = full.partition(".")
            kind = _hints(type(getattr(self, group)))[setting]
            changes.setdefault(group, {})[setting] = _convert(value, kind, full)
        parts = {group: dataclasses.replace(getattr(self, group), **changed) for group, changed in changes.items()}
        return dataclasses.replace(self, **parts)

    @property
    def label(self) -> str:
        """The name, with the settings that were changed: "square_grids+dropout=0"."""
        original = self.published.get(self.name)
        if original is None or type(original) is not type(self):
            return self.name
        values, known = original.flat(), [full.partition(".")[2] for full in self.flat()]
        changes = [(full, value) for full, value in self.flat().items() if values.get(full) != value]
        parts = [self.name]
        for full, value in changes:
            short = full.partition(".")[2]
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            parts.append(f"{short if known.count(short) == 1 else full}={shown}")
        return "+".join(parts)

    def as_dict(self) -> dict[str, SettingValue]:
        """List the name and every setting, as JSON holds them; `from_dict` reads them back."""
        return {"name": self.name, **self.flat()}

    def identity(self) -> dict[str, SettingValue]:
        """List what names a run: `as_dict` without the settings that came later and are at their default.

        A setting that is added so keeps the names of the runs from before it.
        """
        later = {
            f"{group}.{entry.name}": entry.default
            for group in self.groups()
            for entry in dataclasses.fields(getattr(self, group))
            if entry.metadata.get("later")
        }
        return {name: value for name, value in self.as_dict().items() if name not in later or value != later[name]}

    @staticmethod
    def from_dict(values: Mapping[str, SettingValue]) -> AnyPreset:
        """Make the preset that `as_dict` listed."""
        if not isinstance(values, Mapping) or "name" not in values:
            raise ValueError(f"values: expected a preset's name and settings, got {str(values)[:40]!r}")
        settings = dict(values)
        name, held = settings.pop("name"), {key.partition(".")[0] for key in settings}
        kinds = Preset.__subclasses__()
        kind = next((kind for kind in kinds if held <= set(kind.groups())), kinds[0])
        for setting, newer in kind.renamed.items():
            if setting in settings:
                settings[setting] = newer.get(settings[setting], settings[setting])
        plain: AnyPreset = kind(name=name)  # type: ignore
        return plain.override(settings)


_UNITS = {
    "arena.radius": "m",
    "arena.width": "m",
    "arena.height": "m",
    "arena.vertices": "m",
    "arena.holes": "m",
    "motion.speed_scale": "m/s",
    "motion.turn_sd": "rad/s",
    "motion.sub_step": "s",
    "motion.time_step": "s",
    "motion.wall_band": "m",
}


_HINTS: dict[type, dict[str, object]] = {}
_FIELDS: dict[type, tuple[str, ...]] = {}


def _hints(kind: type[DataclassInstance]) -> dict[str, object]:
    """Return the types of a group's settings: looked up once, since large sweeps ask a million times."""
    if kind not in _HINTS:
        _HINTS[kind] = typing.get_type_hints(kind)
    return _HINTS[kind]


def _fields(kind: type[DataclassInstance]) -> tuple[str, ...]:
    """Return the names of a dataclass's fields, looked up once likewise."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(entry.name for entry in dataclasses.fields(kind))
    return _FIELDS[kind]


def _plain(value: SettingValue | Ring | tuple[Ring, ...]) -> SettingValue:
    """Return a setting as JSON holds it: the corners of a polygon are text."""
    return rings_text(value) if isinstance(value, tuple) else value


def _convert(value: object, kind: object, name: str) -> SettingValue:
    """Read ``value`` as the type of the setting, from text or from a Python value."""
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        if value in choices:
            return typing.cast(SettingValue, value)
        raise ValueError(
            f"{name}: expected one of {', '.join(choices)}, got {value!r}{nearest_name(str(value), choices)}"
        )
    if (kind is str or typing.get_origin(kind) is tuple) and isinstance(value, str):
        return value  # corners of a polygon are read by the polygon
    if kind is bool:
        words = {"true": True, "false": False}
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in words:
            return words[value.lower()]
    elif not isinstance(value, bool):
        try:
            number = float(typing.cast(str, value))  # whatever has a number in it
            if kind is float and number == number:
                return number
            if kind is int and number == int(number):
                return int(number)
        except (TypeError, ValueError, OverflowError):
            pass
    words_for: dict[object, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    raise ValueError(f"{name}: expected {words_for.get(kind, 'text, x:y of each corner')}, got {value!r}")
