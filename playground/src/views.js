/** What a run looks like: data and fit, network, loss, Pred vs True, the walk over the loss. */

import { ellipse, forward, lossBowl, parameterSum, countParameters, predict } from "./arithmetic.js";
import { readable } from "./experiments.js";
import { Frame, canvasOf, rem, svg } from "./plot.js";
import { sizesOf } from "./pytorch.js";

const $ = (id) => document.getElementById(id);
const frames = new Map();

/** Return the frame of a box, a new one when its key has changed (or its size: see forgetFrames). */
function frameOf(id, key, make) {
  const kept = frames.get(id);
  if (kept?.key === key) return kept;
  const made = { key, em: rem(), ...make($(id)) };
  frames.set(id, made);
  return made;
}

function extent(values, pad = 0.1, least = 1e-6) {
  let [low, high] = [Infinity, -Infinity];
  for (const v of values) {
    low = Math.min(low, v);
    high = Math.max(high, v);
  }
  const margin = Math.max(pad * (high - low), least);
  return [low - margin, high + margin];
}

const column = ({ x, m, d }, k) => Array.from({ length: m }, (_, i) => x[i * d + k]);

const short = (v) => readable(Math.abs(v) < 1e-12 ? 0 : v);

// -- data and fit ------------------------------------------------------------------------------------

/** Return the interval of x on which kinks are counted. */
export function interval(data) {
  const [low, high] = extent(column(data, 0), 0);
  const round = Math.max(Math.abs(low), Math.abs(high));
  const reach = round > 5 ? Math.ceil(round) : Math.ceil(round * 2) / 2;
  return [-reach, reach];
}

export function drawData(run) {
  return run.data.d === 2 ? drawPlane(run) : drawCurve(run);
}

function drawCurve(run) {
  const { data, network } = run;
  const [low, high] = run.interval;
  const edge = 0.03 * (high - low); // room for a kink at the end of the interval
  const view = frameOf("data", `curve ${run.dataKey}`, (box) => {
    box.querySelector("canvas")?.remove();
    const y = extent(data.y, 0.14);
    const frame = new Frame(box, { name: "", x: [low - edge, high + edge], y, xLabel: "x", yLabel: "y", format: short });
    const x = column(data, 0);
    frame.add("path", { class: "dots", d: frame.dots(x.map((v, i) => [v, data.y[i]])) });
    const fit = frame.add("path", { class: "fit" });
    const marks = frame.add("path", { class: "kink" });
    $("data-legend").innerHTML =
      '<span class="key points"></span>data <span class="key"></span>network <span class="key kinks"></span>kink';
    return { frame, fit, marks };
  });
  const { frame, fit, marks } = view;
  const m = 161;
  const x = Float64Array.from({ length: m }, (_, i) => low - edge + ((high - low + 2 * edge) * i) / (m - 1));
  const y = predict(network, x, m);
  const points = Array.from(x, (v, i) => [v, y[i]]);
  const kinks = run.kinks;
  for (const kink of kinks) points.push([kink.x, kink.y]);
  points.sort((a, b) => a[0] - b[0]);
  fit.setAttribute("d", frame.path(points));
  const s = 0.42 * view.em;
  const inView = kinks.filter((k) => Number.isFinite(k.y));
  marks.setAttribute("d", inView.map((k) => `M${frame.sx(k.x)} ${frame.sy(k.y) - s}l${s} ${s}l${-s} ${s}l${-s} ${-s}Z`).join(""));
  const where = kinks.map((k) => `x = ${short(Number(k.x.toFixed(2)))}`).join(", ");
  const bends = kinks.length ? `${kinks.length} kinks, at ${where}` : "no kink";
  frame.root.setAttribute("aria-label", `${data.m} points and the network’s curve: ${bends}. Loss ${readable(run.loss)}.`);
}

const CELLS = 40;

