/** The page: settings, runs, the clock, and the controls. */

import {
  POINTS, bestLine, collapse, countParameters, epoch as trainEpoch, findKinks, lossOf, makeData, makeNetwork, uniform,
} from "./arithmetic.js";
import { EXPERIMENTS, fromHash, readable, settingsOf, toHash } from "./experiments.js";
import { parse } from "./expression.js";
import { SHUFFLE_SEED, cell, lines, sizesOf } from "./pytorch.js";
import { drawData, drawLoss, drawNetwork, drawParity, drawWalk, forgetFrames, interval } from "./views.js";

const $ = (id) => document.getElementById(id);
const RATES = [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1];
const BATCHES = [1, 5, 10, 20, 50, 100];
const SPEEDS = [1, 2, 5, 10, 30, 60, 120, 250, 500, 1000];
const ACTIVATION_NAMES = { linear: "linear", relu: "ReLU", tanh: "tanh", sigmoid: "sigmoid" };
const MOST_LAYERS = 3;
const MOST_NEURONS = 8;
const MOST_EPOCHS = 1e6;
const DIVERGED = 1e8; // so many times the first loss: no step will bring it back
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let settings;
let run;
let place = { card: 1, variant: 0 }; // which card; `own` once the reader has changed something
let playing = false;
let past = []; // finished runs, newest first
const done = new Set();

// -- a run -------------------------------------------------------------------------------------------

/** The losses of a run: every epoch at first, then every second, fourth, …, so that it stays small. */
class History {
  constructor(loss) {
    this.points = [[0, loss]];
    this.every = 1;
  }

  add(epoch, loss) {
    if (epoch % this.every) return;
    this.points.push([epoch, loss]);
    if (this.points.length > 800) {
      this.every *= 2;
      this.points = this.points.filter(([e]) => e % this.every === 0);
    }
  }
}

function begin() {
  keep();
  const own = settings.data === "own" ? parse(settings.own, settings.inputs).f : null;
  const data = makeData(settings.data, settings.inputs, own);
  const network = makeNetwork(sizesOf(settings), settings.activation, settings.seed);
  const loss = lossOf(network, data);
  run = {
    settings: { ...settings, hidden: [...settings.hidden] },
    data, network, loss, first: loss, lowest: loss, highest: loss,
    dataKey: `${settings.data} ${settings.inputs} ${settings.data === "own" ? settings.own : ""}`,
    interval: interval(data),
    best: bestLine(data).loss,
    epoch: 0, kinks: [], diverged: false, ended: false,
    history: new History(loss),
    walk: settings.hidden.length ? null : [spot(network)],
    draw: uniform(settings.seed + SHUFFLE_SEED),
  };
  forgetFrames();
  run.ghosts = past.filter((p) => p.dataKey === run.dataKey).slice(0, 6);
  run.ghostKey = past.length ? `${past.length} ${past[0].serial}` : "";
  say("Guess first, then press Play.", "hint");
  show(true);
}

let serial = 0;

/** Keep a run that has learned something among the reader's runs; the same settings are kept once. */
function keep() {
  if (!run?.epoch) return;
  run.serial = ++serial;
  run.key = JSON.stringify({ ...run.settings, speed: 0, epochs: 0 });
  past = [run, ...past.filter((p) => p.key !== run.key)].slice(0, 8);
}

/** Return where a linear model stands on the map of its loss. */
function spot({ layers: [{ inputs, W, b }] }) {
  return inputs === 1 ? [W[0], b[0]] : [W[0], W[1]];
}

function advance() {
  trainEpoch(run.network, run.data, settings.lr, settings.batch, run.draw);
  run.epoch++;
  const loss = lossOf(run.network, run.data);
  if (!(loss < DIVERGED * Math.max(run.first, 1e-3))) run.diverged = true;
  if (Number.isFinite(loss)) {
    run.loss = loss;
    run.lowest = Math.min(run.lowest, loss);
    run.highest = Math.max(run.highest, loss);
    run.history.add(run.epoch, loss);
    if (run.walk && run.walk.length < 4000) run.walk.push(spot(run.network));
    else if (run.walk) run.walk[run.walk.length - 1] = spot(run.network);
  }
  if (run.diverged || run.epoch === settings.epochs || run.epoch >= MOST_EPOCHS) finish();
}

