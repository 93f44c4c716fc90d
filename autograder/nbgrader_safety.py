"""What makes nbgrader safe for a course of ours, and whether a course has it (*trusted*; traitlets only).

nbgrader's own kernel would give points to whoever forges them, or turn every score into 0, and its feedback shows
students the hidden checks. So ``nbgrader_config.py`` of every course ends with two lines::

    from autograder.nbgrader_safety import protect
    protect(get_config())

``protect`` keeps what the course's file has set and puts our steps where nbgrader has its own; ``require`` refuses a
course whose effective configuration lacks one.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from traitlets.config.loader import LazyConfigValue, PyFileConfigLoader

from autograder.errors import UsageError

if TYPE_CHECKING:
    from traitlets.config import Config

FILE_NAME = "nbgrader_config.py"
LINES = "from autograder.nbgrader_safety import protect\nprotect(get_config())"

GUARD = "autograder.author.guard.GuardChecks"
FORGET = "autograder.hosts.nbgrader.ForgetDuplicates"
GRADE = "autograder.hosts.nbgrader.GradeWithAutograder"
RECORD = "autograder.hosts.nbgrader.RecordScores"
SETTLE = "autograder.hosts.nbgrader_late.SettlePenalties"
FRESH = "autograder.hosts.formgrader.FreshGradebook"  # no safety, but old scores would be shown
CLEAR_HIDDEN = "nbgrader.preprocessors.ClearHiddenTests"

# Files beside an executed notebook that are for staff: nbgrader's feedback gets a copy of every file that it does not
# ignore. The first three are nbgrader's own.
IGNORED = (".ipynb_checkpoints", "*.pyc", "__pycache__", "feedback", "results.json", "grading.json")

# nbgrader 0.9.6's lists, with our steps: the guard before the checksums and the gradebook; our engine for its kernel
# and our recorder for SaveAutoGrades; hidden checks out of every feedback page. Source: nbgrader/converters/*.py.
LISTS: dict[tuple[str, str], tuple[str, ...]] = {
    ("GenerateAssignment", "preprocessors"): (
        "nbgrader.preprocessors.IncludeHeaderFooter",
        "nbgrader.preprocessors.InstantiateTests",
        "nbgrader.preprocessors.LockCells",
        "nbgrader.preprocessors.ClearSolutions",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.CheckCellMetadata",
        GUARD,
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.SaveCells",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbgrader.preprocessors.ClearMarkScheme",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.CheckCellMetadata",
    ),
    ("Autograde", "sanitize_preprocessors"): (
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.DeduplicateIds",
        FORGET,  # a check cell that a student copied no longer stops the whole class
        "nbgrader.preprocessors.OverwriteKernelspec",
        "nbgrader.preprocessors.OverwriteCells",
        "nbgrader.preprocessors.CheckCellMetadata",
    ),
    ("Autograde", "autograde_preprocessors"): (
        GRADE,
        "nbgrader.preprocessors.LimitOutput",
        RECORD,
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ),
    ("GenerateFeedback", "preprocessors"): (
        CLEAR_HIDDEN,
        SETTLE,
        "nbgrader.preprocessors.GetGrades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ),
}
# What each list must hold, and what it must not: nbgrader's own kernel and recorder.
NEEDED = {
    ("GenerateAssignment", "preprocessors"): (GUARD,),
    ("Autograde", "sanitize_preprocessors"): (FORGET,),
    ("Autograde", "autograde_preprocessors"): (GRADE, RECORD),
    ("GenerateFeedback", "preprocessors"): (CLEAR_HIDDEN,),
}
REPLACED = {
    "nbgrader.preprocessors.Execute": GRADE,
    "nbgrader.preprocessors.SaveAutoGrades": RECORD,
}
BEFORE = {
    GUARD: "nbgrader.preprocessors.SaveCells",
    CLEAR_HIDDEN: "nbgrader.preprocessors.GetGrades",
    SETTLE: "nbgrader.preprocessors.GetGrades",
}
# nbgrader's plugins, where the course has set none: one rule of lateness, and an export that tells 0 from no score.
PLUGINS = {
    ("AssignLatePenalties", "plugin_class"): "autograder.hosts.nbgrader_late.LatePenalty",
    ("ExportApp", "plugin_class"): "autograder.hosts.nbgrader_late.Export",
}


def protect(config: Config) -> None:
    """Put our steps into nbgrader's lists; what the course has set already stays, in its order."""
    for (section, name), whole in LISTS.items():
        config[section][name] = _with_ours(_value(config, section, name, list(whole)), (section, name))
    for (section, name), plugin in PLUGINS.items():
        config[section].setdefault(name, plugin)
    shown = _value(config, "HTMLExporter", "preprocessors", [])
    config["HTMLExporter"]["preprocessors"] = [*shown, *(step for step in (FRESH,) if step not in shown)]
    ignored = _value(config, "CourseDirectory", "ignore", list(IGNORED[:3]))
    config["CourseDirectory"]["ignore"] = [*ignored, *(n for n in IGNORED if n not in ignored)]


