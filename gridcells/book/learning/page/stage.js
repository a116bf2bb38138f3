// The stage of the network that learns: what stands where, and what happens when something is pressed. WORKER, PRESETS,
// DEMONSTRATION and VERSION stand above this in the script.

import { inputsFor } from "../../explorer/page/controls.js";
import { button, figure, make } from "../../explorer/page/nodes.js";
import { speaker } from "../../explorer/page/speaker.js";
import { CHOICES, NAMES_CHOSEN, addressFor, apartFrom, choiceOf, chosenIn, presetOf, ringCycles, sameRun } from "./settings.js";
import { columnsIn, drawAnimal, drawCurves, drawPopulation, drawUnits, drawWiring, mapUnder, mapsHeight, placeUnder } from "./views.js";
import { weightsIn } from "./demonstration.js";
import { roomOf } from "../../explorer/page/room.js";
import { roomName } from "../../explorer/page/rooms.js";
import { APART } from "./wiring.js";

const BOX = [["box", "Box of the animal", "range", { min: 1.2, max: 3.4, step: 0.2, show: (v) => `${v.toFixed(1)} m` }]];
const REMEMBERED = 60, SHOWN = 36, BESIDE = 24, REST = 150; // steps of the animal; maps, and those of the run before; ms without a move of a slider
const HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";

