"""Every setting as data: published ones and our own, each value with its unit and its source."""

from __future__ import annotations

import dataclasses
import math
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gridcells.arenas import Rectangle
from gridcells.checks import check_count, check_positive, nearest_name
from gridcells.trajectories import SORSCHER, MotionModel

__all__ = ["PRESETS", "NetworkSetting", "PlaceCellSetting", "Preset", "ScoringSetting", "TrainingSetting", "preset"]


def _unit(unit: str) -> dict[str, str]:
    return {"unit": unit}


@dataclass(frozen=True)
class PlaceCellSetting:
    """The place cells whose activity is the target."""

    cells: int = 512
    field_width: float = field(default=0.12, metadata=_unit("m"))  # σ of the centre
    surround_ratio: float = 2.0  # surround variance over centre variance
    tuning: Literal[
        "gaussian",
        "difference_of_softmaxes",
        "difference_of_gaussians",
        "difference_of_gaussians_unit_amplitude",
    ] = "difference_of_softmaxes"


@dataclass(frozen=True)
class NetworkSetting:
    """The network that learns."""

    cell: Literal["relu", "tanh", "gru", "lstm"] = "relu"
    units: int = 4096
    standardised: bool = False  # velocity in m/s and place code as (cells · p − 1), not metres per step and p
    readout_gain: float = 1.0  # initial encoder and decoder weights, over the library's default
    recurrent_identity: float = 0.0  # recurrent matrix starts as this times the identity; 0: the library's default


@dataclass(frozen=True)
class TrainingSetting:
    """How it learns."""

    steps: int = 100_000  # gradient steps
    batch: int = 200  # paths a step
    path_steps: int = 20  # samples a path, T
    optimiser: Literal["adam", "rmsprop"] = "adam"
    learning_rate: float = 1e-4
    final_learning_rate: float = 1e-4  # reached along half a cosine; equal to the first: constant
    recurrent_decay: float = field(default=1e-4, metadata=_unit("nats"))  # times the sum of squared recurrent weights
    readout_decay: float = field(default=0.0, metadata=_unit("nats"))  # times that of encoder and decoder
    evaluate_every: int = field(default=500, metadata=_unit("steps"))
    checkpoint_every: int = field(default=500, metadata=_unit("steps"))


@dataclass(frozen=True)
class ScoringSetting:
    """How the trained network is looked at."""

    paths: int = 5000  # for the rate maps
    bins: int = 20  # a side of the rate map
    null_maps: int = 2000  # draws of the matched null


