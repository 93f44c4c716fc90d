"""The course's tree: what is discovered, kept, written and refused, with a stand-in for the engine."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import nbformat
import numpy as np
import pytest

from autograder import messages, released
from autograder.author import gradebook_cells, steps
from autograder.bundle import Bundle, read_bundle
from autograder.classroom import discover, export, grading, overview, page_files, store
from autograder.classroom.regrade_records import Facts
from autograder.config import CourseConfig, load_course
from autograder.engine.batch import EngineOptions, Job
from autograder.errors import ReleaseError, UsageError
from autograder.interrupts import Interrupted
from autograder.judge import weight_prints
from autograder.model import CheckResult, GradingResult, Outcome, Question
from autograder.progress import Progress

REPOSITORY = Path(__file__).parents[3]
Mini = tuple[Any, Path, Any]


@pytest.fixture
def course(mini: Mini, tmp_path: Path) -> CourseConfig:
    """Return a course with the small assignment released, as far as grading needs it."""
    root = tmp_path / "course"
    shutil.copytree(mini[0].path.parents[1], root / "source")
    shutil.copytree(mini[0].references.parent, root / "references")
    shutil.copytree(mini[1], root / "bundle" / "mini")
    for name in ("gradebook_config.py", "nbgrader_config.py"):
        shutil.copy(REPOSITORY / name, root)
    found = load_course(root)
    (root / "bundle" / "mini" / "source.sha256").write_text(released.source_digest(found, "mini"))
    return found


def hand_in(course: CourseConfig, student: str, text: str = "a notebook") -> Path:
    """Write a student's hand-in."""
    folder = course.submitted / student / "mini"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mini.ipynb").write_text(text)
    return folder


def result(
    bundle: Bundle, points: float = 4.0, *, fault: bool = False, refused: bool = False
) -> GradingResult:
    """Return a result with one check of q1, a fault of ours, or an unreadable hand-in."""
    check = CheckResult(
        question="q1",
        name="test_three_four",
        title="A.",
        outcome=Outcome.ERROR if fault else Outcome.PASSED,
        score=0.0 if fault else points,
        max_score=4.0,
        hidden=False,
    )
    notices = (messages.OURS,) if fault else ("no notebook (.ipynb) was handed in",) if refused else ()
    return GradingResult(
        assignment="mini",
        graded=not fault and not refused,
        questions=bundle.questions,
        checks=() if refused else (check,),
        notices=notices,
        extra={}
        if refused
        else {"notebook": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}},
    )


class Engine:
    """Stands in for the engine; ``plan`` says what comes out, ``graded`` what went in."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.plan: dict[str, GradingResult] = {}
        self.graded: list[str] = []
        self.options: list[EngineOptions] = []

    def grade_many(
        self, options: EngineOptions, jobs: list[Job], *, workers: int | None, **_: Any
    ) -> Iterator[tuple[Job, GradingResult]]:
        self.options.append(options)
        for job in jobs:
            self.graded.append(job.name)
            yield job, self.plan.get(job.name) or result(self.bundle)


@pytest.fixture
def engine(course: CourseConfig, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Put the stand-in where the engine is."""
    made = Engine(read_bundle(course.bundle("mini")))
    monkeypatch.setattr(grading, "grade_many", made.grade_many)
    return made


def graded(course: CourseConfig, engine: Engine, **options: Any) -> list[str]:
    """Grade the class and return who was graded now."""
    engine.graded.clear()
    found = grading.grade_class(course, "mini", **options)
    assert set(found.results) - found.kept == set(engine.graded)
    return engine.graded


# -- what is there ---------------------------------------------------------------------------------


def test_assignments_are_folders_with_their_notebook(course: CourseConfig) -> None:
    """Not scratch folders, checkpoints or notebooks of another name."""
    (course.source / "empty").mkdir()
    (course.source / "mini" / "scratch.ipynb").write_text("{}")
    assert released.assignments(course) == ["mini"]


