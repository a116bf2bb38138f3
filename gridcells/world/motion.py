"""How the animal moves: the random foraging walks on which both works train, simulated for many animals at once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from gridcells._common.bins import BinGrid
from gridcells._common.checks import check_choice, check_count, check_generator, check_positive
from gridcells.world.arenas import Arena, Rectangle
from gridcells.world.extents import HARDLY
from gridcells.world.lone_walks import draw, walk_one_by_one
from gridcells.world.polygons import Polygon

__all__ = [
    "RAUDIES_HASSELMO",
    "SORSCHER",
    "MotionModel",
    "MotionStatistics",
    "Trajectories",
    "motion_statistics",
    "simulate",
    "wrap_angle",
]

FEW = 32  # animals that walk one by one: so few take less time in plain numbers than in arrays
_DRAWN = 65_536  # speeds drawn ahead, of all animals together

_FINEST = 10_000  # sub-steps of a sample

_SPREAD = 100.0  # the widest spread of speed scales that is taken
_BAND = 0.2  # m, the strip along the walls whose visits are counted
_PLACES = 400  # a side, on which its area is measured


@dataclass(frozen=True)
class MotionModel:
    """A random walk with Rayleigh speeds, Gaussian turns and a turn along the wall when it comes near.

    In each sub-step of ``sub_step`` seconds the animal advances along its heading, then turns. Within ``wall_band`` of
    a wall that it faces, its speed is multiplied by ``wall_slowdown`` and its heading is turned parallel to the wall.

    Parameters
    ----------
    speed_scale : float
        Scale of the Rayleigh distribution of speed, m/s; the mean is 1.25 times this.
    turn_sd : float
        Standard deviation of the angular velocity, rad/s.
    sub_step : float
        Time between two decisions of the animal, s.
    time_step : float
        Time between two returned samples, s; positions between decisions lie on the straight line that was walked.
    wall_band : float
        Distance from a wall at which the animal avoids it, m.
    wall_slowdown : float
        Factor on the speed while avoiding a wall.
    walls : {"stop", "pass", "right_angle"}
        "stop" ends a step at the wall. "pass" is the faithful mode: the published code lets such a step cross the wall,
        and 0.8 % of its positions lie outside the box. "right_angle" ends it too, and the animal that avoids a wall
        turns by 90 degrees away from it, as Banino et al. write, instead of along it, as all released code has it.
    speed_spread : float
        Greatest factor between an animal's own speed scale and ``speed_scale``, either way; the logarithms of the
        factors are uniform. 1: all animals have the same.

    Raises
    ------
    ValueError
        If a scale or time is not a finite number above zero, ``time_step`` is shorter than ``sub_step``, ``wall_band``
        is below zero, ``wall_slowdown`` not between 0 and 1, ``walls`` is another word, or ``speed_spread`` is not
        between 1 and 100.

    Notes
    -----
    Source: Raudies and Hasselmo 2012 (the model); Banino et al. 2018, Methods, and Sorscher et al. 2019, released
    trajectory generator (the two settings `RAUDIES_HASSELMO` and `SORSCHER`).

    Examples
    --------
    >>> MotionModel(speed_scale=0.2).time_step
    0.02
    """

    speed_scale: float = 0.13 * 2 * np.pi
    turn_sd: float = 11.52
    sub_step: float = 0.02
    time_step: float = 0.02
    wall_band: float = 0.03
    wall_slowdown: float = 0.25
    walls: str = "stop"
    speed_spread: float = field(default=1.0, metadata={"later": True})

    def __post_init__(self) -> None:
        for name, unit in (("speed_scale", "m/s"), ("turn_sd", "rad/s"), ("sub_step", "s"), ("time_step", "s")):
            check_positive(getattr(self, name), name, unit)
        if self.time_step < self.sub_step:
            raise ValueError(f"time_step: expected at least sub_step = {self.sub_step} s, got {self.time_step} s")
        if self.time_step > _FINEST * self.sub_step:
            raise ValueError(
                f"sub_step: expected at most {_FINEST} in a time_step of {self.time_step} s, got {self.sub_step} s"
            )
        for name, least, greatest, words in (
            ("wall_band", 0.0, np.inf, "at least 0 m"),
            ("wall_slowdown", 0.0, 1.0, "0 to 1"),
            ("speed_spread", 1.0, _SPREAD, f"1 to {_SPREAD:g}"),
        ):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not np.isfinite(value) or not least <= value <= greatest:
                raise ValueError(f"{name}: expected a number of {words}, got {value!r}")
        check_choice(self.walls, "walls", ("stop", "pass", "right_angle"))

    @property
    def stops(self) -> bool:
        """Whether a step ends at a wall."""
        return self.walls != "pass"

    def paces(self, animals: int, generator: np.random.Generator) -> np.ndarray:
        """Draw each animal's own factor on the speed scale, [animal]; nothing is drawn where all have the same."""
        if self.speed_spread == 1:
            return np.ones(animals)
        return self.speed_spread ** generator.uniform(-1, 1, animals)


