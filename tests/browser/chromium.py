"""A headless Chromium, and what axe says of a page in it; CHROMIUM=/path/to/chrome takes another one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "playground" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def launched() -> Iterator[Any]:
    """Give a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


def axe_finds_nothing(page: Any, *, passes: int) -> None:
    """Assert that axe has no violation to tell, and that it did look: more than ``passes`` of its rules passed."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    told = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert len(told["passes"]) > passes
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in told["violations"]] == []
