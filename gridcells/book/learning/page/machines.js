// Who computes the next steps: the processor, by WebAssembly, or a graphics processor, by WebGPU, where there is one. Unless
// someone chose, both learn some steps of the same run, and the quicker goes on.

import { Graphics } from "./graphics.js";

const WARM = { processor: 10, graphics: 2 }; // times that are not counted: programs are made ready in these
const FIRST = 3; // steps at once, before it is known how long one takes

export class Machines {
  constructor(tell) { // of whether there is another machine
    Object.assign(this, { tell, wanted: "quicker", graphics: null });
    Graphics.find().then((graphics) => tell((this.graphics = graphics)), () => tell(null));
  }
  begin(training) {
    Object.assign(this, { training, costs: {}, times: { processor: 0, graphics: 0 }, held: false });
  }
  changed() { // numbers of the training, here; those of the other machine are old
    this.held = false;
  }
  get now() {
    const { graphics, wanted, costs } = this;
    if (!graphics || wanted === "processor") return "processor";
    if (wanted === "graphics") return "graphics";
    if (graphics.software || costs.processor === undefined) return "processor";
    return costs.graphics === undefined || costs.graphics < costs.processor ? "graphics" : "processor";
  }
  // Learn some steps, at most so many and for about so many ms, and say how many they were.
  async steps(most, slice) {
    const { training, graphics, costs, now } = this, begun = performance.now(), before = training.steps;
    if (now === "processor") {
      training.step();
      this.held = false;
    } else
      try {
        if (!this.held) graphics.take(training);
        this.held = true;
        const count = Math.min(most, costs.graphics === undefined ? FIRST : Math.max(1, Math.floor(slice / costs.graphics)));
        for (let i = 0; i < count; i++) training.step(graphics);
        await graphics.fetch();
      } catch { // it is gone; all is here as it was before these steps
        training.steps = before;
        this.tell((this.graphics = null));
        return this.steps(most, slice);
      }
    const done = training.steps - before, cost = (performance.now() - begun) / done;
    this.times[now] += 1;
    if (this.times[now] > WARM[now]) costs[now] = costs[now] === undefined ? cost : 0.9 * costs[now] + 0.1 * cost;
    return done;
  }
}
