// Fourier transforms of square planes: decimation in frequency forwards and in time backwards, so that neither puts its
// numbers in order; the transform is transposed and bit-reversed along both axes, which a response in that order undoes.

class Plane {
  constructor(size) {
    this.size = size;
    const bits = Math.log2(size);
    this.reversed = Array.from({ length: size }, (_, i) => {
      let r = 0;
      for (let b = 0; b < bits; b++) r |= ((i >> b) & 1) << (bits - 1 - b);
      return r;
    });
    this.cos = Float64Array.from({ length: size / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / size));
    this.sin = Float64Array.from({ length: size / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / size));
  }
  columnsForward(re, im) {
    const n = this.size;
    for (let half = n / 2; half >= 1; half /= 2) {
      const stride = n / (2 * half);
      for (let start = 0; start < n; start += 2 * half)
        for (let j = 0; j < half; j++) {
          const wr = this.cos[j * stride], wi = -this.sin[j * stride];
          let p = (start + j) * n, q = (start + j + half) * n;
          for (const end = p + n; p < end; p++, q++) {
            const ur = re[p] - re[q], ui = im[p] - im[q];
            re[p] += re[q];
            im[p] += im[q];
            re[q] = ur * wr - ui * wi;
            im[q] = ur * wi + ui * wr;
          }
        }
    }
  }
  columnsBackward(re, im) {
    const n = this.size;
    for (let half = 1; half < n; half *= 2) {
      const stride = n / (2 * half);
      for (let start = 0; start < n; start += 2 * half)
        for (let j = 0; j < half; j++) {
          const wr = this.cos[j * stride], wi = this.sin[j * stride];
          let p = (start + j) * n, q = (start + j + half) * n;
          for (const end = p + n; p < end; p++, q++) {
            const tr = re[q] * wr - im[q] * wi, ti = re[q] * wi + im[q] * wr;
            re[q] = re[p] - tr;
            im[q] = im[p] - ti;
            re[p] += tr;
            im[p] += ti;
          }
        }
    }
  }
  transpose(a) {
    const n = this.size;
    for (let i = 0; i < n; i++)
      for (let j = 0; j < i; j++) {
        const t = a[i * n + j];
        a[i * n + j] = a[j * n + i];
        a[j * n + i] = t;
      }
  }
  forward(re, im) {
    this.columnsForward(re, im);
    this.transpose(re);
    this.transpose(im);
    this.columnsForward(re, im);
  }
  backward(re, im) { // not divided by size²
    this.columnsBackward(re, im);
    this.transpose(re);
    this.transpose(im);
    this.columnsBackward(re, im);
  }
  // Where entry (i, j) of a transform in natural order lies in this one's; the planes that are put in order so are symmetric.
  place(i, j) {
    return this.reversed[j] * this.size + this.reversed[i];
  }
}

export const PLANES = Object.fromEntries([16, 32, 64, 128].map((size) => [size, new Plane(size)]));
