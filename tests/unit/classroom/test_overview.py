"""The figures of a class, what lies beside them, and the page: by hand, and with input that is out to harm."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom import (
    charts,
    circumstances,
    class_overview,
    overview,
    overview_page,
    page_files,
    store,
    stored,
)
from autograder.config import CourseConfig, load_course
from autograder.errors import UsageError
from autograder.model import CellProblem, CheckResult, GradingResult, Outcome, Question

REPOSITORY = Path(__file__).parents[3]
QUESTIONS = (
    Question(name="q1", title="One", points=10),
    Question(name="q2", title="Two", points=30),
    Question(name="m1", title="Words ✍", points=5, manual=True),
)
HOSTILE = '<script>alert(1)</script>\' onload="alert(2)" \\$x^2\\$ {{ 7*7 }} \u202ename'


def check(question: str, name: str, points: float, most: float, reason: str = "", **more: Any) -> CheckResult:
    """Return a check that passed or failed."""
    return CheckResult(
        question=question,
        name=name,
        title=f"{name}.",
        outcome=Outcome.PASSED if points == most else Outcome.FAILED,
        score=points,
        max_score=most,
        hidden=True,
        reason=reason,
        **more,
    )


def hand_in(q1: float, q2: float, **more: Any) -> GradingResult:
    """Return a graded hand-in with so many of 10 and 30 points."""
    checks = (
        check("q1", "a", q1, 10, f"off by {q1} of 10" if q1 < 10 else ""),
        check("q2", "b", q2, 30, f"off by {q2} of 30" if q2 < 30 else ""),
    )
    given: dict[str, Any] = {
        "assignment": "made",
        "graded": True,
        "questions": QUESTIONS,
        "checks": checks,
        "extra": {"timing": {"total_s": q1 + 1}, "memory": {"peak_mb": 100}},
    }
    return GradingResult(**given | more)


@pytest.fixture
def course(tmp_path: Path) -> CourseConfig:
    """Return a course without anything in it."""
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        (tmp_path / name).write_bytes((REPOSITORY / name).read_bytes())
    return load_course(tmp_path)


def test_figures_are_those_worked_out_by_hand() -> None:
    """Four graded, one not: points 40, 30, 10, 0; two reasons that differ by a number are one."""
    results = {
        "ada": hand_in(10, 30),
        "bob": hand_in(0, 30),
        "cy": hand_in(10, 0),
        "dee": hand_in(0, 0),
        "eve": hand_in(0, 0, graded=False, checks=(), notices=("cannot read this notebook",)),
    }
    around = circumstances.Circumstances(by_hand={"ada": {"m1": 4.0}, "bob": {"m1": None}, "cy": {"m1": 2.0}})
    found = overview.of_class("made", results, around)
    assert (found.hand_ins, found.graded, found.most_points) == (5, 4, 40)
    assert found.points is not None
    assert (found.points.mean, found.points.median) == (20, 20)
    assert (found.points.lower_quartile, found.points.upper_quartile) == (7.5, 32.5)
    assert [b.count for b in found.bins] == [1, 0, 1, 0, 0, 0, 0, 1, 0, 1]
    q1, q2, m1 = found.questions
    assert (q1.mean, q1.share, q1.full, q1.none, q1.judged) == (5, 0.5, 2, 2, 4)
    assert q1.discrimination == 0  # 10 and 0 points, with 30 and 0 beside each
    assert (m1.judged, m1.waiting, m1.mean, m1.full) == (2, 2, 3, 0)
    assert [(g.text, g.students, g.points) for g in found.reasons] == [
        ("off by … of …", ("bob", "cy", "dee"), 80),
    ]
    assert found.students[4].scores == {"q1": None, "q2": None, "m1": None}
    assert found.students[0].scores == {"q1": 10, "q2": 30, "m1": 4}
    assert found.students[4].why == "cannot read this notebook"
    time, memory = found.usage
    assert (time.summary.median, time.most[0]) == (1, ("ada", 11))  # type: ignore[union-attr]
    assert memory.summary.highest == 100  # type: ignore[union-attr]
    assert q2.points == 30


def test_json_has_the_same_figures_and_is_json() -> None:
    """No NaN, whatever was recorded; names as they are."""
    odd = ({"name": "loss", "value": float("nan")}, {"name": "AUROC", "value": 0.9, "low": 0.8, "high": 0.95})
    results = {"ada": hand_in(10, 30), "bjørk 🦊": hand_in(5, 30)}
    results["ada"] = replace(results["ada"], checks=(check("q1", "a", 10, 10, leaderboard=odd),))
    found = overview.of_class("made", results)
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["form"] == overview.FORM
    assert told["points"]["mean"] == 22.5
    assert told["leaderboards"] == {"AUROC": [{"student": "ada", "value": 0.9, "low": 0.8, "high": 0.95}]}
    assert [s["name"] for s in told["students"]] == ["ada", "bjørk 🦊"]
    assert {"suspects", "nobody_fails", "questions", "checks", "reasons", "usage", "missing"} <= told.keys()


def test_page_of_nobody_graded_and_of_no_points_is_made() -> None:
    """A class that could not be graded, and an assignment that gives no points."""
    nobody = overview.of_class("made", {"ada": hand_in(0, 0, graded=False, checks=())})
    assert "not graded" in overview_page.page(nobody)
    free = hand_in(
        0, 0, questions=(Question(name="q1", title="", points=0),), checks=(check("q1", "a", 0, 0),)
    )
    assert "mean" in overview_page.page(overview.of_class("made", {"ada": free, "bob": free}))


def hostile_class() -> overview.Overview:
    """Return a class in which everything that somebody could choose is markup."""
    entry = {"name": HOSTILE, "value": 1.0, "low": 0.5, "high": 2.0}
    bad = check("q1", "a", 0, 10, HOSTILE, flags=(HOSTILE,), leaderboard=(entry,), staff_note=HOSTILE)
    result = hand_in(
        0,
        0,
        checks=(bad, check("q2", "b", 30, 30)),
        notices=(HOSTILE,),
        staff_notes=(HOSTILE,),
        problems=(CellProblem(cell=1, label=HOSTILE, reason=HOSTILE),),
        questions=(Question(name=HOSTILE, title=HOSTILE, points=10), *QUESTIONS),
    )
    results = {f"{HOSTILE}{n}": result for n in range(12)} | {f"s{n}": hand_in(10, 30) for n in range(12)}
    results["broken"] = replace(result, graded=False)
    around = circumstances.Circumstances(
        late={f"{HOSTILE}0": circumstances.Late(HOSTILE, 10, 1, 9)},
        missing=(HOSTILE,),
        has_roster=True,
        notes=(HOSTILE,),
        traits={name: {"library": frozenset({HOSTILE})} for name in results if name.startswith("<")},
    )
    return overview.of_class(HOSTILE, results, around, alike=[HOSTILE])


class Elements(HTMLParser):
    """What a browser would make of a page: the elements, the names of their attributes, the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src")}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_shows_markup_as_text() -> None:
    """Names, reasons, notes, labels, titles: no element and no attribute of theirs; the template's braces neither."""
    found = Elements(overview_page.page(hostile_class()))
    assert found.tags["script"] == 1
    assert (
        found.tags.keys() & {"img", "iframe", "object", "embed", "link", "base", "form", "foreignobject"}
        == set()
    )
    assert {name for name in found.attributes if name.startswith("on") or name == "style"} == set()
    assert all(address.startswith("#") for address in found.addresses)
    assert found.text.count("<script>alert(1)</script>") > 20
    assert "{{ 7*7 }}" in found.text and "49 " not in found.text


