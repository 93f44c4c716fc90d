// The built page in headless Chromium: every card is played to its end and shows what the lecture says.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { EXPERIMENTS } from "../src/experiments.js";
import { PAGE, open } from "./chromium.mjs";

const axe = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const shots = fileURLToPath(new URL("../screenshots/", import.meta.url));
const DESK = { width: 1440, height: 900 };
let browser;

before(async () => {
  await mkdir(shots, { recursive: true });
  browser = await open({ permissions: ["clipboard-read", "clipboard-write"] });
});
after(() => browser?.close());

/** Open the page at an address; whatever it asks of a network, says on the console or throws is a failure. */
async function visit(t, hash = "", { size = DESK, ...media } = {}) {
  const page = await browser.context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || complaints.push(request.url()));
  t.after(async () => {
    await page.close();
    assert.deepEqual(complaints, []);
  });
  await page.setViewportSize(size);
  if (Object.keys(media).length) await page.emulateMedia(media);
  await page.goto(PAGE + hash);
  return page;
}

/** Play a card to its end, fast, and return what then stands on the page. */
async function toTheEnd(page) {
  await page.locator("#c-speed").fill("9");
  await page.waitForFunction(() => ["shown", "diverged", "plain"].includes(document.querySelector("#verdict").className), null, { timeout: 60_000 });
  return state(page);
}

function state(page) {
  return page.evaluate(() => {
    const $ = (id) => document.getElementById(id);
    const number = (text) => Number(text.replace("−", "-"));
    return {
      kind: $("verdict").className, verdict: $("verdict").textContent, epoch: number($("epoch").textContent),
      loss: number($("loss").textContent), lossText: $("loss").textContent, kinks: number($("kinks").textContent),
      sum: $("sum").textContent, best: number($("loss-legend").textContent.match(/the best line: (\S+?)(?=\s|$)/)[1]),
      kinkMarks: ($("data").querySelector(".kink")?.getAttribute("d").match(/M/g) ?? []).length,
      card: document.querySelector('#cards [aria-current="true"]')?.textContent ?? null,
    };
  });
}

/** Wait until an element's text is, or matches, what is wanted: events such as a `toggle` come after the click that causes them. */
async function says(page, selector, wanted) {
  const right = (text) => (wanted instanceof RegExp ? wanted.test(text) : text === wanted);
  let text;
  for (const end = Date.now() + 10_000; Date.now() < end; await page.waitForTimeout(20)) {
    text = await page.locator(selector).textContent();
    if (right(text)) return;
  }
  assert.fail(`${selector} says ${JSON.stringify(text)}, not ${wanted}`);
}

/** Require that no number on the page, and no coordinate in a plot, is NaN or infinite. */
async function noNaN(page) {
  const text = await page.evaluate(() => document.querySelector("main").innerHTML.replace(/<textarea[^]*?<\/textarea>/, ""));
  assert.doesNotMatch(text, /NaN|Infinity|undefined|∞/);
}

async function accessible(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  assert.ok(found.passes.length > 15);
  const violations = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(" | ")}`);
  assert.deepEqual(violations, []);
}

const results = {};
for (const [hash, name] of [
  ["#experiment=1", "1"], ["#experiment=2", "2 lr 0.0001"], ["#experiment=2&lr=0.003", "2 lr 0.003"], ["#experiment=2&lr=0.1", "2 lr 0.1"],
  ["#experiment=3", "3"], ["#experiment=4", "4"], ["#experiment=5", "5"], ["#experiment=6", "6"], ["#experiment=7", "7"],
]) {
  test(`experiment ${name} ends with the lecture's sentence, and is accessible then`, async (t) => {
    const page = await visit(t, hash);
    const end = await toTheEnd(page);
    results[name] = end;
    assert.equal(end.kind, name === "2 lr 0.1" ? "diverged" : "shown", end.verdict);
    assert.ok(end.card.startsWith(name[0]));
    await noNaN(page);
    await accessible(page);
    await page.screenshot({ path: `${shots}experiment-${name.replaceAll(" ", "-")}.png`, fullPage: true });
  });
}

