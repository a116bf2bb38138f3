// The plane waves that a map is made of.

import { BINS, cyclesOf } from "./spectrum.js";
import { PLANES } from "./fourier.js";

// Power and phase of each wave of a map; the mean is left out.
function transformed(map) {
  const plane = PLANES[BINS], re = Float64Array.from(map), im = new Float64Array(BINS * BINS), waves = [];
  plane.forward(re, im);
  for (let i = 0; i < BINS; i++)
    for (let j = 0; j < BINS; j++) {
      if (i === 0 && j === 0) continue;
      const p = plane.place(i, j);
      waves.push({ x: cyclesOf(i, BINS), y: cyclesOf(j, BINS), power: re[p] ** 2 + im[p] ** 2, phase: Math.atan2(im[p], re[p]) });
    }
  return waves;
}

// Mean wave number (rad/m) of a map's strongest waves.
export function waveNumber(map, box) {
  const waves = transformed(map), top = waves.reduce((most, wave) => Math.max(most, wave.power), 0);
  let sum = 0, total = 0;
  for (const { x, y, power } of waves)
    if (power >= top / 2 && top > 0) (sum += power * Math.hypot(x, y)), (total += power);
  return total > 0 ? ((2 * Math.PI) / box) * (sum / total) : 0;
}

// A map's strongest waves, one of each pair ±k: cycles a box, amplitude, phase.
export function strongestWaves(map, count) {
  const half = transformed(map).filter(({ x, y }) => x > 0 || (x === 0 && y > 0));
  half.sort((a, b) => b.power - a.power);
  return half.slice(0, count).map((wave) => ({ ...wave, amplitude: (2 * Math.sqrt(wave.power)) / BINS ** 2 }));
}

// The sum of some waves, [BINS * BINS].
export function summed(waves) {
  const values = new Float64Array(BINS * BINS);
  for (const { x, y, amplitude, phase } of waves)
    for (let i = 0; i < BINS; i++)
      for (let j = 0; j < BINS; j++)
        values[i * BINS + j] += amplitude * Math.cos((2 * Math.PI * (x * i + y * j)) / BINS + phase);
  return values;
}

// Pearson's correlation of two maps; NaN where one is flat.
export function correlation(a, b) {
  let ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
  for (let i = 0; i < a.length; i++) (ma += a[i] / a.length), (mb += b[i] / a.length);
  for (let i = 0; i < a.length; i++) {
    const da = a[i] - ma, db = b[i] - mb;
    (ab += da * db), (aa += da * da), (bb += db * db);
  }
  return ab / Math.sqrt(aa * bb);
}
