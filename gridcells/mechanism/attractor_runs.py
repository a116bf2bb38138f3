"""Runs of a sweep that are taken apart after they are scored: how an attractor's numbers go with a setting."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from gridcells._common.checks import check_count, check_positive
from gridcells.mechanism.lattice_study import MechanismStudy, study
from gridcells.mechanism.lesions import ablation_errors, matched_order
from gridcells.mechanism.portraits import portrait
from gridcells.mechanism.topology import population_topology
from gridcells.networks.path_integrator import check_plain
from gridcells.presets import Preset
from gridcells.runs.sweeps.spec import RunConfig
from gridcells.runs.sweeps.trained import keep_trained, trained_run
from gridcells.runs.sweeps.work import Numbers
from gridcells.training.place_task import PlaceTask
from gridcells.training.tasks import make_task
from gridcells.world.extents import check_square

__all__ = ["ablation_by_score", "activity_along_paths", "third_ablated", "train_and_take_apart"]

_POINTS, _SHUFFLES = 400, 4  # of the population's topology, as in the book
_WALKS = 1500  # paths along which the population's activity is looked at
_RANDOM = 3  # random orders of ablation
_LEAST = 25  # active units, whose best ones are looked at


def train_and_take_apart(config: RunConfig, weights: Path | None, *, device: str = "cpu") -> Numbers:
    """Train one network, score it, and measure what an attractor shows.

    Parameters
    ----------
    config : dict
        A preset's `as_dict` and a seed, as `SweepRun.config` gives them; a network that `study` can take apart.
    weights : pathlib.Path or None
        Where the trained weights go.
    device : str
        Where the network computes.

    Returns
    -------
    dict
        What `train_and_score` gives; every number of `Portrait`, as "attractor.rings" and so on; Betti numbers as
        "attractor.betti_0" to "attractor.betti_2"; ratios of errors without a third of the units, as
        "attractor.ablated_high_over_matched", "attractor.ablated_high_over_random" and
        "attractor.ablated_low_over_none". Of a network with fewer than 25 active units, only what `train_and_score`
        gives.

    Raises
    ------
    ValueError
        If the network is of another kind, or its arena no square; nothing is trained then.

    Notes
    -----
    Source: Sorscher et al. 2023, Figs 4, 5 and 7, for networks of any size.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> tiny = preset("quick").override({"steps": 3, "units": 40, "scoring.paths": 1500, "null_maps": 5})
    >>> found = train_and_take_apart({"preset": tiny.as_dict(), "seed": 0}, None)["numbers"]
    >>> 0 <= found["attractor.rings"] <= 1, found["attractor.betti_0"] >= 1
    (True, True)
    """
    task = make_task(Preset.from_dict(config["preset"]), config["seed"])
    if not isinstance(task, PlaceTask):
        raise ValueError(f"config: expected a network that integrates paths, got {task.preset.name}")
    check_plain(task.network())  # before anything is trained in vain
    check_square(task.preset.arena, "config")
    run, result = trained_run(config, device)
    if (result["numbers"]["units_scored"] or 0) < _LEAST:
        return keep_trained(run, result, weights)
    found, seed = study(run.network, task), task.seed
    numbers: dict[str, float | None] = dict(dataclasses.asdict(portrait(found, generator=seed)))
    activity, _ = activity_along_paths(found)
    shape = population_topology(activity, generator=seed, points=_POINTS, shuffles=_SHUFFLES)
    numbers |= {f"betti_{dimension}": float(count) for dimension, count in enumerate(shape.betti)}
    numbers |= {f"ablated_{name}": ratio for name, ratio in third_ablated(found).items()}
    whole = result["numbers"] | {f"attractor.{name}": value for name, value in numbers.items()}
    return keep_trained(run, {**result, "numbers": whole}, weights)


@torch.no_grad()
def activity_along_paths(found: MechanismStudy, *, margin: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Return the activity of the lattice's units along fresh paths, away from the walls, and where it was.

    Parameters
    ----------
    found : MechanismStudy
        The network and its lattice.
    margin : float
        How near a wall samples are left out, m.

    Returns
    -------
    activity : numpy.ndarray, [sample, unit]
        Activity.
    position : numpy.ndarray, [sample, 2]
        Positions, m.

    Raises
    ------
    ValueError
        If the margin leaves no arena.

    Examples
    --------
    >>> from gridcells.runs import load_shipped
    >>> run = load_shipped("lattice", 0)
    >>> found = study(run.network, run.task)
    >>> activity, position = activity_along_paths(found)
    >>> activity.shape[1] == len(found.units), bool(abs(position).max() < found.box / 2 - 0.3)
    (True, True)
    """
    if 2 * check_positive(margin, "margin", "m") >= found.box:
        raise ValueError(f"margin: expected less than half of the arena's {found.box:g} m, got {margin:g}")
    walks = found.task.batch_of(found.task.paths(_WALKS, "topology"))
    inside = (walks.position.abs() < found.box / 2 - margin).all(-1)
    hidden = found.task.activity(found.network, walks.to(found.network.device)).cpu()
    return hidden[inside].numpy()[:, found.units], walks.position[inside].double().numpy()


