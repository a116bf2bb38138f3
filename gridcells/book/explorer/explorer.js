// The explorer of pattern formation: all it shows is computed here, in the page. The first half is the mathematics, whose
// results tests compare with the Python library's (gridcells/book/explorer/model.py); the second half draws and listens.

// ------------------------------------------------------------------------------------------------ mathematics

export const BINS = 64;
const RATE = 0.5;
const SCORED = 32; // bins a side of the maps that are scored
const NEAR = 0.97, TRIAD = 0.96, FLOOR = 0.3, ASKEW = (15 * Math.PI) / 180; // as in gridcells/theory/lattice_selection.py
export const STRENGTHS = { linear: 1, tanh: 1, relu: 1, leaky: 0.75, quadratic: 0.02 };
const SYMMETRIC = ["linear", "tanh"];

// Gaussian noise of variance 1: the generator mulberry32 and Box and Muller's transform.
export function noise(seed, cells) {
  const values = new Float64Array(cells * BINS * BINS);
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  for (let i = 0; i < values.length; i++) {
    const first = 1 - uniform();
    values[i] = Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * uniform());
  }
  return values;
}

const surround = (settings) =>
  settings.tuning === "gaussian" ? 0 : settings.tuning.endsWith("unit_amplitude") ? settings.surround_ratio : 1;

// The covariance's eigenvalue for waves of number k (rad/m), in closed form.
export function spectrum(k, settings) {
  const exponent = (-(settings.width ** 2) / 2) * k * k;
  return (Math.exp(exponent) - surround(settings) * Math.exp(settings.surround_ratio * exponent)) ** 2;
}

// A place cell's activity at a distance (m) from its centre, peak of the centre Gaussian 1.
export function tuning(distance, settings) {
  const exponent = (-0.5 * distance * distance) / settings.width ** 2;
  return Math.exp(exponent) - (surround(settings) / settings.surround_ratio) * Math.exp(exponent / settings.surround_ratio);
}

const cyclesOf = (index, size) => (index < size / 2 ? index : index - size);

// The eigenvalues of the waves that fit the box, [BINS * BINS] in the order of the Fourier transform; the mean's is 0.
export function eigenvalues(settings) {
  const values = new Float64Array(BINS * BINS);
  const unit = (2 * Math.PI) / settings.box;
  for (let i = 0; i < BINS; i++)
    for (let j = 0; j < BINS; j++)
      values[i * BINS + j] = spectrum(unit * Math.hypot(cyclesOf(i, BINS), cyclesOf(j, BINS)), settings);
  values[0] = 0;
  return values;
}

// Wave number of the ring (rad/m); 0 where the spectrum has none.
export function ring(settings) {
  if (settings.tuning === "gaussian" || settings.tuning.endsWith("unit_amplitude")) return 0;
  const ratio = settings.surround_ratio;
  return Math.sqrt((2 * Math.log(ratio)) / (ratio - 1)) / settings.width;
}

export const spacing = (k) => (k > 0 ? (4 * Math.PI) / (Math.sqrt(3) * k) : Infinity);

// What is wrong with the settings, in words; "" if nothing is.
export function amiss(settings) {
  const cm = (metres) => `${(100 * metres).toFixed(1)} cm`;
  const { width, box } = settings;
  if (!(width >= box / BINS)) return `Place fields of ${cm(width)} are narrower than one bin of this box (${cm(box / BINS)}).`;
  if (!(width <= box / 4)) return `Place fields of ${cm(width)} are wider than a quarter of this box (${cm(box / 4)}).`;
  if (!(settings.surround_ratio > 1)) return "The surround must be wider than the centre (ratio above 1).";
  return "";
}

// The waves that compete, the triad that can make hexagons of them, and the lattice that they favour.
export function modes(settings) {
  const values = eigenvalues(settings);
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  const waves = [];
  for (let i = 0; i < BINS; i++)
    for (let j = 0; j < BINS; j++)
      if (values[i * BINS + j] >= FLOOR * largest)
        waves.push([cyclesOf(i, BINS), cyclesOf(j, BINS), values[i * BINS + j] / largest]);
  waves.sort((a, b) => b[2] - a[2]);
  const askew = (a, b) => {
    const turn = Math.atan2(a[1], a[0]) - Math.atan2(b[1], b[0]);
    return Math.abs(Math.abs(turn - 2 * Math.PI * Math.round(turn / (2 * Math.PI))) - (2 * Math.PI) / 3);
  };
  let triad = null, best = 0;
  for (const a of waves) {
    if (a[2] + 2 <= 3 * best) break; // none further down can do better
    for (const b of waves) {
      if (a[2] + b[2] + 1 <= 3 * best) break;
      const c = [-a[0] - b[0], -a[1] - b[1]];
      if (Math.max(Math.abs(c[0]), Math.abs(c[1])) > BINS / 2 || askew(a, b) > ASKEW || askew(a, c) > ASKEW) continue;
      const third = values[((c[0] + BINS) % BINS) * BINS + ((c[1] + BINS) % BINS)] / largest;
      const mean = (a[2] + b[2] + third) / 3;
      if (mean > best + 1e-12) [triad, best] = [[a, b, c], mean];
    }
  }
  const competing = waves.filter((wave) => wave[2] >= NEAR).length / 2;
  const hexagonal = !SYMMETRIC.includes(settings.nonlinearity) && best >= TRIAD;
  return { waves, triad, triadEigenvalue: best, lattice: hexagonal ? "hexagonal" : competing <= 2 ? "square" : "heterogeneous" };
}