@dataclass(frozen=True)
class Preset:
    """A complete, printable, hashable description of one experiment; only the seed is missing."""

    name: str
    arena: Rectangle = field(default_factory=Rectangle)
    motion: MotionModel = SORSCHER
    place_cells: PlaceCellSetting = PlaceCellSetting()
    network: NetworkSetting = NetworkSetting()
    training: TrainingSetting = TrainingSetting()
    scoring: ScoringSetting = ScoringSetting()

    def __post_init__(self) -> None:
        for name, value in self.flat().items():
            if isinstance(value, int) and not isinstance(value, bool):
                check_count(value, name)
        check_count(self.place_cells.cells, "place_cells.cells", 3)  # decoding takes the three most active
        check_count(self.scoring.bins, "scoring.bins", 4)  # a grid score needs that many
        if self.arena.width != self.arena.height:
            raise ValueError(
                f"arena.height: expected {self.arena.width} m as the width, since grid scores need square maps,"
                f" got {self.arena.height} m"
            )
        for name in ("place_cells.field_width", "training.learning_rate", "training.final_learning_rate"):
            check_positive(self.flat()[name], name, self.unit(name))
        for name in ("training.recurrent_decay", "training.readout_decay", "network.recurrent_identity"):
            if not 0 <= self.flat()[name] < float("inf"):
                raise ValueError(f"{name}: expected a number of at least 0, got {self.flat()[name]!r}")

    def flat(self) -> dict[str, Any]:
        """List every setting as {"group.name": value}."""
        return {
            f"{group}.{setting.name}": getattr(getattr(self, group), setting.name)
            for group in _groups()
            for setting in dataclasses.fields(getattr(self, group))
        }

    def unit(self, name: str) -> str:
        """Give the unit of a setting ("group.name"), "" where it has none."""
        group, _, setting = name.partition(".")
        fields = {entry.name: entry for entry in dataclasses.fields(getattr(self, group))}
        return fields[setting].metadata.get("unit", _UNITS.get(name, ""))

    def source(self, name: str) -> str:
        """Say where the value of a setting ("group.name") comes from."""
        original = PRESETS.get(self.name)
        if original is None or original.flat()[name] != self.flat()[name]:
            return "set by the user"
        default, exceptions = _SOURCES[self.name]
        return exceptions.get(name, exceptions.get(name.partition(".")[0], default))

    def override(self, settings: Mapping[str, Any]) -> Preset:
        """Return a copy with some settings changed.

        Parameters
        ----------
        settings : mapping of str to value
            Names as "group.name" ("training.steps"), or "name" alone where one group has it ("steps"). A value that is
            text is read as the setting's type.

        Returns
        -------
        Preset
            The changed copy; this one is frozen.

        Raises
        ------
        ValueError
            If a name is unknown (the nearest is suggested) or ambiguous, or a value is not of the setting's type.

        Examples
        --------
        >>> preset("laptop").override({"steps": "100"}).training.steps
        100
        """
        changed = self
        for name, value in settings.items():
            group, setting = _resolve(name, list(self.flat()))
            part = getattr(changed, group)
            kind = typing.get_type_hints(type(part))[setting]
            part = dataclasses.replace(part, **{setting: _convert(value, kind, f"{group}.{setting}")})
            changed = dataclasses.replace(changed, **{group: part})
        return changed

    def as_dict(self) -> dict[str, Any]:
        """List the name and every setting, as JSON holds them; `from_dict` reads them back."""
        return {"name": self.name, **self.flat()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Preset:
        """Make the preset that `as_dict` listed."""
        if not isinstance(values, Mapping) or "name" not in values:
            raise ValueError(f"values: expected a preset's name and settings, got {str(values)[:40]!r}")
        settings = dict(values)
        return cls(name=settings.pop("name")).override(settings)


def _groups() -> list[str]:
    return [entry.name for entry in dataclasses.fields(Preset) if entry.name != "name"]


def _resolve(name: str, known: list[str]) -> tuple[str, str]:
    """Find which "group.name" was meant."""
    matches = [full for full in known if name in (full, full.partition(".")[2])]
    if len(matches) > 1:
        raise ValueError(f"setting {name!r}: expected one of {', '.join(matches)}, got a name that fits them all")
    if not matches:
        short = [full.partition(".")[2] for full in known]
        hint = nearest_name(name, known if "." in name else short)
        raise ValueError(f"setting {name!r}: expected a setting's name{hint or '; one of ' + ', '.join(known)}")
    group, _, setting = matches[0].partition(".")
    return group, setting


def _convert(value: Any, kind: Any, name: str) -> Any:
    """Read ``value`` as the type of the setting, from text or from a Python value."""
    if typing.get_origin(kind) is Literal:
        choices = typing.get_args(kind)
        if value in choices:
            return value
        raise ValueError(f"{name}: expected one of {', '.join(choices)}, got {value!r}{nearest_name(value, choices)}")
    if kind is str and isinstance(value, str):
        return value
    if kind is bool:
        words = {"true": True, "false": False}
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in words:
            return words[value.lower()]
    elif not isinstance(value, bool):
        try:
            number = float(value)
            if kind is float and number == number:
                return number
            if kind is int and number == int(number):
                return int(number)
        except (TypeError, ValueError, OverflowError):
            pass
    word = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}[kind]
    raise ValueError(f"{name}: expected {word}, got {value!r}")


