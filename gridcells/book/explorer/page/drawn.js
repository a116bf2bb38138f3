// The control of the room: names to choose from and, of a room of the reader's own, a sketch and its corners as text.

import { make } from "./nodes.js";
import { cornersIn } from "./room.js";
import { faultOf } from "./rooms.js";

const SPAN = 4.4, GRAB = 0.22, STEP = 0.05; // m: of the sketch, how near a corner is caught, to what it snaps
const ADDED = 0.3; // m: how near a wall a new corner is made

const sketchIn = (attributes) => { // whose namespace nobody has to spell
  const host = make("div");
  host.innerHTML = "<svg>";
  return dressed(host.firstChild, attributes);
};
const dressed = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};
const textOf = (corners) => corners.map((corner) => corner.join(":")).join(",");

// {node, input, show(room)}; `choose(room)` hears of each change. The last of the options is the room of one's own.
export function roomControl(label, options, choose) {
  const input = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text))), own = input.lastElementChild;
  const text = make("input", { type: "text", "aria-label": "Corners of the room in metres, x:y of each", spellcheck: "false" });
  const fault = make("output", { class: "gx-note", hidden: true }); // which is read out by itself
  const sketch = sketchIn({ viewBox: `${-SPAN / 2} ${-SPAN / 2} ${SPAN} ${SPAN}`, class: "gx-sketch", "aria-hidden": "true" });
  const way = "Drag a corner, or a wall to make a new one; a double click takes a corner away.";
  const drawing = make("div", { class: "gx-own", hidden: true }, sketch, make("small", {}, way), text, fault);
  const node = make("div", { class: "gx-room" }, make("label", {}, make("span", {}, label), input), drawing);
  let corners = [], shown = "", held = null;

  const shape = (tag, attributes) => dressed(document.createElementNS(sketch.namespaceURI, tag), attributes);
  const paint = () => sketch.replaceChildren(
    shape("polygon", { points: corners.map(([x, y]) => `${x},${-y}`).join(" ") }),
    ...corners.map(([x, y]) => shape("circle", { cx: x, cy: -y, r: 0.09 })));
  function show(room) {
    const drawn = room.includes(":");
    if (drawn) own.value = room;
    [input.value, shown, drawing.hidden] = [room, room, !drawn];
    if (!drawn) return;
    [corners, text.value] = [cornersIn(room), room];
    paint();
  }
  function take(wanted) {
    const wrong = faultOf(wanted);
    fault.hidden = wrong === null;
    fault.textContent = wrong === null ? "" : `The room stays as it was: ${wrong}.`;
    if (wrong === null) choose(textOf(wanted));
    else show(shown);
  }
  const placeOf = (event) => {
    const { left, top, width } = sketch.getBoundingClientRect();
    return [((event.clientX - left) / width - 0.5) * SPAN, (0.5 - (event.clientY - top) / width) * SPAN];
  };
  const nearest = ([x, y]) => { // [corner, its distance]
    const away = corners.map(([cx, cy]) => Math.hypot(cx - x, cy - y));
    return [away.indexOf(Math.min(...away)), Math.min(...away)];
  };
  const wallBy = ([x, y]) => { // the wall that is nearer than ADDED, by the corner where it starts; -1 where none is
    const away = corners.map(([ax, ay], i) => {
      const [bx, by] = corners[(i + 1) % corners.length], length = Math.hypot(bx - ax, by - ay);
      const along = Math.min(Math.max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0), length) / length;
      return Math.hypot(ax + along * (bx - ax) - x, ay + along * (by - ay) - y);
    });
    return Math.min(...away) < ADDED ? away.indexOf(Math.min(...away)) : -1;
  };
  input.addEventListener("change", () => ((fault.hidden = true), choose(input.value)));
  text.addEventListener("change", () => take(cornersIn(text.value)));
  sketch.addEventListener("pointerdown", (event) => {
    const here = placeOf(event), [corner, distance] = nearest(here), wall = wallBy(here);
    if (distance < GRAB) held = corner;
    else if (wall >= 0) corners.splice((held = wall + 1), 0, here);
    else return;
    sketch.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  sketch.addEventListener("pointermove", (event) => {
    if (held === null) return;
    const most = SPAN / 2 - 0.1, snapped = (value) => Number((STEP * Math.round(Math.min(most, Math.max(-most, value)) / STEP)).toFixed(2));
    corners[held] = placeOf(event).map(snapped);
    paint();
  });
  sketch.addEventListener("pointerup", () => {
    if (held === null) return;
    held = null;
    if (textOf(corners) !== shown) take(corners.map((corner) => corner.map((value) => Number(value.toFixed(2)))));
  });
  sketch.addEventListener("pointercancel", () => ((held = null), show(shown)));
  sketch.addEventListener("dblclick", (event) => {
    const [corner, distance] = nearest(placeOf(event));
    if (distance < GRAB) take(corners.filter((_, i) => i !== corner));
  });
  return { node, input, show };
}