def test_discover_finds_students_with_ordinary_odd_names(course: CourseConfig) -> None:
    """Spaces, accents, other scripts, a leading dash; neither dot folders nor files nor other assignments."""
    names = ["-dash", "Zoë Müller", "ada", "山田 太郎", "o'neil", "a+b@c.edu"]
    for name in names:
        hand_in(course, name)
    hand_in(course, ".ipynb_checkpoints")
    (course.submitted / "other" / "week2").mkdir(parents=True)
    (course.submitted / "roster.csv").write_text("")
    (course.submitted / "file").mkdir()
    (course.submitted / "file" / "mini").write_text("not a folder")
    assert [j.name for j in discover.discover(course, "mini")] == sorted(names)


@pytest.mark.parametrize(
    "name",
    ["a\x1b[2K", "a\u202eb", "a\nb", " ada", "ada ", "a\u200bda", b"\xff".decode(errors="surrogateescape")],
)
def test_names_that_deceive_cost_only_themselves(course: CourseConfig, name: str) -> None:
    """Control, bidirectional and invisible characters, spaces at an end, bytes that are no text."""
    hand_in(course, name)
    with pytest.raises(UsageError, match=r"nothing was graded(.|\n)*odd characters"):
        discover.discover(course, "mini")
    hand_in(course, "bob")
    found = discover.look(course, "mini")
    assert [job.name for job in found.jobs] == ["bob"]
    (sentence,) = found.left_out
    assert "odd characters. Rename the folder" in sentence
    assert sentence.encode().decode().isprintable()


def test_links_files_and_dots_are_left_out_with_a_sentence(course: CourseConfig, engine: Engine) -> None:
    """Behind a link lies another's hand-in, or a file that no student may read; a dot hides a folder from a look."""
    hand_in(course, "ada")
    (course.submitted / "bob").mkdir()
    (course.submitted / "bob" / "mini").symlink_to(course.submitted / "ada" / "mini")
    (course.submitted / "cy").symlink_to(course.submitted / "ada")
    (course.submitted / "dee").mkdir()
    (course.submitted / "dee" / "mini").symlink_to("mini")  # to itself
    (course.submitted / "eve").mkdir()
    (course.submitted / "eve" / "mini").write_text("a file")
    hand_in(course, ".fay")
    found = grading.grade_class(course, "mini")
    assert list(found.results) == engine.graded == ["ada"]
    words = {"/bob/": "a link", "/cy/": "a link", "/dee/": "a link", "/eve/": "no folder", ".fay": "a dot"}
    assert len(found.left_out) == len(words)
    for part, word in words.items():
        assert [word in s for s in found.left_out if part in s] == [True]


def test_sparse_file_without_end_is_not_read(course: CourseConfig) -> None:
    """A terabyte of nothing costs no time, and a change of it is another hand-in."""
    folder = hand_in(course, "ada")
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(1 << 40)
    (job,) = discover.discover(course, "mini")
    facts = Facts(read_bundle(course.bundle("mini")), 1 << 29)
    first = facts.key(job)
    assert first == facts.key(job)
    os.truncate(folder / "huge.bin", 1 << 39)
    assert first != facts.key(job)


