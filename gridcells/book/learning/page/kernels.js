// What takes the time of learning, in WebAssembly: products of matrices, the place code, the cross-entropy, f and f′.

import {
  F32, I32, V128, above, across, assemble, bits, differs, four, get, int, least, loop, minus, move, plus, read, readReal, readSplat,
  real, set, times, when, write, writeReal,
} from "./assembler.js";

const ROWS = 4, COLUMNS = 8; // of the block of the product that registers hold
const DEEP = 128, HIGH = 64; // of the parts of the factors that caches hold
const SCRATCH = 4 * (HIGH * DEEP + 1024 * DEEP); // bytes

const rows = Array.from({ length: ROWS }, (_, i) => i);
const kinds = (type, ...names) => Object.fromEntries(names.map((one) => [one, type]));
const multiplyAdd = (fused, a, b, sum) => (fused ? four.fused(a, b, sum) : four.add(four.mul(a, b), sum));

// c = alpha · a b + beta · c. Distances between rows and columns of a, rows of b and rows of c are in bytes, so that a may
// lie transposed. The height must be a multiple of 4, the width one of 8 and at most 1024.
function product(fused) {
  const sums = rows.flatMap((i) => [`s${i}0`, `s${i}1`]);
  return {
    params: { ...kinds(I32, "a", "b", "c", "height", "width", "depth", "rowA", "columnA", "rowB", "rowC"), ...kinds(F32, "alpha", "beta"), scratch: I32 },
    locals: {
      ...kinds(I32, "k0", "deep", "i0", "high", "i", "j", "k", "p", "q", "partA", "partB", "heldB"), scale: F32,
      ...kinds(V128, "b0", "b1", "a0", ...sums),
    },
    body(at) {
      const local = (name) => get(at[name]), put = (name, value) => set(at[name], value);
      const step = (offset) => [
        put("b0", read(local("q"), 32 * offset)),
        put("b1", read(local("q"), 32 * offset + 16)),
        rows.map((i) => [
          put("a0", readSplat(local("p"), 16 * offset + 4 * i)),
          put(`s${i}0`, multiplyAdd(fused, local("a0"), local("b0"), local(`s${i}0`))),
          put(`s${i}1`, multiplyAdd(fused, local("a0"), local("b1"), local(`s${i}1`))),
        ]),
      ];
      const stored = (i, half) => {
        const scaled = four.mul(local(`s${i}${half}`), four.splat(local("alpha")));
        const before = four.mul(read(local("p"), 16 * half), four.splat(local("scale")));
        return when(
          differs(local("scale"), real(0)),
          write(local("p"), four.add(scaled, before), 16 * half),
          write(local("p"), scaled, 16 * half),
        );
      };
      const packB = [
        put("q", local("heldB")),
        loop(at.j, int(0), local("width"), int(COLUMNS),
          put("p", plus(local("b"), times(local("k0"), local("rowB")), times(local("j"), int(4)))),
          loop(at.k, int(0), local("deep"), int(1),
            write(local("q"), read(local("p"))), write(local("q"), read(local("p"), 16), 16),
            move(at.q, int(32)), move(at.p, local("rowB")))),
      ];
      const below = (i) => plus(local("p"), times(local("rowA"), int(i)));
      const packA = [
        put("q", local("scratch")),
        loop(at.i, int(0), local("high"), int(ROWS),
          put("p", plus(local("a"), times(plus(local("i0"), local("i")), local("rowA")), times(local("k0"), local("columnA")))),
          loop(at.k, int(0), local("deep"), int(1),
            rows.map((i) => writeReal(local("q"), readReal(below(i)), 4 * i)),
            move(at.q, int(16)), move(at.p, local("columnA")))),
      ];
      const multiply = [
        put("partB", local("heldB")),
        loop(at.j, int(0), local("width"), int(COLUMNS),
          put("partA", local("scratch")),
          loop(at.i, int(0), local("high"), int(ROWS),
            sums.map((name) => put(name, four.of(0))),
            put("p", local("partA")), put("q", local("partB")),
            loop(at.k, int(0), bits(local("deep"), int(-4)), int(4),
              [0, 1, 2, 3].map(step), move(at.p, int(64)), move(at.q, int(128))),
            loop(at.k, local("k"), local("deep"), int(1), step(0), move(at.p, int(16)), move(at.q, int(32))),
            put("partA", local("p")),
            put("p", plus(local("c"), times(plus(local("i0"), local("i")), local("rowC")), times(local("j"), int(4)))),
            rows.map((i) => [stored(i, 0), stored(i, 1), move(at.p, local("rowC"))])),
          put("partB", local("q"))),
      ];
      return [
        put("scale", local("beta")),
        put("heldB", plus(local("scratch"), int(4 * HIGH * DEEP))),
        loop(at.k0, int(0), local("depth"), int(DEEP),
          put("deep", least(minus(local("depth"), local("k0")), int(DEEP))),
          packB,
          loop(at.i0, int(0), local("height"), int(HIGH),
            put("high", least(minus(local("height"), local("i0")), int(HIGH))),
            packA, multiply),
          put("scale", real(1))),
      ];
    },
  };
}