test("the cards, side by side, say what the lecture says", () => {
  const r = results;
  assert.ok(r["1"].loss < 1.01 * r["1"].best, "a line fits the line");
  assert.ok(r["2 lr 0.0001"].loss > 3 * r["2 lr 0.003"].loss, "0.0001 crawls, 0.003 arrives");
  assert.match(r["2 lr 0.1"].verdict, /diverged: after \d+ steps/);
  assert.match(r["2 lr 0.1"].lossText, /10[⁸⁹¹]/);
  assert.ok(r["3"].loss >= r["3"].best && r["3"].loss < 1.01 * r["3"].best, "a line on the cubic stays at the best line's loss");
  assert.equal(r["3"].kinks, 0);
  for (const [name, most] of [["4", 2], ["5", 4]]) {
    assert.ok(r[name].kinks >= 1 && r[name].kinks <= most);
    assert.equal(r[name].kinkMarks, r[name].kinks);
    assert.ok(r[name].loss < r["3"].best / 2);
  }
  assert.ok(r["5"].loss < r["4"].loss, "4 ReLU below 2");
  assert.ok(r["6"].loss < r["4"].loss, "4 → 2 below 2 ReLU");
  assert.ok(r["6"].kinks > 4, "more bends than the first layer alone can make");
  assert.equal(r["7"].kinks, 0);
  assert.ok(r["7"].loss >= r["3"].best, "stacked linear layers stay flat");
  assert.deepEqual(["1", "4", "5", "6", "7"].map((n) => r[n].sum), [
    "1×1+1 = 2 parameters", "1×2+2 + 2×1+1 = 7 parameters", "1×4+4 + 4×1+1 = 13 parameters",
    "1×4+4 + 4×2+2 + 2×1+1 = 21 parameters", "1×4+4 + 4×2+2 + 2×1+1 = 21 parameters",
  ]);
});

test("a line on the cubic stays above the best line's error however long it runs", async (t) => {
  const page = await visit(t, "#experiment=3");
  await toTheEnd(page);
  await page.locator("#play").click();
  await page.waitForFunction(() => Number(document.querySelector("#epoch").textContent) > 4000, null, { timeout: 60_000 });
  const later = await state(page);
  assert.ok(later.loss >= later.best);
});

test("the first curve moves within a second, without a click", async (t) => {
  const page = await visit(t);
  const curve = () => page.locator("#data .fit").getAttribute("d");
  const start = await curve();
  await page.waitForFunction((d) => document.querySelector("#data .fit").getAttribute("d") !== d, start, { timeout: 1000 });
});

test("who asked for less motion sees nothing move until Play is pressed", async (t) => {
  const page = await visit(t, "", { reducedMotion: "reduce" });
  await page.waitForTimeout(700);
  assert.equal((await state(page)).epoch, 0);
  assert.match((await state(page)).verdict, /press Play/);
  await page.locator("#play").click();
  await page.waitForFunction(() => Number(document.querySelector("#epoch").textContent) > 3);
});

test("pause, step and reset do what they say", async (t) => {
  const page = await visit(t, "#experiment=4");
  await page.waitForFunction(() => Number(document.querySelector("#epoch").textContent) > 5);
  await page.locator("#play").click();
  const paused = await state(page);
  await page.waitForTimeout(300);
  assert.deepEqual(await state(page), paused);
  await page.locator("#step").click();
  assert.equal((await state(page)).epoch, paused.epoch + 1);
  await page.locator("#reset").click();
  assert.equal((await state(page)).epoch, 0);
});

