// What formed: the maps' scores against those of noise with their spectrum and their share of silent bins. This is the
// library's `matched_null`, its field four maps wide instead of three, a power of 2.

import { gaussian } from "./noise.js";
import { PLANES } from "./fourier.js";
import { SCORED, gridScores, quantile } from "./scores.js";

const SILENT = 1e-6, ROUNDS = 50, NULL_MAPS = 200, MOST = 0.5, QUANTILE = 0.95, PATIENCE = 5; // ms
const FIELD = 4 * SCORED, AREA = FIELD * FIELD, plane = PLANES[FIELD];

function standardised(map) { // mean 0, variance 1; null for a flat map
  let mean = 0, square = 0, low = Infinity, high = -Infinity;
  for (const v of map) (mean += v / map.length), (low = Math.min(low, v)), (high = Math.max(high, v));
  for (const v of map) square += (v - mean) ** 2 / map.length;
  return high - low > 1e-6 * Math.max(Math.abs(low), Math.abs(high)) ? map.map((v) => (v - mean) / Math.sqrt(square)) : null;
}

function power(maps) { // mean power spectrum of maps in the corner of an empty field, in the transform's order
  const total = new Float64Array(AREA), re = new Float64Array(AREA), im = new Float64Array(AREA);
  for (const map of maps) {
    re.fill(0), im.fill(0);
    for (let x = 0; x < SCORED; x++) for (let y = 0; y < SCORED; y++) re[x * FIELD + y] = map[x * SCORED + y];
    plane.forward(re, im);
    for (let i = 0; i < AREA; i++) total[i] += (re[i] ** 2 + im[i] ** 2) / maps.length;
  }
  return total;
}

// The spectrum of the field whose crops have these maps' mean spectrum (Richardson and Lucy), averaged over directions.
function* fieldSpectrum(maps) {
  const seen = power(maps), pairs = power([new Float64Array(SCORED * SCORED).fill(1)]), empty = new Float64Array(AREA);
  plane.backward(pairs, empty);
  const all = pairs[0];
  for (let i = 0; i < AREA; i++) pairs[i] /= all * AREA;
  const tiny = 2.2e-16 * seen.reduce((a, b) => Math.max(a, b), 0), im = new Float64Array(AREA);
  const blur = (values) => {
    im.fill(0);
    plane.backward(values, im);
    for (let i = 0; i < AREA; i++) (values[i] *= pairs[i]), (im[i] = 0);
    plane.forward(values, im);
    for (let i = 0; i < AREA; i++) values[i] = Math.max(values[i], tiny);
    return values;
  };
  const spectrum = seen.slice();
  for (let round = 0; round < ROUNDS; round++) {
    const should = blur(spectrum.slice());
    for (let i = 0; i < AREA; i++) should[i] = seen[i] / should[i];
    blur(should);
    for (let i = 0; i < AREA; i++) spectrum[i] *= should[i];
    yield;
  }
  const sums = new Float64Array(FIELD), counts = new Float64Array(FIELD);
  const ringOf = (i, j) => Math.round(Math.hypot(Math.min(i, FIELD - i), Math.min(j, FIELD - j)));
  for (let i = 0; i < FIELD; i++)
    for (let j = 0; j < FIELD; j++) (sums[ringOf(i, j)] += spectrum[plane.place(i, j)]), (counts[ringOf(i, j)] += 1);
  for (let i = 0; i < FIELD; i++)
    for (let j = 0; j < FIELD; j++) spectrum[plane.place(i, j)] = sums[ringOf(i, j)] / counts[ringOf(i, j)];
  return spectrum;
}

function* nullMaps(maps, seed) {
  const active = maps.map(standardised), kept = maps.filter((_, i) => active[i]);
  if (!kept.length) return [];
  let silent = 0;
  for (const map of kept) {
    const peak = map.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    silent += map.filter((v) => Math.abs(v) <= SILENT * peak).length / map.length / kept.length;
  }
  const spectrum = yield* fieldSpectrum(active.filter(Boolean)), draw = gaussian(seed), drawn = [];
  const scale = 1 / Math.sqrt(spectrum.reduce((a, b) => a + b, 0));
  const re = new Float64Array(AREA), im = new Float64Array(AREA);
  while (drawn.length < NULL_MAPS) { // the two parts of complex noise are two fields
    for (let i = 0; i < AREA; i++) {
      const gain = scale * Math.sqrt(spectrum[i]);
      (re[i] = gain * draw()), (im[i] = gain * draw());
    }
    plane.backward(re, im);
    for (const field of [re, im])
      drawn.push(Float64Array.from({ length: SCORED * SCORED }, (_, i) => field[Math.floor(i / SCORED) * FIELD + (i % SCORED)]));
    yield;
  }
  if (silent > 0) {
    const joined = new Float64Array(NULL_MAPS * SCORED * SCORED);
    drawn.forEach((map, i) => joined.set(map, i * map.length));
    const threshold = quantile(joined, silent);
    for (const map of drawn) for (let i = 0; i < map.length; i++) map[i] = Math.max(map[i] - threshold, 0);
  }
  return drawn;
}

// Decide in slices, each `next()` one of a few milliseconds; what it returns at last: {lattice, shares, thresholds}.
export function* formed(maps, scores, seed = 0) {
  let begun = performance.now();
  const rest = () => performance.now() - begun > PATIENCE;
  const work = nullMaps(maps, seed);
  let drawn = work.next();
  for (; !drawn.done; drawn = work.next()) if (rest()) yield, (begun = performance.now());
  const nulls = [];
  for (const map of drawn.value) {
    nulls.push(gridScores(map));
    if (rest()) yield, (begun = performance.now());
  }
  const thresholds = [0, 1].map((kind) => quantile(nulls.map((one) => one[kind]), QUANTILE));
  const shares = [0, 1].map((kind) => {
    const known = scores.map((one) => one[kind]).filter((score) => !Number.isNaN(score));
    return known.length ? known.filter((score) => score > thresholds[kind]).length / known.length : 0;
  });
  const best = shares[1] > shares[0] ? 1 : 0;
  return { lattice: shares[best] >= MOST ? ["hexagonal", "square"][best] : "neither", shares, thresholds };
}
