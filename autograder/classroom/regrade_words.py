"""A regrade in words: for a terminal, as plain data, and a draft sentence for each student (*trusted*).

What staff reads names checks and causes; what students may read has the words of their feedback page only: titles of
checks, points, and causes from a fixed list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import mean, median
from typing import Any

from autograder.classroom.regrade_class import Comparison
from autograder.classroom.regrade_moves import Cause, Change, CheckMove, Move
from autograder.messages import safe
from autograder.model import Outcome
from autograder.report import table

BEYOND = "> 100 %"
_BAR = 18  # characters of the longest bar
_NAME = 40
_CHECKS_IN_A_SENTENCE = 5
_BECAUSE = {
    Cause.CHECK: "the check was changed",
    Cause.POINTS: "its points were changed",
    Cause.HAND_IN: "your hand-in changed",
    Cause.ENGINE: "another version of the grader ran it",
    Cause.BUILDS_ON: "it builds on another check",
    Cause.DRAWS: "it was tried with new inputs",
}


# -- for a terminal --------------------------------------------------------------------------------


def text(found: Comparison) -> str:
    """Return all that a person should know before, or after, a regrade is written."""
    parts = [f"Regrade of {found.assignment}: {versions(found)}", _changes(found), _by_check(found)]
    parts += [_picture(found), _movers(found), _drafts(found), _look(found)]
    return "\n\n".join(part for part in parts if part)


def versions(found: Comparison) -> str:
    """Return how many hand-ins are compared, under which checks."""
    before = ", ".join(digest[:12] or "unknown" for digest in found.bundles) or "no result"
    return f"{count(_total(found), 'hand-in')}, checks {before} → {found.bundle[:12] or 'unknown'}"


def count(number: float, noun: str) -> str:
    """Return a number of things."""
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def summary(found: Comparison) -> str:
    """Return one line: how many move, up or down, and how many do not."""
    up, down = (sum(1 for m in found.moves if sign * m.points > 0) for sign in (1, -1))
    level = len(found.moves) - up - down
    words = [f"{len(found.moves)} of {_total(found)} move ({up} up, {down} down"]
    words[0] += f", {level} between questions)" if level else ")"
    words.append(f"{len(found.stay) + len(found.verdicts)} stay")
    if found.not_graded:
        keep = "keeps what it has" if len(found.not_graded) == 1 else "keep what they have"
        words.append(f"{len(found.not_graded)} could not be graded and {keep}")
    return ", ".join(words)


def _total(found: Comparison) -> int:
    return len(found.moves) + len(found.verdicts) + len(found.stay) + len(found.not_graded)


def _changes(found: Comparison) -> str:
    if not found.changes:
        return "What changed: nothing that is known of"
    rows = [[c.kind, c.what or "–", c.detail or "–", str(c.hand_ins)] for c in ordered(found.changes)]
    return "What changed since the stored results\n" + table(["change", "what", "detail", "hand-ins"], rows)


def ordered(changes: Iterable[Change]) -> list[Change]:
    """Return what changed, maxima first."""
    first = ("lowered maximum", "raised maximum", "removed question", "added question")
    kinds = [*first, *(cause.value for cause in Cause), "renamed check"]
    return sorted(changes, key=lambda c: kinds.index(c.kind) if c.kind in kinds else len(kinds))


def _by_check(found: Comparison) -> str:
    rows = [
        [check, why, str(up), str(down), signed(points)] for check, why, up, down, points in by_check(found)
    ]
    return (
        "By which check\n" + table(["check", "because of", "up", "down", "points in all"], rows)
        if rows
        else ""
    )


def by_check(found: Comparison) -> list[tuple[str, str, int, int, float]]:
    """Return (check, causes, how many up, how many down, points in all), the one that moves most students first."""
    moved: dict[tuple[str, str], list[float]] = {}
    for move in found.moves:
        for one in move.checks:
            causes = ", ".join(dict.fromkeys(w.cause.value for w in one.why))
            moved.setdefault((_name(one), causes), []).append(one.points)
    order = sorted(moved, key=lambda key: (-sum(p != 0 for p in moved[key]), key))
    return [
        (*key, sum(p > 0 for p in ps), sum(p < 0 for p in ps), round(sum(ps), 2))
        for key in order
        for ps in [moved[key]]
    ]


def _movers(found: Comparison) -> str:
    if not found.moves:
        return f"Who moves: nobody; {summary(found)}"
    rows = []
    for move in in_order(found.moves):
        before = _points(move.before.score) if move.before else "–"
        head = [safe(move.student, _NAME), before, _points(move.after.score), signed(move.points)]
        pairs = [[f"{_name(c)} {_from_to(c)}", _causes(c)] for c in move.checks] or [["", _why(move)]]
        if move.student in found.late:
            pairs.append([f"after lateness {_late(found, move)}", safe(found.late[move.student][1].why, 120)])
        rows += [[*(head if n == 0 else ["", "", "", ""]), *pair] for n, pair in enumerate(pairs)]
    header = ["hand-in", "from", "to", "by", "check, points", "because of"]
    return f"Who moves: {summary(found)}\n{table(header, rows)}"


def in_order(moves: Iterable[Move]) -> list[Move]:
    """Return who loses most first."""
    return sorted(moves, key=lambda m: (m.points, m.student))


def lines(found: Comparison, move: Move) -> list[str]:
    """Return for each check that moves a student its points, and because of what; and what lateness leaves."""
    said = [f"{_name(c)} {_from_to(c)}: {_causes(c)}" for c in move.checks] or [_why(move)]
    if move.student in found.late:
        said.append(f"after lateness {_late(found, move)}: {safe(found.late[move.student][1].why, 120)}")
    return said


def _late(found: Comparison, move: Move) -> str:
    before, now = found.late[move.student]
    old = before.final if before else move.before.score if move.before else None
    return f"{'–' if old is None else _points(old)} → {_points(now.final)}"


def _causes(one: CheckMove) -> str:
    """Return a check's causes; what exactly changed of it stands in the first table."""
    brief = (Cause.CHECK, Cause.ENGINE, Cause.UNKNOWN, Cause.DRAWS, Cause.NOTHING)
    return ", ".join(w.cause.value if w.cause in brief else str(w) for w in one.why)


