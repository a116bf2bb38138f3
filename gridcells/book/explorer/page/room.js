// Where the animal runs: a square whose edges are walls or join, or a convex polygon of walls.

const wrapped = (value, period) => value - period * Math.floor(value / period + 0.5);

export class Room {
  // `corners` [[x, y], …] in metres of a polygon; else a square of side `width` around the origin.
  constructor({ width = 0, periodic = false, corners = null }) {
    const half = width / 2, given = corners ?? [[-half, -half], [half, -half], [half, half], [-half, half]];
    const ends = [0, 1].map((axis) => [Math.min, Math.max].map((end) => end(...given.map((corner) => corner[axis]))));
    const area = given.reduce((sum, [x, y], i) => sum + x * after(given, i)[1] - y * after(given, i)[0], 0);
    this.corners = area < 0 ? given.slice().reverse() : given; // the inside to their left
    this.low = ends.map(([low]) => low);
    this.extent = ends.map(([low, high]) => high - low);
    this.width = Math.max(...this.extent); // of the square around the room that maps show
    this.middle = ends.map(([low, high]) => (low + high) / 2);
    this.periodic = periodic;
    this.square = !corners;
    this.walls = this.corners.map(([x, y], i) => { // {outward x, outward y, how far out the wall is, bearing}
      const [nextX, nextY] = after(this.corners, i), length = Math.hypot(nextX - x, nextY - y);
      const [outX, outY] = [(nextY - y) / length, (x - nextX) / length];
      return { outX, outY, reach: outX * x + outY * y, bearing: Math.atan2(outY, outX) };
    });
  }
  resized(width) { // another square
    return new Room({ width, periodic: this.periodic });
  }
  contains(x, y) {
    return this.walls.every(({ outX, outY, reach }) => outX * x + outY * y <= reach);
  }
  // A uniform place [x, y], from numbers between 0 and 1: those of the library's stream give its places.
  sample(uniform) {
    const { low, extent } = this;
    for (;;) {
      const x = low[0] + extent[0] * uniform(), y = low[1] + extent[1] * uniform();
      if (this.square || this.contains(x, y)) return [x, y];
    }
  }
  // The nearest wall: [its distance, the bearing at which it is met head-on].
  nearest(x, y) {
    let gap = Infinity, bearing = 0;
    for (const wall of this.walls) {
      const distance = wall.reach - wall.outX * x - wall.outY * y;
      if (distance < gap) [gap, bearing] = [distance, wall.bearing];
    }
    return [gap, bearing];
  }
  // The share of a step that no wall is in the way of.
  free(x, y, stepX, stepY) {
    let share = 1;
    for (const { outX, outY, reach } of this.walls) {
      const towards = outX * stepX + outY * stepY, gap = Math.max(reach - outX * x - outY * y, 0);
      if (towards > gap) share = Math.min(share, gap / towards);
    }
    return share;
  }
  // The place [x, y] itself, or, where it is outside, over the edge or back at the wall.
  inside(x, y) {
    if (this.periodic) return [wrapped(x, this.width), wrapped(y, this.width)];
    for (const { outX, outY, reach } of this.walls) {
      const over = outX * x + outY * y - reach;
      if (over > 0) (x -= over * outX), (y -= over * outY);
    }
    return [x, y];
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

// The room of a flat preset of the library, whose polygons are text: x:y of each corner.
export function roomOf(preset) {
  const vertices = preset["arena.vertices"];
  if (vertices) return new Room({ corners: vertices.split(",").map((corner) => corner.split(":").map(Number)) });
  return new Room({ width: preset["arena.width"], periodic: preset["arena.periodic"] });
}
