// The worker: it trains, looks at what it trains, and tells the page; the page only draws.

import { Training } from "./training.js";
import { Follower } from "./animal.js";
import { activeUnits, finish, judge, meanSpectrum } from "./judgement.js";
import { draws } from "./streams.js";
import { runArchive, setWeights } from "./files.js";
import { wiring } from "./wiring.js";

const SLICE = 30; // ms of work between two looks at what the page wants
const LOOK = 20, ERROR_PATHS = 200, MAP_PATHS = 500, NULLS = 100; // while it learns
const DRAWS = 3; // of others, when units are silenced
const LAST = { errors: 1000, maps: 2000, nulls: 1000 }; // when it is done
const PACE = 25, TELL = 60, STILL = 50; // steps of the animal a second; ms between two words about it; steps of a still picture

let training = null, follower = null, running = false, pace = Infinity, resting = false;
let run = 0, history = [], seconds = 0, judging = null, judged = null, final = false, walked = 0, stepped = 0, told = 0, ticking = false;

const say = (kind, content, moved = []) => postMessage({ kind, run, ...content }, moved);

function begin({ preset, seed, weights, past, run: number, pace: wanted }) {
  [run, pace] = [number, wanted];
  training = new Training(preset, seed, { kernels: training?.kernels });
  if (weights) setWeights(training.network, weights);
  follower = new Follower(training);
  history = past ?? [];
  training.steps = history.at(-1)?.step ?? 0;
  seconds = history.at(-1)?.seconds ?? 0;
  judging = judged = null;
  final = false;
  walked = stepped = performance.now();
  say("begun", { floors: training.floors, history, fused: training.kernels.fused });
  look(training.done ? LAST.maps : MAP_PATHS);
}

function look(paths) { // map all units, and begin to judge the maps
  const maps = training.rateMaps(paths), step = training.steps, flat = new Float32Array(maps.length * maps[0].length);
  maps.forEach((map, unit) => flat.set(map, unit * map.length));
  if (resting) say("walked", { steps: Array.from({ length: STILL }, () => follower.step()) });
  const spectrum = meanSpectrum(maps);
  say("maps", { maps: flat, bins: Math.sqrt(maps[0].length), spectrum, step, wiring: wiring(maps, activeUnits(maps), training.network.weights.recurrent, spectrum) });
  judging = { step, work: judge(maps, draws(training.seed, "null"), training.done ? LAST.nulls : NULLS) };
}

function note(loss) { // a row of the history
  const row = { step: training.steps, loss, decoding_error: training.decodingError(training.done ? LAST.errors : ERROR_PATHS), seconds };
  history.push(row);
  say("row", { row });
}

let sum = 0, count = 0;
function learn(until) {
  if (!isHome()) rehouse(training.home.width);
  do {
    const begun = performance.now(), loss = training.step();
    seconds += (performance.now() - begun) / 1000;
    sum += loss;
    count += 1;
    stepped += 1000 / pace;
    if (training.steps % LOOK === 0 || training.done) {
      note(sum / count);
      sum = count = 0;
      if (!judging) look(MAP_PATHS);
    }
  } while (!training.done && performance.now() < until && due());
  say("step", { step: training.steps, seconds });
  if (training.done) running = false;
}
const due = () => pace === Infinity || performance.now() >= stepped;

function weigh(until) { // some slices of a judgement
  while (judging && performance.now() < until) {
    const slice = judging.work.next();
    if (!slice.done) continue;
    judged = { step: judging.step, ...slice.value };
    final = training.done && judged.step === training.steps;
    judging = null;
    const row = history.findLast((one) => one.step === judged.step);
    if (row && isHome()) row.share = judged.share;
    say("judged", { ...judged, final, home: isHome() });
  }
}

function stroll(now) {
  const steps = [];
  if (resting && !follower.hand) walked = now;
  else for (; walked < now && steps.length < 10; walked += 1000 / PACE) steps.push(follower.step());
  if (walked < now) walked = now;
  if (steps.length) say("walked", { steps });
}

