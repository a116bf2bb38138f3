"""A few animals that walk for long, each by itself: arrays of so few cost more to call than to compute."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from gridcells.world.arenas import Rectangle
from gridcells.world.extents import HARDLY
from gridcells.world.lone_walls import LoneWalls
from gridcells.world.polygons import Polygon

if TYPE_CHECKING:
    from gridcells.world.motion import MotionModel

__all__ = ["draw", "walk_one_by_one"]

_SHORTEST, _LONGEST = 4, 256  # sub-steps whose headings are summed ahead: after a wall turned the animal, and at most
_RIGHT = math.pi / 2
_WITHIN = math.sqrt(0.5) * (1 - 1e-9)  # half the side of a square within a circle of radius 1


def draw(
    motion: MotionModel, sub_steps: int, pace: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw speeds and turns: in each sub-step the speeds of all animals, then their turns.

    Parameters
    ----------
    motion : MotionModel
        How they move.
    sub_steps : int
        For how long.
    pace : numpy.ndarray, [animal]
        Factors on the speeds.
    generator : numpy.random.Generator
        The source of randomness; it gives the numbers of ``rayleigh`` and ``normal``, called in turns.

    Returns
    -------
    speed : numpy.ndarray, [sub_step, animal]
        Speeds, m/s.
    turn : numpy.ndarray, [sub_step, animal]
        Turns, rad.
    """
    animals = len(pace)
    speed, turn = drawn = np.empty((2, sub_steps, animals))
    kinds = generator.standard_exponential, generator.standard_normal
    if animals == 1:
        drawn[:] = np.array([kind() for _ in range(sub_steps) for kind in kinds]).reshape(-1, 2, 1).swapaxes(0, 1)
    else:
        for speeds, turns in zip(speed, turn, strict=True):
            kinds[0](out=speeds)
            kinds[1](out=turns)
    speed *= 2
    np.sqrt(speed, out=speed)  # Rayleigh
    speed *= motion.speed_scale * pace
    turn *= motion.turn_sd * motion.sub_step
    return speed, turn


