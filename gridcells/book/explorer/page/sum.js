// A map as a sum of its strongest waves: one makes stripes, two cross, three 60 degrees apart make a hexagonal lattice.

import { BINS } from "./spectrum.js";
import { paint, picture, stamp } from "./canvas.js";
import { correlation, strongestWaves, summed } from "./waves.js";

export const MOST_WAVES = 3;

// The waves of a map, the sum of the first `count`, and how well that sum is the map.
export function sumOf(map, count) {
  const waves = strongestWaves(map, MOST_WAVES), sum = summed(waves.slice(0, count));
  return { waves, sum, correlation: correlation(sum, map) };
}

export function drawSum(canvas, map, count) {
  const found = sumOf(map, count);
  paint(canvas, (context, width, height) => {
    const sign = 16, side = Math.min((width - 4 * sign) / 5, height - 18);
    const pictures = [...found.waves.map((wave) => summed([wave])), found.sum, map];
    const labels = [...found.waves.map(({ x, y }) => `${x}, ${y}`), "sum", "map"];
    pictures.forEach((values, i) => {
      const x = i * (side + sign);
      context.globalAlpha = i >= count && i < MOST_WAVES ? 0.2 : 1;
      stamp(context, picture(values, BINS), x, 0, side);
      context.textAlign = "center";
      context.fillText(labels[i], x + side / 2, side + 14);
      context.globalAlpha = 1;
      if (i < 4) context.fillText(["+", "+", "=", "≈"][i], x + side + sign / 2, side / 2 + 4);
    });
  });
  return found;
}

export function tellSum(found, count) {
  const { waves } = found, degrees = (wave) => (Math.atan2(wave.y, wave.x) * 180) / Math.PI;
  const apart = (a, b) => {
    const turn = Math.abs(degrees(a) - degrees(b)) % 180;
    return Math.min(turn, 180 - turn).toFixed(0);
  };
  const makes = [
    "One wave: stripes.",
    `Two waves, ${apart(waves[0], waves[1])}° apart: they cross.`,
    `Three waves, ${apart(waves[0], waves[1])}°, ${apart(waves[1], waves[2])}° and ${apart(waves[0], waves[2])}° apart.`,
  ];
  return `${makes[count - 1]} Their sum correlates with the map to ${found.correlation.toFixed(2)}.`;
}
