// A trained network as the library's run folder: weights.safetensors and summary.json, in one archive.

const NAMES = { encoder: "encoder.weight", input: "RNN.weight_ih_l0", recurrent: "RNN.weight_hh_l0", decoder: "decoder.weight" };
const text = (string) => new TextEncoder().encode(string);

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) whole.set(part, at), (at += part.length);
  return whole;
}

// The weights of a network by name, each {shape, values}; those of the velocity without the columns that are not used.
export function namedWeights({ weights, cells, units }) {
  const shapes = { encoder: [units, cells], input: [units, 2], recurrent: [units, units], decoder: [cells, units] };
  return Object.fromEntries(Object.entries(NAMES).map(([name, theirs]) => {
    const values = name === "input" ? weights.input.filter((_, i) => i % 8 < 2) : Float32Array.from(weights[name]);
    return [theirs, { shape: shapes[name], values }];
  }));
}

export function setWeights(network, named) { // values by the library's names
  for (const [name, theirs] of Object.entries(NAMES))
    if (name === "input") named[theirs].forEach((value, i) => (network.weights.input[8 * (i >> 1) + (i & 1)] = value));
    else network.weights[name].set(named[theirs]);
  network.changed();
}

export function safetensors(named) {
  const header = {};
  let at = 0;
  for (const [name, { shape, values }] of Object.entries(named)) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + 4 * values.length] };
    at += 4 * values.length;
  }
  let words = JSON.stringify(header);
  words += " ".repeat((8 - (words.length % 8)) % 8);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, words.length, true);
  return joined([length, text(words), ...Object.values(named).map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, 4 * values.length))]);
}

// Square and cube roots of the first primes, as SHA-256 begins and goes on with them.
const PRIMES = [];
for (let n = 2; PRIMES.length < 64; n++) if (PRIMES.every((prime) => n % prime)) PRIMES.push(n);
const fraction = (value) => ((value - Math.floor(value)) * 2 ** 32) | 0;
const ROUND = PRIMES.map((prime) => fraction(Math.cbrt(prime)));

// SHA-256 of bytes, hexadecimal: `crypto.subtle` is not there on every page.
export function sha256(bytes) {
  const state = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
  const padded = new Uint8Array(64 * Math.ceil((bytes.length + 9) / 64)), view = new DataView(padded.buffer);
  padded.set(bytes);
  padded[bytes.length] = 128;
  view.setUint32(padded.length - 4, 8 * bytes.length);
  view.setUint32(padded.length - 8, Math.floor(bytes.length / 2 ** 29));
  const w = new Int32Array(64), turned = (value, by) => (value >>> by) | (value << (32 - by));
  for (let start = 0; start < padded.length; start += 64) {
    for (let i = 0; i < 64; i++) {
      if (i < 16) w[i] = view.getInt32(start + 4 * i);
      else {
        const a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (turned(a, 7) ^ turned(a, 18) ^ (a >>> 3)) + w[i - 7] + (turned(b, 17) ^ turned(b, 19) ^ (b >>> 10));
      }
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const one = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUND[i] + w[i]) | 0;
      const two = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => (state[i] = (state[i] + value) | 0));
  }
  return state.map((value) => (value >>> 0).toString(16).padStart(8, "0")).join("");
}

// JSON as Python writes it, entries in the order of their names: what the library's digests are of.
export function pythonJson(value) {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (value !== null && typeof value === "object")
    return `{${Object.keys(value).sort().map((key) => `${pythonJson(key)}: ${pythonJson(value[key])}`).join(", ")}}`;
  if (typeof value === "string") return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  const [digits, power] = value.toExponential().split("e"), size = Number(power);
  return size < -4 ? `${digits}e-${String(-size).padStart(2, "0")}` : String(value);
}

const CRC = Int32Array.from({ length: 256 }, (_, i) => Array(8).fill().reduce((c) => (c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1), i));
const crc32 = (bytes) => ~bytes.reduce((crc, byte) => (crc >>> 8) ^ CRC[(crc ^ byte) & 255], -1) >>> 0;

// A ZIP archive of files {name: bytes}, not compressed.
export function zip(files) {
  const parts = [], ends = [];
  let at = 0;
  const record = (kind, fields) => { // [value, bytes] each
    const bytes = new Uint8Array(4 + fields.reduce((sum, [, size]) => sum + size, 0)), view = new DataView(bytes.buffer);
    view.setUint32(0, kind, true);
    fields.reduce((to, [value, size]) => (size === 4 ? view.setUint32(to, value, true) : view.setUint16(to, value, true), to + size), 4);
    return bytes;
  };
  for (const [name, bytes] of Object.entries(files)) {
    const called = text(name), common = [[20, 2], [0, 2], [0, 2], [0, 2], [33, 2], [crc32(bytes), 4], [bytes.length, 4], [bytes.length, 4], [called.length, 2], [0, 2]];
    ends.push(record(0x02014b50, [[20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]]), called);
    const local = [record(0x04034b50, common), called, bytes];
    parts.push(...local);
    at += local.reduce((sum, part) => sum + part.length, 0);
  }
  const size = ends.reduce((sum, part) => sum + part.length, 0), count = Object.keys(files).length;
  return joined([...parts, ...ends, record(0x06054b50, [[0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [at, 4], [0, 2]])]);
}

// The archive of a run: `summary` is completed by the weights' hash and its own digest.
export function runArchive(network, summary, folder) {
  const weights = safetensors(namedWeights(network)), whole = { ...summary, sha256: sha256(weights) };
  const sealed = { ...whole, digest: sha256(text(pythonJson(whole))) };
  return zip({ [`${folder}/weights.safetensors`]: weights, [`${folder}/summary.json`]: text(`${JSON.stringify(sealed, null, 2)}\n`) });
}