// e to the power of the local `x`, which is spoilt; `n` is a second local. After Cephes' expf: relative error 1e-7.
const POLYNOMIAL = [1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1];
function exponential(x, n) {
  const rest = four.sub(four.sub(get(x), four.mul(get(n), four.of(0.693359375))), four.mul(get(n), four.of(-2.12194440e-4)));
  const series = POLYNOMIAL.slice(1).reduce((sum, term) => four.add(four.mul(sum, get(x)), four.of(term)), four.of(POLYNOMIAL[0]));
  const power = four.shiftWhole(four.addWhole(four.whole(get(n)), four.splatWhole(int(127))), 23);
  return [
    set(x, four.min(four.max(get(x), four.of(-87)), four.of(88))),
    set(n, four.nearest(four.mul(get(x), four.of(1.44269504088896341)))),
    set(x, rest),
    four.mul(four.add(four.add(four.mul(series, four.mul(get(x), get(x))), get(x)), four.of(1)), power),
  ];
}

// Softmax of -d²/2σ² less that with the surround's variance, shifted to a minimum of 0 and normalised, [position, cell].
const code = {
  params: { ...kinds(I32, "out", "place", "count", "cells", "x", "y", "spare"), ...kinds(F32, "exponent", "surround", "period") },
  locals: { ...kinds(I32, "i", "j", "p"), ...kinds(F32, "one", "two"), ...kinds(V128, "v", "n", "top", "a", "b", "here", "there") },
  body(at) {
    const local = (name) => get(at[name]), put = (name, value) => set(at[name], value);
    const each = (...body) => loop(at.j, int(0), times(local("cells"), int(4)), int(16), put("p", plus(local("out"), local("j"))), ...body);
    const away = (from, to) => [
      put("v", four.sub(local(from), read(plus(local(to), local("j"))))),
      when(differs(local("period"), real(0)), // over the edge, where that is shorter
        put("v", four.sub(local("v"), four.mul(four.splat(local("period")), four.nearest(four.div(local("v"), four.splat(local("period")))))))),
    ];
    const inverse = (name, of) => put(name, [real(1), across(at[of], "add"), 0x95]);
    return loop(at.i, int(0), local("count"), int(1),
      put("here", readSplat(local("place"))), put("there", readSplat(local("place"), 4)),
      put("top", four.of(-3e38)),
      each(
        away("here", "x"), put("a", four.mul(local("v"), local("v"))),
        away("there", "y"), put("a", four.mul(four.add(local("a"), four.mul(local("v"), local("v"))), four.splat(local("exponent")))),
        write(local("p"), local("a")),
        put("top", four.max(local("top"), local("a")))),
      put("one", across(at.top, "max")),
      put("top", four.splat(local("one"))), put("a", four.of(0)), put("b", four.of(0)),
      each(
        put("v", four.sub(read(local("p")), local("top"))),
        write(plus(local("spare"), local("j")), local("v")),
        put("v", exponential(at.v, at.n)),
        write(local("p"), local("v")), put("a", four.add(local("a"), local("v"))),
        put("v", four.mul(read(plus(local("spare"), local("j"))), four.splat(local("surround")))),
        put("v", exponential(at.v, at.n)),
        write(plus(local("spare"), local("j")), local("v")), put("b", four.add(local("b"), local("v")))),
      inverse("one", "a"), inverse("two", "b"),
      put("top", four.of(3e38)),
      each(
        put("v", four.sub(four.mul(read(local("p")), four.splat(local("one"))), four.mul(read(plus(local("spare"), local("j"))), four.splat(local("two"))))),
        write(local("p"), local("v")), put("top", four.min(local("top"), local("v")))),
      put("one", across(at.top, "min")), put("top", four.splat(local("one"))), put("a", four.of(0)),
      each(put("v", four.sub(read(local("p")), local("top"))), write(local("p"), local("v")), put("a", four.add(local("a"), local("v")))),
      inverse("one", "a"),
      each(write(local("p"), four.mul(read(local("p")), four.splat(local("one"))))),
      move(at.out, times(local("cells"), int(4))), move(at.place, int(8)));
  },
};

