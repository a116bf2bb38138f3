// The network of Sorscher et al. in the library's standardised form: encoder of the first place code, recurrent units,
// decoder; forwards along paths and, for the gradient, back.

import { turn } from "./kernels.js";

export class Network {
  // `weights` by the names of the library: encoder [unit, cell], input [unit, 2], recurrent [unit, unit], decoder [cell, unit].
  constructor(kernels, { cells, units, cell }) {
    Object.assign(this, { kernels, cells, units, cell });
    const matrices = () => ({
      encoder: kernels.room(units * cells), input: kernels.room(8 * units), recurrent: kernels.room(units * units), decoder: kernels.room(cells * units),
    });
    this.weights = matrices();
    this.gradients = matrices();
    this.turned = matrices();
  }
  // As the library draws them: uniform, within ± the root of the fan-in, and the recurrent matrix a share of the identity.
  initialise({ readout_gain: gain, recurrent_identity: identity }, random) {
    const { weights, cells, units } = this;
    const fill = (name, bound) => weights[name].forEach((_, i, all) => (all[i] = bound * (2 * random.uniform() - 1)));
    fill("encoder", gain / Math.sqrt(cells));
    fill("decoder", gain / Math.sqrt(units));
    fill("recurrent", 1 / Math.sqrt(units));
    if (identity) {
      weights.recurrent.fill(0);
      for (let i = 0; i < units; i++) weights.recurrent[i * units + i] = identity;
    }
    for (let i = 0; i < units; i++) // velocity has eight columns, of which two are used
      for (let j = 0; j < 8; j++) weights.input[8 * i + j] = j < 2 ? (2 * random.uniform() - 1) / Math.sqrt(units) : 0;
    return this.changed();
  }
  changed() { // the weights, as the products want them
    const { weights, turned, cells, units } = this;
    turn(weights.encoder, turned.encoder, units, cells);
    turn(weights.recurrent, turned.recurrent, units, units);
    turn(weights.decoder, turned.decoder, cells, units);
    turn(weights.input, turned.input, units, 8);
    return this;
  }
  // As if these units were silent: nobody hears them, until the weights change.
  silence(chosen) {
    const { turned, cells, units } = this.changed();
    for (const unit of chosen) {
      turned.recurrent.fill(0, unit * units, (unit + 1) * units);
      turned.decoder.fill(0, unit * cells, (unit + 1) * cells);
    }
  }
  // Room for `count` paths of so many samples, and for the gradient of the loss at `looked` of the samples.
  room(count, steps, looked = 0) {
    const { kernels, cells, units } = this, samples = count * looked;
    return {
      count, steps, looked, start: kernels.room(count * cells), states: kernels.room((steps + 1) * count * units),
      ...(looked && {
        back: kernels.room((steps + 1) * count * units), picked: kernels.room(samples * units), logits: kernels.room(samples * cells),
        targets: kernels.room(samples * cells), places: kernels.room(2 * samples), told: kernels.room(3 * samples),
      }),
    };
  }
  at(room, values, t) { // of [time + 1, path, unit], those of one time
    const size = room.count * this.units;
    return values.subarray(t * size, (t + 1) * size);
  }
  // Activity along paths into room.states [time + 1, path, unit], its first that of the encoder.
  run(room, paths, placeCells) {
    const { kernels, cells, units, turned } = this, { count, steps, start, states } = room;
    placeCells.targets(paths.start, start, count);
    for (let i = 0; i < start.length; i++) start[i] = cells * start[i] - 1;
    kernels.multiply(start, turned.encoder, this.at(room, states, 0), count, cells, units);
    kernels.multiply(paths.velocity, turned.input, states.subarray(count * units), steps * count, 2, units, { rowA: 8 });
    for (let t = 1; t <= steps; t++) this.advance(this.at(room, states, t - 1), this.at(room, states, t), count);
    return states;
  }
  advance(before, state, count) { // what drives the units stands in `state` beforehand
    const { kernels, units, turned } = this;
    kernels.multiply(before, turned.recurrent, state, count, units, units, { beta: 1 });
    kernels[this.cell](state.byteOffset, state.length);
  }
  // Predictions [sample, cell] before the softmax, of activity [sample, unit].
  predict(activity, logits, count) {
    this.kernels.multiply(activity, this.turned.decoder, logits, count, this.units, this.cells);
    return logits;
  }
  // The loss (nats) at the samples `times` (from 0) of the paths; this.gradients are its gradients.
  learn(room, paths, placeCells, times) {
    const { kernels, cells, units, weights, gradients } = this, { count, steps, start, back, picked, logits, targets, places, told } = room;
    const states = this.run(room, paths, placeCells), samples = count * times.length, size = count * units;
    times.forEach((t, i) => {
      picked.set(this.at(room, states, t + 1), i * size);
      places.set(paths.position.subarray(2 * count * t, 2 * count * (t + 1)), 2 * count * i);
    });
    this.predict(picked, logits, samples);
    placeCells.targets(places, targets, samples);
    kernels.entropy(logits.byteOffset, targets.byteOffset, samples, cells, told.byteOffset, 1 / samples);
    let loss = 0;
    for (let i = 0; i < samples; i++) loss += (Math.log(told[3 * i]) + told[3 * i + 1] - told[3 * i + 2]) / samples;
    kernels.multiply(logits, picked, gradients.decoder, cells, samples, units, { turned: true });
    kernels.multiply(logits, weights.decoder, picked, samples, cells, units);
    back.fill(0);
    times.forEach((t, i) => back.set(picked.subarray(i * size, (i + 1) * size), (t + 1) * size));
    for (let t = steps; t >= 0; t--) {
      const now = this.at(room, back, t);
      if (t < steps) kernels.multiply(this.at(room, back, t + 1), weights.recurrent, now, count, units, units, { beta: 1 });
      if (t > 0) kernels[`${this.cell}Back`](now.byteOffset, this.at(room, states, t).byteOffset, size);
    }
    const later = back.subarray(size);
    kernels.multiply(later, states, gradients.recurrent, units, steps * count, units, { turned: true });
    kernels.multiply(later, paths.velocity, gradients.input, units, steps * count, 8, { turned: true });
    kernels.multiply(this.at(room, back, 0), start, gradients.encoder, units, count, cells, { turned: true });
    return loss;
  }
}