function drawPlane(run) {
  const { data, network } = run;
  const view = frameOf("data", `plane ${run.dataKey}`, (box) => {
    let canvas = box.querySelector("canvas");
    if (!canvas) {
      canvas = document.createElement("canvas");
      box.prepend(canvas);
    }
    const [x1, x2] = [extent(column(data, 0), 0.06), extent(column(data, 1), 0.06)];
    const frame = new Frame(box, { name: "", x: x1, y: x2, xLabel: "x1", yLabel: "x2", format: short });
    canvas.width = canvas.height = CELLS;
    canvas.style.left = `${frame.left}px`;
    canvas.style.top = `${frame.top}px`;
    canvas.style.width = `${frame.right - frame.left}px`;
    canvas.style.height = `${frame.bottom - frame.top}px`;
    const grid = new Float64Array(2 * CELLS * CELLS);
    for (let r = 0; r < CELLS; r++) {
      for (let c = 0; c < CELLS; c++) {
        grid[2 * (r * CELLS + c)] = x1[0] + ((c + 0.5) / CELLS) * (x1[1] - x1[0]);
        grid[2 * (r * CELLS + c) + 1] = x2[1] - ((r + 0.5) / CELLS) * (x2[1] - x2[0]);
      }
    }
    const reach = Math.max(...data.y.map(Math.abs));
    const kinks = frame.add("path", { class: "kinkline" });
    for (let i = 0; i < data.m; i++) {
      const [cx, cy] = [frame.sx(data.x[2 * i]), frame.sy(data.x[2 * i + 1])];
      const fill = colour(data.y[i] / reach);
      frame.add("circle", { cx, cy, r: 0.32 * rem(), fill: `rgb(${fill})`, stroke: "#1c2126", "stroke-width": 1.2 });
    }
    $("data-legend").innerHTML =
      'points: true y, ground: the network’s; blue is low, white 0, orange high <span class="key bends"></span>kinks';
    return { frame, canvas, grid, reach, kinks };
  });
  const { canvas, grid, reach, kinks, frame } = view;
  const passed = forward(network, grid, CELLS * CELLS);
  const picture = new ImageData(CELLS, CELLS);
  passed.at(-1).a.forEach((value, i) => picture.data.set([...colour(value / reach), 255], 4 * i));
  canvas.getContext("2d").putImageData(picture, 0, 0);
  let d = "";
  if (network.activation === "relu") {
    passed.slice(0, -1).forEach(({ z }, l) => {
      const outputs = network.layers[l].outputs;
      for (let o = 0; o < outputs; o++) d += zeroLine((r, c) => z[(r * CELLS + c) * outputs + o], frame, grid);
    });
  }
  kinks.setAttribute("d", d);
  frame.root.setAttribute("aria-label", `${data.m} points over x1 and x2, coloured by y, on the network’s predictions. Loss ${readable(run.loss)}.`);
}

/** Return the path along which a neuron's input is zero: marching through the cells of the grid. */
function zeroLine(z, frame, grid) {
  let d = "";
  const at = (r, c) => [grid[2 * (r * CELLS + c)], grid[2 * (r * CELLS + c) + 1]];
  for (let r = 0; r + 1 < CELLS; r++) {
    for (let c = 0; c + 1 < CELLS; c++) {
      const corners = [[r, c], [r, c + 1], [r + 1, c + 1], [r + 1, c]];
      const cuts = [];
      corners.forEach(([r1, c1], i) => {
        const [r2, c2] = corners[(i + 1) % 4];
        const [a, b] = [z(r1, c1), z(r2, c2)];
        if (a > 0 === b > 0) return;
        const t = a / (a - b);
        const [p, q] = [at(r1, c1), at(r2, c2)];
        cuts.push([p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])]);
      });
      if (cuts.length >= 2) d += frame.path(cuts.slice(0, 2));
    }
  }
  return d;
}

function colour(value) {
  const v = Math.max(-1, Math.min(1, Number.isFinite(value) ? value : 1));
  const end = v < 0 ? [24, 90, 200] : [214, 96, 10];
  return end.map((c) => Math.round(248 + (c - 248) * Math.abs(v) ** 0.7));
}

// -- network -----------------------------------------------------------------------------------------