function finish() {
  run.ended = true;
  pause();
  run.kinks = findKinks(run.network, ...run.interval);
  const card = place.own ? null : EXPERIMENTS[place.card - 1];
  const facts = {
    ...run, lr: settings.lr, kinks: run.kinks.length,
    line: settings.activation === "linear" ? collapse(run.network) : null,
  };
  const lesson = card?.verdict(facts) ?? null;
  let text = lesson;
  if (!text && run.diverged) text = `It diverged after ${run.epoch} steps: loss ${readable(run.loss)}. Try a smaller learning rate.`;
  if (!text) {
    const than = run.loss < run.best ? "below" : "above";
    text = `After ${run.epoch} epochs the loss is ${readable(run.loss)}, ${than} the best line’s ${readable(run.best)}.`;
  }
  if (lesson) {
    done.add(place.card);
    showCards();
  }
  say(text, run.diverged ? "diverged" : lesson ? "shown" : "plain");
}

function say(text, kind) {
  $("verdict").textContent = text;
  $("verdict").className = kind;
  const next = kind && kind !== "hint" ? following() : null;
  $("next").hidden = !next;
  if (next) $("next").textContent = `Next: ${next.name} →`;
}

/** Return what comes after this run: the card's next variant, or the next card. */
function following() {
  if (place.own) return null;
  const { card, variant } = place;
  const sibling = EXPERIMENTS[card - 1].variants?.[variant + 1];
  if (sibling) return { card, variant: variant + 1, name: `learning rate ${sibling.label}` };
  const other = EXPERIMENTS[card];
  return other ? { card: card + 1, variant: 0, name: `${card + 1} · ${other.name}` } : null;
}

// -- the clock ---------------------------------------------------------------------------------------

let [last, drawn, slow, budget] = [0, 0, 0, 0];

function tick(now) {
  if (!playing) return;
  const passed = Math.min(now - last, 100);
  last = now;
  budget = Math.min(budget + (passed * settings.speed) / 1000, settings.speed);
  const until = performance.now() + 14;
  while (budget >= 1 && playing) {
    advance();
    budget--;
    if (performance.now() > until) budget = 0;
  }
  if (now - drawn > 38 || !playing) {
    drawn = now;
    show(now - slow > 120 || !playing);
    if (now - slow > 120) slow = now;
  }
  if (playing) requestAnimationFrame(tick);
}

function play() {
  if (playing || run.diverged || run.epoch >= MOST_EPOCHS) return;
  playing = true;
  say("", "");
  [last, budget] = [performance.now(), 0.999]; // the first step comes at once
  requestAnimationFrame(tick);
  showTransport();
}

function pause() {
  playing = false;
  showTransport();
}

function showTransport() {
  $("play").textContent = playing ? "❚❚ Pause" : run.ended && !run.diverged ? "▶ Go on" : "▶ Play";
  $("play").disabled = run.diverged;
  $("step").disabled = run.diverged;
}

// -- showing -----------------------------------------------------------------------------------------

function show(all) {
  run.kinks = findKinks(run.network, ...run.interval);
  $("epoch").textContent = run.epoch;
  $("loss").textContent = readable(run.loss);
  $("kinks").textContent = kinksOf(run);
  drawData(run);
  drawLoss(run, run.ghosts, document.querySelector('input[name="axis"]:checked').value === "log");
  if (run.walk) drawWalk(run, run.ghosts.filter((g) => g.walk && g.settings.seed === settings.seed));
  if (!all) return;
  drawNetwork(run);
  drawParity(run);
  showRuns();
  showTransport();
}

function kinksOf({ data, settings: { activation }, kinks }) {
  if (activation === "tanh" || activation === "sigmoid") return "smooth";
  return data.d === 2 && activation === "relu" ? "lines" : String(kinks.length);
}

function showRuns() {
  const rows = [run, ...past.filter((p) => p !== run)];
  $("runs").replaceChildren(
    ...rows.map((r, i) => {
      const row = document.createElement("tr");
      if (!i) row.className = "now";
      const sizes = sizesOf(r.settings);
      const name = sizes.length > 2 ? `${sizes.join(" → ")} ${ACTIVATION_NAMES[r.settings.activation]}` : `${sizes.join(" → ")} line`;
      const loss = r.diverged ? "diverged" : readable(r.loss);
      for (const text of [name, r.settings.data, r.settings.lr, countParameters(sizes), kinksOf(r), r.epoch, loss]) {
        row.append(Object.assign(document.createElement("td"), { textContent: text }));
      }
      return row;
    }),
  );
}