SORSCHER = MotionModel()
"""The setting released with Sorscher et al. 2019: 0.02 s samples, mean speed about 1 m/s (its scale is 0.13 · 2π)."""

RAUDIES_HASSELMO = MotionModel(speed_scale=0.13, turn_sd=5.76, time_step=0.15)
"""The setting of Banino et al. 2018: rat-like speeds, 0.02 s sub-steps, sampled every 0.15 s (15 s in 100 samples)."""


@dataclass(frozen=True)
class Trajectories:
    """Walks of many animals at equal times: ``wrap(position[:, :1] + cumsum(velocity · time_step))`` is the position.

    Parameters
    ----------
    position : numpy.ndarray, [batch, time + 1, 2]
        Positions, m; the first is the start.
    velocity : numpy.ndarray, [batch, time, 2]
        Net velocity over each sample, m/s: not wrapped where the arena is periodic.
    heading : numpy.ndarray, [batch, time + 1]
        Heading, rad, in [-π, π).
    turn : numpy.ndarray, [batch, time]
        NET turn of the heading over each sample, rad, in [-π, π).
    time_step : float
        Time between samples, s.
    """

    position: np.ndarray
    velocity: np.ndarray
    heading: np.ndarray
    turn: np.ndarray
    time_step: float

    @property
    def speed(self) -> np.ndarray:
        """Speed over each sample [batch, time], m/s: the length of the velocity."""
        return np.hypot(self.velocity[..., 0], self.velocity[..., 1])


def simulate(
    motion: MotionModel, arena: Arena, trajectories: int, steps: int, generator: np.random.Generator | int
) -> Trajectories:
    """Simulate many animals that forage independently from uniform starts.

    Parameters
    ----------
    motion : MotionModel
        How they move.
    arena : Rectangle, Circle or Polygon
        Where.
    trajectories : int
        How many animals.
    steps : int
        Samples after the start.
    generator : numpy.random.Generator or int
        The source of randomness, or a seed for one; the same generator gives the same walks on every machine.

    Returns
    -------
    Trajectories
        Position, velocity, heading and net turn.

    Raises
    ------
    TypeError
        If the generator is neither a NumPy generator nor a seed.
    ValueError
        If a count is not a whole number above zero.

    Notes
    -----
    Source: Raudies and Hasselmo 2012. Corrected against the code released with Sorscher et al. 2019: a start is uniform
    (theirs is one step old), and a step ends at the wall unless ``motion.walls`` is "pass".

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> walk = simulate(SORSCHER, Rectangle(), 3, 20, np.random.default_rng(0))
    >>> walk.position.shape, walk.velocity.shape
    ((3, 21, 2), (3, 20, 2))
    """
    check_count(trajectories, "trajectories")
    check_count(steps, "steps")
    generator = check_generator(generator)
    here = arena.sample(trajectories, generator)  # [batch, 2], unwrapped as the walk goes on
    heading = generator.uniform(-np.pi, np.pi, trajectories)  # [batch], unwrapped
    pace = motion.paces(trajectories, generator)
    sample_times = np.arange(1, steps + 1) * (motion.time_step / motion.sub_step)  # in sub-steps
    sample_times = np.where(np.isclose(sample_times, np.rint(sample_times)), np.rint(sample_times), sample_times)
    if trajectories <= FEW and isinstance(arena, Rectangle | Polygon):
        position, headings = walk_one_by_one(motion, arena, here, heading, pace, sample_times, generator)
    else:
        position, headings = _together(motion, arena, here, heading, pace, sample_times, generator)
    position, headings = position.swapaxes(0, 1), headings.swapaxes(0, 1)
    velocity = np.diff(position, axis=1)
    velocity /= motion.time_step
    return Trajectories(
        position=arena.wrap(position),
        velocity=velocity,
        heading=wrap_angle(headings),
        turn=wrap_angle(np.diff(headings, axis=1)),
        time_step=motion.time_step,
    )


@dataclass(frozen=True)
class MotionStatistics:
    """How a set of walks looks on the whole.

    Parameters
    ----------
    mean_speed, speed_sd : float
        Mean and standard deviation of the speed over all samples, m/s.
    speed_percentiles : tuple of float
        Its 5th, 50th and 95th percentile, m/s.
    turn_sd : float
        Standard deviation of the net turn a sample, rad.
    share_outside : float
        Share of positions outside the arena.
    wall_occupancy : float
        Share of positions within 0.2 m of a wall, over that strip's share of the area; 1 is uniform. Of a torus the
        edges count as walls.
    """

    mean_speed: float
    speed_sd: float
    speed_percentiles: tuple[float, float, float]
    turn_sd: float
    share_outside: float
    wall_occupancy: float