def test_policy_admits_our_script_and_our_style_only() -> None:
    """The digests are those of what stands in the page, and nothing of the class's stands in either."""
    pages = [
        overview_page.page(hostile_class()),
        overview_page.page(overview.of_class("made", {"ada": hand_in(1, 2)})),
    ]
    for page in pages:
        policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1])  # type: ignore[index]
        assert policy.startswith("default-src 'none'; ")
        assert "unsafe" not in policy
        for kind in ("script", "style"):
            (text,) = re.findall(rf"<{kind}>(.*?)</{kind}>", page, flags=re.DOTALL)
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"{kind}-src 'sha256-{digest}'" in policy
    assert len({re.search(r"<script>(.*?)</script>", page, re.DOTALL)[1] for page in pages}) == 1  # type: ignore[index]


def test_charts_have_their_text_as_text_and_no_id_twice() -> None:
    """To be read aloud and found; and several charts stand in one page."""
    page = overview_page.page(hostile_class())
    svgs = re.findall(r'<svg viewBox[^>]*class="chart".*?</svg>', page, flags=re.DOTALL)
    assert len(svgs) == 4  # points, questions, one leaderboard, usage
    for svg in svgs:
        assert "<text" in svg and 'role="img"' in svg and "aria-label=" in svg
        assert "DejaVu" not in svg and "#0" not in svg
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for used in re.findall(r'(?:href="#|url\(#)([^")]+)', page):
        assert used in ids


