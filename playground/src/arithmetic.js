/**
 * All arithmetic of the playground, without the page: data, networks, gradients, steps, kinks.
 *
 * Everything is float64, in the layout of PyTorch: a layer keeps `W` (outputs × inputs, row-major) and `b`
 * (outputs). Random numbers come from a generator of three lines, so that a Python cell can draw the same.
 */

const MODULUS = 2147483647; // 2³¹ − 1; every product below stays under 2⁵³, so JavaScript is exact

/** Return a function that draws numbers between 0 and 1 (Park–Miller); `seed` is an integer, 0 to 9999. */
export function uniform(seed) {
  let state = 69621 * seed + 1;
  return () => {
    state = (state * 48271) % MODULUS;
    return state / MODULUS;
  };
}

/** Draw a number from a bell of mean 0 and standard deviation 1: three uniform ones, summed. */
export function bell(draw) {
  const sum = draw() + draw() + draw();
  return 2 * sum - 3;
}

/** Return 0 … m−1 in random order. */
export function shuffled(m, draw) {
  const order = Array.from({ length: m }, (_, i) => i);
  for (let i = m - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

// -- data ------------------------------------------------------------------------------------------

export const POINTS = 100;
export const DATA_SEED = 7;
/** Half the width of the interval of x that a data set is drawn from and shown on. */
export const REACH = { linear: 10, cubic: 2, own: 3 };

/**
 * Return a data set: `x` (m × d, row-major), `y` (m), `m` and `d`.
 *
 * `kind` is "linear", "cubic" or "own"; `own` takes the inputs and returns y. Points at which it has no
 * finite value are refused with a RangeError that names the first of them.
 */
export function makeData(kind, d, own = null) {
  const m = POINTS;
  const draw = uniform(DATA_SEED);
  const x = new Float64Array(m * d);
  const y = new Float64Array(m);
  for (let i = 0; i < m; i++) {
    if (kind === "linear" && d === 2) {
      // The cells of week 1: x₂ goes along with x₁, so the valley of the loss is narrow and oblique.
      const z1 = bell(draw);
      const z2 = bell(draw);
      x[2 * i] = 6 * z1;
      x[2 * i + 1] = 1.2 * z1 + 1.6 * z2;
    } else {
      for (let k = 0; k < d; k++) x[i * d + k] = 2 * REACH[kind] * draw() - REACH[kind];
    }
    const a = x[i * d];
    const b = d === 2 ? x[i * d + 1] : 0;
    if (kind === "linear") y[i] = d === 2 ? a - 2 * b + bell(draw) : 2 * a + 3 + 2 * bell(draw);
    else if (kind === "cubic") y[i] = d === 2 ? a ** 3 - 2 * b : a ** 3 + 0.2 * bell(draw);
    else y[i] = own(a, b);
    if (!Number.isFinite(y[i]) || Math.abs(y[i]) > 1e6) {
      const where = d === 2 ? `x1 = ${a.toFixed(2)}, x2 = ${b.toFixed(2)}` : `x = ${a.toFixed(2)}`;
      throw new RangeError(`it has no value at ${where} that can be drawn`);
    }
  }
  return { x, y, m, d };
}

// -- networks --------------------------------------------------------------------------------------

const ACTIVATIONS = {
  linear: { value: (z) => z, slope: () => 1 },
  relu: { value: (z) => (z > 0 ? z : 0), slope: (z) => (z > 0 ? 1 : 0) },
  tanh: { value: Math.tanh, slope: (z, a) => 1 - a * a },
  sigmoid: { value: (z) => 1 / (1 + Math.exp(-z)), slope: (z, a) => a * (1 - a) },
};

/** Return a network of the given sizes, inputs first, started as nn.Linear starts: evenly in ±1/√inputs. */
export function makeNetwork(sizes, activation, seed) {
  const draw = uniform(seed);
  const layers = [];
  for (let l = 1; l < sizes.length; l++) {
    const [inputs, outputs] = [sizes[l - 1], sizes[l]];
    const bound = 1 / Math.sqrt(inputs);
    const W = Float64Array.from({ length: inputs * outputs }, () => bound * (2 * draw() - 1));
    const b = Float64Array.from({ length: outputs }, () => bound * (2 * draw() - 1));
    layers.push({ inputs, outputs, W, b });
  }
  return { layers, activation };
}

/** Return per layer what its neurons receive (`z`) and pass on (`a`), for `m` rows of `x`. */
export function forward(network, x, m) {
  const { value } = ACTIVATIONS[network.activation];
  const last = network.layers.length - 1;
  const passed = [];
  let below = x;
  network.layers.forEach(({ inputs, outputs, W, b }, l) => {
    const z = new Float64Array(m * outputs);
    for (let i = 0; i < m; i++) {
      for (let o = 0; o < outputs; o++) {
        let sum = 0;
        for (let k = 0; k < inputs; k++) sum += W[o * inputs + k] * below[i * inputs + k];
        z[i * outputs + o] = sum + b[o];
      }
    }
    const a = l === last ? z : z.map(value);
    passed.push({ z, a });
    below = a;
  });
  return passed;
}

/** Return the predictions for `m` rows of `x`. */
export function predict(network, x, m) {
  return forward(network, x, m).at(-1).a;
}

/** Return the mean of the squared differences. */
export function mse(yHat, y) {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += (yHat[i] - y[i]) ** 2;
  return sum / y.length;
}

/** Return the loss of a network on a data set. */
export function lossOf(network, data) {
  return mse(predict(network, data.x, data.m), data.y);
}

/** Return the true gradient of the mean squared error (it keeps the 2), per layer `W` and `b`. */
export function gradientOf(network, { x, y, m }) {
  const { slope } = ACTIVATIONS[network.activation];
  const passed = forward(network, x, m);
  const gradient = network.layers.map(({ W, b }) => ({
    W: new Float64Array(W.length),
    b: new Float64Array(b.length),
  }));
  let back = passed.at(-1).a.map((yHat, i) => (2 * (yHat - y[i])) / m); // dL/dz of the layer at hand
  for (let l = network.layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, W } = network.layers[l];
    const below = l ? passed[l - 1].a : x;
    for (let i = 0; i < m; i++) {
      for (let o = 0; o < outputs; o++) {
        const g = back[i * outputs + o];
        gradient[l].b[o] += g;
        for (let k = 0; k < inputs; k++) gradient[l].W[o * inputs + k] += g * below[i * inputs + k];
      }
    }
    if (!l) break;
    const { z, a } = passed[l - 1];
    const next = new Float64Array(m * inputs);
    for (let i = 0; i < m; i++) {
      for (let k = 0; k < inputs; k++) {
        let sum = 0;
        for (let o = 0; o < outputs; o++) sum += W[o * inputs + k] * back[i * outputs + o];
        const at = i * inputs + k;
        next[at] = sum * slope(z[at], a[at]);
      }
    }
    back = next;
  }
  return gradient;
}

/** Take one step of plain gradient descent on a data set, or on the rows of it that are given. */
export function step(network, data, lr, rows = null) {
  const gradient = gradientOf(network, rows ? take(data, rows) : data);
  network.layers.forEach(({ W, b }, l) => {
    for (let i = 0; i < W.length; i++) W[i] -= lr * gradient[l].W[i];
    for (let i = 0; i < b.length; i++) b[i] -= lr * gradient[l].b[i];
  });
}

function take({ x, y, d }, rows) {
  const some = { x: new Float64Array(rows.length * d), y: new Float64Array(rows.length), m: rows.length, d };
  rows.forEach((row, i) => {
    for (let k = 0; k < d; k++) some.x[i * d + k] = x[row * d + k];
    some.y[i] = y[row];
  });
  return some;
}

/** Take one epoch: all rows at once, or once each in mini-batches of a new random order. */
export function epoch(network, data, lr, batch, draw) {
  if (batch >= data.m) return step(network, data, lr);
  const order = shuffled(data.m, draw);
  for (let i = 0; i < data.m; i += batch) step(network, data, lr, order.slice(i, i + batch));
}

// -- what the course counts --------------------------------------------------------------------------

/** Return the number of weights and biases of a fully connected network: question 5. */
export function countParameters(sizes) {
  let count = 0;
  for (let l = 1; l < sizes.length; l++) count += sizes[l - 1] * sizes[l] + sizes[l];
  return count;
}

/** Return that number's sum, written out: 2×3+3 + 3×1+1. */
export function parameterSum(sizes) {
  return sizes.slice(1).map((outputs, l) => `${sizes[l]}×${outputs}+${outputs}`).join(" + ");
}

/**
 * Return the places strictly between `low` and `high` at which a 1-input network has a kink.
 *
 * As in question 7: where the slope changes by more than 0.1 between neighbours on a grid of 4001 points;
 * neighbouring changes are one kink. Each place is then found exactly, where its two lines meet. Smooth
 * activations have none.
 */
export function findKinks(network, low, high) {
  if (network.activation !== "relu" || network.layers[0].inputs !== 1) return [];
  const m = 4001;
  const x = Float64Array.from({ length: m }, (_, i) => low + ((high - low) * i) / (m - 1));
  const { slope, value } = slopes(network, x);
  const kinks = [];
  let before = false;
  for (let i = 0; i + 1 < m; i++) {
    const jump = Math.abs(slope[i + 1] - slope[i]) > 0.1;
    if (jump && !before) {
      let at = (value[i] - slope[i] * x[i] - (value[i + 1] - slope[i + 1] * x[i + 1])) / (slope[i + 1] - slope[i]);
      at = Math.min(Math.max(at, x[i]), x[i + 1]);
      kinks.push({ x: at, y: value[i] + slope[i] * (at - x[i]) });
    }
    before = jump;
  }
  return kinks;
}

/** Return the values and the exact slopes of a 1-input network at every x. */
function slopes(network, x) {
  const { slope: derivative } = ACTIVATIONS[network.activation];
  const passed = forward(network, x, x.length);
  const m = x.length;
  let flow = new Float64Array(m).fill(1); // d(what the neurons pass on)/dx, layer by layer
  network.layers.forEach(({ inputs, outputs, W }, l) => {
    const { z, a } = passed[l];
    const hidden = l < network.layers.length - 1;
    const next = new Float64Array(m * outputs);
    for (let i = 0; i < m; i++) {
      for (let o = 0; o < outputs; o++) {
        let sum = 0;
        for (let k = 0; k < inputs; k++) sum += W[o * inputs + k] * flow[i * inputs + k];
        const at = i * outputs + o;
        next[at] = hidden ? sum * derivative(z[at], a[at]) : sum;
      }
    }
    flow = next;
  });
  return { slope: flow, value: passed.at(-1).a };
}

/** Return the one linear layer that equals a network without activations: question 6. */
export function collapse(network) {
  let { W, b } = network.layers[0];
  [W, b] = [Array.from(W), Array.from(b)];
  const d = network.layers[0].inputs;
  for (const { inputs, outputs, W: W2, b: b2 } of network.layers.slice(1)) {
    const [nextW, nextB] = [new Array(outputs * d).fill(0), Array.from(b2)];
    for (let o = 0; o < outputs; o++) {
      for (let k = 0; k < inputs; k++) {
        nextB[o] += W2[o * inputs + k] * b[k];
        for (let c = 0; c < d; c++) nextW[o * d + c] += W2[o * inputs + k] * W[k * d + c];
      }
    }
    [W, b] = [nextW, nextB];
  }
  return { W, b: b[0] };
}

/** Return the least-squares line (or plane): `W` (d), `b`, and its loss, which no line undercuts. */
export function bestLine({ x, y, m, d }) {
  const mean = new Array(d).fill(0);
  let meanY = 0;
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < d; k++) mean[k] += x[i * d + k] / m;
    meanY += y[i] / m;
  }
  const S = covariances({ x, m, d }, mean);
  const t = new Array(d).fill(0);
  for (let i = 0; i < m; i++) for (let k = 0; k < d; k++) t[k] += ((x[i * d + k] - mean[k]) * (y[i] - meanY)) / m;
  let W;
  if (d === 1) W = [t[0] / S[0]];
  else {
    const determinant = S[0] * S[3] - S[1] * S[2];
    W = [(S[3] * t[0] - S[1] * t[1]) / determinant, (S[0] * t[1] - S[2] * t[0]) / determinant];
  }
  const b = meanY - W.reduce((sum, w, k) => sum + w * mean[k], 0);
  const yHat = Float64Array.from({ length: m }, (_, i) => W.reduce((sum, w, k) => sum + w * x[i * d + k], b));
  return { W, b, loss: mse(yHat, y) };
}

