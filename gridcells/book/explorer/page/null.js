// What formed: the maps' scores against those of noise with their spectrum and their share of silent bins. This is the
// library's `matched_null`, its field a power of 2 wide that is three maps at least: four of the explorer's.

import { gaussian } from "./noise.js";
import { PLANES } from "./fourier.js";
import { gridScores, quantile } from "./scores.js";

const SILENT = 1e-6, ROUNDS = 50, NULL_MAPS = 200, MOST = 0.5, QUANTILE = 0.95, PATIENCE = 5; // ms
const sideOf = (map) => Math.round(Math.sqrt(map.length));
const fieldOf = (side) => 2 ** Math.ceil(Math.log2(3 * side)); // bins a side of the field around a map

const isKnown = (v) => v === v; // where nobody was is NaN
export const knownBins = (map) => map.filter(isKnown);

function standardised(map) { // mean 0, variance 1, and 0 where nobody was; null for a flat map
  const known = knownBins(map);
  let mean = 0, square = 0, low = Infinity, high = -Infinity;
  for (const v of known) (mean += v / known.length), (low = Math.min(low, v)), (high = Math.max(high, v));
  for (const v of known) square += (v - mean) ** 2 / known.length;
  return high - low > 1e-6 * Math.max(Math.abs(low), Math.abs(high)) ? map.map((v) => (v - mean) / Math.sqrt(square) || 0) : null;
}

function power(maps) { // mean power spectrum of maps in the corner of an empty field, in the transform's order
  const side = sideOf(maps[0]), field = fieldOf(side), area = field * field;
  const total = new Float64Array(area), re = new Float64Array(area), im = new Float64Array(area);
  for (const map of maps) {
    re.fill(0), im.fill(0);
    for (let x = 0; x < side; x++) for (let y = 0; y < side; y++) re[x * field + y] = map[x * side + y];
    PLANES[field].forward(re, im);
    for (let i = 0; i < area; i++) total[i] += (re[i] ** 2 + im[i] ** 2) / maps.length;
  }
  return total;
}

// The spectrum of the field whose crops have these maps' mean spectrum (Richardson and Lucy), averaged over directions.
function* fieldSpectrum(maps, room) { // `room` is 1 where the animal was, else 0
  const field = fieldOf(sideOf(maps[0])), area = field * field, plane = PLANES[field];
  const seen = power(maps), pairs = power([room]), empty = new Float64Array(area);
  plane.backward(pairs, empty);
  const all = pairs[0];
  for (let i = 0; i < area; i++) pairs[i] /= all * area;
  const tiny = 2.2e-16 * seen.reduce((a, b) => Math.max(a, b), 0), im = new Float64Array(area);
  const blur = (values) => {
    im.fill(0);
    plane.backward(values, im);
    for (let i = 0; i < area; i++) (values[i] *= pairs[i]), (im[i] = 0);
    plane.forward(values, im);
    for (let i = 0; i < area; i++) values[i] = Math.max(values[i], tiny);
    return values;
  };
  const spectrum = seen.slice();
  for (let round = 0; round < ROUNDS; round++) {
    const should = blur(spectrum.slice());
    for (let i = 0; i < area; i++) should[i] = seen[i] / should[i];
    blur(should);
    for (let i = 0; i < area; i++) spectrum[i] *= should[i];
    yield;
  }
  const sums = new Float64Array(field), counts = new Float64Array(field);
  const ringOf = (i, j) => Math.round(Math.hypot(Math.min(i, field - i), Math.min(j, field - j)));
  for (let i = 0; i < field; i++)
    for (let j = 0; j < field; j++) (sums[ringOf(i, j)] += spectrum[plane.place(i, j)]), (counts[ringOf(i, j)] += 1);
  for (let i = 0; i < field; i++)
    for (let j = 0; j < field; j++) spectrum[plane.place(i, j)] = sums[ringOf(i, j)] / counts[ringOf(i, j)];
  return spectrum;
}

// Noise with the maps' spectrum and share of silent bins, `count` maps of it, in slices: the last is {value: maps, done}.
export function* nullMaps(maps, draw, count) {
  const active = maps.map(standardised), kept = maps.filter((_, i) => active[i]);
  if (!kept.length) return [];
  const room = Float64Array.from(kept[0], (v) => Number(isKnown(v)));
  let silent = 0;
  for (const map of kept) {
    const known = knownBins(map), peak = known.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    silent += known.filter((v) => Math.abs(v) <= SILENT * peak).length / known.length / kept.length;
  }
  const spectrum = yield* fieldSpectrum(active.filter(Boolean), room), drawn = [];
  const side = sideOf(maps[0]), field = fieldOf(side), area = field * field;
  const scale = 1 / Math.sqrt(spectrum.reduce((a, b) => a + b, 0));
  const re = new Float64Array(area), im = new Float64Array(area);
  while (drawn.length < count) { // the two parts of complex noise are two fields
    for (let i = 0; i < area; i++) {
      const gain = scale * Math.sqrt(spectrum[i]);
      (re[i] = gain * draw()), (im[i] = gain * draw());
    }
    PLANES[field].backward(re, im);
    for (const noise of [re, im])
      drawn.push(Float64Array.from({ length: side * side }, (_, i) => (room[i] ? noise[Math.floor(i / side) * field + (i % side)] : NaN)));
    yield;
  }
  if (silent > 0) {
    const joined = new Float64Array(count * side * side);
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
  const work = nullMaps(maps, gaussian(seed), NULL_MAPS);
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
