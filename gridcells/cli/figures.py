"""The command that draws a paper's figures from a run: `gridcells figures banino2018`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro

__all__ = ["figures_command"]


def figures_command(
    paper: Annotated[Literal["banino2018"], tyro.conf.Positional, tyro.conf.arg(metavar="{banino2018}")],
    /,
    run: str = "banino2018_code",
    seed: int = 0,
    out: Path = Path("figures"),
) -> None:
    """Draw the figures of the paper's supervised part from a run that ships with the library, or one of your own.

    Leaves a PNG and a PDF of each in OUT/banino2018, and the released code's own PDF of every unit's map and
    autocorrelogram, ordered by grid score, with the ring that gave it (rates_and_sac_latest_hd.pdf).

    Args:
        paper: Whose figures.
        run: A folder that `gridcells train` finished, or a run that ships, by name ("square_grids+dropout=0").
        seed: The shipped run's seed.
        out: Where the figures go.
    """
    import matplotlib

    from gridcells._common.files import writable_folder
    from gridcells.book.banino2018_figures import save_all
    from gridcells.mechanism.banino2018 import LSTMStudy
    from gridcells.runs.own import load_run
    from gridcells.runs.shipped import load_shipped
    from gridcells.training.pose_task import PoseTask

    matplotlib.use("agg")
    writable_folder(out)
    found = load_run(run) if Path(run).is_dir() else load_shipped(run, seed)
    if not isinstance(found.task, PoseTask):
        raise ValueError(f"run: expected one of an LSTM of {paper}, got {run!r}")
    name, seed = found.task.preset.label, found.task.seed
    for path in save_all(LSTMStudy(found.network, found.task), out, preset=name, seed=seed):
        print(path)
