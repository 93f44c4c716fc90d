"""Frames that the student's code writes itself, in place of the program that should answer."""

from __future__ import annotations

import pytest

# The objects of the program in the student's process; ``send`` writes a frame of our own making.
TOOLS = """
import gc, os, struct, sys

HONEST_ONCE = True  # variants of one kind: see conftest.py
wire = sys.modules["autograder.sandbox.wire"]
server = next(o for o in gc.get_objects() if type(o).__name__ == "Server" and hasattr(o, "handles"))
def send(*chunks):
    server.channel.sock.setblocking(True)
    for chunk in chunks:
        server.channel.sock.sendall(chunk)
def frame(tree, n_buffers=0, length=None):
    return wire.MAGIC + struct.pack("<II", len(tree) if length is None else length, n_buffers) + tree
"""
DISTURBED = "your code disturbed the connection to the grader; its answer could not be read"
FRAMES = {
    "garbage": "send(b'GET / HTTP/1.1' * 100)",
    "giant tree": "send(frame(b'', 0, (1 << 32) - 1))",
    "many buffers": "send(frame(b'\\x90', (1 << 32) - 1))",
    "giant buffer": "send(frame(b'\\x90', 1), struct.pack('<QQ', 1 << 62, (1 << 64) - 1))",
    "outside the arena": "send(wire.MAGIC + struct.pack('<II', 1, 1) + struct.pack('<QQ', 1 << 20, 1 << 40) + b'\\x90')",
    "nested": "send(frame(b'\\x91' * 100000 + b'\\xc0'))",
    "empty maps": "send(frame(b'\\xdc\\xff\\xff' + b'\\x80' * 65535))",
    "wrong number": "send(*wire.encode([10**6, True, 25, 0.0]))",
    "old number": "send(*wire.encode([0, True, 25, 0.0]))",
    "bool number": "send(*wire.encode([True, True, 25, 0.0]))",
    "no list": "send(*wire.encode({'score': 4}))",
    "short list": "send(*wire.encode([1, True, 25]))",
    "odd error": "send(*wire.encode([1, False, {'names': [], 'text': '', 'line': 0}, 0.0]))",
    "odd verdict": "send(*wire.encode([1, 'passed', 25, 0.0]))",
}


@pytest.mark.parametrize("kind", FRAMES)
def test_forged_frame_fails_the_check(grade, kind):
    """A frame that breaks a rule, or answers another request, ends the process and fails the check."""
    verdict = grade(
        {
            "q1_answer": f"""{TOOLS}
def sum_of_squares(values):
    {FRAMES[kind]}
    return 25
"""
        }
    )
    assert verdict.lost == {"q1": 4.0}
    assert set(verdict.said.values()) <= {
        DISTURBED,
        "your code ended the Python process (os._exit, a crash or a signal)",
        "your code did not finish: it waited without computing (a sleep, a lock or an endless wait)",
    }


def test_reply_ahead_is_only_a_value(grade):
    """An answer written before the question is asked is judged as what it says, then the line is out of step."""
    verdict = grade(
        {
            "q1_answer": f"""{TOOLS}
def sum_of_squares(values):
    for number in range(1, 40):
        send(*wire.encode([number, True, 25, 0.0]))
    return 0
"""
        }
    )
    assert verdict.lost["q1"] == 4.0
    assert set(verdict.lost) == {"q1"}


def test_right_answer_by_a_forged_frame_is_a_right_answer(grade):
    """The frame is the student's word either way: what counts is the number in it."""
    verdict = grade(
        {
            "q1_answer": f"""{TOOLS}
def perform(name, arguments, real=server.perform):
    if name == "call":
        return sum(v * v for v in arguments[1][0])
    return real(name, arguments)
server.perform = perform
def sum_of_squares(values):
    return 0
"""
        }
    )
    assert verdict.lost == {"q2": 4.0, "q3": 3.0}


def test_cpu_time_that_is_claimed_buys_no_time(grade, monkeypatch, engine):
    """A process that claims to have used nothing, or years, is stopped on time all the same."""
    verdict = grade(
        {
            "q1_answer": f"""{TOOLS}
worker = sys.modules["__main__"] if hasattr(sys.modules["__main__"], "_cpu_s") else next(
    m for n, m in sys.modules.items() if n.endswith("sandbox.inside.worker"))
worker._cpu_s = lambda: 999999.0
def sum_of_squares(values):
    while len(values) != 2:
        pass
    return 25
"""
        }
    )
    assert verdict.lost == {"q1": 3.0}
    assert verdict.said["test_any_numbers"].startswith("your code did not finish")


def test_handles_without_number_do_not_stop_the_grading(grade):
    """A hundred thousand objects in one answer are refused, or let go of in portions."""
    verdict = grade(
        {
            "q1_answer": """
        def sum_of_squares(values):
            return [object() for _ in range(100_000)]
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}


def test_result_of_a_kind_that_the_wire_does_not_carry_fails_with_a_reason(grade):
    """Deep, giant or cyclic values are an error of the function that returned them."""
    verdict = grade(
        {
            "q1_answer": """
        def sum_of_squares(values):
            if len(values) == 2:
                nested = []
                for _ in range(100):
                    nested = [nested]
                return nested
            cycle = []
            cycle.append(cycle)
            return cycle
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_any_numbers"].startswith("your code raised ")


def test_outputs_of_odd_types_do_not_stop_the_grading(grade):
    """What the student's process says of its outputs may be anything that the wire carries."""
    verdict = grade(
        extra=(
            f"""{TOOLS}
cells = sys.modules["autograder.sandbox.inside.cells"]
odd = [np.arange(3), {{"a": np.arange(3)}}, [[]], b"x" * 1000, 1 << 60, float("nan"), object(), None, True]
def run_cell(shell, source, real=cells.run_cell):
    real(shell, source)
    return {{
        "ok": odd[0], "count": odd[4], "error": odd[1], "text": b"y" * (1 << 22), "line": odd[3],
        "outputs": [{{"output_type": v, "name": v, "text": v, "data": v, "traceback": v, "ename": v}} for v in odd]
        + [{{"output_type": k, "name": "stdout", "data": {{"text/plain": v, "image/png": v, "text/html": "<script>"}},
            "execution_count": v, "traceback": [v], "ename": v, "evalue": v}}
           for v in odd for k in ("stream", "display_data", "execute_result", "error")],
    }}
cells.run_cell = run_cell
""",
            "1",
        )
    )
    assert verdict.lost == {}
    assert "<script>" not in verdict.outputs
