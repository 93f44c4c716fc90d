"""Variants: what a file may say, how ours are judged, and that nothing is graded twice."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.author import release, validate
from autograder.author.release import Source
from autograder.author.validate import SOLUTION, UNTOUCHED, Judgement, Variant
from autograder.bundle import Bundle, read_bundle
from autograder.engine.batch import EngineOptions, Job
from autograder.errors import ReleaseError
from autograder.model import CheckResult, GradingResult, Outcome
from tests.conftest import cell as new_cell

Mini = tuple[Source, Path, Any]
BLOCK = "# %% q1_answer\n# answer: q1_answer\ndef sum_of_squares(values):\n    return 1\n"
FULL = {"q1": 4.0, "q2": 4.0, "q3": 3.0}


@pytest.fixture
def bundle(mini: Mini) -> Bundle:
    """Return the small course's bundle."""
    return read_bundle(mini[1])


# -- reading ---------------------------------------------------------------------------------------


def test_read_variant_takes_header_and_blocks(bundle: Bundle, tmp_path: Path) -> None:
    """A wrong one and a right one, with what they replace and leave out."""
    (tmp_path / "wrong-one.py").write_text(
        '# operator = "constant"\n# why = "returns 1, always"\n# expected = {q1 = 0, q2 = 2.5}\n# without = ["w.pt"]\n\n'
        + BLOCK
        + "\n\n# %% q2_answer\nMLP = None\n"
    )
    (tmp_path / "right-two.py").write_text(BLOCK)
    (tmp_path / "right-two").mkdir()
    (tmp_path / "notes.md").write_text("not a variant")
    right, wrong = validate.read_variants(tmp_path, bundle)
    assert wrong == Variant(
        name="wrong-one",
        right=False,
        blocks={
            "q1_answer": "# answer: q1_answer\ndef sum_of_squares(values):\n    return 1",
            "q2_answer": "MLP = None",
        },
        expected={"q1": 0.0, "q2": 2.5},
        operator="constant",
        why="returns 1, always",
        without=("w.pt",),
    )
    assert (right.name, right.right, right.expected, right.files) == (
        "right-two",
        True,
        {},
        tmp_path / "right-two",
    )


HEADER = "# expected = {q1 = 0}\n"


@pytest.mark.parametrize(
    ("name", "text", "found", "to_do"),
    [
        ("maybe-x", HEADER + BLOCK, "no variant's name", "right- or wrong-"),
        (
            "wrong-x",
            "# expected = {q1 = 0\n" + BLOCK,
            "its header is not TOML in comments: ",
            "expected = {q1 = 0}",
        ),
        ("wrong-x", BLOCK, "a wrong variant must lose points somewhere", "expected = {q1 = 0}"),
        (
            "wrong-x",
            "# expected = {q1 = 4}\n" + BLOCK,
            "a wrong variant must lose points",
            "expected = {q1 = 0}",
        ),
        ("right-x", HEADER + BLOCK, "a right variant that loses points", "Name it wrong-"),
        ("wrong-x", "# expcted = {q1 = 0}\n" + BLOCK, "its header has 'expcted'", "Known are expected"),
        ("wrong-x", "# expected = 0\n" + BLOCK, "expected is no table", "expected = {q1 = 0}"),
        ("wrong-x", HEADER + '# without = "w"\n' + BLOCK, "without no list", "without ="),
        ("wrong-x", "# expected = {q9 = 0}\n" + BLOCK, "'q9' is no question", "There are: q1, q2, q3."),
        ("wrong-x", "# expected = {m1 = 0}\n" + BLOCK, "'m1' is no question", "There are: q1"),
        ("wrong-x", '# expected = {q1 = "0"}\n' + BLOCK, "it expects '0' points for q1", "from 0 to 5"),
        ("wrong-x", "# expected = {q1 = true}\n" + BLOCK, "it expects True points for q1", "from 0 to 5"),
        ("wrong-x", "# expected = {q1 = 6}\n" + BLOCK, "it expects 6 points for q1", "from 0 to 5"),
        ("wrong-x", "# expected = {q1 = -1}\n" + BLOCK, "it expects -1 points for q1", "from 0 to 5"),
        ("wrong-x", "# expected = {q1 = nan}\n" + BLOCK, "it expects nan points for q1", "from 0 to 5"),
        (
            "wrong-x",
            HEADER + BLOCK.replace("q1_answer\n#", "q9\n#"),
            "'q9' is no cell",
            "There are: first_cell, m1",
        ),
        ("wrong-x", HEADER + BLOCK + BLOCK, "two blocks replace 'q1_answer'", "Leave one"),
        ("wrong-x", HEADER + "x = 1\n", "it changes nothing", "# %% <grade_id>"),
    ],
)
def test_read_variant_refuses(
    bundle: Bundle, tmp_path: Path, name: str, text: str, found: str, to_do: str
) -> None:
    """With the file, what is wrong in it and what it should say."""
    path = tmp_path / f"{name}.py"
    path.write_text(text)
    with pytest.raises(ReleaseError) as caught:
        validate.read_variants(tmp_path, bundle)
    head, _, tail = str(caught.value).partition("\n")
    assert head.startswith(f"{path}: ")
    assert found in head
    assert head.endswith("; nothing was graded.")
    assert to_do in tail


