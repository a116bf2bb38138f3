"""How long do the things that others do as well take here and there, in one run and in turns?

Paths beside RatInABox and canns-lib, a training step beside the released code's arithmetic, barcodes beside canns-lib,
scores beside opexebo. The others need not be installed: what is missing is left out, and said so. Give them an
environment of their own, which can be thrown away::

    python -m venv peers && peers/bin/pip install . ratinabox canns-lib opexebo "numpy<2.4"   # opexebo fails on 2.4
    peers/bin/python benchmarks/peers.py # everything; a quarter of an hour
    peers/bin/python benchmarks/peers.py --parts paths scores --repeats 3

Everything runs on one thread, if OMP_NUM_THREADS=1 is in the environment. Times are those of the processor unless
``--clock wall``, so that other programs disturb little, and medians over the repeats. A ratio above 1 says that this
library takes less time. The libraries do not do the same to the last number: each is asked for what its users ask of
it, with its own rules where they differ (how an animal moves, over which rings a grid score is taken, what a field is);
barcodes and the training step, which should agree, are compared before they are timed.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import ripser
import torch

from gridcells.mechanism.cohomology import barcode
from gridcells.mechanism.lesions import pristine_activity
from gridcells.mechanism.topology import condense
from gridcells.presets import preset
from gridcells.scores import border_scores, grid_scores, sparsity, spatial_information
from gridcells.scores.lattices import lattice_maps
from gridcells.training.distributed import Processes
from gridcells.training.learner import Learner
from gridcells.training.place_task import PlaceBatch, PlaceTask
from gridcells.world.arenas import Rectangle
from gridcells.world.motion import SORSCHER, simulate

BOX = Rectangle(2.2, 2.2)
CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}
PEERS = {"RatInABox": "ratinabox", "canns-lib": "canns_lib.spatial", "opexebo": "opexebo"}
Work = Callable[[], object]


@dataclass
class Comparison:
    """One thing to do, here and elsewhere.

    Attributes
    ----------
    what : str
        What is done, with its size.
    ours : callable
        Does it here.
    peers : dict of str to (callable, float)
        By name, what does it elsewhere, and how much of the work that is of ours: slow ones do a part.
    """

    what: str
    ours: Work
    peers: dict[str, tuple[Work, float]] = field(default_factory=dict)


def installed() -> dict[str, Any]:
    """Import the peers that are there → their modules by name."""
    found = {}
    for name, module in PEERS.items():
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[name] = importlib.import_module(module)
        except ImportError:
            continue
    return found


# --- paths: one animal at length, many animals for a short time, walls on --------------------------------------------


def paths(there: dict[str, Any], shapes: Sequence[tuple[int, int]], slow_samples: int) -> Iterator[Comparison]:
    """Compare the making of paths, for each number of animals and of samples an animal."""
    for animals, steps in shapes:
        found = Comparison(
            f"paths, {animals} x {steps} samples", lambda shape=(animals, steps): simulate(SORSCHER, BOX, *shape, 0)
        )
        if "canns-lib" in there:
            module = there["canns-lib"]
            found.peers["canns-lib"] = (lambda shape=(animals, steps), m=module: canns_paths(m, *shape), 1.0)
        if "RatInABox" in there:
            short = min(steps, slow_samples)
            few = min(animals, max(1, slow_samples // short))
            found.peers["RatInABox"] = (
                lambda shape=(few, short), m=there["RatInABox"]: ratinabox_paths(m, *shape),
                few * short / (animals * steps),
            )
        yield found


def canns_paths(canns: Any, animals: int, steps: int) -> np.ndarray:
    """Walk with canns-lib in the same box at the same time step → [animal, time, 2], m."""
    box, walked = canns.Environment(scale=2.2, boundary_conditions="solid"), []
    for animal in range(animals):
        agent = canns.Agent(box, {"dt": SORSCHER.time_step}, rng_seed=animal)
        for _ in range(steps):
            agent.update()
        walked.append(agent.get_history_arrays()["pos"][-steps:])
    return np.stack(walked)


def ratinabox_paths(ratinabox: Any, animals: int, steps: int) -> np.ndarray:
    """Do so with RatInABox."""
    box, walked = ratinabox.Environment({"scale": 2.2, "boundary_conditions": "solid"}), []
    np.random.seed(0)
    for _ in range(animals):
        agent = ratinabox.Agent(box, {"dt": SORSCHER.time_step})
        for _ in range(steps):
            agent.update()
        walked.append(np.array(agent.history["pos"])[-steps:])
    return np.stack(walked)


# --- a training step -------------------------------------------------------------------------------------------------


class PlainStep:
    """The arithmetic of the released code's training step, written out plainly, with the weights of a given network.

    Parameters
    ----------
    task : PlaceTask
        The setting; its cells are differences of softmaxes.

    Notes
    -----
    Source: the code released with Sorscher et al. 2019 (PyTorch): place codes by softmax, an RNN layer of torch,
    softmax and logarithm of the predictions at each sample, a penalty on the recurrent weights, Adam. Its monitoring
    of the decoding error in each step is left out.
    """

    def __init__(self, task: PlaceTask) -> None:
        network, setting = task.network(), task.preset
        cells, units = len(task.place_cells), setting.network.units
        self.centers = torch.as_tensor(task.place_cells.centers, dtype=torch.float32)
        self.width, self.ratio = setting.place_cells.field_width, setting.place_cells.surround_ratio
        self.decay, self.time_step = setting.training.recurrent_decay, setting.motion.time_step
        self.layers = torch.nn.ModuleDict(
            {
                "encoder": torch.nn.Linear(cells, units, bias=False),
                "rnn": torch.nn.RNN(2, units, nonlinearity="relu", bias=False),
                "decoder": torch.nn.Linear(units, cells, bias=False),
            }
        )
        with torch.no_grad():
            self.layers["encoder"].weight.copy_(network.encoder.weight)
            self.layers["decoder"].weight.copy_(network.decoder.weight)
            self.layers["rnn"].weight_hh_l0.copy_(network.recurrent_weight)
            self.layers["rnn"].weight_ih_l0.copy_(network.input_weight)
        self.optimiser = torch.optim.Adam(self.layers.parameters(), lr=setting.training.learning_rate)

    def code(self, position: torch.Tensor) -> torch.Tensor:
        """Compute place codes at positions [..., 2] (m) → [..., cell]."""
        squared = ((position[..., None, :] - self.centers) ** 2).sum(-1)
        code = torch.softmax(-squared / (2 * self.width**2), -1)
        code = code - torch.softmax(-squared / (2 * self.ratio * self.width**2), -1)
        code = code + code.min(-1, keepdim=True).values.abs()
        return code / code.sum(-1, keepdim=True)

    def loss(self, batch: PlaceBatch) -> torch.Tensor:
        """Measure the cross-entropy over all samples of a batch, nats (a scalar)."""
        start = self.layers["encoder"](self.code(batch.start))[None]
        hidden, _ = self.layers["rnn"]((batch.velocity * self.time_step).transpose(0, 1), start)
        predicted = torch.softmax(self.layers["decoder"](hidden), -1)  # [time, batch, cell]
        return -(self.code(batch.position.transpose(0, 1)) * predicted.log()).sum(-1).mean()

    def learn(self, batch: PlaceBatch) -> torch.Tensor:
        """Take one gradient step; return the loss before it."""
        self.optimiser.zero_grad()
        loss = self.loss(batch)
        (loss + self.decay * (self.layers["rnn"].weight_hh_l0 ** 2).sum()).backward()
        self.optimiser.step()
        return loss.detach()


def training_step(units: int, batch: int, path_steps: int, steps: int) -> Iterator[Comparison]:
    """Compare gradient steps of the published network at these sizes, from the same weights on the same paths."""
    task = PlaceTask(
        preset("sorscher2019").override({"units": units, "batch": batch, "path_steps": path_steps, "loss_share": 1.0}),
        seed=0,
    )
    paths = task.batch_of(task.paths(batch, "paths"))
    learner, plain = Learner.of(task, torch.device("cpu")), PlainStep(task)
    with torch.no_grad():
        torch.testing.assert_close(task.loss(learner.network, paths), plain.loss(paths), rtol=1e-4, atol=1e-5)
    here = Processes.here()
    yield Comparison(
        f"{steps} training steps, {units} units, T {path_steps}, batch {batch}",
        lambda: [learner.learn(paths, step, here) for step in range(steps)],
        {"released arithmetic": (lambda: [plain.learn(paths) for _ in range(steps)], 1.0)},
    )


# --- barcodes --------------------------------------------------------------------------------------------------------


def barcodes(there: dict[str, Any], points: Sequence[int]) -> Iterator[Comparison]:
    """Compare the barcodes, up to voids, of an ideal module's activity at so many places."""
    for count in points:
        rng = np.random.default_rng(count)
        place = rng.uniform(-1.1, 1.1, (max(3000, count), 2))
        cloud, _ = condense(
            pristine_activity(place, 100, spacing=0.8, generator=0), components=6, points=count, generator=rng
        )
        found = Comparison(f"barcode, {count} points", lambda cloud=cloud: barcode(cloud))
        if "canns-lib" in there:
            other = importlib.import_module("canns_lib.ripser").ripser
            ours = barcode(cloud)
            check_bars(ripser.ripser, other, ours)
            found.peers["canns-lib"] = (lambda cloud=cloud, ours=ours, f=other: both_calls(f, ours), 1.0)
        yield found


