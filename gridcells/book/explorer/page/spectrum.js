// From a place field's width to the spectrum of the place cells' covariance, its ring, and the waves that fit the box.

import { hasWalls } from "./rooms.js";

export const BINS = 64;
export const NEAR = 0.97; // this and the next three as in gridcells/theory/lattice_selection.py
const TRIAD = 0.96, FLOOR = 0.3, ASKEW = (15 * Math.PI) / 180;
const SYMMETRIC = ["linear", "tanh"];

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

export const cyclesOf = (index, size) => (index < size / 2 ? index : index - size);

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

// Whether a tuning's spectrum has a ring; the others peak at the longest waves.
export const hasRing = (settings) => settings.tuning !== "gaussian" && !settings.tuning.endsWith("unit_amplitude");

// Wave number of the ring (rad/m); 0 where the spectrum has none.
export function ring(settings) {
  if (!hasRing(settings)) return 0;
  const ratio = settings.surround_ratio;
  return Math.sqrt((2 * Math.log(ratio)) / (ratio - 1)) / settings.width;
}

// Distance between the fields of a hexagonal lattice whose waves have this number.
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

// The waves that compete, the triad that can make hexagons of them, and the lattice that they favour: "unknown" with walls,
// since the waves that are counted are those of a box without.
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
  const lattice = hasWalls(settings) ? "unknown" : hexagonal ? "hexagonal" : competing <= 2 ? "square" : "heterogeneous";
  return { waves, triad, triadEigenvalue: best, lattice };
}
