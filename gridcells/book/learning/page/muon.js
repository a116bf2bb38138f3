// What changes the weights: Muon for the matrices, Adam for those of the velocity, as `gridcells.training.Muon`.

import { Moments } from "./adam.js";
import { turn } from "./kernels.js";

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
    this.moments = new Moments(8 * units);
  }
  step(rate) {
    const { network } = this;
    for (const [name, [height, width]] of Object.entries(this.shapes)) {
      const held = this.held[name], gradient = network.gradients[name], weight = network.weights[name];
      for (let i = 0; i < held.length; i++) {
        held[i] = MOMENTUM * held[i] + gradient[i];
        this.next[i] = gradient[i] + MOMENTUM * held[i];
      }
      const update = this.orthogonalised(height, width), by = rate * Math.sqrt(Math.max(1, height / width));
      for (let i = 0; i < weight.length; i++) weight[i] -= by * update[i];
    }
    this.moments.step(network.weights.input, network.gradients.input, rate);
    network.changed();
  }
  // What lies in `next` [height, width], its singular values brought near one.
  orthogonalised(height, width) {
    const { kernels } = this.network, size = height * width, [a, b, c] = QUINTIC, tall = height > width;
    const [short, long] = tall ? [width, height] : [height, width];
    let now = this.now.subarray(0, size), next = this.next.subarray(0, size);
    if (tall) turn(next, now, height, width);
    else now.set(next);
    let norm = 0;
    for (let i = 0; i < size; i++) norm += now[i] * now[i];
    norm = Math.sqrt(norm) + 1.2e-38;
    for (let i = 0; i < size; i++) now[i] /= norm;
    const gram = this.gram.subarray(0, short * short), both = this.both.subarray(0, short * short), turned = this.turned.subarray(0, size);
    for (let round = 0; round < ITERATIONS; round++) {
      turn(now, turned, short, long);
      kernels.multiply(now, turned, gram, short, long, short);
      both.set(gram);
      kernels.multiply(gram, gram, both, short, short, short, { alpha: c, beta: b });
      next.set(now);
      kernels.multiply(both, now, next, short, short, long, { beta: a });
      [now, next] = [next, now];
    }
    if (!tall) return now;
    turn(now, turned, short, long);
    return turned;
  }
}
