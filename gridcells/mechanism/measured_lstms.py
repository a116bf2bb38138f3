"""What Banino et al. 2018 tell of one network in numbers; and a table of networks that were measured so.

python -m gridcells.mechanism.measured_lstms banino2018_paper 5 6   # put networks that ship into the table
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gridcells._common.files import write_json
from gridcells._common.reading import read_sealed, sealed
from gridcells._common.streams import Stream
from gridcells.mechanism.banino2018 import LSTMStudy, six_fold_test
from gridcells.mechanism.cell_types import shares_by_chance
from gridcells.runs.shipped import load_shipped
from gridcells.training.pose_task import PoseTask

__all__ = ["MeasuredLSTM", "load_measured", "lstm_numbers", "measure_lstms"]

TABLE = Path(__file__).parents[1] / "shipped" / "lstm_numbers.json"


@dataclass(frozen=True)
class MeasuredLSTM:
    """One network and its numbers.

    Attributes
    ----------
    label : str
        Preset and changed settings, "banino2018_paper+walls=right_angle".
    seed : int
        Its seed.
    seconds : float
        Wall time of the training, s.
    device : str
        What it was trained on.
    sha256 : str
        Of the weights that were measured.
    numbers : dict of str to float
        As `lstm_numbers` gives them.
    """

    label: str
    seed: int
    seconds: float
    device: str
    sha256: str
    numbers: dict[str, float]


def lstm_numbers(study: LSTMStudy) -> dict[str, float]:
    """Compute the numbers of the paper's Figure 1 and its Methods for one network.

    Parameters
    ----------
    study : LSTMStudy
        The network under study.

    Returns
    -------
    dict of str to float
        By the name of the claim without its paper and figure: errors after 15 s (m) and their effect size, shares of
        units above the paper's thresholds and ``null-`` those of noise with the same spectrum, shares of grid units
        by field shuffles and above the matched null, thresholds by field shuffles, median scores at 60° and 90°,
        spacings (m), p-values. A number that cannot be had, since no unit is one to measure it on, is left out.

    Notes
    -----
    Source: Banino et al. 2018, Fig. 1 and Methods.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("banino2018_code").override({"linear_units": 8, "scoring.paths": 200, "scoring.null_maps": 20})
    >>> task = PoseTask(small, seed=0)
    >>> numbers = lstm_numbers(LSTMStudy(task.network(), task, paths=20, shuffles=2))
    >>> numbers["units"], numbers["error-trained"] == numbers["error-untrained"]
    (8.0, True)
    """
    population, (_, shuffled, _) = study.population, study.thresholds
    paper, by_shuffles, by_noise = study.types.values()
    shares, chance = paper.shares(), shares_by_chance(population, generator=study.task.generator(Stream.NULL))
    numbers = {
        "units": len(population.rate_maps),
        "error-trained": study.errors["trained"][:, -1].mean(),
        "error-untrained": study.errors["untrained"][:, -1].mean(),
        "effect-size": study.effect_size,
        "grid": shares["grid"],
        "border": shares["border"],
        "head-direction": shares["head_direction"],
        "null-grid": chance["grid"],
        "null-border": chance["border"],
        "shuffled-grid": by_shuffles.shares()["grid"],
        "matched-grid": by_noise.shares()["grid"],
        "median-60": np.nanmedian(population.scores.score_60),
        "median-90": np.nanmedian(population.scores.score_90),
        "threshold-gridness": shuffled.grid,
        "threshold-border": shuffled.border,
        **study.scale_numbers,
    }
    if len(study.directions[0]):
        numbers["six-fold"] = six_fold_test(study.directions[0])[1]
    if paper.grid.any():
        numbers["conjunctive"] = shares["conjunctive"]
    return {name: float(value) for name, value in numbers.items()}


def load_measured(label: str = "", *, path: Path = TABLE) -> list[MeasuredLSTM]:
    """List the networks of the table whose preset and changed settings are ``label``, all of them by default.

    Examples
    --------
    >>> [network.seed for network in load_measured("banino2018_paper")][0]
    0
    """
    rows = read_sealed(path)["networks"] if path.exists() else []
    return [row for row in (MeasuredLSTM(**each) for each in rows) if not label or row.label == label]


def measure_lstms(label: str, seeds: Sequence[int], *, path: Path = TABLE) -> list[MeasuredLSTM]:
    """Measure networks that ship and put them into the table, in place of earlier rows of the same ones.

    Parameters
    ----------
    label : str
        Preset and changed settings, as `gridcells.runs.shipped_runs` lists them.
    seeds : sequence of int
        Which of its seeds.
    path : pathlib.Path
        The table.

    Returns
    -------
    list of MeasuredLSTM
        What the table then holds.

    Raises
    ------
    ValueError
        If no such network ships, or it is none of an LSTM.
    """
    rows = {(row.label, row.seed): row for row in load_measured(path=path)}
    for seed in seeds:
        run = load_shipped(label, seed)
        if not isinstance(run.task, PoseTask):
            raise ValueError(f"label: expected runs of an LSTM, got {label!r}")
        numbers = lstm_numbers(LSTMStudy(run.network, run.task))
        rows[label, seed] = MeasuredLSTM(
            label,
            seed,
            run.summary["seconds"],
            run.summary.get("device", "cpu"),
            run.summary["sha256"],
            {name: float(f"{value:.6g}") for name, value in numbers.items()},
        )
        write_json(path, sealed({"networks": [vars(rows[key]) for key in sorted(rows)]}))
    return [rows[key] for key in sorted(rows)]


if __name__ == "__main__":
    if len(sys.argv) < 3 or not all(seed.isdecimal() for seed in sys.argv[2:]):
        sys.exit("usage: python -m gridcells.mechanism.measured_lstms LABEL SEED ...  (measure networks that ship)")
    try:
        for network in measure_lstms(sys.argv[1], [int(seed) for seed in sys.argv[2:]]):
            print(network.label, network.seed, json.dumps(network.numbers))
    except (OSError, ValueError) as error:
        sys.exit(f"gridcells.mechanism.measured_lstms: {error}")
