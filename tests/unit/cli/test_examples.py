"""The GitHub Actions example: it parses, its shell runs, and it gives nothing to students' repositories."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from autograder.cli import main as cli

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "github-actions.yml"
DOCKER = """#!/bin/sh
# Stands in for Docker: "run" writes what the hand-in's file score says, and keeps its arguments.
[ "$1" = run ] || exit 0
for argument in "$@"; do
  case "$argument" in *:/in:ro) hand_in=${argument%:/in:ro};; *:/out) out=${argument%:/out};; esac
done
printf '%s\\n' "$*" >> "$CALLS"
cat "$hand_in/score" > "$out/results.json"
"""


@pytest.fixture
def workflow() -> dict[str, Any]:
    """Return the parsed file; YAML 1.1 takes ``on`` for a truth value."""
    found: dict[Any, Any] = yaml.safe_load(EXAMPLE.read_text())
    found["on"] = found.pop(True)
    return found


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    """Return every step."""
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def step(workflow: dict[str, Any], name: str) -> str:
    """Return the shell of one step."""
    return next(s["run"] for s in steps(workflow) if s.get("name") == name)


def test_example_has_what_a_workflow_needs(workflow) -> None:
    """Jobs with a machine, a limit and steps that run or use something of a fixed version."""
    assert set(workflow) == {"name", "on", "permissions", "concurrency", "jobs"}
    for job in workflow["jobs"].values():
        assert job["runs-on"] == "ubuntu-24.04"
        assert 0 < job["timeout-minutes"] <= 360
    for one in steps(workflow):
        assert ("run" in one) != ("uses" in one), one
        assert "uses" not in one or re.fullmatch(r"actions/[\w-]+@v\d+", one["uses"])


def test_example_is_started_by_the_instructor_alone(workflow) -> None:
    """By hand; it may read the repository and nothing else, and no token lies beside students' code."""
    assert set(workflow["on"]) == {"workflow_dispatch"}
    assert workflow["permissions"] == {"contents": "read"}
    assert steps(workflow)[0]["with"] == {"persist-credentials": False}
    assert "secrets." not in json.dumps([s for s in steps(workflow) if s.get("name") != "Fetch the image"])
    assert step(workflow, "Fetch the image").rstrip().splitlines()[-1].startswith("docker logout")


def test_examples_inputs_reach_the_shell_as_variables_only(workflow) -> None:
    """An expression inside a script would be code."""
    for one in steps(workflow):
        assert "${{" not in one.get("run", "")


def test_examples_command_exists(workflow) -> None:
    """Every option that it names is one of ours; the container has no network."""
    script = step(workflow, "Grade every hand-in").replace("\\\n", " ")
    line = next(x for x in script.splitlines() if "docker run" in x)
    words = shlex.split(line)
    assert words[words.index("--network") + 1] == "none"
    ours = words[words.index("autograder") :]
    command = cli.main.commands[ours[1]]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {w for w in ours if w.startswith("--")} <= known


@pytest.mark.skipif(shutil.which("jq") is None, reason="the example reads results with jq")
def test_example_grades_a_class_and_reports_who_was_not_graded(workflow, tmp_path) -> None:
    """Run for real but for Docker: a score, no score, no JSON at all; the others go on."""
    (tmp_path / "bin").mkdir()
    for name, text in (("docker", DOCKER), ("sudo", '#!/bin/sh\nexec "$@"\n')):
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    for student, found in (("ada", '{"score": 0}'), ("bob", '{"output": "not graded"}'), ("cy d", "{")):
        folder = tmp_path / "submitted" / student / "week1-mlp"
        folder.mkdir(parents=True)
        (folder / "score").write_text(found)
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "ASSIGNMENT": "week1-mlp",
        "IMAGE": "registry.example/you/week1",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "CALLS": str(tmp_path / "calls"),
    }
    script = ["bash", "-eo", "pipefail", "-c", step(workflow, "Grade every hand-in")]
    done = subprocess.run(script, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    rows = (tmp_path / "summary").read_text().splitlines()
    assert rows[2:] == ["| ada | 0 |", "| bob | not graded |", "| cy d | not graded |"]
    assert "2 hand-in(s) not graded" in done.stdout
    assert len((tmp_path / "calls").read_text().splitlines()) == 3
    shutil.rmtree(tmp_path / "submitted")
    assert subprocess.run(script, cwd=tmp_path, env=environment, check=False).returncode == 2


def test_documentation_names_the_example() -> None:
    """And the settings that it reads."""
    text = (ROOT / "docs" / "github-actions.md").read_text()
    named = set(re.findall(r"(?:vars|secrets)\.(\w+)", EXAMPLE.read_text()))
    assert named == {"AUTOGRADER_IMAGE", "AUTOGRADER_REGISTRY_TOKEN"}
    assert all(name in text for name in (*named, "examples/github-actions.yml"))
