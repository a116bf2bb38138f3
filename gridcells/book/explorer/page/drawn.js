// The control of the room: names to choose from and, of a room of the reader's own, a sketch and its corners as text.

import { make } from "./nodes.js";
import { Room, awayFrom, ringsIn, textOf } from "./room.js";
import { faultOf } from "./rooms.js";

const SPAN = 4.4, GRAB = 0.22, STEP = 0.05; // m: of the sketch, how near a corner is caught, to what it snaps
const ADDED = 0.3, PILLAR = 0.2; // m: how near a wall a new corner is made, half of a new pillar's side

const sketchIn = (attributes) => { // whose namespace nobody has to spell
  const host = make("div");
  host.innerHTML = "<svg>";
  return dressed(host.firstChild, attributes);
};
const dressed = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
};

// {node, input, show(room)}; `choose(room)` hears of each change. The last of the options is the room of one's own.
export function roomControl(label, options, choose) {
  const input = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text))), own = input.lastElementChild;
  const text = make("input", { type: "text", "aria-label": "Corners of the room in metres, x:y of each", spellcheck: "false" });
  const fault = make("output", { class: "gx-note", hidden: true }); // which is read out by itself
  const sketch = sketchIn({ viewBox: `${-SPAN / 2} ${-SPAN / 2} ${SPAN} ${SPAN}`, class: "gx-sketch", "aria-hidden": "true" });
  const way = "Drag a corner, or a wall to make a new one; a double click takes a corner away, and of a pillar of three all.";
  const pillar = make("button", { type: "button" }, "Put in a pillar");
  const drawing = make("div", { class: "gx-own", hidden: true }, sketch, make("small", {}, way), text, pillar, fault);
  const node = make("div", { class: "gx-room" }, make("label", {}, make("span", {}, label), input), drawing);
  let rings = [], shown = "", held = null; // the ring and the place in it of the corner that is held

  const shape = (tag, attributes) => dressed(document.createElementNS(sketch.namespaceURI, tag), attributes);
  const paint = () => sketch.replaceChildren(
    shape("path", { "fill-rule": "evenodd", d: rings.map((ring) => `M${ring.map(([x, y]) => `${x},${-y}`).join("L")}Z`).join("") }),
    ...rings.flat().map(([x, y]) => shape("circle", { cx: x, cy: -y, r: 0.09 })));
  function show(room) {
    const drawn = room.includes(":");
    if (drawn) own.value = room;
    [input.value, shown, drawing.hidden] = [room, room, !drawn];
    if (!drawn) return;
    [rings, text.value] = [ringsIn(room), room];
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
  // Of the corners, or of the walls by the corner where each starts, the nearest: [its ring, its place in it]; null where
  // all are farther than `most`.
  const nearest = (reach, most) => {
    const all = rings.flatMap((ring, i) => ring.map((corner, j) => [reach(ring, j), [i, j]]));
    const [away, found] = all.reduce((best, one) => (one[0] < best[0] ? one : best));
    return away < most ? found : null;
  };
  const cornerBy = ([x, y]) => nearest((ring, j) => Math.hypot(ring[j][0] - x, ring[j][1] - y), GRAB);
  const wallBy = (place) => nearest((ring, j) => awayFrom(ring[j], ring[(j + 1) % ring.length], place), ADDED);
  input.addEventListener("change", () => ((fault.hidden = true), choose(input.value)));
  text.addEventListener("change", () => take(ringsIn(text.value)));
  pillar.addEventListener("click", () => take([...rings, pillarIn(rings)]));
  sketch.addEventListener("pointerdown", (event) => {
    const here = placeOf(event), corner = cornerBy(here), wall = wallBy(here);
    if (corner) held = corner;
    else if (wall) rings[wall[0]].splice((held = [wall[0], wall[1] + 1])[1], 0, here);
    else return;
    sketch.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  sketch.addEventListener("pointermove", (event) => {
    if (held === null) return;
    const most = SPAN / 2 - 0.1, snapped = (value) => Number((STEP * Math.round(Math.min(most, Math.max(-most, value)) / STEP)).toFixed(2));
    rings[held[0]][held[1]] = placeOf(event).map(snapped);
    paint();
  });
  sketch.addEventListener("pointerup", () => {
    if (held === null) return;
    held = null;
    if (textOf(rings) !== shown) take(rings.map((ring) => ring.map((corner) => corner.map((value) => Number(value.toFixed(2))))));
  });
  sketch.addEventListener("pointercancel", () => ((held = null), show(shown)));
  sketch.addEventListener("dblclick", (event) => {
    const corner = cornerBy(placeOf(event));
    if (!corner) return;
    const [taken, place] = corner, fewer = rings.map((ring, i) => ring.filter((_, j) => i !== taken || j !== place));
    take(fewer.filter((ring, i) => !i || ring.length > 2));
  });
  return { node, input, show };
}

// A square that is a room's next pillar, of places all over the room's rectangle around the one farthest from all walls.
function pillarIn(rings) {
  const room = new Room({ rings }), { low, extent } = room, shares = Array.from({ length: 29 }, (_, i) => (i + 1) / 30);
  const places = shares.flatMap((right) => shares.map((up) => [low[0] + right * extent[0], low[1] + up * extent[1]]));
  const open = places.map(([x, y]) => [room.nearest(x, y)[0], x, y]);
  const [, x, y] = open.reduce((best, one) => (one[0] > best[0] + 1e-9 ? one : best));
  return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([right, up]) => [x + PILLAR * right, y + PILLAR * up].map((value) => Number(value.toFixed(2))));
}
