"""Hand-ins come in: every form, whose they are, what is replaced and what is kept."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom import collect, collect_words, discover, roster, times
from autograder.classroom.collect import CHANGED, NEW, OLDER, REPLACED, UNCHANGED, Collected
from autograder.classroom.roster import Person, Roster
from autograder.config import CourseConfig
from autograder.engine import incoming
from autograder.errors import UsageError

LMS = Path(__file__).parents[2] / "data" / "lms"
A = "week1-mlp"
NB = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
PEOPLE = (
    Person(
        student="ialvarez",
        first_name="Inés",
        last_name="Alvarez",
        canvas_id="101",
        email="ialvarez@example.edu",
        gradescope_sid="00900101",
    ),
    Person(
        student="pjoneil", first_name='Pat "PJ"', last_name="O'Neil", canvas_id="102", sis_user_id="900102"
    ),
    Person(
        student="adelacruz",
        first_name="Ana María",
        last_name="de la Cruz",
        canvas_id="103",
        email="adelacruz@example.edu",
    ),
    Person(student="wng", first_name="Wei", last_name="Ng", canvas_id="201"),
    Person(student="gone", first_name="Max", last_name="Left", canvas_id="301", status="left"),
)


@pytest.fixture
def class_(course: CourseConfig) -> CourseConfig:
    """The course with a roster of five, one of whom left."""
    roster.path_of(course).write_bytes(roster.as_csv(Roster(PEOPLE)))
    return course


Files = dict[str, str | bytes]


def zip_bytes(files: Files) -> bytes:
    """Return a zip."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return data.getvalue()


def pack(folder: Path, files: Files, form: str = "zip", name: str = "in") -> Path:
    """Write a source: a zip or the folder that it would be unpacked into."""
    if form == "zip":
        path = folder / f"{name}.zip"
        path.write_bytes(zip_bytes(files))
        return path
    root = folder / name
    for one, content in files.items():
        target = root / one
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def tree(course: CourseConfig, student: str, assignment: str = A) -> list[str]:
    """Return the files of a hand-in, but the time."""
    folder = course.submitted / student / assignment
    return sorted(
        p.relative_to(folder).as_posix()
        for p in folder.rglob("*")
        if p.is_file() and p.name != "timestamp.txt"
    )


def whats(done: Collected) -> dict[str, str]:
    """Return student -> what became of the hand-in."""
    return {p.student: p.what for p in done.placed}


def whys(done: Collected) -> dict[str, str]:
    """Return label -> why it is nobody's."""
    return {label: why for label, _, why in done.unmatched}


def metadata(**people: Any) -> str:
    """Return Gradescope's metadata: submission -> (submitters, created_at)."""
    lines = ["---"]
    for label, (submitters, time) in people.items():
        lines += [f"{label}:", "  :submitters:"]
        for one in submitters:
            lines += [f"  {'-' if n == 0 else ' '} :{k}: {v}" for n, (k, v) in enumerate(one.items())]
        lines += [
            f"  :created_at: {time}",
            "  :score:",
            "  :status: processed",
            "  :results:",
            "  :history: []",
        ]
    return "\n".join(lines) + "\n"


GRADESCOPE: Files = {
    "assignment_77_export/submission_metadata.yml": (
        LMS / "gradescope_export" / "submission_metadata.yml"
    ).read_text(),
    "assignment_77_export/submission_310000001/week1-mlp.ipynb": NB,
    "assignment_77_export/submission_310000001/model_weights.pt": "w",
    "assignment_77_export/submission_310000001/runs/1.jsonl": "{}",
    "assignment_77_export/submission_310000002/proj/Übung 1.ipynb": NB,
    "assignment_77_export/submission_310000002/proj/.DS_Store": "x",
    "assignment_77_export/submission_310000002/proj/.ipynb_checkpoints/Übung 1-checkpoint.ipynb": NB,
    "__MACOSX/assignment_77_export/._submission_metadata.yml": "x",
}


# -- forms -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["zip", "folder"])
@pytest.mark.parametrize("with_roster", [True, False])
def test_gradescope_export(course: CourseConfig, tmp_path: Path, form: str, with_roster: bool) -> None:
    """A group's members each get the hand-in; times are exact; a needless folder and litter go."""
    if with_roster:
        roster.path_of(course).write_bytes(roster.as_csv(Roster(PEOPLE)))
    done = collect.collect(course, A, pack(tmp_path, GRADESCOPE, form))
    assert whats(done) == dict.fromkeys(["adelacruz", "ialvarez", "pjoneil"], NEW)
    for student in ("ialvarez", "pjoneil"):
        assert tree(course, student) == ["model_weights.pt", "runs/1.jsonl", "week1-mlp.ipynb"]
    assert tree(course, "adelacruz") == ["week1-mlp.ipynb"]
    stamp = (course.submitted / "ialvarez" / A / "timestamp.txt").read_text()
    assert stamp == "2026-04-03T21:58:07.938335+00:00\n"
    assert [p.student for p in done.nothing] == (["wng"] if with_roster else [])
    assert [job.name for job in discover.discover(course, A)] == ["adelacruz", "ialvarez", "pjoneil"]