def _why(move: Move) -> str:
    return ", ".join(safe(why, 120) for why in move.why)


def _from_to(one: CheckMove) -> str:
    before = _points(one.before.score) if one.before else "(none)"
    after = _points(one.after.score) if one.after else "(none)"
    waits = " (a person decides)" if one.after and one.after.outcome is Outcome.REVIEW else ""
    return f"{before} → {after}{waits}"


def _picture(found: Comparison) -> str:
    """Return the two distributions side by side, in tenths of the maximum."""
    before, after = histogram(found.before.values()), histogram(found.after.values())
    if not sum(after.values()):
        return ""
    most = max(*before.values(), *after.values())
    shown = [name for name in after if name != BEYOND or before[name] or after[name]]
    rows = [f"{name:>8}  {_bar(before[name], most)}  {_bar(after[name], most)}".rstrip() for name in shown]
    head = f"{'':8}  {'before':<{_BAR + 5}}  now"
    lines = [statistics(found.before.values(), "before"), statistics(found.after.values(), "now")]
    return "\n".join(["Distribution (share of the automatic points)", head, *rows, *lines])


def _bar(count: int, most: int) -> str:
    drawn = "█" * round(_BAR * count / most) or ("▏" if count else "")
    return f"{drawn} {count or ''}".ljust(_BAR + 5)


def histogram(scores: Iterable[tuple[float, float]]) -> dict[str, int]:
    """Return how many have which share of the points, in tenths; full marks and more are classes of their own."""
    names = [f"{n * 10}–{n * 10 + 9} %" for n in range(10)] + ["100 %", BEYOND]
    counts = dict.fromkeys(names, 0)
    for score, maximum in scores:
        share = score / maximum if maximum else 1.0
        counts[names[11 if share > 1 + 1e-9 else min(10, int(10 * share + 1e-9))]] += 1
    return counts


def _figures(scores: Iterable[tuple[float, float]]) -> dict[str, Any]:
    found = list(scores)
    maxima = {maximum for _, maximum in found}
    points = [score for score, _ in found]
    shares = [100 * score / maximum if maximum else 100.0 for score, maximum in found]
    return {
        "graded": len(found),
        "maximum": maxima.pop() if len(maxima) == 1 else None,
        "mean": round(mean(points), 2) if found else None,
        "median": round(median(points), 2) if found else None,
        "mean_percent": round(mean(shares), 1) if found else None,
        "median_percent": round(median(shares), 1) if found else None,
    }


def statistics(scores: Iterable[tuple[float, float]], when: str) -> str:
    """Return mean and median in words."""
    f = _figures(scores)
    if not f["graded"]:
        return f"{when:>8}: nobody"
    of = f"of {f['maximum']:g}" if f["maximum"] is not None else "of several maxima"
    return (
        f"{when:>8}: mean {f['mean']:g} {of} ({f['mean_percent']:g} %), "
        f"median {f['median']:g} ({f['median_percent']:g} %), {f['graded']} graded"
    )


