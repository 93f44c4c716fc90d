"""An assignment of several notebooks: one result out of one per notebook, and back (*trusted*, standard library only).

Each notebook has a bundle and a run of its own. A question keeps the name of its cell; where two notebooks have cells of
one name, the notebook's stands before it: ``problem2.q1``. nbgrader keeps the same two names in its gradebook.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from autograder import messages
from autograder.bundle import parts
from autograder.model import CheckResult, GradingResult, Outcome

if TYPE_CHECKING:
    from autograder.bundle import Bundle

NOTEBOOKS = "notebooks"  # in a result's extra: the executed notebooks, by name


def ambiguous(cells: Iterable[tuple[str, str]]) -> set[str]:
    """Return the names of cells that stand in more than one notebook, of (notebook, cell) of all of them."""
    counted = Counter(cell for _, cell in set(cells))
    return {cell for cell, count in counted.items() if count > 1}


def full_name(notebook: str, cell: str, twice: set[str]) -> str:
    """Return a question's name in an assignment of several notebooks."""
    return f"{notebook}.{cell}" if cell in twice else cell


def names_in(bundle: Bundle) -> dict[str, dict[str, str]]:
    """Return for each notebook what its questions are called in the assignment: notebook -> cell -> question."""
    made = parts(bundle)
    twice = ambiguous((name, q.name) for name, part in made.items() for q in part.questions)
    return {
        name: {q.name: full_name(name, q.name, twice) for q in part.questions} for name, part in made.items()
    }


def part_of(bundle: Bundle, result: GradingResult, notebook: str) -> GradingResult:
    """Return what a result says of one notebook, in that notebook's own names."""
    if not bundle.notebooks:
        return result
    back = {full: cell for cell, full in names_in(bundle)[notebook].items()}
    answers = result.extra.get("answers")
    kept = {back[name]: value for name, value in (answers or {}).items() if name in back}
    return replace(
        result,
        questions=tuple(replace(q, name=back[q.name]) for q in result.questions if q.name in back),
        checks=tuple(replace(c, question=back[c.question]) for c in result.checks if c.question in back),
        extra={**result.extra, "answers": kept, "notebook": executed(result).get(notebook)},
    )


def executed(result: GradingResult, default: str = "") -> dict[str, Any]:
    """Return a result's executed notebooks by name; ``default`` is the name of a single one."""
    found = result.extra.get(NOTEBOOKS)
    if isinstance(found, dict):
        return found
    one = result.extra.get("notebook")
    return {} if one is None else {default: one}


def together(bundle: Bundle, results: Mapping[str, GradingResult]) -> GradingResult:
    """Return one result of a hand-in out of its notebooks' results.

    A notebook that was not handed in, or cannot be read, gives 0 for its own questions, with a sentence; where none
    can be, the hand-in is refused as a whole.
    """
    names = names_in(bundle)
    refused = {name for name, result in results.items() if is_refused(result)}
    if len(refused) == len(results):
        first = next(iter(results.values()))
        return replace(first, assignment=bundle.assignment, questions=bundle.questions)
    checks: list[CheckResult] = []
    notices: list[str] = []
    staff: list[str] = []
    for name, result in results.items():
        if name in refused:
            reason = messages.NOTEBOOK_MISSING.format(name=messages.safe(f"{name}.ipynb", 60))
            notices += [reason, *(f"{name}: {notice}" for notice in result.notices if notice != reason)]
            part = parts(bundle)[name]
            checks += [
                CheckResult(
                    question=names[name][c.question],
                    name=c.name,
                    title=c.title,
                    outcome=Outcome.FAILED,
                    score=0.0,
                    max_score=c.points,
                    hidden=c.hidden,
                    reason=reason,
                )
                for c in part.checks
            ]
            continue
        checks += [replace(c, question=names[name][c.question]) for c in result.checks]
        notices += [n if n == messages.OURS else f"{name}: {n}" for n in result.notices]
        staff += [f"{name}: {note}" for note in result.staff_notes]
    order = {(c.question, c.name): i for i, c in enumerate(bundle.checks)}
    return GradingResult(
        assignment=bundle.assignment,
        graded=all(result.graded for name, result in results.items() if name not in refused),
        questions=bundle.questions,
        checks=tuple(sorted(checks, key=lambda c: order.get((c.question, c.name), len(order)))),
        problems=tuple(p for result in results.values() for p in result.problems),
        notices=tuple(sorted(dict.fromkeys(notices), key=lambda n: n != messages.OURS)),
        staff_notes=tuple(staff),
        extra=_extra(bundle, results, names),
    )


def is_refused(result: GradingResult) -> bool:
    """Tell whether a hand-in was read and is none, which is no fault of ours."""
    return not result.graded and messages.OURS not in result.notices and not result.checks


def _extra(
    bundle: Bundle, results: Mapping[str, GradingResult], names: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    extras = [result.extra for result in results.values()]
    made: dict[str, Any] = {**extras[0], "bundle_digest": bundle.digest, "bundle_version": bundle.version}
    made.pop("notebook", None)
    for extra in extras:
        if "layers" in extra:
            made["layers"] = extra["layers"]
    timings = [extra.get("timing", {}) for extra in extras]
    made["timing"] = {
        key: value if isinstance(value, str) else round(sum(t.get(key, 0.0) for t in timings), 3)
        for t in timings
        for key, value in t.items()
    }
    peaks = [extra["memory"].get("peak_mb", 0) for extra in extras if "memory" in extra]
    if peaks:
        made["memory"] = {"peak_mb": max(peaks)}
    made[NOTEBOOKS] = {
        name: result.extra["notebook"]
        for name, result in results.items()
        if result.extra.get("notebook") is not None
    }
    places = {
        f"{names[name].get(key.split('/')[0], key.split('/')[0])}/{key.split('/', 1)[1]}": value
        for name, result in results.items()
        for key, value in result.extra.get("foreign_places", {}).items()
    }
    return made | ({"foreign_places": places} if places else {})
