// All that proves the page: node's tests, the agreement with PyTorch; counts in one closing line.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const python = process.argv[2] ?? "python3";
let [passed, failed] = [0, 0];

/** Run a command, show what it says, and add the numbers that it closes with. */
function run(command, args, patterns) {
  const ran = spawnSync(command, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const text = ran.stdout ?? "";
  process.stdout.write(text);
  const [good, bad] = patterns.map((pattern) => Number(text.match(pattern)?.[1] ?? 0));
  passed += good;
  failed += bad;
  if (ran.status !== 0 && !bad) failed++;
  if (!good) failed++; // a run without tests proves nothing
}

const files = ["arithmetic", "page", "browser"].map((name) => `playground/test/${name}.test.mjs`);
const node = ["--test", "--test-reporter=spec", "--test-concurrency=1", ...files];
run(process.execPath, node, [/^ℹ pass (\d+)$/m, /^ℹ (?:fail|cancelled) ([1-9]\d*)$/m]);
run(python, ["-m", "pytest", "-q", "tests/playground/agreement.py"], [/(\d+) passed/, /(\d+) (?:failed|error)/]);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