// Fourier transforms of square planes: decimation in frequency forwards and in time backwards, so that neither puts its
// numbers in order; the transform is transposed and bit-reversed along both axes, which a response in that order undoes.
class Plane {
  constructor(size) {
    this.size = size;
    const bits = Math.log2(size);
    this.reversed = Array.from({ length: size }, (_, i) => {
      let r = 0;
      for (let b = 0; b < bits; b++) r |= ((i >> b) & 1) << (bits - 1 - b);
      return r;
    });
    this.cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.sin = Float64Array.from({ length: size / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / size));
  }
  columnsForward(re, im) {
    const n = this.size;
    for (let half = n / 2; half >= 1; half /= 2) {
      const stride = n / (2 * half);
      for (let start = 0; start < n; start += 2 * half)
        for (let j = 0; j < half; j++) {
          const wr = this.cos[j * stride], wi = -this.sin[j * stride];
          let p = (start + j) * n, q = (start + j + half) * n;
          for (const end = p + n; p < end; p++, q++) {
            const ur = re[p] - re[q], ui = im[p] - im[q];
            re[p] += re[q];
            im[p] += im[q];
            re[q] = ur * wr - ui * wi;
            im[q] = ur * wi + ui * wr;
          }
        }
    }
  }
  columnsBackward(re, im) {
    const n = this.size;
    for (let half = 1; half < n; half *= 2) {
      const stride = n / (2 * half);
      for (let start = 0; start < n; start += 2 * half)
        for (let j = 0; j < half; j++) {
          const wr = this.cos[j * stride], wi = this.sin[j * stride];
          let p = (start + j) * n, q = (start + j + half) * n;
          for (const end = p + n; p < end; p++, q++) {
            const tr = re[q] * wr - im[q] * wi, ti = re[q] * wi + im[q] * wr;
            re[q] = re[p] - tr;
            im[q] = im[p] - ti;
            re[p] += tr;
            im[p] += ti;
          }
        }
    }
  }
  transpose(a) {
    const n = this.size;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) {
        const t = a[i * n + j];
        a[i * n + j] = a[j * n + i];
        a[j * n + i] = t;
      }
  }
  forward(re, im) {
    this.columnsForward(re, im);
    this.transpose(re);
    this.transpose(im);
    this.columnsForward(re, im);
  }
  backward(re, im) { // not divided by size²
    this.columnsBackward(re, im);
    this.transpose(re);
    this.transpose(im);
    this.columnsBackward(re, im);
  }
  // Where entry (i, j) of a transform in natural order lies in this one's; the planes that are put in order so are symmetric.
  place(i, j) {
    return this.reversed[j] * this.size + this.reversed[i];
  }
}

const PLANES = { 64: new Plane(64), 128: new Plane(128) };

// The response of a convolution with the covariance, over its largest eigenvalue, in the order of Plane's transform.
function responseOf(settings) {
  const values = eigenvalues(settings), small = PLANES[BINS];
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  const re = new Float64Array(BINS * BINS), im = new Float64Array(BINS * BINS);
  for (let i = 0; i < BINS; i++)
    for (let j = 0; j < BINS; j++) re[small.place(i, j)] = values[i * BINS + j] / largest / BINS ** 2;
  if (!settings.walls) return { plane: small, re, im: null };
  small.backward(re, im); // the kernel, its middle at (0, 0)
  const plane = PLANES[2 * BINS], size = 2 * BINS;
  const wide = { plane, re: new Float64Array(size * size), im: new Float64Array(size * size) };
  for (let i = -BINS / 2; i < BINS / 2; i++)
    for (let j = -BINS / 2; j < BINS / 2; j++)
      wide.re[((i + size) % size) * size + ((j + size) % size)] = re[((i + BINS) % BINS) * BINS + ((j + BINS) % BINS)] / size ** 2;
  plane.forward(wide.re, wide.im);
  return wide;
}

// The single-cell dynamics, normalised schedule.
export class Simulation {
  constructor(settings) {
    this.settings = settings;
    this.maps = noise(settings.seed, settings.cells);
    this.steps = 0;
    this.change = Infinity;
    this.diverged = false;
    this.retune(settings);
    for (let cell = 0; cell < settings.cells; cell++) this.scale(cell);
  }
  // Go on from the maps there are, under another covariance or nonlinearity.
  retune(settings) {
    this.settings = settings;
    this.response = responseOf(settings);
    const size = this.response.plane.size;
    this.re = new Float64Array(size * size);
    this.im = new Float64Array(size * size);
    this.change = Infinity;
  }
  map(cell) {
    return this.maps.subarray(cell * BINS * BINS, (cell + 1) * BINS * BINS);
  }
  scale(cell) {
    const map = this.map(cell);
    let sum = 0;
    for (let i = 0; i < map.length; i++) sum += map[i] * map[i];
    const factor = 1 / Math.sqrt(sum / map.length);
    if (!Number.isFinite(factor)) this.diverged = true;
    else for (let i = 0; i < map.length; i++) map[i] *= factor;
    return factor;
  }
  step() {
    const { plane, re: rr, im: ri } = this.response;
    const { re, im } = this, size = plane.size;
    let moved = 0;
    for (let cell = 0; cell < this.settings.cells && !this.diverged; cell += 2) {
      const first = this.map(cell);
      const second = cell + 1 < this.settings.cells ? this.map(cell + 1) : null;
      if (size > BINS) re.fill(0), im.fill(0);
      else if (!second) im.fill(0);
      for (let x = 0; x < BINS; x++)
        for (let y = 0; y < BINS; y++) {
          re[x * size + y] = first[x * BINS + y];
          if (second) im[x * size + y] = second[x * BINS + y];
        }
      plane.forward(re, im);
      if (ri === null) for (let i = 0; i < re.length; i++) (re[i] *= rr[i]), (im[i] *= rr[i]);
      else
        for (let i = 0; i < re.length; i++) {
          const a = re[i], b = im[i];
          re[i] = a * rr[i] - b * ri[i];
          im[i] = a * ri[i] + b * rr[i];
        }
      plane.backward(re, im);
      moved = Math.max(moved, this.bend(cell, re, size));
      if (second) moved = Math.max(moved, this.bend(cell + 1, im, size));
    }
    this.change = moved;
    this.steps += 1;
  }
  // Add what a map hears, bend it, scale it; returns how far it moved.
  bend(cell, heard, size) {
    const map = this.map(cell), { nonlinearity } = this.settings, s = STRENGTHS[nonlinearity];
    const before = (this.before ??= new Float64Array(BINS * BINS));
    before.set(map);
    for (let x = 0; x < BINS; x++)
      for (let y = 0; y < BINS; y++) {
        const i = x * BINS + y;
        const u = (1 - RATE) * map[i] + RATE * heard[x * size + y];
        if (nonlinearity === "relu") map[i] = u > 0 ? u : 0;
        else if (nonlinearity === "leaky") map[i] = u > 0 ? u : (1 - s) * u;
        else if (nonlinearity === "tanh") map[i] = Math.tanh(s * u) / s;
        else if (nonlinearity === "quadratic") map[i] = u + s * u * u;
        else map[i] = u;
      }
    this.scale(cell);
    let sum = 0;
    for (let i = 0; i < map.length; i++) sum += (map[i] - before[i]) ** 2;
    return Math.sqrt(sum / map.length);
  }
}

