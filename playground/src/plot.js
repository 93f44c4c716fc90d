/** Plots in SVG, drawn in the pixels of their box, so that letters stay readable at every width. */

const SVG = "http://www.w3.org/2000/svg";

/** Return a new SVG element. */
export function svg(tag, attributes = {}, text = "") {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

/** Return the size of one rem in pixels. */
export const rem = () => parseFloat(getComputedStyle(document.documentElement).fontSize);

/** Return an empty SVG in a box, of the box's size, named for those who do not see it. */
export function canvasOf(box, name) {
  let root = box.querySelector("svg");
  if (!root) {
    root = svg("svg", { role: "img" });
    box.append(root);
  }
  root.replaceChildren();
  const [width, height] = [Math.max(box.clientWidth, 120), Math.max(box.clientHeight, 120)];
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  root.setAttribute("aria-label", name);
  return { root, width, height };
}

/** Return about `count` round numbers between two. */
export function ticks(low, high, count = 5) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= raw) ?? 10 * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

/** Return powers of ten between two positive numbers, thinned to at most six. */
function decades(low, high) {
  const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((to - from) / 5));
  const found = [];
  for (let p = from; p <= to; p += every) found.push(10 ** p);
  return found;
}

/** A frame with axes: `x` and `y` are [low, high]; `sx` and `sy` turn values into pixels, never beyond ±10⁴. */
export class Frame {
  constructor(box, { name, x, y, log = false, xLabel, yLabel, format }) {
    const { root, width, height } = canvasOf(box, name);
    const em = rem();
    this.box = box;
    this.root = root;
    this.log = log;
    this.x = x;
    this.y = log ? y.map(Math.log10) : y;
    this.left = 3.1 * em;
    this.right = width - 1.1 * em;
    this.top = 1.5 * em;
    this.bottom = height - 2.3 * em;
    const marksX = ticks(x[0], x[1], width < 420 ? 4 : 6);
    const marksY = log ? decades(y[0], y[1]) : ticks(y[0], y[1], height < 220 ? 4 : 5);
    for (const mark of marksX) {
      const at = this.sx(mark);
      this.add("path", { class: "tick", d: `M${at} ${this.top}V${this.bottom}` });
      this.add("text", { x: at, y: this.bottom + em, "text-anchor": "middle" }, format(mark));
    }
    for (const mark of marksY) {
      const at = this.sy(mark);
      this.add("path", { class: "tick", d: `M${this.left} ${at}H${this.right}` });
      this.add("text", { x: this.left - 0.4 * em, y: at + 0.26 * em, "text-anchor": "end" }, format(mark));
    }
    this.add("path", { class: "axis", d: `M${this.left} ${this.top}V${this.bottom}H${this.right}` });
    this.add("text", { x: this.right, y: height - 0.3 * em, "text-anchor": "end" }, xLabel);
    this.add("text", { x: 0.3 * em, y: 0.9 * em }, yLabel);
    this.clip = `clip-${box.id}`;
    const clip = svg("clipPath", { id: this.clip });
    const [w, h] = [this.right - this.left, this.bottom - this.top];
    clip.append(svg("rect", { x: this.left, y: this.top, width: w, height: h }));
    this.inside = svg("g", { "clip-path": `url(#${this.clip})` });
    root.append(clip, this.inside);
  }

  add(tag, attributes, text) {
    const element = svg(tag, attributes, text);
    (this.inside ?? this.root).append(element);
    return element;
  }

  over(tag, attributes, text) {
    const element = svg(tag, attributes, text);
    this.root.append(element);
    return element;
  }

  sx(value) {
    return bounded(this.left + ((value - this.x[0]) / (this.x[1] - this.x[0])) * (this.right - this.left));
  }

  sy(value) {
    const v = this.log ? Math.log10(Math.max(value, 1e-300)) : value;
    return bounded(this.bottom - ((v - this.y[0]) / (this.y[1] - this.y[0])) * (this.bottom - this.top));
  }

  /** Return a path through points; those without a finite value are left out. */
  path(points) {
    let d = "";
    for (const [a, b] of points) {
      if (Number.isFinite(a) && Number.isFinite(b)) d += `${d ? "L" : "M"}${this.sx(a)} ${this.sy(b)}`;
    }
    return d;
  }

  /** Return a path of dots, for a stroke with round ends. */
  dots(points) {
    let d = "";
    for (const [a, b] of points) {
      if (Number.isFinite(a) && Number.isFinite(b)) d += `M${this.sx(a)} ${this.sy(b)}h0`;
    }
    return d;
  }
}

function bounded(pixel) {
  return Math.round(Math.min(Math.max(pixel, -1e4), 1e4) * 10) / 10;
}
