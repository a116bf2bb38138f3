"""Files that were cut, flipped, doubled and crafted: refused in one line, or read as what was written."""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
import shutil
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from commands import RNN, SWEEP
from outcomes import HANG, MEMORY, Case, Table, bounded_memory, memory_peak

BATCH = 20  # files that a process reads
RUN = {**RNN, "training.steps": 12, "checkpoint_every": 5, "evaluate_every": 6}
REFUSALS = (ValueError, OSError)


@dataclass(frozen=True)
class Format:
    """A kind of file that is read.

    Attributes
    ----------
    name : str
        What it is.
    make : callable
        Writes it, with all that belongs to it, into an empty folder → the files that are mutated.
    read : callable
        Reads the folder → what was read, equal for equal content.
    vouched : bool
        Whether it carries checksums or digests, so that no change of its content may be read as if it were none.
    """

    name: str
    make: Callable[[Path], list[str]]
    read: Callable[[Path], Any]
    vouched: bool = True


def digest(value: Any) -> str:
    """A short name of what was read, the same for equal content."""
    return hashlib.sha256(repr(plain(value)).encode()).hexdigest()


def plain(value: Any) -> Any:
    """A value made of what shows all of itself as text."""
    if isinstance(value, dict):
        return [(name, plain(value[name])) for name in sorted(value)]
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value


def tensors(state: dict[str, Any]) -> dict[str, tuple[str, bytes]]:
    """Weights as bytes."""
    return {name: (str(weight.dtype), weight.numpy().tobytes()) for name, weight in sorted(state.items())}


def rows_of(metrics: list[dict[str, float]]) -> list[dict[str, float]]:
    """Metrics without times."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in metrics]


def make_run(folder: Path) -> list[str]:
    """Leave a finished training without its last files."""
    from gridcells.presets import preset
    from gridcells.training import train

    train(preset("laptop").override(RUN), seed=0, out=folder)
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".jsonl")


def resume(folder: Path) -> Any:
    """Go on with it."""
    from gridcells.presets import preset
    from gridcells.training import train

    run = train(preset("laptop").override(RUN), seed=0, out=folder, resume=True)
    return tensors(run.network.state_dict()), rows_of(run.metrics)


def make_finished(folder: Path) -> list[str]:
    """Leave a finished run."""
    from gridcells.presets import preset
    from gridcells.runs import evaluate, finish
    from gridcells.training import train

    run = train(preset("laptop").override(RUN), seed=0)
    finish(run, evaluate(run.network, run.task), folder, command="gridcells train laptop")
    return ["summary.json", "weights.safetensors"]


def open_finished(folder: Path) -> Any:
    """Open it."""
    from gridcells.runs import load_run

    run = load_run(folder)
    return tensors(run.network.state_dict()), run.metrics, run.summary, run.task.preset, run.task.seed


def make_packed(folder: Path) -> list[str]:
    """Leave packed weights."""
    import torch

    from gridcells.training import save_weights

    save_weights(folder / "weights.safetensors.xz", {"weight": torch.arange(900.0).reshape(30, 30) / 7})
    return ["weights.safetensors.xz"]


def open_packed(folder: Path) -> Any:
    """Read them without a hash."""
    from gridcells.training import load_weights

    return tensors(load_weights(folder / "weights.safetensors.xz"))


def make_data(folder: Path) -> list[str]:
    """Leave a dataset."""
    from gridcells.world import DatasetSetting, make_dataset

    made = make_dataset(folder / "made", DatasetSetting(trajectories=12, steps=5, files=3), workers=1)
    for path in made.iterdir():
        path.rename(folder / path.name)
    shutil.rmtree(folder / "made")
    return sorted(path.name for path in folder.iterdir())


def open_data(folder: Path) -> Any:
    """Read all of it."""
    from gridcells.world import TrajectoryDataset

    return [vars(block) for block in TrajectoryDataset(folder).blocks(100)]


def make_published(suffix: str) -> Callable[[Path], list[str]]:
    """Leave weights in the published form."""

    def make(folder: Path) -> list[str]:
        import torch

        from gridcells.networks import PathIntegrator, export_published

        network = PathIntegrator(12, 8, generator=torch.Generator().manual_seed(0))
        export_published(network, folder / "weights.pth")
        if suffix == ".npy":
            held = np.empty(4, dtype=object)
            for place, name in enumerate(("encoder.weight", "RNN.weight_ih_l0", "RNN.weight_hh_l0", "decoder.weight")):
                held[place] = network.state_dict()[name].numpy().T
            np.save(folder / "weights.npy", held, allow_pickle=True)
            (folder / "weights.pth").unlink()
        return [f"weights{suffix}"]

    return make


def open_published(folder: Path) -> Any:
    """Read them."""
    from gridcells.networks import load_published

    (path,) = folder.glob("weights.*")
    return tensors(load_published(path).state_dict())


def make_spec(folder: Path) -> list[str]:
    """Leave the file of a sweep."""
    more = '[grid]\ntuning = ["gaussian", "difference_of_softmaxes"]\n[draw]\ncount = 3\n'
    more += "learning_rate = {uniform = [1, 2]}"
    (folder / "spec.toml").write_text(SWEEP + more)
    return ["spec.toml"]


def open_spec(folder: Path) -> Any:
    """List its runs."""
    from gridcells.runs.sweeps import load_sweep

    sweep = load_sweep(folder / "spec.toml")
    return sweep.name, [run.name for run in sweep.runs]


def make_result(folder: Path) -> list[str]:
    """Leave a sweep's results."""
    from gridcells.presets import preset
    from gridcells.runs.sweeps.spec import Sweep, SweepRun
    from gridcells.runs.sweeps.table import collect
    from gridcells.runs.sweeps.work import do_run, nothing

    run = SweepRun(preset("laptop").override(RUN), 0)
    do_run(run.name, run.config, str(folder), nothing, False)
    collect(Sweep("one", (run,)), folder)
    (folder / "runs" / run.name).rename(folder / "runs" / "one")
    return ["runs/one/result.json"]