// Mean wave number (rad/m) of a map's strongest waves.
export function waveNumber(map, box) {
  const plane = PLANES[BINS], re = Float64Array.from(map), im = new Float64Array(BINS * BINS);
  plane.forward(re, im);
  const power = new Float64Array(BINS * BINS);
  let top = 0;
  for (let i = 0; i < BINS; i++)
    for (let j = 0; j < BINS; j++) {
      if (i === 0 && j === 0) continue;
      const p = plane.place(i, j);
      top = Math.max(top, (power[i * BINS + j] = re[p] ** 2 + im[p] ** 2));
    }
  let sum = 0, total = 0;
  for (let i = 0; i < BINS; i++)
    for (let j = 0; j < BINS; j++)
      if (power[i * BINS + j] >= top / 2 && top > 0) {
        sum += power[i * BINS + j] * Math.hypot(cyclesOf(i, BINS), cyclesOf(j, BINS));
        total += power[i * BINS + j];
      }
  return total > 0 ? ((2 * Math.PI) / box) * (sum / total) : 0;
}

// What the grid score needs once: the ring's pixels, and for each angle where their turned copies come from.
const ANGLES = [30, 45, 60, 90, 120, 135, 150];
const LAGS = 2 * SCORED - 1, MIDDLE = SCORED - 1;
const RINGS = Array.from({ length: 10 }, (_, i) => 0.4 + (0.6 * i) / 9);

let scorer = null;
function prepareScorer() {
  const pixels = [], length = [];
  for (let ax = 0; ax < SCORED; ax++)
    for (let ay = 1 - SCORED; ay < SCORED; ay++) {
      const r = Math.hypot(ax, ay);
      if ((ax > 0 || ay > 0) && r > 0.2 * SCORED && r <= SCORED) pixels.push([ax, ay]), length.push(r);
    }
  const rotations = ANGLES.map((angle) => {
    const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    const index = new Int32Array(16 * pixels.length), weight = new Float64Array(16 * pixels.length);
    pixels.forEach(([ax, ay], pixel) => {
      const [ix, wx] = spline(MIDDLE + cosine * ax + sine * ay), [iy, wy] = spline(MIDDLE - sine * ax + cosine * ay);
      for (let a = 0; a < 4; a++)
        for (let b = 0; b < 4; b++) {
          index[16 * pixel + 4 * a + b] = ix[a] * LAGS + iy[b];
          weight[16 * pixel + 4 * a + b] = wx[a] * wy[b];
        }
    });
    return { index, weight };
  });
  scorer = { pixels, length, rotations };
}

function spline(position) { // indices and weights of the four coefficients around a position
  const first = Math.floor(position), t = position - first, last = LAGS - 1;
  const weight = [(1 - t) ** 3, 4 - 6 * t ** 2 + 3 * t ** 3, 1 + 3 * t + 3 * t ** 2 - 3 * t ** 3, t ** 3];
  const inside = position >= -1e-9 && position <= last + 1e-9;
  const index = [-1, 0, 1, 2].map((step) => Math.min(last, Math.max(0, last - Math.abs(last - Math.abs(first + step)))));
  return [index, weight.map((w) => (inside ? w / 6 : 0))];
}

function prefilter(values, start, stride) { // samples to cubic spline coefficients, mirrored at both ends, in place
  const z = Math.sqrt(3) - 2, n = LAGS, gain = (1 - z) * (1 - 1 / z);
  const at = (i) => start + i * stride;
  for (let i = 0; i < n; i++) values[at(i)] *= gain;
  let sum = values[at(0)] + z ** (n - 1) * values[at(n - 1)];
  for (let i = 1; i < n - 1; i++) sum += (z ** i + z ** (2 * n - 2 - i)) * values[at(i)];
  values[at(0)] = sum / (1 - z ** (2 * n - 2));
  for (let i = 1; i < n; i++) values[at(i)] += z * values[at(i - 1)];
  values[at(n - 1)] = ((z * values[at(n - 2)] + values[at(n - 1)]) * z) / (z * z - 1);
  for (let i = n - 2; i >= 0; i--) values[at(i)] = z * (values[at(i + 1)] - values[at(i)]);
}

