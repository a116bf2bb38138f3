// What every picture is drawn with: sharp canvases, colour maps, marks that differ in shape as well as in colour.

const VIRIDIS = ["440154", "482878", "3e4989", "31688e", "26828e", "1f9e89", "35b779", "6ece58", "b5de2b", "fde725"];
const COLOURS = new Uint32Array(256); // little-endian RGBA
for (let i = 0; i < 256; i++) {
  const at = (i / 255) * (VIRIDIS.length - 1), low = Math.min(VIRIDIS.length - 2, Math.floor(at));
  const channel = (c) => {
    const [a, b] = [low, low + 1].map((n) => parseInt(VIRIDIS[n].slice(2 * c, 2 * c + 2), 16));
    return Math.round(a + (at - low) * (b - a));
  };
  COLOURS[i] = (255 << 24) | (channel(2) << 16) | (channel(1) << 8) | channel(0);
}

// What formed, as a mark: the colours are told apart by every kind of eye, and each has its own shape.
export const FORMS = {
  hexagonal: { light: "#0072B2", dark: "#56B4E9", sides: 6, turn: 0 },
  square: { light: "#D55E00", dark: "#E69F00", sides: 4, turn: Math.PI / 4 },
  neither: { light: "#666666", dark: "#BBBBBB", sides: 3, turn: -Math.PI / 2 },
};
export const SANS = "system-ui, sans-serif";

// Whether the ink is light, as on a dark page.
export const isDark = (ink) => ink.match(/[\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) > 382;
export const colourOf = (form, ink) => FORMS[form][isDark(ink) ? "dark" : "light"];

export function mark(context, form, x, y, radius, ink) {
  const { sides, turn } = FORMS[form];
  context.beginPath();
  for (let i = 0; i < sides; i++)
    context.lineTo(x + radius * Math.cos(turn + (2 * Math.PI * i) / sides), y + radius * Math.sin(turn + (2 * Math.PI * i) / sides));
  context.closePath();
  context.fillStyle = colourOf(form, ink);
  context.fill();
}

// A picture of values [size * size], first index x, drawn with x to the right and y upwards; nothing where a value is NaN.
export function picture(values, size) {
  const image = new ImageData(size, size), pixels = new Uint32Array(image.data.buffer);
  let low = Infinity, high = -Infinity;
  for (const value of values) (low = value < low ? value : low), (high = value > high ? value : high);
  const scale = high > low ? 255 / (high - low) : 0;
  for (let x = 0; x < size; x++)
    for (let y = 0; y < size; y++) pixels[(size - 1 - y) * size + x] = COLOURS[Math.round((values[x * size + y] - low) * scale)];
  return image;
}

export function stamp(context, image, x, y, side) {
  const sheet = (stamp.sheet ??= document.createElement("canvas"));
  if (sheet.width !== image.width) sheet.width = sheet.height = image.width;
  sheet.getContext("2d").putImageData(image, 0, 0);
  context.drawImage(sheet, x, y, side, side);
}

// A canvas as sharp as the screen; `draw(context, width, height, ink)` works in CSS pixels.
export function paint(canvas, draw) {
  const width = canvas.clientWidth, height = canvas.clientHeight, ratio = window.devicePixelRatio || 1;
  if (!width || !height) return;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = `12px ${SANS}`;
  const ink = getComputedStyle(canvas).color;
  context.fillStyle = context.strokeStyle = ink;
  draw(context, width, height, ink);
}

// Words inside the canvas: moved inwards, then set smaller, down to 9 px, rather than cut off.
export function words(context, text, x, y, width) {
  const { font } = context;
  for (let size = 12; size > 9 && context.measureText(text).width > width - 2; size -= 1) context.font = `${size - 1}px ${SANS}`;
  const length = context.measureText(text).width;
  context.textAlign = "left";
  context.fillText(text, Math.max(1, Math.min(x - length / 2, width - length - 1)), y);
  context.font = font;
}

export function line(context, points, colour, { dash = [], thick = 1 } = {}) {
  context.save();
  context.strokeStyle = colour;
  context.lineWidth = thick;
  context.setLineDash(dash);
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
  context.restore();
}
