"""Both ends of a conversation in one process: what crosses is encoded and decoded as on the wire."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from autograder.foreign import Example, Foreign, ForeignTest
from autograder.judge import desk
from autograder.judge.foreign_session import Session
from autograder.sandbox.inside import foreign as student_side
from tests.foreign_course import across


class Pair:
    """A notebook's names, and the session that asks for them."""

    def __init__(self, source: str, words: tuple[str, ...] | None = (), *, proving: bool = False) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(source, "<notebook>", "exec"), self.names)
        self._asked: queue.Queue[Any] = queue.Queue()
        self._answers: queue.Queue[Any] = queue.Queue()
        self.foreign = student_side.Foreign(self.names, self._ask_back)
        self.session = Session(self._exchange, words, proving=proving)
        threading.Thread(target=self._serve, daemon=True).start()

    def _exchange(self, message: list[Any]) -> Any:
        self._asked.put(across(message))
        return across(self._answers.get(timeout=20))

    def _serve(self) -> None:
        while True:
            self._answer(self._asked.get())

    def _answer(self, message: list[Any]) -> None:
        self._answers.put(self.foreign.perform(message[1], message[2]))

    def _ask_back(self, question: Any) -> Any:
        self._answers.put({"callback": question})
        while True:
            message = self._asked.get()
            if message[1][0] == "resume":
                return message[1]
            self._answer(message)

    def run(self, code: str, **more: Any) -> dict[str, Any]:
        """Judge a test cell (or ``examples``) and return the desk's report."""
        given = {"judged": (), **more}
        given["examples"] = tuple(Example(*e) for e in given.get("examples", ()))
        modules, definitions = given.pop("modules", {"np": "numpy"}), given.pop("definitions", "")
        libraries = given.pop("libraries", ("torch", "pandas"))
        test = ForeignTest(question="q", name="test_q", code=code, **given)
        foreign = Foreign(
            dialect="nbgrader",
            notebook="hw.ipynb",
            modules=modules,
            definitions=definitions,
            libraries=libraries,
            tests=(test,),
        )
        return desk.judge(foreign, test, self.session)


@pytest.fixture
def pair() -> Iterator[Callable[..., Pair]]:
    """Make a notebook from a source, and a session with it."""
    yield Pair
