"""The one-layer network: told where it is, bin by bin, it predicts place-cell activity through one hidden layer."""

from __future__ import annotations

import torch

from gridcells.networks.position_encoder import PositionEncoder
from gridcells.training.place_task import PlaceBatch, PlaceCodeTask

__all__ = ["EncodingTask"]


class EncodingTask(PlaceCodeTask[PositionEncoder]):
    """`Task` for a one-layer network, which is told its position and so has no path to integrate.

    Notes
    -----
    Source: Sorscher et al. 2019, Fig. 1, and 2023, Fig. 2 (the position encoding task of a one-layer network).
    """

    def network(self) -> PositionEncoder:
        """Make the untrained network, with the initial weights of this seed."""
        setting = self.preset.network
        return PositionEncoder(
            len(self.place_cells),
            setting.units,
            self.preset.arena,
            bins=self.preset.scoring.grid(self.preset.arena).shape,
            rectified=setting.cell == "one_layer_relu",
            gain=setting.readout_gain,
            generator=self.weight_generator(),
        ).to(self.dtype)

    def activity(self, network: PositionEncoder, batch: PlaceBatch) -> torch.Tensor:
        """Return the hidden units' activity along paths → [batch, time, unit]."""
        return network.hidden(batch.position)

    def penalty(self, network: PositionEncoder, step: int = 0) -> torch.Tensor:
        """Weigh the squared hidden activity, a mean over bins, and the decoder (a scalar tensor)."""
        setting = self.preset.training
        activity = network.encoder.weight.relu() if network.rectified else network.encoder.weight
        mean = activity.square().mean(1).sum()  # over bins, summed over units
        return setting.recurrent_decay * mean + setting.readout_decay * network.decoder.weight.square().sum()
