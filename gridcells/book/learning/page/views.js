// The pictures: the animal and what is decoded, the curves, the spectrum, the units' maps.

import { isDark, line, paint, picture, stamp, words } from "../../explorer/page/canvas.js";
import { SPECTRUM } from "./judgement.js";

const TRAIL = 50, SIGN = 13; // samples; px below a map for its score
const BLUE = ["#0072B2", "#56B4E9"], ORANGE = ["#D55E00", "#E69F00"];
const shade = (pair, ink) => pair[isDark(ink) ? 1 : 0];

// Where the square around the room lies in a canvas: {side, left, top}, px.
function boxIn(wide, high) {
  const side = Math.min(wide, high) - 12;
  return { side, left: (wide - side) / 2, top: (high - side) / 2 };
}

// The place (m) under a point of the canvas.
export function placeUnder(canvas, px, py, { width, middle }) {
  const { side, left, top } = boxIn(canvas.clientWidth, canvas.clientHeight), inside = (value) => Math.min(0.5, Math.max(-0.5, value));
  return [middle[0] + width * inside((px - left) / side - 0.5), middle[1] + width * inside(0.5 - (py - top) / side)];
}

// `steps` are the animal's last, [x, y, decoded x, decoded y, told] each; `learnt` is the room that the network learnt
// in, drawn where it is a smaller one.
export function drawAnimal(canvas, steps, room, learnt) {
  const { width, middle, periodic } = room;
  paint(canvas, (context, wide, high, ink) => {
    const { side, left, top } = boxIn(wide, high);
    const at = (x, y) => [left + ((x - middle[0]) / width + 0.5) * side, top + (0.5 - (y - middle[1]) / width) * side];
    const outline = (corners, dash) => line(context, [...corners, corners[0]].map((corner) => at(...corner)), ink, { thick: 2, dash });
    room.rings.forEach((ring) => outline(ring, periodic ? [4, 5] : []));
    if (learnt.width < width) learnt.rings.forEach((ring) => outline(ring, [2, 5]));
    const shown = steps.slice(-TRAIL);
    if (!shown.length) return;
    for (const [from, colour, dash] of [[0, shade(BLUE, ink), []], [2, shade(ORANGE, ink), [3, 3]]]) {
      let piece = [];
      const flush = () => (piece.length > 1 && line(context, piece, colour, { thick: 2, dash }), (piece = []));
      shown.forEach((one, i) => { // a step over the edge begins a new piece
        if (i && Math.hypot(one[from] - shown[i - 1][from], one[from + 1] - shown[i - 1][from + 1]) > (from ? 0.6 : width / 2)) flush();
        piece.push(at(one[from], one[from + 1]));
      });
      flush();
    }
    const now = shown.at(-1), here = at(now[0], now[1]), there = at(now[2], now[3]);
    if (!periodic || Math.hypot(now[0] - now[2], now[1] - now[3]) < width / 2) line(context, [here, there], ink, { dash: [2, 3] });
    context.fillStyle = shade(BLUE, ink);
    context.beginPath();
    context.arc(...here, 7, 0, 2 * Math.PI);
    context.fill();
    context.strokeStyle = shade(ORANGE, ink);
    context.lineWidth = 3;
    context.strokeRect(there[0] - 6, there[1] - 6, 12, 12);
  });
}

const last = (history, name) => history.findLast((row) => Number.isFinite(row[name]))?.[name];

