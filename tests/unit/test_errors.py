"""The tree of exceptions, its exit codes and its words."""

from __future__ import annotations

import inspect
import pickle

import pytest

from autograder import errors
from autograder.errors import AutograderError, DeadlineExceeded, SandboxError, SubmissionError, WireError

ALL = {name: cls for name, cls in vars(errors).items() if inspect.isclass(cls)}


def test_module_docstring_draws_the_tree() -> None:
    """Every class stands there below its base, with the exit code it has."""
    lines = (errors.__doc__ or "").split("\n")
    drawn: dict[str, tuple[int, str]] = {}
    for line in lines:
        name = line.strip(" │├└─").split(" ")[0]
        if name in ALL:
            code = line.split(name)[1].split(":")[0].strip().removeprefix("exit code ")
            drawn[name] = (len(line) - len(line.lstrip(" │├└─")), code)
    assert drawn.keys() == ALL.keys()
    for name, cls in ALL.items():
        base = cls.__mro__[1]
        if base is not Exception:
            assert drawn[base.__name__][0] < drawn[name][0]
        if drawn[name][1].isdigit():
            assert cls.exit_code == int(drawn[name][1]), name


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (WireError("too long"), "wire: too long"),
        (WireError("too long", 5), "wire: too long: found 5"),
        (WireError("too long", 5, 4), "wire: too long: found 5, limit 4"),
        (WireError("too long", 0, 0), "wire: too long: found 0, limit 0"),
        (WireError("bad key", "x" * 500), "wire: bad key: found '" + "x" * 119),
        (DeadlineExceeded("fork", 10.0), "fork: no answer within 10 s"),
        (DeadlineExceeded("cell", 0.25), "cell: no answer within 0.25 s"),
        (SubmissionError("no notebook"), "no notebook"),
    ],
)
def test_error_has_its_numbers(error: AutograderError, text: str) -> None:
    """What was found and the limit, capped."""
    assert str(error) == text


@pytest.mark.parametrize(
    "error", [WireError("a", 1, 2), DeadlineExceeded("a", 1.5), SubmissionError("r"), SandboxError("s")]
)
def test_error_crosses_a_process_pool(error: AutograderError) -> None:
    """A worker's fault arrives with its words, not as a TypeError of its own making."""
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))


def test_a_students_fault_is_not_an_error_exit() -> None:
    """A hand-in that cannot be read is a result; all else is 1, 2 or 3."""
    assert SubmissionError.exit_code == 0
    assert {cls.exit_code for cls in ALL.values() if cls is not SubmissionError} == {1, 2, 3}
