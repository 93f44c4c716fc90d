"""``autograder``: the commands of every room under one name (*trusted*)."""

from __future__ import annotations

import errno
import sys
import traceback
from typing import TYPE_CHECKING, Any

import click

from autograder import __version__, interrupts
from autograder.cli import (
    arrivals,
    author,
    by_hand,
    classroom,
    compare,
    convert,
    departures,
    hosts,
    machine,
    overview,
    regrade,
)
from autograder.cli.common import say
from autograder.errors import AutograderError, UsageError

if TYPE_CHECKING:
    pass

# jsonschema, which nbformat imports, compiles 38 grammars for internationalised addresses if this library is there.
# No notebook's schema has one, and it takes longer than all else that a command imports. None: not there.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

_REFUSED = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
}  # by a disk of yours, not by us
_ON_FAULT = "Results written before it stay; no score was lowered. Please report it with the lines above."


class _Group(click.Group):
    """Turns exceptions into a sentence on stderr and an exit code; what is not ours to raise is our fault."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with interrupts.once():
                return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            said = getattr(stop, "said", "") or "What was finished before is kept."
            say(f"\nautograder: interrupted. {said}")
            ctx.exit(getattr(stop, "exit_code", 130))
        except AutograderError as error:
            click.echo(f"autograder: {error}", err=True)
            ctx.exit(error.exit_code)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except OSError as error:
            if error.errno not in _REFUSED or not error.filename:
                raise
            click.echo(f"autograder: {error.filename}: {error.strerror}; the command ended there.", err=True)
            ctx.exit(UsageError.exit_code)
        except Exception as error:  # noqa: BLE001  whatever it is, it must not look like a refused release
            click.echo(traceback.format_exc(), err=True)
            click.echo(
                f"autograder: a fault of its own: {type(error).__name__}: {error}\n{_ON_FAULT}", err=True
            )
            ctx.exit(AutograderError.exit_code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Grade notebooks for deep-learning courses: hidden pytest checks, judged from another process.

    Exit codes: 0 graded (whatever the score), 1 release refused, 2 usage, 3 a fault of ours, 130 interrupted (Ctrl-C).
    """


for _command in (
    author.init,
    author.new,
    author.reference,
    author.validate,
    author.lint,
    author.release,
    convert.convert,
    arrivals.roster,
    arrivals.collect,
    classroom.grade,
    classroom.report,
    overview.overview,
    regrade.regrade,
    compare.compare,
    by_hand.feedback,
    departures.late,
    departures.export,
    hosts.bundle,
    hosts.gradescope,
    hosts.prairielearn,
    hosts.preflight,
    machine.selftest,
    machine.doctor,
    machine.drift,
):
    main.add_command(_command)

if __name__ == "__main__":
    main()
