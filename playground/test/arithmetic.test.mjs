// The arithmetic, the parser and the cards, without a page and without PyTorch (that is tests/playground/).
import assert from "node:assert/strict";
import { test } from "node:test";
import * as A from "../src/arithmetic.js";
import { EXPERIMENTS, fromHash, readable, settingsOf, toHash } from "../src/experiments.js";
import { parse } from "../src/expression.js";
import { cell, lines, sizesOf } from "../src/pytorch.js";

const near = (found, wanted, relative = 1e-9) =>
  assert.ok(Math.abs(found - wanted) <= relative * Math.max(Math.abs(wanted), 1e-9), `${found} is not ${wanted}`);
const layer = (inputs, outputs, W, b) => ({ inputs, outputs, W: Float64Array.from(W), b: Float64Array.from(b) });

test("random numbers are exact, as integers of any size would give them", () => {
  for (const seed of [0, 1, 11, 999, 1999]) {
    const draw = A.uniform(seed);
    let state = 69621n * BigInt(seed) + 1n;
    for (let i = 0; i < 2000; i++) {
      state = (state * 48271n) % 2147483647n;
      assert.equal(draw(), Number(state) / 2147483647);
    }
  }
});

test("a shuffle has every row once, and two epochs have different orders", () => {
  const draw = A.uniform(3);
  const [one, two] = [A.shuffled(100, draw), A.shuffled(100, draw)];
  assert.deepEqual([...one].sort((a, b) => a - b), Array.from({ length: 100 }, (_, i) => i));
  assert.notDeepEqual(one, two);
});

test("parameters are counted, and their sum is written out", () => {
  assert.equal(A.countParameters([2, 3, 1]), 13);
  assert.equal(A.parameterSum([2, 3, 1]), "2×3+3 + 3×1+1");
  assert.equal(A.countParameters([4, 7, 2]), 51);
  assert.equal(A.countParameters([1, 1]), 2);
});

test("the gradient is the slope of the loss, for every activation, one and two inputs", () => {
  for (const activation of ["linear", "relu", "tanh", "sigmoid"]) {
    for (const d of [1, 2]) {
      const data = A.makeData("cubic", d);
      const network = A.makeNetwork([d, 4, 3, 1], activation, 5);
      const gradient = A.gradientOf(network, data);
      network.layers.forEach((own, l) => {
        for (const part of ["W", "b"]) {
          for (let i = 0; i < own[part].length; i++) {
            const kept = own[part][i];
            const h = 1e-6;
            own[part][i] = kept + h;
            const up = A.lossOf(network, data);
            own[part][i] = kept - h;
            const slope = (up - A.lossOf(network, data)) / (2 * h);
            own[part][i] = kept;
            assert.ok(Math.abs(gradient[l][part][i] - slope) < 1e-5 * (1 + Math.abs(slope)), `${activation} ${part}${i}`);
          }
        }
      });
    }
  }
});

test("mini-batches give every row once an epoch, and the last short batch counts", () => {
  const data = A.makeData("linear", 1);
  const network = A.makeNetwork([1, 1], "linear", 1);
  const byHand = A.makeNetwork([1, 1], "linear", 1);
  A.epoch(network, data, 0.001, 30, A.uniform(9));
  const order = A.shuffled(100, A.uniform(9));
  for (const [from, to] of [[0, 30], [30, 60], [60, 90], [90, 100]]) A.step(byHand, data, 0.001, order.slice(from, to));
  assert.deepEqual(network, byHand);
});

test("the tent has its three kinks where they are", () => {
  const tent = {
    activation: "relu",
    layers: [layer(1, 3, [1, 1, 1], [1, 0, -1]), layer(3, 1, [1, -2, 1], [0])],
  };
  const found = A.findKinks(tent, -1.7, 2.4);
  assert.equal(found.length, 3);
  [-1, 0, 1].forEach((x, i) => assert.ok(Math.abs(found[i].x - x) < 1e-9));
  assert.ok(Math.abs(found[1].y - 1) < 1e-9);
  assert.equal(A.findKinks(tent, -0.5, 0.5).length, 1, "only what lies in the interval");
});

