// The explorer: what stands where, and what happens when something is moved.

import { amiss, modes, ring, spacing } from "./spectrum.js";
import { ringsOf } from "./rooms.js";
import { Runner } from "./runner.js";
import { CONTROLS, QUESTIONS, SETTINGS, inputsFor } from "./controls.js";
import { button, figure, make } from "./nodes.js";
import { PREFIX, addressOf, pythonOf, readAddress } from "./address.js";
import { clear, drawMaps, drawRuler, drawSpectrum, equationOf, heightOf } from "./stage.js";
import { LEGEND, drawLegend, drawStrip, tellStrip, widthAt } from "./strip.js";
import { drawProgress, tellProgress } from "./progress.js";
import { MOST_WAVES, drawSum, tellSum } from "./sum.js";
import { brushes, healedWords } from "./brush.js";
import { numberWords, verdictWords } from "./words.js";
import { speaker } from "./speaker.js";

const RANGE = CONTROLS[0][3]; // of the width
const inNotebook = () => "jpThemeName" in document.body.dataset || document.getElementById("jupyter-config-data") !== null;
const plainDab = ([step, cell, x, y, brush]) => ({ step, cell, x, y, brush });

function render({ model, el }) {
  const small = model.get("small"), page = !inNotebook();
  const reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const settings = () => Object.fromEntries(SETTINGS.map((name) => [name, model.get(name)]));

  // --- what there is
  const { nodes, inputs, show } = inputsFor(small ? ["width"] : SETTINGS, choose);
  const label = make("p", { class: "gx-label" }), theory = make("p"), numbers = make("p", { class: "gx-numbers" });
  const head = make("div", { class: "gx-head" }, label, theory, numbers);
  const note = make("p", { class: "gx-note", role: "alert", hidden: true });
  const spoken = make("p", { class: "visually-hidden", role: "status", "aria-live": "polite", style: "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)" });
  const voice = speaker(spoken);
  const [mapsCanvas, maps] = figure("gx-maps", "Maps as they form; below each its score at 60°", { tabindex: small ? "-1" : "0" });
  const [stripCanvas, strip] = figure("gx-strip", make("span", { class: "gx-legend" }));
  const [spectrumCanvas, spectrumFigure] = figure("gx-square", "Spectrum Σ̃(k). Dashed: its ring. Dots: the waves that fit the box; orange: those at the top, which compete. Lines: three that add up to zero.");
  spectrumFigure.className = "gx-spectrum";
  const [rulerCanvas, ruler] = figure("gx-ruler", "A place cell’s field, and the wave that it asks for");
  const equation = make("p", { class: "gx-equation" });
  const [progressCanvas, progress] = figure("gx-curve", "Median scores against step; dashed, what 5 % of the maps’ own null exceed");
  const [sumCanvas, sum] = figure("gx-sum", "The framed map’s strongest waves (cycles a box along x and y), and their sum");
  const told = make("p", { class: "gx-numbers" });
  const play = button("Pause", () => press()), step = button("Step", () => stepOnce()), reset = button("Start again", () => restart());
  const copy = button("Copy as Python", () => share(pythonOf(settings(), runner?.simulation.steps ?? 0, runner?.simulation.dabs ?? []), copy));
  const copyLink = button("Copy link", () => share(location.href.split("#")[0] + address(true), copyLink));
  const code = make("pre", { hidden: true, tabindex: "0", "aria-label": "What was copied" });
  const look = make("p", { hidden: true });
  const link = make("a", { hidden: !(small && page && model.get("link")) }, "Open the full explorer");
  const legend = strip.querySelector(".gx-legend");
  const legends = LEGEND.map((form) => [make("canvas", { "aria-hidden": "true" }), form]);
  legend.append(make("span", {}, "Spacing: predicted (line), one box (dotted). Formed:"), ...legends.map(([canvas, form]) => make("span", {}, canvas, form)), make("span", {}, "○ now"));
  let waves = MOST_WAVES, chosen = 0, runner = null, found = null, then = null;
  const counts = [1, 2, 3].map((count) => button(`${count} wave${count > 1 ? "s" : ""}`, () => ((waves = count), drawRest())));
  const brush = brushes(mapsCanvas, () => runner, { choose: (cell) => ((chosen = cell), drawAll()), chosen: () => chosen, touched: () => touched() });
  const healed = make("p", { class: "gx-healed" });
  const buttons = make("div", { class: "gx-row" }, play, step, reset, link);
  const mapbox = make("div", { class: "gx-mapbox" }, maps);
  const shell = make("div", { class: small ? "gx gx-small" : "gx", role: "group", "aria-label": "Explorer of pattern formation" });
  if (small) shell.append(make("div", { class: "gx-stage" }, head, nodes.width, note, mapbox, buttons, spoken));
  else {
    const side = make("div", { class: "gx-side" }, spectrumFigure, ruler, equation, buttons);
    const questions = QUESTIONS.map((question) => button(question.text, () => ask(question)));
    const rest = make("fieldset", { class: "gx-controls", "aria-label": "Settings" }, ...SETTINGS.slice(1).map((name) => nodes[name]));
    shell.append(
      make("div", { class: "gx-stage" }, head, strip, nodes.width, note, make("div", { class: "gx-pictures" }, mapbox, side), spoken),
      make("div", { class: "gx-more" },
        make("div", { class: "gx-row", role: "group", "aria-label": "Questions" }, ...questions), look,
        make("details", { open: true }, make("summary", {}, "All settings"), rest),
        make("div", { class: "gx-halves" },
          make("div", { class: "gx-side" }, sum, make("div", { class: "gx-row", role: "group", "aria-label": "Waves that are summed" }, ...counts), told),
          make("div", { class: "gx-side" }, progress)),
        make("div", { class: "gx-row", role: "group", "aria-label": "Paint on the maps" }, ...brush.buttons), healed,
        make("div", { class: "gx-row" }, copyLink, copy), code));
  }
  el.append(shell);

  // --- what goes on
  let visible = true, frame = null, last = null, durations = [], held = 0, moved = false, addressTimer = null, wasPlaying = true;

  function choose(name, value) {
    if (Object.is(model.get(name), value)) return;
    model.set(name, value);
    model.save_changes();
  }
  function chooseAll(values) { // several at once, one new start
    held += 1;
    for (const [name, value] of Object.entries(values)) choose(name, value);
    held -= 1;
  }
  const quiet = () => reduced && !model.get("playing");
  const playing = () => model.get("playing") || reduced;

  // Begin anew from the seed's noise: the same settings, dabs and steps make the same maps, whatever was moved before.
  function restart(dabs = [], goal = null) {
    const now = settings(), problem = amiss(now);
    then = null;
    runner = problem ? null : new Runner(now, dabs, goal);
    found = problem ? null : modes(now);
    chosen = Math.min(chosen, now.cells - 1);
    durations = [];
    last = null;
    if (!dabs.length && model.get("dabs").length) held++, model.set("dabs", []), held--;
    note.hidden = !problem;
    note.textContent = problem;
    for (const one of [play, step, reset, copy, copyLink, ...brush.buttons]) one.disabled = Boolean(problem);
    shell.dataset.slowest = "0";
    look.hidden = true;
    drawAll();
    report();
    if (problem) voice.say(problem);
    wake();
  }
  function ask(question) {
    chooseAll({ ...question.set, playing: !reduced });
    restart();
    then = question.then ?? null;
    look.textContent = question.look;
    look.hidden = false;
  }
  function press() {
    if (runner && runner.simulation.settled && runner.arrived) return runner.goOn(), runner.change(), setPlaying(true);
    setPlaying(!model.get("playing"));
  }
  function setPlaying(value) {
    if (value && runner) runner.goal = null;
    choose("playing", value);
    showControls();
    report();
    wake();
  }
  function stepOnce() {
    setPlaying(false);
    runner.goal = null;
    runner.advance(1);
    drawAll();
    wake();
  }
  function touched() { // a brush was on a map
    moved = true;
    model.set("dabs", runner.simulation.dabs.map(({ step: at, cell, x, y, brush: kind }) => [at, cell, x, y, kind]));
    model.save_changes();
    runner.goal = null;
    drawAll();
    report();
    wake();
  }
  function address(always) {
    const rests = runner && !runner.due(model.get("playing"));
    return addressOf(settings(), runner && (rests || always) ? runner.simulation.steps : null, runner?.simulation.dabs ?? []);
  }
  function showControls() {
    show(settings());
    if (!small) inputs.walls.disabled = ringsOf(model.get("room")) !== null; // which have walls
    const done = runner && runner.simulation.settled && runner.arrived;
    play.textContent = done ? "Go on" : model.get("playing") ? "Pause" : "Play";
    if (small) link.href = model.get("link") + PREFIX + addressOf(settings(), null, []).slice(PREFIX.length);
    else if (page && moved) { // the address changes once something was chosen
      clearTimeout(addressTimer);
      addressTimer = setTimeout(() => history.replaceState(null, "", address(false)), 200);
    }
  }

  const draw = () => (runner ? drawMaps(mapsCanvas, runner.simulation, runner.scores, { chosen: small ? null : chosen, cursor: brush.cursor() }) : clear(mapsCanvas));
  function drawAll() {
    mapsCanvas.style.height = `${heightOf(model.get("cells"), mapsCanvas.clientWidth || 300)}px`;
    draw();
    if (small) return;
    const now = settings();
    drawRest();
    for (const [canvas, form] of legends) drawLegend(canvas, form);
    if (runner) drawSpectrum(spectrumCanvas, now, found), drawRuler(rulerCanvas, now);
    else clear(spectrumCanvas), clear(rulerCanvas);
    equation.textContent = runner ? equationOf(now) : "";
    const unit = (2 * Math.PI) / now.box;
    spectrumCanvas.setAttribute("aria-label", runner ? `Spectrum; its ring at ${(ring(now) / unit).toFixed(1)} cycles a box; ${found.waves.filter((wave) => wave[2] >= 0.97).length / 2} waves at its top` : "No spectrum");
    rulerCanvas.setAttribute("aria-label", runner ? `A field ${Math.round(100 * now.width)} cm wide above the wave of the ring. ${equationOf(now)}` : "No field");
  }
  function drawRest() { // what changes with the maps
    if (small) return;
    drawStrip(stripCanvas, model.get("strip"), settings(), RANGE, runner?.spacing() ?? NaN);
    stripCanvas.setAttribute("aria-label", tellStrip(model.get("strip"), settings()));
    drawProgress(progressCanvas, runner?.history ?? [], runner?.verdict?.thresholds);
    progressCanvas.setAttribute("aria-label", tellProgress(runner?.history ?? [], runner?.verdict?.thresholds));
    counts.forEach((one, i) => one.setAttribute("aria-pressed", String(i + 1 === waves)));
    if (runner?.simulation.steps) told.textContent = tellSum(drawSum(sumCanvas, runner.simulation.centred(chosen), waves), waves);
    else clear(sumCanvas), (told.textContent = "");
    sumCanvas.setAttribute("aria-label", told.textContent || "No waves yet");
    healed.textContent = runner ? healedWords(runner.simulation) : "";
  }

  function report() {
    const now = settings(), predicted = spacing(ring(now)), number = (value) => (Number.isFinite(value) ? value : null);
    const said = runner ? verdictWords(runner, found.lattice, playing()) : { head: "Nothing forms with these settings", theory: "", differs: false };
    const [at60, at90] = runner ? runner.medians() : [NaN, NaN];
    label.textContent = said.head;
    theory.textContent = said.theory;
    theory.className = said.differs ? "gx-differs" : "";
    numbers.textContent = runner ? numberWords(runner, predicted) : "";
    mapsCanvas.setAttribute("aria-label", runner ? `${now.cells} maps. ${said.head}. ${numbers.textContent}` : "No maps");
    const formed = runner?.verdict?.lattice ?? "";
    const measured = {
      steps: runner?.simulation.steps ?? 0, lattice: found?.lattice ?? "", formed,
      predicted_spacing: number(predicted), measured_spacing: number(runner?.spacing()), median_score_60: number(at60), median_score_90: number(at90),
    };
    for (const [name, value] of Object.entries(measured)) model.set(name, value);
    model.save_changes();
    Object.assign(shell.dataset, { steps: measured.steps, lattice: measured.lattice, formed, score: String(at60) });
    if (formed) voice.say(`${said.head}. ${said.theory} ${numbers.textContent}`);
    showControls();
  }

  function tick(now) {
    frame = null;
    if (!visible || !runner) return (last = null);
    const { stepped, round, more } = runner.work(playing(), model.get("speed"), quiet());
    if (last !== null && stepped) {
      durations.push(now - last);
      if (durations.length > 120) durations.shift();
      shell.dataset.slowest = String(Math.max(Number(shell.dataset.slowest), now - last));
      shell.dataset.rate = String((1000 * durations.length) / durations.reduce((a, b) => a + b, 0));
    }
    last = now;
    if (!quiet() || !more) draw();
    if (round || !more) drawRest(), report();
    if (!more) settle();
    if (more || frame !== null) wake();
    else last = null;
  }
  function settle() {
    if (runner.goal !== null && runner.arrived && !runner.simulation.settled) setPlaying(false);
    else if (then === "tear" && runner.verdict) (then = null), brush.tear();
  }
  function wake() {
    if (frame === null && visible) frame = requestAnimationFrame(tick);
  }
  function share(text, from) {
    const was = from.textContent;
    code.textContent = text;
    code.hidden = false;
    const said = (words) => ((from.textContent = words), setTimeout(() => (from.textContent = was), 1500));
    if (navigator.clipboard?.writeText) navigator.clipboard.writeText(text).then(() => said("Copied"), () => said("Copy from below"));
    else said("Copy from below");
  }

  // --- what it listens to
  const onSetting = () => held || ((moved = true), restart());
  const onDabs = () => held || JSON.stringify(model.get("dabs")) === JSON.stringify((runner?.simulation.dabs ?? []).map(Object.values)) || restart(model.get("dabs").map(plainDab));
  const listeners = SETTINGS.filter((name) => name !== "speed").map((name) => [`change:${name}`, onSetting]);
  listeners.push(["change:speed", showControls], ["change:dabs", onDabs], ["change:playing", () => held || (showControls(), wake())]);
  for (const [event, handler] of listeners) model.on(event, handler);
  const onHash = () => {
    if (!location.hash.startsWith(PREFIX)) return;
    const state = readAddress(location.hash);
    chooseAll(state.settings);
    restart(state.dabs, state.steps);
  };
  const scrub = (event) => {
    if (event.type === "pointerdown") stripCanvas.setPointerCapture(event.pointerId);
    else if (!event.buttons) return;
    const value = widthAt(event.offsetX, stripCanvas.clientWidth, RANGE);
    choose("width", Math.round(100 * Math.min(RANGE.max, Math.max(RANGE.min, value))) / 100);
  };
  stripCanvas.addEventListener("pointerdown", scrub);
  stripCanvas.addEventListener("pointermove", scrub);
  if (page && !small) window.addEventListener("hashchange", onHash);
  const watcher = new IntersectionObserver((entries) => {
    visible = entries.at(-1).isIntersecting;
    shell.dataset.visible = String(visible);
    if (visible && runner) wake();
  });
  watcher.observe(shell);
  const themes = new MutationObserver(() => drawAll()); // light to dark: the ink changes
  themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  let wide = 0;
  const sizes = new ResizeObserver(() => {
    if (shell.clientWidth === wide) return;
    wide = shell.clientWidth;
    requestAnimationFrame(drawAll);
  });
  sizes.observe(shell);
  if (reduced) held++, model.set("playing", false), held--;
  if (page && !small && location.hash.startsWith(PREFIX)) onHash();
  else restart(model.get("dabs").map(plainDab));

  return () => {
    for (const [event, handler] of listeners) model.off(event, handler);
    window.removeEventListener("hashchange", onHash);
    for (const observer of [watcher, themes, sizes]) observer.disconnect();
    voice.stop();
    clearTimeout(addressTimer);
    if (frame !== null) cancelAnimationFrame(frame);
  };
}

export default { render };
