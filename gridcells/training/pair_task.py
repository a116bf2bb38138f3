"""Two animals at once: one network is told both velocities and predicts one place code in which both of them are."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from gridcells._common.streams import Stream
from gridcells.training.pair_decoding import matched_places, nearest_mixture
from gridcells.training.place_task import Floors, PlaceBatch, PlaceTask
from gridcells.world.motion import Trajectories
from gridcells.world.place_cells import PlaceCells

__all__ = ["PairBatch", "PairTask"]

_AT_ONCE = 2000  # positions decoded at once: more would not fit a processor's cache


@dataclass(frozen=True)
class PairBatch(PlaceBatch):
    """Paths of pairs; ``velocity`` [batch, time, 4] is the animal's beside its companion's, the rest the animal's own.

    Parameters
    ----------
    other_start : torch.Tensor, [batch, 2]
        Where the companion is before the first sample, m.
    other_position : torch.Tensor, [batch, time, 2]
        Where it is after each sample, m.
    """

    other_start: torch.Tensor
    other_position: torch.Tensor

    @classmethod
    def of(cls, paths: Trajectories, dtype: torch.dtype = torch.float32) -> PairBatch:
        """Pair each path with the next one as companion, and the last path with the first."""
        if len(paths.position) < 2:
            raise ValueError("paths: expected at least two, a path for each animal, got one")
        alone = PlaceBatch.of(paths, dtype)
        velocity, start, position = (one.roll(-1, 0) for one in (alone.velocity, alone.start, alone.position))
        return cls(torch.cat((alone.velocity, velocity), -1), alone.start, alone.position, start, position)


class PairTask(PlaceTask):
    """`Task` for a network that follows two animals: the code to be predicted is the mean of the codes of both.

    Which animal is which cannot be said of such a code: what is decoded are two places, and each animal is given one so
    that both distances together are smallest.

    Notes
    -----
    Source: Redman et al. 2024 and the code released with it. Ours: the code sums to one, where there it sums to two;
    places are decoded by `nearest_mixture`, where there by `two_peaks`.

    Examples
    --------
    >>> from gridcells.presets import preset
    >>> task = PairTask(preset("laptop").override({"animals": 2, "units": 8}), seed=0)
    >>> next(task.batches()).velocity.shape
    torch.Size([100, 20, 4])
    """

    def batch_of(self, paths: Trajectories) -> PairBatch:
        """Take what the network needs from simulated paths: each has the next one as companion."""
        return PairBatch.of(paths, self.dtype)

    def places(self, batch: PlaceBatch) -> list[torch.Tensor]:
        """List where both animals are, [batch, time, 2] (m)."""
        return [batch.position, _pair(batch).other_position]

    def place_loss(self, logits: torch.Tensor, places: list[torch.Tensor]) -> torch.Tensor:
        """Measure the cross-entropy of predictions with the mean of both codes, nats (a scalar tensor)."""
        return torch.stack([self.place_cells.loss(logits, place) for place in places]).mean()

    def initial_code(self, batch: PlaceBatch) -> torch.Tensor:
        """Encode where both animals begin → [batch, cell]."""
        starts = batch.start, _pair(batch).other_start
        return torch.stack([self.place_cells.initial_code(start) for start in starts]).mean(0)

    def believed(self, logits: torch.Tensor, batch: PlaceBatch) -> torch.Tensor:
        """Read out of place-cell predictions [batch, time, cell] where the animal, not its companion, is, m."""
        return self._decoded(logits, *self.places(batch))

    def _decoded(self, logits: torch.Tensor, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
        assert isinstance(self.place_cells, PlaceCells)
        return matched_places(nearest_mixture(self.place_cells, logits), first, second)

    def floors(self, positions: int = 20_000) -> Floors:
        """Measure what the targets of pairs allow, at uniform positions of the evaluation stream."""
        here = torch.as_tensor(self.preset.arena.sample(2 * positions, self.generator(Stream.FLOORS)))
        first, second = here.chunk(2)
        targets = torch.stack([self.place_cells.targets(place) for place in (first, second)]).mean(0)
        logits = targets.clamp_min(torch.finfo(targets.dtype).tiny).log().split(_AT_ONCE)
        places = first.split(_AT_ONCE), second.split(_AT_ONCE)
        found = torch.cat([self._decoded(*part) for part in zip(logits, *places, strict=True)])
        return Floors(
            cross_entropy=float(torch.special.entr(targets).sum(-1).mean()),
            decoding_error=float((found - first).norm(dim=-1).mean()),
            constant=float(torch.special.entr(targets.mean(0)).sum()),
        )


def _pair(batch: PlaceBatch) -> PairBatch:
    if not isinstance(batch, PairBatch):
        raise ValueError("batch: expected paths of two animals, got those of one")
    return batch
