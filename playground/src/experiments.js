/** The lecture's experiments as numbered cards: what each sets, what to watch, and what came out. */

const LINE = {
  data: "linear", own: "sin(2x)", inputs: 1, hidden: [], activation: "linear",
  lr: 0.003, batch: 100, epochs: 600, speed: 60, seed: 1,
};
const CURVE = { ...LINE, data: "cubic", lr: 0.02, epochs: 2000, speed: 250, seed: 11 };

/** Write a number as a reader would: four digits, and powers of ten where they are needed. */
export function readable(value) {
  if (!Number.isFinite(value)) return "beyond all numbers";
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 1e-3)) {
    const [digits, power] = value.toExponential(1).split("e");
    const raised = String(Number(power)).replace(/[-\d]/g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
    return digits === "1.0" ? `10${raised}` : `${digits.replace("-", "−")}·10${raised}`;
  }
  return String(Number(value.toPrecision(size >= 1000 ? 5 : 4))).replace("-", "−");
}

const r = readable;
const kinks = (n) => (n === 1 ? "1 kink" : `${n} kinks`);
const network = (hidden) => (run) =>
  run.loss < run.best / 2
    ? `${kinks(run.kinks)} in view, loss ${r(run.loss)}: the best line’s is ${r(run.best)}. ${hidden}`
    : null;

/**
 * The cards. `variants` are runs of one card with other settings; `verdict(run)` is the sentence at the end when
 * the run shows what the lecture says, else null. A run has `loss`, `first`, `best` (the best line's loss),
 * `kinks`, `epoch`, `diverged` and `line` ({W, b} of a network without activations, else null).
 */
export const EXPERIMENTS = [
  {
    name: "A line finds its line",
    short: "Line",
    watch: "The line first turns, then slowly moves up. On the map below, the walk goes across the valley, then along its floor.",
    course: "In the notebook: parts 1–3. normal_equation gives the star on the map at once.",
    settings: LINE,
    verdict: ({ loss, best, line }) =>
      loss < 1.01 * best
        ? `It fits: ŷ = ${r(line.W[0])}·x + ${r(line.b)}. Loss ${r(loss)}; no line can get below ${r(best)}.`
        : null,
  },
  {
    name: "Three learning rates",
    short: "Rates",
    watch: "Same data, same start, three step sizes. Guess before you play: which one crawls, which one arrives, which one explodes?",
    course: "In the notebook: part 3, gradient_descent, and M1.",
    settings: { ...LINE, lr: 0.0001, epochs: 300 },
    variants: [
      { label: "0.0001", settings: { lr: 0.0001 } },
      { label: "0.003", settings: { lr: 0.003 } },
      { label: "0.1", settings: { lr: 0.1, speed: 2, epochs: 30 } },
    ],
    verdict: ({ loss, first, best, diverged, epoch, lr }) => {
      if (diverged) {
        return `It diverged: after ${epoch} steps the loss is ${r(loss)}. Each step jumps over the valley, higher up the other side.`;
      }
      if (loss < 1.15 * best) return `${lr} arrives: loss ${r(loss)}, and the best there is is ${r(best)}.`;
      return loss < first ? `${lr} crawls: after ${epoch} epochs the loss is still ${r(loss)}, far from ${r(best)}.` : null;
    },
  },
  {
    name: "A line on a curve",
    short: "Line on x³",
    watch: "The points follow y = x³. The loss falls, then stops at the dashed floor. Let it run as long as you like.",
    course: "In the notebook: part 9. The model is wrong, not the optimizer.",
    settings: CURVE,
    verdict: ({ loss, best }) =>
      loss >= best * (1 - 1e-9) && loss < 1.01 * best
        ? `Stuck at ${r(loss)}, the best line’s loss is ${r(best)}: no line does better. The model is wrong, not the optimizer.`
        : null,
  },
  {
    name: "2 ReLU neurons",
    short: "2 ReLU",
    watch: "Each ReLU neuron may bend the line once. Count the orange kinks: how many can there be?",
    course: "In the notebook: part 7, MLP and count_kinks.",
    settings: { ...CURVE, hidden: [2], activation: "relu" },
    verdict: network("Two neurons, at most two bends."),
  },
  {
    name: "4 ReLU neurons",
    short: "4 ReLU",
    watch: "Twice the neurons. Does the curve bend twice as often, and does the loss get below that of two?",
    course: "In the notebook: part 7, count_kinks, and M3.",
    settings: { ...CURVE, hidden: [4], activation: "relu" },
    verdict: network("Four neurons, at most four bends."),
  },
  {
    name: "4 → 2 ReLU neurons",
    short: "4 → 2",
    watch: "A second layer with two neurons bends what is bent already. Are there more kinks than with the first layer alone?",
    course: "In the notebook: part 7, the fourth picture.",
    settings: { ...CURVE, hidden: [4, 2], activation: "relu" },
    verdict: network("The second layer bends what the first has bent."),
  },
  {
    name: "Layers without a bend",
    short: "Stacked linear",
    watch: "As many layers and weights as before, but no ReLU between them. What can the whole stack draw?",
    course: "In the notebook: part 6, collapse_linear.",
    settings: { ...CURVE, hidden: [4, 2], activation: "linear" },
    verdict: ({ loss, best, line }) =>
      line && loss >= best * (1 - 1e-9)
        ? `Still flat: all three layers together are ŷ = ${r(line.W[0])}·x + ${r(line.b)}, with the line’s loss ${r(loss)}.`
        : null,
  },
];

/** Return the settings of a card (from 1) and a variant (from 0). */
export function settingsOf(card, variant = 0) {
  const { settings, variants = [] } = EXPERIMENTS[card - 1];
  return { ...settings, hidden: [...settings.hidden], ...variants[variant]?.settings };
}

/** Return `{ card, variant }` of an address such as #experiment=4 or #experiment=2&lr=0.1, or null. */
export function fromHash(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const card = Number(given.get("experiment"));
  if (!EXPERIMENTS[card - 1]) return null;
  const rate = given.get("lr");
  const variant = (EXPERIMENTS[card - 1].variants ?? []).findIndex((v) => v.label === rate);
  return { card, variant: Math.max(variant, 0) };
}

/** Return the address of a card and a variant. */
export function toHash(card, variant = 0) {
  const label = EXPERIMENTS[card - 1].variants?.[variant]?.label;
  return `#experiment=${card}${label && variant ? `&lr=${label}` : ""}`;
}
