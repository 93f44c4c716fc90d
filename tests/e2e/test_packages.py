"""A course with a package of its own: examples/packages is linted, validated, graded and packed; its lack is a sentence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from autograder import messages
from autograder.author import release, validate
from autograder.bundle import read_bundle
from autograder.cli.main import main as cli
from autograder.engine.batch import EngineOptions, Job, grade_many
from autograder.engine.grade import Engine
from autograder.errors import PackagesError
from autograder.hosts import gradescope, pins

pytest.importorskip("nbgrader")
pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's and its libraries' own
EXAMPLE = Path(__file__).parents[2] / "examples" / "packages"


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a released copy of the example."""
    root = tmp_path_factory.mktemp("packages") / "course"
    shutil.copytree(EXAMPLE, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        done = CliRunner().invoke(cli, ["release", "patches"])
    assert done.exit_code == 0, done.output
    return root


@pytest.fixture
def lacking(course: Path, tmp_path: Path) -> Path:
    """Return a copy of its bundle that needs what is not installed here."""
    folder = tmp_path / "bundles" / "patches"
    shutil.copytree(course / "bundle" / "patches", folder)
    data = json.loads((folder / "bundle.json").read_text())
    data |= {"imports": [*data["imports"], "fancy_layers"], "packages": ["fancy-layers==1.0"]}
    (folder / "bundle.json").write_text(json.dumps(data))
    return folder


def hand_in(course: Path, folder: Path) -> Path:
    """Write what a perfect student hands in."""
    source = release.read_source(course / "source", course / "references", "patches")
    notebook = release.make_release(source, read_bundle(course / "bundle" / "patches"))
    validate.write_hand_in(source, release.solution_notebook(source, notebook), folder)
    return folder


@pytest.mark.slow
def test_example_is_released_graded_and_warmed(course: Path, tmp_path: Path) -> None:
    """The release has judged its variants; a solution gets everything, from an engine that has the package already."""
    bundle = read_bundle(course / "bundle" / "patches")
    assert (bundle.imports, bundle.preload) == (("einops", "numpy", "torch"), ("einops",))
    with Engine(course / "bundle" / "patches") as engine:
        result = engine.grade(hand_in(course, tmp_path / "hand-in"))
    assert result.graded
    assert result.score == result.max_score == 100


@pytest.mark.slow
def test_example_without_its_package_has_findings(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`lint` names the cells."""
    monkeypatch.chdir(course)
    assert CliRunner().invoke(cli, ["lint", "patches"]).exit_code == 0
    config = (course / "gradebook_config.py").read_text()
    (course / "gradebook_config.py").write_text(config.replace('["einops==0.8.2"]', "[]"))
    try:
        done = CliRunner().invoke(cli, ["lint", "patches"])
    finally:
        (course / "gradebook_config.py").write_text(config)
    assert done.exit_code == 1
    assert "cell 'setup': it imports einops" in done.output


@pytest.mark.slow
def test_package_that_cannot_be_resolved_packs_nothing(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 2, a sentence with pip's, and no folder."""
    monkeypatch.chdir(course)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    done = CliRunner().invoke(cli, ["bundle", "patches", "--to", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "pip: ERROR: No matching distribution found for einops==0.8.2" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_pins_are_packed(course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind the lock's."""
    monkeypatch.chdir(course)
    monkeypatch.setattr(
        "autograder.hosts.package.pinned", lambda packages, index: pins.HEADER + "einops==0.8.2\n"
    )
    done = CliRunner().invoke(cli, ["bundle", "patches", "--to", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "out/docker/source/requirements.lock").read_text().endswith("\neinops==0.8.2\n")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_lack_is_a_sentence_before_anybody_is_graded(lacking: Path, workers: int) -> None:
    """Whatever the number of engines; it says what is lacking and how to install it."""
    jobs = [Job(name, lacking) for name in ("ada", "bob")]
    with pytest.raises(
        PackagesError, match=r"packages lack fancy_layers.*\n.*pip install fancy-layers==1\.0"
    ):
        list(grade_many(EngineOptions(lacking), jobs, workers=workers))


@pytest.mark.slow
def test_lack_ends_the_command_with_usage(lacking: Path, course: Path, tmp_path: Path) -> None:
    """Exit code 2, and no word of a fault of the grader."""
    folder = hand_in(course, tmp_path / "hand-in")
    words = ["grade", "patches", "--bundle", str(lacking), "--submission", str(folder)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 2
    assert "packages lack fancy_layers" in done.output
    assert "fault" not in done.output


@pytest.mark.slow
def test_lack_on_gradescope_is_not_graded_and_no_fault_of_the_grader(
    lacking: Path, course: Path, tmp_path: Path
) -> None:
    """Staff read what is lacking; the student keeps the score there was."""
    root = tmp_path / "autograder"
    shutil.copytree(lacking.parent, root / "source" / "bundles")
    hand_in(course, root / "submission")
    assert gradescope.run(root) == 0
    found: dict[str, Any] = json.loads((root / "results" / "results.json").read_text())
    assert "score" not in found or found["score"] is None
    assert messages.LACKING in found["output"]
    assert "a fault of the grader" not in json.dumps(found)
    assert "packages lack fancy_layers" in json.dumps(found["extra_data"]["staff_notes"])
