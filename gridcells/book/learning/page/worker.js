// The worker: it trains, looks at what it trains, and tells the page; the page only draws.

import { Training } from "./training.js";
import { Follower } from "./animal.js";
import { activeUnits, finish, judge, meanSpectrum } from "./judgement.js";
import { draws } from "./streams.js";
import { runArchive, setWeights } from "./files.js";
import { wiring } from "./wiring.js";
import { Machines } from "./machines.js";

const SLICE = 30; // ms of work between two looks at what the page wants
const LOOK = 20, ERROR_PATHS = 200, MAP_PATHS = 500, NULLS = 100; // while it learns
const DRAWS = 3; // of others, when units are silenced
const LAST = { errors: 1000, maps: 2000, nulls: 1000 }; // when it is done
const PACE = 25, TELL = 60, STILL = 50; // steps of the animal a second; ms between two words about it; steps of a still picture

const machines = new Machines((graphics) => say("machines", { graphics: Boolean(graphics) }));
let training = null, follower = null, running = false, pace = Infinity, resting = false;
let run = 0, history = [], seconds = 0, judging = null, judged = null, final = false, walked = 0, stepped = 0, told = 0, ticking = false, hushed = false;
let single = false; // whether one step is wanted
let waiting = null; // what the page said while another machine was computing

const say = (kind, content, moved = []) => postMessage({ kind, run, ...content }, moved);

function begin({ preset, seed, weights, past, run: number, pace: wanted, machine }) {
  [run, pace, machines.wanted] = [number, wanted, machine];
  training = new Training(preset, seed, { kernels: training?.kernels });
  machines.begin(training);
  if (weights) setWeights(training.network, weights);
  follower = new Follower(training);
  history = past ?? [];
  training.steps = history.at(-1)?.step ?? 0;
  seconds = history.at(-1)?.seconds ?? 0;
  counted = training.steps;
  judging = judged = null;
  final = hushed = false;
  walked = stepped = performance.now();
  say("begun", { floors: training.floors, history, fused: training.kernels.fused, graphics: Boolean(machines.graphics) });
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

let counted = 0; // the step up to which the loss is in the history
async function learn(until) {
  if (!isHome()) rehouse(training.home.width);
  if (hushed) training.network.changed(), (hushed = false); // who learns speaks
  do {
    const left = Math.min(LOOK - (training.steps % LOOK), training.setting.steps - training.steps), begun = performance.now();
    const done = await machines.steps(until && pace === Infinity ? left : 1, SLICE);
    seconds += (performance.now() - begun) / 1000;
    stepped += (1000 * done) / pace;
    if (training.steps % LOOK === 0 || training.done) {
      note(training.room.total[0] / (training.steps - counted));
      counted = training.steps;
      training.room.total[0] = 0;
      machines.changed();
      if (!judging) look(MAP_PATHS);
    }
  } while (!training.done && performance.now() < until && due());
  say("step", { step: training.steps, seconds, machine: machines.now, costs: machines.costs });
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

async function tick() {
  try {
    if (training) await work();
  } catch (error) {
    setTimeout(() => { throw error; }); // where the page hears of it: of promises it does not
    return;
  }
  ticking = false;
  const said = waiting ?? [];
  waiting = null;
  said.forEach(receive);
  again();
}
async function work() {
  const now = performance.now();
  if (now - told >= TELL) (told = now), stroll(now);
  if (single || (running && due())) {
    waiting ??= [];
    await learn(single ? 0 : now + SLICE);
    single = false;
  }
  if (!running && training.done && !judging && !final) look(LAST.maps);
  if (judging) weigh(performance.now() + (running ? SLICE / 3 : SLICE));
}
function again() {
  if (ticking || (resting && !running && !single && !judging && !follower?.hand)) return;
  ticking = true;
  if (single || (running && due()) || judging) setTimeout(tick, 0);
  else setTimeout(tick, TELL / 2);
}

// What the error is without some units, and without as many others, drawn anew each time.
function silence(units) {
  const { network } = training, random = draws(training.seed, "pictures"), others = [];
  const without = (some) => (network.silence(some), training.decodingError(ERROR_PATHS));
  const rest = Array.from({ length: network.units }, (_, unit) => unit).filter((unit) => !units.includes(unit));
  for (let draw = 0; units.length && rest.length >= units.length && draw < DRAWS; draw++)
    others.push(without(rest.map((unit) => [random.uniform(), unit]).sort((a, b) => a[0] - b[0]).slice(0, units.length).map(([, unit]) => unit)));
  hushed = true;
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

const hands = {
  begin: (data) => ((running = single = false), begin(data)),
  run: (data) => ((running = data.running && !training.done), (stepped = performance.now())),
  step: () => training.done || ((single = true), (waiting = [])), // what is said next comes after it
  pace: (data) => ((pace = data.pace), (stepped = performance.now())),
  machine: (data) => (machines.wanted = data.machine),
  rest: (data) => (resting = data.resting),
  silence: (data) => running || silence(data.units),
  move: (data) => running || rehouse(data.width),
  lead: (data) => (follower.hand = data.to),
  deafen: (data) => (follower.deaf = data.deaf),
  archive,
};
function hear(data) {
  hands[data.kind](data);
  again();
}
const receive = (data) => (waiting ? waiting.push(data) : hear(data));
onmessage = ({ data }) => receive(data);