def test_timestamp_is_what_nbgrader_reads(course: CourseConfig, tmp_path: Path) -> None:
    """By its own parser, to the microsecond, whatever the offset."""
    utils = pytest.importorskip("nbgrader.utils")
    when = {"submission_1": "2026-04-03 23:59:00.123456789 -05:00", "submission_2": "2026-04-03 10:00:00 Z"}
    files: Files = {f"{label}/a.ipynb": NB for label in when}
    files["submission_metadata.yml"] = metadata(
        **{label: ([{"email": f"{label}@x.org"}], time) for label, time in when.items()}
    )
    collect.collect(course, A, pack(tmp_path, files))
    read = [
        utils.parse_utc((course.submitted / label / A / "timestamp.txt").read_text().strip())
        for label in when
    ]
    assert read == [datetime(2026, 4, 4, 4, 59, 0, 123456), datetime(2026, 4, 3, 10)]


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_canvas_download(class_: CourseConfig, tmp_path: Path, form: str) -> None:
    """Several files of one, LATE, the -1 of what was handed in again, an archive, somebody anonymous."""
    names = (LMS / "canvas_download_names.txt").read_text().splitlines()
    inner = zip_bytes({"hw/week1-mlp.ipynb": NB, "hw/log.txt": "x", "__MACOSX/hw/._log.txt": "x"})
    files: Files = {name: inner if name.endswith(".zip") else NB for name in names}
    files["ngwei_201_5550009_abgabe.zip"] = inner
    files["leftmax_301_5550010_week-1.ipynb"] = NB
    done = collect.collect(class_, A, pack(tmp_path, files, form))
    assert tree(class_, "ialvarez") == ["model_weights.pt", "week1-mlp.ipynb"]
    assert tree(class_, "pjoneil") == tree(class_, "adelacruz") == ["week1-mlp.ipynb"]
    assert tree(class_, "wng") == ["log.txt", "week1-mlp.ipynb"]
    assert {p.student for p in done.placed if p.late} == {"pjoneil"}
    assert not list(class_.submitted.glob("*/*/timestamp.txt"))  # Canvas does not say
    assert whys(done) == {"anon_104": "was graded anonymously: Canvas does not say who it is"}
    assert done.left == ["gone"]
    assert "by how much: pjoneil" in "".join(collect_words.hints(done, class_, dry_run=False))


def test_canvas_team_is_its_members_by_number(class_: CourseConfig, tmp_path: Path) -> None:
    """A team's name is nobody's; a name that is another's than the number is kept aside."""
    files: Files = {"teamfive_101_1_a.ipynb": NB, "oneilpat_103_2_a.ipynb": NB, "ngwei_999_3_a.ipynb": NB}
    done = collect.collect(class_, A, pack(tmp_path, files))
    assert whats(done) == {"ialvarez": NEW}
    assert "the name is pjoneil's" in whys(done)["oneilpat_103"]
    assert "canvas_id 999 is not theirs" in whys(done)["ngwei_999"]


