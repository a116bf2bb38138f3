// The network that learns as a widget: settings are traits both ways, what is measured comes back, and the trained network.

import { begin } from "./stage.js";
import { NAMES_CHOSEN } from "./settings.js";

function render({ model, el }) {
  const tell = (values) => {
    for (const [name, value] of Object.entries(values)) model.set(name, value instanceof Uint8Array ? new DataView(value.buffer) : value);
    model.save_changes();
  };
  tell.wanted = true;
  const stage = begin(el, { start: Object.fromEntries(NAMES_CHOSEN.map((name) => [name, model.get(name)])), tell });
  const heard = NAMES_CHOSEN.map((name) => [`change:${name}`, () => stage.choose(name, model.get(name))]);
  heard.push(["change:running", () => model.get("running") === stage.running() || stage.press()]);
  for (const [event, handler] of heard) model.on(event, handler);
  return () => {
    for (const [event, handler] of heard) model.off(event, handler);
    stage.end();
  };
}

export default { render };
