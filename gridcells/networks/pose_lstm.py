"""The supervised network of Banino et al.: an LSTM that starts from an encoded pose and integrates speed and turns."""

from __future__ import annotations

import torch
from torch import nn

from gridcells._common.checks import check_count
from gridcells.networks.undrawn import undrawn_layers

__all__ = ["PoseLSTM", "load_sonnet", "truncated_normal"]

FORGET_BIAS = 1.0  # added to the forget gate, and not learnt
_ORDER = (0, 2, 1, 3)  # torch has input, forget, candidate, output: their places in Sonnet's order


class PoseLSTM(nn.Module):
    """An LSTM whose state starts from the first pose's code, a linear layer, and two linear read-outs.

    Speed, sine and cosine of the turn enter at each sample. The linear layer, whose units become grid-like, passes
    dropout while training; from it the read-outs predict place and head-direction cells.

    Parameters
    ----------
    place_cells, head_direction_cells : int
        Cells in the code of the first pose and in the predictions.
    units : int
        Units of the LSTM.
    linear_units : int
        Units of the linear layer.
    dropout : float
        Share of the linear units that each sample silences in training; the rest is scaled up.
    rectified : bool
        Cut the linear layer off at zero, as recorded rates are; False is the published, signed layer.
    standardised : bool
        Shift and scale each input by `input_mean` and `input_scale`, `code_mean` and `code_scale`, which the task
        measures. The two can compute the same functions.
    readout_gain : float
        Scale of the read-outs' initial weights.
    generator : torch.Generator, optional
        The source of the initial weights; None leaves them zero, to be loaded.

    Raises
    ------
    ValueError
        If a count is not a whole number above zero, or the dropout not from 0 to below 1.

    Notes
    -----
    Source: Banino et al. 2018, Extended Data Fig. 1, and the released code (model): Sonnet 1's LSTM, whose forget gate
    has a fixed bias of one; all initial weights, and the gates' biases, from a normal of 1/√fan-in cut off at two
    standard deviations. Torch's second bias vector holds the fixed one.

    Examples
    --------
    >>> network = PoseLSTM(256, 12, generator=torch.Generator().manual_seed(0))
    >>> linear = network.linear_activity(torch.zeros(2, 100, 3), torch.zeros(2, 268))
    >>> [tuple(part.shape) for part in (linear, *network.readout(linear))]
    [(2, 100, 256), (2, 100, 256), (2, 100, 12)]
    """

    input_mean: torch.Tensor
    input_scale: torch.Tensor
    code_mean: torch.Tensor
    code_scale: torch.Tensor

    def __init__(
        self,
        place_cells: int,
        head_direction_cells: int,
        *,
        units: int = 128,
        linear_units: int = 256,
        dropout: float = 0.5,
        rectified: bool = False,
        standardised: bool = False,
        readout_gain: float = 1.0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.place_cells = check_count(place_cells, "place_cells")
        self.code_size = place_cells + check_count(head_direction_cells, "head_direction_cells")
        check_count(units, "units")
        check_count(linear_units, "linear_units")
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout: expected a share from 0 to below 1, got {dropout!r}")
        self.dropout, self.rectified, self.standardised = float(dropout), rectified, standardised
        with undrawn_layers(self):
            self.start = nn.Linear(self.code_size, 2 * units)  # hidden state, then cell state
            self.lstm = nn.LSTM(3, units, batch_first=True)
            self.linear = nn.Linear(units, linear_units, bias=False)
            self.readouts = nn.Linear(linear_units, self.code_size)  # place cells, then head-direction cells
        if standardised:
            self.register_buffer("input_mean", torch.zeros(3))
            self.register_buffer("input_scale", torch.ones(3))
            self.register_buffer("code_mean", torch.zeros(self.code_size))
            self.register_buffer("code_scale", torch.ones(self.code_size))
        self.lstm.get_parameter("bias_hh_l0").requires_grad_(False)
        with torch.no_grad():
            self._initialise(readout_gain, generator)

    def _initialise(self, gain: float, generator: torch.Generator | None) -> None:
        for parameter in self.parameters():
            parameter.zero_()
        self.lstm.get_parameter("bias_hh_l0")[self.units : 2 * self.units] = FORGET_BIAS
        if generator is None:
            return
        spread = (3 + self.units) ** -0.5
        for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"):
            gates = self.lstm.get_parameter(name)
            gates.copy_(truncated_normal(gates.shape, spread, generator))
        for weight, scale in ((self.start.weight, 1.0), (self.linear.weight, 1.0), (self.readouts.weight, gain)):
            weight.copy_(truncated_normal(weight.shape, scale * weight.shape[1] ** -0.5, generator))

    @property
    def units(self) -> int:
        """Units of the LSTM."""
        return self.lstm.hidden_size

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.linear.weight.device

    @property
    def linear_units(self) -> int:
        """Units of the linear layer."""
        return self.linear.out_features

    def hidden(self, velocity: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        """Run the LSTM along a path.

        Parameters
        ----------
        velocity : torch.Tensor, [batch, time, 3]
            Speed (m/s), sine and cosine of the net turn over each sample.
        code : torch.Tensor, [batch, cell]
            Activity of place cells, then of head-direction cells, at the start; each summing to one over its cells.

        Returns
        -------
        torch.Tensor, [batch, time, unit]
            Hidden state after each sample.

        Raises
        ------
        ValueError
            If a shape does not fit.
        """
        if velocity.ndim != 3 or velocity.shape[-1] != 3:
            raise ValueError(
                f"velocity: expected shape [batch, time, 3] (speed, sine, cosine), got {tuple(velocity.shape)}"
            )
        if code.shape != (len(velocity), self.code_size):
            raise ValueError(f"code: expected shape {(len(velocity), self.code_size)}, got {tuple(code.shape)}")
        if self.standardised:
            velocity = (velocity - self.input_mean) / self.input_scale
            code = (code - self.code_mean) / self.code_scale
        hidden, cell = self.start(code)[None].chunk(2, dim=-1)
        return self.lstm(velocity, (hidden.contiguous(), cell.contiguous()))[0]

    def linear_activity(self, velocity: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        """Run the network up to its linear layer, without dropout → [batch, time, unit]; see `hidden`."""
        linear = self.linear(self.hidden(velocity, code))
        return linear.relu() if self.rectified else linear

    def readout(self, linear: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Predict place cells [..., cell] and head-direction cells [..., cell], before the softmax."""
        logits = self.readouts(linear)
        return logits[..., : self.place_cells], logits[..., self.place_cells :]

    def forward(
        self, velocity: torch.Tensor, code: torch.Tensor, mask: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Predict place and head-direction logits; ``mask`` [batch, time, unit] holds 1 where dropout keeps a unit."""
        linear = self.linear_activity(velocity, code)
        if mask is not None:
            linear = linear * mask / (1 - self.dropout)
        return self.readout(linear)


def truncated_normal(shape: torch.Size | tuple[int, ...], spread: float, generator: torch.Generator) -> torch.Tensor:
    """Draw from a normal of mean 0 and standard deviation ``spread`` that is cut off at two of them."""
    return nn.init.trunc_normal_(torch.empty(shape), 0.0, spread, -2 * spread, 2 * spread, generator=generator)


def load_sonnet(network: PoseLSTM, weight: torch.Tensor, bias: torch.Tensor) -> None:
    """Take over the LSTM of a Sonnet 1 network.

    Parameters
    ----------
    network : PoseLSTM
        Whose LSTM is overwritten.
    weight : torch.Tensor, [input + unit, 4 · unit]
        Sonnet's ``w_gates``: rows of the inputs, then of the hidden state; gates in the order input, candidate,
        forget, output.
    bias : torch.Tensor, [4 · unit]
        Sonnet's ``b_gates``, without the fixed forget bias.

    Raises
    ------
    ValueError
        If a shape does not fit.

    Notes
    -----
    Source: code released with Banino et al. 2018, model: Sonnet 1's LSTM, whose four gates lie side by side in one
    matrix.

    Examples
    --------
    >>> network = PoseLSTM(4, 2, units=2, linear_units=3)
    >>> load_sonnet(network, torch.arange(40.0).reshape(5, 8), torch.zeros(8))
    >>> network.lstm.get_parameter("weight_ih_l0")[:, 0].tolist()  # input, forget, candidate, output
    [0.0, 1.0, 4.0, 5.0, 2.0, 3.0, 6.0, 7.0]
    """
    units = network.units
    if tuple(weight.shape) != (3 + units, 4 * units) or tuple(bias.shape) != (4 * units,):
        raise ValueError(
            f"weight, bias: expected shapes {(3 + units, 4 * units)} and {(4 * units,)},"
            f" got {tuple(weight.shape)} and {tuple(bias.shape)}"
        )
    columns = torch.cat([torch.arange(units) + units * place for place in _ORDER])
    with torch.no_grad():
        network.lstm.get_parameter("weight_ih_l0").copy_(weight[:3, columns].T)
        network.lstm.get_parameter("weight_hh_l0").copy_(weight[3:, columns].T)
        network.lstm.get_parameter("bias_ih_l0").copy_(bias[columns])
