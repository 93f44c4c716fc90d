"""What a check can see beside results: later changes, shared buffers, gradients, generators, modes."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from autograder.checks import CheckFailed, Tensor  # noqa: E402
from autograder.sandbox import operations  # noqa: E402
from autograder.sandbox.proxy import Namespace  # noqa: E402


class Direct:
    """A process that is none: operations are called where we are."""

    def request(self, name: str, *arguments: Any) -> Any:
        """Carry out one operation, as the worker does."""
        plain = [torch.tensor(a.array) if isinstance(a, Tensor) else a for a in arguments]
        found = operations.OPERATIONS[name](*plain)
        return [None if g is None else g.numpy() for g in found] if name == "backward" else found


@pytest.fixture
def student() -> Any:
    """Return the operations, as a check has them."""
    return Namespace(Direct())  # type: ignore[arg-type]


def test_observe_gives_what_is_held_itself(student: Any) -> None:
    """A change that comes after the call is seen in what was held."""
    held = student.hold([3, 1, 2])
    seen = student.observe(lambda numbers: numbers, held)
    seen.result.sort()
    assert held.value == [1, 2, 3]


def test_calls_shows_a_buffer_handed_out_twice(student: Any) -> None:
    """The first result is looked at after the second call."""
    buffer = np.zeros(2)

    def fill(value: float) -> np.ndarray:
        buffer[:] = value
        return buffer

    first, second = student.calls(fill, [[1.0], [2.0]])
    assert first.tolist() == second.tolist() == [2.0, 2.0]
    first, second = student.calls(lambda value: np.full(2, value), [[1.0], [2.0]])
    assert first.tolist() != second.tolist()


@pytest.mark.parametrize("cut", [False, True])
def test_backward_sees_whether_gradients_reach_a_layer(student: Any, cut: bool) -> None:
    """Behind a detach there are none; what was left before has no influence, and nothing is left."""

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = torch.nn.Linear(2, 2), torch.nn.Linear(2, 1)

        def forward(self, x: Any) -> Any:
            hidden = self.first(x)
            return self.second(hidden.detach() if cut else hidden).squeeze(1)

    net = Net()
    net(torch.ones(1, 2)).sum().backward()
    found = student.backward(net, np.ones((3, 2), np.float32), np.array([1.0, 2.0, -1.0], np.float32))
    assert [g is None for g in found] == [cut, cut, False, False]
    assert found[3].tolist() == [2.0]
    assert all(p.grad is None for p in net.parameters())


def test_backward_of_what_is_on_no_graph_gives_none(student: Any) -> None:
    """A model that records nothing has no gradients, and that is no error."""

    class Net(torch.nn.Linear):
        def forward(self, x: Any) -> Any:
            return super().forward(x).detach().squeeze(1)

    assert student.backward(Net(2, 1), np.ones((3, 2), np.float32), np.ones(3, np.float32)) == [None, None]


def left_double() -> None:
    """Leave another default dtype."""
    torch.set_default_dtype(torch.float64)


def left_silent() -> None:
    """Leave gradients unrecorded."""
    torch.set_grad_enabled(False)


@pytest.mark.parametrize(
    ("call", "found"),
    [
        (lambda: None, []),
        (lambda: (torch.rand(3), np.random.rand(), random.random()), []),  # noqa: NPY002
        (lambda: torch.Generator().manual_seed(1), []),
        (lambda: torch.manual_seed(0), ["seed"]),
        (lambda: np.random.seed(0), ["seed"]),  # noqa: NPY002
        (lambda: random.seed(0), ["seed"]),
        (left_double, ["dtype"]),
        (left_silent, ["gradients"]),
    ],
)
def test_side_effects_are_named(student: Any, call: Any, found: list[str]) -> None:
    """Drawing numbers is none; setting a generator for everybody is."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        assert student.side_effects(call) == found
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        random.setstate(states[2])


def test_stand_in_is_found_by_the_function_only_there(student: Any) -> None:
    """The name means something right from then on; what has no globals is left alone."""
    names: dict[str, Any] = {}
    exec("def slide(a, b): return 0\ndef scan(a, b): return slide(a, b)", names)
    assert student.stand_in(names["scan"], "slide", "slide")
    assert names["scan"](torch.arange(3.0), np.array([1.0, 10.0])).tolist() == [10.0, 21.0]
    exec("def read(seq): return code(seq)", names)
    assert student.stand_in(names["read"], "code", "rows", {"A": [1.0, 0.0], "C": [0.0, 1.0]})
    assert names["read"]("CA").tolist() == [[0.0, 1.0], [1.0, 0.0]]
    assert not student.stand_in(len, "slide", "slide")


def test_odd_answers_fail_the_check(student: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the other side says is checked before it is used."""
    for name in ("calls", "surroundings"):
        monkeypatch.setitem(operations.OPERATIONS, name, lambda *_: "nonsense")
    for ask in (
        lambda: student.calls(len, [["a"]]),
        lambda: student.side_effects(lambda: None),
    ):
        with pytest.raises(CheckFailed):
            ask()
