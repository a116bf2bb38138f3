// What can be chosen, what the library calls it, and the part of the page's address that holds it.

import { textOf } from "../../explorer/page/room.js";
import { ROOM_CHOICES, ringsOf, roomName } from "../../explorer/page/rooms.js";
import { saidOf } from "../../explorer/page/said.js";

export const CHOICES = [ // as the explorer's controls: name, label, kind, and what a range or a choice needs
  ["recipe", "Recipe", "choice", [["quick", "place and grids"], ["lattice", "one lattice"]]],
  ["width", "Field width σ", "range", { min: 0.08, max: 0.3, step: 0.01, show: (v) => `${(100 * v).toFixed(0)} cm` }],
  ["ratio", "Surround ratio", "range", { min: 1.5, max: 8, step: 0.5, show: (v) => v.toFixed(1) }],
  ["cell", "Nonlinearity", "choice", [["relu", "ReLU"], ["tanh", "tanh"]]],
  ["units", "Units", "choice", [[64, "64"], [128, "128"], [192, "192"], [256, "256"]]],
  ["room", "Room", "room", [["square", "square"], ["torus", "edges join"], ...ROOM_CHOICES]],
  ["seed", "Seed", "number", { min: 0, max: 4294967295 }],
  ["pace", "Speed", "choice", [[1, "1 a second"], [5, "5 a second"], [20, "20 a second"], [0, "full"]]],
  ["machine", "Computed by", "choice", [["quicker", "the quicker"], ["processor", "WebAssembly"], ["graphics", "WebGPU"]]],
];
export const NAMES_CHOSEN = CHOICES.map(([name]) => name);
const WHILE_LEARNING = ["pace", "machine"]; // what may change in a run
const START = "#learning?";

// The preset that a choice asks for, of those by name, and back: what a preset of a
// square and a seed say.
export function presetOf(presets, chosen) {
  const preset = {
    ...presets[chosen.recipe], "place_cells.field_width": chosen.width, "place_cells.surround_ratio": chosen.ratio,
    "network.cell": chosen.cell, "network.units": chosen.units,
  };
  const rings = ringsOf(chosen.room);
  if (!rings) return { ...preset, "arena.periodic": chosen.room === "torus" };
  const others = Object.entries(preset).filter(([name]) => !name.startsWith("arena."));
  return { ...Object.fromEntries(others), "arena.vertices": textOf(rings.slice(0, 1)), "arena.holes": textOf(rings.slice(1)) };
}
export const choiceOf = (preset, seed) => ({
  recipe: preset.name, width: preset["place_cells.field_width"], ratio: preset["place_cells.surround_ratio"],
  cell: preset["network.cell"], units: preset["network.units"], room: preset["arena.periodic"] ? "torus" : "square", seed, pace: 0, machine: "quicker",
});
export const sameRun = (a, b) => NAMES_CHOSEN.every((name) => WHILE_LEARNING.includes(name) || a[name] === b[name]);

// In which settings one run is apart from another, in words.
export function apartFrom(run, other) {
  const words = CHOICES.filter(([name]) => !WHILE_LEARNING.includes(name) && run[name] !== other[name]).map(([name, label, kind, options]) => {
    const value = kind === "room" ? roomName(run[name]) : kind === "choice" ? options.find(([each]) => each === run[name])?.[1] : options.show?.(run[name]);
    return `${label.toLowerCase()} ${value ?? run[name]}`;
  });
  return words.join(", ") || "the same settings";
}

// What an address says; what is no such thing is passed over.
export function chosenIn(hash) {
  if (!hash.startsWith(START)) return {};
  const words = new URLSearchParams(hash.slice(START.length)), room = words.get("walls") === "false" ? { room: "torus" } : {}; // as older addresses have it
  return { ...room, ...saidOf(CHOICES, words) };
}

export const addressFor = (chosen) => START + new URLSearchParams(NAMES_CHOSEN.map((name) => [name, String(chosen[name])]));

// The wave number of the spectrum's ring, in cycles a box.
export const ringCycles = (chosen, box) => (Math.sqrt((2 * Math.log(chosen.ratio)) / (chosen.ratio - 1)) / chosen.width) * (box / (2 * Math.PI));
