// A graphics processor that computes what `Kernels` does, by WebGPU: the same numbers at the same places, in a memory of its
// own. Steps are sent there, and what they left is fetched when someone wants to see it.

const HEAD = `
struct Given { a: u32, b: u32, c: u32, d: u32, h: u32, w: u32, k: u32, e: u32, rowA: u32, columnA: u32, rowB: u32, rowC: u32, x: f32, y: f32, z: f32, v: f32 }
@group(0) @binding(0) var<storage, read_write> m: array<f32>;
@group(0) @binding(1) var<uniform> p: Given;
`;
const WORKERS = 64, BLOCK = 4, SIDE = 8; // invocations of a group; of a product, what one makes along each side, and how many do

const each = (body) => `
@compute @workgroup_size(${WORKERS}) fn main(@builtin(global_invocation_id) id: vec3<u32>) { let i = id.x; if (i < p.h) { ${body} } }`;

// A group a row, or one for all: `fold_sum`, `fold_max` and `fold_min` are over the group.
const fold = (name, size, join) => `
fn fold_${name}(own: f32, l: u32) -> f32 {
  shared_values[l] = own; workgroupBarrier();
  for (var s = ${size / 2}u; s > 0u; s >>= 1u) { if (l < s) { let x = shared_values[l]; let y = shared_values[l + s]; shared_values[l] = ${join}; } workgroupBarrier(); }
  let all = shared_values[0]; workgroupBarrier();
  return all;
}`;
const byGroup = (size, body) => `
var<workgroup> shared_values: array<f32, ${size}>;
${fold("sum", size, "x + y")} ${fold("max", size, "max(x, y)")} ${fold("min", size, "min(x, y)")}
@compute @workgroup_size(${size}) fn main(@builtin(local_invocation_index) l: u32, @builtin(workgroup_id) group: vec3<u32>) {
  let r = group.x; let size = ${size}u; ${body} }`;
const along = (end, body) => `for (var j = l; j < ${end}; j += size) { ${body} }`;
const ROW = 32, ALL = 256; // invocations for a row of cells, and for all there is

const PROGRAMS = {
  product: `
@compute @workgroup_size(${SIDE}, ${SIDE}) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = ${BLOCK}u * id.y; let j = ${BLOCK}u * id.x;
  if (i >= p.h || j >= p.w) { return; }
  var s = array<vec4<f32>, 4>();
  var a = vec4<u32>(p.a) + (vec4<u32>(i) + vec4<u32>(0u, 1u, 2u, 3u)) * p.rowA; var b = p.b + j;
  for (var k = 0u; k < p.k; k++) {
    let row = vec4<f32>(m[b], m[b + 1u], m[b + 2u], m[b + 3u]);
    s[0] += m[a.x] * row; s[1] += m[a.y] * row; s[2] += m[a.z] * row; s[3] += m[a.w] * row;
    a += vec4<u32>(p.columnA); b += p.rowB;
  }
  for (var q = 0u; q < ${BLOCK}u; q++) { for (var r = 0u; r < ${BLOCK}u; r++) {
    let at = p.c + (i + q) * p.rowC + j + r; var all = p.x * s[q][r];
    if (p.y != 0.0) { all += p.y * m[at]; }
    m[at] = all;
  } }
}`,
  code: byGroup(ROW, `
    let here = m[p.b + 2u * r]; let there = m[p.b + 2u * r + 1u]; let out = p.a + r * p.w; var top = -3e38;
    ${along("p.w", `
      var x = here - m[p.c + j]; var y = there - m[p.d + j];
      if (p.z != 0.0) { x -= p.z * round(x / p.z); y -= p.z * round(y / p.z); }
      let one = (x * x + y * y) * p.x; m[out + j] = one; top = max(top, one);`)}
    top = fold_max(top, l); var a = 0.0; var b = 0.0;
    ${along("p.w", "let one = m[out + j] - top; m[out + j] = one; a += exp(one); b += exp(one * p.y);")}
    a = fold_sum(a, l); b = fold_sum(b, l); var low = 3e38;
    ${along("p.w", "let one = exp(m[out + j]) / a - exp(m[out + j] * p.y) / b; m[out + j] = one; low = min(low, one);")}
    low = fold_min(low, l); a = 0.0;
    ${along("p.w", "m[out + j] -= low; a += m[out + j];")}
    a = fold_sum(a, l);
    ${along("p.w", "m[out + j] /= a;")}`),
  entropy: byGroup(ROW, `
    let logits = p.a + r * p.w; let targets = p.b + r * p.w; var top = -3e38; var both = 0.0; var all = 0.0;
    ${along("p.w", "top = max(top, m[logits + j]); both += m[logits + j] * m[targets + j];")}
    top = fold_max(top, l); both = fold_sum(both, l);
    ${along("p.w", "let one = exp(m[logits + j] - top); m[logits + j] = one; all += one;")}
    all = fold_sum(all, l);
    if (l == 0u) { m[p.c + 3u * r] = all; m[p.c + 3u * r + 1u] = top; m[p.c + 3u * r + 2u] = both; }
    ${along("p.w", "m[logits + j] = p.x * (m[logits + j] / all - m[targets + j]);")}`),
  tally: byGroup(ALL, `
    var loss = 0.0;
    ${along("p.h", "loss += log(m[p.a + 3u * j]) + m[p.a + 3u * j + 1u] - m[p.a + 3u * j + 2u];")}
    loss = fold_sum(loss, l);
    if (l == 0u) { m[p.b] += loss / f32(p.h); }`),
  normalise: byGroup(ALL, `
    var all = 0.0;
    ${along("p.h", "all += m[p.a + j] * m[p.a + j];")}
    all = sqrt(fold_sum(all, l)) + 1.2e-38;
    ${along("p.h", "m[p.a + j] /= all;")}`),
  relu: each("m[p.a + i] = max(m[p.a + i], 0.0);"),
  tanh: each("m[p.a + i] = 1.0 - 2.0 / (exp(clamp(2.0 * m[p.a + i], -87.0, 88.0)) + 1.0);"),
  reluBack: each("if (m[p.b + i] <= 0.0) { m[p.a + i] = 0.0; }"),
  tanhBack: each("m[p.a + i] *= 1.0 - m[p.b + i] * m[p.b + i];"),
  turn: each("m[p.b + (i % p.w) * p.k + i / p.w] = m[p.a + i];"),
  copy: each("m[p.b + i] = m[p.a + i];"),
  zero: each("m[p.a + i] = 0.0;"),
  stretch: each("m[p.a + i] = p.x * m[p.a + i] + p.y;"),
  add: each("m[p.a + i] += p.x * m[p.b + i];"),
  momentum: each("let g = m[p.b + i]; let held = p.x * m[p.a + i] + g; m[p.a + i] = held; m[p.c + i] = g + p.x * held;"),
  adam: each(`
    let g = m[p.b + i]; let mean = m[p.c + i] + (1.0 - p.x) * (g - m[p.c + i]); let square = m[p.d + i] + bitcast<f32>(p.e) * (g * g - m[p.d + i]);
    m[p.c + i] = mean; m[p.d + i] = square; m[p.a + i] -= p.y * mean / (sqrt(square * p.z) + p.v);`),
};

