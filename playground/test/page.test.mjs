// The committed page is the one that these sources give, and it needs nothing else.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { page } from "../build.mjs";

const committed = (folder) => readFile(new URL(`../../${folder}/week1-mlp/playground.html`, import.meta.url), "utf8");

test("the committed page is up to date (if not: make playground)", async () => {
  const built = await page();
  assert.ok((await committed("source")) === built, "source/week1-mlp/playground.html is not what the sources give");
  assert.ok((await committed("release")) === built, "release/week1-mlp/playground.html is not what the sources give");
});

test("the page is at most 200 KB and names no address but SVG's namespace", async () => {
  const text = await committed("source");
  assert.ok(Buffer.byteLength(text) <= 200_000);
  const addresses = new Set(text.match(/\b\w+:\/\/[^\s"'`)]+/g));
  assert.deepEqual([...addresses], ["http://www.w3.org/2000/svg"]);
  assert.doesNotMatch(text, /\b(src|href)=/);
  assert.doesNotMatch(text, /document\.cookie|localStorage|sessionStorage|indexedDB|fetch\(|XMLHttpRequest|WebSocket|sendBeacon|\beval\b|new Function/);
});