_UNITS = {
    "arena.width": "m",
    "arena.height": "m",
    "motion.speed_scale": "m/s",
    "motion.turn_sd": "rad/s",
    "motion.sub_step": "s",
    "motion.time_step": "s",
    "motion.wall_band": "m",
}

_LAPTOP = Preset(
    "laptop",
    place_cells=PlaceCellSetting(field_width=0.15, surround_ratio=4.0),
    network=NetworkSetting(units=256, standardised=True, readout_gain=0.2, recurrent_identity=0.5),
    training=TrainingSetting(
        steps=2200,
        batch=100,
        path_steps=40,
        learning_rate=1e-3,
        final_learning_rate=1e-4,
        recurrent_decay=1e-4,
        readout_decay=5e-5,
        evaluate_every=100,
        checkpoint_every=250,
    ),
)

PRESETS: dict[str, Preset] = {
    "laptop": _LAPTOP,
    "lattice": dataclasses.replace(
        _LAPTOP,
        name="lattice",
        place_cells=PlaceCellSetting(surround_ratio=2.0),
        training=dataclasses.replace(_LAPTOP.training, steps=700, final_learning_rate=1e-3, readout_decay=3e-5),
    ),
    "sorscher2019": Preset("sorscher2019"),
    "sorscher2023": Preset(
        "sorscher2023",
        motion=dataclasses.replace(SORSCHER, speed_scale=0.1 * math.sqrt(2 / math.pi)),
        place_cells=PlaceCellSetting(field_width=0.20, surround_ratio=4.0),
        training=TrainingSetting(steps=10_000, optimiser="rmsprop"),
    ),
}
"""Settings by name: `laptop` and `lattice` (ours, minutes on two cores); `sorscher2019`, `sorscher2023` (published)."""

_OURS = "ours, measured"
_CODE = "Sorscher et al. 2019, released code"
_TEXT = "Sorscher et al. 2023, Methods"
_SCORING = {"scoring.paths": _OURS, "scoring.null_maps": _OURS, "scoring.bins": "both released codes"}
_KEPT = {
    "arena": _CODE,
    "motion": _CODE,
    "motion.walls": "ours: the released code lets steps cross the walls",
    "place_cells": _CODE,
    "network.cell": _CODE,
    "training.optimiser": _CODE,
    **_SCORING,
}
_RUNNING = {
    "training.evaluate_every": _OURS,
    "training.checkpoint_every": _OURS,
    "training.final_learning_rate": "constant",
    "motion.walls": _KEPT["motion.walls"],
    **_SCORING,
}
_SOURCES: dict[str, tuple[str, dict[str, str]]] = {
    "laptop": (
        _OURS,
        {
            **_KEPT,
            "place_cells.field_width": "ours, between the released code's 0.12 and the 0.20 of Sorscher et al. 2023",
            "place_cells.surround_ratio": _TEXT,
        },
    ),
    "lattice": (_OURS, _KEPT),
    "sorscher2019": (_CODE, {**_RUNNING, "training.readout_decay": "no such term"}),
    "sorscher2023": (_TEXT, {**_RUNNING, "motion": _CODE, "motion.speed_scale": _TEXT + ": mean speed 0.1 m/s"}),
}


def preset(name: str) -> Preset:
    """Look a preset up by name.

    Parameters
    ----------
    name : str
        One of `PRESETS`.

    Returns
    -------
    Preset
        The frozen setting.

    Raises
    ------
    ValueError
        If there is none of that name; the nearest is suggested.

    Examples
    --------
    >>> preset("laptop").network.units
    256
    """
    if name not in PRESETS:
        raise ValueError(f"preset: expected one of {', '.join(PRESETS)}, got {name!r}{nearest_name(name, PRESETS)}")
    return PRESETS[name]
