// Paint on a map and watch it heal: by pointer, by keys, or by one button that tears a hole.

import { BINS } from "./spectrum.js";
import { button } from "./nodes.js";
import { binAt } from "./stage.js";
import { correlation } from "./waves.js";

const MODES = [["choose", "Choose a map"], ["paint", "Paint"], ["erase", "Erase"]];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const MOST_DABS = 200;

// Buttons for the brushes, where the keys' cursor is, and a way to tear a hole. `on` has `choose(cell)`, `chosen()`, `touched()`.
export function brushes(canvas, runner, on) {
  let mode = "choose", cursor = { x: BINS / 2, y: BINS / 2 }, last = null;
  const dab = (bin) => {
    if (!runner() || runner().simulation.dabs.length >= MOST_DABS) return;
    runner().dab({ ...bin, brush: mode === "paint" ? "paint" : "erase" });
    on.touched();
  };
  const choices = MODES.map(([name, text]) => button(text, () => pick(name)));
  const pick = (name) => {
    mode = name;
    choices.forEach((one, i) => one.setAttribute("aria-pressed", String(MODES[i][0] === name)));
    canvas.classList.toggle("gx-brush", mode !== "choose");
    on.choose(on.chosen());
  };
  const tear = () => {
    if (!runner()) return;
    runner().dab({ cell: on.chosen(), x: BINS / 2, y: BINS / 2, brush: "erase" });
    on.touched();
  };
  const pointer = (event) => {
    if (!runner() || (event.type === "pointermove" && (!event.buttons || mode === "choose"))) return;
    const bin = binAt(runner().settings.cells, canvas.clientWidth, event.offsetX, event.offsetY);
    if (!bin) return;
    if (event.type === "pointerdown") on.choose(bin.cell);
    if (mode === "choose" || canvas.tabIndex < 0) return;
    if (event.type === "pointermove" && last && last.cell === bin.cell && Math.hypot(last.x - bin.x, last.y - bin.y) < 3) return;
    dab((last = bin));
  };
  canvas.addEventListener("pointerdown", pointer);
  canvas.addEventListener("pointermove", pointer);
  canvas.addEventListener("keydown", (event) => {
    if (!runner()) return;
    const columns = Math.ceil(Math.sqrt(runner().settings.cells)), arrow = ARROWS[event.key];
    if (arrow && mode === "choose") {
      const cell = on.chosen() + arrow[0] - columns * arrow[1];
      if (cell >= 0 && cell < runner().settings.cells) on.choose(cell);
    } else if (arrow) {
      cursor = { x: Math.min(BINS - 1, Math.max(0, cursor.x + 3 * arrow[0])), y: Math.min(BINS - 1, Math.max(0, cursor.y + 3 * arrow[1])) };
      on.choose(on.chosen());
    } else if ((event.key === "Enter" || event.key === " ") && mode !== "choose") dab({ cell: on.chosen(), ...cursor });
    else return;
    event.preventDefault();
  });
  choices.forEach((one, i) => one.setAttribute("aria-pressed", String(i === 0)));
  return { buttons: [...choices, button("Tear a hole", tear)], cursor: () => (mode === "choose" ? null : cursor), tear };
}

// How far each painted map is from what it was before.
export function healedWords(simulation) {
  const told = simulation.untouched.map((before, cell) => `map ${cell + 1} correlates with itself before the brush to ${correlation(before, simulation.map(cell)).toFixed(2)}`);
  const list = told.filter(Boolean);
  return list.length ? `After ${simulation.steps - simulation.begun} steps ${list.join(", ")}.` : "";
}