def test_chart_that_cannot_be_drawn_leaves_its_table_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers are there, whatever the library of charts does."""
    monkeypatch.setattr(charts, "_inline", lambda *_, **__: 1 / 0)
    page = overview_page.page(overview.of_class("made", {"ada": hand_in(10, 30), "bob": hand_in(0, 0)}))
    assert 'class="chart"' not in page
    assert "<details open><summary>The numbers" in page


def test_page_of_three_hundred_with_long_names_is_below_a_megabyte() -> None:
    """30 checks, 12 questions, names of 40 letters that addresses spell in three times as many."""
    questions = tuple(Question(name=f"q{i}", title=f"Question {i}", points=3) for i in range(12))
    results, links = {}, {}
    for n in range(300):
        name = f"žofie-přibyslava-nováková-svobodová-{n:04d}"
        checks = tuple(
            check(
                f"q{i}",
                f"c{j}",
                float((n * 7 + i + j) % 5 > 0),
                1,
                f"{n} differs from {i * j} in a long sentence",
            )
            for i in range(12)
            for j in range(3)
        )
        results[name] = hand_in(0, 0, questions=questions, checks=checks)
        path = "%C5%BE" * 13 + f"/week1-multilayer-perceptron/{n}.ipynb"
        links[name] = circumstances.Links(f"../feedback/{path}", f"./{path}", f"../submitted/{path}")
    found = overview.of_class("made", results, circumstances.Circumstances(links=links))
    assert len(overview_page.page(found).encode()) <= 1_000_000


def test_level_tells_lost_points_in_five_steps() -> None:
    """None lost, a little, a half, all; no points to lose, nobody decided."""
    assert [overview_page.level(p, 10) for p in (10, 12.5, 9.9, 7.5, 5, 2.5, 0.1, 0)] == [
        "", "", " l1", " l2", " l3", " l3", " l4", " l5",
    ]  # fmt: skip
    assert overview_page.level(None, 10) == overview_page.level(0, 0) == ""


# ---- what lies beside the results ----------------------------------------------------------------------------------


def test_libraries_are_read_without_running_anything() -> None:
    """Plain, dotted, several, renamed, inside a function; not in a word or a string that goes on."""
    source = "import numpy as np, torch.nn as nn\n  from sklearn.svm import SVC\nimportant = 1\nimport jax\nfrom . import x\n"
    assert circumstances.libraries_in(source) == {"numpy", "torch", "sklearn", "jax"}
    assert circumstances.libraries_in("import " + "a, " * 100_000) == {"a"}


def test_traits_come_from_the_students_cells_and_files(course: CourseConfig) -> None:
    """Locked cells are everybody's; a damaged or huge notebook, a link and an odd ending are nobody's."""
    folder = course.autograded / "ada" / "made"
    folder.mkdir(parents=True)
    cells = [
        {"cell_type": "code", "source": ["# locked: data\n", "import sklearn\n", "x = x.double()"]},
        {"cell_type": "code", "source": "# answer: q1\nimport jax\ny = x.float()"},
        {"cell_type": "markdown", "source": "import os"},
    ]
    (folder / "made.ipynb").write_text(json.dumps({"cells": cells}))
    there = course.submitted / "ada" / "made"
    there.mkdir(parents=True)
    for name in ("made.ipynb", "w.PTH", "x.<b>", "noext", ".hidden"):
        (there / name).write_text("")
    (course.submitted / "bob").mkdir()
    (course.submitted / "bob" / "made").symlink_to(there)
    broken = course.autograded / "bob" / "made"
    broken.mkdir(parents=True)
    (broken / "made.ipynb").write_text('{"cells": [[[')
    results = {"ada": hand_in(1, 1, notices=("a.zip was unpacked: 3 file(s)",)), "bob": hand_in(1, 1)}
    found = circumstances.look(course, "made", results)
    assert found.notes == ()
    assert found.traits["ada"] == {
        "library": {"jax"},
        "dtype": {"float32"},
        "file": {"a .pth file", "a file that was unpacked"},
    }
    assert found.traits["bob"] == {"library": frozenset(), "dtype": frozenset(), "file": frozenset()}


def test_links_hold_for_odd_names_and_are_empty_where_nothing_is(course: CourseConfig) -> None:
    """A colon is no scheme, a percent sign no code, a space no end."""
    name = "javascript:ä 100%#?"
    folder = course.autograded / name / "made"
    folder.mkdir(parents=True)
    (folder / "made.ipynb").write_text("{}")
    links = circumstances.look(course, "made", {name: hand_in(1, 1), "bob": hand_in(1, 1)}).links
    assert links[name].notebook == "./javascript%3A%C3%A4%20100%25%23%3F/made/made.ipynb"
    assert links[name].page == links[name].hand_in == ""
    assert links["bob"] == circumstances.Links()


def test_gradebook_that_cannot_be_read_costs_a_note(course: CourseConfig) -> None:
    """The page says so and shows the rest; without a gradebook nothing is said, and none is made."""
    database = Path(course.db_url.removeprefix("sqlite:///"))
    assert circumstances.look(course, "made", {"ada": hand_in(1, 1)}).notes == ()
    assert not database.exists()
    database.write_bytes(b"no database at all, but long enough to look like one" * 50)
    found = circumstances.look(course, "made", {"ada": hand_in(1, 1)})
    assert [note.split(":")[0] for note in found.notes] == ["what is graded by hand is not shown"]


def test_roster_and_lateness_are_shown_where_they_are(tmp_path: Path) -> None:
    """Who is missing, who left, and what lateness says; who is late without a hand-in of ours is not."""
    (tmp_path / "gradebook_config.py").write_text(
        'c = get_config()\nc.CourseDirectory.course_id = "made"\n'
        'c.Autograder.due_dates = {"made": "2026-04-03T12:00:00+00:00"}\nc.Autograder.late_percent = 10\n'
    )
    (tmp_path / "roster.csv").write_text(
        "student,status\nada,active\nbo,active\ngone,left\nzoe,active\nyan,active\n"
    )
    for name, time in (
        ("ada", "2026-04-03 14:00 UTC"),
        ("bo", "2026-04-03 10:00 UTC"),
        ("gone", "2026-04-09 10:00 UTC"),
    ):
        (tmp_path / "submitted" / name / "made").mkdir(parents=True)
        (tmp_path / "submitted" / name / "made" / "timestamp.txt").write_text(f"{time}\n")
    (tmp_path / "submitted" / "yan" / "made").mkdir(parents=True)  # handed in, not graded yet
    course = load_course(tmp_path)
    results = {"ada": hand_in(10, 30), "bo": hand_in(10, 30), "gone": hand_in(0, 30)}
    around = circumstances.look(course, "made", results)
    assert around.notes == ()
    assert around.missing == ("zoe",)
    assert around.left == {"gone"}
    assert around.late["ada"].penalty == 4 and around.late["ada"].final == 36
    assert "bo" not in around.late
    found, _ = class_overview.gather(course, "made", results)
    assert [s.name for s in found.students] == ["ada", "bo"]
    page = overview_page.page(found)
    assert "2 h late" in page and "zoe" in page and "not shown, as they left the class: gone" in page


# ---- commands ------------------------------------------------------------------------------------------------------


def stored_class(course: CourseConfig) -> None:
    """Store 20 hand-ins; a check of q2 fails six that pass all else."""
    for n in range(20):
        name = f"s{n:02d}"
        result = hand_in(10, 0 if n < 6 else 30) if n < 17 else hand_in(0, 0)
        result = replace(result, checks=(*result.checks, check("q3", "c", 40 * (n < 17), 40)))
        store.write_result(course.autograded / name / "made", "made", result)
        (course.submitted / name / "made").mkdir(parents=True)


def test_folders_of_a_suspect_are_those_that_it_fails(course: CourseConfig) -> None:
    """Those who pass all else first; beyond the last suspect a clear error."""
    stored_class(course)
    results = stored.stored_results(course, "made")
    found, broken = class_overview.gather(course, "made", results)
    assert broken == []
    assert [(s.check.question, s.check.name) for s in found.suspects][:1] == [("q2", "b")]
    there = class_overview.folders(course, found, 1)
    assert there[:6] == [str(course.submitted / f"s{n:02d}" / "made") for n in range(6)]
    with pytest.raises(UsageError, match=r"--suspect 5: there (is|are) 1"):
        class_overview.folders(course, found, 5)


def test_command_writes_the_page_and_says_where_to_look(
    course: CourseConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's path on stdout, talk on stderr; --json and --suspect write nothing; report says it, too."""
    from click.testing import CliRunner

    from autograder.cli.main import main

    stored_class(course)
    monkeypatch.chdir(course.home)
    page = page_files.overview_path(course, "made")
    told = CliRunner().invoke(main, ["overview", "made", "--json"])
    assert json.loads(told.stdout)["suspects"][0]["check"] == "b"
    assert len(CliRunner().invoke(main, ["overview", "made", "--suspect", "1"]).stdout.splitlines()) == 9
    assert not page.exists()
    done = CliRunner().invoke(main, ["overview", "made"])
    assert (done.exit_code, done.stdout) == (0, f"{page}\n")
    assert done.stderr.startswith("look at this check first: q2/b (b.): 6 of the 17 who pass nearly all else")
    assert "Look at this check first" in page.read_text()
    assert "look at this check first: q2/b" in CliRunner().invoke(main, ["report", "made"]).stderr
    assert CliRunner().invoke(main, ["overview", "nix"]).exit_code == 2
