// The pictures of the stage: the maps, the spectrum with its ring, and the ruler from the field to the wave.

import { BINS, NEAR, hasRing, ring, spacing, spectrum, tuning } from "./spectrum.js";
import { colourOf, line, paint, picture, stamp, words } from "./canvas.js";

export const GAP = 4, LABEL = 15; // px between maps, and below each for its score

// Where each map lies in a canvas of that width: {x, y, side} of a cell.
export function placesOf(cells, width) {
  const columns = Math.ceil(Math.sqrt(cells)), side = (width - GAP * (columns - 1)) / columns;
  return Array.from({ length: cells }, (_, cell) => ({
    x: (cell % columns) * (side + GAP), y: Math.floor(cell / columns) * (side + LABEL + GAP), side,
  }));
}

export function heightOf(cells, width) {
  const { y, side } = placesOf(cells, width).at(-1);
  return y + side + LABEL;
}

// The map and the bin under a point of the canvas; null between maps.
export function binAt(cells, width, px, py) {
  const cell = placesOf(cells, width).findIndex(({ x, y, side }) => px >= x && px < x + side && py >= y && py < y + side);
  if (cell < 0) return null;
  const { x, y, side } = placesOf(cells, width)[cell];
  return { cell, x: Math.floor(((px - x) / side) * BINS), y: BINS - 1 - Math.floor(((py - y) / side) * BINS) };
}

export function drawMaps(canvas, simulation, scores, { chosen = null, cursor = null } = {}) {
  const { cells } = simulation.settings;
  paint(canvas, (context, width, height, ink) => {
    context.textAlign = "center";
    placesOf(cells, width).forEach(({ x, y, side }, cell) => {
      stamp(context, picture(simulation.shown(cell), BINS), x, y, side);
      const score = scores[cell]?.[0];
      context.fillText(Number.isFinite(score) ? score.toFixed(2) : "–", x + side / 2, y + side + LABEL - 3);
      if (cell !== chosen) return;
      context.strokeStyle = colourOf("square", ink);
      context.lineWidth = 3;
      context.strokeRect(x + 1.5, y + 1.5, side - 3, side - 3);
      if (!cursor) return;
      context.strokeStyle = "#ffffff";
      context.lineWidth = 2;
      context.beginPath();
      context.arc(x + ((cursor.x + 0.5) / BINS) * side, y + (1 - (cursor.y + 0.5) / BINS) * side, side / 10, 0, 2 * Math.PI);
      context.stroke();
    });
  });
}

export const clear = (canvas) => paint(canvas, () => {});

// Σ̃(k) from above, up to as many cycles a box as hold the ring with room around it.
export function drawSpectrum(canvas, settings, found) {
  const unit = (2 * Math.PI) / settings.box, ringed = ring(settings) / unit;
  const reach = Math.min(BINS / 2, Math.max(3, Math.ceil(1.6 * ringed))), fine = 96;
  const values = new Float64Array(fine * fine);
  for (let i = 0; i < fine; i++)
    for (let j = 0; j < fine; j++)
      values[i * fine + j] = spectrum(unit * reach * Math.hypot((2 * (i + 0.5)) / fine - 1, (2 * (j + 0.5)) / fine - 1), settings);
  paint(canvas, (context, width, height) => {
    const side = Math.min(width, height), at = (cycles) => (side * (1 + cycles / reach)) / 2;
    stamp(context, picture(values, fine), 0, 0, side);
    context.strokeStyle = "#ffffff";
    context.setLineDash([5, 3]);
    context.lineWidth = 1.5;
    context.beginPath();
    if (ringed) context.arc(side / 2, side / 2, (side / 2) * (ringed / reach), 0, 2 * Math.PI);
    context.stroke();
    context.setLineDash([]);
    for (const [x, y, value] of found.waves) {
      if (Math.max(Math.abs(x), Math.abs(y)) > reach) continue;
      context.beginPath();
      context.fillStyle = context.strokeStyle = value >= NEAR ? "#D55E00" : "#ffffff";
      context.arc(at(x), at(-y), value >= NEAR ? 4 : 1.5, 0, 2 * Math.PI);
      context.fill();
      if (value >= NEAR) (context.strokeStyle = "#ffffff"), (context.lineWidth = 1), context.stroke();
    }
    if (!found.triad || found.lattice !== "hexagonal") return;
    for (const [x, y] of found.triad) line(context, [[side / 2, side / 2], [at(x), at(-y)]], "#ffffff", { thick: 2 });
  });
}

// The field and, below it on the same ruler, the wave whose number is the ring's.
export function drawRuler(canvas, settings) {
  const wave = ring(settings), length = (2 * Math.PI) / wave;
  paint(canvas, (context, width, height, ink) => {
    const left = 6, span = width - 12, px = (metres) => left + (span * metres) / settings.box;
    const foot = height - 34, middle = settings.box / 2; // foot: the ruler's line
    const top = 16, half = (foot - 30 - top) / 2, xs = Array.from({ length: 241 }, (_, i) => (i / 240) * settings.box);
    const blue = colourOf("hexagonal", ink), orange = colourOf("square", ink);
    const fields = xs.map((x) => tuning(Math.abs(x - middle), settings)), peak = Math.max(...fields);
    line(context, xs.map((x, i) => [px(x), top + half * (1 - 0.85 * (fields[i] / peak))]), blue, { thick: 2 });
    const bracket = (from, to, y, colour) => {
      line(context, [[px(from), y], [px(to), y]], colour, { thick: 2 });
      for (const end of [from, to]) line(context, [[px(end), y - 4], [px(end), y + 4]], colour, { thick: 2 });
    };
    bracket(middle, middle + settings.width, 8, blue);
    context.fillStyle = ink;
    words(context, `σ = ${(100 * settings.width).toFixed(0)} cm`, px(middle + settings.width) + 44, 12, width);
    if (hasRing(settings)) {
      const base = top + half + 8;
      line(context, xs.map((x) => [px(x), base + (half / 2) * (1 - 0.9 * Math.cos(wave * (x - middle)))]), orange, { thick: 2 });
      const from = middle - length >= 0 ? middle - length : Math.max(0, middle - length / 2);
      bracket(from, Math.min(settings.box, from + length), base + half + 8, orange);
      words(context, `one wave of the ring: ${(100 * length).toFixed(0)} cm = ${(length / settings.width).toFixed(1)} σ`, px(from + length / 2), base + half + 25, width);
    } else words(context, "no ring: no wave of its own", width / 2, top + half + 30, width);
    line(context, [[left, height - 16], [left + span, height - 16]], ink);
    for (let i = 0; i <= settings.box / settings.width; i++)
      line(context, [[px(i * settings.width), height - 20], [px(i * settings.width), height - 16]], ink);
    words(context, `the box, ${settings.box.toFixed(1)} m; a tick each field width σ`, width / 2, height - 3, width);
  });
}

export const inCm = (metres) => (Number.isFinite(metres) ? `${(100 * metres).toFixed(0)} cm` : "–");

// The equations with their numbers, as HTML nodes would say them.
export function equationOf(settings) {
  if (!hasRing(settings)) return "Σ̃(k) peaks at the longest waves: no ring, no spacing of its own.";
  const k = ring(settings);
  return `k* = √(2 ln r / (r − 1)) / σ = ${k.toFixed(1)} rad/m; spacing 4π / (√3 k*) = ${inCm(spacing(k))} = ${(spacing(k) / settings.width).toFixed(1)} σ`;
}