def _look(found: Comparison) -> str:
    lines = look(found)
    return "\n  ".join(["A person must look", *lines]) if lines else ""


def look(found: Comparison) -> list[str]:
    """Return sentences about what only a person can decide."""
    lines = [
        f"{safe(student, _NAME)}: {question} has {_points(score)} by hand, above its maximum of {_points(most)}"
        for student, question, score, most in found.above_maximum
    ]
    lines += [
        f"{safe(student, _NAME)}: {question} has {_points(score)} by hand, which stands whatever we found"
        for student, question, score in found.decided_by_hand
    ]
    lines += [
        f"{safe(student, _NAME)}: {check}: a person decides about {count(points, 'point')}"
        for student, check, points in found.reviews
    ]
    waiting: dict[str, list[str]] = {}
    for one in found.not_graded:
        keeps = "has no score" if one.keeps is None else f"keeps {_points(one.keeps)}"
        waiting.setdefault(safe(one.why, 200), []).append(f"{one.student} ({keeps})")
    lines += [f"{listed(names)}: could not be graded now: {why}" for why, names in waiting.items()]
    alike: dict[str, list[str]] = {}
    for move in found.verdicts:
        said = ", ".join(f"{_name(c)} {_verdict(c)} ({_causes(c)})" for c in move.checks if c.other_verdict)
        alike.setdefault(said, []).append(move.student)
    lines += [f"{listed(names)}: same score, other verdicts: {said}" for said, names in alike.items()]
    return lines + [safe(note, 400) for note in found.notes]


def listed(names: Sequence[str], most: int = 8) -> str:
    """Return names in a sentence: the first ones, and how many more."""
    shown = [safe(name, _NAME) for name in names[:most]]
    return ", ".join(shown) + (f" and {len(names) - most} more" if len(names) > most else "")


def _verdict(one: CheckMove) -> str:
    before = one.before.outcome.value if one.before else "not there"
    after = one.after.outcome.value if one.after else "not there"
    return f"{before} → {after}"


def _drafts(found: Comparison) -> str:
    parts = [
        f"{', '.join(safe(name, _NAME) for name in names)}:\n  {said}"
        for said, names in drafts(found).items()
    ]
    return "\n".join(["Drafts for those who move", *parts]) if parts else ""


def drafts(found: Comparison) -> dict[str, list[str]]:
    """Return each draft with the students whom it is for; one who is told nothing is in none."""
    whom: dict[str, list[str]] = {}
    for move in found.moves:
        if said := sentence(found, move):
            whom.setdefault(said, []).append(move.student)
    return whom


def _name(one: CheckMove) -> str:
    return f"{one.check.question}/{one.check.name}"


def _points(score: float) -> str:
    return f"{score:g}"


def signed(points: float) -> str:
    """Return a difference of points with its sign."""
    return f"{points:+g}" if points else "0"


# -- for students ----------------------------------------------------------------------------------


def sentence(found: Comparison, move: Move) -> str:
    """Return a draft for a student who moves; nothing where a person's score stands in every question that moves.

    Manual questions are not counted in, they have not moved.
    """
    by_hand = found.by_hand.get(move.student, {})
    questions = [q for q in move.questions if q not in by_hand]
    if not questions:
        return ""
    before, after = found.counted(move)
    name, most = move.after.assignment, move.after.max_score
    late = [f"After lateness it counts {_late(found, move)} points."] if move.student in found.late else []
    if before is None or move.before is None:
        return " ".join([f"Your hand-in for {name} is graded now: {after:g} of {most:g} points.", *late])
    start = f"Your score for {name} changes from {before:g} to {after:g} of {most:g} points"
    if before == after:
        start = f"Your score for {name} stays at {after:g} of {most:g} points, divided otherwise"
    if move.before.max_score != most:
        start += f" (there were {move.before.max_score:g})"
    checks = [c for c in move.checks if c.check.question in questions and c.points]
    checks.sort(key=lambda c: -abs(c.points))
    said = [_of_check(c) for c in checks[:_CHECKS_IN_A_SENTENCE]]
    more = [f"And {count(len(checks) - len(said), 'check')} more."] if len(checks) > len(said) else []
    return " ".join([f"{start}.", *said, *more, *late])