def open_result(folder: Path) -> Any:
    """Read one."""
    from gridcells.runs.sweeps.work import read_result

    return read_result(folder, "one")


def open_table(folder: Path) -> Any:
    """Read the table."""
    from gridcells.runs.sweeps import load_table

    return {name: values.tolist() for name, values in load_table(folder).items()}


def make_recording(suffix: str) -> Callable[[Path], list[str]]:
    """Leave a recording."""

    def make(folder: Path) -> list[str]:
        generator = np.random.default_rng(0)
        position, activity = generator.uniform(-1, 1, (60, 2)), generator.uniform(0, 9, (60, 3))
        if suffix == ".npz":
            np.savez_compressed(folder / "recording.npz", position=position, activity=activity)
        elif suffix == ".npy":
            np.save(folder / "recording.npy", generator.uniform(0, 9, (3, 6, 6)))
        else:
            header = "x,y,a,b,c\n"
            rows = "\n".join(
                ",".join(f"{value:.4f}" for value in (*p, *a)) for p, a in zip(position, activity, strict=True)
            )
            (folder / "recording.csv").write_text(header + rows)
        return [f"recording{suffix}"]

    return make


def open_recording(folder: Path) -> Any:
    """Read it."""
    from gridcells.recordings import read_recording

    (path,) = folder.glob("recording.*")
    held = read_recording(path, bin_size=0.1 if path.suffix == ".npy" else None)
    kept = {name: value for name, value in sorted(vars(held).items()) if name != "source"}  # where it lies
    return {name: None if value is None else np.asarray(value).tolist() for name, value in kept.items()}


FORMATS = [
    Format("checkpoint and run.json", make_run, resume),
    Format("finished run", make_finished, open_finished),
    Format("packed weights", make_packed, open_packed),
    Format("dataset", make_data, open_data),
    Format("published .pth", make_published(".pth"), open_published),
    Format("published .npy", make_published(".npy"), open_published, vouched=False),
    Format("sweep .toml", make_spec, open_spec, vouched=False),
    Format("sweep result", make_result, open_result),
    Format("sweep table", lambda folder: [make_result(folder), ["results.parquet"]][1], open_table, vouched=False),
    Format("recording .npz", make_recording(".npz"), open_recording),
    Format("recording .npy", make_recording(".npy"), open_recording, vouched=False),
    Format("recording .csv", make_recording(".csv"), open_recording, vouched=False),
]


def mutate(data: bytes, chosen: random.Random) -> tuple[bytes, str]:
    """Change the bytes of a file in one of many ways → the changed ones, and what was done."""
    kinds = [
        "bit",
        "bit",
        "byte",
        "cut",
        "drop",
        "insert",
        "double",
        "zeros",
        "swap",
        "empty",
        "digit",
        "digit",
        "value",
    ]
    kind, place = chosen.choice(kinds), chosen.randrange(max(1, len(data)))
    length, changed = chosen.randint(1, 40), bytearray(data)
    if kind == "bit":
        changed[place] ^= 1 << chosen.randrange(8)
    elif kind == "byte":
        changed[place] = chosen.randrange(256)
    elif kind == "cut":
        del changed[place:]
    elif kind == "drop":
        del changed[place : place + length]
    elif kind == "insert":
        changed[place:place] = chosen.randbytes(length)
    elif kind == "double":
        changed[place:place] = changed[place : place + length]
    elif kind == "zeros":
        changed[place : place + length] = bytes(min(length, len(data) - place))
    elif kind == "swap":
        other = chosen.randrange(max(1, len(data)))
        first, second = bytes(changed[place : place + 8]), bytes(changed[other : other + 8])
        if len(first) == len(second) and abs(place - other) >= 8:
            changed[place : place + 8], changed[other : other + 8] = second, first
    elif kind == "empty":
        changed.clear()
    elif found := [match.span() for match in re.finditer(rb"\d+(?:\.\d+)?", data[:20_000])]:
        begin, end = chosen.choice(found)
        odd = [
            b"null",
            b"1e400",
            b"-1",
            b"0",
            b"9" * 5000,
            b"[" * 3000,
            b"true",
            b'"x"',
            b"1e30",
            b"NaN",
            b"inf",
            b"{}",
        ]
        changed[begin:end] = chosen.choice(odd) if kind == "value" else str(chosen.randrange(10**6)).encode()
    return bytes(changed), f"{kind} at {place}"


