"""A run as Gradescope starts it, in a folder that stands for /autograder, without a container."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.author import release
from autograder.bundle import read_bundle
from autograder.engine.grade import TIMING_KEYS
from autograder.hosts import container, gradescope
from autograder.hosts.build_check import check_build as check_packed
from autograder.hosts.build_check import solved, unanswered
from autograder.hosts.gradescope import ROOT, Run, run
from autograder.hosts.settings import Settings

CREATED = "2026-05-02T12:00:00.000000-05:00"


@pytest.fixture
def root(mini: tuple[release.Source, Path, Any], tmp_path: Path) -> Path:
    """Lay a folder out like /autograder, with the small course's bundle and its solution handed in."""
    source, bundle, released = mini
    made = tmp_path / "autograder"
    bundles = made / "source" / "bundles"
    bundles.mkdir(parents=True)
    (bundles / "mini").symlink_to(bundle)
    (made / "results").mkdir()
    (made / "submission").mkdir()
    hand_in(made, source, release.solution_notebook(source, released))
    write_metadata(made)
    return made


def hand_in(root: Path, source: release.Source, notebook: Any) -> None:
    """Put a notebook and the solution's files where Gradescope puts a hand-in."""
    nbformat.write(notebook, root / "submission" / "mini.ipynb")
    for path in (source.references / "solution").iterdir():
        (root / "submission" / path.name).write_bytes(path.read_bytes())


def write_metadata(root: Path, **more: Any) -> None:
    """Write what Gradescope tells about a hand-in."""
    data = {
        "created_at": CREATED,
        "assignment": {"title": "Mini"},
        "users": [{"name": "S", "email": "s@x.edu"}],
        **more,
    }
    (root / "submission_metadata.json").write_text(json.dumps(data))


def settings(root: Path, **values: Any) -> None:
    """Write the package's settings."""
    (root / "source" / "settings.json").write_text(json.dumps(Settings(**values).to_json()))


def results(root: Path) -> dict[str, Any]:
    """Return what Gradescope would upload."""
    found: dict[str, Any] = json.loads((root / "results" / "results.json").read_text())
    return found


def without_times(content: dict[str, Any]) -> str:
    """Return a results.json without the keys in which two runs may differ."""
    extra = {k: v for k, v in content["extra_data"].items() if k not in TIMING_KEYS}
    return json.dumps({**content, "extra_data": extra}, sort_keys=True)


@pytest.fixture(autouse=True)
def _alarm_is_off():
    yield
    assert signal.setitimer(signal.ITIMER_REAL, 0) == (0.0, 0.0), "a run left its alarm on"


def test_solution_scores_and_a_regrade_is_identical(root):
    """Full marks, usage beside its limits, everything closed; the second run differs in times alone."""
    assert run(root) == 0
    first = results(root)
    assert first["score"] == 11.0
    assert first["extra_data"]["timing"]["limit_s"] == 540.0
    assert first["extra_data"]["memory"]["limit_mb"] <= 512
    modes = {
        p: (root / p).stat().st_mode & 0o777
        for p in ("source", "submission", "results", "submission_metadata.json")
    }
    assert modes == {
        "source": 0o700,
        "submission": 0o700,
        "results": 0o700,
        "submission_metadata.json": 0o600,
    }
    assert root.stat().st_mode & 0o077 == 0
    assert run(root) == 0
    assert without_times(results(root)) == without_times(first)


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", '{"assignment": 3, "previous_submissions": {"a": 1}}', "\0" * 10]
)
def test_metadata_that_cannot_be_read_costs_nothing(root, text):
    """Missing, cut, of another kind: the hand-in is graded all the same."""
    path = root / "submission_metadata.json"
    path.unlink() if text is None else path.write_text(text)
    assert run(root) == 0
    assert results(root)["score"] == 11.0


def test_metadata_link_is_not_followed(root, tmp_path):
    """A link in its place changes no other file's mode."""
    other = tmp_path / "other.json"
    other.write_text("{}")
    other.chmod(0o644)
    (root / "submission_metadata.json").unlink()
    (root / "submission_metadata.json").symlink_to(other)
    assert run(root) == 0
    assert other.stat().st_mode & 0o777 == 0o644


def test_scores_that_are_decided_later_are_in_no_visible_text(root):
    """q3's points are held back: the visible part says how many are still to come, not what they are."""
    settings(root, after_published={"mini": ["q3", "q1"]})
    (root / "submission" / "model_weights.safetensors").unlink()
    assert run(root) == 0
    found = results(root)
    hidden = [t["name"] for t in found["tests"] if t.get("visibility") == "after_published"]
    assert [name.split(":")[0] for name in hidden] == ["q1", "q3", "q3"]  # q1's visible check stays visible
    assert "6 points are decided later: what follows is not the total." in found["output"]
    assert "q1: 1 / 1 points, and 3 decided later" in found["output"]
    assert "q3: 0 / 0 points, and 3 decided later" in found["output"]
    assert found["score"] == 8.0


