"""Runs that were tried and whose weights do not ship: their settings, what came out, and the words that repeat them.

python -m gridcells.runs.trials RUN ...   # put finished runs into the table
"""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gridcells._common.files import write_json
from gridcells._common.reading import read_sealed
from gridcells.presets import Preset
from gridcells.presets.base import SettingValue
from gridcells.runs.commands import changed_settings, repeating_command
from gridcells.runs.shipped import shipped_runs, shipped_summary

__all__ = ["Trial", "collect", "load_trials", "reached"]

TRIALS = Path(__file__).parents[1] / "shipped" / "trials.json"

_CHANGE = re.compile(r"\+(?=[a-z][\w.]*=)")  # and not the plus of 1e+06


@dataclass(frozen=True)
class Trial:
    """One run and its numbers.

    Attributes
    ----------
    label : str
        Preset and changed settings, "lattice+steps=1400".
    seed : int
        Its seed.
    seconds : float
        Wall time of the training, s.
    numbers : dict of str to float
        As `gridcells.runs.evaluation.Evaluation.summary` lists them.
    metrics : list of dict
        Step, loss, decoding error (m) and seconds at each evaluation.
    changes : dict of str to value
        The settings that were changed, each whole; the label shortens numbers.
    device : str
        What it was trained on: "cpu" (one thread), or the name of a GPU.
    """

    label: str
    seed: int
    seconds: float
    numbers: dict[str, float]
    metrics: list[dict[str, float]]
    changes: dict[str, SettingValue] = field(default_factory=dict)
    device: str = "cpu"

    @property
    def command(self) -> str:
        """The words that repeat the run."""
        words = repeating_command(self.label.partition("+")[0], self.changes, self.seed)
        return words if self.device == "cpu" else f"{words} --device cuda"


def load_trials(start: str = "", *, path: Path = TRIALS) -> list[Trial]:
    """List the runs that were tried, and the shipped ones, whose label begins with ``start``, by label and seed.

    Parameters
    ----------
    start : str
        A preset's name, or the beginning of a label.
    path : pathlib.Path
        The table.

    Returns
    -------
    list of Trial
        The runs.

    Examples
    --------
    >>> [trial.seed for trial in load_trials("lattice") if trial.label == "lattice"]
    [0, 1, 2, 3, 4]
    """
    trials = _read(path)
    for name, seeds in shipped_runs().items():
        trials += [_trial(shipped_summary(name, seed)) for seed in seeds if name.startswith(start)]
    return sorted((trial for trial in trials if trial.label.startswith(start)), key=lambda one: (one.label, one.seed))


def collect(folders: list[Path], *, path: Path = TRIALS) -> list[Trial]:
    """Put finished runs into the table; one of the same label and seed is replaced.

    Parameters
    ----------
    folders : list of pathlib.Path
        Run folders that `gridcells train` left.
    path : pathlib.Path
        The table.

    Returns
    -------
    list of Trial
        What the table then holds.

    Raises
    ------
    FileNotFoundError
        If a run is not finished.

    Examples
    --------
    >>> import tempfile
    >>> from gridcells._common.reading import sealed
    >>> summary = shipped_summary("laptop", 0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_json(Path(folder) / "summary.json", sealed(summary))
    ...     [trial.command for trial in collect([Path(folder)], path=Path(folder) / "trials.json")]
    ['gridcells train laptop']
    """
    trials = {(one.label, one.seed): one for one in _read(path)}
    for folder in folders:
        one = _trial(read_sealed(folder / "summary.json"))
        trials[one.label, one.seed] = one
    table = [trials[key] for key in sorted(trials)]
    write_json(path, [vars(one) for one in table])
    return table


def reached(trial: Trial, error: float) -> tuple[float, float] | None:
    """Return after how many steps and seconds a run's decoding error was ``error`` (m) or less; None if it never was.

    Examples
    --------
    >>> rows = [{"step": 100, "decoding_error": 0.3, "seconds": 9}, {"step": 200, "decoding_error": 0.1, "seconds": 18}]
    >>> reached(Trial("laptop", 0, 18.0, {}, rows), 0.2)
    (200, 18)
    """
    return next(
        ((row["step"], row["seconds"]) for row in trial.metrics if row.get("decoding_error", math.inf) <= error), None
    )


def _read(path: Path) -> list[Trial]:
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return [Trial(**{"changes": _changes_of(row["label"]), **row}) for row in rows]


def _changes_of(label: str) -> dict[str, SettingValue]:
    """Read what a label tells of the changed settings, for rows that were written before these were kept."""
    changes = [change.partition("=") for change in _CHANGE.split(label)[1:]]
    return {setting: value for setting, _, value in changes}


def _trial(summary: dict[str, Any]) -> Trial:
    setting = Preset.from_dict(summary["preset"])
    keep = ("step", "loss", "decoding_error", "seconds")
    metrics = [
        {key: float(f"{row[key]:.5g}") if key != "step" else row[key] for key in keep if row.get(key) is not None}
        for row in summary["metrics"]
    ]
    seed, seconds = int(summary["seed"]), float(summary["seconds"])
    return Trial(
        setting.label,
        seed,
        seconds,
        summary["numbers"],
        metrics,
        changed_settings(setting),
        summary.get("device", "cpu"),
    )


if __name__ == "__main__":
    for trial in collect([Path(argument) for argument in sys.argv[1:]]):
        print(trial.command)
