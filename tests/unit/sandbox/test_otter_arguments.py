"""What otter's exception-based tests are called with."""

from __future__ import annotations

from typing import Any

import pytest

from autograder.sandbox import test_code


class Notebook(test_code.Names):
    """The names of a notebook that has one."""

    def fetch(self, name: str) -> Any:
        return {"there": 3}[name]

    def others(self) -> list[str]:
        return ["there"]


def test_an_argument_that_names_nothing_is_none() -> None:
    """As in otter, whatever its default is; ``env`` is all names, and no builtin stands for a missing name."""
    seen: list[Any] = []

    def asks(there: Any, absent: Any, rest: Any = 5, *, env: Any) -> None:
        seen.extend((there, absent, rest, "there" in env, "absent" in env))

    test_code.call(asks, Notebook(["there", "absent", "rest"]))
    assert seen == [3, None, None, True, False]


def test_a_failure_for_want_of_a_name_is_told_as_that() -> None:
    """The student reads which name is missing, and not what None cannot do."""

    def asks(there: Any, absent: Any) -> None:
        assert absent(there) == 4

    with pytest.raises(NameError, match="name 'absent' is not defined") as caught:
        test_code.call(asks, Notebook(["there", "absent"]))
    assert isinstance(caught.value.__cause__, TypeError)

    def fails(there: Any) -> None:
        assert there == 4, "other reasons stay as they are"

    with pytest.raises(AssertionError, match="stay as they are"):
        test_code.call(fails, Notebook(["there"]))


def test_a_function_sees_its_arguments_and_no_other_name() -> None:
    """otter keeps it in a file of its own: a module that the notebook imported is not there."""
    plan = {"examples": (), "partial": False, "seed": None, "call": "test_it"}
    code = "import math\n\ndef test_it(there{}):\n    assert math.sqrt(9) == there == int('3')\n    {}"
    names = Notebook(["there"])
    assert test_code.run({**plan, "code": code.format("", "pass")}, names).passed
    ending = test_code.run({**plan, "code": code.format("", "absent")}, names)
    assert isinstance(ending.error, NameError)
    assert test_code.run({**plan, "code": code.format(", env", "assert env['there'] == 3")}, names).passed
    hidden = code.format("", "there_too = there\n\ndef there(): pass")
    assert not test_code.run({**plan, "code": hidden.replace("(there)", "()")}, names).passed
