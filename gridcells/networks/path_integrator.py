"""Who learns: a recurrent network that is told where it starts and how it moves, and predicts place-cell activity."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import nn

from gridcells._common.checks import check_choice, check_count, check_positive
from gridcells.networks.recurrence import recurrent_states
from gridcells.networks.undrawn import undrawn_layers

__all__ = ["CELLS", "PathIntegrator", "check_plain", "index_of_units"]

CELLS = {"relu": nn.RNN, "tanh": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


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
    leak : float
        Time between samples over the time constant of "relu" and "tanh" units, above 0, at most 1 (no memory of their
        own, as published).
    bias : bool
        Whether each such unit has a bias, which starts at 0.
    animals : int
        Whose velocities the network is told, side by side.
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
        leak: float = 1.0,
        bias: bool = False,
        animals: int = 1,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_count(place_cells, "place_cells")
        check_count(units, "units")
        self.cell = check_choice(cell, "cell", tuple(CELLS))
        self.time_step = check_positive(time_step, "time_step", "s")
        self.standardised = standardised
        self.rectified = rectified
        self.leak = check_positive(leak, "leak")
        if leak > 1 or ((bias or leak < 1) and cell not in ("relu", "tanh")):
            raise ValueError(f"leak: expected at most 1, and 1 without bias for cell {cell!r}, got {leak}, bias {bias}")
        states = 2 if cell == "lstm" else 1
        with undrawn_layers(self):
            self.encoder = nn.Linear(place_cells, states * units, bias=False)
            self.RNN = _recurrent_layer(cell, units, 2 * check_count(animals, "animals"))
            between = check_count(linear_units, "linear_units", 0)
            self.linear = nn.Linear(units, between, bias=False) if between else None
            self.decoder = nn.Linear(linear_units or units, place_cells, bias=False)
            self.bias = nn.Parameter(torch.empty(units)) if bias else None
        with torch.no_grad():
            self._initialise(readout_gain, recurrent_identity, generator)

    def _initialise(self, gain: float, identity: float, generator: torch.Generator | None) -> None:
        if self.bias is not None:
            self.bias.zero_()
        for name, weight in self.named_parameters():
            if weight is self.bias:
                continue
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
        return self.RNN.get_parameter("weight_hh_l0")

    @property
    def input_weight(self) -> torch.Tensor:
        """The matrix [gates · unit, 2 · animal] of the velocity."""
        return self.RNN.get_parameter("weight_ih_l0")

    def inputs(self, velocity: torch.Tensor, place: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Scale velocity (m/s) and place-cell activity as the weights expect them."""
        if self.standardised:
            return velocity, self.encoder.in_features * place - 1
        return velocity * self.time_step, place

    def encoded(self, place: torch.Tensor) -> torch.Tensor:
        """Encode place-cell activity [batch, cell] into the state before the first sample, [batch, states · unit]."""
        return self.encoder(self.inputs(place, place)[1])

    def hidden(
        self, velocity: torch.Tensor, initial_place: torch.Tensor, noise: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Run the recurrent layer along a path.

        Parameters
        ----------
        velocity : torch.Tensor, [batch, time, 2 · animal]
            Velocity, m/s.
        initial_place : torch.Tensor, [batch, cell]
            Place-cell activity at the start, summing to one over cells.
        noise : torch.Tensor, [time, batch, unit], optional
            What "relu" and "tanh" units hear besides at each sample; nothing by default.

        Returns
        -------
        torch.Tensor, [batch, time, unit]
            Activity after each sample of the recurrent units, or of the linear layer if there is one.

        Raises
        ------
        ValueError
            If a shape does not fit.
        """
        cells, told = self.encoder.in_features, self.RNN.input_size
        if velocity.ndim != 3 or velocity.shape[-1] != told:
            raise ValueError(f"velocity: expected shape [batch, time, {told}] in m/s, got {tuple(velocity.shape)}")
        if initial_place.shape != (len(velocity), cells):
            raise ValueError(
                f"initial_place: expected shape {(len(velocity), cells)}, got {tuple(initial_place.shape)}"
            )
        velocity, code = self.inputs(velocity, initial_place)
        start = self.encoder(code)  # [batch, states · unit]
        if self.cell in ("relu", "tanh"):
            drive = velocity.transpose(0, 1) @ self.input_weight.mT  # [time, batch, unit]
            for further in (self.bias, noise):
                drive = drive if further is None else drive + further
            activity = recurrent_states(drive, start, self.recurrent_weight, self.cell, self.leak).transpose(0, 1)
        else:
            both = (
                tuple(part[None].contiguous() for part in start.chunk(2, dim=-1))
                if self.cell == "lstm"
                else start[None]
            )
            activity = self.RNN(velocity, both)[0]
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


def _recurrent_layer(cell: str, units: int, inputs: int) -> nn.RNNBase:
    kind = CELLS[cell]
    if kind is nn.RNN:
        return nn.RNN(inputs, units, nonlinearity=cell, bias=False, batch_first=True)
    return kind(inputs, units, bias=False, batch_first=True)


def check_plain(network: object) -> None:
    """Raise a ValueError unless ``network`` has "relu" or "tanh" units alone, without a leak, and the decoder."""
    if not isinstance(network, PathIntegrator):
        further = [repr(type(network).__name__)]
    else:
        further = [repr(network.cell)] if network.cell not in ("relu", "tanh") else []
        further += ["a linear layer"] if network.linear is not None else []
        further += [f"a leak of {network.leak}"] if network.leak < 1 else []
        further += ["biases"] if network.bias is not None else []
    if further:
        raise ValueError(
            f"network: expected relu or tanh units without a linear layer, leak or bias, got {', '.join(further)}"
        )


def index_of_units(network: PathIntegrator, units: ArrayLike) -> torch.Tensor:
    """Return units of a plain network as an index; raise a ValueError if it has no such units, or is not plain."""
    check_plain(network)
    chosen = np.atleast_1d(np.asarray(units))
    if chosen.size and (chosen.dtype.kind not in "iu" or chosen.min() < 0 or chosen.max() >= network.units):
        raise ValueError(f"units: expected whole numbers from 0 to {network.units - 1}, got {chosen.tolist()}")
    return torch.as_tensor(chosen.astype(np.int64))
