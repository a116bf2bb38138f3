// The recurrent matrix by the phases of the units, once all share one lattice: how units excite each other by how far
// their fields lie apart.

import { knownBins } from "../../explorer/page/null.js";
import { SPECTRUM } from "./judgement.js";

const STANDS = 1.7, FOLLOWER = 0.4; // a peak over the mean of its ring; the second wave over the first
const NEAREST = (35 * Math.PI) / 180, FARTHEST = (85 * Math.PI) / 180; // between the two waves
const SHEET = 16;
export const APART = { size: 33, reach: 0.5 }; // of the picture: places a side; displacements up to this share of the box

// The two strongest waves 60° or so apart, [x, y] in cycles a box each; null where the spectrum is a ring or a band.
export function latticeWaves(spectrum) {
  const { size, reach } = SPECTRUM, middle = (size - 1) / 2, unit = reach / middle, at = (k) => spectrum[Math.round(k[0] / unit + middle) * size + Math.round(k[1] / unit + middle)] ?? 0;
  const peaks = [];
  for (let i = 1; i < size - 1; i++)
    for (let j = middle; j < size - 1; j++) {
      const here = spectrum[i * size + j], around = [-size - 1, -size, -size + 1, -1, 1, size - 1, size, size + 1];
      if ((j > middle || i > middle) && around.every((step) => spectrum[i * size + j + step] <= here)) peaks.push([(i - middle) * unit, (j - middle) * unit, here]);
    }
  peaks.sort((a, b) => b[2] - a[2]);
  const [first] = peaks;
  if (!first) return null;
  const radius = Math.hypot(first[0], first[1]), turns = Array.from({ length: 72 }, (_, i) => (i * Math.PI) / 36);
  const mean = turns.reduce((sum, turn) => sum + at([radius * Math.cos(turn), radius * Math.sin(turn)]) / turns.length, 0);
  const second = peaks.find((peak) => {
    const away = Math.abs(Math.atan2(first[0] * peak[1] - first[1] * peak[0], first[0] * peak[0] + first[1] * peak[1]));
    const between = Math.min(away, Math.PI - away);
    return between > NEAREST && between < FARTHEST && Math.abs(Math.hypot(peak[0], peak[1]) / radius - 1) < 0.3;
  });
  if (first[2] < STANDS * mean || !second || second[2] < FOLLOWER * first[2]) return null;
  return [first.slice(0, 2), second.slice(0, 2)];
}

// Σ map · e^(−2πi k·x) of each map at a wave k, under the spectrum's window: [re, im, re, im, …].
function coefficients(maps, [kx, ky]) {
  const bins = Math.round(Math.sqrt(maps[0].length)), found = new Float64Array(2 * maps.length);
  const hann = (i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (bins + 1));
  const real = new Float64Array(bins * bins), imaginary = new Float64Array(bins * bins);
  for (let x = 0; x < bins; x++)
    for (let y = 0; y < bins; y++) {
      const angle = (-2 * Math.PI * (kx * (x + 0.5) + ky * (y + 0.5))) / bins, weight = hann(x) * hann(y);
      real[x * bins + y] = weight * Math.cos(angle);
      imaginary[x * bins + y] = weight * Math.sin(angle);
    }
  maps.forEach((map, unit) => {
    const known = knownBins(map), mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    for (let i = 0; i < map.length; i++) { // where nobody was is the mean
      found[2 * unit] += (map[i] - mean || 0) * real[i];
      found[2 * unit + 1] += (map[i] - mean || 0) * imaginary[i];
    }
  });
  return found;
}

function refined(maps, wave) { // to where the maps' power peaks, by ever smaller steps
  const power = (k) => coefficients(maps, k).reduce((sum, part) => sum + part * part, 0);
  let best = wave, most = power(wave);
  for (let step = 0.12; step > 0.01; step /= 2)
    for (const [x, y] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      const next = [best[0] + step * x, best[1] + step * y], value = power(next);
      if (value > most) [best, most] = [next, value];
    }
  return best;
}

// {waves, picture}: mean weight [size, size] between units by the displacement of their fields, x first, that of no
// displacement in the middle; null where no lattice stands. `weight` [to, from] is of all units, `active` of the maps.
export function wiring(maps, active, weight, spectrum) {
  const rough = latticeWaves(spectrum);
  if (!rough) return null;
  const own = active.map((unit) => maps[unit]), units = Math.round(Math.sqrt(weight.length)), waves = rough.map((wave) => refined(own, wave));
  const phases = waves.map((wave) => {
    const parts = coefficients(own, wave);
    return own.map((_, i) => -Math.atan2(parts[2 * i + 1], parts[2 * i]));
  });
  const sums = new Float64Array(SHEET * SHEET), counts = new Float64Array(SHEET * SHEET);
  const binOf = (phase) => ((Math.round((phase / (2 * Math.PI)) * SHEET) % SHEET) + SHEET) % SHEET;
  for (let to = 0; to < own.length; to++)
    for (let from = 0; from < own.length; from++) {
      if (to === from) continue;
      const bin = binOf(phases[0][to] - phases[0][from]) * SHEET + binOf(phases[1][to] - phases[1][from]);
      sums[bin] += weight[active[to] * units + active[from]];
      counts[bin] += 1;
    }
  const { size, reach } = APART, picture = new Float64Array(size * size), middle = (size - 1) / 2;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) {
      const [x, y] = [(reach * (i - middle)) / middle, (reach * (j - middle)) / middle]; // boxes
      const [a, b] = waves.map(([kx, ky]) => kx * x + ky * y).map((turns) => turns * SHEET);
      const [a0, b0] = [Math.floor(a), Math.floor(b)];
      let sum = 0, share = 0;
      for (const [da, db] of [[0, 0], [0, 1], [1, 0], [1, 1]]) { // between bins on straight lines
        const bin = ((((a0 + da) % SHEET) + SHEET) % SHEET) * SHEET + ((((b0 + db) % SHEET) + SHEET) % SHEET);
        const part = Math.abs(1 - da - (a - a0)) * Math.abs(1 - db - (b - b0)) * (counts[bin] > 0);
        sum += part && (part * sums[bin]) / counts[bin];
        share += part;
      }
      picture[i * size + j] = share > 0 ? sum / share : 0;
    }
  return { waves, picture };
}
