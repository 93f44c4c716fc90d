"""Which check to look at first: classes made by hand, whose suspects are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from scipy import stats

from autograder.classroom import suspects
from autograder.model import CheckResult, GradingResult, Outcome, Question

PASS, FAIL, SKIP = Outcome.PASSED, Outcome.FAILED, Outcome.SKIPPED
CHECKS = [(f"q{q}", f"test_{word}") for q in range(1, 5) for word in ("text", "any", "edge")]
PLANTED = ("q2", "test_any")


def hand_in(
    outcomes: Mapping[tuple[str, str], Outcome],
    reasons: Mapping[tuple[str, str], str] | None = None,
    *,
    graded: bool = True,
    notes: Mapping[tuple[str, str], str] | None = None,
) -> GradingResult:
    """Return a result in which everything passes but what is said; each check has 5 points."""
    checks = tuple(
        CheckResult(
            question=q,
            name=n,
            title=f"{n} of {q}.",
            outcome=outcomes.get((q, n), PASS),
            score=0.0 if outcomes.get((q, n), PASS) is not PASS else 5.0,
            max_score=5.0,
            hidden=True,
            reason=(reasons or {}).get((q, n), ""),
            staff_note=(notes or {}).get((q, n), ""),
        )
        for q, n in CHECKS
    )
    questions = tuple(Question(name=f"q{i}", title="", points=15) for i in range(1, 5))
    return GradingResult(assignment="made", graded=graded, questions=questions, checks=checks)


def fails(*keys: tuple[str, str], reason: str = "the result is not the expected one") -> GradingResult:
    """Return a hand-in that fails these checks."""
    return hand_in(dict.fromkeys(keys, FAIL), dict.fromkeys(keys, reason))


def class_of(**groups: tuple[int, GradingResult]) -> dict[str, GradingResult]:
    """Return a class: so many of each."""
    return {f"{kind}-{n:02d}": one for kind, (count, one) in groups.items() for n in range(count)}


def found(
    results: Mapping[str, GradingResult], traits: suspects.Traits | None = None
) -> list[suspects.Suspect]:
    """Return the suspects of a class."""
    return suspects.ranked(suspects.figures(results, traits), len(results))


def first(results: Mapping[str, GradingResult], traits: suspects.Traits | None = None) -> tuple[str, str]:
    """Return the first suspect's question and name."""
    check = found(results, traits)[0].check
    return check.question, check.name


def sixty() -> dict[str, GradingResult]:
    """Return 60: 36 right, 12 right ones that the planted check fails, 12 with mistakes of their own."""
    return class_of(
        right=(36, fails()),
        float64=(12, fails(PLANTED, reason="the weights: expected float32, got float64")),
        edge=(4, fails(("q1", "test_edge"))),
        weak=(5, fails(*CHECKS[3:], reason="your code raised RuntimeError in line 4 of its cell")),
        blank=(3, fails(*CHECKS, reason="not answered yet: the cell still raises NotImplementedError")),
    )


def test_planted_check_in_a_class_of_sixty_is_found_first() -> None:
    """By hand: 52 pass nearly all else, 12 of them fail it; the weak and the blank fail it, too."""
    suspect = found(sixty())[0]
    check = suspect.check
    assert (check.question, check.name) == PLANTED
    assert (check.passed, check.failed, check.strong, check.strong_failed) == (40, 20, 52, 12)
    assert check.failing[:12] == tuple(f"float64-{n:02d}" for n in range(12))
    assert not suspect.hint
    assert suspect.why[0] == (
        "12 of the 52 who pass nearly all else (90 % of the other points or more) fail it; "
        # the four who fail q1's edge, in 11 other checks: 48 + 12 + 4 strong in q1/test_edge's, 52 in ten
        f"of the other checks such students fail {100 * 4 / (52 + 10 * 52):.0f} %."
    )
    assert any("float64" in line and "12 of its 17 failures" in line for line in suspect.why)
    assert check.reasons[0].text == "the weights: expected float32, got float64"


def test_discrimination_is_scipys_point_biserial_with_the_rest() -> None:
    """Passing the check against the points of all other checks."""
    results = sixty()
    for check in suspects.figures(results):
        passed = [
            next(c for c in r.checks if (c.question, c.name) == (check.question, check.name))
            for r in results.values()
        ]
        rest = [r.score - c.score for r, c in zip(results.values(), passed, strict=True)]
        wanted = stats.pointbiserialr([c.outcome is PASS for c in passed], rest).statistic
        assert check.discrimination == pytest.approx(wanted, abs=1e-9)


