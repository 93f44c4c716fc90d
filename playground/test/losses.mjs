// For tests/playground/agreement.py: reads jobs from standard input, writes what the arithmetic makes of them.
import * as A from "../src/arithmetic.js";
import { EXPERIMENTS, settingsOf } from "../src/experiments.js";
import { parse } from "../src/expression.js";
import { SHUFFLE_SEED, cell, sizesOf } from "../src/pytorch.js";

const plain = ({ layers }) => layers.map(({ inputs, outputs, W, b }) => ({ inputs, outputs, W: [...W], b: [...b] }));

function cards() {
  const all = [];
  EXPERIMENTS.forEach(({ variants = [{}] }, i) => {
    variants.forEach((_, variant) => all.push({ name: `${i + 1}.${variant}`, settings: settingsOf(i + 1, variant) }));
  });
  return all;
}

function train({ settings, steps }) {
  const own = settings.data === "own" ? parse(settings.own, settings.inputs).f : null;
  const data = A.makeData(settings.data, settings.inputs, own);
  const sizes = sizesOf(settings);
  const network = A.makeNetwork(sizes, settings.activation, settings.seed);
  const draw = A.uniform(settings.seed + SHUFFLE_SEED);
  const reach = Math.max(...data.x.map(Math.abs));
  const start = plain(network);
  const losses = [A.lossOf(network, data)];
  const kinks = [A.findKinks(network, -reach, reach).length];
  for (let i = 0; i < steps; i++) {
    A.epoch(network, data, settings.lr, settings.batch, draw);
    losses.push(A.lossOf(network, data));
  }
  kinks.push(A.findKinks(network, -reach, reach).length);
  return {
    start, end: plain(network), losses, kinks, reach, x: [...data.x], y: [...data.y],
    parameters: A.countParameters(sizes), sizes, best: A.bestLine(data),
    collapsed: settings.activation === "linear" ? A.collapse(network) : null,
    cell: cell({ ...settings, epochs: steps }),
  };
}

function kinksOf({ layers, low, high }) {
  const network = { activation: "relu", layers: layers.map((l) => ({ ...l, W: Float64Array.from(l.W), b: Float64Array.from(l.b) })) };
  return A.findKinks(network, low, high).length;
}

let text = "";
for await (const part of process.stdin) text += part;
const { kind, jobs } = JSON.parse(text);
const answer = kind === "cards" ? cards() : kind === "train" ? jobs.map(train) : jobs.map(kinksOf);
// JSON knows no Infinity: a loss beyond all numbers travels as a word.
process.stdout.write(JSON.stringify(answer, (_, v) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v)));
