"""A real Jupyter server with nbgrader's formgrader, for tests and pictures: own port, own token, stopped by its pid."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

START_S = 120.0
# The formgrader takes MathJax from another machine and sets up its keys when MathJax says that it is done.
MATHJAX = "window.MathJax = {Hub: {Config() {}, Queue() {}, Startup: {signal: {Interest(f) { f('End'); }}}}};"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


@contextmanager
def jupyter_server(course: Path) -> Iterator[tuple[str, str]]:
    """Start a server in a course's folder, as an instructor does; give its address and token, and stop it at the end."""
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="formgrader-") as scratch:
        own = {f"JUPYTER_{name}_DIR": f"{scratch}/{name}" for name in ("CONFIG", "RUNTIME", "DATA")}
        own |= {"HOME": scratch, "JUPYTER_TOKEN": token, "IPYTHONDIR": f"{scratch}/ipython"}
        command = [
            sys.executable,
            "-m",
            "jupyter_server",
            "--no-browser",
            "--allow-root",
            "--port=0",
            "--ip=127.0.0.1",
        ]
        with (Path(scratch) / "log").open("w+") as log:
            server = subprocess.Popen(
                command, cwd=course, env=os.environ | own, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
            try:
                yield _address(Path(own["JUPYTER_RUNTIME_DIR"]), server, Path(scratch) / "log"), token
            finally:
                server.terminate()
                try:
                    server.wait(20)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.wait()


def _address(runtime: Path, server: subprocess.Popen[bytes], log: Path) -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            try:
                return str(json.loads(path.read_text())["url"]).rstrip("/")
            except ValueError:  # half written
                pass
        time.sleep(0.1)
    raise RuntimeError(f"no server:\n{log.read_text()[-3000:]}")


def _answer(route: Any) -> None:
    if "/mathjax/" in route.request.url:
        route.fulfill(body=MATHJAX, content_type="text/javascript")
    else:
        route.abort()


@contextmanager
def browser_page(address: str, token: str, **options: Any) -> Iterator[Any]:
    """Give a page of a headless Chromium that is logged in; nothing but the server can be reached from it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        context = chromium.new_context(**options)
        context.route(lambda url: not url.startswith(address), _answer)
        context.set_default_timeout(120_000)  # a busy machine is no failure
        page = context.new_page()
        page.goto(f"{address}/login")
        page.fill("input[name=password]", token)
        page.click("#login_submit")
        page.wait_for_load_state()
        yield page
        chromium.close()
