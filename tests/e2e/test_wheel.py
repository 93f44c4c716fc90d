"""The wheel is all that somebody needs: installed into a fresh environment, it runs a course in an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

pytest.importorskip("build")
pytest.importorskip("nbgrader")
REPOSITORY = Path(__file__).parents[2]
EXAMPLE = "digits"
STARTED_FROM = ("pyproject.toml", "README.md", "LICENSE")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
MINUTES = 5  # from init to a graded class, on two cores
Run = Callable[..., str]


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Return a folder that a drawn user id can read, on the same disk as the libraries: they are linked, not copied."""
    with tempfile.TemporaryDirectory(prefix="wheel-", dir=sys.prefix) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def wheel(place: Path) -> Path:
    """Build the wheel from a copy, so that nothing of an earlier build is in it; nothing is downloaded."""
    copy = place / "copy"
    copy.mkdir()
    for name in STARTED_FROM:
        shutil.copy(REPOSITORY / name, copy)
    shutil.copytree(REPOSITORY / "autograder", copy / "autograder", ignore=LEFT_OUT)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(copy)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (found,) = place.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def run(place: Path, wheel: Path) -> Run:
    """Return what runs the installed command in an empty folder.

    The libraries are this environment's, file by file, but for what makes this repository importable: a sandbox lets
    students' code read the environment's own folders only, so a path to others would not do.
    """
    environment = place / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*pip, "--disable-pip-version-check", str(wheel)], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    ours = shutil.ignore_patterns("__editable__*", "autograder", "autograder[-_]*", "pip", "pip-*")
    libraries = sysconfig.get_path("purelib")
    shutil.copytree(libraries, site, symlinks=True, ignore=ours, copy_function=os.link, dirs_exist_ok=True)
    program = (
        environment / "bin" / "alembic"
    )  # which pip would have installed; nbgrader starts it by its name
    program.write_text(f"#!{python}\nfrom alembic.config import main\n\nmain()\n")
    program.chmod(0o755)
    home = place / "course"
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "PYTEST"))}

    def run(*words: str, codes: tuple[int, ...] = (0,), folder: Path = home) -> str:
        done = subprocess.run(
            [str(environment / "bin" / "autograder"), *words],
            cwd=folder if folder.is_dir() else place,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in codes, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    where = subprocess.run(
        [str(python), "-c", "import autograder; print(autograder.__file__)"],
        cwd=place,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(environment)), (
        "the tests would be of this repository, not of the wheel"
    )
    return run


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    """Every file below autograder/: modules, page templates, what an image is built from, the example."""
    assert wheel.name.startswith("autograder_notebooks-")
    names = set(zipfile.ZipFile(wheel).namelist())
    here = {
        p.relative_to(REPOSITORY).as_posix()
        for p in (REPOSITORY / "autograder").rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    assert {name for name in names if ".dist-info/" not in name} == here
    for part in (
        "classroom/templates/",
        "hosts/image/setup.sh",
        "hosts/image/requirements.lock",
        "hosts/image/Dockerfile",
        f"author/example/source/{EXAMPLE}/{EXAMPLE}.ipynb",
        f"author/example/references/{EXAMPLE}/private/held_out.npz",
        f"author/example/references/{EXAMPLE}/solution/model_weights.pt",
    ):
        assert any(name.startswith(f"autograder/{part}") for name in names), part


@pytest.mark.slow
def test_course_runs_from_the_wheel_in_an_empty_folder(place: Path, run: Run) -> None:
    """init, new, validate, release, a small class, its scores in nbgrader's gradebook, a package for Gradescope."""
    course, started = place / "course", time.monotonic()
    run("init", str(course), "--example", "--name", "Deep Learning 101")
    run("new", "week2-attention")
    run("lint", "--all")
    assert "solution 100 %, release 0" in run("validate", EXAMPLE)
    run("release", EXAMPLE)
    written = [Path(line) for line in run("release", "week2-attention").splitlines()]
    assert written
    assert all(path.is_file() for path in written)
    solution = course / "references" / EXAMPLE / "solution" / "model_weights.pt"
    for student in ("ada", "bob", "cy"):
        folder = course / "submitted" / student / EXAMPLE
        folder.mkdir(parents=True)
        shutil.copy(course / "release" / EXAMPLE / f"{EXAMPLE}.ipynb", folder)
    write_solution(course, course / "submitted" / "ada" / EXAMPLE)
    shutil.copy(solution, course / "submitted" / "ada" / EXAMPLE)
    (course / "submitted" / "cy" / EXAMPLE / f"{EXAMPLE}.ipynb").write_text("no notebook")
    table = run("grade", EXAMPLE)
    assert "ada" in table
    scores = {s: result(course, s).get("score") for s in ("ada", "bob", "cy")}
    assert scores == {"ada": 90.0, "bob": 0.0, "cy": None}
    assert (course / "gradebook.db").is_file()
    assert list((course / "feedback" / "ada" / EXAMPLE).glob("*.html"))
    seconds = time.monotonic() - started
    assert seconds < 60 * MINUTES, f"{seconds:.0f} s"
    archive = Path(run("bundle", EXAMPLE).splitlines()[0])
    assert "setup.sh" in zipfile.ZipFile(archive).namelist()
    lines = json.loads(run("doctor", "--json", codes=(0, 1)))
    busy = {"cores", "memory", "disk"}  # as the machine that runs the tests is
    assert [line for line in lines if not line["ok"] and line["name"] not in busy] == []
    assert "Deep Learning 101" in (course / "README.md").read_text()


def result(course: Path, student: str) -> dict[str, object]:
    """Return a student's results."""
    found: dict[str, object] = json.loads(
        (course / "autograded" / student / EXAMPLE / "results.json").read_text()
    )
    return found


def write_solution(course: Path, folder: Path) -> None:
    """Write what a perfect student hands in: the release with the source's answers, markers and all."""
    source = nbformat.read(course / "source" / EXAMPLE / f"{EXAMPLE}.ipynb", 4)
    answers = {c.metadata.nbgrader.grade_id: c.source for c in source.cells if "nbgrader" in c.metadata}
    notebook = nbformat.read(folder / f"{EXAMPLE}.ipynb", 4)
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("solution"):
            cell.source = answers[meta["grade_id"]]
    nbformat.write(notebook, folder / f"{EXAMPLE}.ipynb")
