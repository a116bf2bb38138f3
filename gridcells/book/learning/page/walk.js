// The animal's random walk in a square box, as `gridcells.world.simulate` has it: Rayleigh speeds, Gaussian turns, a turn
// along the wall where it comes near. A decision and a sample are one step of time here.

const HALF_TURN = Math.PI, RIGHT = Math.PI / 2;

// An animal at a uniform place, with a uniform heading.
export function newAnimal(arena, random) {
  const place = () => arena.width * (random.uniform() - 0.5);
  return { x: place(), y: place(), heading: 2 * HALF_TURN * (random.uniform() - 0.5) };
}

const wrapped = (value, period) => value - period * Math.floor(value / period + 0.5);

// The way that an animal goes in one step, [x, y] in metres; it is there afterwards, and has turned.
export function walkOn(animal, motion, arena, random) {
  const half = arena.width / 2;
  let speed = motion.speed_scale * Math.sqrt(2 * random.exponential()), turn = motion.turn_sd * motion.sub_step * random.normal();
  if (!arena.periodic) {
    const gapX = half - Math.abs(animal.x), gapY = half - Math.abs(animal.y);
    const bearing = gapY < gapX ? (animal.y < 0 ? -RIGHT : RIGHT) : animal.x < 0 ? HALF_TURN : 0; // where the wall is met head-on
    if (Math.min(gapX, gapY) < motion.wall_band) {
      const facing = wrapped(animal.heading - bearing, 2 * HALF_TURN), aside = RIGHT - Math.abs(facing);
      if (aside > 0) {
        speed *= motion.wall_slowdown;
        turn += facing < 0 ? -aside : aside;
      }
    }
  }
  const length = speed * motion.sub_step, step = goBy(animal, length * Math.cos(animal.heading), length * Math.sin(animal.heading), arena);
  animal.heading += turn;
  return step;
}

// The way that it goes of a step (m): it stops at a wall.
export function goBy(animal, stepX, stepY, arena) {
  const half = arena.width / 2;
  if (!arena.periodic) {
    const free = (place, step) => {
      const room = Math.max(half - Math.sign(step) * place, 0);
      return Math.abs(step) > room ? room / Math.abs(step) : 1;
    };
    const share = Math.min(free(animal.x, stepX), free(animal.y, stepY));
    stepX *= share;
    stepY *= share;
  }
  animal.x += stepX;
  animal.y += stepY;
  if (arena.periodic) (animal.x = wrapped(animal.x, arena.width)), (animal.y = wrapped(animal.y, arena.width));
  else (animal.x = Math.min(half, Math.max(-half, animal.x))), (animal.y = Math.min(half, Math.max(-half, animal.y)));
  return [stepX, stepY];
}

// Paths of many animals from fresh starts, time first: `start` [animal, 2], `position` [time, animal, 2] in metres,
// `velocity` [time, animal, 8] in m/s, of which two numbers are used.
export function walk(paths, { motion, arena, random }) {
  const { start, position, velocity, count, steps } = paths;
  for (let one = 0; one < count; one++) {
    const animal = newAnimal(arena, random);
    start[2 * one] = animal.x;
    start[2 * one + 1] = animal.y;
    for (let t = 0; t < steps; t++) {
      const at = t * count + one, [x, y] = walkOn(animal, motion, arena, random);
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