test("kinks that cancel, dead neurons and smooth activations are no kinks", () => {
  const pair = { activation: "relu", layers: [layer(1, 2, [1, 1], [0, 0]), layer(2, 1, [1, -1], [0])] };
  assert.equal(A.findKinks(pair, -1, 1).length, 0);
  const dead = { activation: "relu", layers: [layer(1, 1, [1], [-5]), layer(1, 1, [1], [0])] };
  assert.equal(A.findKinks(dead, -1, 1).length, 0);
  for (const activation of ["tanh", "sigmoid", "linear"]) {
    assert.equal(A.findKinks(A.makeNetwork([1, 4, 1], activation, 1), -1, 1).length, 0);
  }
});

test("a stack of linear layers is its collapsed layer", () => {
  for (const d of [1, 2]) {
    const network = A.makeNetwork([d, 4, 3, 1], "linear", 2);
    const { W, b } = A.collapse(network);
    const data = A.makeData("cubic", d);
    A.predict(network, data.x, data.m).forEach((yHat, i) => {
      near(yHat, W.reduce((sum, w, k) => sum + w * data.x[i * d + k], b), 1e-7);
    });
  }
});

test("at the best line the gradient is zero, and the bowl gives the loss around it", () => {
  for (const d of [1, 2]) {
    for (const kind of ["linear", "cubic"]) {
      const data = A.makeData(kind, d);
      const { W, b, loss } = A.bestLine(data);
      const network = { activation: "linear", layers: [layer(d, 1, W, [b])] };
      near(A.lossOf(network, data), loss);
      const [{ W: gW, b: gb }] = A.gradientOf(network, data);
      for (const g of [...gW, ...gb]) assert.ok(Math.abs(g) < 1e-10);
      if (d === 2) continue;
      const bowl = A.lossBowl(data);
      for (const [w, c] of A.ellipse(bowl, 2, 12)) {
        network.layers[0].W[0] = w;
        network.layers[0].b[0] = c;
        near(A.lossOf(network, data), loss + 2, 1e-9);
      }
    }
  }
});

test("functions of one's own are parsed as they are read", () => {
  const value = (text, x) => parse(text, 1).f(x, 0);
  near(value("2x + 1", 3), 7);
  near(value("-x^2", 3), -9);
  near(value("2^-x", 1), 0.5);
  near(value("2^3^2", 0), 512);
  near(value("x**3 - 4x", 2), 0);
  near(value("3(x+1)(x-1)", 2), 9);
  near(value("8/4/2", 0), 1);
  near(value("sin(pi x)", 0.5), 1);
  near(value("max(x, 0) + min(x, 0)", -2), -2);
  near(value("1.5e2", 0), 150);
  near(parse("x1^3 - 2 x2", 2).f(2, 1), 6);
});

test("what cannot be a function is refused in words", () => {
  for (const text of ["", "x +", "foo(x)", "alert(1)", "x)", "(x", "sin", "max(x)", "x1", "constructor", "__proto__", "1/0", "x;x", "x".repeat(201)]) {
    assert.throws(() => parse(text, 1), SyntaxError, text);
  }
  assert.throws(() => A.makeData("own", 1, parse("log(x)", 1).f), RangeError);
  assert.throws(() => A.makeData("own", 1, parse("1e9 x", 1).f), RangeError);
});

test("addresses lead to cards and back", () => {
  EXPERIMENTS.forEach(({ variants = [{}] }, i) => {
    variants.forEach((_, variant) => assert.deepEqual(fromHash(toHash(i + 1, variant)), { card: i + 1, variant }));
  });
  for (const odd of ["", "#", "#experiment=0", "#experiment=8", "#experiment=x", "#lr=0.1"]) assert.equal(fromHash(odd), null);
});

test("numbers are written for readers, none as NaN", () => {
  assert.equal(readable(4.4551), "4.455");
  assert.equal(readable(-0.5), "−0.5");
  assert.equal(readable(2.31e11), "2.3·10¹¹");
  assert.equal(readable(1e12), "10¹²");
  assert.equal(readable(0), "0");
  for (const odd of [NaN, Infinity, -Infinity]) assert.equal(readable(odd), "beyond all numbers");
});

test("every card says what to watch, and its settings stand on the page's scales", () => {
  EXPERIMENTS.forEach(({ watch, course, variants = [{}] }, i) => {
    assert.ok(watch && course);
    variants.forEach((_, variant) => {
      const settings = settingsOf(i + 1, variant);
      assert.ok(Object.values(lines(settings)).every((line) => line.length));
      assert.ok(cell(settings).includes(`lr = ${settings.lr}`));
      assert.equal(sizesOf(settings).at(-1), 1);
    });
  });
});
