/** The same experiment in PyTorch: a line per control, and a whole cell that prints the page's numbers. */

import { DATA_SEED, POINTS, REACH } from "./arithmetic.js";
import { parse } from "./expression.js";

export const SHUFFLE_SEED = 1000; // added to the seed: the order of the mini-batches has draws of its own

const FUNCTIONAL = { linear: null, relu: "F.relu", tanh: "torch.tanh", sigmoid: "torch.sigmoid" };
const MODULE = { linear: null, relu: "nn.ReLU()", tanh: "nn.Tanh()", sigmoid: "nn.Sigmoid()" };

/** Return the layer sizes of the settings, from the inputs to the one output. */
export function sizesOf({ inputs, hidden }) {
  return [inputs, ...hidden, 1];
}

/** Return per control the line of PyTorch that does the same. */
export function lines(settings) {
  const { activation, lr, batch, seed, epochs } = settings;
  const sizes = sizesOf(settings);
  const call = FUNCTIONAL[activation];
  return {
    data: formula(settings),
    architecture: sizes.length === 2 ? `model = nn.Linear(${sizes.join(", ")})` : `model = MLP(${sizes.join(", ")})`,
    activation: sizes.length === 2 ? "y_hat = fc1(x)" : call ? `x = ${call}(fc1(x))` : "x = fc1(x)  # nothing in between",
    lr: `optimizer = optim.SGD(…, lr=${lr})`,
    batch: batch >= POINTS ? "model(x)  # all rows at once" : `DataLoader(data, batch_size=${batch}, shuffle=True)`,
    seed: `torch.manual_seed(${seed})`,
    play: `for epoch in range(${epochs}):`,
    step: "optimizer.step()",
    reset: "model = …  # new weights",
  };
}

function formula({ data, inputs, own }) {
  const two = inputs === 2;
  if (data === "linear") return two ? "y = x1 - 2 * x2 + noise" : "y = 2 * x + 3 + noise";
  if (data === "cubic") return two ? "y = x1**3 - 2 * x2" : "y = x**3 + noise";
  try {
    return `y = ${parse(own, inputs).torch.replace(/^\((.*)\)$/, (whole, inner) => (/^[^()]*$/.test(inner) ? inner : whole))}`;
  } catch {
    return "y = …";
  }
}

/** Return a cell of Python that makes the same data and start, trains, and prints the loss. */
export function cell(settings) {
  const { activation, lr, batch, seed, epochs } = settings;
  const sizes = sizesOf(settings);
  const small = batch < POINTS;
  const layers = [];
  for (let l = 1; l < sizes.length; l++) {
    layers.push(`nn.Linear(${sizes[l - 1]}, ${sizes[l]})`);
    if (l < sizes.length - 1 && MODULE[activation]) layers.push(MODULE[activation]);
  }
  layers.push("nn.Flatten(0)");
  return `${[
    "# From the week 1 playground: the same data, start and steps, so the same losses.",
    "import torch",
    "import torch.nn as nn",
    "import torch.nn.functional as F",
    "",
    "",
    "def uniform(seed):",
    '    """Yield numbers between 0 and 1: those that the page draws."""',
    "    state = 69621 * seed + 1",
    "    while True:",
    "        state = state * 48271 % 2147483647",
    "        yield state / 2147483647",
    "",
    "",
    ...dataLines(settings),
    "",
    `model = nn.Sequential(${layers.join(", ")}).double()`,
    `draw = uniform(${seed})  # in place of torch.manual_seed(${seed})`,
    "with torch.no_grad():",
    "    for layer in model:",
    "        for p in layer.parameters():",
    "            start = [(2 * next(draw) - 1) / layer.in_features**0.5 for _ in range(p.numel())]",
    "            p.copy_(torch.tensor(start, dtype=torch.float64).reshape(p.shape))",
    "",
    `lr = ${lr}`,
    "weights = list(model.parameters())",
    "losses = [F.mse_loss(model(x), y).item()]",
    ...(small ? [`draw = uniform(${seed + SHUFFLE_SEED})`] : []),
    `for epoch in range(${epochs}):`,
    ...(small
      ? [
          `    order = list(range(${POINTS}))`,
          `    for i in range(${POINTS - 1}, 0, -1):  # shuffle, as DataLoader(…, shuffle=True) does`,
          "        j = int(next(draw) * (i + 1))",
          "        order[i], order[j] = order[j], order[i]",
          `    for rows in torch.tensor(order).split(${batch}):`,
          "        slopes = torch.autograd.grad(F.mse_loss(model(x[rows]), y[rows]), weights)",
          "        with torch.no_grad():",
          "            for p, slope in zip(weights, slopes):",
          "                p -= lr * slope",
        ]
      : [
          "    slopes = torch.autograd.grad(F.mse_loss(model(x), y), weights)",
          "    with torch.no_grad():",
          "        for p, slope in zip(weights, slopes):  # part 8 lets an optimizer do this",
          "            p -= lr * slope",
        ]),
    "    losses.append(F.mse_loss(model(x), y).item())",
    'print(f"loss after {len(losses) - 1} epochs: {losses[-1]:.6g}")',
  ].join("\n")}\n`;
}

function dataLines({ data, inputs, own }) {
  const two = inputs === 2;
  const wide = `${2 * REACH[data]} * next(draw) - ${REACH[data]}`;
  const noise = "2 * (next(draw) + next(draw) + next(draw)) - 3";
  const body = [];
  if (data === "linear" && two) {
    body.push(`    z1 = ${noise}`, `    z2 = ${noise}`, "    x1, x2 = 6 * z1, 1.2 * z1 + 1.6 * z2");
    body.push(`    noise = ${noise}`, "    rows.append([x1, x2, x1 - 2 * x2 + noise])");
  } else if (data === "linear") {
    body.push(`    x = ${wide}`, `    noise = ${noise}`, "    rows.append([x, 2 * x + 3 + 2 * noise])");
  } else if (data === "cubic" && two) {
    body.push(`    x1 = ${wide}`, `    x2 = ${wide}`, "    rows.append([x1, x2, x1**3 - 2 * x2])");
  } else if (data === "cubic") {
    body.push(`    x = ${wide}`, `    noise = ${noise}`, "    rows.append([x, x**3 + 0.2 * noise])");
  } else {
    body.push(two ? `    rows.append([${wide}, ${wide}])` : `    rows.append([${wide}])`);
  }
  const made = [`draw, rows = uniform(${DATA_SEED}), []`, `for _ in range(${POINTS}):`, ...body];
  made.push("table = torch.tensor(rows, dtype=torch.float64)");
  if (data !== "own") return [...made, `x, y = table[:, :${inputs}], table[:, ${inputs}]`];
  made.push(two ? "x1, x2 = table[:, 0], table[:, 1]" : "x = table[:, 0]");
  return [...made, `y = torch.zeros(${POINTS}, dtype=torch.float64) + ${parse(own, inputs).torch}`, "x = table"];
}