def test_fault_in_one_students_result_row_or_page_costs_no_other(
    course: CourseConfig, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be written is told; everybody else's result, page and row are there."""
    for name in ("ada", "bob", "cy"):
        hand_in(course, name)
    bad = result(engine.bundle)
    bad.extra["odd"] = float("nan")  # no JSON
    engine.plan["bob"] = bad
    page = page_files.pages.student_page
    monkeypatch.setattr(
        page_files.pages, "student_page", lambda name, *rest: page(name, *rest) if name != "bob" else 1 / 0
    )
    whole = overview.of_class
    monkeypatch.setattr(
        overview, "of_class", lambda a, rs, *more: whole(a, rs, *more) if "bob" not in rs else 1 / 0
    )
    found = grading.grade_class(course, "mini")
    assert sorted(found.results) == ["ada", "bob", "cy"]
    assert [t.split(" could not")[0] for t in found.troubles] == [
        "bob: the result",
        "bob: the feedback page",
        "bob: the row in the overview",
    ]
    for name in ("ada", "cy"):
        assert (course.autograded / name / "mini" / "grading.json").is_file()
        assert (course.feedback / name / "mini" / "mini.html").is_file()
    page = page_files.overview_path(course, "mini").read_text()
    assert "ada" in page and "cy" in page


@pytest.mark.parametrize("folder", ["autograded", "feedback"])
def test_folder_that_cannot_be_written_is_a_sentence(
    course: CourseConfig, engine: Engine, folder: str
) -> None:
    """A full or read-only disk: here a file in the folder's place, which stops root, too."""
    hand_in(course, "ada")
    hand_in(course, "bob")
    (course.root / folder).write_text("")
    found = grading.grade_class(course, "mini")
    assert sorted(found.results) == ["ada", "bob"]
    assert found.troubles
    assert all("could not be written: " in sentence for sentence in found.troubles)


def test_result_that_found_no_room_is_tried_again_at_the_end(
    course: CourseConfig, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody makes room meanwhile; that there was none is said at once, and in one sentence."""
    for name in ("ada", "bob", "cy"):
        hand_in(course, name)
    write, room = store.replace_together, [False]

    def full(files: Any, **options: Any) -> None:
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(list(files)[-1]))
        write(files, **options)

    class Watched(Progress):
        said: ClassVar[list[str]] = []

        def note(self, text: str) -> None:
            self.said.append(text)

        def __call__(self, name: str, ok: bool, *outcomes: str) -> None:
            room[0] = name == "cy"

    monkeypatch.setattr(store, "replace_together", full)
    monkeypatch.setattr(page_files, "replace_together", full)
    found = grading.grade_class(course, "mini", progress=Watched(0, "grade mini"))
    assert Watched.said == [
        "ada: the result could not be written (No space left on device); grading goes on, "
        "and what could not be written is tried again at the end"
    ]
    assert found.troubles == ()
    assert {p.parent.parent.name for p in course.autograded.glob("*/mini/grading.json")} == {
        "ada",
        "bob",
        "cy",
    }

    room[0] = False
    monkeypatch.setattr(Watched, "__call__", lambda *_: None)
    found = grading.grade_class(course, "mini", force=True)
    assert len(found.troubles) == 3  # results, pages, overview: a sentence each, however many students
    assert found.troubles[0].startswith(
        "ada, bob, cy: the result could not be written: OSError: No space left"
    )
    assert "Make room on the disk and run the same command again: it does what is left" in found.troubles[0]
    room[0] = True
    again = grading.grade_class(course, "mini")
    assert again.troubles == ()
    assert again.kept == {"ada", "bob", "cy"}  # what was there before is as it was


@pytest.fixture
def small_disk(course: CourseConfig) -> Iterator[Path]:
    """Put the results on a disk of their own of 64 kB."""
    course.autograded.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", course.autograded]
    mounted = subprocess.run(mount, capture_output=True)
    if mounted.returncode:
        pytest.skip(f"cannot make a small disk: {mounted.stderr.decode().strip()}")
    yield course.autograded
    subprocess.run(["umount", course.autograded], check=True)


def test_full_disk_keeps_what_is_graded_and_the_next_run_completes_it(
    course: CourseConfig, engine: Engine, small_disk: Path
) -> None:
    """A real one: whoever found room is finished, nobody's files are half-written, the others follow."""
    names = [f"s{number}" for number in range(8)]
    for name in names:
        hand_in(course, name)
    first = grading.grade_class(course, "mini")
    kept = {p.parent.parent.name for p in small_disk.glob("*/mini/grading.json")}
    assert 0 < len(kept) < len(names)
    assert [t for t in first.troubles if "the result could not be written: OSError: No space left" in t]
    assert not list(small_disk.glob("*/mini/.*"))
    for name in kept:
        assert json.loads((small_disk / name / "mini" / "results.json").read_text())
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    engine.graded.clear()
    second = grading.grade_class(course, "mini")
    assert second.kept == kept
    assert sorted(engine.graded) == sorted(set(names) - kept)
    assert second.troubles == ()
    assert grading.grade_class(course, "mini").kept == set(names)


def test_read_only_disk_says_so(course: CourseConfig, engine: Engine, small_disk: Path) -> None:
    """The results are known and shown all the same."""
    hand_in(course, "ada")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    found = grading.grade_class(course, "mini")
    assert list(found.results) == ["ada"]
    assert found.troubles[0].startswith(
        "ada: the result could not be written: OSError: Read-only file system"
    )
    assert "Make the disk writable and run the same command again" in found.troubles[0]


def test_files_that_a_killed_run_left_half_written_are_removed(course: CourseConfig, engine: Engine) -> None:
    """Ours, and no others."""
    hand_in(course, "ada")
    graded(course, engine)
    folder = course.autograded / "ada" / "mini"
    ours = [
        folder / ".results.json.0a1b2c3d",
        folder / ".mini.ipynb.00000000",
        course.feedback / "ada" / "mini" / ".mini.html.ffffffff",
    ]
    theirs = [folder / ".results.json.swp", folder / ".notes.0a1b2c3d", folder / "results.json.bak"]
    for path in ours + theirs:
        path.write_text("x")
    assert graded(course, engine) == []
    assert [path.exists() for path in ours] == [False] * 3
    assert [path.exists() for path in theirs] == [True] * 3


def test_progress_counts_late_hand_ins(course: CourseConfig, engine: Engine) -> None:
    """Whoever knows who is late says so: here, half of the class."""
    for name in ("ada", "bob", "cy"):
        hand_in(course, name)
    engine.plan["cy"] = result(engine.bundle, fault=True)
    shown = Progress(0, "grade mini")
    grading.grade_class(course, "mini", progress=shown, late=lambda name: name != "ada")
    assert shown.counts() == "2 graded, 2 late, 1 not graded"
    assert (shown.done, shown.total) == (3, 3)


def test_interrupted_class_says_what_is_kept(
    course: CourseConfig, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And how it goes on; the one who is being written is written whole."""
    for name in ("ada", "bob", "cy"):
        hand_in(course, name)

    def stopped(*arguments: Any, **options: Any) -> Iterator[tuple[Job, GradingResult]]:
        for number, done in enumerate(engine.grade_many(*arguments, **options)):
            if number == 2:
                raise Interrupted(2)
            yield done

    monkeypatch.setattr(grading, "grade_many", stopped)
    with pytest.raises(Interrupted) as stop:
        grading.grade_class(course, "mini")
    assert stop.value.said.startswith("mini: 2 of 3 hand-ins are graded and kept;")
    assert stop.value.said.endswith("Run the same command again: it goes on where it stopped.")
    with pytest.raises(Interrupted) as stop:
        grading.grade_class(course, "mini", force=True)
    assert "With --force everybody is graded again" in stop.value.said
    monkeypatch.setattr(grading, "grade_many", engine.grade_many)
    assert grading.grade_class(course, "mini").kept == {"ada", "bob"}


def test_record_is_absent_while_its_files_change(
    course: CourseConfig, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between two renames: the hand-in is graded again, and no old record stands for new files."""
    hand_in(course, "ada")
    graded(course, engine)
    replace, done = Path.replace, []

    def killed(path: Path, target: Path) -> Path:
        if len(done) == 1:
            raise KeyboardInterrupt
        done.append(target.name)
        return replace(path, target)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "replace", killed)
        grading.grade_class(course, "mini", force=True)
    assert not (course.autograded / "ada" / "mini" / "grading.json").exists()
    assert graded(course, engine) == ["ada"]


def test_discover_says_where_it_looked(course: CourseConfig) -> None:
    """No submitted/ at all is the same as an empty one."""
    with pytest.raises(UsageError, match=r"submitted: no <student>/mini/ in it; nothing was graded"):
        discover.discover(course, "mini")


# -- the bundle in use -----------------------------------------------------------------------------


def test_current_bundle_is_the_released_one(course: CourseConfig) -> None:
    """As long as the source is what it was."""
    assert released.current_bundle(course, "mini") == course.bundle("mini")


def test_current_bundle_refuses_an_unknown_assignment(course: CourseConfig) -> None:
    """And names those there are."""
    with pytest.raises(
        UsageError, match=r"'mino': no such assignment in .*source; nothing was graded\.\nThere are: mini\."
    ):
        released.current_bundle(course, "mino")


def test_current_bundle_refuses_what_was_not_released(course: CourseConfig) -> None:
    """With the command that releases it."""
    shutil.rmtree(course.bundles)
    with pytest.raises(
        UsageError, match=r"mini: not released yet; nothing was graded\.\nRun: autograder release mini"
    ):
        released.current_bundle(course, "mini")


@pytest.mark.parametrize(
    "path",
    [
        "source/mini/mini.ipynb",
        "source/mini/new.txt",
        "references/mini/private/x.npy",
        "references/mini/card.json",
    ],
)
def test_current_bundle_refuses_a_changed_source(course: CourseConfig, path: str) -> None:
    """Everything that a bundle is made from: notebook, side files, private data, card."""
    with (course.root / path).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(
        UsageError,
        match=r"mini: its source has changed since the release; nothing was graded\.\nRun: autograder release mini",
    ):
        released.current_bundle(course, "mini")


def test_current_bundle_without_its_digest_is_stale(course: CourseConfig) -> None:
    """A bundle of unknown origin is not graded with."""
    (course.bundle("mini") / "source.sha256").unlink()
    with pytest.raises(UsageError, match="has changed since the release"):
        released.current_bundle(course, "mini")


@pytest.mark.parametrize(
    "path", ["references/mini/variants/wrong-x.py", "source/mini/.ipynb_checkpoints/mini.ipynb"]
)
def test_variants_and_checkpoints_make_no_bundle_stale(course: CourseConfig, path: str) -> None:
    """They are no part of it."""
    (course.root / path).parent.mkdir()
    (course.root / path).write_text("x")
    assert released.current_bundle(course, "mini") == course.bundle("mini")


def test_source_may_lie_outside_the_course(course: CourseConfig, tmp_path: Path) -> None:
    """``c.CourseDirectory.source_directory`` may be any folder."""
    shutil.move(course.source, tmp_path / "elsewhere")
    with (course.root / "gradebook_config.py").open("a") as file:
        file.write(f"\nc.CourseDirectory.source_directory = {str(tmp_path / 'elsewhere')!r}\n")
    moved = load_course(course.root)
    assert released.current_bundle(moved, "mini") == course.bundle("mini")


def test_check_timeout_of_the_course_reaches_the_checks(course: CourseConfig) -> None:
    """``check_timeout_s`` is the time of a check that does not say its own."""
    with (course.root / "gradebook_config.py").open("a") as file:
        file.write("\nc.Autograder.check_timeout_s = 3\n")
    with steps.prepare(load_course(course.root), "mini") as prepared:
        times = {c.name: c.timeout_s for c in prepared.bundle.checks}
    assert times["test_weights_load"] == 3
    assert times["test_three_four"] == 1


# -- grading ---------------------------------------------------------------------------------------


def test_grade_class_keeps_what_is_finished(course: CourseConfig, engine: Engine) -> None:
    """Nobody is graded twice; a changed hand-in alone is graded again; --force grades everybody."""
    for name in ("ada", "bob"):
        hand_in(course, name)
    assert graded(course, engine) == ["ada", "bob"]
    first = grading.grade_class(course, "mini")
    assert engine.graded == ["ada", "bob"]
    assert first.kept == {"ada", "bob"}
    hand_in(course, "bob", "another notebook")
    assert graded(course, engine) == ["bob"]
    (course.submitted / "ada" / "mini" / "model_weights.pt").write_bytes(b"")
    assert graded(course, engine) == ["ada"]
    assert graded(course, engine, force=True) == ["ada", "bob"]
    assert graded(course, engine, students=("bob",), force=True) == ["bob"]


def test_grade_class_keeps_what_cannot_be_read_but_no_fault_of_ours(
    course: CourseConfig, engine: Engine
) -> None:
    """A missing notebook stays missing; our fault may be gone."""
    hand_in(course, "ada")
    hand_in(course, "bob")
    engine.plan = {"ada": result(engine.bundle, refused=True), "bob": result(engine.bundle, fault=True)}
    assert graded(course, engine) == ["ada", "bob"]
    assert graded(course, engine) == ["bob"]
    engine.plan = {}
    assert graded(course, engine) == ["bob"]
    assert graded(course, engine) == []


def test_new_checks_grade_everybody_again(course: CourseConfig, engine: Engine) -> None:
    """The digest of the bundle is part of what makes a result finished."""
    hand_in(course, "ada")
    assert graded(course, engine) == ["ada"]
    path = course.bundle("mini") / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"digest": "another"}))
    assert graded(course, engine) == ["ada"]