function autocorrelogram(map) { // [LAGS * LAGS] of a map [SCORED * SCORED]; null for a flat one
  const n = SCORED;
  let low = Infinity, high = -Infinity;
  for (const value of map) (low = Math.min(low, value)), (high = Math.max(high, value));
  if (!(high - low > 1e-6 * Math.max(Math.abs(low), Math.abs(high)))) return null;
  const f = Float64Array.from(map, (value) => (value - low) / (high - low));
  const sums = new Float64Array((n + 1) ** 2), squares = new Float64Array((n + 1) ** 2);
  for (let x = 0; x < n; x++)
    for (let y = 0; y < n; y++) {
      const v = f[x * n + y], p = (x + 1) * (n + 1) + y + 1;
      sums[p] = v + sums[p - 1] + sums[p - n - 1] - sums[p - n - 2];
      squares[p] = v * v + squares[p - 1] + squares[p - n - 1] - squares[p - n - 2];
    }
  const box = (s, x0, x1, y0, y1) => s[x1 * (n + 1) + y1] - s[x0 * (n + 1) + y1] - s[x1 * (n + 1) + y0] + s[x0 * (n + 1) + y0];
  const result = new Float64Array(LAGS * LAGS);
  for (let lx = 0; lx < n; lx++)
    for (let ly = 1 - n; ly < n; ly++) {
      const y0 = Math.max(0, -ly), y1 = Math.min(n, n - ly), count = (n - lx) * (y1 - y0);
      let cross = 0;
      for (let x = 0; x < n - lx; x++) {
        const p = x * n, q = (x + lx) * n + ly;
        for (let y = y0; y < y1; y++) cross += f[p + y] * f[q + y];
      }
      const here = box(sums, 0, n - lx, y0, y1), there = box(sums, lx, n, y0 + ly, y1 + ly);
      const here2 = box(squares, 0, n - lx, y0, y1), there2 = box(squares, lx, n, y0 + ly, y1 + ly);
      const a = here2 - (here * here) / count, b = there2 - (there * there) / count;
      const defined = count > 1 && a > 1e-12 * here2 && b > 1e-12 * there2;
      const value = defined ? (cross - (here * there) / count) / Math.sqrt(a * b) : 0;
      result[(MIDDLE + lx) * LAGS + MIDDLE + ly] = result[(MIDDLE - lx) * LAGS + MIDDLE - ly] = value;
    }
  return result;
}