def motion_statistics(walks: Trajectories, arena: Arena) -> MotionStatistics:
    """Summarise walks: speed, turn, where they go.

    Parameters
    ----------
    walks : Trajectories
        The walks.
    arena : Rectangle, Circle or Polygon
        Where they were made.

    Returns
    -------
    MotionStatistics
        The numbers.

    Examples
    --------
    >>> from gridcells.world.arenas import Rectangle
    >>> walks = simulate(SORSCHER, Rectangle(), 500, 100, np.random.default_rng(0))
    >>> motion_statistics(walks, Rectangle()).share_outside
    0.0
    """
    position, speed = walks.position[:, 1:], walks.speed
    walled = replace(arena, periodic=False) if isinstance(arena, Rectangle) else arena
    near = walled.wall_distance(position) < _BAND
    return MotionStatistics(
        mean_speed=float(speed.mean()),
        speed_sd=float(speed.std()),
        speed_percentiles=tuple(float(value) for value in np.percentile(speed, [5, 50, 95])),  # type: ignore[arg-type]
        turn_sd=float(walks.turn.std()),
        share_outside=float(1 - arena.contains(position).mean()),
        wall_occupancy=float(near.mean() / _strip_along_walls(walled)),
    )


def _strip_along_walls(arena: Arena) -> float:
    """Return the share of an arena's area that lies nearer to a wall than the strip is wide."""
    if isinstance(arena, Rectangle):
        return float(1 - np.prod(np.maximum(1 - 2 * _BAND / np.array(arena.size), 0)))
    grid = BinGrid(arena.bounds, _PLACES)
    distance = arena.wall_distance(grid.centres[arena.contains(grid.centres)])
    return float(np.clip((_BAND - distance) / max(grid.bin_size) + 0.5, 0, 1).mean())  # a bin on the line is in by part


def _together(
    motion: MotionModel,
    arena: Arena,
    here: np.ndarray,
    heading: np.ndarray,
    pace: np.ndarray,
    sample_times: np.ndarray,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Walk all animals at once, sub-step by sub-step → positions [time + 1, batch, 2] and headings [time + 1, batch].

    ``pace`` are factors on the animals' speeds, ``sample_times`` those of the samples, in sub-steps.
    """
    animals, last, stop = len(here), int(np.ceil(sample_times[-1])), motion.stops
    position = np.empty((len(sample_times) + 1, animals, 2))
    headings = np.empty(position.shape[:2])
    position[0], headings[0] = arena.clip(here) if stop else here, heading
    here, step, block, sample = here.T.copy(), np.empty((2, animals)), max(1, _DRAWN // animals), 0  # [2, batch]
    for sub_step in range(last):
        if sub_step % block == 0:
            speeds, turns = draw(motion, min(block, last - sub_step), pace, generator)
        speed, turn = speeds[sub_step % block], turns[sub_step % block]
        _avoid_walls(motion, arena, here.T, heading, speed, turn)
        np.cos(heading, out=step[0])
        np.sin(heading, out=step[1])
        step *= speed * motion.sub_step
        there = here + step
        if stop and (out := arena.may_cross(here.T, there.T)).size:
            start, towards = here[:, out], step[:, out]
            towards *= arena.free_share(start.T, towards.T)
            step[:, out], there[:, out] = towards, arena.clip((start + towards).T).T
        if sample_times[sample] <= sub_step + 1:
            share = sample_times[sample] - sub_step
            between = there if share == 1 else here + share * step
            position[sample + 1] = arena.clip(between.T) if stop and share < 1 else between.T
            headings[sample + 1] = heading + turn if share == 1 else heading
            sample += 1
        here = there
        heading += turn
    return position, headings


def _avoid_walls(
    motion: MotionModel, arena: Arena, here: np.ndarray, heading: np.ndarray, speed: np.ndarray, turn: np.ndarray
) -> None:
    """Slow those animals down, and turn them along the wall, that face one which is near: change speed and turn."""
    near = arena.near_wall(here, max(motion.wall_band, HARDLY))
    if not near.size:
        return
    distance, bearing = arena.nearest_wall(here[near])
    facing = (heading[near] - bearing + np.pi) % (2 * np.pi) - np.pi  # 0: straight at the wall
    aside = np.pi / 2 - np.abs(facing)
    avoiding = (distance < motion.wall_band) & (aside > 0)
    near = near[avoiding]
    speed[near] *= motion.wall_slowdown
    if motion.walls == "right_angle":
        aside = np.full_like(facing, np.pi / 2)
    turn[near] += np.copysign(aside, facing)[avoiding]


def wrap_angle(angle: np.ndarray) -> np.ndarray:
    """Bring angles (rad) into [-π, π)."""
    turned = angle + np.pi
    far = (turned < -2 * np.pi) | (turned >= 4 * np.pi)
    some = far.any()
    if some:
        turned[far] %= 2 * np.pi
    # one turn up or down, exactly what the remainder does to angles that are no farther out, at a fraction of its cost
    turned += 2 * np.pi * np.subtract(turned < 0, turned >= 2 * np.pi, dtype=np.float64)
    turned -= np.pi
    return turned
