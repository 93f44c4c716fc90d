"""What is packed for Gradescope: the same bytes every time, all that a run needs, no more."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import nbformat
import pytest

from autograder import package
from autograder.bundle import read_bundle
from autograder.errors import UsageError
from autograder.gradescope_run import Settings


@pytest.fixture
def files(mini, tmp_path):
    """Pack the small course."""
    source, bundle, released = mini
    (tmp_path / "release" / "mini").mkdir(parents=True)
    nbformat.write(released, tmp_path / "release" / "mini" / "mini.ipynb")
    return package.collect([bundle], tmp_path / "release", source.references.parent, Settings())


def test_zip_is_the_same_bytes_whatever_the_order_and_time(files, tmp_path):
    """Sorted, stored, with fixed times and modes."""
    first = package.zip_bytes(files)
    assert package.zip_bytes(dict(reversed(files.items()))) == first
    for number in (1, 2):
        package.write(files, tmp_path / "out")
        assert (tmp_path / "out" / "autograder.zip").read_bytes() == first, f"written {number} times"
    entries = zipfile.ZipFile(BytesIO(first)).infolist()
    assert {e.date_time for e in entries} == {package.EPOCH}
    assert [e.filename for e in entries] == sorted(files)
    programs = {e.filename for e in entries if e.external_attr >> 16 & 0o111}
    assert programs == {"setup.sh", "run_autograder", "prairielearn_run"}


def test_context_holds_what_the_zip_holds(files, tmp_path):
    """Docker's context is the zip's content in source/, and the Dockerfile."""
    _, context = package.write(files, tmp_path)
    found = {
        p.relative_to(context / "source").as_posix(): p.read_bytes()
        for p in (context / "source").rglob("*")
        if p.is_file()
    }
    assert found == files
    dockerfile = (context / "Dockerfile").read_text()
    assert "FROM ${BASE}" in dockerfile
    assert not any(line.startswith(("CMD", "ENTRYPOINT")) for line in dockerfile.splitlines())


def test_instructors_things_stay_out(files):
    """No source notebook, no variants, no commands of the instructor's, no gradebook."""
    assert not any("variants" in name or "source.sha256" in name for name in files)
    assert {n for n in files if n.endswith(".ipynb")} == {"build-check/mini/release.ipynb"}
    assert b"canary-solution" not in files["build-check/mini/release.ipynb"]
    assert "autograder/gradebook.py" not in files
    assert "autograder/sandbox/worker.py" in files


def test_engine_that_is_packed_imports_nothing_that_is_not(files, tmp_path):
    """At the top of its modules, that is; the instructor's commands import theirs when they run."""
    for name, content in files.items():
        if name.startswith("autograder/"):
            top = [n for n in ast.parse(content).body if isinstance(n, (ast.Import, ast.ImportFrom))]
            named = {a.name for n in top for a in n.names} | {getattr(n, "module", None) or "" for n in top}
            left_out = {f"autograder.{m}" for m in package.INSTRUCTORS_ONLY} | package.INSTRUCTORS_ONLY
            assert not named & left_out, name
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    imports = (
        "import autograder.cli, autograder.gradescope_run, autograder.grader; print(autograder.cli.__file__)"
    )
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {imports}"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(tmp_path))


def test_pins_are_the_projects_and_every_one_has_a_hash():
    """The lock names each dependency of pyproject.toml in its version, and a hash for each."""
    import tomllib

    lines = (package.CONTAINER / "requirements.lock").read_text().replace(" \\\n    ", " ").splitlines()
    pins = dict(line.split(" ")[0].split("==") for line in lines if not line.startswith("#"))
    assert all("--hash=sha256:" in line for line in lines if not line.startswith("#"))
    project = tomllib.loads((package.CONTAINER.parent / "pyproject.toml").read_text())["project"]
    for dependency in project["dependencies"]:
        name, version = dependency.split("==")
        assert pins[name].split("+")[0] == version, name
    assert pins["torch"].endswith("+cpu")


def test_missing_release_is_a_sentence(mini, tmp_path):
    """Nothing is packed without the notebook that checks the build."""
    with pytest.raises(UsageError, match="autograder release mini"):
        package.collect([mini[1]], tmp_path, tmp_path, Settings())


def test_settings_survive_the_file(files):
    """What is packed is what a run reads."""
    assert Settings(**json.loads(files["settings.json"])) == Settings()


@pytest.mark.parametrize("name", ["setup.sh", "run_autograder", "prairielearn_run"])
def test_programs_are_valid_shell(name):
    """As far as the shell can tell without running them."""
    subprocess.run(["bash", "-n", str(package.CONTAINER / name)], check=True)


def test_first_result_is_valid_even_when_python_does_not_start(tmp_path):
    """The shell around it writes before anything can fail, and then says 0, as a result is there."""
    script = (
        (package.CONTAINER / "run_autograder")
        .read_text()
        .replace("/opt/autograder/bin/python", "/nonexistent/python")
    )
    (tmp_path / "run").write_text(script)
    done = subprocess.run(
        ["sh", str(tmp_path / "run")],
        env={"AUTOGRADER_ROOT": str(tmp_path), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0
    found = json.loads(Path(tmp_path, "results", "results.json").read_text())
    assert "score" not in found
    assert found["output"].startswith("not graded")


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (["q9"], "'q9' matches no hidden check"),
        (["q1/test_three_four"], "matches no hidden check"),
        (["q3/test_weights_load"], "q3/test_weights_explain builds on test_weights_load"),
    ],
)
def test_scores_held_back_in_vain_are_refused(mini, patterns, words):
    """A pattern without a check, and a check whose being skipped would tell the result of another."""
    with pytest.raises(UsageError, match=words):
        package.refuse_held_back(read_bundle(mini[1]), Settings(after_published={"mini": patterns}))
    package.refuse_held_back(read_bundle(mini[1]), Settings(after_published={"mini": ["q3"]}))
