"""The page that says what a machine and a course can do: a line for each thing, and what to do for what is not well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.author.begin import EXAMPLE, new_course
from autograder.cli.main import main
from autograder.hosts import doctor
from autograder.hosts.doctor import Line, examine

MACHINE = ["Python", "torch", "nbgrader", "course", "cores", "memory", "sandbox"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the probes out, which take seconds and have tests of their own, and this machine's load."""
    monkeypatch.setattr(doctor, "_sandbox", lambda: Line("sandbox", "not asked"))
    monkeypatch.setattr(doctor, "available_bytes", lambda: 64 << 30)
    monkeypatch.setattr(doctor.container, "cpus", lambda: None)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return a course with one assignment, never released."""
    new_course(tmp_path / "course", "x", example=True)
    return tmp_path / "course"


def lines(folder: Path) -> dict[str, Line]:
    """Return the lines by name."""
    return {line.name: line for line in examine(folder)}


def configure(course: Path, text: str) -> None:
    """Add a line to the course's file."""
    path = course / "gradebook_config.py"
    path.write_text(path.read_text() + text + "\n")


def test_page_outside_of_a_course_is_the_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the machine's lines, all well here, and exits 0."""
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["doctor", "--json"])
    found = json.loads(done.output)
    assert [line["name"] for line in found] == [*MACHINE, "disk"]
    assert all(line["ok"] for line in found), found
    assert done.exit_code == 0


def test_page_of_a_course_says_what_is_not_released(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a line for each assignment, with the command; exit code 1."""
    monkeypatch.chdir(course)
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 1
    assert f"TO DO  release {EXAMPLE}" in done.output
    assert f"Run: autograder release {EXAMPLE}" in done.output
    assert done.output.count("TO DO") == 1, done.output


def test_source_that_changed_since_is_stale(course: Path, mini: tuple[object, Path, object]) -> None:
    """As a grade would say."""
    folder = course / "bundle" / EXAMPLE
    folder.mkdir(parents=True)
    (folder / "bundle.json").write_text("{}")
    (folder / "source.sha256").write_text("another")
    line = lines(course)[f"release {EXAMPLE}"]
    assert "its source has changed since the release" in line.found
    assert line.to_do == f"Run: autograder release {EXAMPLE}"


def test_package_that_is_missing_or_another_version_is_named(course: Path) -> None:
    """With pip's command."""
    configure(course, 'c.Autograder.packages = ["einops>=0.1"]')
    assert lines(course)["packages"].ok
    configure(course, 'c.Autograder.packages = ["einops==0.0.1", "not-there-at-all"]')
    line = lines(course)["packages"]
    assert "einops==0.0.1 is asked for" in line.found
    assert "not-there-at-all is not installed here" in line.found
    assert line.to_do.endswith("pip install einops==0.0.1 not-there-at-all")


def test_unsafe_or_unreadable_configuration_is_a_line(course: Path) -> None:
    """Each in its own words, and the other lines are there all the same."""
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    found = lines(course)["nbgrader's configuration"]
    assert "would not be safe" in found.found
    assert "protect(get_config())" in found.to_do
    configure(course, "1 / 0")
    found = lines(course)["course"]
    assert "ZeroDivisionError" in found.to_do
    assert "disk" in lines(course)


@pytest.mark.parametrize(
    ("free", "words"), [(100 << 20, "lower c.Autograder.memory_bytes"), (1 << 30, "--workers 1")]
)
def test_memory_is_held_against_the_courses_limit(
    course: Path, monkeypatch: pytest.MonkeyPatch, free: int, words: str
) -> None:
    """Not enough for one hand-in, or for one on each core."""
    monkeypatch.setattr(doctor.os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(doctor, "available_bytes", lambda: free)
    assert words in lines(course)["memory"].to_do


def test_what_is_short_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A full disk, a container's share of the cores, no nbgrader."""
    monkeypatch.setattr(doctor, "DISK_BYTES", 1 << 60)
    monkeypatch.setattr(doctor.os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(doctor.container, "cpus", lambda: 0.5)
    monkeypatch.setattr(doctor.packages, "installed", lambda name: None)
    found = lines(tmp_path)
    assert "Make room in" in found["disk"].to_do
    assert "--workers 1" in found["cores"].to_do
    assert "autograder-notebooks[instructor]" in found["nbgrader"].to_do
    assert found["torch"].to_do.endswith("'autograder-notebooks'")


def test_sandbox_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is active, what is not, and whether hidden checks run; elsewhere than on Linux, where to grade."""
    monkeypatch.undo()
    layers = {"uid": "active", "seccomp": "active", "landlock": "absent: ENOSYS"}
    decision = {"allowed": True, "warnings": ["landlock is absent"], "refusal": ""}
    result = {"layers": layers, "decision": decision, "broken": list[str]()}
    monkeypatch.setattr("autograder.sandbox.selftest.selftest", lambda: result)
    line = doctor._sandbox()
    assert line.ok
    assert line.found == "hidden checks run; active: uid, seccomp; not here: landlock; landlock is absent"
    result["broken"] = ["reads another's file"]
    assert "Do not grade here: reads another's file" in doctor._sandbox().to_do
    result |= {"broken": [], "decision": decision | {"allowed": False, "refusal": "sandbox: no seccomp"}}
    assert doctor._sandbox().to_do == "sandbox: no seccomp"
    monkeypatch.setattr(doctor.sys, "platform", "darwin")
    assert "Grade on Linux" in doctor._sandbox().to_do
