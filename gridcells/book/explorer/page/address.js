// What leads back to the same maps: the page's address, and a call in Python.

import { BINS } from "./spectrum.js";
import { CONTROLS, SETTINGS } from "./controls.js";
import { saidOf } from "./said.js";

// The part of a page's address that holds the state: #explorer?width=0.12&...&steps=300&dabs=300.0.20.40.e
export const PREFIX = "#explorer?";
const BRUSHES = { p: "paint", e: "erase" };
const LARGEST = 20000;

// What an address says, {settings, steps, dabs}; what is no such thing is passed over.
export function readAddress(hash) {
  const found = { settings: {}, steps: null, dabs: [] };
  if (!hash.startsWith(PREFIX)) return found;
  const words = new URLSearchParams(hash.slice(PREFIX.length));
  found.settings = saidOf(CONTROLS, words);
  const whole = (text, most) => (/^\d+$/.test(text ?? "") && Number(text) <= most ? Number(text) : null);
  found.steps = whole(words.get("steps"), LARGEST);
  for (const text of (words.get("dabs") ?? "").split("_")) {
    const [step, cell, x, y, brush] = text.split(".");
    const dab = { step: whole(step, LARGEST), cell: whole(cell, 24), x: whole(x, BINS - 1), y: whole(y, BINS - 1), brush: BRUSHES[brush] };
    if (Object.values(dab).every((value) => value !== null && value !== undefined)) found.dabs.push(dab);
  }
  return found;
}

// The address of a state; `steps` is null while the maps go on by themselves.
export function addressOf(settings, steps, dabs) {
  const words = new URLSearchParams(SETTINGS.map((name) => [name, String(settings[name])]));
  if (steps !== null) words.set("steps", String(steps));
  if (dabs.length) words.set("dabs", dabs.map(({ step, cell, x, y, brush }) => [step, cell, x, y, brush[0]].join(".")).join("_"));
  return PREFIX + words;
}

export function pythonOf(settings, steps, dabs) {
  const text = (value) => (value === true ? "True" : value === false ? "False" : typeof value === "string" ? `"${value}"` : String(value));
  const set = SETTINGS.filter((name) => name !== "speed").map((name) => `    ${name}=${text(settings[name])},\n`);
  const painted = dabs.map(({ step, cell, x, y, brush }) => `    Dab(${step}, ${cell}, ${x}, ${y}, "${brush}"),\n`);
  return [
    `from gridcells.book.explorer import ${dabs.length ? "Dab, " : ""}Settings, explore\n`,
    `settings = Settings(\n${set.join("")})`,
    ...(dabs.length ? [`dabs = [\n${painted.join("")}]`] : []),
    `found = explore(settings, steps=${steps}${dabs.length ? ", dabs=dabs" : ""})`,
    "found.formed.lattice, found.annulus.spacing, found.maps.shape\n",
  ].join("\n");
}
