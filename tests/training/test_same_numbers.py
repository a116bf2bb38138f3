"""Training stays what it was: losses, weights and errors of tiny runs, written down before the loop was rewritten."""

import pytest

from gridcells.presets import preset
from gridcells.training.loop import train

TINY = {"steps": 6, "evaluate_every": 2, "training.batch": 8, "training.path_steps": 6}
PLACE = {**TINY, "training.precision": "double", "network.units": 12, "cells": 32}
POSE = {**TINY, "units": 8, "ensembles.place_cells": 32, "network.linear_units": 12}  # in single precision
CORE = {"core_units": 6, "core_steps": 3, "core_batch": 8, "core_path_steps": 6}


@pytest.mark.parametrize(
    ("name", "changes", "losses", "weights", "error", "rel"),
    [
        (
            "small",
            PLACE,
            [3.4662791147489074, 3.4666909264550023, 3.46784331839596],
            28.635535020264044,
            0.9559430201488889,
            1e-6,
        ),
        (
            "emergence_one_layer_surround",
            PLACE,
            [3.465736674218583, 3.4657345429246704, 3.465730963805997],
            8.3165633809326,
            0.9699216839743866,
            1e-6,
        ),
        (
            "emergence_lstm_nonnegative",
            {**PLACE, "network.linear_units": 10},
            [3.465770039833183, 3.465805311818616, 3.4656367787399516],
            128.1509997288223,
            0.8961631625044593,
            1e-6,
        ),
        (
            "sorscher2023",
            PLACE,
            [3.4657106917011284, 3.4657254151531642, 3.465715385736557],
            117.25540495357986,
            1.034522752304564,
            1e-6,
        ),
        (
            "module",
            {**PLACE, **CORE},
            [3.4658488428773357, 3.466602229561758, 3.465753894763173],
            29.993526968164844,
            1.0221432885261168,
            1e-6,
        ),
        (
            "banino2018_paper",
            POSE,
            [6.060888290405273, 5.905519962310791, 5.9910359382629395],
            299.86104907267287,
            0.9146661106879301,
            1e-4,
        ),
        (
            "square_grids",
            {**POSE, "standardised": True},
            [6.088223934173584, 5.904505729675293, 5.997927188873291],
            300.96728156576864,
            0.9735802602703375,
            1e-4,
        ),
    ],
)
def test_a_tiny_run_is_the_one_it_was(name, changes, losses, weights, error, rel):
    run = train(preset(name).override(changes), seed=3)
    assert [row["loss"] for row in run.metrics] == pytest.approx(losses, rel=rel)
    assert run.metrics[-1]["decoding_error"] == pytest.approx(error, rel=rel)
    total = sum(weight.detach().double().abs().sum().item() for weight in run.network.parameters())
    assert total == pytest.approx(weights, rel=rel)