// Cross-entropy of logits [row, cell] with targets: writes Σ exp(l - max), max and Σ t l of each row into `told`, and
// the gradient, times `share`, over the logits.
const entropy = {
  params: { ...kinds(I32, "logits", "targets", "count", "cells", "told"), share: F32 },
  locals: { ...kinds(I32, "i", "j", "p"), one: F32, ...kinds(V128, "v", "n", "top", "a", "b") },
  body(at) {
    const local = (name) => get(at[name]), put = (name, value) => set(at[name], value);
    const each = (...body) => loop(at.j, int(0), times(local("cells"), int(4)), int(16), put("p", plus(local("logits"), local("j"))), ...body);
    const target = read(plus(local("targets"), local("j")));
    return loop(at.i, int(0), local("count"), int(1),
      put("top", four.of(-3e38)), put("b", four.of(0)),
      each(
        put("v", read(local("p"))), put("top", four.max(local("top"), local("v"))),
        put("b", four.add(local("b"), four.mul(local("v"), target)))),
      put("one", across(at.top, "max")),
      writeReal(local("told"), local("one"), 4), writeReal(local("told"), across(at.b, "add"), 8),
      put("top", four.splat(local("one"))), put("a", four.of(0)),
      each(
        put("v", four.sub(read(local("p")), local("top"))), put("v", exponential(at.v, at.n)),
        write(local("p"), local("v")), put("a", four.add(local("a"), local("v")))),
      writeReal(local("told"), across(at.a, "add")),
      put("one", [local("share"), across(at.a, "add"), 0x95]),
      each(write(local("p"), four.sub(four.mul(read(local("p")), four.splat(local("one"))), four.mul(target, four.splat(local("share")))))),
      move(at.logits, times(local("cells"), int(4))), move(at.targets, times(local("cells"), int(4))), move(at.told, int(12)));
  },
};

const over = (make) => ({ // of a row of numbers, in place
  params: kinds(I32, "values", "count"),
  locals: { p: I32, ...kinds(V128, "v", "n") },
  body: (at) => loop(at.p, get(at.values), plus(get(at.values), times(get(at.count), int(4))), int(16), make(at)),
});
const relu = over((at) => write(get(at.p), four.max(read(get(at.p)), four.of(0))));
const tanh = over((at) => [ // 1 - 2 / (e^2x + 1)
  set(at.v, four.mul(read(get(at.p)), four.of(2))),
  set(at.v, exponential(at.v, at.n)),
  write(get(at.p), four.sub(four.of(1), four.div(four.of(2), four.add(get(at.v), four.of(1))))),
]);

const through = (make) => ({ // gradients, times f′ at states, in place
  params: kinds(I32, "gradients", "states", "count"),
  locals: { p: I32, q: I32, v: V128 },
  body: (at) => [
    set(at.q, get(at.states)),
    loop(at.p, get(at.gradients), plus(get(at.gradients), times(get(at.count), int(4))), int(16), make(at), move(at.q, int(16))),
  ],
});
const reluBack = through((at) => write(get(at.p), four.and(read(get(at.p)), four.greater(read(get(at.q)), four.of(0)))));
const tanhBack = through((at) => [
  set(at.v, read(get(at.q))),
  write(get(at.p), four.mul(read(get(at.p)), four.sub(four.of(1), four.mul(get(at.v), get(at.v))))),
]);

