"""Commands about this machine (*trusted*)."""

from __future__ import annotations

import json
import sys
from typing import IO

import click

from autograder.cli.common import course_here, need_linux, say


@click.command(short_help="Try to break each layer of the sandbox on this machine.")
@click.option("--json", "as_json", is_flag=True, help="Print layers and probes as JSON.")
@click.option("--warm", is_flag=True, help="Read all libraries first, so that hand-ins find them in memory.")
def selftest(as_json: bool, warm: bool) -> None:
    """Say which layers of the sandbox are active on this machine, and try to break each.

    Exits 3 if a layer that is active lets a probe through, or hidden checks would be refused.
    """
    need_linux()
    from dataclasses import asdict

    from autograder.sandbox import interpreter, pages
    from autograder.sandbox.selftest import selftest as run

    found = run()
    if warm:
        pages.warm(interpreter.readable_paths())
    windows = pages.count_windows(interpreter.readable_paths())
    found["pages"] = asdict(windows)
    if as_json:
        click.echo(json.dumps(found, indent=1))
    else:
        from autograder.report import table

        click.echo(table(["layer", "state"], [[name, str(state)] for name, state in found["layers"].items()]))
        probes = [[p["name"], p["outcome"]] for p in found["probes"]]
        click.echo("\n" + table(["probe", "outcome"], probes))
        for name in found["broken"]:
            click.echo(f"BROKEN: {name}")
        click.echo(windows)
        for line in found["decision"].get("warnings", ()):
            click.echo(f"warning: {line}")
        click.echo(
            "hidden checks: " + ("run" if found["decision"]["allowed"] else found["decision"]["refusal"])
        )
    sys.exit(0 if found["decision"]["allowed"] and not found["broken"] else 3)


@click.command(short_help="Say what this machine and this course can do, and what to do about the rest.")
@click.option("--json", "as_json", is_flag=True, help="Print the lines as JSON.")
def doctor(as_json: bool) -> None:
    """Look at Python, torch, memory, the sandbox, nbgrader's configuration, packages, releases, disk.

    Works outside of a course, too. Exits 1 if there is something to do.
    """
    from autograder.hosts.doctor import examine

    lines = examine()
    if as_json:
        shown = [{"name": x.name, "ok": x.ok, "found": x.found, "to_do": x.to_do} for x in lines]
        click.echo(json.dumps(shown, indent=1))
    else:
        width = max(len(line.name) for line in lines)
        for line in lines:
            click.echo(f"{'ok   ' if line.ok else 'TO DO'}  {line.name:{width}}  {line.found}")
            for words in line.to_do.splitlines():
                click.echo(f"{'':{width + 9}}{words}")
    sys.exit(0 if all(line.ok for line in lines) else 1)


@click.command(short_help="Say what Colab has by now in another version than the image, or not at all.")
@click.argument("assignments", nargs=-1, metavar="[ASSIGNMENT]…")
@click.option(
    "--freeze", type=click.File("rb"), required=True, help="What `pip freeze` prints there; - is stdin."
)
@click.option("--json", "as_json", is_flag=True, help="Print the rows as JSON.")
def drift(assignments: tuple[str, ...], freeze: IO[bytes], as_json: bool) -> None:
    """Compare Colab's libraries with the image's, as far as notebooks import them.

    Colab publishes its list: https://github.com/googlecolab/backend-info, pip-freeze.txt. Exits 1 if one is gone there
    or has another major version (below 1.0: another minor one).
    """
    from dataclasses import asdict

    from autograder.hosts.drift import compare, read_freeze

    rows = compare(course_here(), assignments, read_freeze(freeze.read(), freeze.name))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        from autograder.report import table

        words = [[r.library, r.image, r.there or "-", r.state, ", ".join(r.used_by), r.note] for r in rows]
        click.echo(table(["library", "image", "there", "compared", "imported by", "note"], words))
    far = [row.library for row in rows if row.is_drift]
    if far:
        say(f"gone, or another library by now: {', '.join(far)}. Try the notebooks there before students do.")
    sys.exit(1 if far else 0)