test("everything can be reached and worked with the keyboard alone", async (t) => {
  const page = await visit(t, "#experiment=4", { reducedMotion: "reduce" });
  const wanted = new Set(["play", "step", "reset", "c-data", "c-activation", "c-lr", "c-batch", "c-speed", "c-seed", "more", "less", "copy"]);
  for (let i = 0; i < 60 && wanted.size; i++) {
    await page.keyboard.press("Tab");
    wanted.delete(await page.evaluate(() => document.activeElement.id));
  }
  assert.deepEqual([...wanted], []);
  await page.locator("#play").focus();
  await page.keyboard.press("Space");
  await page.waitForFunction(() => Number(document.querySelector("#epoch").textContent) > 3);
  await page.locator("#c-lr").focus();
  const before = await page.locator("#o-lr").textContent();
  await page.keyboard.press("ArrowLeft");
  assert.notEqual(await page.locator("#o-lr").textContent(), before);
  await page.locator("#cards button").nth(4).focus();
  await page.keyboard.press("Enter");
  assert.match(page.url(), /#experiment=5$/);
  assert.match(await page.evaluate(() => document.activeElement.textContent), /^5/, "the focus stays on the card");
  await says(page, "#card-name", "5 · 4 ReLU neurons");
});

test("controls build other networks, and each shows its line of PyTorch", async (t) => {
  const page = await visit(t, "#experiment=4", { reducedMotion: "reduce" });
  await page.getByLabel("2 inputs").check();
  await page.getByRole("button", { name: "One neuron more in hidden layer 1" }).click();
  assert.equal((await state(page)).sum, "2×3+3 + 3×1+1 = 13 parameters");
  await says(page, "#l-architecture", "model = MLP(2, 3, 1)");
  await says(page, "#l-activation", "x = F.relu(fc1(x))");
  await page.locator("#c-activation").selectOption("tanh");
  await says(page, "#l-activation", "x = torch.tanh(fc1(x))");
  await says(page, "#l-lr", /lr=0\.02/);
  await page.locator("#c-batch").fill("2");
  await says(page, "#l-batch", /batch_size=10, shuffle=True/);
  await page.getByRole("button", { name: "Add a layer" }).click();
  assert.equal((await state(page)).sum, "2×3+3 + 3×2+2 + 2×1+1 = 20 parameters");
  await page.locator("#play").click();
  await page.waitForFunction(() => Number(document.querySelector("#epoch").textContent) > 20);
  await noNaN(page);
  await page.locator("summary").first().click();
  await says(page, "#words", /\((positive|negative)\) from x1/);
  await page.locator("#c-activation").selectOption("relu");
  await page.waitForFunction(() => Number(document.querySelector("#epoch").textContent) > 20);
  assert.ok(await page.locator("#data .kinkline").getAttribute("d"), "the kinks of two inputs are lines");
  await accessible(page);
  await page.screenshot({ path: `${shots}two-inputs.png`, fullPage: true });
});

test("a linear model of two inputs walks over its loss, too", async (t) => {
  const page = await visit(t, "#experiment=1", { reducedMotion: "reduce" });
  await page.getByLabel("2 inputs").check();
  await page.locator("#play").click();
  await page.waitForFunction(() => /w1 = /.test(document.querySelector("#walk svg").getAttribute("aria-label")));
  await page.waitForFunction(() => Number(document.querySelector("#epoch").textContent) > 60);
  await page.screenshot({ path: `${shots}two-inputs-line.png` });
});

test("one's own function is drawn, and a slip is explained", async (t) => {
  const page = await visit(t, "#experiment=5", { reducedMotion: "reduce" });
  await page.locator("#c-data").selectOption("own");
  await page.locator("#c-own").fill("sin(2x) + foo");
  await says(page, "#own-error", /“foo” is unknown/);
  await page.locator("#c-own").fill("log(x)");
  await says(page, "#own-error", /no value at x = −?-?\d/);
  await page.locator("#c-own").fill("<img src=x onerror=alert(1)>");
  await says(page, "#own-error", /./);
  await accessible(page);
  await page.locator("#c-own").fill("2sin(2x)");
  await says(page, "#own-error", "");
  assert.match(await page.locator("#cell").inputValue(), /torch\.sin/);
  await page.locator("#play").click();
  await page.waitForFunction(() => Number(document.querySelector("#epoch").textContent) > 50);
  await noNaN(page);
});

test("Copy as PyTorch copies the cell", async (t) => {
  const page = await visit(t, "#experiment=6", { reducedMotion: "reduce" });
  await page.locator("#copy").click();
  await page.waitForFunction(() => document.querySelector("#copied").textContent !== "");
  const cell = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(cell, await page.locator("#cell").inputValue());
  assert.match(cell, /nn\.Linear\(4, 2\)/);
});

test("a link followed on the open page sets its experiment; the runs before stay for comparison", async (t) => {
  const page = await visit(t, "#experiment=4");
  await toTheEnd(page);
  await page.evaluate(() => (location.hash = "#experiment=6"));
  await page.waitForFunction(() => document.querySelector("#card-name").textContent.startsWith("6"));
  await toTheEnd(page);
  assert.equal(await page.locator("#runs tr").count(), 2);
  assert.equal(await page.locator("#losses .ghost").count(), 1);
  await page.getByLabel("linear", { exact: true }).check();
  await noNaN(page);
  await page.screenshot({ path: `${shots}compared.png`, fullPage: true });
  await page.locator("#next").click();
  await says(page, "#card-name", "7 · Layers without a bend");
});

test("the loss that diverges has a linear axis, too, without NaN", async (t) => {
  const page = await visit(t, "#experiment=2&lr=0.1");
  await toTheEnd(page);
  await page.getByLabel("linear", { exact: true }).check();
  await noNaN(page);
  assert.ok(await page.locator("#play").isDisabled());
  await page.locator("#reset").click();
  assert.ok(await page.locator("#play").isEnabled());
});

for (const [name, size, media] of [
  ["phone", { width: 390, height: 844 }, {}],
  ["projector", { width: 1280, height: 720 }, {}],
  ["stage", { width: 1920, height: 1080 }, {}],
  ["dark", DESK, { colorScheme: "dark" }],
  ["print", { width: 794, height: 1123 }, { media: "print" }],
]) {
  test(`${name}: nothing is cut off or out of reach`, async (t) => {
    const page = await visit(t, "#experiment=6", { size, ...media });
    if (name !== "print") await toTheEnd(page);
    else await page.waitForTimeout(2500);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(wide <= 0, `${wide} px wider than the window`);
    if (name === "phone") {
      const small = await page.evaluate(() => [...document.querySelectorAll("button, select")]
        .filter((b) => b.offsetWidth && Math.min(b.offsetWidth, b.offsetHeight) < 30).map((b) => b.textContent));
      assert.deepEqual(small, []);
    }
    if (name !== "print") await accessible(page);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: `${shots}${name}.png`, fullPage: name !== "projector" && name !== "stage" });
  });
}