export function drawNetwork(run) {
  const { network, data, settings } = run;
  const sizes = sizesOf(settings);
  const count = countParameters(sizes);
  const name = `The network ${sizes.join(" to ")} with ${count} parameters; its weights stand below in words.`;
  const { root, width, height } = canvasOf($("net"), name);
  const em = rem();
  const r = Math.min(1.15 * em, (height - 2.2 * em) / (2.5 * Math.max(...sizes)));
  const at = (l, o) => {
    const gap = Math.min((height - 2 * em) / sizes[l], 4.2 * em);
    return [1.7 * em + ((width - 3.4 * em) * l) / (sizes.length - 1), height / 2 + 0.4 * em + gap * (o - (sizes[l] - 1) / 2)];
  };
  let largest = 1e-9;
  for (const { W } of network.layers) for (const w of W) if (Number.isFinite(w)) largest = Math.max(largest, Math.abs(w));
  const labels = []; // of layers with few edges; more would lie over one another, and all stand below in words
  network.layers.forEach(({ inputs, outputs, W }, l) => {
    for (let o = 0; o < outputs; o++) {
      for (let k = 0; k < inputs; k++) {
        const w = W[o * inputs + k];
        const [[x1, y1], [x2, y2]] = [at(l, k), at(l + 1, o)];
        const size = Number.isFinite(w) ? 0.06 * em + 0.42 * em * (Math.abs(w) / largest) : 0.5 * em;
        root.append(svg("path", { class: w < 0 ? "edge minus" : "edge", d: `M${x1} ${y1}L${x2} ${y2}`, "stroke-width": size }));
        // Labels sit nearer to the side with more neurons, where the edges lie apart.
        const t = inputs > outputs ? 0.34 : outputs > inputs ? 0.66 : 0.3 + 0.4 * (k % 2);
        if (inputs * outputs <= 6) labels.push([x1 + t * (x2 - x1), y1 + t * (y2 - y1), signed(w, 1)]);
      }
    }
  });
  for (const [x, y, text] of labels) {
    const w = 0.5 * em * text.length + 0.3 * em;
    root.append(svg("rect", { class: "plate", x: x - w / 2, y: y - 0.5 * em, width: w, height: em, rx: 0.3 * em }));
    root.append(svg("text", { class: "weight", x, y }, text));
  }
  const passed = network.activation === "relu" ? forward(network, data.x, data.m) : null;
  const titles = sizes.map((n, l) => (l === 0 ? (n === 1 ? "input" : "inputs") : l === sizes.length - 1 ? "output" : `hidden ${l}`));
  sizes.forEach((n, l) => {
    const anchor = l === 0 ? "start" : l === sizes.length - 1 ? "end" : "middle";
    const x = l === 0 ? 0.2 * em : l === sizes.length - 1 ? width - 0.2 * em : at(l, 0)[0];
    root.append(svg("text", { x, y: 0.9 * em, "text-anchor": anchor }, titles[l]));
    for (let o = 0; o < n; o++) {
      const [cx, cy] = at(l, o);
      const dead = passed && l > 0 && l < sizes.length - 1 && !passed[l - 1].z.some((z, i) => i % n === o && z > 0);
      root.append(svg("circle", { class: dead ? "node dead" : "node", cx, cy, r }));
      const mark = l === 0 ? (n === 1 ? "x" : `x${o + 1}`) : l === sizes.length - 1 ? "ŷ" : "off";
      if (l === 0 || l === sizes.length - 1 || dead) root.append(svg("text", { class: "mark", x: cx, y: cy }, mark));
      else root.append(shape(network.activation, cx, cy, 0.55 * r));
    }
  });
  $("sum").textContent = `${parameterSum(sizes)} = ${count} parameters`;
  if ($("words").parentElement.open) $("words").replaceChildren(...words(run).map((text) => Object.assign(document.createElement("li"), { textContent: text })));
}

