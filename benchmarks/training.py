"""What does a training step cost beyond its matrix products, what do trajectories cost, and how much memory is needed?

Everything runs here and now, and what is compared takes turns, so that the RATIOS mean something. On a machine that is
busy with other programs torch's threads wait for each other by spinning, which costs several times the work itself;
OMP_WAIT_POLICY=PASSIVE in the environment stops that::

    python benchmarks/training.py                        # both presets and the published size; under two minutes
    python benchmarks/training.py --preset laptop --steps 400 --units 0
    python benchmarks/training.py --preset banino2018_code --steps 800 --threads 1 --units 0
    python benchmarks/training.py --preset quick laptop full_size --keep   # for the book's table of steps
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import torch

from gridcells.presets import PRESETS, AnyPreset, LSTMPreset, RNNPreset, preset
from gridcells.runs.step_costs import StepCost, keep_step_costs
from gridcells.training.loop import train
from gridcells.training.task import PathBatch
from gridcells.training.tasks import make_task

WAITING, MEMORY = 0.10, 2.5  # bars: share of wall time; GB


class Learner:
    """A network, its optimiser and what one gradient step does, as in `gridcells.training.loop.train`."""

    def __init__(self, chosen: AnyPreset) -> None:
        self.task = make_task(chosen, seed=0)
        self.network = self.task.network()
        self.optimiser = self.task.optimiser(self.network)

    def step(self, batch: PathBatch) -> None:
        """Take one gradient step."""
        loss = self.task.loss(self.network, batch, 0)
        self.optimiser.zero_grad()
        (loss + self.task.penalty(self.network)).backward()
        self.task.adjust_gradients(self.network)
        self.optimiser.step()


def matrix_products(chosen: AnyPreset) -> Callable[[], None]:
    """Return a function that computes the matrix products of one gradient step, forward and backward, and no more."""
    return lstm_products(chosen) if isinstance(chosen, LSTMPreset) else rnn_products(chosen)


def lstm_products(chosen: LSTMPreset) -> Callable[[], None]:
    """Do so for the LSTM: start, inputs, gates from sample to sample, linear layer and read-outs."""
    setting, ensembles = chosen.training, chosen.ensembles
    batch, samples, units, linear = setting.batch, setting.path_steps, chosen.network.units, chosen.network.linear_units
    cells = ensembles.place_cells + ensembles.head_direction_cells
    code, first, start = torch.rand(batch, cells), torch.rand(batch, 2 * units), torch.rand(cells, 2 * units)
    velocity, inward, recurrent = torch.rand(batch * samples, 3), torch.rand(3, 4 * units), torch.rand(units, 4 * units)
    state, gate, outward = torch.rand(batch, units), torch.rand(batch, 4 * units), torch.rand(4 * units, units)
    states, gates = torch.rand(batch * samples, units), torch.rand(batch * samples, 4 * units)
    between, activity = torch.rand(units, linear), torch.rand(batch * samples, linear)
    readouts, logits = torch.rand(linear, cells), torch.rand(batch * samples, cells)

    def run() -> None:
        code @ start
        velocity @ inward
        for _ in range(samples):
            state @ recurrent
        states @ between
        activity @ readouts
        # backward: each weight's gradient, and the gradient that goes on to what came before
        activity.T @ logits
        logits @ readouts.T
        states.T @ activity
        activity @ between.T
        for _ in range(samples):
            gate @ outward
        states.T @ gates
        velocity.T @ gates
        code.T @ first

    return run


def rnn_products(chosen: RNNPreset) -> Callable[[], None]:
    """Do so for the networks of Sorscher et al.: encoder, velocity, recurrent layer, decoder, Muon's products."""
    setting = chosen.training
    batch, time_steps, units, cells = setting.batch, setting.path_steps, chosen.network.units, chosen.place_cells.cells
    place, velocity = torch.rand(batch, cells), torch.rand(batch * time_steps, 2)
    encoder, recurrent, decoder = torch.rand(cells, units), torch.rand(units, units), torch.rand(units, cells)
    inward = torch.rand(2, units)
    state, states = torch.rand(batch, units), torch.rand(batch * time_steps, units)
    looked_at = states[: batch * max(1, round(setting.loss_share * time_steps))]  # samples that the loss looks at
    logits = torch.rand(len(looked_at), cells)
    matrices = [encoder, recurrent, decoder] if setting.optimiser == "muon" else []
    wide = [matrix if matrix.shape[0] <= matrix.shape[1] else matrix.mT for matrix in matrices]
    orthogonalised = [part for matrix in wide for part in matrix.split(setting.orthogonal_rows or len(matrix))]

    def run() -> None:
        place @ encoder
        velocity @ inward
        for _ in range(time_steps):
            state @ recurrent
        looked_at @ decoder
        # backward: each weight's gradient, and the gradient that goes on to what came before
        looked_at.T @ logits
        logits @ decoder.T
        for _ in range(time_steps):
            state @ recurrent.T
        states.T @ states
        velocity.T @ states
        place.T @ state
        for matrix in orthogonalised:  # as `gridcells.training.Muon` iterates
            for _ in range(3):
                gram = matrix @ matrix.T
                (gram @ gram) @ matrix

    return run


