"""Weights in the form that the published code saves: written from a network, and read without executing anything."""

from __future__ import annotations

import io
import itertools
import pickle
import pickletools
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gridcells._common.checks import check_choice
from gridcells._common.files import atomic_path
from gridcells._common.unpacking import check_archive, check_unpacked
from gridcells.networks.path_integrator import CELLS, PathIntegrator

__all__ = ["export_published", "load_published"]


_GATES = {"relu": (1, 1), "tanh": (1, 1), "gru": (1, 3), "lstm": (2, 4)}  # of each cell: states, and rows of weights
_STEPS = 10_000  # of a pickle: a state dict of four matrices takes some hundred
_PUBLISHED_NAMES = ("encoder.weight", "RNN.weight_ih_l0", "RNN.weight_hh_l0", "decoder.weight")
_WRAPPERS = ("module.", "_orig_mod.")  # before the names of a network that was trained in parallel, or compiled


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
    ValueError
        If the network has a leak or biases, for which the published form has no place.

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
    if network.leak < 1 or network.bias is not None:
        raise ValueError(f"network: expected no leak and no bias, got {network.leak} and {network.bias is not None}")
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
        A PyTorch state dict (``.pth``), also one that was saved inside ``DataParallel``, ``DistributedDataParallel`` or
        ``torch.compile``; or the older ``.npy`` that holds the list [encoder, input, recurrent, decoder],
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
        If the file holds anything but these matrices, in single or double precision, finite and of shapes that fit
        together, or is damaged; the message says what is wrong.

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
    state = _state_of_arrays(path) if path.suffix == ".npy" else _unwrapped(_state_dict(path))
    if not isinstance(state, dict) or set(state) != set(_PUBLISHED_NAMES):
        got = sorted(map(str, state))[:8] if isinstance(state, dict) else type(state).__name__
        raise ValueError(f"{path}: expected the weights {', '.join(_PUBLISHED_NAMES)}, got {got}")
    cells, units = _check_matrices(path, state, cell)
    network = PathIntegrator(cells, units, cell=cell, time_step=time_step)
    network.load_state_dict(state)
    return network


def _check_matrices(path: Path, state: dict[str, torch.Tensor], cell: str) -> tuple[int, int]:
    """Return the numbers of place cells and units, or raise unless the matrices are those of one network."""
    for name, weight in state.items():
        plain = isinstance(weight, torch.Tensor) and weight.layout == torch.strided and weight.device.type == "cpu"
        if not plain or weight.ndim != 2 or not weight.numel():
            got = f"{weight.dtype} {list(weight.shape)}" if isinstance(weight, torch.Tensor) else type(weight).__name__
            raise ValueError(f"{path}: expected a matrix {name}, got {got}")
        if weight.dtype not in (torch.float32, torch.float64):
            raise ValueError(f"{path}: expected {name} in single or double precision, got {weight.dtype}")
        check_unpacked(path, weight.numel() * 8, name=name)
    cells, units = state["decoder.weight"].shape
    states, rows = _GATES[cell]
    shapes = ((states * units, cells), (rows * units, 2), (rows * units, units), (cells, units))
    for name, expected in zip(_PUBLISHED_NAMES, shapes, strict=True):
        if tuple(state[name].shape) != expected:
            raise ValueError(
                f"{path}: expected the matrices of a {cell} network that fit together, {name} of shape"
                f" {list(expected)} for {cells} place cells and {units} units, got {list(state[name].shape)}"
            )
    for name, weight in state.items():
        if not bool(torch.isfinite(weight).all()):
            raise ValueError(f"{path}: expected finite weights, got NaN or infinity in {name}")
    return int(cells), int(units)


