"""What a sweep costs beside its runs, and how well two workers share the work.

Overhead: runs that compute nothing; the time of all over their number, the start told apart. Efficiency: the same small
networks by one worker, then by two; the time of one over twice that of two. Both in one call, on a quiet machine::

    python benchmarks/sweeps.py [--runs 1000] [--networks 8]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from gridcells.presets import preset
from gridcells.runs.sweeps import Sweep, SweepRun, run_sweep
from gridcells.runs.sweeps.trained import train_and_score
from gridcells.runs.sweeps.work import Work, nothing


def timed(sweep: Sweep, workers: int, work: Work) -> tuple[float, float]:
    """Return the seconds until the first run was done, and from then to the last."""
    moments: list[float] = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run_sweep(
            sweep, Path(folder), workers=workers, work=work, progress=lambda *told: moments.append(time.perf_counter())
        )
    return moments[0] - began, moments[-1] - moments[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--networks", type=int, default=8)
    chosen = parser.parse_args()

    tiny = preset("debate").override({"units": 8, "steps": 4})
    empty = Sweep("nothing", tuple(SweepRun(tiny, seed) for seed in range(chosen.runs)))
    start, rest = timed(empty, 2, nothing)
    print(
        f"overhead: {1000 * rest / (chosen.runs - 1):.1f} ms a run over {chosen.runs} runs, 2 workers;"
        f" start {start:.1f} s"
    )

    small = preset("debate").override({"steps": 150, "evaluate_every": 150})
    some = Sweep("networks", tuple(SweepRun(small, seed) for seed in range(chosen.networks + 2)))
    seconds = {workers: timed(some, workers, train_and_score)[1] for workers in (1, 2)}
    # from the first run's end on: one worker has all the others to do, two have one less between them
    rate = {1: (len(some.runs) - 1) / seconds[1], 2: (len(some.runs) - 2) / seconds[2]}
    print(
        f"efficiency of 2 workers: {rate[2] / (2 * rate[1]):.2f}"
        f" ({60 * rate[1]:.1f} and {60 * rate[2]:.1f} networks/min)"
    )


if __name__ == "__main__":
    main()