const STRIDE = 256; // bytes between what is given to one program and to the next
const FIELDS = ["a", "b", "c", "d", "h", "w", "k", "e", "rowA", "columnA", "rowB", "rowC", "x", "y", "z", "v"], WHOLE = 12; // those before are whole numbers
const place = (values) => values.byteOffset / 4;

export class Graphics {
  // The graphics processor of this browser, or null. `software` says whether it is one in name alone.
  static async find() {
    const adapter = await globalThis.navigator?.gpu?.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter) return null;
    const device = await adapter.requestDevice(), layout = device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility: GPUShaderStage.COMPUTE, buffer: { type: "storage" } },
        { binding: 1, visibility: GPUShaderStage.COMPUTE, buffer: { type: "uniform", hasDynamicOffset: true, minBindingSize: 64 } },
      ],
    });
    const compiled = await Promise.all(Object.entries(PROGRAMS).map(async ([name, text]) => {
      const module = device.createShaderModule({ code: HEAD + text });
      return [name, await device.createComputePipelineAsync({ layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }), compute: { module, entryPoint: "main" } })];
    }));
    const { info } = adapter;
    return new Graphics(device, layout, Object.fromEntries(compiled), Boolean(info?.isFallbackAdapter ?? adapter.isFallbackAdapter) || info?.architecture === "swiftshader");
  }
  constructor(device, layout, programs, software) {
    Object.assign(this, { device, layout, programs, software, training: null, memory: null, given: null, calls: [] });
    this.failed = null; // why it computes no more
    device.lost.then(({ message }) => (this.failed ??= message || "it was lost"));
    device.addEventListener("uncapturederror", ({ error }) => (this.failed ??= error.message));
  }
  // From now on it computes this training, from where it stands.
  take(training) {
    const size = training.kernels.free;
    if (size > this.device.limits.maxStorageBufferBindingSize) throw new Error(`memory: expected at most ${this.device.limits.maxStorageBufferBindingSize} bytes, got ${size}`);
    if (this.training !== training) {
      this.memory?.destroy();
      this.memory = this.device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC });
      this.given?.destroy();
      this.given = null;
    }
    this.training = training;
    this.send([...training.lasting, training.placeCells.x, training.placeCells.y]);
  }
  send(arrays) {
    for (const array of arrays) this.device.queue.writeBuffer(this.memory, array.byteOffset, array);
  }
  // Wait until all is computed, and put numbers of it, those that last, where the training has them.
  async fetch(arrays = this.training.lasting) {
    const { device, memory } = this, size = arrays.reduce((sum, array) => sum + array.byteLength, 0);
    const held = device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ }), encoder = device.createCommandEncoder();
    const each = (visit) => arrays.reduce((at, array) => (visit(array, at), at + array.byteLength), 0);
    each((array, at) => encoder.copyBufferToBuffer(memory, array.byteOffset, held, at, array.byteLength));
    device.queue.submit([encoder.finish()]);
    await held.mapAsync(GPUMapMode.READ);
    if (this.failed) throw new Error(this.failed);
    const found = held.getMappedRange();
    each((array, at) => array.set(new Float32Array(found, at, array.length)));
    held.destroy();
  }
  call(name, given, across, down = 1) {
    this.calls.push({ name, given, across, down });
  }
  submit() { // what was called, in order
    const { device, layout, memory, programs, calls } = this, bytes = new ArrayBuffer(STRIDE * calls.length);
    const whole = new Uint32Array(bytes), real = new Float32Array(bytes);
    calls.forEach(({ given }, i) => FIELDS.forEach((field, j) => ((j < WHOLE ? whole : real)[(STRIDE / 4) * i + j] = given[field] ?? 0)));
    if (!this.given || this.given.size < bytes.byteLength) {
      this.given?.destroy();
      this.given = device.createBuffer({ size: bytes.byteLength, usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST });
      this.group = device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: memory } }, { binding: 1, resource: { buffer: this.given, size: 64 } }] });
    }
    device.queue.writeBuffer(this.given, 0, bytes);
    const encoder = device.createCommandEncoder(), pass = encoder.beginComputePass();
    calls.forEach(({ name, across, down }, i) => {
      pass.setPipeline(programs[name]);
      pass.setBindGroup(0, this.group, [STRIDE * i]);
      pass.dispatchWorkgroups(across, down);
    });
    pass.end();
    device.queue.submit([encoder.finish()]);
    this.calls = [];
  }
  one(name, h, given) { // a program for each of h numbers
    this.call(name, { h, ...given }, Math.ceil(h / WORKERS));
  }
  multiply(a, b, c, height, depth, width, { turned = false, alpha = 1, beta = 0, rowA = turned ? height : depth, rowB = width, rowC = width } = {}) {
    const [along, across] = turned ? [1, rowA] : [rowA, 1], at = { a: place(a), b: place(b), c: place(c) };
    this.call("product", { ...at, h: height, w: width, k: depth, rowA: along, columnA: across, rowB, rowC, x: alpha, y: beta }, Math.ceil(width / (BLOCK * SIDE)), Math.ceil(height / (BLOCK * SIDE)));
  }
  code(places, out, count, { x, y, exponent, surround, period }) {
    this.call("code", { a: place(out), b: place(places), c: place(x), d: place(y), w: x.length, x: exponent, y: surround, z: period }, count);
  }
  entropy(logits, targets, count, cells, told) {
    this.call("entropy", { a: place(logits), b: place(targets), c: place(told), w: cells, x: 1 / count }, count);
  }
  tally(told, count, total) {
    this.call("tally", { a: place(told), b: place(total), h: count }, 1);
  }
  activate(name, values) {
    this.one(name, values.length, { a: place(values) });
  }
  activateBack(name, gradients, states) {
    this.one(`${name}Back`, gradients.length, { a: place(gradients), b: place(states) });
  }
  turn(from, to, height, width) {
    this.one("turn", height * width, { a: place(from), b: place(to), w: width, k: height });
  }
  copy(from, to) {
    this.one("copy", from.length, { a: place(from), b: place(to) });
  }
  zero(values) {
    this.one("zero", values.length, { a: place(values) });
  }
  stretch(values, scale, shift) {
    this.one("stretch", values.length, { a: place(values), x: scale, y: shift });
  }
  add(to, values, by) {
    this.one("add", to.length, { a: place(to), b: place(values), x: by });
  }
  momentum(held, gradient, next, share) {
    this.one("momentum", held.length, { a: place(held), b: place(gradient), c: place(next), x: share });
  }
  normalise(values) {
    this.call("normalise", { a: place(values), h: values.length }, 1);
  }
  adam(weight, gradient, mean, square, { first, second, by, spread, epsilon }) {
    const e = new Uint32Array(Float32Array.of(1 - second).buffer)[0]; // 1 - .999 in single precision would be off by a part in 10 000
    this.one("adam", weight.length, { a: place(weight), b: place(gradient), c: place(mean), d: place(square), e, x: first, y: by, z: spread, v: epsilon });
  }
}
