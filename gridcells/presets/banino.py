"""The supervised LSTM of Banino et al. 2018: as released, as written in the paper, and in settings of our own."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from gridcells._common.checks import check_count, check_positive
from gridcells.presets.base import Preset, ScoringSetting, SettingValue, unit
from gridcells.world.arenas import Circle, Rectangle
from gridcells.world.motion import RAUDIES_HASSELMO, MotionModel
from gridcells.world.polygons import Polygon

__all__ = ["EnsembleSetting", "LSTMPreset", "LSTMSetting", "LSTMTrainingSetting"]


@dataclass(frozen=True)
class EnsembleSetting:
    """The place and head-direction cells whose activity is the target."""

    place_cells: int = 256
    field_width: float = field(default=0.01, metadata=unit("m"))  # σ
    tuning: Literal["gaussian", "difference_of_softmaxes"] = "gaussian"
    surround_ratio: float = 2.0  # surround variance over centre variance, where there is a surround
    head_direction_cells: int = 12
    concentration: float = 20.0  # κ of the von Mises tuning
    seed: int = 8341  # of place field centres and preferred directions: every run predicts the same cells


@dataclass(frozen=True)
class LSTMSetting:
    """The network that learns."""

    units: int = 128  # of the LSTM
    linear_units: int = 256  # of the linear layer, whose rate maps are scored
    dropout: float = 0.5  # share of linear units silenced a sample while training (the released flag is the share kept)
    rectified: bool = False  # linear units cannot be negative
    standardised: bool = False  # inputs with mean 0 and variance 1 instead of speed, sine, cosine and the code itself
    readout_gain: float = 1.0  # initial weights of the read-outs, over a truncated normal of 1/√fan-in


@dataclass(frozen=True)
class LSTMTrainingSetting:
    """How it learns."""

    steps: int = 300_000  # gradient steps
    batch: int = 10  # paths a step
    path_steps: int = 100  # samples a path, T
    optimiser: Literal["tensorflow_rmsprop", "adam"] = "tensorflow_rmsprop"  # of TensorFlow 1, not torch's
    learning_rate: float = 1e-5
    final_learning_rate: float = 1e-5  # reached along half a cosine; equal to the first: constant
    momentum: float = 0.9  # of RMSProp
    clip: float = 1e-5  # largest size of one element of a gradient
    clipped: Literal["all", "linear_and_readouts", "readouts", "none"] = "all"  # whose gradients are clipped
    weight_decay: float = 0.0  # times half the sum of squared weights
    decayed: Literal["all", "linear_and_readouts", "readouts"] = "readouts"  # whose weights decay; biases never do
    evaluate_every: int = field(default=5000, metadata=unit("steps"))
    checkpoint_every: int = field(default=5000, metadata=unit("steps"))


@dataclass(frozen=True)
class LSTMPreset(Preset):
    """A network that is told its first pose, its speed and its turns, and predicts place and head-direction cells."""

    renamed: ClassVar[dict[str, dict[SettingValue, SettingValue]]] = {
        "training.optimiser": {"rmsprop": "tensorflow_rmsprop"}
    }

    arena: Rectangle | Circle | Polygon = field(default_factory=Rectangle)
    motion: MotionModel = RAUDIES_HASSELMO
    ensembles: EnsembleSetting = EnsembleSetting()
    network: LSTMSetting = LSTMSetting()
    training: LSTMTrainingSetting = LSTMTrainingSetting()
    scoring: ScoringSetting = field(default_factory=lambda: ScoringSetting(paths=4000))

    @property
    def kind(self) -> str:
        """The network predicts poses: "pose"."""
        return "pose"

    def check(self) -> None:
        """Raise a ValueError if a value is impossible."""
        super().check()
        check_count(self.ensembles.place_cells, "ensembles.place_cells", 3)  # decoding takes the three most active
        for name in ("ensembles.field_width", "ensembles.concentration", "training.clip", "network.readout_gain"):
            check_positive(self.flat()[name], name, self.unit(name))
        for name in ("network.dropout", "training.momentum"):
            if not 0 <= float(self.flat()[name]) < 1:
                raise ValueError(f"{name}: expected a number from 0 to below 1, got {self.flat()[name]!r}")
        if not 0 <= self.training.weight_decay < float("inf"):
            raise ValueError(
                f"training.weight_decay: expected a number of at least 0, got {self.training.weight_decay!r}"
            )


_PAPER = LSTMPreset(
    "banino2018_paper",
    network=LSTMSetting(linear_units=512),
    training=LSTMTrainingSetting(clipped="readouts", weight_decay=1e-5),
    scoring=ScoringSetting(paths=4000, bins=32, form="min_max"),
)

_SQUARES = LSTMPreset(
    "square_grids",
    ensembles=EnsembleSetting(field_width=0.05),
    network=LSTMSetting(linear_units=512),
    training=LSTMTrainingSetting(
        steps=1500,
        batch=100,
        optimiser="adam",
        learning_rate=1e-2,
        final_learning_rate=1e-2,
        clipped="linear_and_readouts",
        evaluate_every=100,
        checkpoint_every=250,
    ),
)

_LAPTOP = dataclasses.replace(
    _SQUARES,
    name="banino_laptop",
    network=LSTMSetting(rectified=True),
    training=dataclasses.replace(_SQUARES.training, steps=800, final_learning_rate=1e-3, checkpoint_every=200),
)

_OURS = "ours, measured"
_CODE = "Banino et al. 2018, released code"
_TEXT = "Banino et al. 2018, Methods"
_SQUARE = "Sorscher et al. 2023, Methods"
_RUNNING = {
    "motion": _TEXT,
    "motion.walls": "ours: a step ends at the wall",
    "ensembles.tuning": "Gaussian: no surround",
    "ensembles.surround_ratio": "not used by Gaussian tuning",
    "network.rectified": "no such option",
    "network.standardised": "no such option",
    "training.final_learning_rate": "constant",
    "training.evaluate_every": _OURS,
    "training.checkpoint_every": _OURS,
    "scoring.null_maps": _OURS,
}

_BESIDE = {
    "motion": _TEXT,
    "motion.walls": _RUNNING["motion.walls"],
    "ensembles": _CODE,
    "ensembles.field_width": _SQUARE,
    "ensembles.tuning": _RUNNING["ensembles.tuning"],
    "ensembles.surround_ratio": _RUNNING["ensembles.surround_ratio"],
    "network": _CODE,
    "network.rectified": _OURS + ": rates are not negative, so that kinds of units can be told",
    "training.batch": _SQUARE,
    "training.optimiser": _SQUARE,
    "training.learning_rate": _SQUARE,
    "training.clip": _CODE,
    "training.clipped": "Banino et al. 2018, released code's other option",
    "training.momentum": "not used by Adam",
    "training.weight_decay": "no such term",
    "training.decayed": "nothing decays",
    "scoring": _CODE,
    "scoring.null_maps": _OURS,
}

Preset.publish(
    LSTMPreset("banino2018_code"),
    _CODE,
    {
        **_RUNNING,
        "training.steps": _TEXT + "; the released flags run 1 000 000",
        "training.weight_decay": _CODE + ": a decay of 1e-5 is registered but never added to the loss",
        "training.decayed": "nothing decays",
    },
)
Preset.publish(_PAPER, _TEXT, {**_RUNNING, "scoring.paths": _CODE, "ensembles.seed": _CODE})
Preset.publish(
    _SQUARES,
    _SQUARE,
    {
        **_RUNNING,
        "training.clip": _CODE,
        "training.clipped": "Banino et al. 2018, released code's other option",
        "training.momentum": "not used by Adam",
        "training.weight_decay": "no such term",
        "training.decayed": "nothing decays",
        "scoring": _CODE,
        "ensembles.seed": _CODE,
    },
)
Preset.publish(_LAPTOP, _OURS, _BESIDE)
Preset.publish(
    dataclasses.replace(_LAPTOP, name="banino_circle", arena=Circle(1.1)),
    _OURS,
    {**_BESIDE, "arena": "Banino et al. 2018, Extended Data Fig. 3d"},
)
