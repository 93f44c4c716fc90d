"""Gradescope's files: ``results.json`` out, always valid, always atomic (*trusted*, standard library only).

Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

import json
import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from autograder import leaderboard, messages
from autograder.model import CheckResult, GradingResult, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

OUTPUT_CHARS = 90_000  # Gradescope cuts at 100,000, in the middle
TEST_CHARS = 8_000
NOTEBOOKS = ("notebook", "notebooks")  # in a result's extra: executed, of any size
LOST = 12  # causes at the head; all of them stand at their tests
WORDS = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.SKIPPED: "skipped",
    Outcome.REVIEW: "a person decides",
    Outcome.ERROR: "not graded",
}
NO_SCORE = "[not decided] This run gave no score."
UNDECIDED = (Outcome.REVIEW, Outcome.ERROR)
REVIEW = "a person will look at this; no points for now"


def _never(_check: CheckResult) -> bool:
    return False


def to_results(
    result: GradingResult,
    *,
    visibility: str = "visible",
    done: bool = True,
    later: Callable[[CheckResult], bool] = _never,
    before: Iterable[leaderboard.Rung] = (),
    pictures: Iterable[dict[str, Any]] = (),
) -> dict[str, Any]:
    """Return the content of ``results.json``; checks that are decided ``later`` are shown after publication.

    A result that is not graded, or not done, carries no score anywhere: Gradescope then shows a failed
    autograder, never a low score. Nor does it tell what hidden checks found: it is no evaluation, and who
    could bring it about would have as many as they like. Times and memory are in ``extra_data`` under ``grade.TIMING_KEYS``.

    ``pictures`` are entries for the end of ``tests``, without a score. ``before`` is where earlier results left this student on the leaderboard. Only a graded result moves that,
    and only what checks recorded that students may see already; every result hands it on, in
    ``extra_data["ladder"]``.
    """
    extra = {k: v for k, v in result.extra.items() if k not in NOTEBOOKS}
    graded, rungs = result.graded and done, list(before)
    if graded:
        recorded = (entry for check in result.checks if not later(check) for entry in check.leaderboard)
        with suppress(ArithmeticError, LookupError, TypeError, ValueError):  # a rank is worth no score
            rungs = leaderboard.climb(recorded, rungs, bundle=extra.get("bundle_digest", ""))
    content: dict[str, Any] = {
        "output": _overview(result, done=done, later=later)[:OUTPUT_CHARS],
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "extra_data": {
            **extra,
            "graded": result.graded,
            "staff_notes": list(result.staff_notes),
            "checks": [_staff_view(c) for c in result.checks],
        }
        | ({"ladder": leaderboard.to_json(rungs)} if rungs else {}),
        "tests": [
            _test(number, check, scored=graded) | ({"visibility": "after_published"} if later(check) else {})
            for number, check in _numbered(result)
        ],
    }
    content["tests"] += pictures if graded else []
    if graded:
        content["score"] = result.score
        if rungs:
            content["leaderboard"] = leaderboard.columns(rungs)
    return content


def _numbered(result: GradingResult) -> list[tuple[str, CheckResult]]:
    numbers: dict[str, int] = {}
    order = [q.name for q in result.questions]
    numbered = []
    for check in result.checks:
        numbers[check.question] = numbers.get(check.question, 0) + 1
        question = order.index(check.question) + 1 if check.question in order else len(order) + 1
        numbered.append((f"{question}.{numbers[check.question]}", check))
    return numbered


def _test(number: str, check: CheckResult, *, scored: bool) -> dict[str, Any]:
    word = WORDS[check.outcome]
    reason = "\n".join([check.reason.removeprefix(f"{word}: "), *_more(check)])
    if check.outcome is Outcome.REVIEW:
        reason = f"{REVIEW}. {reason}"
    test: dict[str, Any] = {
        "number": number,
        "name": f"{check.question}: {check.title}",
        "output": f"[{word}] {reason}".strip()[:TEST_CHARS],
        "tags": [check.question],
    }
    if check.hidden and not scored and check.outcome is not Outcome.ERROR:
        return test | {"output": NO_SCORE}
    if check.outcome not in UNDECIDED:  # neither passed nor failed by the student
        test["status"] = "passed" if check.outcome is Outcome.PASSED else "failed"
    if scored:
        test |= {"score": check.score, "max_score": check.max_score}
    return test


def _more(check: CheckResult) -> list[str]:
    """Return the student's own lines that raised, and their network's shapes, as lines of text."""
    lines: list[str] = []
    if check.code:
        lines.append(f"cell {check.code['cell']}, line {check.code['line']}:")
        for number, text in check.code["lines"]:
            lines.append(f"{'→' if number == check.code['line'] else ' '} {number:3d}  {text}")
    return lines + list(check.ladder)


def _lost(result: GradingResult, later: Callable[[CheckResult], bool]) -> list[str]:
    """Return what was lost and the first cause of each, for the head of the page."""
    lost = [
        c for c in result.checks if c.outcome is Outcome.FAILED and c.score < c.max_score and not later(c)
    ]
    lines: dict[tuple[str, str], float] = {}
    for check in lost:
        likely = [line for line in check.ladder[-1:] if line in messages.SLIPS.values()]
        key = check.question, "; ".join([check.reason, *likely])
        lines[key] = lines.get(key, 0.0) + check.max_score - check.score
    shown = [f"−{points:g} {question}: {reason}" for (question, reason), points in list(lines.items())[:LOST]]
    more = [f"… and {len(lines) - LOST} more below"] * (len(lines) > LOST)
    return ["Lost, and why:", *shown, *more, ""] if shown else []


def _staff_view(check: CheckResult) -> dict[str, Any]:
    return {
        "question": check.question,
        "name": check.name,
        "outcome": check.outcome.value,
        "hidden": check.hidden,
        "note": check.staff_note,
    }


def _overview(result: GradingResult, *, done: bool, later: Callable[[CheckResult], bool] = _never) -> str:
    lines: list[str] = []
    if not done:
        lines.append("Grading is under way; no score yet.")
    elif not result.graded and messages.OURS not in result.notices:
        lines.append("Not graded.")
    lines += result.notices
    if result.graded and done:
        lines += _lost(result, later)
        hidden = dict.fromkeys((q.name for q in result.questions), 0.0)
        for check in filter(later, result.checks):
            hidden[check.question] = round(hidden.get(check.question, 0.0) + check.max_score, 2)
        if any(hidden.values()):
            lines.append(f"{sum(hidden.values()):g} points are decided later: what follows is not the total.")
        for question in result.questions:
            if question.manual:
                lines.append(f"{question.name}: graded by a person ({question.points:g} points)")
                continue
            shown = [c for c in result.checks if c.question == question.name and not later(c)]
            score = round(sum(c.score for c in shown), 2)
            open_ = round(sum(c.max_score for c in shown if c.outcome is Outcome.REVIEW), 2)
            known, waiting = round(question.points - hidden[question.name], 2), hidden[question.name]
            more = f", and {waiting:g} decided later" if waiting else ""
            more += f"; a person decides about {open_:g} of them" if open_ else ""
            lines.append(f"{question.name}: {score:g} / {known:g} points{more}")
    lines += [f"Cell {p.cell or '?'} ({p.label}): {p.reason}" for p in result.problems]
    return "\n".join(lines)


def to_text(content: object) -> str:
    """Return what a file of ours holds: valid JSON or an error, in ASCII, the same for the same content."""
    return json.dumps(content, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=True) + "\n"


def write_json(path: Path, content: object, *, durable: bool = True) -> None:
    """Write a file so that at every instant either the old or the new one is there, whole.

    ``allow_nan=False``: Gradescope turns an invalid file into a zero.
    """
    text = to_text(content)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    fd = os.open(temporary, flags, 0o600)
    try:
        with os.fdopen(fd, "w") as file:
            file.write(text)
            if durable:  # not for the many partial files: after a power cut nobody wants one
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
