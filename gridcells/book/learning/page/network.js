// The network of Sorscher et al. in the library's standardised form: encoder of the first place code, recurrent units,
// decoder; forwards along paths and, for the gradient, back.

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
  changed(by = this.kernels) { // the weights, as the products want them
    const { weights, turned, cells, units } = this;
    by.turn(weights.encoder, turned.encoder, units, cells);
    by.turn(weights.recurrent, turned.recurrent, units, units);
    by.turn(weights.decoder, turned.decoder, cells, units);
    by.turn(weights.input, turned.input, units, 8);
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
        total: kernels.room(1),
      }),
    };
  }
  at(room, values, t) { // of [time + 1, path, unit], those of one time
    const size = room.count * this.units;
    return values.subarray(t * size, (t + 1) * size);
  }
  // Activity along paths into room.states [time + 1, path, unit], its first that of the encoder.
  run(room, paths, placeCells, by = this.kernels) {
    const { cells, units, turned } = this, { count, steps, start, states } = room;
    placeCells.targets(paths.start, start, count, by);
    by.stretch(start, cells, -1);
    by.multiply(start, turned.encoder, this.at(room, states, 0), count, cells, units);
    by.multiply(paths.velocity, turned.input, states.subarray(count * units), steps * count, 2, units, { rowA: 8 });
    for (let t = 1; t <= steps; t++) this.advance(this.at(room, states, t - 1), this.at(room, states, t), count, by);
    return states;
  }
  advance(before, state, count, by = this.kernels) { // what drives the units stands in `state` beforehand
    const { units, turned } = this;
    by.multiply(before, turned.recurrent, state, count, units, units, { beta: 1 });
    by.activate(this.cell, state);
  }
  // Predictions [sample, cell] before the softmax, of activity [sample, unit].
  predict(activity, logits, count, by = this.kernels) {
    by.multiply(activity, this.turned.decoder, logits, count, this.units, this.cells);
    return logits;
  }
  // The loss (nats; known at once where it is computed at once) at the samples `times` (from 0) of the paths, added to
  // room.total; this.gradients are its gradients.
  learn(room, paths, placeCells, times, by = this.kernels) {
    const { cells, units, weights, gradients } = this, { count, steps, start, back, picked, logits, targets, places, told, total } = room;
    const states = this.run(room, paths, placeCells, by), samples = count * times.length, size = count * units;
    times.forEach((t, i) => {
      by.copy(this.at(room, states, t + 1), picked.subarray(i * size, (i + 1) * size));
      by.copy(paths.position.subarray(2 * count * t, 2 * count * (t + 1)), places.subarray(2 * count * i, 2 * count * (i + 1)));
    });
    this.predict(picked, logits, samples, by);
    placeCells.targets(places, targets, samples, by);
    by.entropy(logits, targets, samples, cells, told);
    const loss = by.tally(told, samples, total);
    by.multiply(logits, picked, gradients.decoder, cells, samples, units, { turned: true });
    by.multiply(logits, weights.decoder, picked, samples, cells, units);
    by.zero(back);
    times.forEach((t, i) => by.copy(picked.subarray(i * size, (i + 1) * size), this.at(room, back, t + 1)));
    for (let t = steps; t >= 0; t--) {
      const now = this.at(room, back, t);
      if (t < steps) by.multiply(this.at(room, back, t + 1), weights.recurrent, now, count, units, units, { beta: 1 });
      if (t > 0) by.activateBack(this.cell, now, this.at(room, states, t));
    }
    const later = back.subarray(size);
    by.multiply(later, states, gradients.recurrent, units, steps * count, units, { turned: true });
    by.multiply(later, paths.velocity, gradients.input, units, steps * count, 8, { turned: true });
    by.multiply(this.at(room, back, 0), start, gradients.encoder, units, count, cells, { turned: true });
    return loss;
  }
}
