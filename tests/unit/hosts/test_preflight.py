"""The container size is chosen from what was measured; an engine's program stands in here."""

from __future__ import annotations

import json
import sys

import pytest

from autograder.errors import UsageError
from autograder.hosts.preflight import SIZES, Trial, choose, headroom, parse_memory, report, run

FAKE = """#!{python}
import json, pathlib, sys
state = pathlib.Path({state!r})
what = sys.argv[1]
if what == "create":
    results = next(a.partition(":")[0] for a in sys.argv if a.endswith(":/autograder/results"))
    memory = float(sys.argv[sys.argv.index("--memory") + 1].rstrip("m"))
    cpus = float(sys.argv[sys.argv.index("--cpus") + 1])
    if "small" in sys.argv and cpus > 2:
        sys.exit("Error response from daemon: Range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available")
    no_cgroups = "unlimited" in sys.argv
    extra = {{
        "graded": memory > 1000 or no_cgroups,
        "staff_notes": ["the grader ended"],
        "timing": {{"wall_s": 20 / cpus, "cpus": None if no_cgroups else cpus}},
        "memory": {{"container": {{}} if no_cgroups else {{"limit_mb": memory}}}},
    }}
    pathlib.Path(results, "results.json").write_text(json.dumps({{"score": 5.0, "extra_data": extra}}))
    print("id1")
elif what == "stats":
    print("303.1MiB / 768MiB", flush=True)
    import time; time.sleep(30)
elif what == "wait":
    import time; time.sleep(0.3)
    print(0)
elif what == "image":
    sys.exit(sys.argv[3] == "missing")
elif what == "version" and (state / "stopped").exists():
    sys.exit("Cannot connect to the Docker daemon")
"""


@pytest.fixture
def docker(tmp_path):
    """Write a program that answers as an engine would."""
    path = tmp_path / "docker"
    path.write_text(FAKE.format(python=sys.executable, state=str(tmp_path)))
    path.chmod(0o755)
    return str(path)


def test_smallest_size_that_fits_everybody_is_chosen(docker, tmp_path):
    """What was not graded in the smallest container is tried in the larger ones."""
    (tmp_path / "hand-in").mkdir()
    trials = run("there", {"a": tmp_path / "hand-in", "b": tmp_path / "hand-in"}, docker=docker)
    assert [(t.cpus, t.gigabytes) for t in trials] == [size for size in SIZES for _ in range(2)]
    assert {t.memory_mb for t in trials} == {303}
    assert choose(trials, 600) == (1.0, 1.5)


def test_sizes_beyond_the_machine_are_left_out(docker, tmp_path):
    """Docker refuses more CPUs than there are; what was measured still counts."""
    (tmp_path / "hand-in").mkdir()
    assert [t.cpus for t in run("small", {"a": tmp_path / "hand-in"}, docker=docker)] == [0.5, 1.0, 2.0]


def test_no_engine_and_no_image_are_sentences(docker, tmp_path):
    """With what to do."""
    with pytest.raises(UsageError, match="Install Docker"):
        run("there", {}, docker=str(tmp_path / "nothing"))
    with pytest.raises(UsageError, match="build -t missing"):
        run("missing", {}, docker=docker)
    (tmp_path / "stopped").touch()
    with pytest.raises(UsageError, match=r"Cannot connect.*\n.*Start the engine"):
        run("there", {}, docker=docker)


def test_engine_that_limits_nothing_is_refused(docker, tmp_path):
    """Its figures would be this machine's, not Gradescope's."""
    (tmp_path / "hand-in").mkdir()
    with pytest.raises(
        UsageError, match=r"the container found no limit and no limit\. Cgroups are not available"
    ):
        run("unlimited", {"a": tmp_path / "hand-in"}, docker=docker)


def trial(**values: object) -> Trial:
    """Return a trial that fits, but for some values."""
    base = {
        "name": "a",
        "cpus": 0.5,
        "gigabytes": 0.75,
        "seconds": 20.0,
        "memory_mb": 400,
        "graded": True,
        "score": 1.0,
    }
    return Trial(**{**base, **values})


def test_little_time_or_memory_left_does_not_fit():
    """Half of the time and 85 % of the memory."""
    assert trial().fits(600)
    assert not trial(seconds=280.0).fits(600)
    assert not trial(memory_mb=700).fits(600)
    assert not trial(graded=False).fits(600)
    assert choose([trial(), trial(seconds=280.0)], 600) is None
    assert headroom(trial(seconds=270.0, memory_mb=384), 600) == (0.5, 0.5)


def test_container_must_hold_what_students_are_promised():
    """The grader's own share and the student's limit together; a bigger container holds both."""
    heavy = {"memory_mb": 570, "student_mb": 80, "promised_mb": 448}
    assert trial(**heavy).lacks(600) == "no room for the 448 MB that a student may use"
    assert trial(**heavy | {"cpus": 1.0, "gigabytes": 1.5, "promised_mb": 512}).fits(600)
    assert trial(memory_mb=310, student_mb=20, promised_mb=448).fits(600)


@pytest.mark.parametrize(
    ("text", "found"),
    [("303.1MiB / 768MiB", 317823385), ("1.5GiB / 3GiB", 1610612736), ("12kB / 1GB", 12000), ("-- / --", 0)],
)
def test_memory_is_read_in_either_engines_units(text, found):
    """Docker counts in powers of two, podman in powers of ten."""
    assert parse_memory(text) == found


def test_report_names_each_trial_and_why_one_was_not_graded():
    """Time and memory that are left, as shares; the note of what went wrong."""
    found = report([trial(), trial(name="b", graded=False, score=None, note="the grader ended")], 600)
    assert "0.5 CPU, 0.75 GB" in found
    assert "96%" in found  # 20 of 540 s
    assert "was not graded" in found
    assert found.endswith("b: not graded: the grader ended")


def test_command_prints_the_size_to_choose(docker, tmp_path, monkeypatch):
    """From the command line, with what a course would give; as a table and as JSON."""
    from contextlib import contextmanager
    from types import SimpleNamespace

    from click.testing import CliRunner

    from autograder.author import steps
    from autograder.cli import hosts as cli_hosts
    from autograder.cli import main as cli

    (tmp_path / "hand-in").mkdir()

    @contextmanager
    def prepare(*_):
        yield None

    monkeypatch.setattr(
        cli_hosts,
        "course_here",
        lambda: SimpleNamespace(gradescope_timeout_s=600.0, source=tmp_path, nbgrader=False),
    )
    monkeypatch.setattr(steps, "prepare", prepare)
    monkeypatch.setattr(steps, "heaviest", lambda *_: {"solution": tmp_path / "hand-in"})
    done = CliRunner().invoke(cli.main, ["preflight", "week9", "--docker", docker])
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("Choose in Gradescope: 1 CPU, 1.5 GB; timeout 10 minutes.\n")
    assert "0.5 CPU, 0.75 GB: solution: not graded: the grader ended" in done.stdout
    assert "1/4: 0.5 CPU, 0.75 GB: solution: not graded" in done.stderr
    assert "4/4: 4 CPU, 6 GB: solution: 5.0 s, 303 MB" in done.stderr
    done = CliRunner().invoke(cli.main, ["preflight", "week9", "--docker", docker, "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["choose"] == [1.0, 1.5]
    assert [t["fits"] for t in found["trials"]] == [False, True, True, True]