def seconds(function: Callable[[], object]) -> float:
    """Time one call, s."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def cost_of_paths(chosen: AnyPreset, steps: int) -> tuple[float, float, float]:
    """Train on batches made in the background and on batches made before, in turns of one block.

    Returns
    -------
    waited : float
        Share of the wall time with background production that the loop stood still for the next batch.
    slower : float
        Time of a step with background production over that with batches made before: what the production takes away
        from the step itself counts as well. Median over turns.
    alone : float
        Time to simulate a batch, nothing else running, over the time of a step: what it would cost in the foreground.
    """
    learner = Learner(chosen)
    task, block = learner.task, max(1, 4000 // chosen.training.batch)  # batches simulated at once
    paths = task.batch_of(task.paths(block * chosen.training.batch, "evaluation"))
    made = paths.split(chosen.training.batch)
    learner.step(made[0])
    waits, withs, withouts, alones = [], [], [], []
    for turn in range(max(3, steps // block)):
        with contextlib.closing(task.batches(turn * block)) as batches:
            for _ in range(block):
                next(batches)  # the first block of all is always waited for
            waits.append(0.0)
            start = time.perf_counter()
            for _ in range(block):
                before = time.perf_counter()
                batch = next(batches)
                waits[-1] += time.perf_counter() - before
                learner.step(batch)
            withs.append(time.perf_counter() - start)
        withouts.append(seconds(lambda: [learner.step(batch) for batch in made]))
        alones.append(seconds(lambda: task.batch_of(task.paths(len(paths.start), "evaluation"))))
    slower = statistics.median(loaded / free for loaded, free in zip(withs, withouts, strict=True))
    return sum(waits) / sum(withs), slower, statistics.median(alones) / statistics.median(withouts)


def compare_step(chosen: AnyPreset, repeats: int) -> tuple[float, float]:
    """Time a gradient step and its matrix products in turns; return the medians, s."""
    learner, products = Learner(chosen), matrix_products(chosen)
    batch = learner.task.batch_of(learner.task.paths(chosen.training.batch, "paths"))
    learner.step(batch), products()
    times = [(seconds(lambda: learner.step(batch)), seconds(products)) for _ in range(repeats)]
    step, product = (statistics.median(column) for column in zip(*times, strict=True))
    return step, product


def cost_of_a_step(name: str, repeats: int) -> StepCost:
    """Time gradient steps on one thread and on two, and matrix products on one, in turns of a quarter of a second."""
    chosen = preset(name)
    learner, products = Learner(chosen), matrix_products(chosen)
    batch = learner.task.batch_of(learner.task.paths(chosen.training.batch, "paths"))

    def once(function: Callable[[], object], threads: int) -> float:
        torch.set_num_threads(threads)
        many = max(1, round(0.25 / seconds(function)))
        return seconds(lambda: [function() for _ in range(many)]) / many

    def step() -> None:
        learner.step(batch)

    step()
    turns = [(once(step, 1), once(step, 2), once(products, 1)) for _ in range(repeats)]
    shortest = (min(column) for column in zip(*turns, strict=True))  # of a busy machine the least disturbed
    return StepCost(name, learner.network.units, *(round(time, 5) for time in shortest))


def peak_memory() -> float:
    """Return the most memory this process ever held, GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e9 / 1024)


def one_step(units: int, batch: int, path_steps: int) -> None:
    """Train for one step at this size and print what it took, as JSON."""
    size = {"units": units, "batch": batch, "path_steps": path_steps, "steps": 1}
    took = seconds(lambda: train(preset("sorscher2019").override(size), seed=0))
    print(json.dumps({"peak": peak_memory(), "seconds": took}))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=tuple(PRESETS), nargs="+", default=["laptop", "lattice"])
    parser.add_argument("--steps", type=int, default=60, help="training steps of either kind, for the cost of paths")
    parser.add_argument("--repeats", type=int, default=15, help="steps to take the median of, beside matrix products")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--units", type=int, default=4096, help="units of the step whose memory is measured; 0 leaves it out"
    )
    parser.add_argument(
        "--keep", action="store_true", help="put the costs of a step, on one thread and two, into the book's table"
    )
    parser.add_argument("--one-step", type=int, nargs=3, metavar=("UNITS", "BATCH", "T"), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    if options.one_step:
        return one_step(*options.one_step)
    if options.keep:
        return keep_step_costs([cost_of_a_step(name, options.repeats) for name in options.preset])
    busy = os.getloadavg()[0]
    print(f"torch {torch.__version__}, {options.threads} threads, load average at the start {busy:.1f}")
    print("preset        paths: waited for  with/without    alone/step       step ms  products ms   step/products")
    for name in options.preset:
        waited, slower, alone = cost_of_paths(preset(name), options.steps)
        step, product = compare_step(preset(name), options.repeats)
        print(
            f"{name:<13} {waited:>8.1%} (≤ {WAITING:.0%}) {slower:>13.2f} {alone:>13.1%} {1e3 * step:>13.1f}"
            f" {1e3 * product:>12.1f} {step / product:>15.2f}",
            flush=True,
        )
    if options.units:
        words = [
            sys.executable,
            __file__,
            "--threads",
            str(options.threads),
            "--one-step",
            str(options.units),
            "200",
            "20",
        ]
        told = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
        print(
            f"{options.units} units, batch 200, T 20: peak memory {told['peak']:.2f} GB (≤ {MEMORY} GB) with one step"
            f" and the evaluation after it, {told['seconds']:.0f} s"
        )


if __name__ == "__main__":
    main()
