// What changes the weights: Muon for the matrices, Adam for those of the velocity, as `gridcells.training.Muon`.

import { Moments } from "./adam.js";

const QUINTIC = [3.4445, -4.775, 2.0315], MOMENTUM = 0.95, ITERATIONS = 3;

export class Muon {
  constructor(network) {
    const { kernels, cells, units } = network, most = Math.max(cells, units) ** 2, wide = cells * units;
    this.network = network;
    this.shapes = { encoder: [units, cells], recurrent: [units, units], decoder: [cells, units] };
    this.held = Object.fromEntries(Object.entries(this.shapes).map(([name, [height, width]]) => [name, kernels.room(height * width)]));
    this.now = kernels.room(Math.max(wide, units * units));
    this.turned = kernels.room(this.now.length);
    this.next = kernels.room(this.now.length);
    this.gram = kernels.room(most);
    this.both = kernels.room(most);
    this.moments = new Moments(kernels, 8 * units);
  }
  get lasting() { // what it remembers from step to step
    return [...Object.values(this.held), ...this.moments.lasting];
  }
  step(rate, by = this.network.kernels) {
    const { weights, gradients } = this.network;
    for (const [name, [height, width]] of Object.entries(this.shapes)) {
      by.momentum(this.held[name], gradients[name], this.next.subarray(0, height * width), MOMENTUM);
      by.add(weights[name], this.orthogonalised(height, width, by), -rate * Math.sqrt(Math.max(1, height / width)));
    }
    this.moments.step(weights.input, gradients.input, rate, by);
    this.network.changed(by);
  }
  // What lies in `next` [height, width], its singular values brought near one.
  orthogonalised(height, width, by) {
    const size = height * width, [a, b, c] = QUINTIC, tall = height > width, [short, long] = tall ? [width, height] : [height, width];
    let now = this.now.subarray(0, size), next = this.next.subarray(0, size);
    if (tall) by.turn(next, now, height, width);
    else by.copy(next, now);
    by.normalise(now);
    const gram = this.gram.subarray(0, short * short), both = this.both.subarray(0, short * short), turned = this.turned.subarray(0, size);
    for (let round = 0; round < ITERATIONS; round++) {
      by.turn(now, turned, short, long);
      by.multiply(now, turned, gram, short, long, short);
      by.copy(gram, both);
      by.multiply(gram, gram, both, short, short, short, { alpha: c, beta: b });
      by.copy(now, next);
      by.multiply(both, now, next, short, short, long, { beta: a });
      [now, next] = [next, now];
    }
    if (!tall) return now;
    by.turn(now, turned, short, long);
    return turned;
  }
}