def test_hand_in_of_during_the_grading_is_graded_next_time(
    course: CourseConfig, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A result is never taken for that of a later upload."""
    hand_in(course, "ada")
    real = engine.grade_many

    def upload(*arguments: Any, **named: Any) -> Iterator[tuple[Job, GradingResult]]:
        hand_in(course, "ada", "uploaded meanwhile")
        yield from real(*arguments, **named)

    monkeypatch.setattr(grading, "grade_many", upload)
    grading.grade_class(course, "mini")
    monkeypatch.setattr(grading, "grade_many", real)
    assert graded(course, engine) == ["ada"]


@pytest.mark.parametrize("damage", ["half", "list", "no results"])
def test_damaged_record_is_graded_again(course: CourseConfig, engine: Engine, damage: str) -> None:
    """A record that cannot be read, or results.json that is gone, is no result."""
    hand_in(course, "ada")
    graded(course, engine)
    folder = course.autograded / "ada" / "mini"
    if damage == "no results":
        (folder / "results.json").unlink()
    else:
        (folder / "grading.json").write_text("[1]" if damage == "list" else '{"key": "')
    assert graded(course, engine) == ["ada"]
    assert (folder / "results.json").is_file()


def test_grade_class_survives_file_names_that_are_no_text(course: CourseConfig, engine: Engine) -> None:
    """What a student zipped may hold any bytes, links to nowhere and links out, folders without end."""
    folder = hand_in(course, "ada")
    (Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt"))).write_bytes(b"x")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    here = os.getcwd()
    try:
        os.chdir(folder)
        for _ in range(1200):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    assert graded(course, engine) == ["ada"]
    assert graded(course, engine) == []
    subprocess.run(["rm", "-rf", folder / "d"], check=True)  # pytest's own cleaning would recurse too deeply


def test_grade_class_names_unknown_students(course: CourseConfig, engine: Engine) -> None:
    """Before anybody is graded."""
    hand_in(course, "ada")
    with pytest.raises(
        UsageError, match=r"no hand-in of bob, cy in .*submitted for mini; nothing was graded"
    ):
        grading.grade_class(course, "mini", students=("cy", "ada", "bob"))
    assert engine.graded == []


def test_grade_class_passes_the_courses_memory_limit(course: CourseConfig, engine: Engine) -> None:
    """And where the bundle lies."""
    hand_in(course, "ada")
    grading.grade_class(course, "mini", trust=True)
    (options,) = engine.options
    assert (options.bundle_folder, options.memory_bytes, options.trust) == (
        course.bundle("mini"),
        512 << 20,
        True,
    )


def test_write_result_leaves_no_old_notebook_behind(course: CourseConfig, engine: Engine) -> None:
    """A notebook belongs to the hand-in whose result lies beside it; one that cannot be read has a notebook that says so."""
    hand_in(course, "ada")
    engine.plan = {"ada": result(engine.bundle)}
    own = {"cell_type": "code", "metadata": {}, "source": "mine = 1", "outputs": [], "execution_count": 1}
    engine.plan["ada"].extra["notebook"]["cells"].append(own)
    graded(course, engine)
    folder = course.autograded / "ada" / "mini"
    assert {p.name for p in folder.iterdir()} == {"grading.json", "mini.ipynb", "results.json"}
    assert "mine = 1" in (folder / "mini.ipynb").read_text()
    hand_in(course, "ada", "no notebook any more")
    engine.plan = {"ada": result(engine.bundle, refused=True)}
    graded(course, engine)
    shown = (folder / "mini.ipynb").read_text()
    assert "mine = 1" not in shown
    assert "no notebook (.ipynb) was handed in" in shown
    assert "score" not in json.loads((folder / "results.json").read_text())


def test_overview_keeps_students_who_were_not_asked_for(course: CourseConfig, engine: Engine) -> None:
    """``--student ada`` does not take bob out of the class."""
    hand_in(course, "ada")
    hand_in(course, "bob")
    graded(course, engine)
    graded(course, engine, students=("ada",), force=True)
    page = page_files.overview_path(course, "mini").read_text()
    assert "ada" in page
    assert "bob" in page
    assert "2 hand-ins, 2 graded" in page


# -- release ---------------------------------------------------------------------------------------


def test_outdated_names_every_file_that_differs(course: CourseConfig) -> None:
    """Notebook, manifest and side files, missing and left over ones too."""
    (course.source / "mini" / "data.csv").write_text("1,2")
    with steps.prepare(course, "mini") as prepared:
        assert steps.outdated(course, prepared) == [
            *("data.csv", "manifest.json", "mini.ipynb"),
            *("tests/q1.py", "tests/q2.py"),
        ]
        steps.write_release(course, prepared, course.release / "mini")
        assert steps.outdated(course, prepared) == []
        (course.release / "mini" / "data.csv").write_text("1,3")
        (course.release / "mini" / "stale.txt").write_text("")
        assert steps.outdated(course, prepared) == ["data.csv", "stale.txt"]


def tree(folder: Path) -> dict[str, bytes]:
    """Read every file below a folder."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("error", [UsageError("cells"), ReleaseError("points")])
def test_publish_writes_nothing_when_the_gradebook_refuses(
    course: CourseConfig, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Bundle and release stay those of before, so grading goes on."""
    (course.release / "mini").mkdir(parents=True)
    (course.release / "mini" / "mini.ipynb").write_text("the old release")
    before = tree(course.root)

    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(gradebook_cells, "record_assignment", refuse)
    with steps.prepare(course, "mini") as prepared, pytest.raises(type(error)):
        steps.publish(course, prepared)
    assert tree(course.root) == before


def test_publish_writes_a_private_bundle_and_the_release(
    course: CourseConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bundle is closed to others, current, and nothing half-made is left."""
    monkeypatch.setattr(gradebook_cells, "record_assignment", lambda *_, **__: None)
    with steps.prepare(course, "mini") as prepared:
        written = steps.publish(course, prepared)
    assert [p.name for p in written] == ["manifest.json", "mini.ipynb", "q1.py", "q2.py"]
    assert course.bundle("mini").stat().st_mode & 0o777 == 0o700
    assert released.current_bundle(course, "mini") == course.bundle("mini")
    assert {p.name for p in (course.bundles, course.release) for p in p.iterdir()} == {"mini"}


def test_prepare_leaves_no_scratch_folder(
    course: CourseConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the release is refused or not: it holds the secrets."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    with steps.prepare(course, "mini") as prepared:
        assert prepared.scratch.parent == tmp_path / "scratch"
        assert prepared.scratch.stat().st_mode & 0o777 == 0o700
    assert os.listdir(tmp_path / "scratch") == []
    path = course.source / "mini" / "mini.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells = [
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "first_cell"
    ]
    nbformat.write(notebook, path)
    with pytest.raises(ReleaseError), steps.prepare(course, "mini"):
        pass
    assert os.listdir(tmp_path / "scratch") == []


# -- export ----------------------------------------------------------------------------------------


def test_export_without_a_gradebook_makes_none(course: CourseConfig, tmp_path: Path) -> None:
    """Asking for grades is no reason to start a database."""
    with pytest.raises(UsageError, match=r"gradebook\.db: no gradebook yet; nothing was written"):
        export.export(course, tmp_path / "grades.csv", ())
    assert not (course.root / "gradebook.db").exists()


def test_shared_weights_are_told_for_the_whole_class() -> None:
    """Also with those who were graded before; without prints nothing is said."""
    rows = np.random.default_rng(1).standard_normal((8, 12))

    def result(print_of: np.ndarray | None) -> GradingResult:
        prints = () if print_of is None else (weight_prints.pack("first filters", print_of),)
        check = CheckResult(
            question="q1",
            name="test_x",
            title="It works.",
            outcome=Outcome.PASSED,
            score=1.0,
            max_score=1.0,
            hidden=True,
            fingerprints=prints,
        )
        question = Question(name="q1", title="One", points=1.0)
        made = GradingResult(assignment="mini", graded=True, questions=(question,), checks=(check,))
        return GradingResult.from_json(json.loads(json.dumps(made.to_json())))

    class_of = {
        "ada": result(rows),
        "bob": result(3 * rows[::-1]),
        "cy": result(rows[:4]),
        "dee": result(None),
    }
    (sentence,) = grading.alike_in(class_of)
    assert sentence.startswith(
        "ada and bob: the same first filters but for order and scale (similarity 1.000)."
    )
    assert grading.alike_in({"ada": class_of["ada"], "dee": class_of["dee"]}) == ()
