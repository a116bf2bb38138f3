// An animal runs, and one cell fires on its path. Everything it shows lies in the page; it rests off screen, and begins at its end for
// those who want no motion.

import { isDark, line, paint } from "./explorer/page/canvas.js";
import { button, make } from "./explorer/page/nodes.js";

const FASTER = 3, TAIL = 1.2, FRESH = 0.6; // times as fast as it ran; s of path drawn bold, s in which a spike is drawn large
const SEEN = 0.3, EDGE = 6; // what is there at once; px around the box

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function render({ model, el }) {
  const places = new Uint16Array(bytes(model.get("places")).buffer), counts = bytes(model.get("counts")); // shares of the box, × 65535
  const every = model.get("every"), last = counts.length - 1, spikes = counts.reduce((sum, count) => sum + count, 0);
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  let at = still ? last : SEEN * last, playing = !still, visible = false, before = null, frame = null;

  const canvas = make("canvas", { role: "img", style: "display:block;width:100%;aspect-ratio:1" });
  canvas.setAttribute("aria-label", `${model.get("words")} ${spikes} dots on its path show where one cell fired: patches that form a lattice of triangles.`);
  const press = button("", () => {
    if (at >= last) at = 0;
    else if (playing) return rest();
    playing = true;
    wake();
  }, { style: "min-height:44px;min-width:6em;font:inherit;color:inherit;background:transparent;border:1px solid;border-radius:6px;cursor:pointer" });
  const clock = make("span", { style: "font-variant-numeric:tabular-nums" });
  const root = make("div", { class: "gridcells-running", style: "max-width:22rem;margin-inline:auto" }, canvas,
    make("div", { style: "display:flex;gap:.75em;align-items:center;margin-top:.4em" }, press, clock));
  el.append(root);

  function draw() {
    const now = Math.min(last, Math.floor(at)), on = Math.min(1, at - now);
    let fired = 0;
    paint(canvas, (context, width, _, ink) => {
      const side = width - 2 * EDGE, dot = isDark(ink) ? "#E69F00" : "#D55E00";
      const x = (i) => EDGE + (side * places[2 * i]) / 65535, y = (i) => EDGE + side * (1 - places[2 * i + 1] / 65535);
      const next = Math.min(last, now + 1), here = [x(now) + on * (x(next) - x(now)), y(now) + on * (y(next) - y(now))];
      const way = (first) => [...Array.from({ length: now + 1 - first }, (_, i) => [x(first + i), y(first + i)]), here];
      context.globalAlpha = 0.22;
      line(context, way(0), ink);
      context.globalAlpha = 1;
      context.fillStyle = dot;
      for (let i = 0; i <= now; i++) {
        fired += counts[i];
        if (!counts[i]) continue;
        const fresh = playing && (now - i) * every < FRESH;
        context.beginPath();
        context.arc(x(i), y(i), (fresh ? 3.2 : 1.6) + 0.35 * counts[i], 0, 2 * Math.PI);
        context.fill();
      }
      line(context, way(Math.max(0, now - Math.round(TAIL / every))), ink, { thick: 2 });
      context.fillStyle = ink;
      context.beginPath();
      context.arc(...here, 5, 0, 2 * Math.PI);
      context.fill();
      context.strokeRect(EDGE / 2, EDGE / 2, width - EDGE, width - EDGE);
    });
    press.textContent = playing ? "Pause" : at >= last ? "Run again" : "Go on";
    clock.textContent = `${Math.round(at * every)} s, ${fired} spikes`;
    Object.assign(root.dataset, { playing: String(playing), fired });
  }
  function step(now) {
    frame = null;
    if (playing && before !== null) at += (FASTER * Math.min(100, now - before)) / 1000 / every;
    before = now;
    if (at >= last) (at = last), (playing = false);
    draw();
    if (playing) wake();
    else before = null;
  }
  function rest() {
    playing = false;
    wake();
  }
  function wake() {
    if (visible && frame === null) frame = requestAnimationFrame(step);
  }

  const watchers = [
    new IntersectionObserver((entries) => {
      visible = entries.at(-1).isIntersecting;
      before = null;
      wake();
    }),
    new ResizeObserver(wake),
    new MutationObserver(wake),
  ];
  watchers[0].observe(root);
  watchers[1].observe(root);
  watchers[2].observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => watchers.forEach((watcher) => watcher.disconnect());
}

export default { render };