def test_no_folder_of_variants_means_none(bundle: Bundle, tmp_path: Path) -> None:
    """An assignment may begin without."""
    assert validate.read_variants(tmp_path / "absent", bundle) == []


# -- hand-ins of ours ------------------------------------------------------------------------------


@pytest.fixture
def source(mini: Mini, tmp_path: Path) -> Source:
    """Return the small course's source with a folder of variants of its own."""
    references = tmp_path / "references"
    (references / "variants").mkdir(parents=True)
    (references / "solution").mkdir()
    (references / "solution" / "w.pt").write_bytes(b"weights")
    return Source("mini", mini[0].path, mini[0].notebook, references)


def answers(folder: Path) -> dict[str, str]:
    """Read the cells of a written hand-in by their grade_id."""
    notebook = nbformat.read(folder / "mini.ipynb", 4)
    return {c.metadata.nbgrader.grade_id: c.source for c in notebook.cells if "nbgrader" in c.metadata}


def test_make_hand_ins_writes_solution_release_and_variants(
    source: Source, mini: Mini, bundle: Bundle, tmp_path: Path
) -> None:
    """The release as it is and without files; the others with the solution's files, less those left out."""
    variants = source.references / "variants"
    (variants / "wrong-one.py").write_text('# expected = {q1 = 0}\n# without = ["w.pt"]\n' + BLOCK)
    (variants / "right-two.py").write_text(BLOCK)
    (variants / "right-two").mkdir()
    (variants / "right-two" / "w.pt").write_bytes(b"others")
    jobs, read = validate.make_hand_ins(source, mini[2], bundle, tmp_path / "hand-ins")
    assert [j.name for j in jobs] == [SOLUTION, UNTOUCHED, "right-two", "wrong-one"]
    assert [v.name for v in read] == ["right-two", "wrong-one"]
    files = {j.name: sorted(p.name for p in j.folder.iterdir()) for j in jobs}
    assert files[SOLUTION] == files["right-two"] == ["mini.ipynb", "w.pt"]
    assert files[UNTOUCHED] == files["wrong-one"] == ["mini.ipynb"]
    assert (jobs[2].folder / "w.pt").read_bytes() == b"others"
    assert "sum(v * v" in answers(jobs[0].folder)["q1_answer"]
    assert "return 1" in answers(jobs[3].folder)["q1_answer"]
    assert "torch.relu" in answers(jobs[3].folder)["q2_answer"]
    assert nbformat.read(jobs[1].folder / "mini.ipynb", 4) == mini[2]


