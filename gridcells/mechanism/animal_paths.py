"""How networks that ship follow a recorded animal's path; and a table of those that were measured so.

python -m gridcells.mechanism.animal_paths POSITIONS SPIKES   # one recording, in cm, into the table
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gridcells._common.files import write_json
from gridcells._common.reading import read_sealed, sealed
from gridcells.mechanism.speeds import follow
from gridcells.recordings.readers import read_recording
from gridcells.recordings.recording import Recording
from gridcells.recordings.replays import replay
from gridcells.runs.shipped import load_shipped, shipped_runs
from gridcells.training.place_task import PlaceTask

__all__ = ["FollowedAnimal", "follow_animal", "load_followed"]

TABLE = Path(__file__).parents[1] / "shipped" / "animal_paths.json"
LABELS = ("laptop", "laptop+speed_spread=4", "integrator")
HURRIES = (1.0, 2.0, 5.0)
STEPS = (40, 200)


@dataclass(frozen=True)
class FollowedAnimal:
    """How one network follows an animal's path, cut into walks, at their end.

    Attributes
    ----------
    label : str
        Preset and changed settings, "laptop+speed_spread=4".
    seed : int
        Its seed.
    hurry : float
        How many times as fast as it ran the animal goes.
    steps : int
        Samples of each walk.
    walks : int
        How many.
    speed : float
        Their mean speed, m/s.
    error, lost : float
        Mean error, and that of an animal that is taken to stay where it started, m.
    gain : float
        Decoded over true displacement.
    """

    label: str
    seed: int
    hurry: float
    steps: int
    walks: int
    speed: float
    error: float
    lost: float
    gain: float


def load_followed(*, path: Path = TABLE) -> list[FollowedAnimal]:
    """List what networks that ship made of a recorded path.

    Notes
    -----
    Source: the path is that of rat 10704, session 07070407, of Sargolini et al. 2006: 600 s in a box of 1 m.

    Examples
    --------
    >>> sorted({row.steps for row in load_followed()})
    [40, 200]
    """
    return [FollowedAnimal(**row) for row in read_sealed(path)["rows"]]


def follow_animal(
    recording: Recording,
    networks: Mapping[str, Sequence[int]],
    *,
    hurries: Sequence[float] = HURRIES,
    steps: Sequence[int] = STEPS,
) -> list[FollowedAnimal]:
    """Have networks that ship integrate an animal's path.

    Parameters
    ----------
    recording : Recording
        Positions with their times.
    networks : mapping of str to sequence of int
        Seeds by preset and changed settings, as `gridcells.runs.shipped_runs` lists them.
    hurries : sequence of float
        How many times as fast the animal goes.
    steps : sequence of int
        Samples of each walk.

    Returns
    -------
    list of FollowedAnimal
        One of each network, haste and length.

    Raises
    ------
    ValueError
        If no such network ships, it learnt another task, the path is none so long, or a number is not above 0.

    Examples
    --------
    >>> from gridcells.recordings import simulate_session
    >>> animal = simulate_session(seconds=60.0, generator=0).recording()
    >>> [row.walks for row in follow_animal(animal, {"small": [0]}, hurries=[1.0], steps=[40])]
    [74]
    """
    rows = []
    for label, seeds in networks.items():
        for seed in seeds:
            run = load_shipped(label, seed)
            if not isinstance(run.task, PlaceTask):
                raise ValueError(f"networks: expected networks that learnt place cells from velocities, got {label!r}")
            arena, time_step = run.task.preset.arena, run.task.preset.motion.time_step
            for hurry, count in ((hurry, count) for hurry in hurries for count in steps):
                walks = replay(recording, arena, time_step=time_step, steps=count, hurry=hurry)
                found = dataclasses.asdict(follow(run.network, run.task, walks))
                told = {name: float(f"{value:.5g}") for name, value in found.items()}
                speed = float(f"{walks.speed.mean():.5g}")
                rows.append(FollowedAnimal(label, seed, hurry, count, len(walks.position), speed, **told))
    return rows


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m gridcells.mechanism.animal_paths POSITIONS SPIKES  (files of one recording, in cm)")
    try:
        animal = read_recording(sys.argv[1], spikes=[sys.argv[2]], position_unit="cm")
        every = follow_animal(animal, {label: shipped_runs()[label] for label in LABELS})
    except (OSError, ValueError) as error:
        sys.exit(f"gridcells.mechanism.animal_paths: {error}")
    write_json(TABLE, sealed({"rows": [dataclasses.asdict(row) for row in every]}))
    for row in every:
        print(row)
