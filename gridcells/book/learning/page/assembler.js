// A small assembler of WebAssembly: instructions are nested lists of bytes, and a module is made of functions written so.

const LITTLE = (value) => Array.from(new Uint8Array(Float32Array.of(value).buffer));

function unsigned(value) { // LEB128
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

function signed(value) { // LEB128
  const bytes = [];
  for (; value < -64 || value > 63; value >>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value & 127];
}

export const I32 = 0x7f, F32 = 0x7d, V128 = 0x7b;

// --- numbers and places
export const int = (value) => [0x41, signed(value)];
export const real = (value) => [0x43, LITTLE(value)];
export const get = (local) => [0x20, unsigned(local)];
export const set = (local, ...value) => [value, 0x21, unsigned(local)];
export const plus = (first, ...others) => [first, others.map((other) => [other, 0x6a])];
export const minus = (a, b) => [a, b, 0x6b];
export const times = (a, b) => [a, b, 0x6c];
export const bits = (a, b) => [a, b, 0x71];
export const above = (a, b) => [a, b, 0x4a]; // whole numbers
export const least = (a, b) => [a, b, a, b, 0x48, 0x1b]; // of two whole numbers
export const differs = (a, b) => [a, b, 0x5c]; // of two real numbers
export const move = (local, by) => set(local, plus(get(local), by));

// --- memory; an offset in bytes is part of an instruction
export const readInt = (address, offset = 0) => [address, 0x28, 2, unsigned(offset)];
export const readReal = (address, offset = 0) => [address, 0x2a, 2, unsigned(offset)];
export const writeReal = (address, value, offset = 0) => [address, value, 0x38, 2, unsigned(offset)];
export const read = (address, offset = 0) => [address, 0xfd, 0, 2, unsigned(offset)];
export const readSplat = (address, offset = 0) => [address, 0xfd, 9, 2, unsigned(offset)];
export const write = (address, value, offset = 0) => [address, value, 0xfd, 11, 2, unsigned(offset)];

// --- four numbers at once
const lanes = (code) => (...values) => [values, 0xfd, unsigned(code)];
export const four = { // of reals, but for those that say otherwise
  splat: lanes(0x13), add: lanes(0xe4), sub: lanes(0xe5), mul: lanes(0xe6), div: lanes(0xe7), min: lanes(0xe8), max: lanes(0xe9),
  nearest: lanes(0x6a), greater: lanes(0x44), and: lanes(0x4e), whole: lanes(0xf8), addWhole: lanes(0xae), fused: lanes(0x105),
  shiftWhole: (value, by) => [value, int(by), 0xfd, unsigned(0xab)],
  splatWhole: lanes(0x11),
  of: (value) => [real(value), 0xfd, 0x13],
  lane: (value, index) => [value, 0xfd, 0x1f, index],
};
const reals = { add: 0x92, min: 0x96, max: 0x97 };
// The four lanes of a local as one real number, by "add", "min" or "max".
export const across = (local, how) => [0, 1, 2, 3].map((index) => [four.lane(get(local), index), index ? reals[how] : []]);

// --- the order of things
export const when = (condition, then, otherwise = []) => [condition, 0x04, 0x40, then, 0x05, otherwise, 0x0b];
// The local goes from a number by steps until it reaches an end.
export const loop = (local, from, until, step, ...body) => [
  set(local, from), 0x02, 0x40, 0x03, 0x40, get(local), until, 0x4e, 0x0d, 1, body, move(local, step), 0x0c, 0, 0x0b, 0x0b,
];

const section = (id, ...content) => {
  const bytes = content.flat(Infinity);
  return [id, unsigned(bytes.length), bytes];
};
const list = (items) => [unsigned(items.length), items];
const name = (text) => list([...text].map((letter) => letter.charCodeAt(0)));

// The bytes of a module that takes its memory from "page.memory". Each function: {params, locals, body}, params and locals
// by name with their types; `body(locals)` gets the locals' numbers.
export function assemble(functions) {
  const named = Object.entries(functions);
  const bodies = named.map(([, { params, locals, body }]) => {
    const names = [...Object.keys(params), ...Object.keys(locals)];
    const inside = body(Object.fromEntries(names.map((one, i) => [one, i])));
    const code = [list(Object.values(locals).map((type) => [1, type])), inside, 0x0b].flat(Infinity);
    return [unsigned(code.length), code];
  });
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    section(1, list(named.map(([, { params }]) => [0x60, list(Object.values(params)), list([])]))),
    section(2, list([[name("page"), name("memory"), 0x02, 0x00, unsigned(1)]])),
    section(3, list(named.map((_, i) => unsigned(i)))),
    section(7, list(named.map(([exported], i) => [name(exported), 0x00, unsigned(i)]))),
    section(10, list(bodies)),
  ].flat(Infinity));
}