def test_planted_check_in_a_class_as_the_demo_has_is_found_first() -> None:
    """Twelve: right ones, wrong variants with one mistake each, a blank one, a forger; the plant fails three."""
    hit = fails(PLANTED, reason="the gradient: expected float32, got float64")
    wrong = {
        f"wrong{n}": (1, fails(*keys))
        for n, keys in enumerate((CHECKS[:2], CHECKS[3:4], CHECKS[8:9], CHECKS[10:]))
    }
    rest = class_of(
        right=(3, fails()),
        hit=(3, hit),
        blank=(1, fails(*CHECKS, reason="not answered yet")),
        forger=(1, fails(*CHECKS)),
    )
    results = rest | class_of(**wrong)
    assert len(results) == 12
    (suspect,) = found(results)
    assert (suspect.check.question, suspect.check.name) == PLANTED
    assert suspect.check.failing[:3] == ("hit-00", "hit-01", "hit-02")


PLANTS: dict[str, Callable[[int, bool], bool]] = {  # student's number, passes it by right → passes it now
    "fails a fifth": lambda n, right: right and n % 5 != 0,
    "fails half": lambda n, right: right and n % 2 != 0,
    "turned round": lambda _, right: not right,
    "fails everybody": lambda _n, _right: False,
}


def drawn_class(seed: int, size: int, plant: Callable[[int, bool], bool] | None) -> dict[str, GradingResult]:
    """Return a class with abilities and difficulties drawn, some blank, and a plant."""
    rng = np.random.default_rng(seed)
    difficulty = dict(zip(CHECKS, rng.normal(-1.0, 0.7, len(CHECKS)), strict=True))
    difficulty["q4", "test_edge"] = 1.5  # hard, and fair
    results = {}
    for n in range(size):
        ability, blank = rng.normal(0.8, 1.2), n % 20 == 19
        passed = {
            k: not blank and rng.random() < 1 / (1 + np.exp(-2.5 * (ability - d)))
            for k, d in difficulty.items()
        }
        if plant is not None:
            passed[PLANTED] = plant(n, passed[PLANTED])
        results[f"s{n:03d}"] = fails(*[k for k, ok in passed.items() if not ok])
    return results


@pytest.mark.parametrize(
    ("plant", "size", "at_least"),
    [
        ("fails a fifth", 60, 4),  # where nobody is between all and nothing, it looks like a difficulty
        ("fails a fifth", 300, 6),
        ("fails half", 60, 5),
        ("fails half", 300, 7),
        ("turned round", 60, 8),
        ("turned round", 300, 8),
        ("fails everybody", 60, 8),
        ("fails everybody", 300, 8),
    ],
)
def test_planted_checks_of_many_kinds_are_found_first(plant: str, size: int, at_least: int) -> None:
    """In most of eight drawn classes; a check that is hard and fair is in all of them."""
    ranks = []
    for seed in range(8):
        order = [(s.check.question, s.check.name) for s in found(drawn_class(seed, size, PLANTS[plant]))]
        ranks.append(order.index(PLANTED) if PLANTED in order else 99)
    assert ranks.count(0) >= at_least, ranks


def test_fair_classes_have_few_suspects() -> None:
    """Without a plant there is mostly nothing to look at."""
    counts = [len(found(drawn_class(seed, 60, None))) for seed in range(8)]
    assert sum(counts) <= 8, counts  # one, mostly: the hard one


@pytest.mark.parametrize("size", [1, 2, 5, 9])
def test_small_class_does_not_shout(size: int) -> None:
    """One or two who fail a check alone are no suspicion; a hint is called one."""
    results = class_of(right=(size - 1, fails()), other=(1, fails(PLANTED)))
    assert found(results) == []
    everybody = class_of(all=(size, fails(PLANTED)))
    assert all(s.hint for s in found(everybody))
    assert len(found(everybody)) == (size >= 3)
    assert suspects.nobody_fails(suspects.figures(results)) == []


def test_nobody_and_nothing_have_no_suspects() -> None:
    """No hand-in, no graded one, no check: no error."""
    assert found({}) == []
    assert found({"ada": hand_in({}, graded=False)}) == []
    empty = GradingResult(assignment="made", graded=True, questions=(), checks=())
    assert found({"ada": empty, "bob": empty}) == []


def test_check_that_fails_everybody_is_first_and_says_so() -> None:
    """There is nobody to compare with, and still it is the one to look at."""
    results = class_of(right=(20, fails(PLANTED)), weak=(6, fails(PLANTED, *CHECKS[6:])))
    assert first(results) == PLANTED
    assert found(results)[0].why[0] == "Nobody passes it: all 26 fail."


