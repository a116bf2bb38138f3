"""The command line: train, sweep, list the presets, score a file, draw figures, rerun chapters, make datasets."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro
from tqdm import tqdm

from gridcells._common.memory import keep_freed_memory
from gridcells._common.signals import interrupted_by_requests
from gridcells.cli.assignments import read_assignments
from gridcells.cli.dataset import info_command, make_command
from gridcells.cli.figures import figures_command
from gridcells.cli.rerun import rerun_command
from gridcells.cli.score import score_command
from gridcells.cli.sweep import sweep_command

if TYPE_CHECKING:
    from gridcells._common.protocols import Network
    from gridcells.presets import Preset

__all__ = ["main"]


def train_command(
    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(name="preset", metavar="PRESET")],
    /,
    set: Annotated[tuple[str, ...], tyro.conf.UseAppendAction, tyro.conf.arg(metavar="NAME=VALUE")] = (),
    seed: int = 0,
    out: Path | None = None,
    data: Path | None = None,
    skip_corrupt: bool = False,
    device: str = "cpu",
    resume: bool = False,
) -> None:
    """Train a network from random weights, evaluate it and leave a run folder.

    The folder holds the configuration (run.json), a row an evaluation (metrics.jsonl), the last two checkpoints, the
    final weights (weights.safetensors), the final numbers (summary.json) and a sheet of rate maps (maps.png). An LSTM
    leaves the released code's sheet of all its units as well, anew at each evaluation (rates_and_sac_latest_hd.pdf).

    Args:
        name: Which preset; `gridcells presets` lists them.
        set: Change one setting, for example --set training.steps=500; may be given again.
        seed: Place field centres, initial weights and paths follow from it.
        out: The run folder; runs/PRESET-seedSEED by default.
        data: A dataset's folder to train an LSTM on, as `gridcells dataset make` writes; paths are simulated without.
        skip_corrupt: Leave out the dataset's damaged records, and do without its missing files, instead of stopping.
        device: Where to compute: cpu, cuda or mps.
        resume: Go on with the run in the folder, from its last checkpoint.
    """
    from gridcells.presets import preset  # torch and the like, which `--help` need not wait for
    from gridcells.runs.evaluation import evaluate
    from gridcells.runs.folder import finish, table, write_unit_sheet
    from gridcells.training.distributed import process_group, rank
    from gridcells.training.loop import train
    from gridcells.training.state import own_folder
    from gridcells.training.tasks import make_task
    from gridcells.world.datasets import TrajectoryDataset

    keep_freed_memory()
    setting = preset(name).override(read_assignments(set, "--set"))
    folder = out or Path("runs") / f"{name}-seed{seed}"
    paths: Path | TrajectoryDataset | None = data
    if data is not None and skip_corrupt:
        paths = TrajectoryDataset(data, skip_corrupt=True)
        print(f"left out of {data}: {len(paths.skipped)} damaged records", *paths.skipped, sep="\n  ")
    samples = setting.training.batch * setting.training.path_steps
    with tqdm(
        total=setting.training.steps, unit=" samples", unit_scale=samples, dynamic_ncols=True, leave=False
    ) as bar:

        def show(step: int, numbers: dict[str, float]) -> None:
            if resume and not bar.n:  # what an earlier session did says nothing about the speed of this one
                bar.initial = bar.n = bar.last_print_n = step
                bar.unpause()
            words = [f"loss {numbers['loss']:.3f}"] if "loss" in numbers else []
            words += [f"error {100 * numbers['decoding_error']:.1f} cm"] if "decoding_error" in numbers else []
            bar.set_postfix_str(", ".join(words), False)
            bar.update(step - bar.n)

        watched = make_task(setting, seed) if setting.kind == "pose" else None

        def draw(step: int, network: Network) -> None:
            if watched is not None and step:  # nothing is evaluated at the start
                write_unit_sheet(network, watched, folder)

        with contextlib.ExitStack() as held:  # from the first step to the last file
            with process_group(device) as here:
                first = rank() == 0
                if first:
                    held.enter_context(own_folder(folder))
                run = train(
                    setting,
                    seed=seed,
                    out=folder,
                    data=paths,
                    device=here,
                    resume=resume,
                    observer=show if first else None,
                    watcher=draw if first else None,
                )
            bar.leave = first and bar.n > bar.initial  # an error stands alone, and so does a finished run
            bar.close()
            if not first:
                return
            evaluation = evaluate(run.network, run.task)
            finish(run, evaluation, folder, command=_command(name, set, seed, device, data, skip_corrupt))
    print(table(evaluation))
    print(f"run folder: {folder}")


def presets_command(
    name: Annotated[str | None, tyro.conf.Positional, tyro.conf.arg(name="preset", metavar="PRESET")] = None, /
) -> None:
    """List the presets, every setting with its value, unit and source.

    Args:
        name: Show only this one.
    """
    from gridcells.presets import PRESETS, preset

    for chosen in [preset(name)] if name else list(PRESETS.values()):
        print(_listing(chosen), end="\n\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; errors end it with one line and exit status 2, an interrupt with 130.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``gridcells``; those of the process if None.
    """
    try:
        with interrupted_by_requests(), _warnings_in_one_line():
            _app().cli(prog="gridcells", description="Grid cells in trained networks.", args=arguments)
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output, such as `head`, has had enough
        _drop_output()
        sys.exit(0)
    except KeyboardInterrupt as interrupt:  # `training.loop.Stopped` says how to go on, Ctrl-C elsewhere nothing
        sys.exit(_say(f"gridcells: {str(interrupt) or 'interrupted'}", 130))
    except ImportError as error:
        from gridcells._common.rooms import missing_package

        advice = missing_package(error) if isinstance(error, ModuleNotFoundError) else str(error)
        if advice is None:
            raise
        sys.exit(_say(f"gridcells: error: {advice}", 2))
    except (ValueError, OSError) as error:
        sys.exit(_say(f"gridcells: error: {error}", 2))
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "allocate memory" not in str(error):  # PyTorch's word for it
            raise
        reason = str(error).splitlines()[0] if str(error) else "the numbers asked for do not fit"
        sys.exit(_say(f"gridcells: error: expected something smaller, got too little memory for it ({reason})", 2))