def _value(config: Config, section: str, name: str, default: list[str]) -> list[str]:
    """Return a list of a configuration; one that was only appended to is laid over the default."""
    value = config[section].get(name, default)
    return list(value.get_value(default)) if isinstance(value, LazyConfigValue) else list(value)


def _with_ours(steps: list[str], which: tuple[str, str]) -> list[str]:
    steps = [REPLACED.get(step, step) for step in steps]
    whole = LISTS[which]
    for step in NEEDED[which]:
        if step in steps:
            continue
        after = next((s for s in reversed(whole[: whole.index(step)]) if s in steps), None)
        steps.insert(0 if after is None else steps.index(after) + 1, step)
    return steps


def missing(config: Config) -> list[str]:
    """Return in words what a configuration lacks, or has instead."""
    found = []
    for (section, name), needed in NEEDED.items():
        steps = _value(config, section, name, []) if name in config.get(section, {}) else []
        found += [f"c.{section}.{name} lacks {step}" for step in needed if step not in steps]
        found += [f"c.{section}.{name} has {step}" for step in REPLACED if step in steps]
        for step, later in BEFORE.items():
            if step in steps and later in steps and steps.index(later) < steps.index(step):
                found.append(f"c.{section}.{name} has {step} after {later}")
    rule = config.get("AssignLatePenalties", {}).get("plugin_class", "nbgrader's own")
    if rule != PLUGINS["AssignLatePenalties", "plugin_class"]:
        found.append(
            f"c.AssignLatePenalties.plugin_class is {rule}: a second rule of lateness. Remove it, and set c.Autograder.late_…"
        )
    ignored: list[Any] = _value(config, "CourseDirectory", "ignore", list(IGNORED[:3]))
    found += [f"c.CourseDirectory.ignore lacks {name!r}" for name in IGNORED[3:] if name not in ignored]
    return found


def require(root: Path) -> None:
    """Refuse a course that nbgrader, run in its folder, would grade or show unsafely.

    Raises
    ------
    UsageError
        With what is missing and the lines to add.
    """
    path = root / FILE_NAME
    to_do = f"Put these lines at the end of {path}:\n\n{LINES}\n"
    if not path.is_file():
        raise UsageError(
            f"{path}: not there, so nbgrader would use its own kernel here and show students the hidden checks; "
            f'nothing was done.\nMake it: load_subconfig("gradebook_config.py"), and then\n\n{LINES}\n'
        )
    try:
        config = PyFileConfigLoader(FILE_NAME, path=str(root)).load_config()
    except (Exception, SystemExit) as error:  # the file is Python: it can raise anything, or leave
        frames = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == str(path)]
        line = error.lineno if isinstance(error, SyntaxError) else frames[-1] if frames else "?"
        raise UsageError(
            f"{path}, line {line}: {type(error).__name__}: {error}; nothing was done. Correct that line."
        ) from error
    lacking = missing(config)
    if any("autograder.nbgrader_plugin" in str(value) for value in config.values()):
        raise UsageError(
            f"{path}: its lists of nbgrader's steps are an older version's (autograder.nbgrader_plugin); nothing was "
            f"done.\nRemove them from the course's files. {to_do}"
        )
    if lacking:
        shown = "\n  ".join(lacking)
        raise UsageError(f"{path}: nbgrader would not be safe here; nothing was done:\n  {shown}\n{to_do}")
