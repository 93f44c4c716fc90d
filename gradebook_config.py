"""The course in one file: `autograder` reads it, and nbgrader reads it through nbgrader_config.py."""

from pathlib import Path

c = get_config()

# --- nbgrader's own options -------------------------------------------------------------------
c.CourseDirectory.course_id = "gene46100"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# --- ours -------------------------------------------------------------------------------------
# Where students' notebooks find data files that do not lie beside them (https://…; "": nowhere).
c.Autograder.data_base_url = ""
# Write release/<assignment>/tests/<question>.py, too: otter-grader's grader.check("q1") then gives the same verdicts.
c.Autograder.otter_tests = True
c.Autograder.cell_timeout_s = 60  # CPU seconds of one cell of a hand-in
c.Autograder.check_timeout_s = 10  # CPU seconds of one check, unless it says @timeout(…)
c.Autograder.run_timeout_s = 540  # wall seconds of a whole hand-in: Gradescope's 600 less 60
c.Autograder.memory_bytes = 512 * 2**20  # what one student's processes may use together
# ISO 8601 with an offset; an assignment that is not listed has no due date.
c.Autograder.due_dates = {
    # "week1-mlp": "2026-04-03T23:59:00-05:00",
}