def _app() -> tyro.extras.SubcommandApp:
    """List the commands; what Tyro imports for that can be interrupted like the commands themselves."""
    dataset, app = tyro.extras.SubcommandApp(), tyro.extras.SubcommandApp()
    dataset.command(name="make")(make_command)
    dataset.command(name="info")(info_command)
    commands: dict[str, Callable[..., None]] = {
        "train": train_command,
        "presets": presets_command,
        "score": score_command,
        "figures": figures_command,
        "rerun": rerun_command,
        "sweep": sweep_command,
    }
    for name, command in commands.items():
        app.command(name=name)(command)
    app.command(dataset, name="dataset", help="Make and describe datasets of foraging paths, as TFRecords.")
    return app


@contextlib.contextmanager
def _warnings_in_one_line() -> Iterator[None]:
    """Print a warning as an error is told, without the line of code that it comes from."""
    before = warnings.formatwarning
    warnings.formatwarning = lambda message, *rest: f"gridcells: warning: {message}\n"
    try:
        yield
    finally:
        warnings.formatwarning = before


def _say(message: str, status: int) -> int:
    try:
        sys.stdout.flush()
    except OSError:  # what could not be printed is what is told
        _drop_output()
    print(" ".join(message.splitlines()), file=sys.stderr)
    return status


def _drop_output() -> None:
    """Send the flush at exit nowhere, where nobody reads what is printed or nothing can be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _command(
    name: str, assignments: Sequence[str], seed: int, device: str, data: Path | None = None, skip_corrupt: bool = False
) -> str:
    """Write the words that repeat a run from its start, wherever this one was kept and however often it was resumed."""
    changes = [word for assignment in assignments for word in ("--set", assignment)]
    elsewhere = ["--device", device] if device != "cpu" else []
    source = ["--data", str(data)] if data is not None else []
    source += ["--skip-corrupt"] if data is not None and skip_corrupt else []
    return shlex.join(["gridcells", "train", name, *changes, "--seed", str(seed), *source, *elsewhere])


def _listing(chosen: Preset) -> str:
    rows = [
        (
            setting,
            f"{value:g}" if isinstance(value, float) else str(value) or "–",
            chosen.unit(setting),
            chosen.source(setting),
        )
        for setting, value in chosen.flat().items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{name:<{widths[0]}}  {value:>{widths[1]}} {unit:<{widths[2]}}  {source}" for name, value, unit, source in rows
    ]
    return chosen.name + "\n" + textwrap.indent("\n".join(lines), "  ")
