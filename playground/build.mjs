// Bundles the page into one file: node build.mjs [target]. The same sources always give the same bytes.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Return the whole page: markup, style and script in one text, and a policy that lets nothing else in. */
export async function page() {
  const bundled = await build({
    entryPoints: [here("src/main.js")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: ["chrome109", "firefox115", "safari16"],
    charset: "utf8",
    legalComments: "none",
  });
  const script = bundled.outputFiles[0].text.trim().replaceAll("</script", "<\\/script");
  const css = await readFile(here("src/style.css"), "utf8");
  const style = (await transform(css, { loader: "css", minify: true, charset: "utf8" })).code.trim();
  const sha = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const policy = `default-src 'none'; script-src ${sha(script)}; style-src ${sha(style)}; base-uri 'none'; form-action 'none'`;
  const html = await readFile(here("src/page.html"), "utf8");
  return html
    .replace("{{policy}}", () => policy)
    .replace("{{style}}", () => style)
    .replace("{{script}}", () => script);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const targets = process.argv.slice(2);
  const text = await page();
  for (const target of targets) await writeFile(target, text);
  console.log(`${Buffer.byteLength(text)} bytes`);
}
