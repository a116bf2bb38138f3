"""A few animals that walk for long, each by itself: arrays of so few cost more to call than to compute."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from gridcells.world.arenas import Rectangle

if TYPE_CHECKING:
    from gridcells.world.motion import MotionModel

__all__ = ["walk_one_by_one"]

_SHORTEST, _LONGEST = 4, 256  # sub-steps whose headings are summed ahead: after a wall turned the animal, and at most
_RIGHT = math.pi / 2


def walk_one_by_one(
    motion: MotionModel,
    arena: Rectangle,
    here: np.ndarray,
    heading: np.ndarray,
    sample_times: np.ndarray,
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Walk a few animals of which each goes to the end before the next begins.

    What comes out is, to the last bit, what many animals that step together would do with the same draws.

    Parameters
    ----------
    motion : MotionModel
        How they move.
    arena : Rectangle
        Where.
    here : numpy.ndarray, [batch, 2]
        Starts, m.
    heading : numpy.ndarray, [batch]
        First headings, rad.
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
    drawn = np.empty((2, count, animals))
    if animals == 1:
        draws = generator.standard_exponential, generator.standard_normal
        drawn[:] = np.array([draw() for _ in range(count) for draw in draws]).reshape(count, 2, 1).swapaxes(0, 1)
    else:
        for sub_step in range(count):
            generator.standard_exponential(out=drawn[0, sub_step])
            generator.standard_normal(out=drawn[1, sub_step])
    speed = motion.speed_scale * np.sqrt(2 * drawn[0])  # Rayleigh
    turn = motion.turn_sd * motion.sub_step * drawn[1]
    before = np.ceil(sample_times).astype(int) - 1  # the sub-step within which a sample is taken
    share = sample_times - before
    position = np.empty((len(sample_times) + 1, animals, 2))
    headings = np.empty(position.shape[:2])
    for animal in range(animals):
        walked, step, faced = _walk(motion, arena, here[animal], heading[animal], speed[:, animal], turn[:, animal])
        position[0, animal], headings[0, animal] = walked[0], faced[0]
        position[1:, animal] = walked[before] + share[:, None] * step[before]
        headings[1:, animal] = faced[before + (share == 1)]
    return position, headings


def _walk(
    motion: MotionModel, arena: Rectangle, here: np.ndarray, heading: float, speed: np.ndarray, turn: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Walk one animal, given its draws [time] → places [time + 1, 2], steps [time, 2], headings [time + 1].

    Away from walls headings are sums of turns, so that many sines are taken at once; what walls change is decided in
    plain numbers, a sub-step at a time.
    """
    half_x, half_y = (np.inf, np.inf) if arena.periodic else (arena.width / 2, arena.height / 2)
    stop, band, slow, tick = motion.walls == "stop", motion.wall_band, motion.wall_slowdown, motion.sub_step
    inner_x, inner_y = half_x - band * (1 + 1e-9), half_y - band * (1 + 1e-9)
    outer_x, outer_y = (half_x * (1 - 1e-9), half_y * (1 - 1e-9)) if stop else (np.inf, np.inf)
    x, y, faced = float(here[0]), float(here[1]), [float(heading)]
    xs, ys, steps_x, steps_y = [x], [y], [], []
    speeds, lengths, turns = speed.tolist(), (speed * tick).tolist(), turn.tolist()
    done, block = 0, _SHORTEST
    while done < len(turns):
        ahead = list(accumulate(turns[done : done + block], initial=faced[-1]))
        angles = np.array(ahead[:-1])
        block = min(2 * block, _LONGEST)
        for index, (cosine, sine) in enumerate(zip(np.cos(angles).tolist(), np.sin(angles).tolist(), strict=True)):
            length, turned = lengths[done], ahead[index + 1]
            aside = 0.0
            if not (-inner_x < x < inner_x and -inner_y < y < inner_y):
                gap_x, gap_y = half_x - abs(x), half_y - abs(y)
                bearing = (-_RIGHT if y < 0 else _RIGHT) if gap_y < gap_x else (np.pi if x < 0 else 0.0)
                facing = (ahead[index] - bearing + np.pi) % (2 * np.pi) - np.pi
                if min(gap_x, gap_y) < band:
                    aside = _RIGHT - abs(facing)
                if aside > 0:
                    length = slow * speeds[done] * tick
                    turned = ahead[index] + (turns[done] + math.copysign(aside, facing))
            step_x, step_y = length * cosine, length * sine
            new_x, new_y = x + step_x, y + step_y
            if not (-outer_x < new_x < outer_x and -outer_y < new_y < outer_y) and stop:
                free = min(_free(half_x, x, step_x), _free(half_y, y, step_y))
                step_x, step_y = step_x * free, step_y * free
                new_x, new_y = min(max(x + step_x, -half_x), half_x), min(max(y + step_y, -half_y), half_y)
            x, y = new_x, new_y
            xs.append(x)
            ys.append(y)
            steps_x.append(step_x)
            steps_y.append(step_y)
            faced.append(turned)
            done += 1
            if aside > 0:  # the headings ahead are others now
                block = _SHORTEST
                break
    return np.array([xs, ys]).T, np.array([steps_x, steps_y]).T, np.array(faced)


def _free(half: float, place: float, step: float) -> float:
    """Share of a step along one axis that ends before the wall, as `Rectangle.free_share` has it."""
    room = max(half - (place if step > 0 else -place if step < 0 else 0.0), 0.0)
    return room / abs(step) if abs(step) > room else 1.0
