"""What ``package()`` knows of an assignment, and the end that it can come to (*student side*, standard library)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


class NotPackaged(Exception):
    """Nothing is written; the text says why and what to do."""


@dataclass(frozen=True)
class Expected:
    """What an assignment wants beside its notebook.

    ``names`` are names or patterns of files, the first that is there counts for weights and scripts. ``model`` is an
    expression whose value takes the weights. A script runs with ``arguments`` on the header and the first ten rows
    of the file ``rows``, which it finds as ``rows.txt``, and writes ``out``. Of ``logs`` what says who and where goes.
    """

    names: tuple[str, ...]
    what: str = ""
    model: str = ""
    arguments: tuple[str, ...] = ()
    rows: str = ""
    out: str = ""
    optional: bool = False
    logs: bool = False


@dataclass(frozen=True)
class Assignment:
    """The public facts of a release that ``package()`` goes by."""

    name: str
    version: str
    bundle: str  # the first digits of the digest of its checks
    checks: dict[str, tuple[str, float]]  # visible check -> its question, its points
    answers: dict[str, str]  # cell that students write in -> digest of its text as released
    unmarked: tuple[
        str, ...
    ]  # those whose first line does not name them: an editor may lose which cell they are
    train: tuple[str, ...]  # cells that do not run again when it is graded
    expected: tuple[Expected, ...]
    given: tuple[str, ...]  # names that the first cell defines


@dataclass
class Found:
    """What was found out about one hand-in."""

    files: dict[str, bytes] = field(default_factory=dict)  # name in the archive -> content
    good: list[str] = field(default_factory=list)  # sentences
    missing: list[str] = field(default_factory=list)  # what would cost points
    remarks: list[str] = field(default_factory=list)
    order: list[dict[str, Any]] = field(
        default_factory=list
    )  # cells that use what comes later, or not at all


def expectation(*names: str, **rest: Any) -> Expected:
    """Return what ``hand_in(…)`` says in a notebook.

    Raises
    ------
    ValueError
        If a name is not one inside the notebook's folder, or an argument has another type.
    """
    if not names:
        raise ValueError("hand_in: no file is named")
    for name in names:
        if not isinstance(name, str) or not name or name.startswith(("/", "~")) or ".." in name.split("/"):
            raise ValueError(f"hand_in: {name!r} is no name of a file beside the notebook")
    texts = {key: rest.pop(key, "") for key in ("what", "model", "rows", "out")}
    wrong = [key for key, value in texts.items() if not isinstance(value, str)]
    arguments = rest.pop("arguments", ())
    switches = {key: rest.pop(key, False) for key in ("optional", "logs")}
    wrong += [key for key, value in switches.items() if not isinstance(value, bool)]
    if rest or wrong:
        raise ValueError(f"hand_in: {', '.join([*rest, *wrong])} is not known, or of another type")
    if not isinstance(arguments, (list, tuple)) or any(not isinstance(a, str) for a in arguments):
        raise ValueError("hand_in: arguments is a list of texts")
    if arguments and not (texts["rows"] and texts["out"]):
        raise ValueError("hand_in: a script with arguments needs rows= and out=, too")
    if texts["model"]:
        try:
            compile(texts["model"], "model", "eval")
        except SyntaxError as error:
            raise ValueError(f"hand_in: model={texts['model']!r} is no expression: {error.msg}") from None
    return Expected(tuple(names), arguments=tuple(arguments), **texts, **switches)
