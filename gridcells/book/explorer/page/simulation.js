// The dynamics: cells that hear place cells through their covariance, step by step, and what a brush does to their maps.

import { noise } from "./noise.js";
import { BINS, eigenvalues } from "./spectrum.js";
import { PLANES } from "./fourier.js";
import { median } from "./scores.js";
import { binsInside, hasWalls } from "./rooms.js";

const RATE = 0.5;
const STROKE = 3, WIDE = 2; // the brushes, as in gridcells/book/explorer/dabs.py
export const SETTLED = 3e-4, MOST_STEPS = 500;
export const STRENGTHS = { linear: 1, tanh: 1, relu: 1, leaky: 0.75, quadratic: 0.02 };

// The response of a convolution with the covariance, over its largest eigenvalue, in the order of Plane's transform.
function responseOf(settings) {
  const values = eigenvalues(settings), small = PLANES[BINS];
  const largest = values.reduce((a, b) => Math.max(a, b), 0);
  const re = new Float64Array(BINS * BINS), im = new Float64Array(BINS * BINS);
  for (let i = 0; i < BINS; i++)
    for (let j = 0; j < BINS; j++) re[small.place(i, j)] = values[i * BINS + j] / largest / BINS ** 2;
  if (!hasWalls(settings)) return { plane: small, re, im: null };
  small.backward(re, im); // the kernel, its middle at (0, 0)
  const plane = PLANES[2 * BINS], size = 2 * BINS;
  const wide = { plane, re: new Float64Array(size * size), im: new Float64Array(size * size) };
  for (let i = -BINS / 2; i < BINS / 2; i++)
    for (let j = -BINS / 2; j < BINS / 2; j++)
      wide.re[((i + size) % size) * size + ((j + size) % size)] = re[((i + BINS) % BINS) * BINS + ((j + BINS) % BINS)] / size ** 2;
  plane.forward(wide.re, wide.im);
  return wide;
}

// From the seed's noise, with the dabs [{step, cell, x, y, brush}] that were painted on the way: the same maps whenever the
// settings, the dabs and the number of steps are the same, whatever was looked at before.
export class Simulation {
  constructor(settings, dabs = []) {
    this.settings = settings;
    this.maps = noise(settings.seed, settings.cells, BINS);
    this.inside = binsInside(settings.room, BINS); // outside the room nothing fires
    this.steps = this.begun = 0; // `begun`: when the maps were last disturbed
    this.changes = new Float64Array(settings.cells).fill(Infinity);
    this.diverged = false;
    this.dabs = [];
    this.untouched = []; // each painted map as it was before
    this.pending = [...dabs].sort((a, b) => a.step - b.step);
    this.response = responseOf(settings);
    const size = this.response.plane.size;
    this.re = new Float64Array(size * size);
    this.im = new Float64Array(size * size);
    for (let cell = 0; cell < settings.cells; cell++) this.scale(cell);
    this.repaint();
  }
  get settled() {
    if (this.diverged) return true;
    return !this.pending.length && (median(this.changes) < SETTLED || this.steps - this.begun >= MOST_STEPS);
  }
  map(cell) {
    return this.maps.subarray(cell * BINS * BINS, (cell + 1) * BINS * BINS);
  }
  // A map as it is shown and scored: NaN outside the room; and as its waves are measured: less its mean, 0 outside.
  shown(cell) {
    return this.inside ? this.map(cell).map((value, i) => (this.inside[i] ? value : NaN)) : this.map(cell);
  }
  centred(cell) {
    if (!this.inside) return this.map(cell);
    const map = this.map(cell), bins = this.inside.reduce((a, b) => a + b), mean = map.reduce((a, b) => a + b) / bins;
    return map.map((value, i) => (this.inside[i] ? value - mean : 0));
  }
  scale(cell) {
    const map = this.map(cell), { inside } = this;
    if (inside) for (let i = 0; i < map.length; i++) map[i] *= inside[i];
    let sum = 0;
    for (let i = 0; i < map.length; i++) sum += map[i] * map[i];
    const factor = 1 / Math.sqrt(sum / map.length);
    if (!Number.isFinite(factor)) this.diverged = true;
    else for (let i = 0; i < map.length; i++) map[i] *= factor;
  }
  step() {
    const { plane, re: rr, im: ri } = this.response;
    const { re, im } = this, size = plane.size;
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
      this.bend(cell, re, size);
      if (second) this.bend(cell + 1, im, size);
    }
    this.steps += 1;
    this.repaint();
  }
  // Add what a map hears, bend it, scale it, and note how far it moved.
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
    this.changes[cell] = Math.sqrt(sum / map.length);
  }
  // Do what was painted after so many steps, where a link tells of it.
  repaint() {
    while (this.pending.length && this.pending[0].step <= this.steps) this.dab(this.pending.shift());
  }
  // Touch a map now; the dab is remembered with its step.
  dab({ cell, x, y, brush }) {
    if (cell >= this.settings.cells) return;
    const map = this.map(cell), sigma = (this.settings.width * BINS) / this.settings.box;
    this.untouched[cell] ??= map.slice();
    const away = (a, b) => (hasWalls(this.settings) ? Math.abs(a - b) : Math.min(Math.abs(a - b), BINS - Math.abs(a - b)));
    for (let i = 0; i < BINS; i++)
      for (let j = 0; j < BINS; j++) {
        const square = away(i, x) ** 2 + away(j, y) ** 2;
        if (brush === "paint") map[i * BINS + j] += STROKE * Math.exp(-square / (2 * sigma ** 2));
        else map[i * BINS + j] *= 1 - Math.exp(-square / (2 * (WIDE * sigma) ** 2));
      }
    this.scale(cell);
    this.dabs.push({ step: this.steps, cell, x, y, brush });
    this.changes.fill(Infinity);
    this.begun = this.steps;
  }
}
