"""Checkpoints that survive anything: safetensors plus JSON under one digest, each file whole or absent."""

from __future__ import annotations

import hashlib
import lzma
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from gridcells._common.files import atomic_path, write_json
from gridcells._common.reading import check_digest, read_json, sealed
from gridcells._common.unpacking import unxz

__all__ = ["Checkpoint", "latest_checkpoint", "load_weights", "remove_orphans", "save_checkpoint", "save_weights"]

JSONObject = dict[str, Any]  # what `json.loads` makes of an object

_FORMAT = "gridcells checkpoint 2"
_OLDER = "gridcells checkpoint 1"  # whose JSON files carry no digest
_UNUSABLE = (OSError, ValueError, KeyError, TypeError, OverflowError, RuntimeError, safetensors.SafetensorError)
_XZ = [{"id": lzma.FILTER_LZMA2, "preset": 6, "lc": 0, "lp": 1, "pb": 1}]  # for numbers of two bytes
_KEEP = 2  # the newest, and the one before it in case the newest is torn


@dataclass(frozen=True)
class Checkpoint:
    """Everything that a run needs to go on as if it had never stopped.

    Parameters
    ----------
    step : int
        Gradient steps taken.
    tensors : dict of str to torch.Tensor
        Weights ("network.…"), optimiser state ("optimiser.…") and running sums.
    state : dict
        What JSON can hold: configuration, seed, the generator's place, metrics so far.
    """

    step: int
    tensors: dict[str, torch.Tensor]
    state: JSONObject


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint and remove all but the two newest.

    Parameters
    ----------
    folder : pathlib.Path
        The run's folder.
    checkpoint : Checkpoint
        What to keep.

    Returns
    -------
    pathlib.Path
        The JSON file, which is written last and vouches for the tensors by their hash, and for itself by its digest.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; earlier checkpoints stay.
    """
    stem = folder / f"checkpoint-{checkpoint.step:08d}"
    digest = save_weights(stem.with_suffix(".safetensors"), checkpoint.tensors)
    vouch = {"format": _FORMAT, "step": checkpoint.step, "sha256": digest, **checkpoint.state}
    write_json(stem.with_suffix(".json"), sealed(vouch))
    for old in _descriptions(folder)[_KEEP:]:
        old.unlink(missing_ok=True)
        old.with_suffix(".safetensors").unlink(missing_ok=True)
    return stem.with_suffix(".json")


def remove_orphans(folder: Path) -> None:
    """Remove tensors without their JSON file, which a kill between the two leaves; this process holds the folder.

    Parameters
    ----------
    folder : pathlib.Path
        The run's folder.
    """
    for tensors in folder.glob("checkpoint-*.safetensors"):
        if not tensors.with_suffix(".json").exists():
            tensors.unlink(missing_ok=True)


def latest_checkpoint(
    folder: Path, *, expected: JSONObject, check: Callable[[Checkpoint], None] | None = None
) -> Checkpoint | None:
    """Read the newest usable checkpoint; a torn, changed or foreign one is refused by name, and the one before is used.

    Parameters
    ----------
    folder : pathlib.Path
        The run's folder.
    expected : dict
        Entries of the state that must be as given, such as the configuration and the seed.
    check : callable, optional
        Raises a ValueError where a checkpoint does not fit what is to go on from it.

    Returns
    -------
    Checkpoint or None
        None if there is none.

    Warns
    -----
    UserWarning
        For each refused checkpoint: its name and what is wrong with it. For one that carries no digest: that.
    """
    for description in _descriptions(folder):
        try:
            checkpoint = _read(description, expected)
            if check is not None:
                check(checkpoint)
        except _UNUSABLE as error:
            told = f"without {error}" if isinstance(error, KeyError) else error
            warnings.warn(f"checkpoint {description.name} refused: {told}", stacklevel=2)
        else:
            return checkpoint
    return None


def save_weights(path: Path, tensors: dict[str, torch.Tensor]) -> str:
    """Write tensors as safetensors, compressed if the name ends in .xz, atomically; return the file's SHA-256.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     digest = save_weights(Path(folder) / "weights.safetensors.xz", {"bias": torch.ones(2)})
    >>> len(digest)
    64
    """
    data = safetensors.torch.save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    if Path(path).suffix == ".xz":
        data = lzma.compress(data, filters=_XZ)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def load_weights(path: Path, *, sha256: str | None = None) -> dict[str, torch.Tensor]:
    """Read tensors from safetensors; raise ValueError if the file's hash is not ``sha256``.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     digest = save_weights(Path(folder) / "weights.safetensors.xz", {"bias": torch.ones(2)})
    ...     load_weights(Path(folder) / "weights.safetensors.xz", sha256=digest)
    {'bias': tensor([1., 1.])}
    """
    path = Path(path)
    data = path.read_bytes()
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{path.name} is not what was written (its SHA-256 differs): torn or changed")
    try:
        return safetensors.torch.load(unxz(data, path) if path.suffix == ".xz" else data)
    except (safetensors.SafetensorError, KeyError, TypeError, OverflowError, RuntimeError) as error:
        raise ValueError(f"{path}: expected weights as safetensors, got something else ({error})") from None


def _read(description: Path, expected: JSONObject) -> Checkpoint:
    state = read_json(description)
    vouched = check_digest(state, description)
    written = state.pop("format", None)
    if written not in (_FORMAT, _OLDER):
        raise ValueError(f"not a {_FORMAT!r}")
    if not vouched and written == _FORMAT:
        raise ValueError("it carries no digest")
    for name, value in expected.items():
        if state.get(name) != value:
            raise ValueError(f"its {name} is another run's: {_difference(state.get(name), value)}")
    step = state.pop("step")
    if type(step) is not int or description.stem != f"checkpoint-{step:08d}":
        raise ValueError(f"its step is {step!r}, not that of its name")
    tensors = load_weights(description.with_suffix(".safetensors"), sha256=str(state.pop("sha256")))
    if not vouched:
        warnings.warn(f"checkpoint {description.name} carries no digest: an older version wrote it", stacklevel=3)
    return Checkpoint(step, tensors, state)


def _difference(got: object, expected: object) -> str:
    if isinstance(got, dict) and isinstance(expected, dict):
        names = sorted(name for name in {*got, *expected} if got.get(name) != expected.get(name))
        return ", ".join(f"{name} {got.get(name)!r} instead of {expected.get(name)!r}" for name in names)
    return f"{got!r} instead of {expected!r}"


def _descriptions(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*.json"), reverse=True)