def _state_of_arrays(path: Path) -> dict[str, torch.Tensor]:
    matrices = _read_list_of_arrays(path)
    if len(matrices) != 4 or any(matrix.ndim != 2 for matrix in matrices):
        shapes = [matrix.shape for matrix in matrices][:8]
        raise ValueError(f"{path}: expected four matrices (encoder, input, recurrent, decoder), got {shapes}")
    kinds = {np.dtype(np.float32), np.dtype(np.float64)}
    for name, matrix in zip(_PUBLISHED_NAMES, matrices, strict=True):
        if matrix.dtype.newbyteorder("=") not in kinds:
            raise ValueError(f"{path}: expected {name} in single or double precision, got {matrix.dtype}")
    return {
        name: torch.tensor(matrix.T.astype(matrix.dtype.newbyteorder("=")), dtype=torch.float32)
        for name, matrix in zip(_PUBLISHED_NAMES, matrices, strict=True)
    }


def _unwrapped(state: object) -> object:
    """Return a state dict with the names of the network itself, where it was saved inside a wrapper or several."""
    if not isinstance(state, dict):
        return state
    for prefix in _WRAPPERS * 2:  # a compiled network in a parallel one, or the other way round
        if state and all(str(name).startswith(prefix) for name in state):
            state = {str(name).removeprefix(prefix): weight for name, weight in state.items()}
    return state


def _state_dict(path: Path) -> Any:
    """Read what `torch.save` wrote, as far as weights need; its checksums, where it has some, must be right."""
    expected = f"{path}: expected a PyTorch state dict, got a file that is none"
    try:
        with open(path, "rb") as file:
            archive = zipfile.is_zipfile(file)
    except zipfile.BadZipFile as error:
        raise ValueError(f"{expected} ({error!s:.200})") from None
    if archive:
        check_archive(path, checksums=True)
        with zipfile.ZipFile(path) as held:
            if any(one.filename.endswith(".pkl") and one.file_size > 2**20 for one in held.infolist()):
                raise ValueError(f"{expected} (its description is longer than any of weights)")
    else:
        with open(path, "rb") as file:  # older than PyTorch 1.6: five pickles, and the numbers after them
            _check_pickles(file, 5, expected)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:  # PyTorch's own words advise to execute what is in the file
        raise ValueError(f"{expected} (it names what no weights need)") from None
    except Exception as error:  # whatever damaged bytes make of a pickle
        raise ValueError(f"{expected} ({type(error).__name__})") from None


def _check_pickles(file: Any, count: int, expected: str) -> None:
    """Raise unless so many pickles stand in a file, short ones that number what they remember as pickle does."""
    try:
        for _ in range(count):
            steps = list(itertools.islice(pickletools.genops(file), _STEPS))
            if len(steps) == _STEPS:
                raise ValueError("it is longer than any of weights")
            for code, argument, _ in steps:
                if code.name in ("PUT", "BINPUT", "LONG_BINPUT") and (argument or 0) > _STEPS:
                    raise ValueError("it numbers what it remembers as no pickle does")
    except Exception as error:  # whatever damaged bytes make of a pickle
        raise ValueError(f"{expected} ({str(error)[:80]})") from None


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
        if not isinstance(kind.arguments[0], str) or len(kind.arguments[0]) > 4:
            raise ValueError(f"an unknown type {kind.arguments[0]!r:.40}")
        dtype = np.dtype(kind.arguments[0]).newbyteorder(kind.state[1] if kind.state[1] in "<>" else "=")
        if dtype.kind != "f":
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
    expected = f"{path}: expected a list of weight matrices saved by numpy, got a file with"
    file = io.BytesIO(path.read_bytes())  # in which no length can be asked for that is not there
    try:
        version = np.lib.format.read_magic(file)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        _, _, dtype = read_header(file)
        if not dtype.hasobject:
            raise ValueError(f"an array of {dtype}")
        begin = file.tell()
        _check_pickles(file, 1, expected)
        file.seek(begin)
        held = _InertUnpickler(file, encoding="latin1").load()
        if file.read(1):
            raise ValueError("more than one pickle")
        return held.arrays() if isinstance(held, _Inert) else [item.array() for item in held]
    except Exception as error:  # whatever damaged bytes make of a pickle
        if str(error).startswith(str(path)):
            raise
        raise ValueError(f"{expected} {str(error)[:200]}") from error
