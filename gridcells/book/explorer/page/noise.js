// Random numbers that Python draws too: the generator mulberry32, and Box and Muller's transform of it.

export function gaussian(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return () => {
    const first = 1 - uniform();
    return Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * uniform());
  };
}

// What maps of `bins` a side begin with, [cell, bin, bin].
export function noise(seed, cells, bins) {
  const draw = gaussian(seed), values = new Float64Array(cells * bins * bins);
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return values;
}