def _of_check(one: CheckMove) -> str:
    check = one.check
    title = safe(check.title, 160).rstrip(".") or check.name
    because = [words for why in one.why if (words := _BECAUSE.get(why.cause))]
    reason = f", because {' and '.join(because)}" if because else ""
    before, after = (_points(side.score if side else 0.0) for side in (one.before, one.after))
    if {why.cause for why in one.why} == {Cause.POINTS}:
        return f"{check.question}, “{title}”, gives {after} instead of {before} points now."
    return f"{check.question}, “{title}”, {_ended(one)} ({before} → {after} points){reason}.{_said(one)}"


def _ended(one: CheckMove) -> str:
    if one.after is None:
        return "does not count any more"
    if one.before is None:
        return "is new, and passed" if one.after.outcome is Outcome.PASSED else "is new, and did not pass"
    if one.before.outcome is one.after.outcome:
        return "counts otherwise now"
    return {
        Outcome.PASSED: "passes now",
        Outcome.FAILED: "does not pass now",
        Outcome.SKIPPED: "was not tried, as a check that it builds on did not pass",
        Outcome.REVIEW: "waits for a person now, without points until then",
        Outcome.ERROR: "could not be graded",
    }[one.after.outcome]


def _said(one: CheckMove) -> str:
    """Return the reason of a check that is lost now, as the feedback page will show it."""
    lost = one.after is not None and one.after.outcome is Outcome.FAILED and one.points < 0
    reason = safe(one.after.reason, 240) if lost and one.after else ""
    return f" It says: {reason.rstrip('.')}." if reason else ""


# -- as plain data ---------------------------------------------------------------------------------


def to_json(found: Comparison, **more: Any) -> dict[str, Any]:
    """Return everything as plain data: what ``--json`` prints, and a log holds."""
    return {
        "assignment": found.assignment,
        **more,
        "bundle": {"now": found.bundle, "before": dict(found.bundles)},
        "summary": {
            "hand_ins": _total(found),
            "moved": len(found.moves),
            "up": sum(m.points > 0 for m in found.moves),
            "down": sum(m.points < 0 for m in found.moves),
            "other_verdicts": len(found.verdicts),
            "stayed": len(found.stay),
            "not_graded": len(found.not_graded),
        },
        "changes": [
            {"kind": c.kind, "what": c.what, "detail": c.detail, "hand_ins": c.hand_ins}
            for c in ordered(found.changes)
        ],
        "moves": [_move(found, m) for m in found.moves],
        "other_verdicts": [_move(found, m) for m in found.verdicts],
        "stayed": list(found.stay),
        "not_graded": [
            {"student": n.student, "why": n.why, "keeps": n.keeps, "fault_of_ours": n.ours}
            for n in found.not_graded
        ],
        "above_maximum": _rows(found.above_maximum, ("student", "question", "by_hand", "maximum")),
        "decided_by_hand": _rows(found.decided_by_hand, ("student", "question", "by_hand")),
        "for_a_person": _rows(found.reviews, ("student", "check", "points")),
        "distribution": {
            "before": {**_figures(found.before.values()), "tenths": histogram(found.before.values())},
            "now": {**_figures(found.after.values()), "tenths": histogram(found.after.values())},
        },
        "notes": list(found.notes),
    }


def _rows(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    return [dict(zip(names, row, strict=True)) for row in rows]


def _move(found: Comparison, move: Move) -> dict[str, Any]:
    counted = found.counted(move)
    return {
        "student": move.student,
        "from": move.before.score if move.before else None,
        "to": move.after.score,
        "maximum": {"from": move.before.max_score if move.before else None, "to": move.after.max_score},
        "counted": {"from": counted[0], "to": counted[1]},  # where a person's score stands
        "after_lateness": _charges(found, move),
        "questions": {
            q: {"from": move.before.score_of(q) if move.before else None, "to": move.after.score_of(q)}
            for q in move.questions
        },
        "checks": [_check(c) for c in move.checks],
        "because_of": [{"cause": w.cause.value, "detail": w.detail} for w in move.why],
        "sentence": sentence(found, move) if move.questions else "",
    }


def _charges(found: Comparison, move: Move) -> dict[str, Any] | None:
    """Return what lateness leaves; None where it takes nothing."""
    if move.student not in found.late:
        return None
    before, now = found.late[move.student]
    old = before.final if before else move.before.score if move.before else None
    return {"from": old, "to": now.final, "why": now.why}


def _check(one: CheckMove) -> Mapping[str, Any]:
    def side(check: Any) -> Any:
        return (
            None
            if check is None
            else {"score": check.score, "of": check.max_score, "outcome": check.outcome.value}
        )

    return {
        "check": _name(one),
        "title": one.check.title,
        "from": side(one.before),
        "to": side(one.after),
        "because_of": [{"cause": w.cause.value, "detail": w.detail} for w in one.why],
    }
