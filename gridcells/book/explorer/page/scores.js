// The grid scores of a map, as the library's `grid_scores` computes them, and medians and quantiles of such numbers.

import { BINS } from "./spectrum.js";
import { PLANES } from "./fourier.js";

export const SCORED = 32; // bins a side of the explorer's maps that are scored
const ANGLES = [30, 45, 60, 90, 120, 135, 150];
const RINGS = Array.from({ length: 10 }, (_, i) => 0.4 + (0.6 * i) / 9);

const scorers = new Map(); // by bins a side
function scorerOf(side) {
  if (!scorers.has(side)) scorers.set(side, prepareScorer(side));
  return scorers.get(side);
}

function prepareScorer(side) {
  const lags = 2 * side - 1, middle = side - 1, pixels = [], length = [];
  for (let ax = 0; ax < side; ax++)
    for (let ay = 1 - side; ay < side; ay++) {
      const r = Math.hypot(ax, ay);
      if ((ax > 0 || ay > 0) && r > 0.2 * side && r <= side) pixels.push([ax, ay]), length.push(r);
    }
  const rotations = ANGLES.map((angle) => {
    const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const index = new Int32Array(16 * pixels.length), weight = new Float64Array(16 * pixels.length);
    pixels.forEach(([ax, ay], pixel) => {
      const [ix, wx] = spline(middle + cosine * ax + sine * ay, lags), [iy, wy] = spline(middle - sine * ax + cosine * ay, lags);
      for (let a = 0; a < 4; a++)
        for (let b = 0; b < 4; b++) {
          index[16 * pixel + 4 * a + b] = ix[a] * lags + iy[b];
          weight[16 * pixel + 4 * a + b] = wx[a] * wy[b];
        }
    });
    return { index, weight };
  });
  return { lags, middle, places: Int32Array.from(pixels, ([ax, ay]) => (middle + ax) * lags + middle + ay), length, rotations };
}

function spline(position, lags) { // indices and weights of the four coefficients around a position
  const first = Math.floor(position), t = position - first, last = lags - 1;
  const weight = [(1 - t) ** 3, 4 - 6 * t ** 2 + 3 * t ** 3, 1 + 3 * t + 3 * t ** 2 - 3 * t ** 3, t ** 3];
  const inside = position >= -1e-9 && position <= last + 1e-9;
  const index = [-1, 0, 1, 2].map((step) => Math.min(last, Math.max(0, last - Math.abs(last - Math.abs(first + step)))));
  return [index, weight.map((w) => (inside ? w / 6 : 0))];
}

function prefilter(values, n, start, stride) { // samples to cubic spline coefficients, mirrored at both ends, in place
  const z = Math.sqrt(3) - 2, gain = (1 - z) * (1 - 1 / z);
  const at = (i) => start + i * stride;
  for (let i = 0; i < n; i++) values[at(i)] *= gain;
  let sum = values[at(0)] + z ** (n - 1) * values[at(n - 1)];
  for (let i = 1; i < n - 1; i++) sum += (z ** i + z ** (2 * n - 2 - i)) * values[at(i)];
  values[at(0)] = sum / (1 - z ** (2 * n - 2));
  for (let i = 1; i < n; i++) values[at(i)] += z * values[at(i - 1)];
  values[at(n - 1)] = ((z * values[at(n - 2)] + values[at(n - 1)]) * z) / (z * z - 1);
  for (let i = n - 2; i >= 0; i--) values[at(i)] = z * (values[at(i + 1)] - values[at(i)]);
}

// A map of BINS a side, averaged to SCORED bins a side.
export function coarsened(map) {
  const each = BINS / SCORED, coarse = new Float64Array(SCORED * SCORED);
  for (let x = 0; x < BINS; x++)
    for (let y = 0; y < BINS; y++) coarse[Math.floor(x / each) * SCORED + Math.floor(y / each)] += map[x * BINS + y] / each ** 2;
  return coarse;
}

function autocorrelogram(map, n) { // [lag * lag] of a map [n * n]; null for a flat one
  const wide = 2 ** Math.ceil(Math.log2(2 * n)), plane = PLANES[wide], lags = 2 * n - 1, middle = n - 1;
  let low = Infinity, high = -Infinity;
  for (const value of map) (low = value < low ? value : low), (high = value > high ? value : high);
  if (!(high - low > 1e-6 * Math.max(Math.abs(low), Math.abs(high)))) return null;
  if (map.some(Number.isNaN)) return overKnownBins(map.map((value) => (value - low) / (high - low)), n);
  const sums = new Float64Array((n + 1) ** 2), squares = new Float64Array((n + 1) ** 2);
  const re = new Float64Array(wide * wide), im = new Float64Array(wide * wide);
  for (let x = 0; x < n; x++)
    for (let y = 0; y < n; y++) {
      const v = (map[x * n + y] - low) / (high - low), p = (x + 1) * (n + 1) + y + 1;
      re[x * wide + y] = v;
      sums[p] = v + sums[p - 1] + sums[p - n - 1] - sums[p - n - 2];
      squares[p] = v * v + squares[p - 1] + squares[p - n - 1] - squares[p - n - 2];
    }
  plane.forward(re, im); // the sums of products at every shift, by the power spectrum of the padded map
  for (let i = 0; i < re.length; i++) (re[i] = (re[i] ** 2 + im[i] ** 2) / re.length), (im[i] = 0);
  plane.backward(re, im);
  const box = (s, x0, x1, y0, y1) => s[x1 * (n + 1) + y1] - s[x0 * (n + 1) + y1] - s[x1 * (n + 1) + y0] + s[x0 * (n + 1) + y0];
  const result = new Float64Array(lags * lags);
  for (let lx = 0; lx < n; lx++)
    for (let ly = 1 - n; ly < n; ly++) {
      const y0 = Math.max(0, -ly), y1 = Math.min(n, n - ly), count = (n - lx) * (y1 - y0);
      const cross = re[lx * wide + ((ly + wide) % wide)];
      const here = box(sums, 0, n - lx, y0, y1), there = box(sums, lx, n, y0 + ly, y1 + ly);
      const here2 = box(squares, 0, n - lx, y0, y1), there2 = box(squares, lx, n, y0 + ly, y1 + ly);
      const a = here2 - (here * here) / count, b = there2 - (there * there) / count;
      const defined = count > 1 && a > 1e-12 * here2 && b > 1e-12 * there2;
      const value = defined ? (cross - (here * there) / count) / Math.sqrt(a * b) : 0;
      result[(middle + lx) * lags + middle + ly] = result[(middle - lx) * lags + middle - ly] = value;
    }
  return result;
}

