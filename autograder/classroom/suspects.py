"""Which check to look at first: those that may be wrong, found by whom they fail (*trusted*).

A check that fails the students who pass nearly all else, and no others, judges something that nobody was asked for: a
dtype, a library, a form of file. Nothing here is a verdict. It says where an instructor's ten minutes are best spent.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.classroom import reasons, statistics
from autograder.classroom.reasons import Group
from autograder.model import CheckResult, GradingResult, Outcome

NEARLY_ALL = 0.9  # of the points of the other checks that were judged
FEW = 10  # hand-ins: of fewer, a number that looks like a finding is mostly luck
FEWEST_FAILURES = 3
SUSPECT = 4.0  # nats: 55 times as likely if the check is wrong for some
SHOWN = 5  # suspects: who has to look at ten checks looks at none
MOST_OF_THEM = 0.6  # of the failures, to say that they cluster
BY_CHANCE = 0.01  # at most, however many traits were tried
STRONG_NATS = 2.5  # what a high rate of failures among those who pass nearly all else can add
LOW = 0.2  # discrimination: below it a check hardly tells those who know from those who do not
CLUSTER_NATS = 4.0  # what a cluster can add: students make the same mistakes, too

Key = tuple[str, str]  # question, check
Trait = tuple[str, str]  # kind, value
# What is known about a student's hand-in, by kind: {"library": {"sklearn"}, "dtype": {"float64"}, "file": {".pth"}}.
Traits = Mapping[str, Mapping[str, frozenset[str]]]

_NOTHING_THERE = re.compile(r"^not answered yet|is not defined(?::|\b)|^needs an answer|was not handed in")
_ERROR = re.compile(r"\b([A-Z][A-Za-z]*(?:Error|Exception|Iteration|Interrupt|Exit))\b")
_DTYPES = {
    "half": "float16",
    "float": "float32",
    "double": "float64",
    "long": "int64",
    "cfloat": "complex64",
    "cdouble": "complex128",
}
# Every word with the first letter of a dtype's name: a third of the time that a pattern of the names takes.
_WORD = re.compile(r"[bcfiu](?<!\w\w)\w+")
_DTYPE_NAMES = {"bfloat16", "complex64", "complex128", *(f"float{n}" for n in (16, 32, 64))} | {
    f"{sign}int{n}" for sign in ("", "u") for n in (8, 16, 32, 64)
}
# PyTorch's words: "expected scalar type Float but found Double", "Input type (double) and bias type (float)".
_TORCH_DTYPE = re.compile(
    r"(?:scalar type |type \(|found |but got )(half|float|double|long|cfloat|cdouble)\b", re.I
)

_SHARED = {
    "library": "come from notebooks that import",
    "dtype": "come from notebooks whose code names",
    "file": "come with",
    "program": "come from notebooks made with",
    "error": "end with",
    "dtype in the reason": "speak of",
}
_ELSEWHERE = dict.fromkeys(("error", "dtype in the reason"), "failures of other checks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """What most of a check's failures share, and how rare that is elsewhere."""

    kind: str  # one of _SHARED
    value: str
    failed: int  # failures that have it
    of: int
    elsewhere: int  # who passes the check and has it too; of what failures say: failures of other checks
    elsewhere_of: int
    chance: float  # the probability of so many by luck, times the traits that were tried

    def sentence(self) -> str:
        """Return what staff reads."""
        return (
            f"{self.failed} of its {self.of} failures {_SHARED[self.kind]} {self.value}; "
            f"{self.elsewhere} of the {self.elsewhere_of} {_ELSEWHERE.get(self.kind, 'who pass it')} do."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFigures:
    """How a check went in a class.

    ``discrimination`` is the point-biserial correlation of passing it with the share of the points of the other checks
    that were judged, −1 to 1; ``None`` where all pass or all fail.
    """

    question: str
    name: str
    title: str
    points: float
    hidden: bool
    passed: int
    failed: int
    skipped: int
    undecided: int  # a person decides, or not graded
    discrimination: float | None
    interval: tuple[float, float] | None  # 95 %
    strong: int  # students who pass nearly all else
    strong_failed: int
    evidence: float  # nats that it is wrong for some; see ``statistics.slip_evidence``
    clusters: tuple[Cluster, ...]
    reasons: tuple[Group, ...]
    failing: tuple[str, ...]  # students, those who pass most else first

    @property
    def judged(self) -> int:
        """Hand-ins in which it passed or failed."""
        return self.passed + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A check to look at, and why; ``hint`` where a small class says little."""

    check: CheckFigures
    why: tuple[str, ...]
    hint: bool = False


def figures(results: Mapping[str, GradingResult], traits: Traits | None = None) -> list[CheckFigures]:
    """Return the figures of every check, in the order of the assignment. Only graded hand-ins count."""
    table = _Table(results)
    judged = {key: table.judged(key) for key in table.checks}
    evidence = statistics.slip_evidence(
        [([p for p, _ in rows.values()], [s for _, s in rows.values()]) for rows in judged.values()]
    )
    made = [
        table.figures(key, rows, nats) for (key, rows), nats in zip(judged.items(), evidence, strict=True)
    ]
    return [replace(one, clusters=tuple(_clusters(one, table, traits or {}))) for one in made]


def ranked(checks: Sequence[CheckFigures], hand_ins: int) -> list[Suspect]:
    """Return the suspects, the likeliest first; none is a good answer."""
    common = _strong_failure_rate(checks)
    small = hand_ins < FEW
    found = []
    for check in checks:
        nats = _weight(check, common[check.question, check.name])
        if check.failed < FEWEST_FAILURES or nats < SUSPECT:
            continue
        if small and not (check.strong >= FEWEST_FAILURES and check.strong_failed * 2 >= check.strong):
            continue
        found.append((nats, Suspect(check=check, why=tuple(_why(check, common)), hint=small)))
    found.sort(key=lambda pair: (-pair[0], -pair[1].check.strong_failed))
    return [suspect for _, suspect in found[:SHOWN]]


def sentences(found: Sequence[Suspect], assignment: str) -> list[str]:
    """Return what a terminal says of the suspects: of the first one why, of the others where."""
    if not found:
        return []
    first, *others = found
    check = first.check
    lead = "a hint, from few hand-ins" if first.hint else "look at this check first"
    lines = [
        f"{lead}: {check.question}/{check.name} ({check.title}): {first.why[0] if first.why else ''}",
        *(f"  {line}" for line in first.why[1:]),
    ]
    if others:
        lines.append("  then: " + ", ".join(f"{s.check.question}/{s.check.name}" for s in others))
    lines.append(f"  the hand-ins that it fails: autograder overview {assignment} --suspect 1")
    return lines


def nobody_fails(checks: Sequence[CheckFigures]) -> list[CheckFigures]:
    """Return the checks that everybody passes whose hand-in reached them: they tell nobody from anybody."""
    return [c for c in checks if c.judged >= FEW and not c.failed]


def _weight(check: CheckFigures, usual: float) -> float:
    """Return what a suspect is ranked by, in nats: the slip, and in small parts what else speaks for it."""
    nats = check.evidence
    # Where there is nobody between those who know all and those who know nothing, a slip looks like a difficulty. Then
    # this is all there is to go by; a check that is hard and fair has it, too, so that it cannot make a suspect alone.
    nats += min(STRONG_NATS, statistics.rate_evidence(check.strong_failed, check.strong, usual) / 4)
    if not check.passed:  # no curve can be drawn through failures alone: those who pass nearly all else count
        nats = max(nats, SUSPECT * (check.strong >= FEWEST_FAILURES) + check.strong)
    # A cluster alone is no suspicion: a mistake that many make ends in one error, too.
    unrelated = check.evidence >= 1 or (check.discrimination is not None and check.discrimination < LOW)
    if unrelated and check.strong_failed >= FEWEST_FAILURES and check.clusters:
        nats += min(CLUSTER_NATS, max(-math.log(max(c.chance, 1e-9)) for c in check.clusters) / 2)
    return nats


def _strong_failure_rate(checks: Sequence[CheckFigures]) -> Mapping[Key, float]:
    """Return for each check how often those who pass nearly all else fail the other checks."""
    failed, strong = sum(c.strong_failed for c in checks), sum(c.strong for c in checks)
    return {
        (c.question, c.name): (failed - c.strong_failed) / (strong - c.strong) if strong > c.strong else 0.0
        for c in checks
    }


def _why(check: CheckFigures, common: Mapping[Key, float]) -> Iterable[str]:
    if not check.passed:
        yield f"Nobody passes it: all {check.failed} fail."
    if check.strong_failed:
        rate = common[check.question, check.name]
        yield (
            f"{check.strong_failed} of the {check.strong} who pass nearly all else "
            f"({100 * NEARLY_ALL:.0f} % of the other points or more) fail it; of the other checks such students fail {100 * rate:.0f} %."
        )
    if check.discrimination is not None and check.discrimination < LOW:
        low, high = check.interval or (-1.0, 1.0)
        what = (
            "Those who fail it do better elsewhere than those who pass"
            if high < 0
            else "It tells those who know from those who do not no better than chance"
            if low < 0
            else "It hardly tells those who know from those who do not"
        )
        yield f"{what}: point-biserial {_signed(check.discrimination)} (95 % interval {_signed(low)} to {_signed(high)})."
    for cluster in check.clusters:
        yield cluster.sentence()


def _signed(number: float) -> str:
    return f"{number:+.2f}".replace("-", "−")


# ---- the class as a table ------------------------------------------------------------------------------------------


class _Table:
    """Who did what in which check, and what else they passed."""

    def __init__(self, results: Mapping[str, GradingResult]) -> None:
        self.graded = {name: r for name, r in results.items() if r.graded}
        self.checks: dict[Key, CheckResult] = {}
        self.found: dict[str, dict[Key, CheckResult]] = {}
        self.sums: dict[str, tuple[float, float]] = {}  # points and most points of the judged checks
        for name, result in self.graded.items():
            mine = {(c.question, c.name): c for c in result.checks}
            self.found[name] = mine
            for key, check in mine.items():
                self.checks.setdefault(key, check)
            # A check that was skipped says nothing of its own, nor may it make those weak whom its parent fails.
            told = [c for c in mine.values() if c.outcome in (Outcome.PASSED, Outcome.FAILED)]
            self.sums[name] = sum(c.score for c in told), sum(c.max_score for c in told)
        # What each failure says of itself, without those who handed in nothing to judge.
        self.told: dict[Key, dict[str, frozenset[Trait]]] = {key: {} for key in self.checks}
        for name, mine in self.found.items():
            for key, check in mine.items():
                if check.outcome is Outcome.FAILED and not _NOTHING_THERE.search(check.reason):
                    self.told[key][name] = _told(check)
        self.told_by_all = Counter(t for by in self.told.values() for told in by.values() for t in told)
        self.failures = sum(len(by) for by in self.told.values())

    def judged(self, key: Key) -> dict[str, tuple[bool, float]]:
        """Return by student: passed or not, and the share of the other points."""
        rows: dict[str, tuple[bool, float]] = {}
        for name, mine in self.found.items():
            check = mine.get(key)
            if check is None or check.outcome not in (Outcome.PASSED, Outcome.FAILED):
                continue
            score, most = self.sums[name]
            rest = most - check.max_score
            if rest > 1e-9:
                rows[name] = (
                    check.outcome is Outcome.PASSED,
                    min(1.0, max(0.0, (score - check.score) / rest)),
                )
        return rows

    def figures(self, key: Key, rows: Mapping[str, tuple[bool, float]], nats: float) -> CheckFigures:
        """Return what can be said about one check."""
        spec = self.checks[key]
        outcomes = {name: mine[key] for name, mine in self.found.items() if key in mine}
        count = {o: sum(c.outcome is o for c in outcomes.values()) for o in Outcome}
        r = statistics.point_biserial([p for p, _ in rows.values()], [s for _, s in rows.values()])
        strong = [passed for passed, share in rows.values() if share >= NEARLY_ALL - 1e-9]
        failing = [name for name, c in outcomes.items() if c.outcome is Outcome.FAILED]
        failing.sort(key=lambda name: (-rows[name][1] if name in rows else 0.0, name))
        return CheckFigures(
            question=spec.question,
            name=spec.name,
            title=spec.title,
            points=spec.max_score,
            hidden=spec.hidden,
            passed=count[Outcome.PASSED],
            failed=count[Outcome.FAILED],
            skipped=count[Outcome.SKIPPED],
            undecided=count[Outcome.REVIEW] + count[Outcome.ERROR],
            discrimination=r,
            interval=statistics.correlation_interval(r, len(rows)),
            strong=len(strong),
            strong_failed=strong.count(False),
            evidence=nats,
            clusters=(),
            reasons=tuple(
                reasons.grouped(
                    ("", outcomes[name].reason, name, outcomes[name].max_score - outcomes[name].score)
                    for name in failing
                )
            ),
            failing=tuple(failing),
        )


# ---- what failures share -------------------------------------------------------------------------------------------


def _clusters(check: CheckFigures, table: _Table, traits: Traits) -> Iterable[Cluster]:
    """Return, of each kind, the trait that most of the failures share and that is rare elsewhere."""
    key = (check.question, check.name)
    failures = table.told[key]
    if len(failures) < FEWEST_FAILURES:
        return
    passing = [n for n, mine in table.found.items() if key in mine and mine[key].outcome is Outcome.PASSED]
    tried = [
        *_compared(
            Counter(t for n in failures for t in _all(traits.get(n, {}))),
            len(failures),
            Counter(t for n in passing for t in _all(traits.get(n, {}))),
            len(passing),
        )
    ]
    ours = Counter(t for told in failures.values() for t in told)
    tried += _compared(ours, len(failures), table.told_by_all - ours, table.failures - len(failures))
    best: dict[str, Cluster] = {}
    for one in tried:
        one = replace(one, chance=min(1.0, one.chance * len(tried)))
        if one.chance > BY_CHANCE:
            continue
        before = best.get(one.kind)
        if before is None or one.chance < before.chance:
            best[one.kind] = one
        elif (one.failed, one.elsewhere) == (
            before.failed,
            before.elsewhere,
        ):  # expected float32, got float64
            best[one.kind] = replace(before, value=f"{before.value} and {one.value}")
    yield from sorted(best.values(), key=lambda c: c.chance)


def _all(traits: Mapping[str, frozenset[str]]) -> Iterable[Trait]:
    return ((kind, value) for kind, values in traits.items() for value in values)


def _compared(ours: Counter[Trait], of: int, others: Counter[Trait], others_of: int) -> Iterable[Cluster]:
    """Yield each trait that most of ours have, with the probability of so many by luck."""
    for kind, value in sorted(ours):
        mine, theirs = ours[kind, value], others[kind, value]
        if mine >= max(FEWEST_FAILURES, MOST_OF_THEM * of):
            yield Cluster(
                kind=kind,
                value=value,
                failed=mine,
                of=of,
                elsewhere=theirs,
                elsewhere_of=others_of,
                chance=statistics.at_least_by_chance(mine, drawn=of, marked=mine + theirs, of=of + others_of),
            )


def _told(check: CheckResult) -> frozenset[Trait]:
    """Return the dtypes and the classes of error that a failure names; the note is for staff, so it may name more."""
    text = f"{check.reason} {check.staff_note}"[:1000]
    dtypes = _DTYPE_NAMES.intersection(_WORD.findall(text)) | {
        _DTYPES[found.lower()] for found in _TORCH_DTYPE.findall(text)
    }
    errors = set(_ERROR.findall(text)) - {"StudentError", "NotImplementedError"}
    return frozenset(
        {("dtype in the reason", dtype) for dtype in dtypes} | {("error", error) for error in errors}
    )


def dtypes_in(source: str) -> set[str]:
    """Return the dtypes that a notebook's code names, by NumPy's names."""
    found = _DTYPE_NAMES.intersection(_WORD.findall(source))
    for word in re.findall(r"\.(half|float|double|long)\(|torch\.(half|float|double|long)\b", source):
        found.add(_DTYPES[word[0] or word[1]])
    return found
