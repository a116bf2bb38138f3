"""The recurrent networks of Sorscher et al. 2019 and 2023, as published and in settings of our own."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from gridcells._common.checks import check_count, check_positive
from gridcells.presets.base import Preset, ScoringSetting, later, unit
from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.motion import SORSCHER, MotionModel
from gridcells.world.polygons import Polygon

__all__ = ["GrowthSetting", "NetworkSetting", "PlaceCellSetting", "RNNPreset", "TrainingSetting"]


@dataclass(frozen=True)
class PlaceCellSetting:
    """The place cells whose activity is the target."""

    cells: int = 512
    field_width: float = field(default=0.12, metadata=unit("m"))  # σ of the centre
    surround_ratio: float = 2.0  # surround variance over centre variance
    tuning: Literal[
        "gaussian",
        "difference_of_softmaxes",
        "difference_of_gaussians",
        "difference_of_gaussians_unit_amplitude",
        "softmax_of_differences",
        "random_fields",
        "nearest_field",
        "cartesian",
        "polar",
    ] = "difference_of_softmaxes"
    extra_fields: float = 0.0  # mean of a cell's fields beyond the first, Poisson; a cell's activity is their sum
    width_spread: float = 0.0  # widths are uniform between (1 - this) and (1 + this) times field_width
    # to a centre: as the crow flies, or around corners that stand out into the room
    distance: Literal["straight", "geodesic"] = field(default="straight", metadata=later())
    # between each field and its copy along x, towards the other half: rooms that far apart look alike; 0: no copies
    repeated: float = field(default=0.0, metadata=later("m"))
    # share of the steps after which there are no copies any more, and the rooms are told apart; 1: there always are
    repeated_until: float = field(default=1.0, metadata=later())

    @property
    def copied(self) -> bool:
        """Whether fields have copies when all is learnt."""
        return bool(self.repeated) and self.repeated_until == 1


@dataclass(frozen=True)
class NetworkSetting:
    """The network that learns."""

    cell: Literal["relu", "tanh", "gru", "lstm", "one_layer", "one_layer_relu"] = "relu"  # one_layer: no recurrent cell
    units: int = 4096
    linear_units: int = 0  # of a linear layer before the decoder, whose maps are then scored; 0: none
    rectified: bool = False  # that layer is cut off at 0
    standardised: bool = False  # velocity in m/s and place code as (cells · p − 1), not metres per step and p
    readout_gain: float = 1.0  # initial encoder and decoder weights, over the library's default
    recurrent_identity: float = 0.0  # recurrent matrix starts as this times the identity; 0: the library's default
    leak: float = field(default=1.0, metadata=later())  # time between samples over the units' time constant
    bias: bool = field(default=False, metadata=later())  # whether each unit has one
    noise: float = field(default=0.0, metadata=later())  # standard deviation of what each unit hears at each sample
    animals: int = field(
        default=1, metadata=later()
    )  # whose velocities it is told and whose places it predicts, 1 or 2

    @property
    def recurrent(self) -> bool:
        """Whether the network has a recurrent layer, or one layer that is told positions."""
        return self.cell not in ("one_layer", "one_layer_relu")


@dataclass(frozen=True)
class TrainingSetting:
    """How it learns."""

    steps: int = 100_000  # gradient steps
    batch: int = 200  # paths a step
    path_steps: int = 20  # samples a path, T
    # share of the samples of each path, drawn anew at each step, that the loss looks at
    loss_share: float = field(default=1.0, metadata=later())
    optimiser: Literal["adam", "rmsprop", "muon"] = "adam"
    # rows of a matrix that Muon makes orthogonal at a time; 0: all of them
    orthogonal_rows: int = field(default=0, metadata=later())
    learning_rate: float = 1e-4
    final_learning_rate: float = 1e-4  # reached along half a cosine; equal to the first: constant
    warmup: int = field(default=0, metadata=later("steps"))  # over which the learning rate rises from zero
    recurrent_decay: float = field(default=1e-4, metadata=unit("nats"))  # times the sum of squared recurrent weights
    readout_decay: float = field(default=0.0, metadata=unit("nats"))  # times that of encoder and decoder
    # share of readout_decay left after 0.6 of the steps, having fallen linearly
    readout_decay_left: float = field(default=1.0, metadata=later())
    # metabolic cost: times the mean squared activity of the units
    activity_cost: float = field(default=0.0, metadata=later("nats"))
    evaluate_every: int = field(default=500, metadata=unit("steps"))
    checkpoint_every: int = field(default=500, metadata=unit("steps"))
    # double: rounding no longer shows, whatever the processor; tf32: products of 11-bit factors on a GPU that has them
    precision: Literal["single", "double", "tf32"] = "single"


@dataclass(frozen=True)
class GrowthSetting:
    """A network that is trained in two parts: a core alone, and then with it the other units."""

    core_units: int = 0  # units that learn first; 0: all units learn together
    core_steps: int = field(default=0, metadata=unit("steps"))  # after which the others join
    core_batch: int = 100  # paths a step until then
    core_path_steps: int = 40  # samples of such a path
    core_learning_rate: float = 1e-3  # until then, constant
    core_recurrent_decay: float = field(default=1e-4, metadata=unit("nats"))  # the recurrent decay until then
    core_readout_decay: float = field(default=3e-5, metadata=unit("nats"))  # the readout decay until then
    core_held: bool = True  # whether the core's incoming weights stay as they are from then on


@dataclass(frozen=True)
class RNNPreset(Preset):
    """A network that is told the first place code and its velocity, and predicts place-cell activity."""

    may_be_none: ClassVar[tuple[str, ...]] = (
        "network.linear_units",
        "training.warmup",
        "training.orthogonal_rows",
        "growth.core_units",
        "growth.core_steps",
    )

    arena: Rectangle | Circle | Polygon = field(default_factory=Rectangle)
    motion: MotionModel = SORSCHER
    place_cells: PlaceCellSetting = PlaceCellSetting()
    network: NetworkSetting = NetworkSetting()
    training: TrainingSetting = TrainingSetting()
    growth: GrowthSetting = GrowthSetting()
    scoring: ScoringSetting = field(default_factory=ScoringSetting)

    @property
    def kind(self) -> str:
        """What the network has to do: "encoding" in one layer; or integrate paths, "pair", "grown", "told", "place"."""
        if not self.network.recurrent:
            return "encoding"
        if self.network.animals > 1:
            return "pair"
        if self.growth.core_units:
            return "grown"
        return "told" if self.place_cells.repeated_until < 1 else "place"

    def check(self) -> None:
        """Raise a ValueError if a value is impossible."""
        super().check()
        check_count(self.place_cells.cells, "place_cells.cells", 3)  # decoding takes the three most active
        check_positive(self.place_cells.field_width, "place_cells.field_width", "m")
        check_positive(self.place_cells.surround_ratio, "place_cells.surround_ratio")
        check_positive(self.network.readout_gain, "network.readout_gain")
        for name in (
            "training.recurrent_decay",
            "training.readout_decay",
            "training.readout_decay_left",
            "place_cells.extra_fields",
            "place_cells.repeated",
            "network.recurrent_identity",
            "network.noise",
            "training.activity_cost",
            "growth.core_recurrent_decay",
            "growth.core_readout_decay",
        ):
            if not 0 <= float(self.flat()[name]) < float("inf"):
                raise ValueError(f"{name}: expected a number of at least 0, got {self.flat()[name]!r}")
        if not 0 < self.training.loss_share <= 1:
            raise ValueError(f"training.loss_share: expected above 0, at most 1, got {self.training.loss_share!r}")
        check_positive(self.growth.core_learning_rate, "growth.core_learning_rate")
        if not 0 <= self.place_cells.width_spread < 1:
            raise ValueError(
                f"place_cells.width_spread: expected a number from 0 to below 1, got {self.place_cells.width_spread!r}"
            )
        mixed = self.place_cells.extra_fields or self.place_cells.width_spread or self.place_cells.repeated
        if mixed and self.place_cells.tuning not in ("gaussian", "difference_of_softmaxes", "nearest_field"):
            raise ValueError(
                "place_cells.tuning: expected gaussian, difference_of_softmaxes or nearest_field with extra_fields,"
                " width_spread or repeated,"
                f" got {self.place_cells.tuning!r}"
            )
        if self.place_cells.distance == "geodesic" and self.motion.walls == "pass" and isinstance(self.arena, Polygon):
            raise ValueError("motion.walls: expected stop or right_angle where place fields stop at walls, got 'pass'")
        self._check_repeated()
        self._check_units()
        self._check_growth()

    def _check_repeated(self) -> None:
        until = self.place_cells.repeated_until
        if not 0 < until <= 1:
            raise ValueError(f"place_cells.repeated_until: expected above 0, at most 1, got {until!r}")
        if until < 1 and (not self.place_cells.repeated or self.kind != "told"):
            raise ValueError(
                "place_cells.repeated_until: expected 1 unless fields are repeated and one animal's paths are"
                f" integrated by units that learn together, got {until:g}"
            )

    def _check_units(self) -> None:
        leak, plain = self.network.leak, self.network.cell in ("relu", "tanh")
        if not 0 < leak <= 1:
            raise ValueError(f"network.leak: expected above 0, at most 1 (no memory of a unit's own), got {leak!r}")
        kept = {"network.leak": leak < 1, "network.bias": self.network.bias, "network.noise": self.network.noise}
        for name in (name for name, on in kept.items() if on):
            if not plain or self.growth.core_units:
                got = "in a network grown in two parts" if plain else f"with cell {self.network.cell!r}"
                raise ValueError(f"{name}: expected units of relu or tanh that learn together, got it {got}")

        if self.network.animals > 1:
            self._check_pair()

    def _check_pair(self) -> None:
        if self.network.animals > 2:
            raise ValueError(f"network.animals: expected 1 or 2, got {self.network.animals}")
        if not self.network.recurrent or self.growth.core_units:
            raise ValueError("network.animals: expected 1 unless all units integrate paths and learn together, got 2")
        if getattr(self.arena, "period", None) is not None:
            raise ValueError("network.animals: expected 1 in a room without walls, got 2")
        if (tuning := self.place_cells.tuning) in ("cartesian", "polar"):
            raise ValueError(f"network.animals: expected 1 with coordinates ({tuning!r}) as targets, got 2")

    def _check_growth(self) -> None:
        core, steps = self.growth.core_units, self.growth.core_steps
        if not core and not steps:
            return
        if self.network.cell not in ("relu", "tanh") or self.network.linear_units:
            raise ValueError(
                "growth.core_units: expected 0 unless the cell is relu or tanh without a linear layer,"
                f" got {core} with cell {self.network.cell!r}"
            )
        if not 0 < core <= self.network.units:
            raise ValueError(f"growth.core_units: expected from 1 to the {self.network.units} units, got {core}")
        if not 0 < steps < self.training.steps:
            raise ValueError(f"growth.core_steps: expected fewer than the {self.training.steps} steps, got {steps}")


_LAPTOP = RNNPreset(
    "laptop",
    place_cells=PlaceCellSetting(field_width=0.15, surround_ratio=4.0),
    network=NetworkSetting(units=256, standardised=True, readout_gain=0.2, recurrent_identity=0.5),
    training=TrainingSetting(
        steps=500,
        batch=100,
        loss_share=1 / 3,
        optimiser="muon",
        learning_rate=0.03,
        final_learning_rate=1.5e-3,
        warmup=20,
        recurrent_decay=5e-4,
        readout_decay=2e-5,
        readout_decay_left=0.2,
        evaluate_every=100,
        checkpoint_every=100,
    ),
)

_QUICK = dataclasses.replace(
    _LAPTOP,
    name="quick",
    place_cells=dataclasses.replace(_LAPTOP.place_cells, cells=256),
    network=dataclasses.replace(_LAPTOP.network, units=128),
)

_INTEGRATOR = dataclasses.replace(
    _LAPTOP,
    name="integrator",
    place_cells=PlaceCellSetting(field_width=0.18, surround_ratio=3.0),
    training=dataclasses.replace(_LAPTOP.training, steps=1500, recurrent_decay=7.5e-4, readout_decay=1e-5),
)

_FULL_SIZE = dataclasses.replace(
    _LAPTOP,
    name="full_size",
    network=dataclasses.replace(_LAPTOP.network, units=4096),
    training=dataclasses.replace(
        _LAPTOP.training,
        steps=350,
        orthogonal_rows=256,
        learning_rate=0.015,
        final_learning_rate=7.5e-4,
        recurrent_decay=8.3e-4,
        readout_decay=1e-6,
        evaluate_every=50,
        checkpoint_every=50,
    ),
)

_LATTICE = RNNPreset(
    "lattice",
    network=_LAPTOP.network,
    training=TrainingSetting(
        steps=700,
        batch=100,
        path_steps=40,
        learning_rate=1e-3,
        final_learning_rate=1e-3,
        recurrent_decay=1e-4,
        readout_decay=3e-5,
        evaluate_every=100,
        checkpoint_every=250,
    ),
)

_MODULE = dataclasses.replace(
    _LATTICE,
    name="module",
    network=dataclasses.replace(_LATTICE.network, units=360),
    training=dataclasses.replace(
        _LATTICE.training,
        steps=4000,
        batch=200,
        path_steps=20,
        learning_rate=2e-3,
        final_learning_rate=1e-4,
        recurrent_decay=2e-5,
        readout_decay=3e-6,
    ),
    growth=GrowthSetting(core_units=256, core_steps=700),
)

_SORSCHER2023 = RNNPreset(
    "sorscher2023",
    motion=dataclasses.replace(SORSCHER, speed_scale=0.1 * math.sqrt(2 / math.pi)),
    place_cells=PlaceCellSetting(field_width=0.20, surround_ratio=4.0),
    training=TrainingSetting(steps=10_000, optimiser="rmsprop"),
)

_OURS = "ours, measured"
_CODE = "Sorscher et al. 2019, released code"
_TEXT = "Sorscher et al. 2023, Methods"
_MUON = "Jordan et al. 2024, Muon"
_SCORING = {
    "scoring.paths": _OURS,
    "scoring.null_maps": _OURS,
    "scoring.bins": "both released codes",
    "scoring.form": "both released codes",
}
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
Preset.publish(
    _LAPTOP,
    _OURS,
    {
        **_KEPT,
        "place_cells.field_width": "ours, between the released code's 0.12 and the 0.20 of Sorscher et al. 2023",
        "place_cells.surround_ratio": _TEXT,
        "training.optimiser": _MUON,
    },
)
Preset.publish(_QUICK, _OURS, {**_KEPT, "place_cells": _OURS, "training.optimiser": _MUON})
Preset.publish(_INTEGRATOR, _OURS, {**_KEPT, "place_cells": _OURS, "training.optimiser": _MUON})
Preset.publish(
    _FULL_SIZE,
    _OURS,
    {**_KEPT, "place_cells": _OURS, "training.optimiser": _MUON, "network.units": _TEXT},
)
Preset.publish(_LATTICE, _OURS, _KEPT)
Preset.publish(_MODULE, _OURS, _KEPT)
Preset.publish(RNNPreset("sorscher2019"), _CODE, {**_RUNNING, "training.readout_decay": "no such term"})
Preset.publish(
    _SORSCHER2023, _TEXT, {**_RUNNING, "motion": _CODE, "motion.speed_scale": _TEXT + ": mean speed 0.1 m/s"}
)