// Three curves against step, one above the other: the decoding error, the loss, the share of units above the null; thin,
// those of the run before.
export function drawCurves(canvas, history, floors, steps, before) {
  paint(canvas, (context, width, height, ink) => {
    const curves = [
      { name: "decoding_error", text: "error, cm", scale: 100, low: 0, high: Math.max(40, 100 * Math.max(0, ...[...history, ...before].map((row) => row.decoding_error))), floor: floors?.error, colour: shade(ORANGE, ink), digits: 1 },
      { name: "loss", text: "loss, nats", scale: 1, low: (floors?.loss ?? 5) - 0.02, high: (floors?.constant ?? 5.6) + 0.03, floor: floors?.loss, colour: ink, digits: 3 },
      { name: "share", text: "units above null, %", scale: 100, low: 0, high: Math.max(50, 100 * Math.max(0, ...[...history, ...before].map((row) => row.share ?? 0))), floor: 0.05, colour: shade(BLUE, ink), digits: 0 },
    ];
    const each = (height - 16) / 3, right = width - 4;
    curves.forEach(({ name, text, scale, low, high, floor, colour, digits }, i) => {
      const top = i * each + 15, bottom = (i + 1) * each - 4;
      const px = (step) => 2 + ((right - 2) * step) / steps, py = (value) => bottom - ((bottom - top) * (Math.max(low, Math.min(value * scale, high)) - low)) / (high - low);
      context.globalAlpha = 0.3;
      line(context, [[2, bottom], [right, bottom]], ink);
      context.globalAlpha = 1;
      if (Number.isFinite(floor)) line(context, [[2, py(floor)], [right, py(floor)]], ink, { dash: [5, 4] });
      const points = (rows) => rows.filter((row) => Number.isFinite(row[name]) && row.step <= steps).map((row) => [px(row.step), py(row[name])]);
      context.globalAlpha = 0.6;
      if (name !== "loss" || floors) line(context, points(before), colour);
      context.globalAlpha = 1;
      line(context, points(history), colour, { thick: 2 });
      const value = last(history, name);
      context.fillStyle = ink;
      words(context, `${text}${Number.isFinite(value) ? `: ${(scale * value).toFixed(digits)}` : ""}`, 0, top - 4, width);
    });
    words(context, "0", 2, height - 2, width);
    words(context, `step ${steps}`, width, height - 2, width);
  });
}

export function drawPopulation(canvas, spectrum, ring) {
  paint(canvas, (context, width, height, ink) => {
    const side = Math.min(width, height), left = (width - side) / 2;
    stamp(context, picture(spectrum, SPECTRUM.size), left, 0, side);
    const middle = [left + side / 2, side / 2], radius = (ring / SPECTRUM.reach) * (side / 2) * ((SPECTRUM.size - 1) / SPECTRUM.size);
    context.save();
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.beginPath();
    if (radius < side / 2) context.arc(...middle, radius, 0, 2 * Math.PI);
    context.stroke();
    context.restore();
    context.strokeStyle = ink;
  });
}

export function drawWiring(canvas, { picture: values }, side) {
  paint(canvas, (context, width) => stamp(context, picture(values, side), 0, 0, width));
}

// Columns of maps that fit a width, and how high `count` of them are.
export const columnsIn = (width) => (width < 500 ? 6 : 12);
export function mapsHeight(count, width) {
  const columns = columnsIn(width);
  return Math.ceil(count / columns) * ((width - 4 * (columns - 1)) / columns + SIGN + 4);
}

// The place in the order of maps under a point of their canvas; -1 between them.
export function mapUnder(canvas, px, py) {
  const columns = columnsIn(canvas.clientWidth), side = (canvas.clientWidth - 4 * (columns - 1)) / columns;
  const [column, row] = [Math.floor(px / (side + 4)), Math.floor(py / (side + SIGN + 4))];
  return px - column * (side + 4) <= side && column < columns ? row * columns + column : -1;
}

// The maps of `units`, in that order; a score above the threshold has a sign, a silent unit is crossed out, and the one
// that the keyboard is at is framed.
export function drawUnits(canvas, { maps, bins, units, scores, threshold, silent, cursor }) {
  paint(canvas, (context, width, height, ink) => {
    const columns = columnsIn(width), side = (width - 4 * (columns - 1)) / columns;
    context.strokeStyle = shade(ORANGE, ink);
    context.lineWidth = 3;
    units.forEach((unit, i) => {
      const x = (i % columns) * (side + 4), y = Math.floor(i / columns) * (side + SIGN + 4), score = scores?.[unit];
      stamp(context, picture(maps.subarray(unit * bins * bins, (unit + 1) * bins * bins), bins), x, y, side);
      if (silent.includes(unit)) for (const [from, to] of [[y, y + side], [y + side, y]]) line(context, [[x, from], [x + side, to]], "#ffffff", { thick: 3 });
      if (i === cursor) context.strokeRect(x + 1, y + 1, side - 2, side - 2);
      if (!Number.isFinite(score)) return;
      const above = score > threshold, text = `${above ? "▲ " : ""}${score.toFixed(2)}`;
      context.fillStyle = above ? shade(BLUE, ink) : ink;
      context.font = `${above ? "bold " : ""}11px system-ui, sans-serif`;
      context.textAlign = "center";
      context.fillText(text, x + side / 2, y + side + SIGN - 2);
    });
  });
}