def test_check_that_only_those_without_an_answer_fail_is_no_suspect() -> None:
    """Blank hand-ins fail everything."""
    results = class_of(right=(30, fails()), blank=(10, fails(*CHECKS, reason="not answered yet: …")))
    assert found(results) == []


def test_checks_that_build_on_a_wrong_one_make_nobody_weak() -> None:
    """What is skipped behind it does not count against those whom it fails."""
    behind = {("q2", "test_edge"): SKIP, ("q3", "test_any"): SKIP, ("q3", "test_edge"): SKIP, PLANTED: FAIL}
    results = class_of(
        right=(30, fails()),
        hit=(10, hand_in(behind)),
        weak=(8, fails(*CHECKS[2:])),
        blank=(3, fails(*CHECKS)),
    )
    suspect = found(results)[0]
    assert (suspect.check.question, suspect.check.name) == PLANTED
    assert suspect.check.strong_failed == 10


def test_failures_that_share_a_library_are_told() -> None:
    """Ten of twelve import JAX; of those who pass one does."""
    results = class_of(
        right=(40, fails()), jax=(10, fails(PLANTED)), plain=(2, fails(PLANTED)), weak=(4, fails(*CHECKS))
    )
    traits = {
        name: {
            "library": frozenset(
                {"numpy", "jax"} if name.startswith("jax") or name == "right-00" else {"numpy"}
            )
        }
        for name in results
    }
    (cluster,) = next(
        c for c in suspects.figures(results, traits) if (c.question, c.name) == PLANTED
    ).clusters
    assert (cluster.kind, cluster.value, cluster.failed, cluster.of) == ("library", "jax", 10, 16)
    assert (cluster.elsewhere, cluster.elsewhere_of) == (1, 40)
    assert cluster.chance < 1e-4
    assert "import jax" in cluster.sentence()


@pytest.mark.parametrize(
    ("reason", "note", "kind", "value"),
    [
        ("the weights: expected float32, got float64", "", "dtype in the reason", "float32 and float64"),
        (
            "x",
            "StudentError: RuntimeError: expected scalar type Float but found Double",
            "dtype in the reason",
            "float32 and float64",
        ),
        ("your code raised TypeError in line 7 of its cell", "", "error", "TypeError"),
        (
            "the result is not the expected one",
            "StudentError: numpy.linalg.LinAlgError: singular",
            "error",
            "LinAlgError",
        ),
    ],
)
def test_failures_that_say_the_same_are_told(reason: str, note: str, kind: str, value: str) -> None:
    """A dtype or a class of error in what they say, that other checks' failures do not say."""
    hit = hand_in({PLANTED: FAIL}, {PLANTED: reason}, notes={PLANTED: note})
    results = class_of(
        right=(30, fails()), hit=(9, hit), other=(9, fails(("q4", "test_any"), ("q4", "test_edge")))
    )
    clusters = next(c for c in suspects.figures(results) if (c.question, c.name) == PLANTED).clusters
    assert (kind, value) in {(c.kind, c.value) for c in clusters}


def test_a_mistake_that_many_weak_students_make_is_no_suspicion() -> None:
    """They share an error, and fail the rest as well."""
    weak = fails(*CHECKS[:8], reason="your code raised ValueError in line 2 of its cell")
    assert found(class_of(right=(30, fails()), weak=(15, weak))) == []


def test_nobody_fails_names_checks_that_tell_nobody_from_anybody() -> None:
    """All who were judged pass, in a class large enough to say so."""
    results = class_of(right=(12, fails(("q1", "test_any"))))
    free = suspects.nobody_fails(suspects.figures(results))
    assert [(c.question, c.name) for c in free] == [k for k in CHECKS if k != ("q1", "test_any")]


def test_sentences_are_short_and_lead_to_the_hand_ins() -> None:
    """The first suspect whole, the others by name, and the command that names their folders."""
    lines: Sequence[str] = suspects.sentences(found(sixty()), "made")
    assert lines[0].startswith(
        "look at this check first: q2/test_any (test_any of q2.): 12 of the 52 who pass"
    )
    assert lines[-1] == "  the hand-ins that it fails: autograder overview made --suspect 1"
    assert len(lines) <= 6
    assert suspects.sentences([], "made") == []


def test_results_of_an_older_release_count_where_they_can() -> None:
    """A check that some hand-ins do not have is judged by those that do."""
    old = fails()
    old = GradingResult(assignment="made", graded=True, questions=old.questions, checks=old.checks[:6])
    check = suspects.figures(class_of(new=(20, fails()), old=(5, old)))[11]
    assert check.passed == 20