function showCards() {
  $("cards").replaceChildren(
    ...EXPERIMENTS.map(({ name, short }, i) => {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      const finished = done.has(i + 1);
      const number = Object.assign(document.createElement("b"), { textContent: i + 1 });
      const long = Object.assign(document.createElement("span"), { className: "long", textContent: short });
      button.append(number, " ", long);
      if (finished) {
        button.className = "done";
        button.append(" ", Object.assign(document.createElement("span"), { className: "tick", textContent: "✓" }));
      }
      button.setAttribute("aria-current", !place.own && place.card === i + 1);
      button.title = name;
      button.addEventListener("click", () => choose(i + 1, 0));
      return button;
    }),
  );
}

function showCard() {
  const { name, watch, course, variants = [] } = EXPERIMENTS[place.card - 1];
  $("card-name").textContent = place.own ? `Your own, from ${place.card} · ${name}` : `${place.card} · ${name}`;
  $("watch").textContent = place.own ? "what changes with your settings. The number above brings the experiment back." : watch;
  $("course").textContent = course;
  $("variants").hidden = !variants.length;
  $("variants").replaceChildren(
    ...variants.map(({ label }, i) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: `lr = ${label}` });
      button.setAttribute("aria-pressed", !place.own && place.variant === i);
      button.addEventListener("click", () => {
        choose(place.card, i);
        $("variants").children[i].focus();
      });
      return button;
    }),
  );
}

function showControls() {
  const line = lines(settings);
  for (const name of ["data", "architecture", "activation", "lr", "batch", "seed", "play", "step", "reset"]) {
    $(`l-${name}`).textContent = line[name];
  }
  $("c-data").value = settings.data;
  $("own-box").hidden = settings.data !== "own";
  if (document.activeElement !== $("c-own")) $("c-own").value = settings.own;
  for (const radio of document.querySelectorAll('input[name="inputs"]')) radio.checked = Number(radio.value) === settings.inputs;
  $("c-activation").value = settings.activation;
  slider("lr", RATES, settings.lr);
  slider("batch", BATCHES, settings.batch, (v) => (v === POINTS ? "all 100" : v));
  slider("speed", SPEEDS, settings.speed);
  if (document.activeElement !== $("c-seed")) $("c-seed").value = settings.seed;
  $("more").disabled = settings.hidden.length >= MOST_LAYERS;
  $("less").disabled = !settings.hidden.length;
  showLayers();
  $("cell").value = cell(settings);
  document.querySelector(".views").classList.toggle("flat", settings.hidden.length > 0);
  $("walk-panel").hidden = settings.hidden.length > 0;
}

function slider(name, values, value, write = String) {
  $(`c-${name}`).value = values.indexOf(value);
  $(`c-${name}`).setAttribute("aria-valuetext", write(value));
  $(`o-${name}`).textContent = write(value);
}

function showLayers() {
  const rows = $("layers");
  while (rows.children.length > settings.hidden.length) rows.lastChild.remove();
  settings.hidden.forEach((n, l) => {
    let row = rows.children[l];
    if (!row) {
      row = Object.assign(document.createElement("div"), { className: "row" });
      const text = document.createElement("span");
      row.append(text, ...[-1, 1].map((by) => {
        const button = Object.assign(document.createElement("button"), { type: "button", textContent: by < 0 ? "−" : "+" });
        button.setAttribute("aria-label", `${by < 0 ? "One neuron less" : "One neuron more"} in hidden layer ${l + 1}`);
        button.addEventListener("click", () => change({ hidden: settings.hidden.map((h, i) => (i === l ? h + by : h)) }));
        return button;
      }));
      rows.append(row);
    }
    row.children[0].textContent = `hidden ${l + 1}: ${n} neuron${n === 1 ? "" : "s"}`;
    row.children[1].disabled = n <= 1;
    row.children[2].disabled = n >= MOST_NEURONS;
  });
}

// -- what the reader does ----------------------------------------------------------------------------

function choose(card, variant, { start = !calm.matches } = {}) {
  pauseQuietly();
  place = { card, variant, own: false };
  settings = settingsOf(card, variant);
  $("own-error").textContent = "";
  try {
    history.replaceState(null, "", toHash(card, variant));
  } catch {
    // A page that was opened inside another may not have an address of its own.
  }
  const focused = [...$("cards").children].indexOf(document.activeElement);
  showCards();
  if (focused >= 0) $("cards").children[focused].focus();
  showCard();
  showControls();
  begin();
  if (start) play();
}

function pauseQuietly() {
  playing = false;
}