@pytest.mark.parametrize("name", ["model_weights-1.pt", "model_weights-12.pt", "model_weights (2)-1.pt"])
def test_canvas_suffix_goes_where_the_name_is_wanted(
    class_: CourseConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Students write names that end so, too: those stay."""
    monkeypatch.setattr(collect, "_wanted", lambda *_: frozenset({"model_weights.pt"}))
    files: Files = {f"x_101_1_{name}": "w", "x_101_2_lab-1.ipynb": NB, "x_101_3_b-1.ipynb": NB}
    collect.collect(class_, A, pack(tmp_path, files))
    assert tree(class_, "ialvarez") == ["b-1.ipynb", "lab-1.ipynb", name.rpartition("-")[0] + ".pt"]


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_moodle_download(class_: CourseConfig, tmp_path: Path, form: str) -> None:
    """Folders and flat names, a group before the name, text typed online, a hyphen in a name."""
    files: Files = {
        "Inés Alvarez_12345_assignsubmission_file_/week1-mlp.ipynb": NB,
        "Inés Alvarez_12345_assignsubmission_file_/data/x.csv": "1",
        "Inés Alvarez_12345_assignsubmission_onlinetext_/onlinetext.html": "<p>",
        "Group 2-Pat O'Neil_12346_assignsubmission_file_nb_1.ipynb": NB,
        "Nobody Here_1_assignsubmission_file_a.ipynb": NB,
        "Participant_77_assignsubmission_file_/a.ipynb": NB,
    }
    done = collect.collect(class_, A, pack(tmp_path, files, form))
    assert tree(class_, "ialvarez") == ["data/x.csv", "onlinetext.html", "week1-mlp.ipynb"]
    assert tree(class_, "pjoneil") == ["week1-mlp.ipynb"]
    assert sorted(whys(done)) == ["Nobody Here_1", "Participant_77"]


@pytest.mark.parametrize("with_roster", [True, False])
@pytest.mark.parametrize("top", ["", "week 1/", "all/week 1/"])
def test_flat_files_folders_and_zips(
    course: CourseConfig, tmp_path: Path, with_roster: bool, top: str
) -> None:
    """One notebook, one folder or one zip per student, and what has a student's name before its own."""
    if with_roster:
        roster.path_of(course).write_bytes(roster.as_csv(Roster(PEOPLE)))
    files: Files = {
        "ialvarez_week1-mlp.ipynb": NB,
        "ialvarez_model_weights.pt": "w",
        "pjoneil/sub/x.ipynb": NB,
        "pjoneil/sub/logs/1.txt": "x",
        "adelacruz.zip": zip_bytes({"a.ipynb": NB, "run.py": "x"}),
        "wng.ipynb": NB,
    }
    done = collect.collect(course, A, pack(tmp_path, {top + name: c for name, c in files.items()}))
    assert whats(done) == dict.fromkeys(["adelacruz", "ialvarez", "pjoneil", "wng"], NEW), done
    assert tree(course, "ialvarez") == ["model_weights.pt", "week1-mlp.ipynb"]
    assert tree(course, "pjoneil") == ["logs/1.txt", "week1-mlp.ipynb"]
    assert tree(course, "adelacruz") == ["run.py", "week1-mlp.ipynb"]
    assert tree(course, "wng") == ["week1-mlp.ipynb"]


@pytest.mark.parametrize(
    "label",
    [
        "ialvarez",
        "IAlvarez",
        "ialvarez@example.edu",
        "Inés Alvarez",
        "Alvarez, Inés",
        "Alvarez_Ines",
        "ines-alvarez",
        "900101",
        "101",
        "ialvarez_attempt_2026-04-03",
        "week1-mlp_ialvarez",
        "Inés Alvarez - final (2)",
    ],
)
def test_folder_is_its_students_whatever_it_is_called(
    class_: CourseConfig, tmp_path: Path, label: str
) -> None:
    """Id, address, number, name in either order and without accents, with something behind."""
    done = collect.collect(class_, A, pack(tmp_path, {f"{label}/a.ipynb": NB, "wng/a.ipynb": NB}))
    assert whats(done) == {"ialvarez": NEW, "wng": NEW}, done.unmatched


def test_tree_of_nbgrader_with_its_times(course: CourseConfig, tmp_path: Path) -> None:
    """Only the assignment's folder is taken, and the time that nbgrader noted; else nobody's word is a time."""
    files: Files = {
        f"alice/{A}/week1-mlp.ipynb": NB,
        f"alice/{A}/timestamp.txt": "2026-04-03 23:59:00.5 America/Chicago",
        "alice/week2-cnn/week2-cnn.ipynb": NB,
        "bob/week1-mlp.ipynb": NB,
        "bob/timestamp.txt": "2000-01-01 00:00:00 UTC",
    }
    done = collect.collect(course, A, pack(tmp_path, files, "folder", "term"))
    assert {p.student: p.time and p.time.astimezone(UTC) for p in done.placed} == {
        "alice": datetime(2026, 4, 4, 4, 59, 0, 500000, UTC),
        "bob": None,
    }
    assert tree(course, "alice") == ["week1-mlp.ipynb"]
    assert tree(course, "bob") == ["timestamp.txt.handed-in", "week1-mlp.ipynb"]
    assert not (course.submitted / "bob" / A / "timestamp.txt").exists()


# -- whose -------------------------------------------------------------------------------------------


def test_metadata_is_read_as_text(class_: CourseConfig, tmp_path: Path) -> None:
    """No name is "no", no number loses zeros, and a tag makes nothing."""
    files: Files = {f"submission_{n}/a.ipynb": NB for n in range(1, 6)}
    files["submission_metadata.yml"] = (
        metadata(
            submission_1=([{"name": "No", "sid": "0900102"}], "2026-04-03 10:00:00 Z"),
            submission_2=([{"name": "!!python/object/apply:os.system ['touch x']", "email": "b@x.y"}], "~"),
            submission_3=([{"email": "ialvarez@example.edu"}, {"name": "Ghost"}], "2026-04-03 10:00:00"),
        )
        + "submission_4:\n  :created_at: x\nsubmission_5: ~\nsubmission_6:\n  :submitters:\n  - :name: Wei Ng\n"
    )
    done = collect.collect(class_, A, pack(tmp_path, files))
    assert whats(done) == {"pjoneil": NEW, "ialvarez": NEW}
    assert [p.time for p in done.placed if p.student == "ialvarez"] == [None]  # no offset, no time
    assert set(whys(done)) == {"submission_2", "submission_3", "submission_4"}
    assert ("", "submission_6", "has no files in the export (Wei Ng)") in done.skipped
    assert ("", "submission_5", "has no facts in submission_metadata.yml") in done.skipped
    aside = class_.submitted / ".aside" / "unmatched" / A
    assert {p.name for p in aside.iterdir()} == {"submission_2", "submission_3", "submission_4"}


@pytest.mark.parametrize(
    "text", ["", "- a\n- b", "a: [", "a: &x {b: *x}\n" * 2 + "}", "[" * 20_000, "\xff\xfe\x00"]
)
def test_metadata_that_is_none_is_refused(course: CourseConfig, tmp_path: Path, text: str) -> None:
    """With a sentence, whatever the parser meets."""
    files: Files = {"submission_metadata.yml": text, "submission_1/a.ipynb": NB}
    with pytest.raises(UsageError, match=r"submission_metadata\.yml.*nothing was collected"):
        collect.collect(course, A, pack(tmp_path, files))


def test_two_of_one_student_the_newer_counts(class_: CourseConfig, tmp_path: Path) -> None:
    """Alone and in a group: by the time; where it is not known, neither."""
    ines = {"email": "ialvarez@example.edu"}
    files: Files = {f"submission_{n}/{n}.ipynb": f"{NB}{' ' * n}" for n in (1, 2)}
    files["submission_metadata.yml"] = metadata(
        submission_1=([ines, {"sid": "900102"}], "2026-04-03 10:00:00 Z"),
        submission_2=([ines], "2026-04-03 11:00:00 Z"),
    )
    done = collect.collect(class_, A, pack(tmp_path, files))
    assert {p.student: p.label for p in done.placed} == {
        "ialvarez": "submission_2",
        "pjoneil": "submission_1",
    }
    assert ("submission_1", "the hand-in", "is ialvarez's older one: submission_2 counts") in done.skipped
    done = collect.collect(
        class_, A, pack(tmp_path, {"wng/a.ipynb": NB, "wng.zip": zip_bytes({"b.ipynb": NB})}, name="two")
    )
    assert set(whys(done)) == {"wng", "wng (2)"}
    assert not (class_.submitted / "wng").exists()


def test_who_is_nobody_is_kept_until_somebody_says(class_: CourseConfig, tmp_path: Path) -> None:
    """By --as or by another name in the roster; then nothing lies aside."""
    source = pack(tmp_path, {"stranger/a.ipynb": NB, "Wei N./b.ipynb": NB})
    aside = class_.submitted / ".aside" / "unmatched" / A
    done = collect.collect(class_, A, source)
    assert (whats(done), len(list(aside.iterdir()))) == ({}, 2)
    done = collect.collect(class_, A, source, said={"stranger": "pjoneil"})
    assert whats(done) == {"pjoneil": NEW}
    assert len(list(aside.iterdir())) == 1
    people = [p if p.student != "wng" else Person(student="wng", also=("wei n.",)) for p in PEOPLE]
    roster.path_of(class_).write_bytes(roster.as_csv(Roster(tuple(people))))
    done = collect.collect(class_, A, source)
    assert whats(done) == {"wng": NEW}
    assert set(whys(done)) == {"stranger"}
    for said in ({"nobody": "wng"}, {"stranger": "nobody"}):
        with pytest.raises(UsageError, match="nothing was collected"):
            collect.collect(class_, A, source, said=said)


def test_lookalikes_without_a_roster_are_nobodys(course: CourseConfig, tmp_path: Path) -> None:
    """Other file systems take them for one another."""
    files: Files = {"Alice/a.ipynb": NB, "alice/b.ipynb": NB, "bob/c.ipynb": NB, "~x/a.ipynb": NB}
    done = collect.collect(course, A, pack(tmp_path, files))
    assert whats(done) == {"bob": NEW}
    assert set(whys(done)) == {"Alice", "alice", "~x"}


@pytest.mark.parametrize("label", ["ng", "alvarez_pjoneil_ialvarez_x", "Wei", "week1"])
def test_part_of_a_name_is_nobodys(class_: CourseConfig, tmp_path: Path, label: str) -> None:
    """Nor is a name that begins as one and goes on as another."""
    done = collect.collect(class_, A, pack(tmp_path, {f"{label}/a.ipynb": NB, "pjoneil/a.ipynb": NB}))
    assert whats(done) == {"pjoneil": NEW}


@pytest.mark.parametrize("name", ["x_101_1_a.ipynb", "Inés Alvarez_1_assignsubmission_file_a.ipynb"])
def test_names_without_a_roster_are_refused(course: CourseConfig, tmp_path: Path, name: str) -> None:
    """Canvas's numbers and Moodle's names say nothing without one."""
    with pytest.raises(UsageError, match="roster import"):
        collect.collect(course, A, pack(tmp_path, {name: NB}))


@pytest.mark.parametrize(
    "table",
    [
        "name,canvas_user_id,user_id,login_id,sections,group_name,canvas_group_id,group_id\n"
        "Wei Ng,201,,,A,team five,1,\nPat O'Neil,102,,,A,team five,1,\nAna María de la Cruz,103,,,A,team five,1,\n"
        "Inés Alvarez,101,,,A,,,\n",
        "student;group\nwng;5\npjoneil;5\nadelacruz;5\n",
    ],
)
def test_members_of_a_team_get_its_hand_in(class_: CourseConfig, tmp_path: Path, table: str) -> None:
    """But who handed in something else of their own keeps that."""
    path = tmp_path / "groups.csv"
    path.write_text(table)
    files: Files = {
        "teamfive_201_7_a.ipynb": NB,
        "alvarezines_101_8_a.ipynb": NB,
        "oneilpat_102_9_a.ipynb": "own",
    }
    done = collect.collect(class_, A, pack(tmp_path, files), groups=path)
    assert {p.student: p.label for p in done.placed} == {
        "wng": "teamfive_201",
        "ialvarez": "alvarezines_101",
        "pjoneil": "oneilpat_102",
        "adelacruz": "oneilpat_102",  # the newer of the team's two
    }


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("student,group\nghost,1\n", "line 2: ghost: nobody in the roster"),
        ("student,group\nwng,1\nwng,2\n", "line 3: wng is in '1' and in '2'"),
        ("a,b\n1,2\n", "no columns group_name"),
    ],
)
def test_groups_with_a_fault_are_refused(class_: CourseConfig, tmp_path: Path, table: str, said: str) -> None:
    """Before anything comes in."""
    path = tmp_path / "groups.csv"
    path.write_text(table)
    with pytest.raises(UsageError, match="nothing was collected") as caught:
        collect.collect(class_, A, pack(tmp_path, GRADESCOPE), groups=path)
    assert said in str(caught.value)
    assert not class_.submitted.exists()