def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, text: str) -> Path:
    """Put a control group's file where a container has it."""
    path = tmp_path / "cgroup" / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    monkeypatch.setattr(container, "CGROUP", tmp_path / "cgroup")
    return path


@pytest.mark.parametrize("file", ["memory.events", "memory/memory.oom_control"])
def test_memory_that_ran_out_is_told_to_student_and_staff(root, tmp_path, monkeypatch, file):
    """In either version of cgroups; what was ended before this run does not count."""
    from autograder.engine.grade import Engine

    path, grade = cgroup(tmp_path, monkeypatch, file, "low 0\noom_kill 1\n"), Engine.grade

    def run_out(*arguments):
        path.write_text("low 0\noom_kill 3\n")
        return grade(*arguments)

    monkeypatch.setattr(Engine, "grade", run_out)
    assert run(root) == 0
    assert gradescope.RAN_OUT in results(root)["output"]
    assert "kernel ended 2 process(es)" in " ".join(results(root)["extra_data"]["staff_notes"])
    monkeypatch.setattr(Engine, "grade", grade)
    assert run(root) == 0
    assert gradescope.RAN_OUT not in results(root)["output"]


@pytest.mark.parametrize(("text", "cpus"), [("50000 100000\n", 0.5), ("max 100000\n", None)])
def test_share_of_processors_is_told(root, tmp_path, monkeypatch, text, cpus):
    """By it, preflight knows whether the engine limited anything."""
    cgroup(tmp_path, monkeypatch, "cpu.max", text)
    assert run(root) == 0
    assert results(root)["extra_data"]["timing"]["cpus"] == cpus


def test_no_bundle_is_a_fault_of_ours_without_a_score(root):
    """An image without its bundle: a valid file, no score, a note for staff, exit 0."""
    (root / "source" / "bundles" / "mini").unlink()
    assert run(root) == 0
    found = results(root)
    assert "score" not in found
    assert found["output"].startswith("not graded: a fault of the grader")
    assert "no bundle" in " ".join(found["extra_data"]["staff_notes"])


def test_a_hand_in_without_a_notebook_is_not_graded(root):
    """No zero by accident."""
    (root / "submission" / "mini.ipynb").unlink()
    assert run(root) == 0
    assert "score" not in results(root)
    assert "no notebook (.ipynb) was handed in" in results(root)["output"]


def endless(root: Path) -> None:
    """Let the hand-in wait for ever, in every cell that defines something."""
    path = root / "submission" / "mini.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells += [nbformat.v4.new_code_cell("while True: pass") for _ in range(40)]
    nbformat.write(notebook, path)


def test_a_hand_in_that_takes_too_long_is_graded_before_our_deadline(root):
    """The run's limit follows from Gradescope's timeout: what was not reached fails, the file is whole."""
    endless(root)
    started = time.monotonic()
    assert run(root, timeout_s=95) == 0
    assert time.monotonic() - started < 45
    assert "score" in results(root)


def test_our_own_lateness_is_never_a_score(root, monkeypatch):
    """When even that fails, the alarm leaves a valid file that says whose fault it is."""
    monkeypatch.setattr("autograder.engine.grade.Engine._collect", lambda *_: time.sleep(60))
    started = time.monotonic()
    assert run(root, timeout_s=16) == 0
    assert time.monotonic() - started < 14
    assert "score" not in results(root)
    assert "the grader's own time ran out" in " ".join(results(root)["extra_data"]["staff_notes"])


def test_a_fault_of_ours_is_tried_once_more(root, monkeypatch):
    """A lost grader costs a second, not a person's time."""
    from autograder.engine.grade import Engine
    from autograder.errors import SandboxError

    original, calls = Engine._collect, []

    def collect(self, *arguments):
        calls.append(1)
        if len(calls) == 1:
            raise SandboxError("the grader ended")
        return original(self, *arguments)

    monkeypatch.setattr(Engine, "_collect", collect)
    assert run(root) == 0
    assert results(root)["score"] == 11.0
    assert "graded a second time" in " ".join(results(root)["extra_data"]["staff_notes"])


