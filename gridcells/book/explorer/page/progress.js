// Scores against step: how the pattern became what it is.

import { colourOf, line, paint, words } from "./canvas.js";

export function drawProgress(canvas, history, thresholds) {
  paint(canvas, (context, width, height, ink) => {
    const left = 30, right = width - 8, top = 16, bottom = height - 32;
    const last = Math.max(100, history.at(-1)?.step ?? 0);
    const px = (step) => left + ((right - left) * step) / last, py = (score) => bottom - ((bottom - top) * (score + 0.5)) / 2.3;
    context.globalAlpha = 0.5;
    line(context, [[left, py(0)], [right, py(0)]], ink);
    context.globalAlpha = 1;
    context.textAlign = "right";
    for (const score of [0, 1]) context.fillText(String(score), left - 6, py(score) + 4);
    for (const step of [0, last / 2, last]) words(context, String(Math.round(step)), px(step), bottom + 13, width);
    words(context, "step", (left + right) / 2, height - 4, width);
    ["hexagonal", "square"].forEach((form, kind) => {
      const colour = colourOf(form, ink), known = history.filter((point) => Number.isFinite(point.scores[kind]));
      line(context, known.map((point) => [px(point.step), py(point.scores[kind])]), colour, { thick: 2 });
      if (thresholds) line(context, [[left, py(thresholds[kind])], [right, py(thresholds[kind])]], colour, { dash: kind ? [2, 3] : [6, 3] });
      if (known.length) {
        const end = known.at(-1);
        context.fillStyle = ink;
        words(context, kind ? "90°" : "60°", px(end.step) - 14, py(end.scores[kind]) - 5, width);
      }
    });
  });
}

export function tellProgress(history, thresholds) {
  if (!history.length) return "Median scores against step: none yet.";
  const { step, scores } = history.at(-1);
  const nulls = thresholds ? `; their null’s 95th percentiles are ${thresholds[0].toFixed(2)} and ${thresholds[1].toFixed(2)}` : "";
  return `Median scores against step: ${scores[0].toFixed(2)} at 60 degrees and ${scores[1].toFixed(2)} at 90 degrees at step ${step}${nulls}.`;
}
