"""Weights in the form that the published code saves: written from a network, and read without executing anything."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gridcells._common.checks import check_choice
from gridcells._common.files import atomic_path
from gridcells.networks.path_integrator import CELLS, PathIntegrator

__all__ = ["export_published", "load_published"]


_PUBLISHED_NAMES = ("encoder.weight", "RNN.weight_ih_l0", "RNN.weight_hh_l0", "decoder.weight")


def export_published(network: PathIntegrator, path: str | Path) -> None:
    """Write the weights in the published form: a state dict for inputs in metres per step and plain place codes.

    Parameters
    ----------
    network : PathIntegrator
        The network; standardised inputs are folded into the weights, so the outputs stay the same.
    path : path_like
        The file, usually ``…/most_recent_model.pth``.

    Raises
    ------
    OSError
        If the file cannot be written.

    Notes
    -----
    Source: code released with Sorscher et al. 2019, trainer (the names of the four matrices). With Σp = 1,
    E (cells · p - 1) = (cells · E - E 1 1ᵀ) p.

    Examples
    --------
    >>> import tempfile
    >>> network = PathIntegrator(12, 8, generator=torch.Generator().manual_seed(0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_published(network, Path(folder) / "most_recent_model.pth")
    ...     sorted(torch.load(Path(folder) / "most_recent_model.pth", weights_only=True))
    ['RNN.weight_hh_l0', 'RNN.weight_ih_l0', 'decoder.weight', 'encoder.weight']
    """
    state = {name: weight.detach().cpu().clone() for name, weight in network.state_dict().items()}
    if network.standardised:
        encoder = state["encoder.weight"].double()
        folded = encoder.shape[1] * encoder - encoder.sum(1, keepdim=True)
        state["encoder.weight"] = folded.float()
        state["RNN.weight_ih_l0"] = state["RNN.weight_ih_l0"] / network.time_step
    with atomic_path(path) as temporary:
        torch.save(state, temporary)


def load_published(path: str | Path, *, cell: str = "relu", time_step: float = 0.02) -> PathIntegrator:
    """Read a network that the published code saved, without executing anything in the file.

    Parameters
    ----------
    path : path_like
        A PyTorch state dict (``.pth``), or the older ``.npy`` that holds the list [encoder, input, recurrent, decoder],
        each matrix transposed.
    cell : {"relu", "tanh", "gru", "lstm"}
        The recurrent layer, which the file does not say.
    time_step : float
        Time between samples of the network's paths, s.

    Returns
    -------
    PathIntegrator
        A network in the published form.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds anything but these matrices; the message says what is wrong.

    Notes
    -----
    Source: code released with Sorscher et al. 2019, trainer (``most_recent_model.pth``) and its example weights.

    Examples
    --------
    >>> import tempfile
    >>> network = PathIntegrator(12, 8, generator=torch.Generator().manual_seed(0))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     export_published(network, Path(folder) / "most_recent_model.pth")
    ...     same = load_published(Path(folder) / "most_recent_model.pth")
    >>> same.units, torch.equal(same.recurrent_weight, network.recurrent_weight)
    (8, True)
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"path: expected a .pth or .npy file of weights, got {path}")
    check_choice(cell, "cell", tuple(CELLS))
    if path.suffix == ".npy":
        matrices = _read_list_of_arrays(path)
        if len(matrices) != 4 or any(matrix.ndim != 2 for matrix in matrices):
            shapes = [matrix.shape for matrix in matrices]
            raise ValueError(f"{path}: expected four matrices (encoder, input, recurrent, decoder), got {shapes}")
        state = {
            name: torch.tensor(matrix.T, dtype=torch.float32)
            for name, matrix in zip(_PUBLISHED_NAMES, matrices, strict=True)
        }
    else:
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError) as error:
            raise ValueError(f"{path}: expected a PyTorch state dict, got a file that is none ({error})") from error
    if not isinstance(state, dict) or set(state) != set(_PUBLISHED_NAMES):
        got = sorted(map(str, state)) if isinstance(state, dict) else type(state).__name__
        raise ValueError(f"{path}: expected the weights {', '.join(_PUBLISHED_NAMES)}, got {got}")
    cells, units = state["decoder.weight"].shape
    network = PathIntegrator(cells, units, cell=cell, time_step=time_step)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"{path}: expected the matrices of a {cell} network that fit together, got {error}") from error
    return network


class _Inert:
    """Stands in for a numpy class named in a pickle: keeps what the file says and runs nothing."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def arrays(self) -> list[np.ndarray]:
        """Build the elements of the object array that the file describes."""
        return [item.array() for item in self.state[4]]

    def array(self) -> np.ndarray:
        """Build the array that the file describes, from its shape, type code and bytes."""
        _, shape, kind, fortran, data = self.state
        dtype = np.dtype(kind.arguments[0]).newbyteorder(kind.state[1] if kind.state[1] in "<>" else "=")
        if dtype.kind not in "fiu":
            raise ValueError(f"type {dtype}")
        raw = data if isinstance(data, bytes) else data.encode("latin1")
        return np.frombuffer(raw, dtype).reshape(shape, order="F" if fortran else "C")


class _InertUnpickler(pickle.Unpickler):
    """Follows a pickle of numpy arrays without importing or calling anything that it names."""

    def find_class(self, module: str, name: str) -> Any:
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return _Inert
        if module == "numpy" and name in ("ndarray", "dtype"):
            return _Inert
        if (module, name) == ("_codecs", "encode"):
            return lambda text, encoding: text.encode("latin1")
        raise pickle.UnpicklingError(f"it names {module}.{name}")


def _read_list_of_arrays(path: Path) -> list[np.ndarray]:
    """Read the object-typed ``.npy`` that ``np.save`` makes of a list of matrices."""
    with open(path, "rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            read_header = (
                np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            )
            _, _, dtype = read_header(file)
            if not dtype.hasobject:
                raise ValueError(f"an array of {dtype}")
            held = _InertUnpickler(file, encoding="latin1").load()
            return held.arrays() if isinstance(held, _Inert) else [item.array() for item in held]
        except (ValueError, TypeError, AttributeError, EOFError, pickle.UnpicklingError, IndexError) as error:
            raise ValueError(
                f"{path}: expected a list of weight matrices saved by numpy, got a file with {error}"
            ) from error
