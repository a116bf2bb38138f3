// Rooms of other shapes than a square, as the library has them: corners in metres, the inside to their left.

import { Room } from "./room.js";

export const ROOMS = {
  hexagon: [[1.365, 0], [0.6825, 1.182], [-0.6825, 1.182], [-1.365, 0], [-0.6825, -1.182], [0.6825, -1.182]],
  triangle: [[-1.67, -0.966], [1.67, -0.966], [0, 1.932]],
  trapezoid: [[-1.6, -1.21], [1.6, -1.21], [0.4, 1.21], [-0.4, 1.21]],
};
export const ROOM_CHOICES = Object.keys(ROOMS).map((name) => [name, name]);

export const hasWalls = (settings) => settings.walls || settings.room in ROOMS;

// 1 for each bin [bin * bin] of the square around a room whose middle is in the room; null where the room is that square.
export function binsInside(room, bins) {
  if (!(room in ROOMS)) return null;
  const shape = new Room({ corners: ROOMS[room] }), { width, middle } = shape;
  const at = (bin, axis) => middle[axis] + width * ((bin + 0.5) / bins - 0.5);
  return Uint8Array.from({ length: bins * bins }, (_, i) => Number(shape.contains(at(Math.floor(i / bins), 0), at(i % bins, 1))));
}
