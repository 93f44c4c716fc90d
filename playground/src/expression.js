/** A function of one's own, as text: parsed here, never evaluated by the browser, and written for PyTorch. */

const FUNCTIONS = {
  sin: Math.sin, cos: Math.cos, tan: Math.tan, exp: Math.exp, log: Math.log, sqrt: Math.sqrt,
  abs: Math.abs, tanh: Math.tanh, sign: Math.sign, relu: (v) => Math.max(v, 0), max: Math.max, min: Math.min,
};
const TORCH = { relu: "F.relu", max: "torch.maximum", min: "torch.minimum" };
const CONSTANTS = { pi: Math.PI, e: Math.E };
const OPERATORS = {
  "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "/": (a, b) => a / b, "^": (a, b) => a ** b,
};
export const NAMES = Object.keys(FUNCTIONS).join(", ");

/**
 * Return `{ f, torch }` of a text such as "sin(2x)": a function of the inputs, and an expression in PyTorch.
 *
 * With one input its name is x, with two they are x1 and x2. Throws a SyntaxError with a sentence for the reader.
 */
export function parse(text, inputs) {
  const names = inputs === 1 ? ["x"] : ["x1", "x2"];
  if (text.length > 200) throw new SyntaxError("that is longer than 200 characters");
  const tokens = text.replaceAll("**", "^").match(/\d+\.?\d*(?:e[+-]?\d+)?|\.\d+|[A-Za-z]\w*|\S/g) ?? [];
  let at = 0;
  const eat = (...wanted) => (wanted.includes(tokens[at]) ? tokens[at++] : null);
  const expect = (wanted) => {
    if (!eat(wanted)) throw new SyntaxError(`“${wanted}” is missing before ${tokens[at] ? `“${tokens[at]}”` : "the end"}`);
  };

  const sum = () => {
    let left = product();
    for (let sign; (sign = eat("+", "-")); ) left = binary(sign, left, product());
    return left;
  };
  const product = () => {
    let left = signed();
    for (;;) {
      const sign = eat("*", "/");
      if (sign) left = binary(sign, left, signed());
      else if (tokens[at] && /^[A-Za-z(]/.test(tokens[at])) left = binary("*", left, power()); // 2x, 3(x+1)
      else return left;
    }
  };
  const signed = () => {
    if (eat("+")) return signed();
    return eat("-") ? binary("-", constant(0), signed()) : power();
  };
  const power = () => {
    const base = atom();
    return eat("^") ? binary("^", base, signed()) : base;
  };
  const atom = () => {
    const token = tokens[at++];
    if (token === undefined) throw new SyntaxError("something is missing at the end");
    if (token === "(") {
      const inner = sum();
      expect(")");
      return inner;
    }
    if (/^[\d.]/.test(token)) {
      if (!Number.isFinite(Number(token))) throw new SyntaxError(`“${token}” is no number`);
      return constant(Number(token));
    }
    if (names.includes(token)) {
      const k = names.indexOf(token);
      return { f: (a, b) => (k ? b : a), torch: token };
    }
    if (Object.hasOwn(CONSTANTS, token)) return constant(CONSTANTS[token]);
    if (Object.hasOwn(FUNCTIONS, token)) {
      expect("(");
      const given = [sum()];
      while (eat(",")) given.push(sum());
      expect(")");
      const wanted = token === "max" || token === "min" ? 2 : 1;
      if (given.length !== wanted) throw new SyntaxError(`${token} takes ${wanted === 1 ? "one value" : "two values"}`);
      return call(token, given);
    }
    const known = `${names.join(" and ")}, numbers, pi, e and ${NAMES}`;
    throw new SyntaxError(`“${token}” is unknown; known are ${known}`);
  };

  const result = sum();
  if (at < tokens.length) throw new SyntaxError(`“${tokens[at]}” is not expected there`);
  return { f: result.f, torch: result.torch };
}

function constant(value) {
  return { f: () => value, torch: Number.isInteger(value) ? value.toFixed(1) : String(value), value };
}

function binary(sign, left, right) {
  const operator = OPERATORS[sign];
  if ("value" in left && "value" in right) return fold(operator(left.value, right.value));
  const python = sign === "^" ? "**" : sign;
  return { f: (a, b) => operator(left.f(a, b), right.f(a, b)), torch: `(${left.torch} ${python} ${right.torch})` };
}

function call(name, given) {
  const function_ = FUNCTIONS[name];
  if (given.every((g) => "value" in g)) return fold(function_(...given.map((g) => g.value)));
  const torch = given.map((g) => ("value" in g ? `torch.tensor(${g.torch}, dtype=torch.float64)` : g.torch));
  return {
    f: (a, b) => function_(...given.map((g) => g.f(a, b))),
    torch: `${TORCH[name] ?? `torch.${name}`}(${torch.join(", ")})`,
  };
}

function fold(value) {
  if (!Number.isFinite(value)) throw new SyntaxError("a part of it is no finite number");
  return constant(value);
}