/** Take over changed settings and start anew with them; what cannot be drawn is refused in words. */
function change(changed, { anew = true } = {}) {
  const before = settings;
  const was = playing;
  settings = { ...settings, ...changed };
  if (anew) {
    pauseQuietly();
    try {
      begin();
      $("own-error").textContent = "";
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
      $("own-error").textContent = `This cannot be drawn: ${error.message}.`;
      settings = before;
      if (changed.inputs) showControls();
      if (was) play();
      return;
    }
  } else {
    run.settings = { ...settings, hidden: [...settings.hidden] };
  }
  if (!("speed" in changed) && !place.own) {
    place = { ...place, own: true };
    showCards();
    showCard();
  }
  showControls();
  if (anew) {
    forgetFrames(); // the walk may have come or gone, and the other views with it
    show(true);
    if (was) play();
  }
}

function wire() {
  $("play").addEventListener("click", () => {
    if (!playing) return play();
    pause();
    show(true); // steps may have been taken since the last picture
  });
  $("step").addEventListener("click", () => {
    pause();
    say("", "");
    advance();
    show(true);
  });
  $("reset").addEventListener("click", () => {
    pauseQuietly();
    begin();
  });
  for (const radio of document.querySelectorAll('input[name="axis"]')) radio.addEventListener("change", () => show(true));
  $("c-data").addEventListener("change", (e) => {
    const data = e.target.value;
    $("own-box").hidden = data !== "own";
    const names = settings.inputs === 2 ? "sin(x1) * x2" : "sin(2x)";
    const own = data === "own" && !valid(settings.own) ? names : settings.own;
    change({ data, own, lr: settings.lr > 0.01 && data === "linear" ? 0.003 : data !== "linear" && settings.lr < 0.01 ? 0.02 : settings.lr });
  });
  $("c-own").addEventListener("input", (e) => change({ data: "own", own: e.target.value }));
  for (const radio of document.querySelectorAll('input[name="inputs"]')) {
    radio.addEventListener("change", (e) => {
      const inputs = Number(e.target.value);
      let { own } = settings;
      if (settings.data === "own") own = inputs === 2 ? "sin(x1) * x2" : "sin(2x)";
      change({ inputs, own });
    });
  }
  $("c-activation").addEventListener("change", (e) => change({ activation: e.target.value }));
  $("more").addEventListener("click", () => change({ hidden: [...settings.hidden, 2] }));
  $("less").addEventListener("click", () => change({ hidden: settings.hidden.slice(0, -1) }));
  $("c-lr").addEventListener("input", (e) => change({ lr: RATES[e.target.value] }, { anew: run.diverged }));
  $("c-batch").addEventListener("input", (e) => change({ batch: BATCHES[e.target.value] }, { anew: run.diverged }));
  $("c-speed").addEventListener("input", (e) => change({ speed: SPEEDS[e.target.value] }, { anew: false }));
  $("c-seed").addEventListener("change", (e) => {
    const seed = Math.min(Math.max(Math.round(Number(e.target.value) || 0), 0), 999);
    e.target.value = seed;
    change({ seed });
  });
  $("next").addEventListener("click", () => {
    const { card, variant } = following();
    choose(card, variant);
    $("play").focus();
  });
  $("copy").addEventListener("click", copy);
  $("words").parentElement.addEventListener("toggle", () => drawNetwork(run));
  addEventListener("hashchange", () => {
    const wanted = fromHash(location.hash);
    if (wanted) choose(wanted.card, wanted.variant);
  });
  const redraw = () => {
    forgetFrames();
    if (run) show(true);
  };
  new ResizeObserver(redraw).observe(document.querySelector(".views"));
  addEventListener("resize", redraw);
  addEventListener("beforeprint", redraw);
  addEventListener("afterprint", redraw);
  matchMedia("print").addEventListener("change", redraw);
}

function valid(own) {
  try {
    parse(own, settings.inputs);
    return true;
  } catch {
    return false;
  }
}

async function copy() {
  const text = cell(settings);
  let copied = false;
  try {
    await navigator.clipboard.writeText(text);
    copied = true;
  } catch {
    const box = $("cell");
    box.parentElement.open = true;
    box.value = text;
    box.select();
    try {
      copied = document.execCommand("copy");
    } catch {
      copied = false;
    }
  }
  $("copied").textContent = copied ? "Copied. Paste it into a cell." : "Your browser does not let me: the cell is selected, press Ctrl+C.";
}

wire();
$("cell").parentElement.open = matchMedia("(min-width: 62.01rem)").matches;
const wanted = fromHash(location.hash) ?? { card: 1, variant: 0 };
choose(wanted.card, wanted.variant);