def both_calls(function: Callable[..., dict[str, Any]], like: Any) -> list[np.ndarray]:
    """Call ripser, or what has its face, for what `barcode` finds → bars of loops and of voids."""
    options = {"coeff": like.prime, "distance_matrix": True}
    loops = function(like.distance, maxdim=1, thresh=like.reach[1], do_cocycles=True, **options)
    voids = function(like.distance, maxdim=2, thresh=like.reach[2], **options)
    return [np.asarray(loops["dgms"][1]), np.asarray(voids["dgms"][2])]


def check_bars(first: Callable[..., dict[str, Any]], second: Callable[..., dict[str, Any]], like: Any) -> None:
    """Raise an AssertionError unless both give the same bars."""
    for ours, theirs in zip(both_calls(first, like), both_calls(second, like), strict=True):
        ours, theirs = (bars[np.lexsort(bars.T)] for bars in (ours, theirs))
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


# --- scores ----------------------------------------------------------------------------------------------------------


def scores(there: dict[str, Any], sizes: Sequence[int], maps: int) -> Iterator[Comparison]:
    """Compare grid scores, border scores and information of so many noisy lattices of fields, for each map size."""
    for bins in sizes:
        rng = np.random.default_rng(bins)
        rates = lattice_maps(
            BOX, rng.uniform(0.4, 0.9, maps), orientation=rng.uniform(0, 1, maps), phase=rng.uniform(-1, 1, (maps, 2)),
            bins=bins,
        )  # fmt: skip
        rates = 5 * np.maximum(rates, 0) + rng.uniform(0, 1, rates.shape)  # Hz
        time_in_bin = rng.uniform(0.5, 1.5, (bins, bins))  # s
        size, opexebo = 2.2 / bins, there.get("opexebo")
        kinds: dict[str, tuple[Work, Work]] = {
            "grid scores": (
                lambda rates=rates: grid_scores(rates, keep_autocorrelogram=False),
                lambda rates=rates, o=opexebo: [o.analysis.grid_score(o.analysis.autocorrelation(m)) for m in rates],
            ),
            "border scores": (
                lambda rates=rates, size=size: border_scores(rates, bin_size=size),
                lambda rates=rates, o=opexebo: [opexebo_border(o, one) for one in rates],
            ),
            "information and sparsity": (
                lambda rates=rates, t=time_in_bin: (spatial_information(rates, t), sparsity(rates, t)),
                lambda rates=rates, t=time_in_bin, o=opexebo: [o.analysis.rate_map_stats(one, t) for one in rates],
            ),
        }
        for words, (ours, theirs) in kinds.items():
            yield Comparison(
                f"{words}, {maps} maps of {bins} x {bins}", ours, {"opexebo": (theirs, 1.0)} if opexebo else {}
            )


