// Debian's Chromium under playwright-core, as quiet and as clean as it gets.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** Start a browser with a fresh profile; `close()` ends it and removes the profile. */
export async function open(options = {}) {
  const profile = await mkdtemp(join(tmpdir(), "playground-"));
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  const context = await chromium.launchPersistentContext(profile, { executablePath, args: FLAGS, offline: true, ...options });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Return the address of the built page. */
export const PAGE = new URL("../../source/week1-mlp/playground.html", import.meta.url).href;