// Memory, what computes in it, and room for matrices. Fused products where the browser has them. All that a network learns by
// is a method here, and of `Graphics` too, which keeps numbers at the same places of a memory of its own.
export class Kernels {
  constructor(megabytes, { fused = true } = {}) {
    const module = (own) => assemble({ product: product(own), code, entropy, relu, tanh, reluBack, tanhBack });
    this.fused = fused && WebAssembly.validate(module(true));
    this.memory = new WebAssembly.Memory({ initial: 16 * megabytes });
    this.compiled = new WebAssembly.Instance(new WebAssembly.Module(module(this.fused)), { page: { memory: this.memory } }).exports;
    this.clear();
  }
  clear() { // what had room before has none any more
    this.free = 64;
    this.scratch = this.room(SCRATCH / 4).byteOffset;
  }
  room(count) { // numbers, all 0
    const start = this.free;
    this.free += 64 * Math.ceil((4 * count) / 64);
    if (this.free > this.memory.buffer.byteLength) throw new Error(`memory: expected room for ${count} numbers more`);
    return new Float32Array(this.memory.buffer, start, count).fill(0);
  }
  // c [height, width] = alpha · a [height, depth] b [depth, width] + beta · c; with `turned`, a lies as [depth, height].
  // A row of a, b or c is as long as the matrix is wide unless `rowA` … say otherwise.
  multiply(a, b, c, height, depth, width, { turned = false, alpha = 1, beta = 0, rowA = turned ? height : depth, rowB = width, rowC = width } = {}) {
    const [along, across] = turned ? [4, 4 * rowA] : [4 * rowA, 4];
    this.compiled.product(a.byteOffset, b.byteOffset, c.byteOffset, height, width, depth, along, across, 4 * rowB, 4 * rowC, alpha, beta, this.scratch);
  }
  // The place code [place, cell] at places [place, 2].
  code(places, out, count, { x, y, spare, exponent, surround, period }) {
    this.compiled.code(out.byteOffset, places.byteOffset, count, x.length, x.byteOffset, y.byteOffset, spare.byteOffset, exponent, surround, period);
  }
  entropy(logits, targets, count, cells, told) {
    this.compiled.entropy(logits.byteOffset, targets.byteOffset, count, cells, told.byteOffset, 1 / count);
  }
  tally(told, count, total) { // the loss, nats, of what `entropy` told; it is added to `total`
    let loss = 0;
    for (let i = 0; i < count; i++) loss += (Math.log(told[3 * i]) + told[3 * i + 1] - told[3 * i + 2]) / count;
    total[0] += loss;
    return loss;
  }
  activate(name, values) {
    this.compiled[name](values.byteOffset, values.length);
  }
  activateBack(name, gradients, states) {
    this.compiled[`${name}Back`](gradients.byteOffset, states.byteOffset, gradients.length);
  }
  turn(from, to, height, width) { // to [width, height] = from [height, width], turned
    for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) to[j * height + i] = from[i * width + j];
  }
  copy(from, to) {
    to.set(from);
  }
  zero(values) {
    values.fill(0);
  }
  stretch(values, scale, shift) {
    for (let i = 0; i < values.length; i++) values[i] = scale * values[i] + shift;
  }
  add(to, values, by) {
    for (let i = 0; i < to.length; i++) to[i] += by * values[i];
  }
  momentum(held, gradient, next, share) { // Nesterov's
    for (let i = 0; i < held.length; i++) {
      held[i] = share * held[i] + gradient[i];
      next[i] = gradient[i] + share * held[i];
    }
  }
  normalise(values) { // to a sum of squares of one
    let norm = 0;
    for (let i = 0; i < values.length; i++) norm += values[i] * values[i];
    norm = Math.sqrt(norm) + 1.2e-38;
    for (let i = 0; i < values.length; i++) values[i] /= norm;
  }
  adam(weight, gradient, mean, square, { first, second, by, spread, epsilon }) {
    for (let i = 0; i < weight.length; i++) {
      const g = gradient[i];
      mean[i] += (1 - first) * (g - mean[i]);
      square[i] += (1 - second) * (g * g - square[i]);
      weight[i] -= (by * mean[i]) / (Math.sqrt(square[i] * spread) + epsilon);
    }
  }
  send() {} // what is computed with is here already,
  submit() {} // and computed at once
}
