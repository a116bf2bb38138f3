// All widths at once: the predicted spacing as a line, what formed as marks, this moment as a ring. The marks are data that
// the library computed for one box; both axes scale with the side of the box.

import { hasRing, ring, spacing } from "./spectrum.js";
import { ringsOf } from "./rooms.js";
import { FORMS, line, mark, paint, words } from "./canvas.js";
import { inCm } from "./stage.js";

export const EDGE = 12; // px from the canvas's sides to the ends of the slider's track

// The shipped sweep that these settings belong to; null where none was computed.
export function sweepOf(strip, settings) {
  if (!strip.swept || ringsOf(settings.room) || !hasRing(settings) || settings.surround_ratio !== strip.surround_ratio) return null;
  const swept = strip.swept.find((one) => one.nonlinearity === settings.nonlinearity && one.walls === settings.walls);
  if (!swept) return null;
  const scale = settings.box / strip.box;
  return strip.width.map((width, i) => ({
    width: width * scale,
    spacing: swept.spacing[i] === null ? NaN : swept.spacing[i] * scale,
    form: swept.formed[i],
  }));
}

export const widthAt = (x, width, { min, max }) => min + ((max - min) * (x - EDGE)) / (width - 2 * EDGE);

export function drawStrip(canvas, strip, settings, range, now) {
  const points = sweepOf(strip, settings), predicted = (width) => spacing(ring({ ...settings, width }));
  paint(canvas, (context, width, height, ink) => {
    const top = 6, bottom = height - 8, most = 1.2 * settings.box;
    const px = (value) => EDGE + ((width - 2 * EDGE) * (value - range.min)) / (range.max - range.min);
    const py = (value) => bottom - ((bottom - top) * Math.min(value, most)) / most;
    context.globalAlpha = 0.15;
    const refused = px(settings.box / 4);
    if (refused < width - EDGE) context.fillRect(refused, top, width - EDGE - refused, bottom - top);
    context.globalAlpha = 0.5;
    line(context, [[EDGE, bottom], [width - EDGE, bottom]], ink);
    line(context, [[EDGE, py(settings.box)], [width - EDGE, py(settings.box)]], ink, { dash: [2, 4] });
    context.globalAlpha = 1;
    if (hasRing(settings)) {
      const ends = [range.min, Math.min(range.max, settings.box / 4)];
      line(context, ends.map((value) => [px(value), py(predicted(value))]), ink, { thick: 1.5 });
    }
    for (const point of points ?? [])
      if (point.width >= range.min && point.width <= range.max && Number.isFinite(point.spacing))
        mark(context, point.form, px(point.width), py(point.spacing), 5, ink);
    line(context, [[px(settings.width), top], [px(settings.width), bottom]], ink, { dash: [3, 3] });
    if (Number.isFinite(now)) {
      context.beginPath();
      context.arc(px(settings.width), py(now), 8, 0, 2 * Math.PI);
      context.strokeStyle = ink;
      context.lineWidth = 2;
      context.stroke();
    }
    context.fillStyle = ink;
    if (!points && hasRing(settings)) words(context, "marks are for squares and surround ratio 2 only", width / 2, bottom - 6, width);
  });
}

// What the strip shows, in words.
export function tellStrip(strip, settings) {
  const points = sweepOf(strip, settings);
  if (!points) return "Spacing against place field width: predicted line only.";
  const parts = [];
  for (const [i, { form, width }] of points.entries()) {
    if (i && points[i - 1].form === form) parts.at(-1)[2] = width;
    else parts.push([form, width, width]);
  }
  const told = parts.map(([form, from, to]) => (from === to ? `${form} at ${inCm(from)}` : `${form} from ${inCm(from)} to ${inCm(to)}`));
  return `Spacing against place field width. What formed: ${told.join(", ")}.`;
}

// The legend's marks, one canvas each so that they keep the page's colours.
export function drawLegend(canvas, form) {
  paint(canvas, (context, width, height, ink) => mark(context, form, width / 2, height / 2, 6, ink));
}

export const LEGEND = Object.keys(FORMS);