// Fill an element. `start` is what to begin with, else the demonstration, or what the page's address says if it holds the
// state; `tell` hears of all that changes, by the names of the widget's traits. Returns {choose, press, end}.
export function begin(root, { start = null, addressed = false, tell = () => {} } = {}) {
  const reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: "text/javascript" })));
  const shown = { run: 0, chosen: choiceOf(DEMONSTRATION.preset, DEMONSTRATION.seed), demonstration: true };
  let steps = [], history = [], floors = null, maps = null, judged = null, step = 0, seconds = 0, running = false, final = false;
  let before = [], earlier = null; // the curves of the run before, and all else that it showed
  let graphics = false, costs = {}, machine = null; // whether there is another processor; ms of a step by each; and by whom the last was
  let silent = [], silenced = null, moved = null, box = 0, deaf = false, led = false, cursor = -1;
  let visible = true, dirty = { animal: true, rest: true }, frame = null, last = null, frames = [];

  // --- what there is
  const { nodes, show } = inputsFor(NAMES_CHOSEN, choose, CHOICES);
  const head = make("p", { class: "gx-label" }), numbers = make("p", { class: "gx-numbers" });
  const note = make("p", { class: "gx-note", role: "alert", hidden: true });
  const spoken = make("p", { role: "status", "aria-live": "polite", style: HIDDEN });
  const voice = speaker(spoken);
  const train = button("Train", () => press(), { class: "gl-train" }), one = button("Step", () => send("step")), reset = button("Reset", () => restart());
  const keep = button("Download", () => archive(true));
  const animalWords = make("span");
  const [animalCanvas, animal] = figure("gx-square gl-animal", animalWords);
  const [curveCanvas, curves] = figure("gx-square gl-curves", "Dashed: the floors of the targets, and chance. Thin: the run before");
  const [spectrumCanvas, spectrum] = figure("gx-square gl-spectrum", "Spectrum of all maps; dashed, the ring of the place cells");
  const [mapsCanvas, sheet] = figure("gl-maps", "The maps with the highest scores; ▲ above what 95 % of the matched null score", { tabindex: "0" });
  const earlierWords = make("p", { class: "gx-numbers" });
  const [oldMapsCanvas, oldMaps] = figure("gl-old-maps", "Its maps with the highest scores");
  const [oldSpectrumCanvas, oldSpectrum] = figure("gx-square gl-old-spectrum", "Its spectrum and ring");
  const beside = make("section", { class: "gl-earlier", hidden: true, "aria-label": "The run before" }, earlierWords, oldMaps, oldSpectrum);
  const wiringWords = make("span");
  const [wiringCanvas, wires] = figure("gx-square gl-wiring", wiringWords);
  const cut = button("Cut velocity", () => deafen(!deaf), { "aria-pressed": "false" });
  const mute = button("Silence those above the null", () => silence(judged.active.filter((unit) => judged.scores[unit] > judged.threshold)));
  const heal = button("Let all speak", () => silence([]));
  const { nodes: boxes, inputs: sides, show: showBox } = inputsFor(["box"], (_, width) => move(width), BOX);
  const told = make("p", { class: "gx-numbers gl-told" });
  const machineTold = make("span", { class: "gx-numbers" }), machines = make("div", { class: "gx-row gl-machines", hidden: true }, nodes.machine, machineTold);
  const shell = make("div", { class: "gx gl", role: "group", "aria-label": "A network that learns" },
    make("div", { class: "gl-head" }, head, numbers), note,
    make("div", { class: "gx-row" }, train, one, reset, nodes.recipe, nodes.pace, keep),
    make("fieldset", { class: "gl-settings", "aria-label": "Settings" }, nodes.width, nodes.ratio, nodes.cell, nodes.units, nodes.seed, nodes.room),
    make("div", { class: "gl-pictures" }, animal, curves, spectrum),
    sheet, make("div", { class: "gx-row", role: "group", "aria-label": "By hand" }, cut, mute, heal, boxes.box), told, machines, wires, beside, spoken);
  root.replaceChildren(shell);

  // --- what goes on
  let due = null, soon = null; // a beginning that waits until a slider rests
  const beginNow = () => {
    clearTimeout(soon);
    if (due) worker.postMessage(due);
    due = null;
  };
  const send = (kind, content = {}) => (beginNow(), worker.postMessage({ kind, ...content }));
  const preset = () => (shown.demonstration ? DEMONSTRATION.preset : presetOf(PRESETS, shown.chosen));
  let home = null; // the room that the network of this run learns in
  const here = () => (box === home.width ? home : home.resized(box)); // and the one that the animal is in
  const all = () => preset()["training.steps"];

  function restart(demonstration = false) {
    if (history.length > 1) before = history; // one that was not trained is no run
    if (history.length > 1 && judged) earlier = { ...judged, ...maps, units: best().slice(0, BESIDE), silent: [], cursor: -1, chosen: shown.ran, result: head.textContent, ring: ringCycles(shown.ran, box) };
    Object.assign(shown, { demonstration, run: shown.run + 1, ran: shown.chosen });
    [steps, history, floors, maps, judged, step, seconds, running, final] = [[], [], null, null, null, 0, 0, false, false];
    const given = demonstration ? { weights: weightsIn(DEMONSTRATION), past: DEMONSTRATION.history } : {};
    clearTimeout(soon);
    due = { kind: "begin", preset: preset(), seed: shown.chosen.seed, run: shown.run, pace: shown.chosen.pace || Infinity, machine: shown.chosen.machine, ...given };
    soon = setTimeout(beginNow, demonstration ? 0 : REST);
    [silent, silenced, moved, home, costs, machine] = [[], null, null, roomOf(preset()), {}, null];
    box = home.width;
    if (deaf) deafen(false);
    tell({ archive: new Uint8Array(0) });
    report();
  }
  const archive = (saved) => send("archive", { name: nameOf(shown.chosen), version: VERSION, saved });
  function deafen(value) {
    deaf = value;
    cut.setAttribute("aria-pressed", String(deaf));
    cut.textContent = deaf ? "Velocity is cut" : "Cut velocity";
    send("deafen", { deaf });
  }
  function silence(units) {
    if (running) return;
    silent = units;
    send("silence", { units });
    report();
  }
  let moving = null; // a change of the box that waits until the slider rests
  function move(width) {
    if (running || width === box) return;
    [box, steps] = [width, []];
    clearTimeout(moving);
    moving = setTimeout(() => ((moving = null), send("move", { width })), REST);
    report();
  }
  function toggle(place) {
    const unit = best()[place];
    if (unit !== undefined) silence(silent.includes(unit) ? silent.filter((each) => each !== unit) : [...silent, unit]);
  }
  function choose(name, value) {
    if (Object.is(shown.chosen[name], value)) return;
    const { width, ratio, units } = choiceOf(PRESETS[value] ?? DEMONSTRATION.preset, 0);
    shown.chosen = { ...shown.chosen, ...(name === "recipe" && { width, ratio, units }), [name]: value };
    if (addressed) keepAddress();
    tell({ [name]: value, ...(name === "recipe" && { width, ratio, units }) });
    if (name === "pace") send("pace", { pace: value || Infinity }), report();
    else if (name === "machine") send("machine", { machine: value }), report();
    else restart();
  }
  function press() {
    if (shown.demonstration || step >= all()) restart();
    running = !running;
    if (running) [silent, silenced, moved] = [[], null, null]; // the next step changes the weights, and all speak
    send("run", { running });
    report();
  }
  const hear = {
    begun: (told) => ({ history, floors, graphics } = told),
    machines: (told) => ({ graphics } = told),
    row: ({ row }) => history.push(row),
    step: (told) => {
      ({ step, seconds, costs, machine } = told);
      if (step >= all()) running = false;
    },
    walked: (told) => {
      steps.push(...told.steps);
      steps.splice(0, steps.length - REMEMBERED);
      shell.dataset.place = JSON.stringify(steps.at(-1).slice(0, 4).map((metres) => Number(metres.toFixed(3))));
      dirty.animal = true;
    },
    maps: (told) => {
      maps = told;
      step = Math.max(step, told.step);
    },
    judged: (told) => {
      judged = told;
      final = told.final;
      const row = history.findLast((each) => each.step === told.step);
      if (row && told.home) row.share = told.share;
      if (final) voice.say(`${head.textContent} ${numbers.textContent}`), tell.wanted && archive(false);
    },
    silenced: (heard) => {
      silenced = heard;
      if (silenced.units.length) voice.say(silenceWords(silenced));
    },
    moved: (heard) => {
      moved = heard;
      if (moving === null) box = heard.width; // it learns, and is saved, in its own box
      if (moved.width !== home.width) voice.say(boxWords(moved));
    },
    archive: ({ bytes, name, saved }) => {
      tell({ archive: bytes });
      if (!saved) return;
      const link = make("a", { href: URL.createObjectURL(new Blob([bytes], { type: "application/zip" })), download: `${name}.zip` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    },
  };
  worker.onmessage = ({ data }) => {
    if (data.run !== shown.run) return; // of a run that was given up
    hear[data.kind](data);
    if (data.kind !== "walked") report(data.kind !== "step");
    wake();
  };
  worker.onerror = (event) => {
    note.textContent = `This browser cannot train the network (${event.message || "the worker did not start"}).`;
    note.hidden = false;
    shell.dataset.failed = "true";
  };

  // The units with the highest scores, once there are scores; till then the first that are active.
  function best() {
    if (!maps) return [];
    const units = judged?.active ?? Array.from({ length: preset()["network.units"] }, (_, unit) => unit);
    if (judged) units.sort((a, b) => (judged.scores[b] || -9) - (judged.scores[a] || -9));
    return units.slice(0, SHOWN);
  }

  function report(redraw = true) {
    const chosen = shown.chosen, row = history.at(-1), total = all();
    const error = row ? `${(100 * row.decoding_error).toFixed(0)} cm off` : "";
    const state = shown.demonstration ? "A network that has learnt" : step >= total ? "Learnt" : running ? `Learning, step ${step} of ${total}` : step ? `Paused at step ${step} of ${total}` : "Random weights";
    head.textContent = `${state}${error ? `: ${error}` : ""}${judged ? `, ${Math.round(100 * judged.share)} % of units above the null` : ""}`;
    const parts = [
      floors && `Floor ${(100 * floors.error).toFixed(1)} cm.`,
      judged && `95 % of the null score below ${judged.threshold.toFixed(2)}; chance: 5 % above.`,
      seconds > 0 && `${seconds.toFixed(1)} s of training.`,
    ];
    numbers.textContent = parts.filter(Boolean).join(" ");
    train.textContent = running ? "Pause" : shown.demonstration || !step || step >= total ? "Train" : "Go on";
    animalWords.textContent = `● the animal, □ where the network believes it is, told the place every ${preset()["training.path_steps"]} steps`;
    machines.hidden = !graphics;
    machineTold.textContent = machine ? machineWords(machine, costs) : "";
    one.disabled = running || step >= total;
    keep.disabled = running || !step;
    wires.hidden = !maps?.wiring;
    for (const each of [beside, oldMaps, oldSpectrum]) each.hidden = !earlier;
    if (earlier) {
      earlierWords.textContent = `The run before (${apartFrom(earlier.chosen, chosen)}). ${earlier.result}.`;
      oldMapsCanvas.setAttribute("aria-label", `Maps of ${earlier.units.length} units of the run before, highest score ${Math.max(...earlier.units.map((unit) => earlier.scores[unit])).toFixed(2)}`);
      oldSpectrumCanvas.setAttribute("aria-label", `Power spectrum of the maps of the run before; predicted ring at ${earlier.ring.toFixed(1)} cycles a box`);
    }
    if (maps?.wiring) {
      const [least, most] = [Math.min, Math.max].map((end) => maps.wiring.picture.reduce((a, b) => end(a, b)).toFixed(3));
      wiringWords.textContent = `The recurrent matrix, sorted by phase: the mean weight from a unit (middle) to others, by how far their fields lie from its own, up to half a box. From ${least} (dark) to ${most} (bright)`;
    }
    wiringCanvas.setAttribute("aria-label", maps?.wiring ? "Mean recurrent weight by the displacement of two units’ fields: bright in the middle and at the lattice’s neighbours" : "No lattice, no phases");
    for (const each of [mute, heal]) each.disabled = running || !judged || (each === heal && !silent.length);
    sides.box.disabled = running || shown.chosen.room !== "square" || !step;
    showBox({ box });
    told.textContent = moved && moved.width !== home.width ? boxWords(moved) : silenced?.units.length ? silenceWords(silenced) : "By hand: drag the animal, and the network follows its velocity alone; click on maps to silence units.";
    show(chosen);
    Object.assign(shell.dataset, { silent: silent.length, without: String(silenced?.error ?? ""), away: String(moved?.error ?? ""), home: String(moved?.home ?? ""), step, error: String(row?.decoding_error ?? ""), share: String(judged?.share ?? ""), judged: String(judged?.step ?? ""), final: String(final), running: String(running) });
    animalCanvas.setAttribute("aria-label", `${ROOM_WORDS[roomName(chosen.room)]}. ${error ? `The decoded place is ${error} on average.` : "Nothing is measured yet."}`);
    curveCanvas.setAttribute("aria-label", row ? `At step ${row.step}: loss ${row.loss?.toFixed(3)} nats, decoding error ${(100 * row.decoding_error).toFixed(1)} cm${judged ? `, ${Math.round(100 * judged.share)} % of units above the null` : ""}` : "No curves yet");
    spectrumCanvas.setAttribute("aria-label", maps ? `Power spectrum of the units’ maps; predicted ring at ${ringCycles(chosen, box).toFixed(1)} cycles a box` : "No spectrum yet");
    mapsCanvas.setAttribute("aria-label", judged ? `Maps of ${best().length} units, highest score ${Math.max(...best().map((unit) => judged.scores[unit])).toFixed(2)}. Arrow keys choose one, Enter silences it${cursor < 0 ? "" : `; now at unit ${best()[cursor]}, score ${judged.scores[best()[cursor]].toFixed(2)}`}` : "Maps of units, not yet scored");
    if (redraw) tell({ step, running, metrics: history.slice(), share_above_null: judged?.share ?? null, null_95_percent: judged?.threshold ?? null });
    dirty.rest ||= redraw;
    wake();
  }
  let timer = null;
  function keepAddress() { // the address changes once something was chosen
    clearTimeout(timer);
    timer = setTimeout(() => window.history.replaceState(null, "", addressFor(shown.chosen)), 200);
  }

  // --- what is drawn, a picture a frame
  function draw(now) {
    frame = null;
    if (last !== null) frames.push(now - last), frames.length > 120 && frames.shift();
    last = now;
    const room = here();
    if (dirty.rest || (dirty.animal && (!reduced || led))) drawAnimal(animalCanvas, steps, room, home);
    if (dirty.rest) {
      const units = best();
      for (const [canvas, count] of [[mapsCanvas, SHOWN], [oldMapsCanvas, BESIDE]]) canvas.style.height = `${mapsHeight(count, canvas.clientWidth || 300)}px`;
      drawCurves(curveCanvas, history, floors, all(), before);
      if (maps?.wiring) drawWiring(wiringCanvas, maps.wiring, APART.size);
      if (maps) drawPopulation(spectrumCanvas, maps.spectrum, ringCycles(shown.chosen, room.width)), drawUnits(mapsCanvas, { ...maps, units, scores: judged?.scores, threshold: judged?.threshold, silent, cursor });
    }
    if (dirty.rest && earlier) {
      drawPopulation(oldSpectrumCanvas, earlier.spectrum, earlier.ring);
      drawUnits(oldMapsCanvas, earlier);
    }
    dirty = { animal: false, rest: false };
    shell.dataset.columns = String(columnsIn(mapsCanvas.clientWidth));
    shell.dataset.rate = String((1000 * frames.length) / frames.reduce((a, b) => a + b, 1e-9));
    if (running && visible) wake();
    else last = null;
  }
  function wake() {
    if (frame === null && visible) frame = requestAnimationFrame(draw);
  }
  const again = () => ((dirty = { animal: true, rest: true }), wake());

  // --- what hands do
  const lead = (event) => {
    if (event.type === "pointerdown") animalCanvas.setPointerCapture(event.pointerId);
    else if (!event.buttons) return;
    led = true;
    send("lead", { to: placeUnder(animalCanvas, event.offsetX, event.offsetY, here()) });
  };
  for (const kind of ["pointerdown", "pointermove"]) animalCanvas.addEventListener(kind, lead);
  for (const kind of ["pointerup", "pointercancel"]) animalCanvas.addEventListener(kind, () => ((led = false), send("lead", { to: null })));
  mapsCanvas.addEventListener("click", (event) => toggle(mapUnder(mapsCanvas, event.offsetX, event.offsetY)));
  mapsCanvas.addEventListener("keydown", (event) => {
    const columns = columnsIn(mapsCanvas.clientWidth), by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (by) cursor = Math.min(best().length - 1, Math.max(0, cursor + by));
    else if ((event.key === "Enter" || event.key === " ") && cursor >= 0) toggle(cursor);
    else return;
    event.preventDefault();
    report();
  });
  mapsCanvas.addEventListener("blur", () => ((cursor = -1), again()));

  const watchers = [
    new IntersectionObserver((entries) => {
      visible = entries.at(-1).isIntersecting;
      send("rest", { resting: !visible || reduced });
      if (visible) again();
    }),
    new ResizeObserver(again),
  ];
  for (const watcher of watchers) watcher.observe(shell);
  watchers.push(new MutationObserver(again));
  watchers.at(-1).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  const arrive = () => {
    const said = chosenIn(location.hash);
    if (!Object.keys(said).length) return false;
    const wanted = { ...choiceOf(PRESETS[said.recipe ?? "quick"], 0), ...said };
    if (sameRun(wanted, shown.chosen)) return (shown.chosen = wanted), false;
    shown.chosen = wanted;
    restart();
    return true;
  };
  if (addressed) window.addEventListener("hashchange", arrive);
  send("rest", { resting: reduced });
  if (start && !sameRun(start, shown.chosen)) (shown.chosen = start), restart();
  else if (!addressed || !arrive()) restart(true);
  return {
    choose, press,
    running: () => running,
    end() {
      for (const watcher of watchers) watcher.disconnect();
      window.removeEventListener("hashchange", arrive);
      worker.terminate();
      voice.stop();
      clearTimeout(timer);
      clearTimeout(soon);
      if (frame !== null) cancelAnimationFrame(frame);
    },
  };
}

const ROOM_WORDS = { square: "A square box with walls", torus: "A square box with edges that join", hexagon: "A hexagonal room", triangle: "A triangular room", trapezoid: "A trapezoid room", "your own": "A room of your own" };
const MACHINES = { processor: "WebAssembly", graphics: "WebGPU" };
const machineWords = (machine, costs) => {
  const each = Object.keys(MACHINES).filter((name) => costs[name] !== undefined).map((name) => `${MACHINES[name]} ${costs[name].toFixed(1)} ms`);
  return `Now by ${MACHINES[machine]}.${each.length ? ` A step: ${each.join(", ")}.` : ""}`;
};
const cm = (metres) => `${(100 * metres).toFixed(1)} cm`;
const boxWords = ({ width, home, error }) => `In a box of ${width.toFixed(1)} m: ${cm(error)} off; in the one it learnt in (dotted), ${cm(home)}.`;
const silenceWords = ({ units, whole, error, others }) => {
  const plural = units.length > 1 ? "s" : "";
  return `${units.length} unit${plural} silent: ${cm(error)} off instead of ${cm(whole)}${others === null ? "" : `; without as many others, drawn at random, ${cm(others)}`}.`;
};

const nameOf = ({ recipe, width, ratio, cell, units, room, seed }) => `${recipe}-${cell}${units}-${Math.round(100 * width)}cm-${ratio}-${room === "square" ? "walls" : room.includes(":") ? "own" : room}-seed${seed}`;
