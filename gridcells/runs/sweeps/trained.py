"""What a sweep computes unless told otherwise: one network, trained and scored.

What that needs is imported by the functions: a client hands them to its workers and does without torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridcells._common.memory import keep_freed_memory
from gridcells.presets import Preset
from gridcells.runs.sweeps.spec import RunConfig
from gridcells.runs.sweeps.work import Numbers

if TYPE_CHECKING:
    from gridcells.training.run import Run

__all__ = ["keep_trained", "train_and_score", "trained_run"]


def train_and_score(config: RunConfig, weights: Path | None, *, device: str = "cpu") -> Numbers:
    """Train one network on one thread and score it.

    Parameters
    ----------
    config : dict
        A preset's `as_dict` and a seed, as `SweepRun.config` gives them.
    weights : pathlib.Path or None
        Where the trained weights go.
    device : str
        Where the network computes: "cpu", "cuda", "mps".

    Returns
    -------
    dict
        What `Evaluation.summary` lists, with the highest score, the share of units above the null at 90°, the error of
        maximum-likelihood decoding (m), the metrics of the training, and where it computed. A network all of whose
        units are silent has no scores.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("debate").override({"steps": 2, "units": 8, "scoring.paths": 50, "null_maps": 5})
    >>> sorted(train_and_score({"preset": small.as_dict(), "seed": 0}, None))
    ['device', 'metrics', 'numbers']
    """
    return keep_trained(*trained_run(config, device), weights)


def trained_run(config: RunConfig, device: str = "cpu") -> tuple[Run, Numbers]:
    """Train one network on one thread and score it → the run, and what `train_and_score` gives.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("debate").override({"steps": 2, "units": 8, "scoring.paths": 50, "null_maps": 5})
    >>> trained_run({"preset": small.as_dict(), "seed": 0})[0].network.units
    8
    """
    import torch

    from gridcells.runs.evaluation import evaluate
    from gridcells.training.decoding import path_errors
    from gridcells.training.loop import train

    torch.set_num_threads(1)
    keep_freed_memory()
    run = train(Preset.from_dict(config["preset"]), seed=config["seed"], device=device)
    numbers: dict[str, float | None] = {}
    try:
        evaluation = evaluate(run.network, run.task)
    except ValueError as error:
        if "silent network" not in str(error):
            raise
        numbers |= {"decoding_error": run.metrics[-1]["decoding_error"], "units_scored": 0}
    else:
        scores, null = evaluation.scores, evaluation.null_scores
        numbers |= evaluation.summary()
        numbers["best_score_60"] = float(np.nanmax(scores.score_60, initial=-np.inf))
        level = np.nanquantile(null.score_90, 0.95)
        numbers["share_above_null_90"] = float(np.mean(scores.score_90[np.isfinite(scores.score_90)] > level))
    likeliest = path_errors(run.network, run.task, decode=run.task.place_cells.decode_maximum_likelihood)
    numbers["likelihood_error"] = float(likeliest.mean())
    return run, {"numbers": numbers, "metrics": run.metrics}


def keep_trained(run: Run, result: Numbers, weights: Path | None) -> Numbers:
    """Write a run's weights where they are wanted → its result, numbers that are not finite as None.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> from gridcells.training import train
    >>> small = preset("debate").override({"steps": 1, "units": 8})
    >>> keep_trained(train(small), {"numbers": {"share": float("nan")}, "metrics": []}, None)["numbers"]
    {'share': None}
    """
    from gridcells.training.checkpoints import save_weights
    from gridcells.training.loop import device_name

    if weights is not None:
        save_weights(weights, run.network.state_dict())
    finite = {
        name: None if value is None or not np.isfinite(value) else value for name, value in result["numbers"].items()
    }
    return {"numbers": finite, "metrics": result["metrics"], "device": device_name(run.network.device)}