# -- again -------------------------------------------------------------------------------------------


def export(tmp_path: Path, clock: str, content: str = NB, name: str = "in") -> Path:
    """Return an export of one hand-in, handed in at a time of one day."""
    meta = metadata(submission_1=([{"email": "ialvarez@example.edu"}], f"2026-04-03 {clock}:00 Z"))
    return pack(tmp_path, {"submission_metadata.yml": meta, "submission_1/a.ipynb": content}, name=name)


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Return every file with its time and content."""
    return {
        p.relative_to(folder).as_posix(): (p.stat().st_mtime_ns, p.read_bytes())
        for p in sorted(folder.rglob("*"))
        if p.is_file() and ".aside" not in p.parts
    }


def test_again_changes_nothing(class_: CourseConfig, tmp_path: Path) -> None:
    """No file is touched."""
    source = pack(tmp_path, GRADESCOPE)
    collect.collect(class_, A, source)
    before = state(class_.submitted)
    done = collect.collect(class_, A, source)
    assert set(whats(done).values()) == {UNCHANGED}
    assert state(class_.submitted) == before
    assert not list((class_.submitted / ".aside").glob("earlier/**/*"))


def test_newer_replaces_and_the_older_is_kept(class_: CourseConfig, tmp_path: Path) -> None:
    """An older one that comes later replaces nothing."""
    collect.collect(class_, A, export(tmp_path, "10:00", "old"))
    assert whats(collect.collect(class_, A, export(tmp_path, "11:00", "new"))) == {"ialvarez": REPLACED}
    kept = class_.submitted / ".aside" / "earlier" / A / "ialvarez" / "2026-04-03T100000Z"
    assert (kept / "week1-mlp.ipynb").read_text() == "old"
    assert whats(collect.collect(class_, A, export(tmp_path, "10:00", "old"))) == {"ialvarez": OLDER}
    assert (class_.submitted / "ialvarez" / A / "week1-mlp.ipynb").read_text() == "new"
    assert [job.name for job in discover.discover(class_, A)] == ["ialvarez"]


def test_what_is_newer_here_stays(class_: CourseConfig, tmp_path: Path) -> None:
    """As nbgrader's own exchange wrote it."""
    folder = class_.submitted / "ialvarez" / A
    folder.mkdir(parents=True)
    (folder / "timestamp.txt").write_text("2026-04-03 12:00:00.000000 UTC")
    (folder / "week1-mlp.ipynb").write_text("here")
    assert whats(collect.collect(class_, A, export(tmp_path, "11:00"))) == {"ialvarez": OLDER}
    assert (folder / "week1-mlp.ipynb").read_text() == "here"
    assert whats(collect.collect(class_, A, export(tmp_path, "12:01"))) == {"ialvarez": REPLACED}


