"""Hand-ins that try to look like a fault of ours: they are the student's, and get the student's points."""

from __future__ import annotations

import os

import nbformat
import pytest

from autograder.sandbox import sweep

HONEST_ONCE = True  # variants of one kind: see conftest.py


def test_error_that_claims_to_be_ours_is_the_student_s(grade):
    """Names of our own errors, and pytest's outcomes, are only names."""
    verdict = grade(
        {
            "q1_answer": """
        SandboxError = type("SandboxError", (Exception,), {})
        Skipped = type("Skipped", (BaseException,), {})
        Exit = type("Exit", (BaseException,), {})
        def sum_of_squares(values):
            raise (SandboxError if len(values) == 2 else Skipped)("no")
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}
    assert verdict.said["test_any_numbers"].startswith("your code raised an error")


def test_error_with_odd_parts_is_the_student_s(grade):
    """Names that are no names, texts that raise, tracebacks that lie."""
    verdict = grade(
        {
            "q1_answer": """
        class Meta(type):
            def mro(cls):
                return [*super().mro()]
            __name__ = property(lambda cls: 1 / 0)
        class Odd(Exception, metaclass=Meta):
            def __str__(self): raise SystemExit
            __repr__ = __str__
        def sum_of_squares(values):
            raise Odd
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}


@pytest.mark.parametrize("kind", ["\\ud800", "\\x00", "a" * 100_000, "\\u202e<script>"])
def test_error_with_odd_text_is_the_student_s(grade, kind):
    """What cannot be encoded, or is too long, ends up as a shorter text."""
    verdict = grade({"q1_answer": f"def sum_of_squares(values):\n    raise ValueError('{kind}')"})
    assert verdict.lost == {"q1": 4.0}
    assert (
        "ValueError" in verdict.said["test_any_numbers"]
        or "UnicodeEncodeError" in verdict.said["test_any_numbers"]
    )


def test_handles_of_many_answers_are_let_go_of_in_portions(grade):
    """Thousands of objects in each answer must not make the next request too long to send."""
    verdict = grade(
        {
            "q1_answer": """
        def sum_of_squares(values):
            return [object() for _ in range(9000)]
        """
        }
    )
    assert verdict.lost == {"q1": 4.0}


def test_answer_as_large_as_the_wire_allows_is_compared(grade):
    """A giant array where a number is asked fails fast."""
    verdict = grade({"q1_answer": "def sum_of_squares(values):\n    return np.zeros(60 << 20, np.uint8)"})
    assert verdict.lost == {"q1": 4.0}
    assert (
        verdict.said["test_three_four"] == "the result: expected a number, got an array of shape (62914560,)"
    )


def test_long_text_where_a_number_is_asked_does_not_hang_the_check(grade):
    """Nothing explains the difference of two long texts in quadratic time."""
    verdict = grade({"q1_answer": "def sum_of_squares(values):\n    return 'ab\\n' * 300_000"})
    assert verdict.lost == {"q1": 4.0}


def test_cells_that_all_fail_are_the_student_s(grade):
    """Forty cells with an error each."""
    verdict = grade(extra=tuple(f"1 / 0  # {n}" for n in range(40)))
    assert verdict.lost == {}
    assert len(verdict.result.problems) == 40


def test_process_that_changes_places_with_its_child_is_dead(grade):
    """The parent ends, the child goes on answering: it is not the process that the grader started."""
    verdict = grade(extra=("import os\nif os.fork(): os._exit(0)",))
    assert verdict.lost == {"q1": 4.0, "q2": 4.0, "q3": 3.0}


def test_process_that_forbids_itself_to_fork_is_dead(grade):
    """Limits that a notebook lowers for itself are its own."""
    verdict = grade(extra=("import resource; resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))",))
    assert verdict.result.graded


def test_deep_folders_are_left_out(grade, tmp_path):
    """A tree of folders deeper than Python's recursion."""
    folder = tmp_path / "hand-in"
    folder.mkdir()
    here = os.getcwd()
    os.chdir(folder)
    for _ in range(1200):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(here)
    try:
        verdict = grade()
    finally:
        sweep.remove_tree(folder)  # too deep for pytest, too
    assert verdict.lost == {}


def test_long_names_are_shortened(grade, tmp_path):
    """Sixty names of a thousand control characters, each of them six characters of JSON."""
    deep = tmp_path / "hand-in" / ("\x01" * 250) / ("\x02" * 250) / ("\x03" * 250)
    deep.mkdir(parents=True)
    for n in range(60):
        (deep / (f"{n:02}" + "\x04" * 240)).write_bytes(b"x")
    verdict = grade()
    assert verdict.lost == {}


def test_name_that_is_no_utf8_is_a_name(grade, tmp_path):
    """A zip from an old Windows machine."""
    folder = tmp_path / "hand-in"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/\xdcbung.txt", "wb") as file:
        file.write(b"x")
    verdict = grade()
    assert verdict.lost == {}


def test_many_files_do_not_hide_the_notebook(grade, tmp_path):
    """Six hundred files whose names come before the notebook's."""
    folder = tmp_path / "hand-in" / "data"
    folder.mkdir(parents=True)
    for n in range(600):
        (folder / f"{n:03}").write_bytes(b"x")
    verdict = grade()
    assert verdict.lost == {}


def test_file_that_is_read_is_part_of_what_the_inputs_depend_on(grade, tmp_path):
    """Else a table could be learned: the same hidden inputs, another file, again and again."""
    folder = tmp_path / "hand-in" / "!"
    folder.mkdir(parents=True)
    for n in range(600):
        (folder / f"{n:03}").write_bytes(b"x")
    first = grade(files={"zz.txt": b"1"}, extra=("open('zz.txt').read()",))
    second = grade(files={"zz.txt": b"2"}, extra=("open('zz.txt').read()",))
    assert first.problems == second.problems == {}
    assert first.result.extra["submission_sha256"] != second.result.extra["submission_sha256"]


def test_notebook_that_grows_sixfold_is_graded(grade_folder, solution):
    """A byte of Latin-1 is six in the grader's report, which has a limit: too long would have been a fault of ours."""
    notebook = solution()
    notebook.cells += [nbformat.v4.new_markdown_cell(f"MARK{n}") for n in range(30)]
    data = nbformat.writes(notebook).encode()
    for n in range(30):
        data = data.replace(b'MARK%d"' % n, b"\xe9" * (1 << 20) + b'"')
    verdict = grade_folder({"mini.ipynb": data})
    assert verdict.lost == {"q3": 3.0}  # there are no weights in the folder


def test_many_giant_notebooks_are_refused_with_the_reason(grade_folder, solution):
    """Each is read and takes its size many times over; the sentence says what to do."""
    data = nbformat.writes(solution()).encode()
    padded = data[:1] + b" " * (38 << 20) + data[1:]
    verdict = grade_folder({f"mini-{n}.ipynb": padded for n in range(6)})
    assert verdict.is_refused_without_score
    assert verdict.notices.startswith(
        "6 notebooks were handed in, together 228 MB; more than one are read up to 64 MB"
    )
    assert "fault" not in verdict.notices


def test_flushing_to_disk_is_not_waited_for(grade):
    """A process in the middle of it cannot be killed while a disk is slow: it is answered and not carried out."""
    cell = """
        import os
        for n in range(3):
            if os.fork() == 0:
                with open(f"file{n}", "wb") as file:
                    while True:
                        file.seek(0); file.write(bytes(8 << 20)); file.flush(); os.fsync(file.fileno()); os.sync()
        """
    verdict = grade(extra=(cell,))
    assert verdict.lost == {}