def opexebo_border(opexebo: Any, rates: np.ndarray) -> float:
    """Find fields and the border score of one map with opexebo."""
    fields, labelled = opexebo.analysis.place_field(rates)
    return opexebo.analysis.border_score(rates, labelled, fields, "square")[0]


# --- the table -------------------------------------------------------------------------------------------------------


def measure(found: Comparison, repeats: int, clock: Callable[[], float]) -> tuple[float, dict[str, float]]:
    """Time all sides in turns → the median of ours, and of each peer for as much work, s."""
    sides = {"": (found.ours, 1.0), **found.peers}
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(repeats):
        for name in list(sides)[:: -1 if turn % 2 else 1]:
            work, share = sides[name]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                began = clock()
                work()
            times[name].append((clock() - began) / share)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    return medians.pop(""), medians


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = ("paths", "step", "barcodes", "scores")
    parser.add_argument("--parts", choices=parts, nargs="+", default=parts, help="what is compared")
    parser.add_argument("--repeats", type=int, default=5, help="turns to take medians over")
    parser.add_argument("--clock", choices=tuple(CLOCKS), default="cpu", help="processor time or wall time")
    parser.add_argument("--samples", type=int, default=1_000_000, help="samples of all animals together")
    parser.add_argument(
        "--animals", type=int, nargs="+", default=[1, 100, 10_000, 50_000], help="batch shapes of the paths"
    )
    parser.add_argument("--slow-samples", type=int, default=2000, help="samples that RatInABox makes of those")
    parser.add_argument("--units", type=int, nargs="+", default=[256], help="of the training step")
    parser.add_argument("--batch", type=int, default=100, help="of the training step")
    parser.add_argument("--path-steps", type=int, default=20, help="samples a path, of the training step")
    parser.add_argument("--steps", type=int, default=20, help="training steps a turn")
    parser.add_argument("--points", type=int, nargs="+", default=[300, 500], help="of the barcodes")
    parser.add_argument("--bins", type=int, nargs="+", default=[20, 64], help="bins a side of the maps")
    parser.add_argument("--maps", type=int, default=64, help="maps to score")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    os.environ.setdefault("RAYON_NUM_THREADS", "1")  # of canns-lib, which reads it when first called
    there = installed()
    for name in PEERS.keys() - there.keys():
        print(f"{name} is not installed: left out")
    comparisons: dict[str, Callable[[], Iterator[Comparison]]] = {
        "paths": lambda: paths(there, [(n, options.samples // n) for n in options.animals], options.slow_samples),
        "step": lambda: (
            one
            for units in options.units
            for one in training_step(units, options.batch, options.path_steps, options.steps)
        ),
        "barcodes": lambda: barcodes(there, options.points),
        "scores": lambda: scores(there, options.bins, options.maps),
    }
    print(f"{options.clock} time, one thread, medians of {options.repeats}; a ratio is a peer's time over ours")
    print(f"{'what':<48}{'ours, s':>10}   {'peer':<20}{'theirs, s':>10}{'ratio':>9}")
    for part in options.parts:
        for found in comparisons[part]():
            ours, theirs = measure(found, options.repeats, CLOCKS[options.clock])
            for name, seconds in theirs.items() or {"-": float("nan")}.items():
                print(f"{found.what:<48}{ours:>10.4g}   {name:<20}{seconds:>10.4g}{seconds / ours:>9.3g}", flush=True)


if __name__ == "__main__":
    main()