function covariances({ x, m, d }, mean) {
  const S = new Array(d * d).fill(0);
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < d; k++) {
      for (let c = 0; c < d; c++) S[k * d + c] += ((x[i * d + k] - mean[k]) * (x[i * d + c] - mean[c])) / m;
    }
  }
  return S;
}

/**
 * Return the loss of the linear model as a quadratic form of its two coordinates.
 *
 * They are (w, b) for one input, and (w₁, w₂) with b at its best for two. The loss at `best + (u, v)` is
 * `floor + S₀u² + 2S₁uv + S₃v²`, so its level lines are ellipses.
 */
export function lossBowl(data) {
  const { x, m, d } = data;
  const line = bestLine(data);
  if (d === 2) {
    const mean = [0, 0];
    for (let i = 0; i < m; i++) for (let k = 0; k < 2; k++) mean[k] += x[2 * i + k] / m;
    return { best: line.W, S: covariances(data, mean), floor: line.loss };
  }
  let [sum, squares] = [0, 0];
  for (let i = 0; i < m; i++) [sum, squares] = [sum + x[i] / m, squares + (x[i] * x[i]) / m];
  return { best: [line.W[0], line.b], S: [squares, sum, sum, 1], floor: line.loss };
}

/** Return points on the level line of the bowl that lies `height` above its floor. */
export function ellipse({ best, S }, height, points = 72) {
  // S = LLᵀ; the circle √height·(cos, sin) pulled back through Lᵀ.
  const a = Math.sqrt(S[0]);
  const b = S[1] / a;
  const c = Math.sqrt(S[3] - b * b);
  return Array.from({ length: points }, (_, i) => {
    const angle = (2 * Math.PI * i) / points;
    const v = (Math.sqrt(height) * Math.sin(angle)) / c;
    return [best[0] + (Math.sqrt(height) * Math.cos(angle) - b * v) / a, best[1] + v];
  });
}