def walk_one_by_one(
    motion: MotionModel,
    arena: Rectangle | Polygon,
    here: np.ndarray,
    heading: np.ndarray,
    pace: np.ndarray,
    sample_times: np.ndarray,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Walk a few animals of which each goes to the end before the next begins.

    What comes out is, to the last bit, what many animals that step together would do with the same draws.

    Parameters
    ----------
    motion : MotionModel
        How they move.
    arena : Rectangle or Polygon
        Where.
    here : numpy.ndarray, [batch, 2]
        Starts, m.
    heading : numpy.ndarray, [batch]
        First headings, rad.
    pace : numpy.ndarray, [batch]
        Factors on their speeds.
    sample_times : numpy.ndarray, [time]
        When samples are taken, in sub-steps.
    generator : numpy.random.Generator
        The source of randomness: in each sub-step the speeds of all animals are drawn, then their turns.

    Returns
    -------
    position : numpy.ndarray, [time + 1, batch, 2]
        Positions, m, the start first; not wrapped where the arena is periodic.
    heading : numpy.ndarray, [time + 1, batch]
        Headings, rad, not wrapped.
    """
    count, animals = int(np.ceil(sample_times[-1])), len(here)
    speed, turn = draw(motion, count, pace, generator)
    before = np.ceil(sample_times).astype(int) - 1  # the sub-step within which a sample is taken
    share = sample_times - before
    position = np.empty((len(sample_times) + 1, animals, 2))
    headings = np.empty(position.shape[:2])
    split = share < 1
    for animal in range(animals):
        walked, steps, faced = _walk(
            motion, arena, here[animal], heading[animal], speed[:, animal], turn[:, animal], bool(split.any())
        )
        position[0, animal], headings[0, animal] = walked[0], faced[0]
        position[1:, animal] = walked[before + 1]
        if split.any():
            position[1:, animal][split] = walked[before[split]] + share[split, None] * steps[before[split]]
        headings[1:, animal] = faced[before + ~split]
    if motion.stops:
        position[0] = arena.clip(position[0])
        position[1:][split] = arena.clip(position[1:][split])
    return position, headings


def _walk(
    motion: MotionModel,
    arena: Rectangle | Polygon,
    here: np.ndarray,
    heading: float,
    speed: np.ndarray,
    turn: np.ndarray,
    keep_steps: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Walk one animal, given its draws [time] → places [time + 1, 2], steps [time or 0, 2], headings [time + 1].

    Away from walls headings are sums of turns, so that many sines are taken at once; what walls change is decided in
    plain numbers, a sub-step at a time.
    """
    walls, half_x, half_y = None, np.inf, np.inf
    if isinstance(arena, Polygon):
        walls = LoneWalls(arena.walls)
    elif not arena.periodic:
        half_x, half_y = arena.width / 2, arena.height / 2
    stop, band, slow, tick = motion.stops, motion.wall_band, motion.wall_slowdown, motion.sub_step
    right_angle = motion.walls == "right_angle"
    lengths, speeds, turns = speed * tick, speed.tolist(), turn.tolist()
    edge = max(band, float(lengths.max())) * (1 + 1e-9) + 1e-9  # m; farther in than this no wall matters
    # what is known to be as far in: of a polygon, a square around a place where it was measured
    low_x, high_x, low_y, high_y = edge - half_x, half_x - edge, edge - half_y, half_y - edge
    if walls is not None:
        low_x = high_x = np.nan
    most_x, most_y = half_x * (1 - 1e-9), half_y * (1 - 1e-9)  # nearer to a wall it is asked whether a step crosses it
    x, y, faced = float(here[0]), float(here[1]), [float(heading)]
    xs, ys, steps = [x], [y], []
    block = _SHORTEST
    while len(xs) <= len(turns):
        begun = len(xs) - 1
        ahead = list(accumulate(turns[begun : begun + block], initial=faced.pop()))
        angles = np.array(ahead[:-1])
        block = min(2 * block, _LONGEST)
        cosines, sines, length = np.cos(angles), np.sin(angles), lengths[begun : begun + len(angles)]
        for step_x, step_y in zip((length * cosines).tolist(), (length * sines).tolist(), strict=True):
            if walls is not None and not (low_x < x < high_x and low_y < y < high_y):
                distance, bearing, *_ = walls.nearest(x, y)
                clear = _WITHIN * (distance - edge)
                low_x, high_x, low_y, high_y = x - clear, x + clear, y - clear, y + clear
            if low_x < x < high_x and low_y < y < high_y:
                x += step_x
                y += step_y
                xs.append(x)
                ys.append(y)
                if keep_steps:
                    steps.append((step_x, step_y))
                continue
            aside, now = 0.0, len(xs) - 1 - begun
            if walls is None:
                gap_x, gap_y = half_x - abs(x), half_y - abs(y)
                distance = min(gap_x, gap_y)
                bearing = (-_RIGHT if y < 0 else _RIGHT) if gap_y < gap_x else (math.pi if x < 0 else 0.0)
            if distance < band:
                facing = (ahead[now] - bearing + math.pi) % (2 * math.pi) - math.pi
                aside = _RIGHT - abs(facing)
                if aside > 0:  # it goes slowly, and the headings ahead are others now
                    slowed = slow * speeds[begun + now] * tick
                    step_x, step_y = slowed * cosines.item(now), slowed * sines.item(now)
                    ahead[now + 1 :] = [
                        ahead[now] + (turns[begun + now] + math.copysign(_RIGHT if right_angle else aside, facing))
                    ]
            new_x, new_y = x + step_x, y + step_y
            if walls is not None:
                if stop and step_x * step_x + step_y * step_y > max(distance - HARDLY, 0.0) ** 2:
                    step_x, step_y, new_x, new_y = walls.stopped(x, y, step_x, step_y)
            elif stop and not (-most_x < new_x < most_x and -most_y < new_y < most_y):
                free = min(_free(half_x, x, step_x), _free(half_y, y, step_y))
                step_x, step_y = step_x * free, step_y * free
                new_x, new_y = min(max(x + step_x, -half_x), half_x), min(max(y + step_y, -half_y), half_y)
            x, y = new_x, new_y
            xs.append(x)
            ys.append(y)
            if keep_steps:
                steps.append((step_x, step_y))
            if aside > 0:
                block = _SHORTEST
                break
        faced += ahead
    return np.array([xs, ys]).T, np.array(steps).reshape(-1, 2), np.array(faced)


def _free(half: float, place: float, step: float) -> float:
    """Share of a step along one axis that ends before the wall, as `Rectangle.free_share` has it."""
    room = max(half - (place if step > 0 else -place if step < 0 else 0.0), 0.0)
    return room / abs(step) if abs(step) > room else 1.0
