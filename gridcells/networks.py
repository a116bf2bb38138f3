"""Who learns: a recurrent network that is told where it starts and how it moves, and predicts place-cell activity."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from gridcells.checks import check_choice, check_count, check_positive
from gridcells.files import atomic_path

__all__ = ["CELLS", "PathIntegrator", "check_plain", "export_published", "load_published"]

CELLS = {"relu": nn.RNN, "tanh": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
_PUBLISHED_NAMES = ("encoder.weight", "RNN.weight_ih_l0", "RNN.weight_hh_l0", "decoder.weight")


class PathIntegrator(nn.Module):
    """The network of Sorscher et al.: linear encoder of the first place code, recurrent layer, linear decoder.

    Parameters
    ----------
    place_cells : int
        Place cells in the input and in the output.
    units : int
        Recurrent units.
    cell : {"relu", "tanh", "gru", "lstm"}
        The recurrent layer.
    standardised : bool
        Feed velocity in m/s and the first place code as (cells · p - 1), both of order one. False is the published
        form: metres per step and p. The two can compute the same functions: `export_published` folds the factors away.
    time_step : float
        Time between samples, s.
    readout_gain : float
        Scale of the initial encoder and decoder, over the uniform ±1/√fan-in that is the published default.
    recurrent_identity : float
        Start the recurrent matrix of "relu" and "tanh" as this times the identity; 0 draws uniform ±1/√units.
    linear_units : int
        Units of a linear layer between the recurrent layer and the decoder, whose activity is then the hidden one; 0
        for none.
    rectified : bool
        Cut the linear layer off at 0.
    generator : torch.Generator, optional
        The source of the initial weights; None leaves them zero, to be loaded.

    Raises
    ------
    ValueError
        If a count, the time step or the cell is not as above.

    Notes
    -----
    Source: Sorscher et al. 2023, Methods, and the code released with Sorscher et al. 2019 (no biases). Standardised
    inputs and small readouts are ours: with the published scaling the loss stays at ln(cells) for tens of thousands of
    steps.

    Examples
    --------
    >>> network = PathIntegrator(512, 64, generator=torch.Generator().manual_seed(0))
    >>> hidden = network.hidden(torch.zeros(2, 20, 2), torch.full((2, 512), 1 / 512))
    >>> hidden.shape, network.logits(hidden).shape
    (torch.Size([2, 20, 64]), torch.Size([2, 20, 512]))
    """

    def __init__(
        self,
        place_cells: int,
        units: int,
        *,
        cell: str = "relu",
        standardised: bool = False,
        time_step: float = 0.02,
        readout_gain: float = 1.0,
        recurrent_identity: float = 0.0,
        linear_units: int = 0,
        rectified: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_count(place_cells, "place_cells")
        check_count(units, "units")
        self.cell = check_choice(cell, "cell", tuple(CELLS))
        self.time_step = check_positive(time_step, "time_step", "s")
        self.standardised = standardised
        self.rectified = rectified
        options: dict[str, Any] = {"nonlinearity": cell} if cell in ("relu", "tanh") else {}
        states = 2 if cell == "lstm" else 1
        with torch.device("meta"):  # no default initialisation, which would draw from the global generator
            self.encoder = nn.Linear(place_cells, states * units, bias=False)
            self.RNN = CELLS[cell](2, units, bias=False, batch_first=True, **options)
            between = check_count(linear_units, "linear_units", 0)
            self.linear = nn.Linear(units, between, bias=False) if between else None
            self.decoder = nn.Linear(linear_units or units, place_cells, bias=False)
        self.to_empty(device="cpu")
        with torch.no_grad():
            self._initialise(readout_gain, recurrent_identity, generator)

    def _initialise(self, gain: float, identity: float, generator: torch.Generator | None) -> None:
        for name, weight in self.named_parameters():
            recurrent_layer = name.startswith("RNN")
            bound = (self.RNN.hidden_size if recurrent_layer else weight.shape[1]) ** -0.5
            gained = name.startswith(("encoder", "decoder"))
            bound = 0.0 if generator is None else gain * bound if gained else bound
            weight.uniform_(-bound, bound, generator=generator)
        if identity and generator is not None:
            if self.cell not in ("relu", "tanh"):
                raise ValueError(f"recurrent_identity: expected 0 for cell {self.cell!r}, got {identity}")
            self.recurrent_weight.copy_(identity * torch.eye(self.RNN.hidden_size))

    @property
    def units(self) -> int:
        """Units that the decoder reads: those of the linear layer if there is one, or the recurrent ones."""
        return self.decoder.in_features

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.recurrent_weight.device

    @property
    def dtype(self) -> torch.dtype:
        """The type of the weights."""
        return self.recurrent_weight.dtype

    @property
    def recurrent_weight(self) -> torch.Tensor:
        """The recurrent matrix [gates · unit, unit]."""
        return self.RNN.weight_hh_l0

    def inputs(self, velocity: torch.Tensor, place: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scale velocity (m/s) and place-cell activity as the weights expect them."""
        if self.standardised:
            return velocity, self.encoder.in_features * place - 1
        return velocity * self.time_step, place

    def encoded(self, place: torch.Tensor) -> torch.Tensor:
        """Encode place-cell activity [batch, cell] into the state before the first sample, [batch, states · unit]."""
        return self.encoder(self.inputs(place, place)[1])

    def hidden(self, velocity: torch.Tensor, initial_place: torch.Tensor) -> torch.Tensor:
        """Run the recurrent layer along a path.

        Parameters
        ----------
        velocity : torch.Tensor, [batch, time, 2]
            Velocity, m/s.
        initial_place : torch.Tensor, [batch, cell]
            Place-cell activity at the start, summing to one over cells.

        Returns
        -------
        torch.Tensor, [batch, time, unit]
            Activity after each sample of the recurrent units, or of the linear layer if there is one.

        Raises
        ------
        ValueError
            If a shape does not fit.
        """
        cells = self.encoder.in_features
        if velocity.ndim != 3 or velocity.shape[-1] != 2:
            raise ValueError(f"velocity: expected shape [batch, time, 2] in m/s, got {tuple(velocity.shape)}")
        if initial_place.shape != (len(velocity), cells):
            raise ValueError(
                f"initial_place: expected shape {(len(velocity), cells)}, got {tuple(initial_place.shape)}"
            )
        velocity, code = self.inputs(velocity, initial_place)
        start: Any = self.encoder(code)[None]  # [1, batch, states · unit]
        if self.cell == "lstm":
            start = tuple(part.contiguous() for part in start.chunk(2, dim=-1))
        activity = self.RNN(velocity, start)[0]
        if self.linear is not None:
            activity = self.linear(activity)
            activity = activity.relu() if self.rectified else activity
        return activity

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """Predict place-cell activity, before the softmax, from hidden [..., unit] → [..., cell]."""
        return self.decoder(hidden)

    def forward(self, velocity: torch.Tensor, initial_place: torch.Tensor) -> torch.Tensor:
        """Predict place-cell logits [batch, time, cell] from velocity [batch, time, 2] (m/s) and the first code."""
        return self.logits(self.hidden(velocity, initial_place))


def check_plain(network: Any) -> None:
    """Raise a ValueError unless ``network`` has "relu" or "tanh" units that the decoder reads directly."""
    if getattr(network, "cell", None) not in ("relu", "tanh") or network.linear is not None:
        raise ValueError(
            "network: expected relu or tanh units without a linear layer,"
            f" got {getattr(network, 'cell', type(network).__name__)!r}"
        )


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