def test_one_of_several_bundles_is_chosen_by_title_then_by_file(root):
    """Gradescope's title decides; without one, the file's name; else nobody is graded by the wrong checks."""
    (root / "source" / "bundles" / "other").mkdir()
    data = json.loads((root / "source" / "bundles" / "mini" / "bundle.json").read_text()) | {
        "title": "Another one"
    }
    (root / "source" / "bundles" / "other" / "bundle.json").write_text(json.dumps(data))

    def chosen(title: str, name: str) -> str:
        for path in (root / "submission").iterdir():
            path.unlink()
        (root / "submission" / name).touch()
        one = Run(root)
        folder = one._choose({"assignment": {"title": title}})
        return folder.name if folder else "none"

    assert chosen("Homework: Another one (resubmission)", "homework.ipynb") == "other"
    assert chosen("Homework: Another one (resubmission)", "other-final.ipynb") == "other"
    assert chosen("Homework: Another one (resubmission)", "mini.ipynb") == "none"
    assert (
        "this is the place for other, and by its name the notebook is that of mini" in results(root)["output"]
    )
    assert chosen("MINI", "homework.ipynb") == "mini"
    assert chosen("Homework 1", "Mini (3).ipynb") == "mini"
    assert chosen("Homework 1", "homework.ipynb") == "none"
    assert "mini.ipynb or other.ipynb" in results(root)["output"]


def previous(at: str, **more: Any) -> dict[str, Any]:
    """Return one earlier hand-in as the metadata tells it."""
    return {"submission_time": at, "score": "5.0", "autograder_error": False, **more}


