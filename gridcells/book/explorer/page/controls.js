// The settings and their controls, and the questions that set several of them at once.

import { roomControl } from "./drawn.js";
import { make } from "./nodes.js";
import { ROOM_CHOICES } from "./rooms.js";

export const CONTROLS = [ // name, label, kind, and what a range or a choice needs
  ["width", "Place field width σ", "range", { min: 0.04, max: 0.6, step: 0.01, show: (v) => `${(100 * v).toFixed(0)} cm` }],
  ["surround_ratio", "Surround over centre (variance)", "range", { min: 1.2, max: 8, step: 0.1, show: (v) => v.toFixed(1) }],
  ["tuning", "Tuning", "choice", [
    ["difference_of_softmaxes", "difference of softmaxes"],
    ["difference_of_gaussians", "difference of Gaussians"],
    ["difference_of_gaussians_unit_amplitude", "difference, equal peaks"],
    ["gaussian", "Gaussian, no surround"],
  ]],
  ["nonlinearity", "Nonlinearity φ", "choice", [
    ["relu", "ReLU: g ≥ 0"],
    ["leaky", "leaky ReLU"],
    ["quadratic", "quadratic, weak"],
    ["tanh", "tanh: g and −g alike"],
    ["linear", "none (linear)"],
  ]],
  ["box", "Box", "range", { min: 1, max: 3.2, step: 0.1, show: (v) => `${v.toFixed(1)} m` }],
  ["walls", "Walls (else the edges join)", "tick"],
  ["room", "Room", "room", [["square", "square"], ...ROOM_CHOICES]],
  ["cells", "Cells", "choice", [[1, "1"], [4, "4"], [9, "9"], [16, "16"], [25, "25"]]],
  ["speed", "Speed", "range", { min: 1, max: 8, step: 1, show: (v) => `${v} a frame` }],
  ["seed", "Seed", "number", { min: 0, max: 4294967295 }],
];
export const SETTINGS = CONTROLS.map(([name]) => name);

const USUAL = { width: 0.12, surround_ratio: 2, tuning: "difference_of_softmaxes", nonlinearity: "relu", box: 2.2, walls: false, room: "square" };
export const QUESTIONS = [ // the question, what it sets beside the usual, where to look
  ["What sets the spacing?", { width: 0.08 }, "Drag the width. The ring shrinks as the field grows, the wave on the ruler stays 5.3 field widths long, and the marks follow the line."],
  ["When do hexagons become squares?", { width: 0.16 }, "At 16 cm squares form where three waves were expected; at 21 cm hexagons come back. Scrub the strip: each plateau is a set of waves that fit this box."],
  ["Do walls matter?", { width: 0.16, walls: true }, "With walls no wave has to fit the box. The same field as in the question before now makes hexagons, and the plateaus of the strip are gone."],
  ["What does the nonlinearity do?", { nonlinearity: "linear" }, "Without one, a map is whatever mixture of waves the noise began with. Take ReLU again and compare the scores."],
  ["What if there is no ring?", { tuning: "difference_of_gaussians_unit_amplitude" }, "Without the normalised surround the longest waves win, whatever the width, and the maps fill the box."],
  ["Does a torn lattice heal?", {}, "A hole is torn into the framed map. The waves around it grow it back in place; paint and erase by hand to try more.", "tear"],
].map(([text, set, look, then]) => ({ text, set: { ...USUAL, ...set }, look, then }));

// Labelled inputs for the named settings of a table: {nodes, inputs, show(settings)}; `choose(name, value)` hears of each change.
export function inputsFor(names, choose, table = CONTROLS) {
  const inputs = {}, shown = {}, nodes = {}, rooms = {};
  for (const [name, label, kind, options] of table) {
    if (!names.includes(name)) continue;
    let input;
    if (kind === "room") {
      rooms[name] = roomControl(label, options, (room) => choose(name, room));
      [inputs[name], nodes[name]] = [rooms[name].input, rooms[name].node];
      inputs[name].dataset.name = name;
      continue;
    }
    if (kind === "choice") input = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
    else if (kind === "tick") input = make("input", { type: "checkbox" });
    else input = make("input", { type: kind, min: options.min, max: options.max, step: options.step ?? 1 });
    input.dataset.name = name;
    inputs[name] = input;
    shown[name] = make("span", { class: "gx-value" });
    nodes[name] = kind === "tick"
      ? make("label", { class: "gx-tick" }, input, label)
      : make("label", {}, make("span", {}, label, shown[name]), input);
    const read = () => {
      if (kind === "tick") return input.checked;
      if (kind === "choice") return options.find(([value]) => String(value) === input.value)[0];
      const value = kind === "number" ? Math.round(Number(input.value)) : Number(input.value);
      return Number.isFinite(value) ? Math.min(options.max, Math.max(options.min, value)) : options.min;
    };
    input.addEventListener(kind === "range" ? "input" : "change", () => choose(name, read()));
  }
  const show = (settings) => {
    for (const [name, , kind, options] of table) {
      if (!(name in inputs)) continue;
      if (kind === "room") rooms[name].show(settings[name]);
      else if (kind === "tick") inputs[name].checked = settings[name];
      else if (document.activeElement !== inputs[name] || kind !== "number") inputs[name].value = String(settings[name]);
      if (kind !== "range") continue;
      shown[name].textContent = options.show(settings[name]);
      inputs[name].setAttribute("aria-valuetext", options.show(settings[name]));
    }
  };
  return { nodes, inputs, show };
}
