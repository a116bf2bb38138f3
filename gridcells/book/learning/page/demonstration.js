// The network that is shown before anyone trains one: its weights in half precision, as text.

// One number of 16 bits.
function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

// Weights by the library's names.
export function weightsIn({ weights }) {
  return Object.fromEntries(Object.entries(weights).map(([name, text]) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return [name, Float32Array.from(new Uint16Array(bytes.buffer), half)];
  }));
}
