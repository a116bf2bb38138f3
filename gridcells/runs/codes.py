"""Codes of space that are learnt without place cells to predict, and ship with the library.

python -m gridcells.runs.codes NAME [SEED ...]   # learn a set anew, at the library's own place

What was learnt is kept every thousand steps in runs/codes; the same command goes on from there.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from gridcells._common.checks import check_choice
from gridcells._common.files import write_json
from gridcells._common.reading import read_sealed, sealed
from gridcells.runs.folder import versions
from gridcells.theory import (
    CONNECTIONS,
    ActionableCode,
    AlignedCode,
    DistanceCode,
    IntegratingCode,
    learn_actionable_codes,
    learn_aligned_codes,
    learn_distance_codes,
    learn_integrating_codes,
)
from gridcells.training.checkpoints import (
    Checkpoint,
    latest_checkpoint,
    load_weights,
    remove_orphans,
    save_checkpoint,
    save_weights,
)

__all__ = ["CODE_SETS", "learn_codes", "load_codes", "ship_codes"]

Code = ActionableCode | AlignedCode | DistanceCode | IntegratingCode

_SHIPPED = Path(__file__).parents[1] / "shipped" / "codes"
_HELD_OUT = (5, 6, 7, 8, 9)
_KEPT_EVERY = 1000  # steps


class CodeSet(NamedTuple):
    """Which codes a set holds.

    Attributes
    ----------
    kind : {"distance", "integrating", "actionable", "aligned"}
        What learns them: `learn_distance_codes` and so on.
    settings : dict
        What is not as these have it.
    seeds : tuple of int
        One a code.
    """

    kind: str
    settings: dict[str, float | str]
    seeds: tuple[int, ...] = _HELD_OUT


#: The sets that ship, by name.
CODE_SETS = {
    "distance": CodeSet("distance", {}),
    "distance_alone": CodeSet("distance", {"distance_share": 0.8, "steps": 30_000}, (5, 6, 7)),
    "integrating": CodeSet("integrating", {}, (5, 6, 7)),
    "actionable": CodeSet("actionable", {}),
    "actionable_precise": CodeSet("actionable", {"confusion": 0.04}, (5, 6, 7)),
    "aligned_ring": CodeSet("aligned", {"connections": "ring"}),
    "aligned_sheet": CodeSet("aligned", {"connections": "sheet"}),
    "aligned_none": CodeSet("aligned", {"connections": "none", "pace": 2.0}),
}

_LEARN: dict[str, Callable[..., Sequence[Code]]] = {
    "distance": learn_distance_codes,
    "integrating": learn_integrating_codes,
    "actionable": learn_actionable_codes,
    "aligned": learn_aligned_codes,
}


def learn_codes(
    name: str, seeds: Sequence[int] = (), *, steps: int | None = None, folder: Path | None = None
) -> dict[int, Code]:
    """Learn codes of a set → {seed: code}.

    Parameters
    ----------
    name : str
        One of `CODE_SETS`.
    seeds : sequence of int
        One a code; none: those that ship.
    steps : int, optional
        Gradient steps; None: as many as the set has.
    folder : pathlib.Path, optional
        Where the state is kept every thousand steps, and from where training goes on if it stopped, to the last bit.
        None: nowhere.

    Returns
    -------
    dict of int to code
        The codes.

    Raises
    ------
    ValueError
        If there is no such set.

    Examples
    --------
    >>> learn_codes("actionable", [0], steps=2)[0].weights.shape
    (64, 63)
    """
    chosen = CODE_SETS[check_choice(name, "name", tuple(CODE_SETS))]
    learn = _LEARN[chosen.kind]
    settings = chosen.settings if steps is None else {**chosen.settings, "steps": steps}
    seeds = seeds or chosen.seeds
    kept = None if folder is None else _Kept(folder, {"name": name, "settings": settings, "seeds": list(seeds)})
    return dict(zip(seeds, learn(seeds, **settings, keeper=kept), strict=True))


def load_codes(name: str, folder: Path | None = None) -> dict[int, Code]:
    """Read a set of codes that ships with the library → {seed: code}.

    Parameters
    ----------
    name : str
        One of `CODE_SETS`.
    folder : pathlib.Path, optional
        Where the sets are; the library's own by default.

    Returns
    -------
    dict of int to code
        The codes.

    Raises
    ------
    ValueError
        If there is no such set, or its numbers are not those of its description.

    Examples
    --------
    >>> sorted(load_codes("distance"))
    [5, 6, 7, 8, 9]
    """
    check_choice(name, "name", tuple(CODE_SETS))
    stem = (folder or _SHIPPED) / name
    told = read_sealed(stem.with_suffix(".json"), told=False)
    held = load_weights(stem.with_suffix(".safetensors.xz"), sha256=told["sha256"])
    return {
        seed: _joined({key: held[f"{seed}.{key}"].double().numpy() for key in told["parts"]}) for seed in told["seeds"]
    }


def ship_codes(name: str, codes: dict[int, Code], seconds: float, folder: Path | None = None) -> Path:
    """Write a set of codes, rounded to half precision, with the words that repeat it.

    Parameters
    ----------
    name : str
        One of `CODE_SETS`.
    codes : dict of int to code
        The codes by seed.
    seconds : float
        How long they took, s.
    folder : pathlib.Path, optional
        Where to; the library's own place by default.

    Returns
    -------
    pathlib.Path
        The description's path.

    Raises
    ------
    ValueError
        If there is no such set, or a code's numbers are not finite.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as where:
    ...     path = ship_codes("distance", learn_codes("distance", [0], steps=2), 0.1, Path(where))
    ...     load_codes("distance", Path(where))[0].side
    2.2
    """
    chosen = CODE_SETS[check_choice(name, "name", tuple(CODE_SETS))]
    stem = (folder or _SHIPPED) / name
    stem.parent.mkdir(parents=True, exist_ok=True)
    parts = {seed: _parts(code) for seed, code in codes.items()}
    if lost := [seed for seed, held in parts.items() if not all(np.isfinite(part).all() for part in held.values())]:
        raise ValueError(f"codes: expected finite numbers, got others in those of seeds {lost}: learning has diverged")
    described = {
        "command": f"python -m gridcells.runs.codes {name} {' '.join(map(str, codes))}",
        "settings": chosen.settings,
        "seeds": list(codes),
        "parts": sorted(next(iter(parts.values()))),
        "seconds": round(seconds, 1),
        "threads": torch.get_num_threads(),
        "versions": versions(),
        "sha256": save_weights(
            stem.with_suffix(".safetensors.xz"),
            {f"{seed}.{key}": torch.from_numpy(part) for seed, held in parts.items() for key, part in held.items()},
        ),
    }
    write_json(stem.with_suffix(".json"), sealed(described))
    return stem.with_suffix(".json")


class _Kept:
    """Checkpoints of one training in a folder."""

    def __init__(self, folder: Path, identity: dict[str, object]) -> None:
        self.folder, self.identity = folder, identity
        folder.mkdir(parents=True, exist_ok=True)
        remove_orphans(folder)

    def restore(self) -> tuple[int, dict[str, torch.Tensor]]:
        """Return the steps of the newest usable checkpoint and its tensors."""
        found = latest_checkpoint(self.folder, expected=self.identity)
        return (0, {}) if found is None else (found.step, found.tensors)

    def after(self, step: int, tensors: Callable[[], dict[str, torch.Tensor]]) -> None:
        """Write a checkpoint every thousand steps."""
        if step % _KEPT_EVERY == 0:
            save_checkpoint(self.folder, Checkpoint(step, tensors(), self.identity))


def _parts(code: Code) -> dict[str, np.ndarray]:
    """Return the arrays that a code is made of; weights of networks in half precision."""
    if isinstance(code, ActionableCode):
        return {
            "waves": code.waves.astype(np.float32),
            "weights": code.weights.astype(np.float32),
            "spread": np.array(code.spread),
        }
    if isinstance(code, AlignedCode):
        numbers = code.gain, code.side, CONNECTIONS.index(code.connections), code.strength, code.reach
        return {"weights": code.weights.astype(np.float16), "numbers": np.array(numbers)}
    start = code.start if isinstance(code, IntegratingCode) else code
    parts = {
        f"layer{place}.{what}": part.astype(np.float16)
        for place, layer in enumerate(start.layers)
        for what, part in zip(("weight", "bias"), layer, strict=True)
    }
    if isinstance(code, IntegratingCode):
        parts |= {"recurrent": code.recurrent.astype(np.float16), "velocity": code.velocity.astype(np.float16)}
    return {**parts, "side": np.array(start.side)}


def _joined(parts: dict[str, np.ndarray]) -> Code:
    """Return the code of such arrays."""
    if "waves" in parts:
        return ActionableCode(parts["waves"], parts["weights"], float(parts["spread"]))
    if "numbers" in parts:
        gain, side, kind, strength, reach = map(float, parts["numbers"])
        return AlignedCode(parts["weights"], gain, side, CONNECTIONS[int(kind)], strength, reach)
    layers = [
        (parts[f"layer{place}.weight"], parts[f"layer{place}.bias"])
        for place in range(sum(name.endswith("bias") for name in parts))
    ]
    start = DistanceCode(layers, float(parts["side"]))
    return IntegratingCode(start, parts["recurrent"], parts["velocity"]) if "recurrent" in parts else start


if __name__ == "__main__":
    if not sys.argv[1:] or sys.argv[1].startswith("-") or not all(seed.isdecimal() for seed in sys.argv[2:]):
        sys.exit(f"usage: python -m gridcells.runs.codes NAME [SEED ...]  (NAME: {', '.join(CODE_SETS)})")
    started = time.perf_counter()
    try:
        folder = Path("runs", "codes", "-".join(sys.argv[1:]))
        learnt = learn_codes(sys.argv[1], [int(seed) for seed in sys.argv[2:]], folder=folder)
        print(ship_codes(sys.argv[1], learnt, time.perf_counter() - started))
        shutil.rmtree(folder)
    except (OSError, ValueError) as error:
        sys.exit(f"gridcells.runs.codes: {error}")
