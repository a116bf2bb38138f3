// How a population's maps are judged: grid scores beside the matched null, and the mean power spectrum.

import { knownBins, nullMaps } from "../../explorer/page/null.js";
import { gridScores, quantile } from "../../explorer/page/scores.js";

const ACTIVE = 1e-3; // a unit whose peak is below this share of the population's is silent
const CHANCE = 0.95;
const peakOf = (map) => map.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0); // where nobody was is NaN

// Which units are active, as the library counts them.
export function activeUnits(maps) {
  const peaks = maps.map(peakOf), most = Math.max(...peaks);
  return maps.map((_, unit) => unit).filter((unit) => peaks[unit] > ACTIVE * most);
}

// In slices, the last of which is {active, scores (of all units, NaN if silent), threshold, share above it, periods}.
export function* judge(maps, random, count) {
  const active = activeUnits(maps), scores = new Float64Array(maps.length).fill(NaN);
  if (!active.length) return { active, scores, threshold: NaN, share: 0 };
  for (const unit of active) {
    scores[unit] = gridScores(maps[unit])[0];
    yield;
  }
  const noise = yield* nullMaps(active.map((unit) => maps[unit]), random.normal, count), nulls = [];
  for (const map of noise) {
    nulls.push(gridScores(map)[0]);
    yield;
  }
  const threshold = quantile(nulls, CHANCE), known = active.map((unit) => scores[unit]).filter((score) => !Number.isNaN(score));
  return { active, scores, threshold, share: known.filter((score) => score > threshold).length / known.length };
}

export function finish(work) {
  for (;;) {
    const slice = work.next();
    if (slice.done) return slice.value;
  }
}

// The units' mean power at waves of −reach … reach cycles a box, [size, size] with the first index along x, its largest 1:
// each map less its mean, under a Hann window; where nobody was, the mean.
export const SPECTRUM = { size: 33, reach: 5 };
export function meanSpectrum(maps) {
  const { size, reach } = SPECTRUM, bins = Math.round(Math.sqrt(maps[0].length)), middle = (size - 1) / 2;
  const power = new Float64Array(size * size);
  const hann = Float64Array.from({ length: bins }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 1)) / (bins + 1)));
  const wave = (kind) => Float64Array.from({ length: size * bins }, (_, i) => Math[kind]((2 * Math.PI * reach * (Math.floor(i / bins) - middle) * (i % bins)) / (middle * bins)));
  const cosine = wave("cos"), sine = wave("sin");
  for (const map of maps) {
    const known = knownBins(map), mean = known.reduce((sum, value) => sum + value, 0) / known.length;
    const real = new Float64Array(size * bins), imaginary = new Float64Array(size * bins);
    let spread = 0;
    for (const value of known) spread += (value - mean) ** 2;
    if (!(spread > 0)) continue;
    for (let k = 0; k < size; k++)
      for (let x = 0; x < bins; x++) {
        const c = cosine[k * bins + x] * hann[x], s = sine[k * bins + x] * hann[x];
        for (let y = 0; y < bins; y++) {
          const value = (map[x * bins + y] - mean || 0) * hann[y];
          real[k * bins + y] += c * value;
          imaginary[k * bins + y] -= s * value;
        }
      }
    for (let k = 0; k < size; k++)
      for (let l = 0; l < size; l++) {
        let re = 0, im = 0;
        for (let y = 0; y < bins; y++) {
          const c = cosine[l * bins + y], s = sine[l * bins + y], a = real[k * bins + y], b = imaginary[k * bins + y];
          re += a * c + b * s;
          im += b * c - a * s;
        }
        power[k * size + l] += (re * re + im * im) / spread;
      }
  }
  const most = power.reduce((a, b) => Math.max(a, b), 0);
  return most > 0 ? power.map((value) => value / most) : power;
}
