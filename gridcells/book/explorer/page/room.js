// Where the animal runs: a square whose edges are walls or join, or a polygon of walls, as `gridcells.world` has them.

const TOUCH = 1e-9; // m: so near a wall, or past its end, a step still meets it
const wrapped = (value, period) => value - period * Math.floor(value / period + 0.5);

export class Room {
  // `rings` of corners [[x, y], …] in metres of a polygon, its outer walls first, then its holes; else a square of side
  // `width` around the origin.
  constructor({ width = 0, periodic = false, rings = null }) {
    const half = width / 2, given = rings ?? [[[-half, -half], [half, -half], [half, half], [-half, half]]];
    const ends = [0, 1].map((axis) => [Math.min, Math.max].map((end) => end(...given[0].map((corner) => corner[axis]))));
    this.rings = given.map((ring, i) => (turningLeft(ring) > 0 === !i ? ring : ring.slice().reverse())); // the inside to their left
    this.low = ends.map(([low]) => low);
    this.extent = ends.map(([low, high]) => high - low);
    this.width = Math.max(...this.extent); // of the square around the room that maps show
    this.middle = ends.map(([low, high]) => (low + high) / 2);
    this.periodic = periodic;
    this.square = !rings;
    this.walls = this.rings.flatMap(wallsOf);
  }
  resized(width) { // another square
    return new Room({ width, periodic: this.periodic });
  }
  contains(x, y) {
    return this.nearest(x, y)[0] >= -1e-12 * this.width; // walls included
  }
  // A uniform place [x, y], from numbers between 0 and 1: those of the library's stream give its places.
  sample(uniform) {
    const { low, extent } = this;
    for (;;) {
      const x = low[0] + extent[0] * uniform(), y = low[1] + extent[1] * uniform();
      if (this.square || this.contains(x, y)) return [x, y];
    }
  }
  // The nearest wall: [its distance, below zero outside, the bearing at which it is met head-on, the nearest place on it].
  nearest(x, y) {
    let least = Infinity, found = 0, along = 0, out = 0;
    for (let i = 0; i < this.walls.length; i++) {
      const wall = this.walls[i], awayX = x - wall.x, awayY = y - wall.y;
      const thisAlong = awayX * wall.alongX + awayY * wall.alongY, thisOut = awayX * wall.outX + awayY * wall.outY;
      const past = Math.max(-thisAlong, thisAlong - wall.length, 0), squared = past * past + thisOut * thisOut;
      if (squared < least) [least, found, along, out] = [squared, i, thisAlong, thisOut];
    }
    const { length, bearing, outX, outY } = this.walls[found];
    if (along >= 0 && along <= length) return [out > 0 ? -Math.sqrt(least) : Math.sqrt(least), bearing, x - out * outX, y - out * outY];
    const corner = along < 0 ? this.walls[found] : this.walls[found].next, awayX = x - corner.x, awayY = y - corner.y;
    const side = awayX * corner.cornerX + awayY * corner.cornerY > 0 ? 1 : -1;
    return [-side * Math.sqrt(least), Math.atan2(side * awayY, side * awayX), corner.x, corner.y];
  }
  // The share of a step that no wall is in the way of.
  free(x, y, stepX, stepY) {
    let share = 1;
    for (const wall of this.walls) {
      const towards = stepX * wall.outX + stepY * wall.outY, awayX = x - wall.x, awayY = y - wall.y;
      const gap = -(awayX * wall.outX + awayY * wall.outY);
      if (!(towards > Math.max(gap, 0) && gap > -TOUCH)) continue;
      const part = Math.max(gap, 0) / towards;
      const where = awayX * wall.alongX + awayY * wall.alongY + part * (stepX * wall.alongX + stepY * wall.alongY);
      if (where >= -TOUCH && where <= wall.length + TOUCH) share = Math.min(share, part);
    }
    return share;
  }
  // The place [x, y] itself, or, where it is outside, over the edge or back at the wall.
  inside(x, y) {
    if (this.periodic) return [wrapped(x, this.width), wrapped(y, this.width)];
    const [distance, , wallX, wallY] = this.nearest(x, y);
    return distance < 0 ? [wallX, wallY] : [x, y];
  }
  // The shorter way along one axis.
  shortest(way) {
    return this.periodic ? wrapped(way, this.width) : way;
  }
  distance(a, b) {
    return Math.hypot(this.shortest(a[0] - b[0]), this.shortest(a[1] - b[1]));
  }
}

const after = (corners, i) => corners[(i + 1) % corners.length];

// The area that corners enclose, m², below zero if they turn right.
export const turningLeft = (corners) => corners.reduce((sum, [x, y], i) => sum + (x * after(corners, i)[1] - y * after(corners, i)[0]) / 2, 0);

// The walls of a ring, from each corner to the next: unit vectors along it and out of the room.
function wallsOf(corners) {
  const walls = corners.map(([x, y], i) => {
    const [nextX, nextY] = after(corners, i), length = Math.hypot(nextX - x, nextY - y);
    const [alongX, alongY] = [(nextX - x) / length, (nextY - y) / length];
    return { x, y, alongX, alongY, outX: alongY, outY: -alongX, length, bearing: Math.atan2(-alongX, alongY) };
  });
  walls.forEach((wall, i) => { // out of the room at the corner where the next one starts
    wall.next = after(walls, i);
    [wall.next.cornerX, wall.next.cornerY] = [wall.outX + wall.next.outX, wall.outY + wall.next.outY];
  });
  return walls;
}

// How far a place is from a wall, by the corners where this starts and ends, [x, y] in m each.
export function awayFrom([startX, startY], [endX, endY], [x, y]) {
  const [wayX, wayY] = [endX - startX, endY - startY], along = (x - startX) * wayX + (y - startY) * wayY;
  const share = Math.min(Math.max(along / (wayX * wayX + wayY * wayY), 0), 1);
  return Math.hypot(x - startX - share * wayX, y - startY - share * wayY);
}

// The rings of corners [[[x, y], …], …] of a text that holds x:y of each, joined by commas, and rings by strokes; and back.
export const ringsIn = (text) => text.split("/").map((ring) => ring.split(",").map((corner) => corner.split(":").map(Number)));
export const textOf = (rings) => rings.map((ring) => ring.map((corner) => corner.join(":")).join(",")).join("/");

// The room of a flat preset of the library, whose polygons are such texts.
export function roomOf(preset) {
  const { "arena.vertices": vertices, "arena.holes": holes } = preset;
  if (vertices) return new Room({ rings: ringsIn(holes ? `${vertices}/${holes}` : vertices) });
  return new Room({ width: preset["arena.width"], periodic: preset["arena.periodic"] });
}
