// What an address says of controls [name, label, kind, what a range or a choice needs], by name; what is no such thing is
// passed over.

import { isRoom } from "./rooms.js";

const WHOLE = ["seed", "speed"]; // numbers without fractions

export function saidOf(controls, words) {
  const found = {};
  for (const [name, , kind, options] of controls) {
    const text = words.get(name);
    if (text === null || text === "") continue;
    if (kind === "tick") found[name] = text === "true";
    else if (kind === "room") isRoom(text, options) && (found[name] = text);
    else if (kind === "choice") {
      const choice = options.find(([value]) => String(value) === text);
      if (choice) found[name] = choice[0];
    } else if (Number(text) >= options.min && Number(text) <= options.max) found[name] = WHOLE.includes(name) ? Math.round(Number(text)) : Number(text);
  }
  return found;
}
