// One animal that walks for ever, and the network that follows it by its velocity, told the true place now and then.

import { draws } from "./streams.js";
import { goBy, newAnimal, walkOn } from "./walk.js";

const LED = 0.03; // m a step at most, of an animal that follows a hand
const FOUR = 4; // products come in fours of rows, of which the first counts

export class Follower {
  constructor(training) {
    const { kernels, network, placeCells, seed, setting } = training;
    Object.assign(this, { training, kernels, network, placeCells, every: setting.path_steps });
    this.random = draws(seed, "pictures");
    this.place = kernels.room(2 * FOUR);
    this.velocity = kernels.room(8 * FOUR);
    this.code = kernels.room(FOUR * network.cells);
    this.before = kernels.room(FOUR * network.units);
    this.now = kernels.room(FOUR * network.units);
    this.arrive();
    this.hand = null; // where it is led, [x, y] in metres
    this.deaf = false; // whether velocity is cut
  }
  arrive() { // somewhere in the room, and the network is told where
    this.animal = newAnimal(this.training.world, this.random);
    this.steps = 0;
  }
  walked() { // one step's way, [x, y] in metres
    const { training, animal, hand, random } = this, { world, motion } = training;
    if (!hand) return walkOn(animal, motion, world, random);
    const [x, y] = [hand[0] - animal.x, hand[1] - animal.y], share = Math.min(1, LED / Math.max(Math.hypot(x, y), 1e-9));
    animal.heading = Math.atan2(y, x);
    return goBy(animal, share * x, share * y, world);
  }
  tell() { // the true place, by its place code
    const { kernels, network, animal, place, code } = this;
    place[0] = animal.x;
    place[1] = animal.y;
    this.placeCells.targets(place, code, FOUR);
    for (let i = 0; i < code.length; i++) code[i] = network.cells * code[i] - 1;
    kernels.multiply(code, network.turned.encoder, this.now, FOUR, network.cells, network.units);
  }
  // One step: [x, y, decoded x, decoded y, whether the place was told before it].
  step() {
    const { kernels, network, training, animal, velocity, before, now, code } = this, told = this.steps % this.every === 0;
    if (told) this.tell();
    const [x, y] = this.walked(), time = training.motion.time_step;
    velocity[0] = this.deaf ? 0 : x / time;
    velocity[1] = this.deaf ? 0 : y / time;
    before.set(now);
    kernels.multiply(velocity, network.turned.input, now, FOUR, 2, network.units, { rowA: 8 });
    network.advance(before, now, FOUR);
    network.predict(now, code, FOUR);
    this.steps += 1;
    return [animal.x, animal.y, ...this.placeCells.decode(code, 0), told];
  }
}