function tick() {
  ticking = false;
  const now = performance.now();
  if (!training) return;
  if (now - told >= TELL) (told = now), stroll(now);
  if (running && due()) learn(now + SLICE);
  if (!running && training.done && !judging && !final) look(LAST.maps);
  if (judging) weigh(performance.now() + (running ? SLICE / 3 : SLICE));
  again();
}
function again() {
  if (ticking || (resting && !running && !judging && !follower?.hand)) return;
  ticking = true;
  if ((running && due()) || judging) setTimeout(tick, 0);
  else setTimeout(tick, TELL / 2);
}

// What the error is without some units, and without as many others, drawn anew each time.
function silence(units) {
  const { network } = training, random = draws(training.seed, "pictures"), others = [];
  const without = (some) => (network.silence(some), training.decodingError(ERROR_PATHS));
  const rest = Array.from({ length: network.units }, (_, unit) => unit).filter((unit) => !units.includes(unit));
  for (let draw = 0; units.length && rest.length >= units.length && draw < DRAWS; draw++)
    others.push(without(rest.map((unit) => [random.uniform(), unit]).sort((a, b) => a[0] - b[0]).slice(0, units.length).map(([, unit]) => unit)));
  say("silenced", { units, whole: without([]), error: without(units), others: others.length ? others.reduce((a, b) => a + b) / others.length : null });
}

// Another box for the animal than the square one that the network learnt in: what its error is there, and what the maps look like.
const isHome = () => training.world === training.home;
function rehouse(width) {
  training.world = training.home;
  const home = training.decodingError(ERROR_PATHS);
  if (width !== training.home.width) training.world = training.home.resized(width);
  follower.arrive();
  say("moved", { width, home, error: isHome() ? home : training.decodingError(ERROR_PATHS) });
  look(training.done && isHome() ? LAST.maps : MAP_PATHS);
}

// The run as the library opens it; numbers have the names that `gridcells.runs.evaluate` gives them.
function archive({ name, version, saved }) {
  if (!isHome()) rehouse(training.home.width), (judged = null);
  if (!judged || judged.step !== training.steps) judged = { step: training.steps, ...finish(judge(training.rateMaps(LAST.maps), draws(training.seed, "null"), LAST.nulls)) };
  const scores = judged.active.map((unit) => judged.scores[unit]), above = (level) => scores.filter((score) => score > level).length / scores.length;
  const numbers = {
    decoding_error: training.decodingError(LAST.errors), units: training.network.units, units_scored: scores.length,
    "share_above_0.3": above(0.3), "share_above_0.8": above(0.8), share_above_null: judged.share, null_95_percent: judged.threshold,
  };
  const metrics = history.map(({ step, loss, decoding_error, seconds: after }) => ({ step, loss, decoding_error, seconds: after }));
  const summary = { command: "", seed: training.seed, preset: training.preset, seconds, threads: 1, versions: { gridcells: version }, numbers, metrics };
  const bytes = runArchive(training.network, summary, name);
  say("archive", { bytes, name, saved }, [bytes.buffer]);
}

onmessage = ({ data }) => {
  if (data.kind === "begin") (running = false), begin(data);
  else if (data.kind === "run") (running = data.running && !training.done), (stepped = performance.now());
  else if (data.kind === "step" && !training.done) learn(0);
  else if (data.kind === "pace") (pace = data.pace), (stepped = performance.now());
  else if (data.kind === "rest") resting = data.resting;
  else if (data.kind === "silence" && !running) silence(data.units);
  else if (data.kind === "move" && !running) rehouse(data.width);
  else if (data.kind === "lead") follower.hand = data.to;
  else if (data.kind === "deafen") follower.deaf = data.deaf;
  else if (data.kind === "archive") archive(data);
  again();
};