def submit(root: Path, created: str, earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """Hand in at a time, as Gradescope would after these; returns the results and adds them to the history."""
    write_metadata(root, created_at=created, previous_submissions=earlier)
    assert run(root) == 0
    found = results(root)
    for one in earlier:
        one.pop("results", None)  # Gradescope passes on those of the latest alone
    earlier.append(
        {
            "submission_time": created,
            "score": found.get("score"),
            "autograder_error": "score" not in found,
            "results": found,
        }
    )
    return found


def test_evaluations_are_counted_over_a_day_of_hand_ins(root):
    """Two a day: the third and fourth show the second's result; what was not graded does not count."""
    settings(root, evaluations_per_day=2)
    notebook, broken = root / "submission" / "mini.ipynb", b"{"
    good = notebook.read_bytes()
    earlier: list[dict[str, Any]] = []
    first = submit(root, "2026-05-02T08:00:00-05:00", earlier)
    assert first["extra_data"]["evaluations"] == ["2026-05-02T08:00:00-05:00"]
    notebook.write_bytes(broken)
    unreadable = submit(root, "2026-05-02T09:00:00-05:00", earlier)
    assert "score" not in unreadable
    assert unreadable["extra_data"]["evaluations"] == first["extra_data"]["evaluations"]
    notebook.write_bytes(good)
    (root / "submission" / "model_weights.safetensors").rename(root / "kept")
    second = submit(root, "2026-05-02T10:00:00-05:00", earlier)
    assert second["score"] == 8.0
    (root / "kept").rename(root / "submission" / "model_weights.safetensors")
    for hour in (11, 12):
        carried = submit(root, f"2026-05-02T{hour}:00:00-05:00", earlier)
        assert (carried["score"], carried["tests"]) == (8.0, second["tests"])
        assert carried["output"].startswith("2 graded hand-in(s) within 24 hours are the limit")
        assert "counts from 2026-05-03 08:00 UTC-05:00" in carried["output"]
        assert carried["output"].split("\n\n", 1)[1] == second["output"]
        assert carried["extra_data"]["evaluations"] == second["extra_data"]["evaluations"]
    again = submit(root, "2026-05-03T08:00:01-05:00", earlier)
    assert again["score"] == 11.0
    assert again["extra_data"]["evaluations"] == ["2026-05-02T10:00:00-05:00", "2026-05-03T08:00:01-05:00"]


def test_hand_in_while_another_is_graded_is_told_to_wait(root):
    """There is no result to show yet: no score, and when the next opens."""
    settings(root, evaluations_per_day=1)
    write_metadata(root, previous_submissions=[previous("2026-05-02T11:58:00-05:00", score=None)])
    assert run(root) == 0
    found = results(root)
    assert "score" not in found
    assert "counts from 2026-05-03 11:58 UTC-05:00" in found["output"]


def test_evaluations_of_another_bundle_carry_nothing_over(root):
    """A regrade after the checks were corrected is a run, whatever was shown before."""
    settings(root, evaluations_per_day=1)
    old = {
        "score": 5.0,
        "tests": [],
        "extra_data": {"evaluations": ["2026-05-02T11:00:00-05:00"], "bundle_digest": "x"},
    }
    write_metadata(root, previous_submissions=[previous("2026-05-02T11:00:00-05:00", results=old)])
    assert run(root) == 0
    assert results(root)["score"] == 11.0
    assert "evaluations used up, but run" in " ".join(results(root)["extra_data"]["staff_notes"])


def test_fault_of_ours_keeps_what_the_next_run_must_know(root, monkeypatch):
    """Else one lost grader would give every evaluation back, and a place on the leaderboard away."""
    from autograder.engine.grade import Engine

    settings(root, evaluations_per_day=3)
    told = {
        "bundle_digest": json.loads((root / "source/bundles/mini/bundle.json").read_text())["digest"],
        "evaluations": ["2026-05-02T11:00:00-05:00"],
    }
    told["ladder"] = [
        {"name": "r", "value": 0.6, "step": 0.02, "margin": 0.02, "bundle": told["bundle_digest"]}
    ]
    old = {"score": 5.0, "tests": [], "extra_data": told}
    write_metadata(root, previous_submissions=[previous("2026-05-02T11:00:00-05:00", results=old)])
    monkeypatch.setattr(Engine, "grade", lambda *_: 1 / 0)
    assert run(root) == 0
    found = results(root)
    assert "score" not in found
    assert "leaderboard" not in found
    assert {k: found["extra_data"][k] for k in ("evaluations", "ladder")} == {
        k: told[k] for k in ("evaluations", "ladder")
    }
    monkeypatch.undo()
    assert run(root) == 0
    assert results(root)["leaderboard"][0]["value"] == 0.6
    (root / "source" / "bundles" / "other").mkdir()  # and when nobody knows which assignment it is
    text = json.dumps(
        json.loads((root / "source/bundles/mini/bundle.json").read_text()) | {"title": "Another one"}
    )
    (root / "source" / "bundles" / "other" / "bundle.json").write_text(text)
    (root / "submission" / "mini.ipynb").rename(root / "submission" / "homework.ipynb")
    write_metadata(
        root,
        assignment={"title": "?"},
        previous_submissions=[previous("2026-05-02T11:00:00-05:00", results=old)],
    )
    assert run(root) == 0
    assert {k: results(root)["extra_data"][k] for k in ("evaluations", "ladder")} == {
        k: told[k] for k in ("evaluations", "ladder")
    }


def test_program_writes_a_valid_file_within_a_second_and_survives_kills(root):
    """Killed at any moment, what lies there is whole; nothing carries a score before the end."""
    path = root / "results" / "results.json"
    for delay_s in (0.6, 1.0, 1.7, 2.5, 3.3):
        path.unlink(missing_ok=True)
        command = [sys.executable, "-I", "-m", "autograder", "gradescope", "--root", str(root)]
        process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
        time.sleep(delay_s)
        finished = process.poll() is not None
        os.killpg(process.pid, signal.SIGKILL) if not finished else None
        process.wait()
        if (
            path.exists()
        ):  # a cold interpreter may take its first 0.6 s; the shell around it writes earlier still
            content = results(root)
            # Killed between the last write and the end, the whole result lies there; before, none of a score.
            whole = content.get("score") == 11.0 and "Grading is under way" not in content["output"]
            assert whole if finished else whole or "score" not in content
        else:
            assert delay_s < 1.0


def test_build_check_passes_ours_and_names_what_is_misjudged(mini, tmp_path):
    """It is made of the public notebook and the reference's cells; without its files it loses q3."""
    source, bundle, released = mini
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "mini").symlink_to(bundle)
    parts = tmp_path / "build-check" / "mini"
    (parts / "files").mkdir(parents=True)
    nbformat.write(released, parts / "release.ipynb")
    assert check_packed(tmp_path, parts.parent)[0] == "mini: solution: 8 points, must be 11"
    for path in (source.references / "solution").iterdir():
        (parts / "files" / path.name).write_bytes(path.read_bytes())
    assert check_packed(tmp_path, parts.parent) == []


def test_solved_notebook_takes_answers_whose_marker_follows_a_magic(mini):
    """``%%writefile predict.py`` comes first in a cell; the build check must hand that answer in, too."""
    _, bundle, released = mini
    ours = "%%writefile predict.py\n# answer: q1_answer\nprint(1)"
    other = "# answer: q2_answer\nx = 1"
    found = solved(
        replace(read_bundle(bundle), reference_cells=(ours, other)), json.loads(nbformat.writes(released))
    )
    answers = [c["source"] for c in found["cells"] if "_answer" in str(c.get("metadata"))]
    assert answers == [ours, other]


def test_question_whose_answer_is_not_packed_is_not_tried(mini):
    """A question about one's own network has no answer in the reference; the build check asks for the others' points."""
    _, folder, released = mini
    bundle = read_bundle(folder)
    notebook = json.loads(nbformat.writes(released))
    before = unanswered(bundle, notebook)
    assert "q1" not in before
    without = replace(
        bundle, reference_cells=tuple(c for c in bundle.reference_cells if "q1_answer" not in c)
    )
    assert set(unanswered(without, notebook)) == {*before, "q1"}


def test_default_root_is_gradescopes():
    """The path that Gradescope documents."""
    assert Path("/autograder") == ROOT