/** Return the little picture of an activation in its neuron. */
function shape(activation, cx, cy, s) {
  const d = {
    linear: `M${cx - s} ${cy + s}L${cx + s} ${cy - s}`,
    relu: `M${cx - s} ${cy + 0.5 * s}H${cx}L${cx + s} ${cy - s}`,
    tanh: `M${cx - s} ${cy + s}C${cx + 0.3 * s} ${cy + s} ${cx - 0.3 * s} ${cy - s} ${cx + s} ${cy - s}`,
    sigmoid: `M${cx - s} ${cy + 0.6 * s}C${cx + 0.2 * s} ${cy + 0.6 * s} ${cx - 0.2 * s} ${cy - 0.6 * s} ${cx + s} ${cy - 0.6 * s}`,
  }[activation];
  return svg("path", { class: "node", d, "stroke-width": 1.5, fill: "none" });
}

const signed = (w, digits) => (Number.isFinite(w) ? `${w < 0 ? "−" : "+"}${Math.abs(w) >= 1e4 ? readable(Math.abs(w)) : Math.abs(w).toFixed(digits)}` : "∞");

/** Return a sentence per neuron: its weights with their signs in words, and its bias. */
function words({ network }) {
  const sentences = [];
  network.layers.forEach(({ inputs, outputs, W, b }, l) => {
    const last = l === network.layers.length - 1;
    for (let o = 0; o < outputs; o++) {
      const parts = Array.from({ length: inputs }, (_, k) => {
        const w = W[o * inputs + k];
        const from = l === 0 ? (inputs === 1 ? "x" : `x${k + 1}`) : `neuron ${k + 1} of hidden ${l}`;
        return `${readable(w)} (${w < 0 ? "negative" : "positive"}) from ${from}`;
      });
      const who = last ? "output" : `hidden ${l + 1}, neuron ${o + 1}`;
      sentences.push(`${who}: ${parts.join(", ")}; bias ${readable(b[o])}`);
    }
  });
  return sentences;
}

// -- loss --------------------------------------------------------------------------------------------

export function drawLoss(run, ghosts, log) {
  const { history, best, settings, first } = run;
  const end = Math.max(settings.epochs, run.epoch > settings.epochs ? run.epoch * 1.25 : 0);
  const longest = niceEnd(end);
  let [low, high] = [Math.min(best, run.lowest), Math.max(first, run.highest)];
  for (const { lowest, highest } of ghosts) [low, high] = [Math.min(low, lowest), Math.max(high, Math.min(highest, 1e3 * first))];
  const y = log ? [10 ** Math.floor(Math.log10(Math.max(low, 1e-12) * 0.8)), 10 ** Math.ceil(Math.log10(high * 1.05))] : [0, niceTop(high * 1.05)];
  const view = frameOf("losses", `${log} ${longest} ${y} ${best} ${run.ghostKey}`, (box) => {
    const frame = new Frame(box, { name: "", x: [0, longest], y, log, xLabel: "epoch", yLabel: "", format: short });
    for (const ghost of ghosts) frame.add("path", { class: "ghost", d: frame.path(ghost.history.points) });
    const fit = frame.add("path", { class: "fit" });
    frame.add("path", { class: "best", d: `M${frame.left} ${frame.sy(best)}H${frame.right}` });
    const now = frame.add("path", { class: "steps" });
    const old = ghosts.length ? ' <span class="key old"></span>your earlier runs on these data' : "";
    $("loss-legend").innerHTML = `<span class="key"></span>this run <span class="key best"></span>the best line: ${readable(best)}${old}`;
    return { frame, fit, now };
  });
  view.fit.setAttribute("d", view.frame.path(history.points));
  view.now.setAttribute("d", view.frame.dots([[run.epoch, run.loss]]));
  view.frame.root.setAttribute("aria-label", `Loss over ${run.epoch} epochs: from ${readable(first)} to ${readable(run.loss)}; the best line has ${readable(best)}.`);
}

function niceEnd(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.5, 2, 3, 5, 6, 7.5, 10].map((f) => f * power).find((s) => s >= value * (1 - 1e-9)) ?? 10 * power;
}
const niceTop = niceEnd;

// -- Pred vs True ------------------------------------------------------------------------------------

