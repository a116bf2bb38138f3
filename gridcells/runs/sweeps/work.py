"""One run, as a worker does it: claimed by one worker at a time, computed, and written whole or not at all."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import shutil
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

import gridcells
from gridcells.presets import Preset
from gridcells.runs.evaluation import evaluate
from gridcells.training.checkpoints import save_weights
from gridcells.training.decoding import path_errors
from gridcells.training.loop import train

__all__ = ["do_run", "keep_freed_memory", "nothing", "read_result", "train_and_score", "versions"]

HEARTBEAT = 1.0  # s between signs of life of a claim
PATIENCE = 15.0  # s without one, after which a claim is void
RESULT = "result.json"
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt

Work = Callable[[dict[str, Any], Path | None], dict[str, Any]]


def versions() -> dict[str, str]:
    """Say what computes: versions of the library and of what its numbers depend on, and the processor's vector unit."""
    return {
        "gridcells": gridcells.__version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }


def train_and_score(config: dict[str, Any], weights: Path | None) -> dict[str, Any]:
    """Train one network on one thread and score it.

    Parameters
    ----------
    config : dict
        A preset's `as_dict` and a seed, as `SweepRun.config` gives them.
    weights : pathlib.Path or None
        Where the trained weights go.

    Returns
    -------
    dict
        What `Evaluation.summary` lists, with the highest score, the share of units above the null at 90°, the error of
        maximum-likelihood decoding (m), and the metrics of the training. A network all of whose units are silent has
        no scores.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> small = preset("debate").override({"steps": 2, "units": 8, "scoring.paths": 50, "null_maps": 5})
    >>> sorted(train_and_score({"preset": small.as_dict(), "seed": 0}, None))
    ['metrics', 'numbers']
    """
    torch.set_num_threads(1)
    keep_freed_memory()
    run = train(Preset.from_dict(config["preset"]), seed=config["seed"])
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
    likeliest = path_errors(run.network, run.task, decode=run.task.place_cells.likeliest)
    numbers["likelihood_error"] = float(likeliest.mean())
    if weights is not None:
        save_weights(weights, run.network.state_dict())
    finite = {name: None if value is None or not np.isfinite(value) else value for name, value in numbers.items()}
    return {"numbers": finite, "metrics": run.metrics}


def nothing(config: dict[str, Any], weights: Path | None) -> dict[str, Any]:
    """Compute nothing: what a sweep costs beside its runs."""
    return {"numbers": {}, "metrics": []}


def keep_freed_memory() -> None:
    """Let the C library keep what is freed: Dask has its workers give it back, and then every tensor is paged in anew.

    This alone makes training several times faster in a worker. It holds for the whole process; elsewhere than on glibc
    nothing is done.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL("libc.so.6")
        for parameter in (_TRIM_THRESHOLD, _MMAP_THRESHOLD):
            library.mallopt(parameter, 2**25)  # glibc refuses more for the second


def read_result(folder: Path, name: str) -> dict[str, Any] | None:
    """Read what a run left, None if it is not complete."""
    try:
        result: dict[str, Any] = json.loads((folder / "runs" / name / RESULT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return result


def do_run(name: str, config: dict[str, Any], folder: str, work: Work, keep_weights: bool) -> dict[str, Any]:
    """Do one run of a sweep unless it is complete; wait where another worker is at it.

    Parameters
    ----------
    name : str
        The run's name, that of its folder.
    config : dict
        Its configuration.
    folder : str
        The sweep's folder, which all workers share.
    work : callable
        What computes: `train_and_score`, of the configuration and of the path for weights.
    keep_weights : bool
        Whether the weights are kept.

    Returns
    -------
    dict
        {"name", "done"}; where the work failed "done" is False, with "error", "traceback", whether it is the "disk"
        that failed, and the "worker".
    """
    root = Path(folder)
    final = root / "runs" / name
    try:
        with _claimed(root, name) as mine:
            if mine and not (final / RESULT).exists():
                _compute(final, config, work, keep_weights)
    except Exception as error:
        return {
            "name": name,
            "done": False,
            "error": f"{type(error).__name__}: {error}",
            "traceback": traceback.format_exc(),
            "disk": isinstance(error, OSError),
            "worker": _worker_address(),
        }
    return {"name": name, "done": True}


def _compute(final: Path, config: dict[str, Any], work: Work, keep_weights: bool) -> None:
    part = final.with_name(f".{final.name}-{os.getpid()}-{threading.get_ident()}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        began = time.perf_counter()
        result = work(config, part / "weights.safetensors" if keep_weights else None)
        seconds = round(time.perf_counter() - began, 3)
        whole = {**config, "versions": versions(), "seconds": seconds, "worker": socket.gethostname(), **result}
        text = json.dumps(whole, indent=1, allow_nan=False) + "\n"
        with open(part / RESULT, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # never twice: what is there stays
            os.rename(part, final)
        for left in final.parent.glob(f".{final.name}-*"):  # by workers that died at it
            shutil.rmtree(left, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def _claimed(root: Path, name: str) -> Iterator[bool]:
    """Hold the run's claim, a file that is touched every second; yield False once another worker has completed it.

    A claim that was not touched for `PATIENCE` is void: its worker is gone. Only this process's clock is read.
    """
    claim, final = root / "claims" / name, root / "runs" / name / RESULT
    mine = f"{socket.gethostname()} {os.getpid()} {threading.get_ident()} {time.time_ns()}"
    seen, since = None, time.monotonic()
    while True:
        if final.exists():
            yield False
            return
        try:
            with open(claim, "x", encoding="utf-8") as file:
                file.write(mine)
            break
        except FileExistsError:
            with contextlib.suppress(FileNotFoundError):
                found = claim.stat().st_mtime_ns, claim.read_text(encoding="utf-8")
                if found != seen:
                    seen, since = found, time.monotonic()
                elif _is_void(found[1], time.monotonic() - since):
                    _void(claim, found[1])
                    continue
            time.sleep(0.2)
    over = threading.Event()

    def beat() -> None:
        while not over.wait(HEARTBEAT):
            with contextlib.suppress(OSError):
                os.utime(claim)

    alive = threading.Thread(target=beat, daemon=True)
    alive.start()
    try:
        yield True
    finally:
        over.set()
        alive.join()
        with contextlib.suppress(OSError):
            if claim.read_text(encoding="utf-8") == mine:
                claim.unlink()


def _void(claim: Path, text: str) -> None:
    """Take a void claim away; of several that wait, one wins the rename, and a new claim taken by mistake goes back."""
    aside = claim.with_name(f".void-{os.getpid()}-{threading.get_ident()}-{claim.name}")
    os.rename(claim, aside)
    if aside.read_text(encoding="utf-8") == text:
        aside.unlink()
    else:
        os.rename(aside, claim)


def _is_void(text: str, quiet: float) -> bool:
    """Say whether the worker that wrote a claim is gone: its process on this machine, or any that was long quiet."""
    host, _, rest = text.partition(" ")
    number = rest.partition(" ")[0]
    if host == socket.gethostname() and number.isdigit():
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
    return quiet > PATIENCE


def _worker_address() -> str:
    from distributed import get_worker

    try:
        return str(get_worker().address)
    except ValueError:
        return ""
