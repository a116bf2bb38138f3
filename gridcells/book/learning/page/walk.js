// The animal's random walk, as `gridcells.world.simulate` has it: Rayleigh speeds, Gaussian turns, a turn along the wall
// where it comes near. A decision and a sample are one step of time here.

const HALF_TURN = Math.PI, RIGHT = Math.PI / 2;

// An animal at a uniform place, with a uniform heading.
export function newAnimal(room, random) {
  const [x, y] = room.sample(random.uniform);
  return { x, y, heading: 2 * HALF_TURN * (random.uniform() - 0.5) };
}

// The way that an animal goes in one step, [x, y] in metres; it is there afterwards, and has turned.
export function walkOn(animal, motion, room, random) {
  let speed = motion.speed_scale * Math.sqrt(2 * random.exponential()), turn = motion.turn_sd * motion.sub_step * random.normal();
  if (!room.periodic) {
    const [gap, bearing] = room.nearest(animal.x, animal.y);
    if (gap < motion.wall_band) {
      const facing = animal.heading - bearing, straight = facing - 2 * HALF_TURN * Math.floor(facing / (2 * HALF_TURN) + 0.5);
      const aside = RIGHT - Math.abs(straight);
      if (aside > 0) {
        speed *= motion.wall_slowdown;
        turn += straight < 0 ? -aside : aside;
      }
    }
  }
  const length = speed * motion.sub_step, step = goBy(animal, length * Math.cos(animal.heading), length * Math.sin(animal.heading), room);
  animal.heading += turn;
  return step;
}

// The way that it goes of a step (m): it stops at a wall.
export function goBy(animal, stepX, stepY, room) {
  const share = room.periodic ? 1 : room.free(animal.x, animal.y, stepX, stepY);
  [animal.x, animal.y] = room.inside(animal.x + share * stepX, animal.y + share * stepY);
  return [share * stepX, share * stepY];
}

// Paths of many animals from fresh starts, time first: `start` [animal, 2], `position` [time, animal, 2] in metres,
// `velocity` [time, animal, 8] in m/s, of which two numbers are used.
export function walk(paths, { motion, room, random }) {
  const { start, position, velocity, count, steps } = paths;
  for (let one = 0; one < count; one++) {
    const animal = newAnimal(room, random);
    start[2 * one] = animal.x;
    start[2 * one + 1] = animal.y;
    for (let t = 0; t < steps; t++) {
      const at = t * count + one, [x, y] = walkOn(animal, motion, room, random);
      velocity[8 * at] = x / motion.time_step;
      velocity[8 * at + 1] = y / motion.time_step;
      position[2 * at] = animal.x;
      position[2 * at + 1] = animal.y;
    }
  }
  return paths;
}

export const roomForPaths = (kernels, count, steps) => ({
  count, steps, start: kernels.room(2 * count), position: kernels.room(2 * count * steps), velocity: kernels.room(8 * count * steps),
});