export function drawParity(run) {
  const { data, network } = run;
  const view = frameOf("parity", run.dataKey, (box) => {
    const y = extent(data.y, 0.12);
    const frame = new Frame(box, { name: "", x: y, y, xLabel: "true y", yLabel: "predicted y", format: short });
    frame.add("path", { class: "truth", d: frame.path([[y[0], y[0]], [y[1], y[1]]]) });
    return { frame, dots: frame.add("path", { class: "steps" }) };
  });
  const yHat = predict(network, data.x, data.m);
  view.dots.setAttribute("d", view.frame.dots(Array.from(yHat, (p, i) => [data.y[i], p])));
  const outside = yHat.filter((p) => !(p >= view.frame.y[0] && p <= view.frame.y[1])).length;
  const left = outside ? `; ${outside} of ${data.m} points lie outside the frame` : "";
  if (view.left !== left) $("parity-legend").textContent = `perfect is the diagonal${(view.left = left)}`;
  view.frame.root.setAttribute("aria-label", `Predicted against true y for ${data.m} points; mean squared distance from the diagonal ${readable(run.loss)}${left}.`);
}

// -- the walk ----------------------------------------------------------------------------------------

export function drawWalk(run, ghosts) {
  const { walk, data } = run;
  const names = data.d === 2 ? ["w1", "w2"] : ["w", "b"];
  const view = frameOf("walk", `${run.dataKey} ${run.settings.seed} ${run.ghostKey}`, (box) => {
    const bowl = lossBowl(data);
    const start = walk[0];
    const [x, y] = bowl.best.map((c, k) => {
      const reach = Math.max(1.45 * Math.abs(start[k] - c), 0.8);
      return [c - reach, c + reach];
    });
    const frame = new Frame(box, { name: "", x, y, xLabel: names[0], yLabel: names[1], format: short });
    const rise = run.first - bowl.floor;
    for (let i = 0; i < 9; i++) {
      const points = ellipse(bowl, rise * 0.003 * 3 ** i);
      frame.add("path", { class: "ring", d: `${frame.path(points)}Z` });
    }
    for (const ghost of ghosts) frame.add("path", { class: "ghost", d: frame.path(ghost.walk) });
    const path = frame.add("path", { class: "walked" });
    const steps = frame.add("path", { class: "steps" });
    const s = 0.36 * rem();
    frame.add("rect", { class: "start", x: frame.sx(start[0]) - s, y: frame.sy(start[1]) - s, width: 2 * s, height: 2 * s });
    frame.add("path", { class: "star", d: star(frame.sx(bowl.best[0]), frame.sy(bowl.best[1]), 0.62 * rem()) });
    $("walk-legend").textContent = `□ start, ★ the best line; rings: equal loss${data.d === 2 ? ", b at its best" : ""}`;
    return { frame, path, steps, bowl };
  });
  const { frame } = view;
  view.path.setAttribute("d", frame.path(walk));
  view.steps.setAttribute("d", frame.dots(walk.length <= 60 ? walk : [...walk.slice(0, 40), walk.at(-1)]));
  const [u, v] = walk.at(-1);
  const away = u < frame.x[0] || u > frame.x[1] || v < frame.y[0] || v > frame.y[1];
  frame.root.setAttribute("aria-label", `The walk of gradient descent over the loss: at ${names[0]} = ${readable(u)}, ${names[1]} = ${readable(v)}${away ? ", outside the map" : ""}; the best line is at ${readable(view.bowl.best[0])}, ${readable(view.bowl.best[1])}.`);
}

function star(x, y, r) {
  const points = Array.from({ length: 10 }, (_, i) => {
    const [angle, radius] = [(Math.PI * i) / 5 - Math.PI / 2, i % 2 ? 0.42 * r : r];
    return `${(x + radius * Math.cos(angle)).toFixed(1)} ${(y + radius * Math.sin(angle)).toFixed(1)}`;
  });
  return `M${points.join("L")}Z`;
}

/** Forget all frames: after a change of size or layout. */
export function forgetFrames() {
  frames.clear();
}