# -- judging ---------------------------------------------------------------------------------------


def result(scores: dict[str, float], *, graded: bool = True, bundle: Bundle) -> GradingResult:
    """Return a result with one check per question."""
    checks = tuple(
        CheckResult(
            question=q,
            name=f"test_{q}",
            title=f"{q}.",
            outcome=Outcome.PASSED if scores.get(q, 0) >= most else Outcome.FAILED,
            score=scores.get(q, 0),
            max_score=most,
            hidden=True,
            reason="" if scores.get(q, 0) >= most else "wrong",
        )
        for q, most in FULL.items()
    )
    return GradingResult(assignment="mini", graded=graded, questions=bundle.questions, checks=checks)


class Bench:
    """Stands in for the engine: gives planned scores, and remembers what it graded."""

    def __init__(self, bundle: Bundle, plan: dict[str, dict[str, float]]) -> None:
        self.bundle, self.plan = bundle, plan
        self.graded: list[str] = []
        self.ungraded: set[str] = set()

    def grade_many(
        self, _: EngineOptions, jobs: list[Job], *, workers: int | None
    ) -> Iterator[tuple[Job, GradingResult]]:
        for job in jobs:
            self.graded.append(job.name)
            yield job, result(self.plan[job.name], graded=job.name not in self.ungraded, bundle=self.bundle)


VARIANTS = [
    Variant(name="right-a", right=True, blocks={}, expected={}),
    Variant(name="wrong-b", right=False, blocks={}, expected={"q1": 0.0, "q2": 2.0}),
]
GOOD = {SOLUTION: FULL, UNTOUCHED: {}, "right-a": FULL, "wrong-b": {"q1": 0.0, "q2": 2.0, "q3": 3.0}}


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    """Return one hand-in per name, each with a file of its own."""
    made = []
    for name in GOOD:
        folder = tmp_path / "hand-ins" / name
        folder.mkdir(parents=True)
        (folder / "mini.ipynb").write_text(name)
        made.append(Job(name, folder))
    return made


Judge = Callable[..., list[Judgement]]