// The same over the bins that a map has, of those that a room of another shape has not (NaN); a shift without a correlation
// counts as the mean of the others.
function overKnownBins(map, n) {
  const lags = 2 * n - 1, middle = n - 1, result = new Float64Array(lags * lags);
  let total = 0, known = 0;
  for (let lx = 0; lx < n; lx++)
    for (let ly = 1 - n; ly < n; ly++) {
      let count = 0, cross = 0, here = 0, there = 0, here2 = 0, there2 = 0;
      for (let x = 0; x < n - lx; x++)
        for (let y = Math.max(0, -ly), p = x * n + y, q = p + lx * n + ly; y < Math.min(n, n - ly); y++, p++, q++) {
          const a = map[p], b = map[q];
          if (a !== a || b !== b) continue;
          (count += 1), (cross += a * b), (here += a), (there += b), (here2 += a * a), (there2 += b * b);
        }
      const a = here2 - (here * here) / count, b = there2 - (there * there) / count;
      const value = count > 1 && a > 1e-12 * here2 && b > 1e-12 * there2 ? (cross - (here * there) / count) / Math.sqrt(a * b) : NaN;
      result[(middle + lx) * lags + middle + ly] = result[(middle - lx) * lags + middle - ly] = value;
    }
  for (const value of result) if (value === value) (total += value), (known += 1);
  return result.map((value) => (value === value ? value : total / known));
}

const LIMIT = 1.05; // of a correlation's size; a ring beyond it varies less than the shifts that turning brings in from outside

// The 60 and 90 degree grid scores of a square map of at least 4 bins a side, NaN where nobody was; NaN for a flat one, or
// where no ring counts.
export function gridScores(map) {
  const side = Math.round(Math.sqrt(map.length)), { lags, places, length, rotations } = scorerOf(side);
  const picture = autocorrelogram(map, side);
  if (picture === null) return [NaN, NaN];
  const before = Float64Array.from(places, (place) => picture[place]);
  for (let i = 0; i < lags; i++) prefilter(picture, lags, i * lags, 1);
  for (let i = 0; i < lags; i++) prefilter(picture, lags, i, lags);
  const turned = rotations.map(({ index, weight }) => {
    const values = new Float64Array(places.length);
    for (let p = 0, i = 0; p < values.length; p++) {
      let sum = 0;
      for (const end = i + 16; i < end; i++) sum += weight[i] * picture[index[i]];
      values[p] = sum;
    }
    return values;
  });
  let best60 = -Infinity, best90 = -Infinity;
  for (const outer of RINGS) {
    let count = 0, mean = 0, square = 0;
    const product = new Float64Array(ANGLES.length), other = new Float64Array(ANGLES.length);
    for (let p = 0; p < places.length; p++) {
      if (length[p] > outer * side * (1 + 1e-12)) continue;
      count += 1;
      mean += before[p];
      square += before[p] ** 2;
      for (let a = 0; a < ANGLES.length; a++) (product[a] += before[p] * turned[a][p]), (other[a] += turned[a][p]);
    }
    mean /= count;
    const variance = square / count - mean ** 2 + 1e-5;
    const c = Object.fromEntries(ANGLES.map((angle, a) => [angle, (product[a] / count - (mean * other[a]) / count) / variance]));
    const counts = (...angles) => angles.every((angle) => Math.abs(c[angle]) <= LIMIT);
    if (counts(30, 60, 90, 120, 150)) best60 = Math.max(best60, (c[60] + c[120]) / 2 - (c[30] + c[90] + c[150]) / 3);
    if (counts(45, 90, 135)) best90 = Math.max(best90, c[90] - (c[45] + c[135]) / 2);
  }
  return [best60, best90].map((best) => (best === -Infinity ? NaN : best));
}

// The value below which a share of the numbers lies, between neighbours on a straight line; NaN without numbers.
export function quantile(values, share) {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  if (!sorted.length) return NaN;
  const at = share * (sorted.length - 1), low = Math.floor(at), high = Math.ceil(at);
  return sorted[high] === sorted[low] ? sorted[low] : sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

export const median = (values) => quantile(values, 0.5);
