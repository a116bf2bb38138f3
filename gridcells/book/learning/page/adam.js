// Adam, for one array of weights and for a whole network.

const BETAS = { first: 0.9, second: 0.999, epsilon: 1e-8 };

export class Moments {
  constructor(kernels, count) {
    this.mean = kernels.room(count);
    this.square = kernels.room(count);
    this.done = 0;
  }
  get lasting() {
    return [this.mean, this.square];
  }
  step(weight, gradient, rate, by) {
    this.done += 1;
    const { first, second } = BETAS, { mean, square, done } = this;
    by.adam(weight, gradient, mean, square, { ...BETAS, by: rate / (1 - first ** done), spread: 1 / (1 - second ** done) });
  }
}

export class Adam {
  constructor(network) {
    this.network = network;
    this.moments = Object.fromEntries(Object.entries(network.weights).map(([name, weight]) => [name, new Moments(network.kernels, weight.length)]));
  }
  get lasting() { // what it remembers from step to step
    return Object.values(this.moments).flatMap((moments) => moments.lasting);
  }
  step(rate, by = this.network.kernels) {
    const { weights, gradients } = this.network;
    for (const [name, moments] of Object.entries(this.moments)) moments.step(weights[name], gradients[name], rate, by);
    this.network.changed(by);
  }
}
