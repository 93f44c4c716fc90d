"""Decide by proof where each test of another tool's is judged (*trusted*).

The solution, the untouched release and generated wrong answers are graded with every test in both places. A test is
judged outside if the solution passes there, the untouched release fails there where it fails inside, and each wrong
answer gets the same verdict as inside. Whatever is not proven stays inside.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.author.dialects.wrong_answers import CHANGING, KINDS
from autograder.author.validate import key_of, read_saved
from autograder.bundle import Bundle
from autograder.engine.batch import EngineOptions, Job, grade_many
from autograder.foreign import ForeignTest, Place
from autograder.model import GradingResult
from autograder.places import PROBES, Row
from autograder.results_json import write_json

ENDLESS = "Let it do less; until then its points wait for a person."
MAX_PROBLEMS = 6
SOLUTION, UNTOUCHED = "solution", "release"
# (what is in the reason, what to do about it)
_WAYS_OUT = (
    (
        "matplotlib",
        "Let the student's function return the axis' data, or test what was plotted before it is drawn.",
    ),
    ("%timeit", "Call the function in its place; seconds differ from machine to machine."),
    ("getsource", "Test what the code does, not how it is written."),
    ("get_ipython", "Test the values themselves."),
    ("notebook's names", "Use the name itself: one that is not there raises NameError."),
    ("outputs of", "Let the student give the value a name, and test the name."),
    ("the output of", "Let the student give the value a name, and test the name."),
    ("sources of", "Test what the code does, not how it is written."),
    ("the source of", "Test what the code does, not how it is written."),
    ("calls !", "Use Python in place of the shell's command."),
    ("calls %", "Use Python in place of the magic."),
    (
        "expected '',",
        "otter expects the output that was saved with the test cell, and there is none: run the master, and save it.",
    ),
    ("solution", "Put a solution that passes it into the source notebook, and release again."),
)
_NOT_HERE = (
    (r"ModuleNotFoundError|No module named", "it needs a library that is not installed here", "Install it, or drop the import."),
    (r"StdinNotImplementedError|EOFError|input\(\)", "it asks a person at the keyboard (input()), and nobody is there", "Give it its values in the cell."),
    (
        r"URLError|gaierror|ConnectionError|ConnectionRefused|NameResolution|HTTPError|Network is unreachable|socket",
        "it needs the network, which hand-ins do not have",
        "Put the data beside the notebook.",
    ),
)  # fmt: skip


def grade(
    options: EngineOptions,
    bundle: Bundle,
    jobs: list[Job],
    *,
    cache: Path | None = None,
    progress: Callable[[str, bool], None] = lambda _name, _ok: None,
) -> dict[str, GradingResult]:
    """Grade hand-ins of ours, every test in both places; what has not changed since is taken from the cache."""
    found: dict[str, GradingResult] = {}
    todo: list[Job] = []
    for job in jobs:
        saved = None if cache is None else read_saved(cache / key_of(job.folder, bundle))
        if saved is not None:
            found[job.name] = saved
            progress(job.name, True)
        else:
            todo.append(job)
    for job, result in grade_many(options, todo):
        found[job.name] = result
        if cache is not None and result.graded:
            data = result.to_json()
            for key in ("notebook", "notebooks"):
                data["extra"].pop(key, None)
            with suppress(
                OSError
            ):  # a course that cannot be written is judged all the same, and again next time
                cache.mkdir(parents=True, exist_ok=True)
                write_json(cache / key_of(job.folder, bundle), data)
        progress(job.name, result.graded)
    return found


def decide(
    bundle: Bundle,
    results: Mapping[str, GradingResult],
    stays_inside: Mapping[str, str],
    odd: Mapping[str, str],
    endless: Mapping[tuple[str, str], str] | None = None,
) -> list[Row]:
    """Return where each test is judged; ``stays_inside`` and ``odd`` are by question, in the assignment's names.

    ``endless`` are (question, name) of tests that do not end with the solution, with what was seen.
    """
    places = {name: result.extra.get("foreign_places", {}) for name, result in results.items()}
    rows = []
    for spec in bundle.checks:
        key = f"{spec.question}/{spec.name}"
        verdicts = {name: found.get(key, {}) for name, found in places.items()}
        seen = (endless or {}).get((spec.question, spec.name), "")
        if seen:
            row = Row(
                question=spec.question,
                name=spec.name,
                place=Place.INSIDE,
                why=seen,
                to_do=ENDLESS,
                unable=True,
            )
        else:
            row = _row(spec.question, spec.name, verdicts, stays_inside.get(spec.question, ""), odd)
        right = verdicts.get(SOLUTION, {})
        words = right.get("words")
        # A probe that the right answer passes tells nothing of another.
        useless = set(right.get("probes", ()))
        rows.append(
            replace(
                row,
                words=None if words is None else tuple(words),
                probes=tuple(mode for mode in PROBES if mode not in useless),
                binds=bool(right.get("binds")),
                follows=bool(right.get("follows")),
            )
        )
    return rows


def endless(bundle: Bundle, results: Mapping[str, GradingResult]) -> dict[tuple[str, str], str]:
    """Return the tests that were stopped after all of their time with the solution, and what was seen.

    One that had less, as the others before it took the time of the run, may be a victim of theirs.
    """
    found = results[SOLUTION].extra.get("foreign_places", {})
    stopped = {}
    for spec in bundle.checks:
        seen = found.get(f"{spec.question}/{spec.name}", {})
        if seen.get("stopped") in ("cpu", "wall") and seen.get("limit_s", 0.0) >= spec.timeout_s:
            told = f"it does not end with your solution within {spec.timeout_s:g} s"
            stopped[spec.question, spec.name] = told
    return stopped


def problems(results: Mapping[str, GradingResult]) -> list[str]:
    """Return a line for each cell of the solution that did not run to its end."""
    found = [f"your solution: cell {p.cell} ({p.label}) {p.reason}" for p in results[SOLUTION].problems]
    more = len(found) - MAX_PROBLEMS
    return found[:MAX_PROBLEMS] + ([f"your solution: {more} more cells like these"] if more > 0 else [])


def settled(test: ForeignTest, row: Row) -> ForeignTest:
    """Return a test with all that was decided about it."""
    return replace(
        test,
        place=row.place,
        why_inside=row.why,
        words=row.words,
        probes=row.probes,
        binds=row.binds,
        follows=test.follows if row.follows else (),
    )


def usual_signs(results: Mapping[str, GradingResult]) -> tuple[str, ...]:
    """Return the signs of tampering that the solution itself shows, which say nothing of a student."""
    found = results[SOLUTION].extra.get("foreign_places", {}).values()
    return tuple(sorted({sign for one in found for sign in one.get("signs", ())}))


def _row(question: str, name: str, verdicts: dict[str, Any], looks_at: str, odd: Mapping[str, str]) -> Row:
    if question in odd:
        what, _, to_do = odd[question].partition(". ")
        return Row(question=question, name=name, place=Place.INSIDE, why=what, to_do=to_do, unable=True)
    solution = verdicts.get(SOLUTION, {})
    if not _passes(solution.get("inside")) and not _passes(solution.get("outside")):
        told = str(solution.get("why_inside") or solution.get("why_outside") or "")
        for pattern, what, to_do in _NOT_HERE:
            if re.search(pattern, told):
                return Row(
                    question=question,
                    name=name,
                    place=Place.INSIDE,
                    why=f"{what} ({told[:120]})",
                    to_do=to_do,
                    unable=True,
                )
        why = f"is not passed by the solution ({told[:160]})" if told else "is not passed by the solution"
        return Row(question=question, name=name, place=Place.INSIDE, why=why, to_do=_way_out(why))
    if looks_at:
        return Row(question=question, name=name, place=Place.INSIDE, why=looks_at, to_do=_way_out(looks_at))
    why = _objection(verdicts)
    if why:
        return Row(question=question, name=name, place=Place.INSIDE, why=why, to_do=_way_out(why))
    return Row(question=question, name=name, place=Place.OUTSIDE)


def _objection(verdicts: dict[str, Any]) -> str:
    """Return what speaks against judging a test outside, or nothing."""
    solution = verdicts.get(SOLUTION, {})
    told = str(solution.get("why_outside", ""))[:200]
    if not _passes(solution.get("outside")) or solution.get("outside") != solution.get("inside"):
        return f"is not the same outside ({told})" if told else "is not the same outside"
    untouched = verdicts.get(UNTOUCHED, {})
    if not _passes(untouched.get("inside")) and _passes(untouched.get("outside")):
        return "the untouched notebook passes it outside, and fails it inside"
    for kind in KINDS:
        found = verdicts.get(kind, {})
        if not found:
            continue
        if kind == CHANGING and _points(found.get("outside")) <= _points(found.get("inside")):
            continue  # outside, what it destroys is its own copy: that may cost it what it gets by that inside
        if _verdict(found.get("outside")) != _verdict(found.get("inside")):
            return f"an answer that is wrong ({kind}) gets {_word(found.get('outside'))} outside and {_word(found.get('inside'))} inside"
    return ""


def _passes(verdict: Any) -> bool:
    if verdict == "passed":
        return True
    with suppress(TypeError, ValueError):
        return float(verdict) > 0
    return False


def _points(verdict: Any) -> float:
    if verdict == "passed":
        return math.inf
    with suppress(TypeError, ValueError):
        return float(verdict)
    return 0.0


def _verdict(verdict: Any) -> str:
    """Return a verdict as points see it: an error is a fail."""
    return "failed" if verdict in ("failed", "error", None) else str(verdict)


def _word(verdict: Any) -> str:
    return {"passed": "full points", "failed": "none", "error": "none", None: "none"}.get(
        verdict, f"{verdict} points"
    )


def _way_out(why: str) -> str:
    return next((to_do for word, to_do in _WAYS_OUT if word in why), "See docs/bring-your-course.md.")