def ablation_by_score(
    found: MechanismStudy, parts: Sequence[float], *, random: int = _RANDOM, paths: int = 200
) -> dict[str, np.ndarray]:
    """Measure decoding errors without parts of the active units, by grid score and beside two controls.

    Parameters
    ----------
    found : MechanismStudy
        The network and its units' scores.
    parts : sequence of float
        Shares of the active units that are silenced, 0 to 1/2.
    random : int
        Random orders.
    paths : int
        Paths that the error is measured on.

    Returns
    -------
    dict of str to numpy.ndarray, [part]
        Errors, m: without the units of the "highest scores", without as many of low scores that are as strong
        ("as strong, low scores"), of the "lowest scores", and "at random" (mean over the orders).

    Raises
    ------
    ValueError
        If there are fewer than six active units, or a part is not between 0 and a half.

    Notes
    -----
    Source: Sorscher et al. 2023, Fig. 7A, B. The strength of a unit is the standard deviation of its map.

    Examples
    --------
    >>> from gridcells.runs import load_shipped
    >>> run = load_shipped("lattice", 0)
    >>> errors = ablation_by_score(study(run.network, run.task), [0, 0.1], random=1, paths=20)
    >>> {name: len(one) for name, one in errors.items()}
    {'highest scores': 2, 'as strong, low scores': 2, 'lowest scores': 2, 'at random': 2}
    """
    check_count(len(found.active), "units", 6)
    check_count(random, "random")
    shares = np.asarray(parts, float)
    if shares.ndim != 1 or not ((shares >= 0) & (shares <= 0.5)).all():
        raise ValueError(f"parts: expected shares between 0 and 0.5, [part], got {parts}")
    falling = found.active[np.argsort(-np.nan_to_num(found.score, nan=-2))]
    strength = np.zeros(found.network.units)
    strength[found.active] = found.maps.std((1, 2))
    drawn = [np.random.default_rng([found.task.seed, draw]).permutation(falling) for draw in range(random)]
    orders = [falling, matched_order(falling, strength), falling[::-1], *drawn]
    counts = (shares * len(falling)).astype(int).tolist()
    named = {str(number): order for number, order in enumerate(orders)}
    high, matched, low, *chance = ablation_errors(found.network, found.task, named, counts, paths=paths).values()
    names = ("highest scores", "as strong, low scores", "lowest scores", "at random")
    return dict(zip(names, (high, matched, low, np.mean(chance, axis=0)), strict=True))


def third_ablated(found: MechanismStudy, *, paths: int = 200) -> dict[str, float]:
    """Measure what a network loses without a third of its active units, by score and beside matched controls.

    Parameters
    ----------
    found : MechanismStudy
        The network and its units' scores.
    paths : int
        Paths that the error is measured on.

    Returns
    -------
    dict of str to float
        Ratios of decoding errors: without the third with the highest scores over that without as many of low scores
        that are as strong ("high_over_matched") and over that without as many at random ("high_over_random"); without
        the third with the lowest scores over that of the whole network ("low_over_none").

    Raises
    ------
    ValueError
        If there are fewer than six active units.

    Notes
    -----
    Source: see `ablation_by_score`.

    Examples
    --------
    >>> from gridcells.runs import load_shipped
    >>> run = load_shipped("lattice", 0)
    >>> third_ablated(study(run.network, run.task), paths=20)["high_over_random"] > 0
    True
    """
    errors = ablation_by_score(found, [0, 1 / 3], paths=paths)
    none = float(errors["lowest scores"][0])
    high, matched, low, chance = (float(one[1]) for one in errors.values())
    return {"high_over_matched": high / matched, "high_over_random": high / chance, "low_over_none": low / none}
