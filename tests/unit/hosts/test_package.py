"""What is packed for Gradescope: the same bytes every time, all that a run needs, no more."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import nbformat
import pytest

from autograder.bundle import Bundle, CheckSpec, read_bundle
from autograder.engine import modules
from autograder.errors import UsageError
from autograder.hosts import package
from autograder.hosts.settings import Settings

REPOSITORY = Path(__file__).parents[3]


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
    assert "autograder/sandbox/inside/worker.py" in files


def test_engine_that_is_packed_is_what_a_run_imports(files, tmp_path):
    """The instructor's commands stay out; what remains starts from the package alone, and prints its help."""
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    names = sorted(
        n.removesuffix(".py").replace("/", ".")
        for n in files
        if n.startswith("autograder/") and "__main__" not in n
    )
    for instructors in (
        "classroom.course",
        "config",
        "classroom.gradebook",
        "author.validate",
        "author.release",
        "hosts.package",
        "hosts.preflight",
        "engine.batch",
    ):
        assert f"autograder.{instructors}" not in names
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {', '.join(names)}; "
        "print(autograder.cli.main.__file__); autograder.cli.main.main(['--help'])"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(str(tmp_path))
    assert "gradescope" in done.stdout


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("machine", "selftest"),
        ("hosts", "gradescope"),
        ("hosts", "prairielearn"),
        ("classroom", "_grade_one"),
    ],
)
def test_commands_of_the_image_find_what_they_import_when_they_run(file: str, command: str) -> None:
    """A command imports its modules inside its function: one that is not packed stops the build, or a grading."""
    tree = ast.parse((REPOSITORY / "autograder" / "cli" / f"{file}.py").read_text())
    (function,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == command]
    packed = modules.engine()
    asked = {
        name
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom)
        for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))
    } - {"autograder.released"}  # of a course tree: the image has bundles
    there = {name.removesuffix(".py").replace("/", ".") for name in packed}
    known = {
        p.relative_to(REPOSITORY).with_suffix("").as_posix().replace("/", ".")
        for p in (REPOSITORY / "autograder").rglob("*.py")
    }
    assert (asked & known) - there == set()


def test_programs_that_are_started_by_name_are_packed():
    """``python -m autograder.…`` in a packed module: no import leads there."""
    packed = modules.engine()
    started = {
        found.replace(".", "/") + ".py"
        for content in packed.values()
        for found in re.findall(r'"-m", "(autograder[\w.]+)"', content.decode())
    }
    assert len(started) >= 2
    assert started <= packed.keys()


def test_engine_holds_what_the_checks_helpers_import():
    """A module of ours that only an assignment's own code asks for comes along, with what that needs."""
    extra = {
        "autograder/classroom/pages.py",
        "autograder/author/validate.py",
        "autograder/author/source.py",
    }
    assert not extra & modules.engine().keys()
    packed = modules.engine(
        ["from autograder.classroom import pages\n", "def f():\n    import autograder.author.validate\n"]
    )
    assert extra <= packed.keys()


def test_pins_are_the_projects_and_every_one_has_a_hash():
    """The lock names each dependency of pyproject.toml in the version of constraints.txt, and a hash for each."""
    import tomllib

    lines = (package.IMAGE / "requirements.lock").read_text().replace(" \\\n    ", " ").splitlines()
    pins = dict(line.split(" ")[0].split("==") for line in lines if not line.startswith("#"))
    assert all("--hash=sha256:" in line for line in lines if not line.startswith("#"))
    text = (REPOSITORY / "constraints.txt").read_text()
    tested = dict(
        line.split("==")
        for line in text.lower().replace("_", "-").splitlines()
        if line and not line.startswith("#")
    )
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=]", dependency)[0] for dependency in project["dependencies"]}
    assert names <= pins.keys()
    assert {name: version.split("+")[0] for name, version in pins.items()} == {
        name: tested[name] for name in pins
    }
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
    subprocess.run(["bash", "-n", str(package.IMAGE / name)], check=True)


STUB = """#!/bin/sh
exec {real} -c "import sys; from collections import namedtuple
sys.version_info = namedtuple('V', 'major minor micro releaselevel serial')({version})
exec(sys.argv[1])" "$2"
"""
FINAL, CANDIDATE, OTHER = "3, 11, 2, 'final', 0", "3, 11, 0, 'candidate', 1", "3, 10, 12, 'final', 0"


