// Rooms of other shapes than a square: those of the library, and what a reader draws.

import { Room, awayFrom, ringsIn, turningLeft } from "./room.js";

export const ROOMS = { // corners in metres, the inside to their left
  hexagon: [[1.365, 0], [0.6825, 1.182], [-0.6825, 1.182], [-1.365, 0], [-0.6825, -1.182], [0.6825, -1.182]],
  triangle: [[-1.67, -0.966], [1.67, -0.966], [0, 1.932]],
  trapezoid: [[-1.6, -1.21], [1.6, -1.21], [0.4, 1.21], [-0.4, 1.21]],
};
export const FIRST_DRAWN = "-1.2:-1.2,1.2:-1.2,1.2:0.1,0.1:0.1,0.1:1.2,-1.2:1.2"; // an L
const OWN = "your own";
export const ROOM_CHOICES = [...Object.keys(ROOMS).map((name) => [name, name]), [FIRST_DRAWN, OWN]];
export const MOST_CORNERS = 16, SIZES = [1, 4]; // m, of the longer side
const NARROWEST = 0.05, LEAST_AREA = 0.5; // m, m²; all as `gridcells.presets.room_of` has them

// What is wrong with the rings of a drawn room, in words; null where nothing is.
export function faultOf(rings) {
  const corners = rings.flat(), few = rings.find((ring) => ring.length < 3);
  if (few) return `expected 3 corners or more of ${few === rings[0] ? "the room" : "each pillar"}, got ${few.length}`;
  if (corners.length > MOST_CORNERS) return `expected ${MOST_CORNERS} corners at most, got ${corners.length}`;
  if (!corners.every((corner) => corner.length === 2 && corner.every(Number.isFinite))) return "expected x:y of each corner, joined by commas";
  const { width, walls } = new Room({ rings });
  if (!(width >= SIZES[0] && width <= SIZES[1])) return `expected a longer side of ${SIZES.join(" to ")} m, got ${width.toFixed(2)}`;
  for (let i = 0; i < walls.length; i++)
    for (let j = 0; j < i; j++) {
      const beside = walls[i].next === walls[j] || walls[j].next === walls[i];
      if (!(gapBetween(walls[i], walls[j], beside) > NARROWEST)) return `expected walls that do not cross, and more than ${100 * NARROWEST} cm apart`;
    }
  const [outer, ...holes] = rings, within = (ring, [x, y]) => new Room({ rings: [ring] }).contains(x, y);
  if (!holes.every((hole) => within(outer, hole[0]))) return "expected pillars inside the room";
  if (holes.some((hole) => holes.some((other) => other !== hole && within(other, hole[0])))) return "expected pillars beside each other";
  const [whole, ...taken] = rings.map((ring) => Math.abs(turningLeft(ring)));
  const area = taken.reduce((left, part) => left - part, whole);
  return area >= LEAST_AREA ? null : `expected an area of ${LEAST_AREA} m² or more, got ${area.toFixed(2)}`;
}

// How near two walls come, 0 where they cross; of two that share a corner, how near the far end of one comes to the other.
function gapBetween(one, other, beside) {
  const ends = ({ x, y, alongX, alongY, length }) => [[x, y], [x + length * alongX, y + length * alongY]];
  const [first, second] = [one, other].map(ends);
  const side = ({ x, y, outX, outY }, [px, py]) => (px - x) * outX + (py - y) * outY;
  const gaps = [...second.map((end) => awayFrom(...first, end)), ...first.map((end) => awayFrom(...second, end))].sort((a, b) => a - b);
  if (beside) return gaps[2]; // two are those of the corner that they share
  const apart = (wall, [start, end]) => side(wall, start) * side(wall, end) < 0;
  return apart(one, second) && apart(other, first) ? 0 : gaps[0];
}

// The rings of a room of another shape than a square; null of a square, and of what is no room.
export function ringsOf(room) {
  if (Object.hasOwn(ROOMS, room)) return [ROOMS[room]];
  if (!room.includes(":")) return null;
  const rings = ringsIn(room);
  return faultOf(rings) === null ? rings : null;
}
// Whether a text is one of the options of the control, or a room that can be drawn.
export const isRoom = (text, options) => options.some(([value]) => value === text) || ringsOf(text) !== null;
export const roomName = (room) => (room.includes(":") ? OWN : room);

export const hasWalls = (settings) => settings.walls || ringsOf(settings.room) !== null;

// 1 for each bin [bin * bin] of the square around a room whose middle is in the room; null where the room is that square.
export function binsInside(room, bins) {
  const rings = ringsOf(room);
  if (!rings) return null;
  const shape = new Room({ rings }), { width, middle } = shape;
  const at = (bin, axis) => middle[axis] + width * ((bin + 0.5) / bins - 0.5);
  return Uint8Array.from({ length: bins * bins }, (_, i) => Number(shape.contains(at(Math.floor(i / bins), 0), at(i % bins, 1))));
}