def read_batch(folders: list[str], name: str, pipe: Any) -> None:
    """Read mutated folders one after the other, and tell of each how it went."""
    bounded_memory()
    (chosen,) = [one for one in FORMATS if one.name == name]

    def too_long(number: int, frame: object) -> None:
        raise TimeoutError("too long")

    signal.signal(signal.SIGALRM, too_long)
    for folder in folders:
        before, began = memory_peak(), time.monotonic()
        signal.alarm(int(2 * HANG))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                outcome, what = "read", digest(chosen.read(Path(folder)))
            except TimeoutError:
                outcome, what = "hang", ""
            except REFUSALS as error:
                outcome, what = "refused", str(error)
                if "\n" in what or len(what) > 2000:
                    outcome = "traceback"  # whoever reads it sees more than a line
            except BaseException as error:
                outcome, what = "traceback", f"{type(error).__name__}: {str(error)[:300]}"
        signal.alarm(0)
        if time.monotonic() - began > HANG:
            outcome = "hang"
        if memory_peak() - before > MEMORY:
            outcome, what = "memory", f"{memory_peak() - before:.0f} MB"
        pipe.send((outcome, what))
    pipe.close()


class Mutator:
    """Mutates files of every format and has them read in processes of their own."""

    def __init__(self, scratch: Path, seed: int) -> None:
        self.scratch, self.random, self.number = scratch, random.Random(seed), 0
        self.made: dict[str, tuple[Path, list[str], str]] = {}

    def original(self, chosen: Format) -> tuple[Path, list[str], str]:
        """A folder of a format as it was written, what in it is mutated, and what is read in it."""
        if chosen.name not in self.made:
            folder = self.scratch / f"format-{len(self.made)}"
            folder.mkdir()
            names = chosen.make(folder)
            copy = shutil.copytree(folder, self.scratch / "copy")
            self.made[chosen.name] = folder, names, digest(chosen.read(copy))
            shutil.rmtree(copy)
        return self.made[chosen.name]

    def run(self, chosen: Format, table: Table, count: int = BATCH) -> None:
        """Mutate so many times, read, and count."""
        whole, names, expected = self.original(chosen)
        folders, told = [], []
        for _ in range(count):
            self.number += 1
            folder = shutil.copytree(whole, self.scratch / f"mutated-{self.number}")
            name = self.random.choice(names)
            if len(names) > 1 and self.random.random() < 0.05:
                (folder / name).unlink()
                told.append(f"{name} removed")
            else:
                data, what = mutate((folder / name).read_bytes(), self.random)
                (folder / name).write_bytes(data)
                told.append(f"{name}: {what}")
            folders.append(folder)
        kind, waiting = f"mutation: {chosen.name}", list(zip(folders, told, strict=True))
        while waiting:
            receiving, sending = get_context("forkserver").Pipe(False)
            case = Case(read_batch, [str(folder) for folder, _ in waiting], chosen.name, sending)
            sending.close()
            done = 0
            with contextlib.suppress(EOFError):
                while done < len(waiting) and receiving.poll(4 * HANG):
                    outcome, what = receiving.recv()
                    folder, how = waiting[done]
                    self._count(table, chosen, kind, outcome, what, expected, f"{folder.name}: {how}")
                    done += 1
            if done < len(waiting):  # it died of one
                ended = case.end(1.0)
                table.add(kind, "hang" if ended.code is None else "memory", f"{waiting[done]}: {ended.text[-300:]}")
                done += 1
            else:
                case.end()
            waiting = waiting[done:]
        for folder in folders:
            shutil.rmtree(folder)

    def _count(self, table: Table, chosen: Format, kind: str, outcome: str, what: str, expected: str, how: str) -> None:
        if outcome == "read":
            outcome = "same" if what == expected else "wrong" if chosen.vouched else "another file"
            what = ""
        table.add(kind, outcome, f"{how}: {what}")
