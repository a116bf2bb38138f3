"""Small networks of our own: nine for the emergence table, one of a single lattice, and one to train by the hundred."""

from __future__ import annotations

import dataclasses

from gridcells.presets.base import Preset, ScoringSetting
from gridcells.presets.sorscher import NetworkSetting, PlaceCellSetting, RNNPreset, TrainingSetting

__all__ = ["ARCHITECTURES", "TARGETS"]

#: The rows and columns of the emergence table; a preset is named "emergence_ROW_COLUMN".
ARCHITECTURES = ("one_layer", "rnn", "lstm")
TARGETS = ("wide", "surround", "nonnegative")

_OURS = "ours, measured"
_TRAINING = TrainingSetting(
    steps=700,
    batch=100,
    path_steps=40,
    learning_rate=1e-3,
    final_learning_rate=1e-3,
    recurrent_decay=1e-4,
    readout_decay=3e-5,
    evaluate_every=100,
    checkpoint_every=250,
)
_SMALL = RNNPreset(
    "small",
    place_cells=PlaceCellSetting(cells=256, field_width=0.15, surround_ratio=4.0),
    network=NetworkSetting(units=128, standardised=True, readout_gain=0.2, recurrent_identity=0.5),
    training=_TRAINING,
)
Preset.publish(_SMALL, _OURS, {})
Preset.publish(
    dataclasses.replace(
        _SMALL,
        name="debate",
        training=dataclasses.replace(
            _TRAINING,
            steps=600,
            path_steps=20,
            learning_rate=2e-3,
            final_learning_rate=2e-4,
            recurrent_decay=2e-5,
            readout_decay=1e-5,
            evaluate_every=200,
            checkpoint_every=600,
        ),
        scoring=ScoringSetting(paths=2000, null_maps=500),
    ),
    _OURS,
    {},
)

_CELLS = {
    "wide": PlaceCellSetting(cells=256, field_width=0.2, tuning="gaussian"),
    "surround": _SMALL.place_cells,
    "nonnegative": _SMALL.place_cells,
}
for _target, _place_cells in _CELLS.items():
    _nonnegative = _target == "nonnegative"
    _networks = {
        "one_layer": (
            NetworkSetting(cell="one_layer_relu" if _nonnegative else "one_layer", units=128, readout_gain=0.02),
            dataclasses.replace(
                _TRAINING,
                steps=1000,
                batch=200,
                path_steps=20,
                learning_rate=3e-3,
                final_learning_rate=1e-4,
                recurrent_decay=5e-3 if _nonnegative else 1e-3,  # of the hidden activity
                readout_decay=3e-4 if _nonnegative else 1e-4,
            ),
        ),
        "rnn": (dataclasses.replace(_SMALL.network, cell="relu" if _nonnegative else "tanh"), _TRAINING),
        "lstm": (
            NetworkSetting(
                cell="lstm", units=128, linear_units=128, rectified=_nonnegative, standardised=True, readout_gain=0.2
            ),
            dataclasses.replace(_TRAINING, steps=1000, path_steps=20, learning_rate=3e-3, readout_decay=1e-4),
        ),
    }
    for _architecture, (_network, _training) in _networks.items():
        Preset.publish(
            RNNPreset(
                f"emergence_{_architecture}_{_target}",
                place_cells=_place_cells,
                network=_network,
                training=_training,
            ),
            _OURS,
            {},
        )