@pytest.fixture
def bench(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Put the stand-in where the engine is."""
    made = Bench(bundle, {name: dict(scores) for name, scores in GOOD.items()})
    monkeypatch.setattr(validate, "grade_many", made.grade_many)
    return made


def judge(bench: Bench, jobs: list[Job], **options: Any) -> list[Judgement]:
    """Judge the hand-ins with the stand-in."""
    return validate.judge(
        EngineOptions(bench.bundle.folder), options.pop("bundle", bench.bundle), jobs, VARIANTS, **options
    )


def test_judge_is_content_with_what_must_be(bench: Bench, jobs: list[Job]) -> None:
    """Every one has its points, and the counts say so."""
    seen: list[tuple[str, bool]] = []
    judgements = judge(bench, jobs, progress=lambda name, ok: seen.append((name, ok)))
    assert [j.ok for j in judgements] == [True] * 4
    assert seen == [(name, True) for name in GOOD]
    assert validate.summary(judgements) == {
        "solution": True,
        "release": True,
        "right": {"accepted": 1, "of": 1},
        "wrong": {"killed": 1, "of": 1},
        "survivors": [],
        "false_alarms": [],
    }
    assert validate.kill_matrix(judgements).split("\n") == [
        "variant   q1  q2  q3  verdict",
        "─" * 29,
        "solution   4   4   3  ok",
        "release    0   0   0  ok",
        "right-a    4   4   3  ok",
        "wrong-b    0   2   3  ok",
    ]


@pytest.mark.parametrize(
    ("name", "scores", "ok"),
    [
        ("wrong-b", {"q1": 0.0, "q2": 2.0, "q3": 3.75}, True),
        ("wrong-b", {"q1": 0.0, "q2": 2.5, "q3": 3.75}, False),
        ("wrong-b", {"q1": 0.5, "q2": 2.0, "q3": 3.75}, False),
        ("wrong-b", {"q1": 0.0, "q2": 2.0, "q3": 2.75}, False),
        ("right-a", {"q1": 5.0, "q2": 4.0, "q3": 3.0}, True),
        (SOLUTION, {"q1": 5.0, "q2": 4.0, "q3": 3.0}, True),
        (UNTOUCHED, {"q1": 0.25}, False),
    ],
)
def test_full_marks_are_at_least_the_points(
    bench: Bench, jobs: list[Job], name: str, scores: dict[str, float], ok: bool
) -> None:
    """A bonus of a question that a variant does not name needs no word; what it names is exact."""
    bench.plan[name] = scores
    judged = {j.name: j for j in judge(bench, jobs)}
    assert judged[name].ok is ok
    assert all(j.ok for other, j in judged.items() if other != name)


@pytest.mark.parametrize(
    ("name", "scores", "row", "complaint"),
    [
        (
            SOLUTION,
            {"q1": 1.0, "q2": 4.0, "q3": 3.0},
            "1≠4",
            "solution: the solution does not get all points: q1 1 instead of 4",
        ),
        (UNTOUCHED, {"q2": 0.5}, "0.5≠0", "release: the untouched release gets points: q2 0.5 instead of 0"),
        (
            "right-a",
            {"q1": 4.0, "q2": 4.0},
            "0≠3",
            "right-a: a false alarm, a right variant that lost points: q3 0 instead of 3",
        ),
        (
            "wrong-b",
            FULL,
            "4≠0",
            "wrong-b: a survivor, a wrong variant that kept points: q1 4 instead of 0, q2 4 instead of 2",
        ),
        (
            "wrong-b",
            {"q2": 2.0},
            "0≠3",
            "wrong-b: a wrong variant that lost more than it should: q3 0 instead of 3",
        ),
    ],
)
def test_judge_names_what_must_not_be(
    bench: Bench, jobs: list[Job], name: str, scores: dict[str, float], row: str, complaint: str
) -> None:
    """With the points it has and must have, and the checks that took some."""
    bench.plan[name] = dict(scores)
    judgements = judge(bench, jobs)
    (wrong,) = [j for j in judgements if not j.ok]
    assert wrong.name == name
    assert wrong.complaint().split("\n")[0] == complaint
    assert row in validate.kill_matrix(judgements)
    assert "WRONG" in validate.kill_matrix(judgements)
    if scores.get("q1", 0) < 4:
        assert "  q1: q1. wrong" in wrong.complaint()
    found = validate.summary(judgements)
    assert (name in found["survivors"]) == (name == "wrong-b")
    assert (name in found["false_alarms"]) == (name == "right-a")
    assert (found["solution"], found["release"]) == (name != SOLUTION, name != UNTOUCHED)


def test_what_could_not_be_graded_is_not_right(bench: Bench, jobs: list[Job]) -> None:
    """Also when its points happen to be those that are expected: the release's 0."""
    bench.ungraded = {UNTOUCHED}
    judgements = judge(bench, jobs)
    assert [j.name for j in judgements if not j.ok] == [UNTOUCHED]
    assert judgements[1].complaint().startswith("release: it could not be graded")


def test_second_run_grades_nothing(bench: Bench, jobs: list[Job], tmp_path: Path) -> None:
    """Results are kept by content; the judgements are the same."""
    first = judge(bench, jobs, cache=tmp_path / "cache")
    assert bench.graded == list(GOOD)
    bench.graded.clear()
    assert judge(bench, jobs, cache=tmp_path / "cache") == first
    assert bench.graded == []


def test_cache_forgets_what_has_changed(
    bench: Bench, jobs: list[Job], tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A changed hand-in alone; all of them for a changed check, solution or engine."""
    cache = tmp_path / "cache"
    judge(bench, jobs, cache=cache)

    def graded(**options: Any) -> list[str]:
        bench.graded.clear()
        judge(bench, jobs, cache=cache, **options)
        return bench.graded

    (jobs[2].folder / "mini.ipynb").write_text("changed")
    assert graded() == ["right-a"]
    (jobs[3].folder / "more.pt").write_text("")
    assert graded() == ["wrong-b"]
    for number, (cell, old, new) in enumerate(
        [
            ("q1", "(-50, 50, 6)", "(-50, 50, 7)"),
            ("q1_answer", "sum(v * v", "sum(v ** 2"),
            ("q2", "atol=1e-5", "atol=1e-6"),
        ]
    ):
        notebook = copy.deepcopy(source.notebook)
        one = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == cell)
        assert old in one.source
        one.source = one.source.replace(old, new)
        changed = release.make_bundle(
            Source("mini", source.path, notebook, source.references), tmp_path / f"b{number}", limits={}
        )
        assert graded(bundle=changed) == list(GOOD), cell
    assert graded() == []
    monkeypatch.setattr(validate, "_engine_digest", lambda _: "another")
    assert graded() == list(GOOD)


def test_cache_keeps_no_fault_and_survives_damage(bench: Bench, jobs: list[Job], tmp_path: Path) -> None:
    """What could not be graded is tried again, and so is what was written by half."""
    cache = tmp_path / "cache"
    bench.ungraded = {SOLUTION}
    judge(bench, jobs, cache=cache)
    assert len(list(cache.iterdir())) == 3
    bench.ungraded = set()
    bench.graded.clear()
    judge(bench, jobs, cache=cache)
    assert bench.graded == [SOLUTION]
    for path in cache.iterdir():
        path.write_text(path.read_text()[:50])
    bench.graded.clear()
    judge(bench, jobs, cache=cache)
    assert bench.graded == list(GOOD)
    assert all(json.loads(p.read_text())["graded"] for p in cache.iterdir())


def test_draw_may_decide_how_much_is_lost() -> None:
    """``at_most`` is a ceiling, not a licence: more than it is a survivor; ``apart`` proves nothing either way."""

    def judgement(got: float, **more: frozenset[str]) -> validate.Judgement:
        return validate.Judgement(
            name="wrong-b", expected={"q1": 3.0}, got={"q1": got}, graded=True, right=False, **more
        )

    ceiling = frozenset({"q1"})
    assert [judgement(points, open_below=ceiling).ok for points in (1.0, 3.0, 4.0)] == [True, True, False]
    assert [judgement(points).ok for points in (1.0, 3.0, 4.0)] == [False, True, False]
    assert judgement(0.0, open_below=ceiling, open_above=ceiling).ok


def test_answer_that_is_a_value_is_handed_in_with_every_variant() -> None:
    """An answer without a function is a figure of the student's own, unless checks ask for what it binds."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        new_cell("answer", "q1_answer", "# answer: q1_answer\nbest = 30"),
        new_cell("answer", "look", "# answer: look\nplot(best)"),
        new_cell("check", "q1", "# check: q1", 1),
    ]
    one = Variant(name="wrong-one", right=False, blocks={}, expected={})
    kept = [
        [
            c.metadata["nbgrader"]["grade_id"]
            for c in validate.variant_notebook(notebook, one, asked=asked).cells
        ]
        for asked in (frozenset({"best", "student"}), frozenset[str]())
    ]
    assert kept == [["q1_answer", "q1"], ["q1"]]


@pytest.mark.parametrize("header", ['# apart = ["q9"]\n', '# apart = "q1"\n', "# at_most = 1\n"])
def test_headers_of_what_is_open_are_checked(header: str, bundle: Bundle, tmp_path: Path) -> None:
    """A question that is none, or a word in place of true, is named."""
    (tmp_path / "wrong-x.py").write_text(header + "# expected = {q1 = 0}\n" + BLOCK)
    with pytest.raises(ReleaseError, match="apart is no list of questions or at_most"):
        validate.read_variants(tmp_path, bundle)