def test_what_somebody_mended_here_stays(class_: CourseConfig, tmp_path: Path) -> None:
    """As long as nothing new comes."""
    source = export(tmp_path, "10:00", "broken")
    collect.collect(class_, A, source)
    notebook = class_.submitted / "ialvarez" / A / "week1-mlp.ipynb"
    notebook.write_text("mended")
    assert whats(collect.collect(class_, A, source)) == {"ialvarez": CHANGED}
    assert notebook.read_text() == "mended"
    assert whats(collect.collect(class_, A, export(tmp_path, "10:05", "new"))) == {"ialvarez": REPLACED}


def test_what_was_removed_here_comes_again(class_: CourseConfig, tmp_path: Path) -> None:
    """The record of what came is no reason to leave a hole."""
    source = export(tmp_path, "10:00")
    collect.collect(class_, A, source)
    shutil.rmtree(class_.submitted / "ialvarez" / A)
    assert whats(collect.collect(class_, A, source)) == {"ialvarez": NEW}


def test_canvas_numbers_tell_older_from_newer(class_: CourseConfig, tmp_path: Path) -> None:
    """Though Canvas gives no times."""
    collect.collect(class_, A, pack(tmp_path, {"alvarezines_101_20_a.ipynb": "new"}))
    older = pack(tmp_path, {"alvarezines_101_10_a.ipynb": "old"}, name="old")
    assert whats(collect.collect(class_, A, older)) == {"ialvarez": OLDER}
    newer = pack(tmp_path, {"alvarezines_LATE_101_30_a-1.ipynb": "newest"}, name="new")
    assert whats(collect.collect(class_, A, newer)) == {"ialvarez": REPLACED}


def test_dry_run_writes_nothing_and_says_the_same(class_: CourseConfig, tmp_path: Path) -> None:
    """Not even a folder."""
    source = pack(tmp_path, {**GRADESCOPE, "assignment_77_export/submission_9/a.ipynb": NB})
    dry = collect.collect(class_, A, source, dry_run=True)
    assert not class_.submitted.exists()
    wet = collect.collect(class_, A, source)
    assert dry.to_json() == wet.to_json()
    assert json.loads(json.dumps(wet.to_json()))["handed_in_nothing"] == ["wng"]


