"""Checkpoints that survive anything: safetensors plus JSON, each file whole or absent, checked by hash when read."""

from __future__ import annotations

import hashlib
import json
import lzma
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from gridcells._common.files import atomic_path, write_json

__all__ = ["Checkpoint", "latest_checkpoint", "load_weights", "save_checkpoint", "save_weights"]

JSONObject = dict[str, Any]  # what `json.loads` makes of an object

_FORMAT = "gridcells checkpoint 1"
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
        The JSON file, which is written last and vouches for the tensors by their hash.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; earlier checkpoints stay.
    """
    stem = folder / f"checkpoint-{checkpoint.step:08d}"
    digest = save_weights(stem.with_suffix(".safetensors"), checkpoint.tensors)
    vouch = {"format": _FORMAT, "step": checkpoint.step, "sha256": digest, **checkpoint.state}
    write_json(stem.with_suffix(".json"), vouch)
    for old in _descriptions(folder)[_KEEP:]:
        old.unlink()
        old.with_suffix(".safetensors").unlink(missing_ok=True)
    return stem.with_suffix(".json")


def latest_checkpoint(folder: Path, *, expected: JSONObject) -> Checkpoint | None:
    """Read the newest usable checkpoint; a torn or foreign one is refused by name, and the one before it is used.

    Parameters
    ----------
    folder : pathlib.Path
        The run's folder.
    expected : dict
        Entries of the state that must be as given, such as the configuration and the seed.

    Returns
    -------
    Checkpoint or None
        None if there is none.

    Warns
    -----
    UserWarning
        For each refused checkpoint: its name and what is wrong with it.
    """
    for description in _descriptions(folder):
        try:
            return _read(description, expected)
        except (OSError, ValueError, KeyError, safetensors.SafetensorError) as error:
            warnings.warn(f"checkpoint {description.name} refused: {error}", stacklevel=2)
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
    data = Path(path).read_bytes()
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{Path(path).name} is not what was written (its SHA-256 differs): torn or changed")
    return safetensors.torch.load(lzma.decompress(data) if Path(path).suffix == ".xz" else data)


def _read(description: Path, expected: JSONObject) -> Checkpoint:
    state = json.loads(description.read_text(encoding="utf-8"))
    if not isinstance(state, dict) or state.pop("format", None) != _FORMAT:
        raise ValueError(f"not a {_FORMAT!r}")
    for name, value in expected.items():
        if state.get(name) != value:
            raise ValueError(f"its {name} is another run's: {_difference(state.get(name), value)}")
    tensors = load_weights(description.with_suffix(".safetensors"), sha256=state.pop("sha256"))
    return Checkpoint(int(state.pop("step")), tensors, state)


def _difference(got: object, expected: object) -> str:
    if isinstance(got, dict) and isinstance(expected, dict):
        names = sorted(name for name in {*got, *expected} if got.get(name) != expected.get(name))
        return ", ".join(f"{name} {got.get(name)!r} instead of {expected.get(name)!r}" for name in names)
    return f"{got!r} instead of {expected!r}"


def _descriptions(folder: Path) -> list[Path]:
    return sorted(folder.glob("checkpoint-*.json"), reverse=True)
