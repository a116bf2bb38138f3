// Rooms of other shapes than a square, as the library has them: corners in metres, the inside to their left.

export const ROOMS = {
  hexagon: [[1.365, 0], [0.6825, 1.182], [-0.6825, 1.182], [-1.365, 0], [-0.6825, -1.182], [0.6825, -1.182]],
  triangle: [[-1.67, -0.966], [1.67, -0.966], [0, 1.932]],
  trapezoid: [[-1.6, -1.21], [1.6, -1.21], [0.4, 1.21], [-0.4, 1.21]],
};
export const ROOM_CHOICES = ["hexagon", "triangle", "trapezoid"].map((name) => [name, name]);

export const hasWalls = (settings) => settings.walls || settings.room in ROOMS;

// 1 for each bin [bin * bin] of the square around a room whose middle is in the room; null where the room is that square.
export function binsInside(room, bins) {
  if (!(room in ROOMS)) return null;
  const corners = ROOMS[room], ends = [0, 1].map((axis) => [Math.min, Math.max].map((end) => end(...corners.map((corner) => corner[axis]))));
  const side = Math.max(...ends.map(([low, high]) => high - low)), middle = ends.map(([low, high]) => (low + high) / 2);
  return Uint8Array.from({ length: bins * bins }, (_, i) => {
    const at = [Math.floor(i / bins), i % bins].map((bin, axis) => middle[axis] + side * ((bin + 0.5) / bins - 0.5));
    return corners.every(([x, y], k) => {
      const [nextX, nextY] = corners[(k + 1) % corners.length];
      return (nextX - x) * (at[1] - y) - (nextY - y) * (at[0] - x) >= 0;
    }) ? 1 : 0;
  });
}