def test_interrupted_at_any_step_nothing_is_half(
    class_: CourseConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each hand-in is the old one or the new one, whole; the next run completes it and leaves nothing behind."""
    old = pack(tmp_path, {"ialvarez/a.ipynb": "old", "ialvarez/b.txt": "old", "wng/a.ipynb": "old"})
    new = pack(
        tmp_path, {"ialvarez/a.ipynb": "new", "ialvarez/b.txt": "new", "wng/a.ipynb": "new"}, name="new"
    )
    real_rename, real_open = os.rename, os.open
    steps = 0
    for stop in range(1, 400):
        shutil.rmtree(class_.submitted, ignore_errors=True)
        collect.collect(class_, A, old)
        steps = 0

        def counted(real: Any, limit: int = stop) -> Any:
            def call(*args: Any, **more: Any) -> Any:
                nonlocal steps
                steps += 1
                if steps == limit:
                    raise KeyboardInterrupt
                return real(*args, **more)

            return call

        with monkeypatch.context() as patched:
            patched.setattr(os, "rename", counted(real_rename))
            patched.setattr(os, "open", counted(real_open))
            try:
                collect.collect(class_, A, new)
                break
            except KeyboardInterrupt:
                pass
        for student in ("ialvarez", "wng"):
            contents = {p.read_text() for p in (class_.submitted / student / A).iterdir()}
            assert contents in ({"old"}, {"new"}), (stop, student)
        collect.collect(class_, A, new)
        assert not list((class_.submitted / ".aside").glob("coming-*"))
        assert {p.read_text() for p in class_.submitted.glob(f"*/{A}/*")} == {"new"}
    assert 5 < steps < 399


# -- hostile and broken ------------------------------------------------------------------------------


def linked_zip(target: str) -> bytes:
    """Return a zip whose only entry but a notebook is a link."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        made.writestr("a.ipynb", NB)
        link = zipfile.ZipInfo("answers.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, target)
    return data.getvalue()


def linked_tar() -> bytes:
    """Return a tar with a link to a folder, and a file below the link's name."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as made:
        for name, kind, content in (
            ("a.ipynb", tarfile.REGTYPE, NB.encode()),
            ("l", tarfile.SYMTYPE, b""),
            ("h", tarfile.LNKTYPE, b""),
            ("l/below.txt", tarfile.REGTYPE, b"x"),
            ("../../up.txt", tarfile.REGTYPE, b"x"),
            ("/abs.txt", tarfile.REGTYPE, b"x"),
            ("pipe", tarfile.FIFOTYPE, b""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, "/etc/passwd", len(content)
            made.addfile(info, io.BytesIO(content))
    return data.getvalue()


def encrypted_zip() -> bytes:
    """Return a zip that says its entries are encrypted."""
    data = bytearray(zip_bytes({"a.ipynb": NB}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def test_hostile_archives_cost_only_themselves(class_: CourseConfig, tmp_path: Path) -> None:
    """Links, names that lead out, encrypted, cut, empty, a bomb: said, and the others come in."""
    bomb = zip_bytes({"a.ipynb": NB, "zeros.bin": b"\0" * (40 << 20)})
    files: Files = {
        "ialvarez.zip": linked_zip("/etc/passwd"),
        "pjoneil.tar.gz": linked_tar(),
        "adelacruz.zip": encrypted_zip(),
        "wng.zip": bomb,
        "gone.zip": zip_bytes({"a.ipynb": NB})[:-30],
    }
    before = set(tmp_path.iterdir())
    done = collect.collect(class_, A, pack(tmp_path, files))
    assert tree(class_, "ialvarez") == ["week1-mlp.ipynb"]
    assert tree(class_, "pjoneil") == ["l/below.txt", "week1-mlp.ipynb"]
    assert tree(class_, "adelacruz") == ["adelacruz.zip"]  # the engine tells the student
    assert tree(class_, "gone") == ["gone.zip"]
    assert tree(class_, "wng") == ["week1-mlp.ipynb"]
    said = {(label, name): why for label, name, why in done.skipped}
    assert said["ialvarez", "ialvarez.zip: answers.txt"] == "is a link"
    assert said["pjoneil", "pjoneil.tar.gz: ../../up.txt"] == "has a name that leads out of its folder"
    assert said["adelacruz", "adelacruz.zip: a.ipynb"] == "is encrypted"
    assert "too large" in said["wng", "wng.zip: zeros.bin"]
    assert not any(p.is_symlink() for p in class_.submitted.rglob("*"))
    assert set(tmp_path.iterdir()) - before == {tmp_path / "in.zip"}


def test_hostile_names_in_the_sources_own_zip(class_: CourseConfig, tmp_path: Path) -> None:
    """What leads out is not taken; two of one name are one; deep and long ones are left out."""
    path = tmp_path / "in.zip"
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "w") as made:
        for name in (
            "wng/a.ipynb",
            "wng/../../evil.txt",
            "/wng/abs.txt",
            "C:\\wng\\x.txt",
            "wng\\win\\y.txt",
        ):
            made.writestr(name, NB)
        made.writestr("wng/a.ipynb", "twice")
        made.writestr("wng/" + "d/" * 12 + "deep.txt", "x")
        made.writestr("wng/" + "n" * 250, "x")
        made.writestr("wng/A.ipynb", "another case")
    done = collect.collect(class_, A, path)
    assert tree(class_, "wng") == ["A.ipynb", "a.ipynb", "win/y.txt"]
    assert (class_.submitted / "wng" / A / "a.ipynb").read_text() == NB
    said = [(name[-12:], why) for _, name, why in done.skipped]
    assert ("ng/abs.txt", "has a name that leads out of its folder")[1] in dict(said).values()
    assert len(said) == 6
    assert not list(tmp_path.rglob("evil.txt"))


def test_links_and_pipes_in_a_folder_are_not_followed(class_: CourseConfig, tmp_path: Path) -> None:
    """Nor is a second name of another's file."""
    source = pack(tmp_path, {"wng/a.ipynb": NB, "ialvarez/b.ipynb": NB}, "folder")
    (source / "wng" / "secret.txt").symlink_to("/etc/passwd")
    (source / "wng" / "theirs").symlink_to(source / "ialvarez")
    (source / "pjoneil").symlink_to(source / "ialvarez")
    os.mkfifo(source / "wng" / "pipe")
    os.link(source / "ialvarez" / "b.ipynb", source / "wng" / "same.ipynb")
    done = collect.collect(class_, A, source)
    assert tree(class_, "wng") == ["week1-mlp.ipynb"]
    assert not (class_.submitted / "pjoneil").exists()
    assert {why for _, _, why in done.skipped} >= {
        "is a link",
        "is no plain file",
        "is a hard link: it has a second name",
    }


def test_too_large_and_too_many(
    class_: CourseConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notebooks and weights come first; a file without end is left out, not read to its end."""
    monkeypatch.setattr(incoming, "MAX_FILES", 5)
    source = pack(tmp_path, {f"wng/logs/{n}.txt": "x" for n in range(9)}, "folder")
    (source / "wng" / "z.ipynb").write_text(NB)
    (source / "wng" / "z.pt").write_text("w")
    with (source / "wng" / "endless.bin").open("wb") as file:
        file.truncate(incoming.MAX_FILE_BYTES + 1)
    done = collect.collect(class_, A, source)
    assert {"week1-mlp.ipynb", "z.pt"} < set(tree(class_, "wng"))
    assert len(tree(class_, "wng")) == 5
    whys_ = [why for _, _, why in done.skipped]
    assert "is too large: a file has at most 100 MB" in whys_
    assert whys_.count("is one of more than 5 files") == 6


@pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
def test_names_in_archives_that_do_not_say_their_encoding(
    class_: CourseConfig, tmp_path: Path, encoding: str
) -> None:
    """UTF-8 is taken for what it is; what is not is read as old programs wrote it."""
    raw = "wng/Lösung.ipynb".encode(encoding)
    data = zip_bytes({"x" * len(raw): NB, "wng/b.ipynb": NB}).replace(b"x" * len(raw), raw)
    path = tmp_path / "in.zip"
    path.write_bytes(data)
    collect.collect(class_, A, path)
    assert tree(class_, "wng") == ["Lösung.ipynb", "b.ipynb"]


def test_damaged_file_in_the_sources_zip_costs_itself(class_: CourseConfig, tmp_path: Path) -> None:
    """The others of the same zip come in."""
    data = zip_bytes({"ialvarez/a.ipynb": NB * 50, "wng/a.ipynb": NB})
    at = data.index(b"ialvarez/a.ipynb") + 40
    path = tmp_path / "in.zip"
    path.write_bytes(data[:at] + b"\xff\xff\xff" + data[at + 3 :])
    done = collect.collect(class_, A, path)
    assert whats(done) == {"wng": NEW}
    assert ("ialvarez", "ialvarez/a.ipynb") not in done.skipped
    assert {label for label, _, _ in done.skipped} == {"ialvarez"}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda p: p / "no", "no such file or folder"),
        (lambda p: pack(p, {}), "no hand-in in it"),
        (lambda p: pack(p, {"a/b.txt": ""}, "folder") / "a" / "b.txt", "neither a folder nor a zip"),
        (lambda p: pack(p, {"__MACOSX/a": "x"}), "no hand-in in it"),
    ],
)
def test_source_of_no_use_is_refused(course: CourseConfig, tmp_path: Path, make: Any, said: str) -> None:
    """With a sentence, and nothing is written."""
    with pytest.raises(UsageError, match=said) as caught:
        collect.collect(course, A, make(tmp_path))
    assert "nothing was collected" in str(caught.value)
    assert not course.submitted.exists()


def test_incomplete_download_is_refused(course: CourseConfig, tmp_path: Path) -> None:
    """It lacks its list of contents: nobody knows who is missing."""
    path = pack(tmp_path, {"wng/a.ipynb": NB * 100})
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UsageError, match="damaged or incomplete zip"):
        collect.collect(course, A, path)


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_folder_without_a_file_is_named(course: CourseConfig, tmp_path: Path, form: str) -> None:
    """Who handed in nothing but litter, or an empty folder, is not lost from sight."""
    files: Files = {
        "alice/.DS_Store": "x",
        "bob/a.ipynb": NB,
        "carol/.ipynb_checkpoints/a-checkpoint.ipynb": NB,
    }
    source = pack(tmp_path, {f"top/{n}": c for n, c in files.items()}, form)
    if form == "zip":
        with zipfile.ZipFile(source, "a") as made:
            made.writestr(zipfile.ZipInfo("top/dora/"), "")
    else:
        (source / "top" / "dora").mkdir()
    done = collect.collect(course, A, source)
    assert whats(done) == {"bob": NEW}
    empty = [name for _, name, why in done.skipped if why == "has no file in it"]
    assert empty == (["alice", "carol", "dora"])


def test_unknown_assignment_and_our_own_folder_are_refused(class_: CourseConfig, tmp_path: Path) -> None:
    """Where there is nothing to collect from, or nothing to collect for."""
    with pytest.raises(UsageError, match="There are: week1-mlp, week2-cnn"):
        collect.collect(class_, "week1", pack(tmp_path, GRADESCOPE))
    collect.collect(class_, A, pack(tmp_path, GRADESCOPE))
    for source in (class_.submitted, class_.submitted / "ialvarez", class_.home):
        with pytest.raises(UsageError, match="are there already"):
            collect.collect(class_, A, source)
    with pytest.raises(UsageError, match="where no hand-ins are"):
        collect.collect(class_, A, class_.source)


def test_link_in_submitted_is_not_written_through(class_: CourseConfig, tmp_path: Path) -> None:
    """It is told, and the others come in."""
    outside = tmp_path / "outside"
    outside.mkdir()
    class_.submitted.mkdir()
    (class_.submitted / "ialvarez").symlink_to(outside)
    done = collect.collect(class_, A, pack(tmp_path, GRADESCOPE))
    assert set(whats(done)) == {"adelacruz", "pjoneil"}
    assert not list(outside.iterdir())
    assert any("is a link" in why for _, _, why in done.skipped)


def test_full_disk_ends_with_a_sentence_and_keeps_what_is_there(
    class_: CourseConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next run does the rest."""
    real = incoming.write_file

    def write(target: Path, opened: Any, room: int) -> int:
        if "model_weights" in target.name:
            raise OSError(28, "No space left on device")
        return real(target, opened, room)

    files: Files = {"adelacruz/a.ipynb": NB, "ialvarez/a.ipynb": NB, "ialvarez/model_weights.pt": "w"}
    source = pack(tmp_path, files)
    monkeypatch.setattr(incoming, "write_file", write)
    with pytest.raises(UsageError, match="1 hand-ins are in their places"):
        collect.collect(class_, A, source)
    assert [p.name for p in class_.submitted.iterdir() if p.name[0] != "."] == ["adelacruz"]
    monkeypatch.setattr(incoming, "write_file", real)
    assert whats(collect.collect(class_, A, source)) == {"adelacruz": UNCHANGED, "ialvarez": NEW}


def test_two_runs_at_once(class_: CourseConfig, tmp_path: Path) -> None:
    """The second one is refused."""
    pytest.importorskip("fcntl")
    with (
        collect._workplace(class_, dry_run=False),
        pytest.raises(UsageError, match="another `autograder collect`"),
    ):
        collect.collect(class_, A, pack(tmp_path, GRADESCOPE))


def test_notebook_of_another_assignment_keeps_its_name(class_: CourseConfig, tmp_path: Path) -> None:
    """And it is said."""
    done = collect.collect(class_, A, pack(tmp_path, {"wng/week2-cnn (1).ipynb": NB}))
    assert tree(class_, "wng") == ["week2-cnn (1).ipynb"]
    assert "looks like another assignment's" in done.placed[0].notes[0]


def test_weights_that_are_an_archive_stay_what_they_are(class_: CourseConfig, tmp_path: Path) -> None:
    """torch.save writes zips; and archives beside a notebook are the engine's business."""
    torch_file = zip_bytes({"archive/data.pkl": "x", "archive/data/0": "x"})
    files: Files = {
        "wng/model_weights.zip": torch_file,
        "ialvarez/a.ipynb": NB,
        "ialvarez/runs.zip": zip_bytes({"r": "x"}),
    }
    collect.collect(class_, A, pack(tmp_path, files))
    assert tree(class_, "wng") == ["model_weights.zip"]
    assert tree(class_, "ialvarez") == ["runs.zip", "week1-mlp.ipynb"]


def test_archives_in_archives_up_to_a_depth(class_: CourseConfig, tmp_path: Path) -> None:
    """As the engine would open them."""
    inner = zip_bytes({"deep/a.ipynb": NB, "deep/w.pt": "w"})
    three = zip_bytes({"c.zip": zip_bytes({"b.zip": inner})})
    collect.collect(
        class_, A, pack(tmp_path, {"wng.zip": zip_bytes({"b.zip": inner}), "ialvarez.zip": three})
    )
    assert tree(class_, "wng") == ["w.pt", "week1-mlp.ipynb"]
    assert tree(class_, "ialvarez") == ["b.zip"]


def test_what_is_said_for_a_class(class_: CourseConfig, tmp_path: Path) -> None:
    """What went where, what was left out and why, who handed in nothing."""
    source = pack(tmp_path, {**GRADESCOPE, "assignment_77_export/submission_9/a.ipynb": NB})
    done = collect.collect(class_, A, source)
    said = collect_words.lines(done)
    assert "adelacruz  submission_310000002      1  2026-04-04 06:10:00+0000  new" in said
    assert "nobody's (1):\n  submission_9: has no entry in submission_metadata.yml" in said
    assert "in the class, handed in nothing (1):\n  wng  Wei Ng" in said
    assert "ialvarez, pjoneil: 1 earlier hand-in stayed in Gradescope" in said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-02-02 15:58:23.948203 America/Los_Angeles", datetime(2015, 2, 2, 23, 58, 23, 948203, UTC)),
        ("2015-02-02 15:58:23.948203 UTC\n", datetime(2015, 2, 2, 15, 58, 23, 948203, UTC)),
        ("2015-02-02T15:58:23+02:00", datetime(2015, 2, 2, 13, 58, 23, 0, UTC)),
        ("2015-02-02 15:58:23", datetime(2015, 2, 2, 15, 58, 23, 0, UTC)),
        ("  Feb 2, 2015 3:58:23 PM ", datetime(2015, 2, 2, 15, 58, 23, 0, UTC)),
        ("2015-02-02 15:58:23 ../../etc/passwd", None),
        ("2015-02-02 15:58:23 Not/AZone", None),
        ("2015-13-02 15:58:23 UTC", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_timestamp_is_read_as_nbgrader_does(text: str, expected: datetime | None) -> None:
    """A zone's name, an offset, or nothing, which is UTC."""
    found = times.parse_nbgrader(text)
    assert (found and found.astimezone(UTC)) == expected
    if expected is not None:
        utils = pytest.importorskip("nbgrader.utils")
        assert utils.parse_utc(text.strip()).replace(tzinfo=UTC) == expected
