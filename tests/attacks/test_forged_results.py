"""A perfect result, written to every place and descriptor where a grader might look for one."""

from __future__ import annotations

import pytest

PERFECT = '{"score": 11.0, "tests": [{"name": "q1", "score": 4.0, "max_score": 4.0, "status": "passed"}]}'


def test_results_written_everywhere_are_ignored(grade):
    """The grader reads no file of the student's; folders outside the work folder are closed anyway."""
    verdict = grade(
        {"q1_answer": "def sum_of_squares(values):\n    return 0"},
        extra=(
            f"""
        import os
        wrote = []
        folders = [".", "..", "/tmp", "/var/tmp", "/dev/shm", "/autograder", "/autograder/results",
                   "/autograder/source", "/work", "/root", "/gradescope", os.path.expanduser("~"), "/var/cache/autograder"]
        for folder in folders:
            for name in ("results.json", "results/results.json", "grading.json", "run_autograder", "bundle.json"):
                try:
                    with open(os.path.join(folder, name), "w") as file:
                        file.write({PERFECT!r})
                    wrote.append(folder)
                except OSError:
                    pass
        print("wrote", sorted(set(wrote) - {{".", os.path.expanduser("~")}}))
        """,
        ),
    )
    assert verdict.lost == {"q1": 4.0}
    wrote = next(line for line in verdict.outputs.split("\n") if line.startswith("wrote"))
    assert wrote in ("wrote ['/dev/shm']", "wrote []")  # nothing where another run of this test is writing


@pytest.mark.parametrize("first", [0, 3])
def test_results_written_to_every_descriptor_cost_only_that_cell(grade, first):
    """Noise on the wire is no reply: the process is replaced, the cell is left out."""
    verdict = grade(
        {"q1_answer": "def sum_of_squares(values):\n    return 0"},
        extra=(
            f"""
        import os
        for fd in range({first}, 256):
            try:
                os.write(fd, {PERFECT.encode()!r} * 10)
            except OSError:
                pass
        """,
        ),
    )
    assert verdict.lost == {"q1": 4.0}
    assert list(verdict.problems.values()) == [
        "ended the Python process; it was left out and the notebook run again"
    ]


def test_results_written_to_every_descriptor_in_a_check_fail_it(grade):
    """The same while a check waits for an answer."""
    verdict = grade(
        {
            "q1_answer": f"""
        import os
        def sum_of_squares(values):
            for fd in range(3, 256):
                try:
                    os.write(fd, {PERFECT.encode()!r})
                except OSError:
                    pass
            return 25
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}
    assert set(verdict.said.values()) == {
        "your code disturbed the connection to the grader; its answer could not be read"
    }


@pytest.mark.parametrize(
    "way", ["os.close(fd)", "os.dup2(os.open(os.devnull, os.O_RDWR), fd)", "os.ftruncate(fd, 0)"]
)
def test_descriptors_closed_or_replaced_cost_only_that_cell(grade, way):
    """A process that cut its own line is replaced."""
    verdict = grade(
        extra=(
            f"""
        import os
        for fd in [*range(3, 64), *range(96, 256)]:
            try:
                {way}
            except OSError:
                pass
    """,
            "print('after')",
        )
    )
    assert verdict.lost == {}
    assert "after" in verdict.outputs


def test_output_descriptors_closed_do_not_cost_points(grade):
    """Without standard output there are no outputs; the functions are judged all the same."""
    verdict = grade(extra=("import os; os.close(1); os.close(2)", "print('lost')"))
    assert verdict.lost == {}