// The 60 and 90 degree grid scores of a map of BINS a side, scored at SCORED bins a side; NaN for a flat map.
export function gridScores(map) {
  if (scorer === null) prepareScorer();
  const { pixels, length, rotations } = scorer, each = BINS / SCORED;
  const coarse = new Float64Array(SCORED * SCORED);
  for (let x = 0; x < BINS; x++)
    for (let y = 0; y < BINS; y++) coarse[Math.floor(x / each) * SCORED + Math.floor(y / each)] += map[x * BINS + y] / each ** 2;
  const picture = autocorrelogram(coarse);
  if (picture === null) return [NaN, NaN];
  const before = pixels.map(([ax, ay]) => picture[(MIDDLE + ax) * LAGS + MIDDLE + ay]);
  for (let i = 0; i < LAGS; i++) prefilter(picture, i * LAGS, 1);
  for (let i = 0; i < LAGS; i++) prefilter(picture, i, LAGS);
  const turned = rotations.map(({ index, weight }) => {
    const values = new Float64Array(pixels.length);
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
    for (let p = 0; p < pixels.length; p++) {
      if (length[p] > outer * SCORED * (1 + 1e-12)) continue;
      count += 1;
      mean += before[p];
      square += before[p] ** 2;
      for (let a = 0; a < ANGLES.length; a++) (product[a] += before[p] * turned[a][p]), (other[a] += turned[a][p]);
    }
    mean /= count;
    const variance = square / count - mean ** 2 + 1e-5;
    const c = Object.fromEntries(ANGLES.map((angle, a) => [angle, (product[a] / count - (mean * other[a]) / count) / variance]));
    best60 = Math.max(best60, (c[60] + c[120]) / 2 - (c[30] + c[90] + c[150]) / 3);
    best90 = Math.max(best90, c[90] - (c[45] + c[135]) / 2);
  }
  return [best60, best90];
}

export function median(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b), half = sorted.length >> 1;
  if (!sorted.length) return NaN;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// ---------------------------------------------------------------------------------------------------- drawing

const VIRIDIS = ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"];
const COLOURS = new Uint32Array(256); // little-endian RGBA
for (let i = 0; i < 256; i++) {
  const at = (i / 255) * (VIRIDIS.length - 1), low = Math.min(VIRIDIS.length - 2, Math.floor(at));
  const channel = (c) => {
    const [a, b] = [low, low + 1].map((n) => parseInt(VIRIDIS[n].slice(2 * c, 2 * c + 2), 16));
    return Math.round(a + (at - low) * (b - a));
  };
  COLOURS[i] = (255 << 24) | (channel(2) << 16) | (channel(1) << 8) | channel(0);
}
const [BLUE, VERMILLION, GREEN] = ["#0072B2", "#D55E00", "#009E73"];

// A picture of values [size * size], first index x, drawn with x to the right and y upwards.
function picture(values, size) {
  const image = new ImageData(size, size), pixels = new Uint32Array(image.data.buffer);
  let low = Infinity, high = -Infinity;
  for (let i = 0; i < values.length; i++) (low = Math.min(low, values[i])), (high = Math.max(high, values[i]));
  const scale = high > low ? 255 / (high - low) : 0;
  for (let x = 0; x < size; x++)
    for (let y = 0; y < size; y++) pixels[(size - 1 - y) * size + x] = COLOURS[Math.round((values[x * size + y] - low) * scale)];
  return image;
}

function stamp(context, image, x, y, side) {
  const sheet = (stamp.sheet ??= document.createElement("canvas"));
  if (sheet.width !== image.width) sheet.width = sheet.height = image.width;
  sheet.getContext("2d").putImageData(image, 0, 0);
  context.drawImage(sheet, x, y, side, side);
}

// A canvas that is as sharp as the screen; `draw(context, width, height, ink)` works in CSS pixels.
function paint(canvas, draw) {
  const width = canvas.clientWidth, height = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
  if (!width || !height) return;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "12px system-ui, sans-serif";
  const ink = getComputedStyle(canvas).color;
  context.fillStyle = context.strokeStyle = ink;
  draw(context, width, height, ink);
}

// A curve y(x) over [0, right] with its axis; marks are vertical lines {x, colour, dash}.
function drawCurve(canvas, curve, right, label, marks, ticks) {
  paint(canvas, (context, width, height, ink) => {
    const left = 8, top = 8, bottom = height - 34, span = width - left - 8;
    const xs = Array.from({ length: 241 }, (_, i) => (right * i) / 240), ys = xs.map(curve);
    const high = Math.max(...ys, 1e-12), low = Math.min(...ys, 0);
    const px = (x) => left + (span * x) / right, py = (y) => bottom - ((bottom - top) * (y - low)) / (high - low);
    context.globalAlpha = 0.5;
    context.beginPath();
    context.moveTo(left, py(0)), context.lineTo(left + span, py(0));
    context.stroke();
    context.globalAlpha = 1;
    for (const { x, colour, dash } of marks) {
      if (!(x > 0 && x <= right)) continue;
      context.beginPath();
      context.strokeStyle = colour ?? ink;
      context.setLineDash(dash ?? []);
      context.moveTo(px(x), top), context.lineTo(px(x), bottom);
      context.stroke();
    }
    context.setLineDash([]);
    context.strokeStyle = BLUE;
    context.lineWidth = 2;
    context.beginPath();
    xs.forEach((x, i) => (i ? context.lineTo(px(x), py(ys[i])) : context.moveTo(px(x), py(ys[i]))));
    context.stroke();
    context.fillStyle = ink;
    context.textAlign = "center";
    for (const tick of ticks) context.fillText(String(tick), px(tick), bottom + 13);
    context.fillText(label, left + span / 2, height - 5);
  });
}

function drawSpectrum(canvas, settings, found) {
  const reach = 8, fine = 96, values = new Float64Array(fine * fine), unit = (2 * Math.PI) / settings.box;
  for (let i = 0; i < fine; i++)
    for (let j = 0; j < fine; j++)
      values[i * fine + j] = spectrum(unit * reach * Math.hypot((2 * (i + 0.5)) / fine - 1, (2 * (j + 0.5)) / fine - 1), settings);
  paint(canvas, (context, width, height) => {
    const side = Math.min(width, height), at = (cycles) => (side * (1 + cycles / reach)) / 2;
    stamp(context, picture(values, fine), 0, 0, side);
    context.strokeStyle = "#ffffff";
    context.setLineDash([4, 3]);
    context.beginPath();
    context.arc(side / 2, side / 2, (side / 2) * (ring(settings) / unit / reach), 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
    for (const [x, y, value] of found.waves) {
      if (Math.max(Math.abs(x), Math.abs(y)) > reach) continue;
      context.beginPath();
      context.fillStyle = value >= NEAR ? VERMILLION : "#ffffff";
      context.arc(at(x), at(-y), value >= NEAR ? 3.5 : 1.5, 0, 2 * Math.PI);
      context.fill();
    }
    if (found.triad && found.lattice === "hexagonal") {
      context.strokeStyle = "#ffffff";
      context.lineWidth = 2;
      for (const [x, y] of found.triad) {
        context.beginPath();
        context.moveTo(side / 2, side / 2), context.lineTo(at(x), at(-y));
        context.stroke();
      }
    }
  });
}

function drawField(canvas, settings) {
  const values = new Float64Array(BINS * BINS), bin = settings.box / BINS;
  for (let i = 0; i < BINS; i++)
    for (let j = 0; j < BINS; j++) values[i * BINS + j] = tuning(bin * Math.hypot(i - BINS / 2, j - BINS / 2), settings);
  paint(canvas, (context, width, height) => stamp(context, picture(values, BINS), 0, 0, Math.min(width, height)));
}

function drawMaps(canvas, simulation, scores) {
  const cells = simulation.settings.cells, columns = Math.ceil(Math.sqrt(cells));
  paint(canvas, (context, width) => {
    const gap = 4, text = 15, side = (width - gap * (columns - 1)) / columns;
    context.textAlign = "center";
    for (let cell = 0; cell < cells; cell++) {
      const x = (cell % columns) * (side + gap), y = Math.floor(cell / columns) * (side + text + gap);
      stamp(context, picture(simulation.map(cell), BINS), x, y, side);
      const score = scores[cell]?.[0];
      context.fillText(Number.isFinite(score) ? score.toFixed(2) : "–", x + side / 2, y + side + text - 3);
    }
  });
}

// ---------------------------------------------------------------------------------------------------- the page

const CONTROLS = [ // name, label, kind, and what a range or a choice needs
  ["width", "Place field width σ", "range", { min: 0.04, max: 0.6, step: 0.01, show: (v) => `${(100 * v).toFixed(0)} cm` }],
  ["surround_ratio", "Surround over centre (variance)", "range", { min: 1.2, max: 8, step: 0.1, show: (v) => v.toFixed(1) }],
  ["tuning", "Tuning", "choice", [
    ["difference_of_softmaxes", "difference of softmaxes"],
    ["difference_of_gaussians", "difference of Gaussians"],
    ["difference_of_gaussians_unit_amplitude", "difference, equal peaks"],
    ["gaussian", "Gaussian, no surround"],
  ]],
  ["nonlinearity", "Nonlinearity", "choice", [
    ["relu", "ReLU: g ≥ 0"],
    ["leaky", "leaky ReLU"],
    ["quadratic", "quadratic, weak"],
    ["tanh", "tanh: g and −g alike"],
    ["linear", "none (linear)"],
  ]],
  ["box", "Box", "range", { min: 1, max: 3.2, step: 0.1, show: (v) => `${v.toFixed(1)} m` }],
  ["walls", "Walls (else the edges join)", "tick"],
  ["cells", "Cells", "choice", [[1, "1"], [4, "4"], [9, "9"], [16, "16"], [25, "25"]]],
  ["speed", "Speed", "range", { min: 1, max: 8, step: 1, show: (v) => `${v} a frame` }],
  ["seed", "Seed", "number", { min: 0, max: 4294967295 }],
];
const SETTINGS = CONTROLS.map(([name]) => name);
const RESTART = ["cells", "seed"]; // a change of these starts from new noise; of the others, the maps go on
const SETTLED = 1e-5, MOST_STEPS = 4000, STILL_STEPS = 300;

const STYLE = `
.gx { container-type: inline-size; color: inherit; font: 14px/1.4 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; }
.gx * { box-sizing: border-box; }
.gx canvas { display: block; width: 100%; }
.gx .gx-body { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem; }
.gx .gx-controls { display: grid; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); gap: .5rem 1rem; border: 0; margin: 0; padding: 0; min-width: 0; }
.gx label { display: flex; flex-direction: column; gap: .1rem; }
.gx label.gx-tick { flex-direction: row; align-items: center; gap: .5rem; }
.gx label span { display: flex; justify-content: space-between; gap: .5rem; }
.gx .gx-value { font-variant-numeric: tabular-nums; }
.gx select, .gx input[type=number], .gx button { font: inherit; color: inherit; background: transparent; border: 1px solid currentColor; border-radius: 4px; padding: .2rem .5rem; min-height: 2rem; max-width: 100%; }
.gx option { color: #000; background: #fff; }
.gx input[type=range] { width: 100%; accent-color: ${BLUE}; min-height: 1.5rem; margin: 0; }
.gx :focus-visible { outline: 3px solid ${VERMILLION}; outline-offset: 2px; }
.gx .gx-row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
.gx .gx-label { font-size: 1.1rem; margin: 0; }
.gx .gx-note { border-left: 4px solid ${VERMILLION}; padding: .3rem .7rem; margin: 0; }
.gx .gx-views { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .75rem; }
.gx .gx-maps { order: -1; }
.gx figure { margin: 0; min-width: 0; }
.gx figure figcaption { color: inherit; font-size: .85rem; }
.gx .gx-square { aspect-ratio: 1; }
.gx .gx-curve { height: 9.5rem; }
.gx pre { overflow-x: auto; font-size: .8rem; margin: 0; padding: .5rem; border: 1px solid currentColor; border-radius: 4px; }
.gx [hidden] { display: none !important; }
@container (min-width: 42rem) { .gx:not(.gx-small) .gx-body { grid-template-columns: minmax(0, 1fr) minmax(0, 1.15fr); } .gx .gx-maps { order: 1; } }
.gx.gx-small { max-width: 30rem; }
`;

const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

const inNotebook = () => "jpThemeName" in document.body.dataset || document.getElementById("jupyter-config-data") !== null;

// The part of a page's address that holds the state: #explorer?width=0.12&...
const PREFIX = "#explorer?";
function readAddress() {
  if (!location.hash.startsWith(PREFIX)) return {};
  const state = {};
  for (const [name, text] of new URLSearchParams(location.hash.slice(PREFIX.length))) {
    const control = CONTROLS.find((entry) => entry[0] === name);
    if (!control) continue;
    const [, , kind, options] = control;
    if (kind === "tick") state[name] = text === "true";
    else if (kind === "choice") {
      const choice = options.find(([value]) => String(value) === text);
      if (choice) state[name] = choice[0];
    } else {
      const value = Number(text);
      if (text !== "" && value >= options.min && value <= options.max) state[name] = name === "seed" || name === "speed" ? Math.round(value) : value;
    }
  }
  return state;
}

function render({ model, el }) {
  const small = model.get("small"), page = !inNotebook();
  const reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const settings = () => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));
  if (page && !small) for (const [name, value] of Object.entries(readAddress())) model.set(name, value);

  // --- what there is
  const inputs = {}, shown = {};
  const shell = make("div", { class: small ? "gx gx-small" : "gx", role: "group", "aria-label": "Explorer of pattern formation" });
  const fieldset = make("fieldset", { class: "gx-controls", "aria-label": "Settings" });
  for (const [name, label, kind, options] of CONTROLS) {
    if (small && name !== "width") continue;
    let input;
    if (kind === "choice") input = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
    else if (kind === "tick") input = make("input", { type: "checkbox" });
    else input = make("input", { type: kind, min: options.min, max: options.max, step: options.step ?? 1 });
    input.dataset.name = name;
    inputs[name] = input;
    shown[name] = make("span", { class: "gx-value" });
    fieldset.append(
      kind === "tick"
        ? make("label", { class: "gx-tick" }, input, label)
        : make("label", {}, make("span", {}, label, shown[name]), input),
    );
    input.addEventListener(kind === "range" ? "input" : "change", () => choose(name, valueOf(name, kind, options)));
  }
  const label = make("p", { class: "gx-label" });
  const spoken = make("p", { "aria-live": "polite", role: "status", style: "margin:0" });
  const note = make("p", { class: "gx-note", role: "alert", hidden: true });
  const play = make("button", { type: "button", onclick: () => setPlaying(!model.get("playing")) });
  const step = make("button", { type: "button", onclick: () => (setPlaying(false), advance(1), draw()) }, "Step");
  const reset = make("button", { type: "button", onclick: () => restart() }, "Reset");
  const copy = make("button", { type: "button", onclick: () => showPython() }, "Copy as Python");
  const code = make("pre", { hidden: true, tabindex: "0", "aria-label": "Python" });
  const square = (text) => {
    const canvas = make("canvas", { class: "gx-square", role: "img" });
    return [canvas, make("figure", {}, canvas, make("figcaption", {}, text))];
  };
  const curve = (text) => {
    const canvas = make("canvas", { class: "gx-curve", role: "img" });
    return [canvas, make("figure", {}, canvas, make("figcaption", {}, text))];
  };
  const [fieldCanvas, fieldFigure] = square("A place cell’s map");
  const [tuningCanvas, tuningFigure] = curve("A place cell’s tuning");
  const [ringCanvas, ringFigure] = square("Spectrum Σ̃(k): ring (dashed), the box’s waves (dots), the strongest (orange)");
  const [radialCanvas, radialFigure] = curve("Along k: the ring’s radius sets the spacing");
  const mapsCanvas = make("canvas", { class: "gx-square", role: "img" });
  const maps = make("figure", {}, mapsCanvas, make("figcaption", {}, "Maps as they form; below each its 60° grid score"));
  const link = make("a", { hidden: true }, "Open the full explorer");
  const views = make("div", { class: "gx-views" }, fieldFigure, tuningFigure, ringFigure, radialFigure);
  const left = make("div", { style: "display:grid;gap:.75rem;align-content:start;min-width:0" }, fieldset, ...(small ? [] : [views]));
  const right = make("div", { class: "gx-maps", style: "display:grid;gap:.5rem;align-content:start;min-width:0" }, label, note, maps, spoken);
  right.append(make("div", { class: "gx-row" }, play, step, reset, ...(small ? [link] : [copy])), code);
  shell.append(make("style", {}, STYLE), make("div", { class: "gx-body" }, ...(small ? [right, left] : [left, right])));
  el.append(shell);

  // --- what goes on
  let simulation = null, found = null, scores = [], next = 0, visible = true, frame = null, last = null, durations = [];
  let written = 0, addressTimer = null;

  function valueOf(name, kind, options) {
    const input = inputs[name];
    if (kind === "tick") return input.checked;
    if (kind === "choice") return options.find(([value]) => String(value) === input.value)[0];
    let value = Number(input.value);
    if (!Number.isFinite(value)) value = model.get(name);
    if (kind === "number") value = Math.round(value);
    return Math.min(options.max, Math.max(options.min, value));
  }

  function choose(name, value) {
    if (Object.is(model.get(name), value)) return;
    model.set(name, value);
    model.save_changes();
  }

  function setPlaying(value) {
    choose("playing", value);
    showControls();
    wake();
  }

  function showControls() {
    const now = settings();
    for (const [name, , kind, options] of CONTROLS) {
      if (!(name in inputs)) continue;
      if (kind === "tick") inputs[name].checked = now[name];
      else if (document.activeElement !== inputs[name] || kind !== "number") inputs[name].value = String(now[name]);
      if (kind === "range") {
        shown[name].textContent = options.show(now[name]);
        inputs[name].setAttribute("aria-valuetext", options.show(now[name]));
      }
    }
    play.textContent = model.get("playing") ? "Pause" : "Play";
    const address = PREFIX + new URLSearchParams(Object.entries(now).map(([name, value]) => [name, String(value)]));
    if (small) link.href = model.get("link") + address;
    else if (page && written++) { // the address changes once something was chosen
      clearTimeout(addressTimer);
      addressTimer = setTimeout(() => history.replaceState(null, "", address), 200);
    }
  }

  function restart() {
    simulation = null;
    retune();
  }

  function retune() {
    const now = settings(), problem = amiss(now);
    showControls();
    shell.dataset.slowest = "0";
    durations = [];
    note.hidden = !problem;
    note.textContent = problem;
    if (problem) {
      label.textContent = "Nothing forms with these settings.";
      spoken.textContent = "";
      return;
    }
    found = modes(now);
    if (simulation && RESTART.every((name) => simulation.settings[name] === now[name])) simulation.retune(now);
    else {
      simulation = new Simulation(now);
      scores = [];
      next = 0;
    }
    simulation.begun = simulation.steps;
    drawViews(now);
    report();
    if (reduced && !model.get("playing")) still();
    else wake();
  }

  function drawViews(now) {
    if (small) return;
    drawField(fieldCanvas, now);
    drawCurve(tuningCanvas, (r) => tuning(r, now), now.box / 2, "distance from its centre (m)", [], [0.25, 0.5, 0.75, 1].filter((r) => r < now.box / 2));
    drawSpectrum(ringCanvas, now, found);
    const unit = (2 * Math.PI) / now.box;
    const shells = [...new Set(found.waves.map(([x, y]) => Math.hypot(x, y)))].map((x) => ({ x, dash: [1, 3] }));
    drawCurve(radialCanvas, (k) => spectrum(k * unit, now), 8, "wave number k (cycles a box)", [...shells, { x: ring(now) / unit, colour: VERMILLION }], [1, 2, 3, 4, 5, 6, 7]);
    fieldCanvas.setAttribute("aria-label", `Map of a place cell ${Math.round(100 * now.width)} cm wide in the middle of the box`);
    tuningCanvas.setAttribute("aria-label", "Activity of a place cell against the distance from its centre");
    ringCanvas.setAttribute("aria-label", `Spectrum with ${found.waves.filter((wave) => wave[2] >= NEAR).length / 2} waves at its top`);
    radialCanvas.setAttribute("aria-label", `Spectrum along wave number; ring at ${(ring(now) / unit).toFixed(1)} cycles a box`);
  }

  function report() {
    const now = settings(), predicted = spacing(ring(now));
    const measured = median(Array.from({ length: now.cells }, (_, cell) => spacing(waveNumber(simulation.map(cell), now.box))));
    const [score60, score90] = [0, 1].map((i) => median(scores.filter(Boolean).map((score) => score[i])));
    const cm = (metres) => (Number.isFinite(metres) ? `${(100 * metres).toFixed(0)} cm` : "none: no ring");
    label.replaceChildren("Favoured lattice: ", make("strong", {}, found.lattice), `. Spacing predicted: ${cm(predicted)}`);
    const words = simulation.diverged
      ? "The maps diverged: reset, or choose another nonlinearity."
      : `Step ${simulation.steps}. Measured spacing: ${cm(measured)}. Median score at 60°: ${score60.toFixed(2)}, at 90°: ${score90.toFixed(2)}.`;
    spoken.textContent = words.replaceAll("NaN", "–");
    mapsCanvas.setAttribute("aria-label", `${now.cells} maps after ${simulation.steps} steps; ${spoken.textContent}`);
    note.hidden = !simulation.diverged;
    note.textContent = simulation.diverged ? words : "";
    const number = (value) => (Number.isFinite(value) ? value : null);
    model.set("steps", simulation.steps);
    model.set("lattice", found.lattice);
    model.set("predicted_spacing", number(predicted));
    model.set("measured_spacing", number(measured));
    model.set("median_score_60", number(score60));
    model.set("median_score_90", number(score90));
    model.save_changes();
    Object.assign(shell.dataset, { steps: simulation.steps, lattice: found.lattice, score: String(score60) });
  }

  function advance(count) {
    const limit = performance.now() + 12;
    for (let i = 0; i < count && !simulation.diverged; i++) {
      simulation.step();
      if (performance.now() > limit) break;
    }
  }

  function scoreNext() {
    const cell = next++ % simulation.settings.cells;
    scores[cell] = gridScores(simulation.map(cell));
    return next % simulation.settings.cells === 0;
  }

  const draw = () => drawMaps(mapsCanvas, simulation, scores);
  const settled = () => simulation.change < SETTLED || simulation.steps - simulation.begun >= MOST_STEPS || simulation.diverged;

  function tick(now) {
    frame = null;
    if (!visible || amiss(settings()) || !simulation) return (last = null);
    if (last !== null) {
      durations.push(now - last);
      if (durations.length > 120) durations.shift();
      shell.dataset.slowest = String(Math.max(Number(shell.dataset.slowest), now - last));
      shell.dataset.rate = String((1000 * durations.length) / durations.reduce((a, b) => a + b, 0));
    }
    last = now;
    const running = model.get("playing") && !settled();
    if (running) advance(model.get("speed"));
    const whole = scoreNext();
    draw();
    if (whole || next === 1) report();
    if (running || !whole) wake();
    else last = null;
  }

  function wake() {
    if (frame === null && visible) frame = requestAnimationFrame(tick);
  }

  // Without motion: compute in slices, show the end.
  function still() {
    const begun = simulation, left = () => STILL_STEPS - (simulation.steps - simulation.begun);
    const slice = () => {
      if (simulation !== begun) return;
      advance(left());
      if (left() > 0 && !settled()) return setTimeout(slice, 0);
      for (let cell = 0; cell < simulation.settings.cells; cell++) scoreNext();
      draw();
      report();
    };
    slice();
  }

  function showPython() {
    const now = settings(), text = (value) => (value === true ? "True" : value === false ? "False" : typeof value === "string" ? `"${value}"` : String(value));
    const words = SETTINGS.filter((name) => name !== "speed").map((name) => `${name}=${text(now[name])}`);
    const python = `from gridcells.book.explorer import Settings, explore\n\nfound = explore(Settings(${words.join(", ")}), steps=${Math.max(1, simulation?.steps ?? 300)})\nfound.lattice, found.annulus.spacing, found.maps.shape\n`;
    code.textContent = python;
    code.hidden = false;
    copy.textContent = "Copied";
    const done = () => setTimeout(() => (copy.textContent = "Copy as Python"), 1500);
    if (navigator.clipboard?.writeText) navigator.clipboard.writeText(python).then(done, () => ((copy.textContent = "Copy from below"), done()));
    else (copy.textContent = "Copy from below"), done();
  }

  // --- what it listens to
  const listeners = SETTINGS.filter((name) => name !== "speed").map((name) => [`change:${name}`, () => retune()]);
  listeners.push(["change:speed", showControls], ["change:playing", () => (showControls(), wake())]);
  for (const [event, handler] of listeners) model.on(event, handler);
  const onHash = () => {
    for (const [name, value] of Object.entries(readAddress())) choose(name, value);
  };
  if (page && !small) window.addEventListener("hashchange", onHash);
  const watcher = new IntersectionObserver((entries) => {
    visible = entries.at(-1).isIntersecting;
    shell.dataset.visible = String(visible);
    if (visible && simulation) wake();
  });
  watcher.observe(shell);
  const redraw = () => {
    if (!simulation || amiss(settings())) return;
    drawViews(settings());
    draw();
  };
  const themes = new MutationObserver(redraw); // light to dark: the ink changes
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const sizes = new ResizeObserver(() => {
    mapsCanvas.style.aspectRatio = aspect();
    if (simulation && visible) requestAnimationFrame(redraw);
  });
  const aspect = () => {
    const columns = Math.ceil(Math.sqrt(model.get("cells"))), rows = Math.ceil(model.get("cells") / columns);
    const width = mapsCanvas.clientWidth || 400, side = (width - 4 * (columns - 1)) / columns;
    return `${width} / ${rows * (side + 19)}`;
  };
  model.on("change:cells", () => (mapsCanvas.style.aspectRatio = aspect()));
  mapsCanvas.style.aspectRatio = aspect();
  sizes.observe(mapsCanvas);
  if (small && page && model.get("link")) link.hidden = false;
  if (reduced) model.set("playing", false);
  retune();

  return () => {
    for (const [event, handler] of listeners) model.off(event, handler);
    window.removeEventListener("hashchange", onHash);
    watcher.disconnect();
    themes.disconnect();
    sizes.disconnect();
    if (frame !== null) cancelAnimationFrame(frame);
  };
}

export default { render };
