// A preset and a seed made into a network that learns: the library's recipe, step by step, and what is measured on the way.

import { Kernels } from "./kernels.js";
import { PlaceCells } from "./cells.js";
import { Network } from "./network.js";
import { Adam } from "./adam.js";
import { Muon } from "./muon.js";
import { draws } from "./streams.js";
import { roomOf } from "../../explorer/page/room.js";
import { roomForPaths, walk } from "./walk.js";

const DECAY_FALLS = 0.6; // share of the steps over which the decay of the read-out falls
const MEGABYTES = 96, AT_ONCE = 100; // paths of a forward pass

// The groups of a flat preset: group(preset, "training").steps is preset["training.steps"].
export const group = (preset, name) =>
  Object.fromEntries(Object.entries(preset).filter(([key]) => key.startsWith(`${name}.`)).map(([key, value]) => [key.slice(name.length + 1), value]));

export class Training {
  // `kernels` are those of a training that is given up, whose memory this one takes over.
  constructor(preset, seed, { fused = true, kernels = null } = {}) {
    this.preset = preset;
    this.seed = seed;
    this.setting = group(preset, "training");
    this.home = roomOf(preset);
    this.world = this.home; // where it is looked at: the room it learns in, until a hand changes it
    this.motion = group(preset, "motion");
    const network = group(preset, "network");
    this.kernels = kernels ?? new Kernels(MEGABYTES, { fused });
    this.kernels.clear();
    this.placeCells = new PlaceCells(this.kernels, { ...group(preset, "place_cells"), room: this.home }, seed);
    this.network = new Network(this.kernels, { ...network, cells: this.placeCells.cells });
    this.network.initialise(network, draws(seed, "weights"));
    this.optimiser = this.setting.optimiser === "adam" ? new Adam(this.network) : new Muon(this.network);
    const { batch, path_steps: steps, loss_share: share } = this.setting;
    this.looked = Math.max(1, Math.round(share * steps));
    this.paths = roomForPaths(this.kernels, batch, steps);
    this.room = this.network.room(batch, steps, this.looked);
    this.other = roomForPaths(this.kernels, AT_ONCE, steps);
    this.otherRoom = this.network.room(AT_ONCE, steps);
    this.logits = this.kernels.room(AT_ONCE * steps * this.placeCells.cells);
    this.random = draws(seed, "paths");
    this.samples = draws(seed, "loss");
    this.floors = this.placeCells.floors(draws(seed, "floors"));
    this.steps = 0;
  }
  get done() {
    return this.steps >= this.setting.steps;
  }
  learningRate(step) { // half a cosine from the first to the last, after a linear rise
    const { learning_rate: first, final_learning_rate: last, warmup, steps } = this.setting;
    return Math.min(1, (step + 1) / Math.max(1, warmup)) * (first + (last - first) * (0.5 - 0.5 * Math.cos((Math.PI * step) / steps)));
  }
  penalise(step, by = this.kernels) { // weight decay, in the gradients
    const { recurrent_decay: recurrent, readout_decay: readout, readout_decay_left: left, steps } = this.setting;
    const { weights, gradients } = this.network, falling = readout * (1 - (1 - left) * Math.min(1, step / (DECAY_FALLS * steps)));
    for (const [name, decay] of [["recurrent", recurrent], ["encoder", falling], ["decoder", falling]]) by.add(gradients[name], weights[name], 2 * decay);
  }
  times() { // the samples of the paths that the loss of one step looks at, in order
    const steps = this.setting.path_steps, all = Array.from({ length: steps }, (_, t) => t);
    for (let i = 0; i < this.looked; i++) {
      const j = i + this.samples.below(steps - i);
      [all[i], all[j]] = [all[j], all[i]];
    }
    return all.slice(0, this.looked).sort((a, b) => a - b);
  }
  // One gradient step; the loss before it, nats, where it is known at once. `by` computes it: the kernels, or `Graphics`.
  step(by = this.kernels) {
    const { paths, network, optimiser } = this;
    walk(paths, { motion: this.motion, room: this.home, random: this.random });
    by.send([paths.start, paths.position, paths.velocity]);
    const loss = network.learn(this.room, paths, this.placeCells, this.times(), by);
    this.penalise(this.steps, by);
    optimiser.step(this.learningRate(this.steps), by);
    by.submit();
    this.steps += 1;
    return loss;
  }
  get lasting() { // all numbers that one step leaves to the next
    const { weights, turned } = this.network;
    return [...Object.values(weights), ...Object.values(turned), ...this.optimiser.lasting, this.room.total];
  }
  // Run along fresh paths of one purpose, the same at every call, a hundred at a time: look(paths, states [time, path, unit]).
  along(purpose, count, look) {
    const { motion, world, network, other, otherRoom, placeCells } = this, random = draws(this.seed, purpose);
    for (let done = 0; done < count; done += AT_ONCE) {
      walk(other, { motion, room: world, random });
      look(other, network.run(otherRoom, other, placeCells).subarray(AT_ONCE * network.units));
    }
  }
  // Mean distance of the decoded from the true place, m.
  decodingError(count = 200) {
    const { network, placeCells, logits, home } = this, samples = AT_ONCE * this.setting.path_steps;
    let total = 0, seen = 0;
    this.along("evaluation", count, (paths, states) => {
      network.predict(states, logits, samples);
      for (let i = 0; i < samples; i++) total += home.distance(placeCells.decode(logits, i), [paths.position[2 * i], paths.position[2 * i + 1]]);
      seen += samples;
    });
    return total / seen;
  }
  // Mean activity of each unit at each place, one array [bin, bin] (x first) a unit, of the square around
  // the room; NaN in bins where nobody was.
  rateMaps(count, bins = this.preset["scoring.bins"]) {
    const counter = new MapCounter(this.network.units, bins, this.world);
    this.along("maps", count, (paths, states) => counter.add(paths.position, states));
    return counter.maps();
  }
}

// Sums of activity [sample, unit] by the bin of the position [sample, 2].
export class MapCounter {
  constructor(units, bins, room) {
    Object.assign(this, { units, bins, room, sums: new Float64Array(bins * bins * units), visits: new Float64Array(bins * bins) });
  }
  add(position, activity) {
    const { units, bins, room: { width, middle }, sums, visits } = this;
    const along = (place, axis) => Math.min(bins - 1, Math.max(0, Math.floor(((place - middle[axis]) / width + 0.5) * bins)));
    for (let i = 0; 2 * i < position.length; i++) {
      const bin = along(position[2 * i], 0) * bins + along(position[2 * i + 1], 1);
      visits[bin] += 1;
      for (let u = 0, to = bin * units, from = i * units; u < units; u++) sums[to + u] += activity[from + u];
    }
  }
  maps() {
    const { units, bins, sums, visits } = this;
    return Array.from({ length: units }, (_, u) => Float64Array.from({ length: bins * bins }, (_, bin) => sums[bin * units + u] / visits[bin]));
  }
}
