"""What is kept of each hand-in's grading is written: results, executed notebook, pages (*trusted*)."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from autograder import results_json
from autograder.bundle import Bundle, parts
from autograder.classroom.form import FORM, copy_timestamp, form
from autograder.classroom.stored import RECORD
from autograder.config import CourseConfig
from autograder.files import remove_unfinished, replace_together
from autograder.model import GradingResult
from autograder.several import NOTEBOOKS, executed, part_of

SHOWN = 8  # names in a sentence
_AGAIN = " and run the same command again: it does what is left, and keeps the rest"
ADVICE = {
    errno.ENOSPC: f". Make room on the disk{_AGAIN}",
    errno.EDQUOT: f". Make room in your quota{_AGAIN}",
    errno.EROFS: f". Make the disk writable{_AGAIN}",
    errno.EACCES: f". Give yourself the right to{_AGAIN}",
}


def write_result(
    folder: Path,
    assignment: str,
    result: GradingResult,
    *,
    key: str = "",
    facts: Mapping[str, object] | None = None,
    bundle: Bundle | None = None,
    submitted: Path | None = None,
) -> None:
    """Write the notebook, ``results.json`` (Gradescope's) and, last, our own record of both.

    At every instant the record belongs to what lies beside it, or there is none and the hand-in is graded again. With the
    bundle the notebook is the formgrader's, see ``form``, and there is one for every hand-in; without it, the executed
    one. ``facts`` say what the result was made with. ``submitted`` is the hand-in's folder, whose ``timestamp.txt`` goes
    with it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    notebooks = _notebooks(assignment, result, bundle)
    if submitted is not None:
        copy_timestamp(submitted, folder)
    contents: dict[str, object] = {name: found for name, found in notebooks.items() if found is not None}
    for name in notebooks.keys() - contents.keys():  # an earlier hand-in's would be taken for this one's
        (folder / RECORD).unlink(missing_ok=True)
        (folder / name).unlink(missing_ok=True)
    _replace(folder, contents | _record(result, key, facts, list(notebooks)))


def _notebooks(assignment: str, result: GradingResult, bundle: Bundle | None) -> dict[str, object]:
    """Return the notebooks of a hand-in by file name, as they are kept; several, if the assignment has several."""
    if bundle is None:
        return {f"{name}.ipynb": found for name, found in executed(result, assignment).items()} or {
            f"{assignment}.ipynb": None
        }
    made: dict[str, object] = {}
    for name, part in parts(bundle).items():
        of_part = part_of(bundle, result, name)
        made[f"{name}.ipynb"] = form(part, of_part, of_part.extra.get("notebook"))
    return made


def write_record(
    folder: Path, result: GradingResult, *, key: str, facts: Mapping[str, object] | None = None
) -> None:
    """Write ``results.json`` and our own record, without a notebook: nbgrader writes that itself."""
    _replace(folder, _record(result, key, facts))


def _record(
    result: GradingResult, key: str, facts: Mapping[str, object] | None, notebooks: list[str] | None = None
) -> dict[str, object]:
    data = result.to_json()
    data["extra"] = {k: v for k, v in data["extra"].items() if k not in ("notebook", NOTEBOOKS)}
    named = {"notebooks": notebooks} if notebooks and notebooks != [f"{result.assignment}.ipynb"] else {}
    return {
        "results.json": results_json.to_results(result),
        RECORD: {**(facts or {}), "key": key, "form": FORM, **named, "result": data},
    }


def _replace(folder: Path, contents: Mapping[str, object]) -> None:
    replace_together(
        {folder / name: results_json.to_text(content).encode() for name, content in contents.items()}
    )


def tidy(course: CourseConfig, assignment: str, names: Iterable[str]) -> None:
    """Remove half-written files of these students' that a killed run left."""
    ours = (f"{assignment}.ipynb", "results.json", RECORD)
    remove_unfinished(course.autograded, [f"{assignment}.html"])
    for name in names:
        remove_unfinished(course.autograded / name / assignment, ours)
        remove_unfinished(course.feedback / name / assignment, [f"{assignment}.html"])


class Unwritten:
    """What could not be written, of whom and why; nobody loses points for it."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], tuple[Exception, list[str]]] = {}

    @contextmanager
    def noted(self, what: str, name: str = "") -> Iterator[None]:
        """Note whatever is raised inside: it costs nobody else anything."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  a full disk, a folder of another's, a fault of ours
            self.note(what, error, name)

    def note(self, what: str, error: Exception, name: str = "") -> None:
        """Note what an error kept from being written."""
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        told = f"{type(error).__name__}: {reason[:300]}"
        self._found.setdefault((what, told), (error, []))[1].append(name)

    def sentences(self) -> list[str]:
        """Return what staff reads: a sentence per kind and reason, with the names."""
        found = []
        for (what, told), (error, names) in self._found.items():
            whom = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" * (len(names) > SHOWN))
            where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
            advice = ADVICE.get(error.errno or 0, "") if isinstance(error, OSError) else ""
            found.append(f"{whom}{': ' * bool(whom)}{what} could not be written: {told}{where}{advice}")
        return found


def first_trouble(name: str, error: Exception) -> str:
    """Return what is said at once when a result cannot be written: perhaps somebody makes room meanwhile."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return (
        f"{name}: the result could not be written ({reason[:300]}); grading goes on, "
        "and what could not be written is tried again at the end"
    )
