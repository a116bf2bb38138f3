"""The commands that make and describe datasets: `gridcells dataset make` and `gridcells dataset info`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import tyro
from tqdm import tqdm

__all__ = ["info_command", "make_command"]

Room = Literal["square_room", "circular_room"]


def make_command(
    room: Annotated[Room, tyro.conf.Positional, tyro.conf.arg(metavar="{square_room,circular_room}")],
    /,
    trajectories: int = 1_000_000,
    out: Path = Path("datasets"),
    seed: int = 0,
    files: int | None = None,
    workers: int | None = None,
) -> None:
    """Write foraging paths as TFRecords, in the layout of the dataset released with Banino et al. 2018.

    The folder's name tells the room, the samples of a path, the width and the number of paths. What is already there
    from an earlier call with the same settings stays: a call that was stopped goes on.

    Args:
        room: The arena, 2.2 m wide.
        trajectories: How many paths of 15 s, 100 samples each.
        out: Where the dataset's folder is made.
        seed: The same seed gives the same bytes.
        files: Over how many files they are spread; 100, or as many as there are paths if these are fewer.
        workers: Processes; one a core by default.
    """
    from gridcells.world.dataset_files import DatasetSetting, make_dataset  # torch, which `--help` need not wait for

    number = min(100, trajectories) if files is None else files
    setting = DatasetSetting(room=room, trajectories=trajectories, files=number, seed=seed)
    with tqdm(total=trajectories, unit=" paths", unit_scale=True, dynamic_ncols=True) as bar:
        folder = make_dataset(out, setting, workers=workers, progress=bar.update)
    print(f"dataset: {folder}")


def info_command(
    folder: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="DIR")],
    /,
    skip_corrupt: bool = False,
    out: Path | None = None,
) -> None:
    """Read a whole dataset, verify every checksum, and print counts and statistics; leaves a plot of them.

    Args:
        folder: The dataset's folder.
        skip_corrupt: Count and report damaged records instead of stopping at the first.
        out: The plot, .png or .pdf; info.png in DIR by default.
    """
    from gridcells._common.checks import check_choice
    from gridcells._common.files import atomic_path, writable_folder
    from gridcells.plots import plot_dataset
    from gridcells.world.datasets import TrajectoryDataset
    from gridcells.world.path_statistics import dataset_statistics

    path = folder / "info.png" if out is None else out
    check_choice(path.suffix, "out's suffix", (".png", ".pdf"))
    dataset = TrajectoryDataset(folder, skip_corrupt=skip_corrupt)
    writable_folder(path.parent)
    found = dataset_statistics(dataset)
    rows = [
        ("files", f"{len(dataset.files)} of {dataset.announced}"),
        ("paths", f"{found.trajectories} of {found.steps} samples"),
        ("speed", f"{found.mean_speed:.3f} ± {found.speed_sd:.3f} m/s"),
        ("net turn a sample", f"0 ± {found.turn_sd:.3f} rad"),
        ("largest coordinate", f"{found.half_side:.3f} m"),
    ]
    if skip_corrupt:
        rows.append(("left out", f"{len(dataset.skipped)} damaged"))
    for name, value in rows:
        print(f"{name:<20} {value}")
    for problem in dataset.skipped:
        print(f"  {problem}")
    figure = plot_dataset(
        found.speed,
        found.speed_edges,
        found.turn,
        found.turn_edges,
        found.occupancy,
        found.half_side,
        title=f"{folder.name}: {found.trajectories} paths of {found.steps} samples",
    )
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=150)
    print(f"plot: {path}")
