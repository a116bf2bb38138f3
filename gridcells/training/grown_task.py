"""A network that is grown: a core learns alone, then further units join it and learn what the core cannot tell."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Generator

import torch

from gridcells.networks.path_integrator import PathIntegrator
from gridcells.training.place_task import PlaceBatch, PlaceTask

__all__ = ["GrowingTask"]


class GrowingTask(PlaceTask):
    """A task whose network is trained in two parts.

    For the first steps only the core's units have weights: strong decay makes its waves compete until one lattice is
    left. Then the other units get their initial weights, the core's incoming weights are held for good (unless
    ``core_held`` says otherwise), and the decay of encoder and decoder falls to its final value: the newcomers learn
    what one lattice cannot tell, where in the arena the animal is. The core still drives the newcomers and the decoder;
    it hears nothing of them.

    Parameters
    ----------
    preset : RNNPreset
        The setting; its ``growth`` says how many units begin and when the others join.
    seed : int
        The run's seed.

    Notes
    -----
    Source: ours. One lattice repeats within the arena and cannot tell absolute position; see the book's table of
    schedules for what else was tried.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = GrowingTask(preset("module"), seed=0)
    >>> int((task.network().decoder.weight != 0).any(0).sum())
    256
    """

    def network(self) -> PathIntegrator:
        """Make the untrained network, in which only the core has weights: those that it would have by itself."""
        network, core = super().network(), self._network_of(self.preset.growth.core_units)
        with torch.no_grad():
            for weight, part in zip(network.parameters(), core.parameters(), strict=True):
                weight.zero_()
                weight[tuple(map(slice, part.shape))] = part
        return network

    def before_step(self, network: PathIntegrator, optimiser: torch.optim.Optimizer, step: int) -> None:
        """Add the other units when it is time, with the initial weights of this seed."""
        if step != self.preset.growth.core_steps:
            return
        core, fresh = self.preset.growth.core_units, super().network().to(network.device)
        with torch.no_grad():
            for weight, first in zip(self._incoming(network), self._incoming(fresh), strict=True):
                weight[core:] = first[core:]
            network.recurrent_weight[core:, :core] = 0  # what they hear of the core, they learn
            network.decoder.weight[:, core:] = fresh.decoder.weight[:, core:]
        optimiser.state.clear()  # no momentum moves the core

    def learning_rate(self, step: int) -> float:
        """Keep the core's rate, then go from the first to the final one along half a cosine."""
        growth = self.preset.growth
        if step < growth.core_steps:
            return growth.core_learning_rate
        return self._falling_rate((step - growth.core_steps) / (self.preset.training.steps - growth.core_steps))

    def batches(self, start: int = 0) -> Generator[PlaceBatch, None, None]:
        """Yield training batches: those of the core first, then those of the whole."""
        growth, whole = self.preset.growth, self.preset.training
        alone = self.batches_of(growth.core_batch, growth.core_path_steps, start)
        with contextlib.closing(alone):
            yield from itertools.islice(alone, max(0, growth.core_steps - start))
        begun = max(0, start - growth.core_steps)
        yield from self.batches_of(whole.batch, whole.path_steps, begun, block=growth.core_steps)  # never used before

    def penalty(self, network: PathIntegrator, step: int = 0) -> torch.Tensor:
        """Weigh the squared weights (a scalar tensor), otherwise while the core is alone than later."""
        growth = self.preset.growth
        if step < growth.core_steps:
            return self._weigh(network, growth.core_recurrent_decay, growth.core_readout_decay)
        return super().penalty(network, step)

    def adjust_gradients(self, network: PathIntegrator, step: int = 0) -> None:
        """Hold the core's incoming weights once the other units have joined."""
        growth = self.preset.growth
        if growth.core_held and step >= growth.core_steps:
            for weight in self._incoming(network):
                assert weight.grad is not None
                weight.grad[: growth.core_units] = 0

    @staticmethod
    def _incoming(network: PathIntegrator) -> tuple[torch.Tensor, ...]:
        """List weights by the unit that they lead to: encoder, velocity, recurrent."""
        return network.encoder.weight, network.input_weight, network.recurrent_weight
