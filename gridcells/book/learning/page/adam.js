// Adam, for one array of weights and for a whole network.

const BETAS = [0.9, 0.999], EPSILON = 1e-8;

export class Moments {
  constructor(count) {
    this.mean = new Float32Array(count);
    this.square = new Float32Array(count);
    this.done = 0;
  }
  step(weight, gradient, rate) {
    this.done += 1;
    const { mean, square, done } = this, [first, second] = BETAS, by = rate / (1 - first ** done), spread = 1 / (1 - second ** done);
    for (let i = 0; i < weight.length; i++) {
      const g = gradient[i];
      mean[i] += (1 - first) * (g - mean[i]);
      square[i] += (1 - second) * (g * g - square[i]);
      weight[i] -= (by * mean[i]) / (Math.sqrt(square[i] * spread) + EPSILON);
    }
  }
}

export class Adam {
  constructor(network) {
    this.network = network;
    this.moments = Object.fromEntries(Object.entries(network.weights).map(([name, weight]) => [name, new Moments(weight.length)]));
  }
  step(rate) {
    const { weights, gradients } = this.network;
    for (const [name, moments] of Object.entries(this.moments)) moments.step(weights[name], gradients[name], rate);
    this.network.changed();
  }
}
