// The place cells whose activity is predicted: difference of softmaxes, at the centres that the library draws for the seed.

import { libraryUniform } from "./streams.js";

export class PlaceCells {
  constructor(kernels, setting, seed) {
    const { room, cells, field_width: width, surround_ratio: ratio } = setting;
    Object.assign(this, { kernels, room, cells, width, ratio });
    const uniform = libraryUniform(seed, "centers");
    this.centers = Float64Array.from(Array.from({ length: cells }, () => room.sample(uniform)).flat());
    [this.x, this.y] = [0, 1].map((axis) => {
      const along = kernels.room(cells);
      for (let c = 0; c < cells; c++) along[c] = this.centers[2 * c + axis];
      return along;
    });
    this.spare = kernels.room(cells);
  }
  // The code [place, cell] at places [place, 2].
  targets(places, out, count, by = this.kernels) {
    const { x, y, spare, width, ratio, room } = this;
    by.code(places, out, count, { x, y, spare, exponent: -0.5 / width ** 2, surround: 1 / ratio, period: room.periodic ? room.width : 0 });
    return out;
  }
  // The mean centre of the three most active cells of row `row` → [x, y]; over the edge where there is none.
  decode(activity, row) {
    const { cells, centers, room } = this, from = row * cells;
    const best = [-1, -1, -1], most = [-Infinity, -Infinity, -Infinity];
    for (let c = 0; c < cells; c++) {
      const value = activity[from + c];
      if (value <= most[2]) continue;
      const rank = value > most[0] ? 0 : value > most[1] ? 1 : 2;
      for (let r = 2; r > rank; r--) (most[r] = most[r - 1]), (best[r] = best[r - 1]);
      most[rank] = value;
      best[rank] = c;
    }
    return [0, 1].map((axis) => {
      const first = centers[2 * best[0] + axis];
      const away = best.map((c) => room.shortest(centers[2 * c + axis] - first));
      return room.shortest(first + (away[0] + away[1] + away[2]) / 3);
    });
  }
  // What the targets themselves allow: {loss, error}, and `constant`, the loss of the best answer that knows nothing.
  floors(random, places = 2000) {
    const { kernels, cells, room } = this, here = kernels.room(2 * places), code = kernels.room(places * cells);
    for (let i = 0; i < places; i++) here.set(room.sample(random.uniform), 2 * i);
    this.targets(here, code, places);
    const mean = new Float64Array(cells);
    let loss = 0, error = 0;
    for (let i = 0; i < places; i++) {
      for (let c = 0; c < cells; c++) {
        const p = code[i * cells + c];
        mean[c] += p / places;
        if (p > 0) loss -= (p * Math.log(p)) / places;
      }
      error += room.distance(this.decode(code, i), [here[2 * i], here[2 * i + 1]]) / places;
    }
    return { loss, error, constant: mean.reduce((sum, p) => sum - p * Math.log(p), 0) };
  }
}
