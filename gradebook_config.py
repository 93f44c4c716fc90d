"""The course in one file: `autograder` reads it, and nbgrader reads it through nbgrader_config.py."""

from pathlib import Path

c = get_config()

# --- nbgrader's own options -------------------------------------------------------------------
c.CourseDirectory.course_id = "gene46100"
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# nbgrader's list and what `autograder grade` leaves for staff: feedback gets a copy of every other file.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "results.json",
    "grading.json",
]

# nbgrader's list with one more step: GuardChecks, before the checksums and the gradebook.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "autograder.author.guard.GuardChecks",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# nbgrader's list; a check cell that a student copied no longer stops the whole class.
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "autograder.hosts.nbgrader.ForgetDuplicates",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# nbgrader's list with our engine for its kernel and our recorder for SaveAutoGrades.
c.Autograde.autograde_preprocessors = [
    "autograder.hosts.nbgrader.GradeWithAutograder",
    "nbgrader.preprocessors.LimitOutput",
    "autograder.hosts.nbgrader.RecordScores",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# nbgrader's list; without the first line every student's feedback page shows the hidden checks.
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

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
