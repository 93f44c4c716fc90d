"""From a roster and an export to graded hand-ins, as a person types it."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import subprocess
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest
from click.testing import CliRunner

from autograder.author import release
from autograder.cli import main as cli
from autograder.engine.grade import Engine

pytest.importorskip("nbgrader")

Done = subprocess.CompletedProcess[str]
Here = Callable[..., Done]
Mini = tuple[release.Source, Path, Any]
LMS = Path(__file__).parents[1] / "data" / "lms"
SUBMITTERS = (
    "submission_310000001/",  # Alvarez and O'Neil
    "submission_310000002/",  # de la Cruz
)


@pytest.fixture
def course(mini: Mini, tmp_path: Path) -> Path:
    """A course whose assignment has a source and a bundle."""
    root = tmp_path / "course"
    shutil.copytree(mini[0].path.parent, root / "source" / "mini")
    shutil.copytree(mini[1], root / "bundle" / "mini")
    (root / "gradebook_config.py").write_text('c = get_config()\nc.CourseDirectory.course_id = "x"\n')
    return root


@pytest.fixture
def here(course: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    """Run a command in the course."""

    def run(*words: str) -> Done:
        monkeypatch.chdir(course)
        done = CliRunner().invoke(cli.main, list(words))
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)

    return run


def solved(mini: Mini) -> dict[str, bytes]:
    """Return the files of a right hand-in."""
    source, _, released = mini
    notebook = nbformat.writes(release.solution_notebook(source, released))
    weights = {p.name: p.read_bytes() for p in (source.references / "solution").iterdir()}
    return {"Kopie von mini.ipynb": notebook.encode(), **weights}


@pytest.fixture
def export(mini: Mini, tmp_path: Path) -> Path:
    """Gradescope's export: a group's files loose, the other's in a zip with a folder around everything."""
    files = solved(mini)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as made:
        for name, content in files.items():
            made.writestr(f"abgabe/{name}", content)
    path = tmp_path / "assignment_77_export.zip"
    with zipfile.ZipFile(path, "w") as made:
        top = "assignment_77_export/"
        made.write(LMS / "gradescope_export" / "submission_metadata.yml", f"{top}submission_metadata.yml")
        for name, content in files.items():
            made.writestr(top + SUBMITTERS[0] + name, content)
        made.writestr(f"{top}{SUBMITTERS[1]}abgabe.zip", inner.getvalue())
    return path


def test_class_comes_in_and_is_graded(course: Path, here: Here, export: Path, engine: Engine) -> None:
    """Every file arrives: a group's members and who handed in a zip get all points, as no weights are lost."""
    assert here("roster", "import", str(LMS / "gradescope_roster.csv")).returncode == 0
    done = here("roster", "import", str(LMS / "canvas_plain.csv"))
    assert (done.returncode, done.stdout) == (0, "changed 3: ialvarez, pjoneil, adelacruz\n")
    done = here("collect", "mini", str(export))
    assert done.returncode == 0, done.stderr
    assert [line.split()[0] for line in done.stdout.split("\n\n")[0].splitlines()[2:]] == [
        "adelacruz",
        "ialvarez",
        "pjoneil",
    ]
    assert done.stderr.endswith("mini: Gradescope: 3 new\nnext: autograder grade mini\n")
    for student in ("adelacruz", "ialvarez", "pjoneil"):
        folder = course / "submitted" / student / "mini"
        assert (folder / "mini.ipynb").is_file()
        result = engine.grade(folder)
        assert (result.score, result.notices) == (11, ()), student


def test_nbgrader_finds_what_was_collected(course: Path, here: Here, export: Path) -> None:
    """Its students, its hand-ins and their times; nothing of what is kept aside."""
    from nbgrader.apps.api import NbGraderAPI
    from nbgrader.coursedir import CourseDirectory

    here("roster", "import", str(LMS / "gradescope_roster.csv"))
    here("collect", "mini", str(export))
    api = NbGraderAPI(CourseDirectory(root=str(course), course_id="x"))
    assert api.get_submitted_students("mini") == {"adelacruz", "ialvarez", "pjoneil"}
    assert api.get_submitted_timestamp("mini", "ialvarez") == datetime(2026, 4, 3, 21, 58, 7, 938335)
    with sqlite3.connect(course / "gradebook.db") as book:
        assert ("pjoneil", "Pat", "O'Neil") in set(
            book.execute("select id, first_name, last_name from student")
        )


def test_dry_run_json_and_again(course: Path, here: Here, export: Path) -> None:
    """What a script reads says the same as what is done; the second time there is nothing to do."""
    here("roster", "import", str(LMS / "gradescope_roster.csv"))
    dry = here("collect", "mini", str(export), "--dry-run", "--json")
    assert not (course / "submitted").exists()
    wet = here("collect", "mini", str(export), "--json")
    assert json.loads(dry.stdout) == json.loads(wet.stdout)
    assert {p["handed_in"] for p in json.loads(wet.stdout)["placed"]} == {
        "2026-04-03T21:58:07.938335+00:00",
        "2026-04-04T06:10:00+00:00",
    }
    again = here("collect", "mini", str(export))
    assert again.stderr.endswith("mini: Gradescope: 3 unchanged\nnext: autograder grade mini\n")


def test_roster_is_shown_and_people_leave(course: Path, here: Here, tmp_path: Path) -> None:
    """Who left is marked, is shown only when asked for, and still has their hand-ins."""
    here("roster", "import", str(LMS / "gradescope_roster.csv"))
    source = tmp_path / "flat"
    source.mkdir()
    (source / "ialvarez.ipynb").write_text("{}")
    (source / "pjoneil.ipynb").write_text("{}")
    assert here("roster", "mark", "pjoneil", "--left").stdout == "left: pjoneil\n"
    done = here("collect", "mini", str(source))
    assert "left the class, and handed in: pjoneil" in done.stderr
    assert "in the class, handed in nothing (1):\n  adelacruz  Ana María de la Cruz" in done.stdout
    shown = here("roster")
    assert "pjoneil" not in shown.stdout
    assert shown.stderr == "2 in the class, 1 left (--all shows them)\n"
    assert "pjoneil" in here("roster", "--all").stdout
    people = json.loads(here("roster", "--json").stdout)
    assert [(p["student"], p["status"]) for p in people] == [
        ("ialvarez", "active"),
        ("pjoneil", "left"),
        ("adelacruz", "active"),
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("collect", "mini", "no.zip"), "no.zip: no such file or folder; nothing was collected."),
        (("collect", "maxi", "."), "'maxi': no such assignment"),
        (("collect", "mini", ".", "--as", "x"), "--as 'x': write HAND_IN=STUDENT"),
        (("roster", "import", "no.csv"), "no.csv: No such file or directory; nothing was read."),
        (("roster", "mark", "x", "--left"), "'x': no such student in roster.csv"),
    ],
)
def test_mistakes_are_told(here: Here, words: tuple[str, ...], said: str) -> None:
    """With exit code 2 and a sentence."""
    done = here(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
