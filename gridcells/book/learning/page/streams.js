// Random numbers by seed and purpose. Place field centres are those that the library draws: NumPy's SeedSequence and PCG64,
// number by number. Whatever is drawn in bulk comes from a smaller generator that the same sequence seeds.

const WORD = 0xffffffff, WIDE = (1n << 128n) - 1n, HALF = (1n << 64n) - 1n;
const STEP = 0x2360ed051fc65da44385df649fccf645n;
const KEYS = { centers: [0, 0], weights: [1, 0], paths: [2, 0], evaluation: [3, 0], maps: [3, 1], floors: [3, 2], pictures: [3, 3], null: [4, 0], loss: [6, 0] };

// Words of 32 bits that follow from a seed and a purpose (O'Neill's seed_seq, as NumPy has it).
export function wordsOf(seed, purpose, count) {
  const entropy = [seed >>> 0, 0, 0, 0, ...KEYS[purpose]], pool = [];
  let constant = 0x43b0d7e5;
  const hash = (value) => {
    value ^= constant;
    constant = Math.imul(constant, 0x931e8875);
    value = Math.imul(value, constant);
    return value ^ (value >>> 16);
  };
  const mix = (a, b) => {
    const mixed = (Math.imul(0xca01f9dd, a) - Math.imul(0x4973f715, b)) | 0;
    return mixed ^ (mixed >>> 16);
  };
  for (let i = 0; i < 4; i++) pool.push(hash(entropy[i]));
  for (let from = 0; from < 4; from++) for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], hash(pool[from]));
  for (const word of entropy.slice(4)) for (let to = 0; to < 4; to++) pool[to] = mix(pool[to], hash(word));
  constant = 0x8b51f9dd;
  return Array.from({ length: count }, (_, i) => {
    let value = pool[i % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    value = Math.imul(value, constant);
    return (value ^ (value >>> 16)) >>> 0;
  });
}

// Numbers from 0 to below 1: `numpy.random.Generator.random` of the library's stream of that purpose.
export function libraryUniform(seed, purpose) {
  const words = wordsOf(seed, purpose, 8).map(BigInt);
  const [a, b, c, d] = [0, 2, 4, 6].map((i) => words[i] | (words[i + 1] << 32n));
  const increment = ((((c << 64n) | d) << 1n) | 1n) & WIDE;
  let state = ((increment + ((a << 64n) | b)) * STEP + increment) & WIDE;
  return () => {
    state = (state * STEP + increment) & WIDE;
    const folded = (state >> 64n) ^ (state & HALF), by = state >> 122n;
    const bits = ((folded >> by) | (folded << (64n - by))) & HALF;
    return Number(bits >> 11n) / 2 ** 53;
  };
}

// {uniform, normal, exponential, below} of a purpose, for large numbers of draws: xoshiro128++.
export function draws(seed, purpose) {
  let [a, b, c, d] = wordsOf(seed, purpose, 4).map((word) => word | 0);
  const turned = (value, by) => (value << by) | (value >>> (32 - by));
  const next = () => {
    const result = (turned((a + d) | 0, 7) + a) | 0, moved = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= moved;
    d = turned(d, 11);
    return result >>> 0;
  };
  const uniform = () => (next() + 0.5) / (WORD + 1);
  let kept = null;
  const normal = () => { // Box and Muller
    if (kept !== null) {
      const value = kept;
      kept = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(uniform())), angle = 2 * Math.PI * uniform();
    kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, normal, exponential: () => -Math.log(uniform()), below: (count) => Math.floor(uniform() * count) };
}