@pytest.mark.parametrize(
    ("there", "distribution", "uv", "chosen"),
    [
        (FINAL, None, None, "usr/python3"),
        (OTHER, FINAL, None, "usr/python3.11"),
        (OTHER, CANDIDATE, FINAL, "opt/cpython-3.11.9/bin/python3.11"),  # Ubuntu 22.04
        (OTHER, CANDIDATE, None, "usr/python3.11"),
        (OTHER, None, FINAL, "opt/cpython-3.11.9/bin/python3.11"),
        (OTHER, None, None, None),
        (None, None, None, None),
    ],
)
def test_python_of_the_image_is_a_finished_311_if_there_is_one(tmp_path, there, distribution, uv, chosen):
    """The one there, the distribution's, uv's; a release candidate last; else nothing is built."""
    usr, opt = tmp_path / "usr", tmp_path / "opt"
    for version, path in (
        (there, usr / "python3"),
        (distribution, tmp_path / "archive"),
        (uv, tmp_path / "fetched"),
    ):
        path.parent.mkdir(exist_ok=True)
        if version:
            path.write_text(STUB.format(real=sys.executable, version=version))
            path.chmod(0o755)
    head = (package.IMAGE / "setup.sh").read_text().partition('say "environment in')[0]
    head = (
        head.replace("/usr/bin/", f"{usr}/")
        .replace("/usr/local/bin/", f"{usr}/")
        .replace("/opt/python/", f"{opt}/")
    )
    stand_ins = f"""
apt_install() {{ cp {tmp_path}/archive {usr}/python3.11; }}
uv_python() {{ mkdir -p {opt}/cpython-3.11.9/bin && cp {tmp_path}/fetched {opt}/cpython-3.11.9/bin/python3.11; }}
apt-get() {{ :; }}
"""
    head = head.replace("for there in", stand_ins + "for there in", 1)
    done = subprocess.run(
        ["bash", "-c", head + 'echo "chosen: $python"'], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False
    )  # fmt: skip
    if chosen is None:
        assert (done.returncode, "Nothing was built" in done.stderr) == (1, True), done
    else:
        assert f"chosen: {tmp_path / chosen}\n" in done.stdout, done


def test_first_result_is_valid_even_when_python_does_not_start(tmp_path):
    """The shell around it writes before anything can fail, and then says 0, as a result is there."""
    script = (
        (package.IMAGE / "run_autograder")
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


CHECKS = """
def test_public(model): ...

def test_inputs(model, rng): ...

def test_private_inputs(model, private):
    close(model(private), 1)

def test_held_out(model, private):
    credit(0.5, "half of it")

def test_ranking(model, private):
    leaderboard("mean r", 0.5)
    at_least(0.5, 0.4)

def test_more(model): ...

def test_most(model): ...
"""


def test_scores_from_held_out_data_are_held_back_by_default(tmp_path):
    """What measures on ``private``, and what builds on that; not what takes inputs from it, nor the leaderboard's."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "q1.py").write_text(CHECKS)
    after = {"more": ("test_held_out",), "most": ("test_more",)}
    names = [line.split("(")[0].removeprefix("def test_") for line in CHECKS.split("\n") if "def" in line]
    checks = tuple(
        CheckSpec(
            question="q1", name=f"test_{n}", title="", points=1, hidden=n != "public", after=after.get(n, ())
        )
        for n in names
    )
    bundle = Bundle(
        folder=tmp_path, assignment="a", title="", version="1", questions=(), checks=checks, cells=(),
        reference_cells=(), limits={},
    )  # fmt: skip
    found = package.held_out(bundle)
    assert found == ["q1/test_held_out", "q1/test_more", "q1/test_most"]
    package.refuse_held_back(bundle, Settings(after_published={"a": found}))


def test_packed_settings_hold_back_what_is_held_out_unless_the_course_says_otherwise(
    mini, tmp_path, monkeypatch
):
    """No word: q3's held-out score; an empty list: nothing; a list: that."""
    from autograder import released as released_module
    from autograder.config import load_course

    _, bundle, released = mini
    for name in ("release/mini", "references"):
        (tmp_path / name).mkdir(parents=True)
    nbformat.write(released, tmp_path / "release" / "mini" / "mini.ipynb")
    monkeypatch.setattr(released_module, "current_bundle", lambda *_: bundle)

    def packed(line: str) -> dict:
        text = f"c = get_config()\nc.CourseDirectory.course_id = 'x'\n{line}\n"
        (tmp_path / "gradebook_config.py").write_text(text)
        files = package.of_course(load_course(tmp_path), ("mini",)).files
        return json.loads(files["settings.json"])["after_published"]

    assert packed("") == {"mini": ["q3/test_weights_explain"]}
    assert packed("c.Autograder.gradescope_after_published = {'mini': []}") == {}
    assert packed("c.Autograder.gradescope_after_published = {'mini': ['q1']}") == {"mini": ["q1"]}
