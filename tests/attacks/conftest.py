"""What every attack gets: an engine among planted secrets, a verdict, and an honest hand-in afterwards.

To add an attack, drop one file ``test_<abuse>.py`` here. ``grade`` grades the mini course's solution with
some cells replaced and some files added; the ``Verdict`` that it returns has been searched for the planted
secrets. After each test the same engine must give an honest hand-in full marks, and no process or file of
the attack may be left.
"""

from __future__ import annotations

import functools
import json
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder import gradescope, release
from autograder.grade import Engine
from autograder.model import GradingResult, Outcome
from autograder.sandbox import policy, reap

FULL = {"q1": 4.0, "q2": 4.0, "q3": 3.0}
# Only in places where no student may look. The others stand in tests/conftest.py, in the course itself.
CANARY_ENVIRONMENT = "canary-environment-e41a"
CANARY_NEIGHBOUR = "canary-neighbour-0b77"
CANARIES = (
    CANARY_ENVIRONMENT,
    CANARY_NEIGHBOUR,
    "canary-solution-7d1f",
    "canary-hidden-check-52c8",
    "canary-private-file-9be3",
    "7899832210",
)
SWEPT = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")
_drawn: list[int] = []


def pytest_configure(config: pytest.Config) -> None:
    """Let ``Engine`` leave the closing of its grader's log to the collector."""
    config.addinivalue_line("filterwarnings", "ignore:.*grader.log:pytest.PytestUnraisableExceptionWarning")
    config.addinivalue_line("filterwarnings", "ignore:unclosed file.*grader.log:ResourceWarning")


class Verdict:
    """A result, as the tests ask about it."""

    def __init__(self, result: GradingResult) -> None:
        self.result = result
        self.content = gradescope.to_results(result)

    @property
    def lost(self) -> dict[str, float]:
        """The points that each question lost; questions with full marks are left out."""
        assert self.result.graded, (self.result.notices, self.result.staff_notes)
        assert self.content["score"] == self.result.score
        points = {name: self.result.score_of(name) for name in FULL}
        return {name: FULL[name] - points[name] for name in FULL if points[name] != FULL[name]}

    @property
    def said(self) -> dict[str, str]:
        """The reason that the student reads, per check that did not pass."""
        return {c.name: c.reason for c in self.result.checks if c.outcome is not Outcome.PASSED}

    @property
    def staff(self) -> str:
        """What staff reads beside it: what a check saw is in here."""
        return "\n".join([*self.result.staff_notes, *(c.staff_note for c in self.result.checks)])

    @property
    def problems(self) -> dict[str, str]:
        """What the student reads about cells that stopped, by label."""
        return {p.label: p.reason for p in self.result.problems}

    @property
    def notices(self) -> str:
        """What the student reads about the hand-in as a whole."""
        return "\n".join(self.result.notices)

    @property
    def outputs(self) -> str:
        """Every text in the outputs of the executed notebook."""
        found: list[str] = []
        for cell in self.result.extra["notebook"]["cells"]:
            for output in cell.get("outputs", ()):
                found += [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", ())]
                found += output.get("data", {}).values()
        return "\n".join(found)

    @functools.cached_property
    def visible_bytes(self) -> bytes:
        """Every byte that the student could see."""
        public = {k: v for k, v in self.content.items() if k != "extra_data"}
        return json.dumps([public, self.result.extra.get("notebook")], ensure_ascii=False).encode()

    @property
    def is_refused_without_score(self) -> bool:
        """Not graded, and no number anywhere that could be taken for a score."""
        text = json.dumps({k: v for k, v in self.content.items() if k != "extra_data"})
        return not self.result.graded and '"score"' not in text and '"max_score"' not in text


def find_secrets(verdict: Verdict, *more: str) -> list[str]:
    """Return the planted secrets that the student could see."""
    return [canary for canary in (*CANARIES, *more) if canary.encode() in verdict.visible_bytes]


@pytest.fixture(scope="session")
def engine(
    mini: tuple[release.Source, Path, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """One warm engine, among secrets: a neighbour's hand-in, the supervisor's environment, the bundle."""
    neighbour = tmp_path_factory.mktemp("neighbour")
    (neighbour / "mini.ipynb").write_text(CANARY_NEIGHBOUR)
    with pytest.MonkeyPatch.context() as patch:
        draw = policy.draw_uid

        def recorded() -> int:
            _drawn.append(draw())
            return _drawn[-1]

        patch.setattr(policy, "draw_uid", recorded)
        patch.setenv("AUTOGRADER_CANARY", CANARY_ENVIRONMENT)
        with Engine(mini[1], warm=True, time_limits={"cell_s": 2.0, "run_s": 60.0}) as made:
            yield made


Grade = Callable[..., Verdict]


@pytest.fixture
def grade(grade: Callable[..., GradingResult], engine: Engine) -> Grade:
    """Grade the solution with some cells replaced; the result holds none of the planted secrets."""

    def run(*arguments: Any, **named: Any) -> Verdict:
        return _searched(grade(*arguments, **named), engine)

    return run


@pytest.fixture
def grade_folder(engine: Engine, tmp_path: Path) -> Callable[[dict[str, bytes]], Verdict]:
    """Grade a folder with just these files."""

    def run(files: dict[str, bytes]) -> Verdict:
        folder = tmp_path / "files"
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        folder.mkdir(exist_ok=True)
        return _searched(engine.grade(folder), engine)

    return run


def _searched(result: GradingResult, engine: Engine) -> Verdict:
    verdict = Verdict(result)
    assert not find_secrets(verdict, engine.bundle.secret)
    return verdict


@pytest.fixture
def solution(mini: tuple[release.Source, Path, Any]) -> Callable[[], Any]:
    """Return fresh copies of the notebook that a perfect student hands in."""

    def make() -> Any:
        notebook = release.solution_notebook(mini[0], mini[2])
        for cell in notebook.cells:
            cell.source = "\n".join(line for line in cell.source.split("\n") if "canary" not in line)
        return notebook

    return make


@pytest.fixture(autouse=True)
def honest_afterwards(request: pytest.FixtureRequest) -> Iterator[None]:
    """After the attack: nothing is left of it, and an honest hand-in gets full marks in the same engine.

    A file of harmless variants sets ``HONEST_ONCE = True``: then the honest hand-in follows its last test.
    """
    if "engine" not in request.fixturenames:
        yield
        return
    engine: Engine = request.getfixturevalue("engine")
    make, mini = request.getfixturevalue("solution"), request.getfixturevalue("mini")
    folder: Path = request.getfixturevalue("tmp_path") / "honest"
    yield
    assert left_behind(engine) == []
    following = request.session.items[request.session.items.index(request.node) + 1 :][:1]
    if getattr(request.module, "HONEST_ONCE", False) and following and following[0].path == request.node.path:
        return
    import nbformat

    folder.mkdir()
    nbformat.write(make(), folder / "mini.ipynb")
    weights = (mini[0].references / "solution" / "model_weights.safetensors").read_bytes()
    (folder / "model_weights.safetensors").write_bytes(weights)
    verdict = Verdict(engine.grade(folder))
    assert verdict.lost == {}
    assert not find_secrets(verdict, engine.bundle.secret)
    assert not verdict.notices
    assert left_behind(engine) == []


def left_behind(engine: Engine) -> list[str]:
    """Return what is left of the hand-ins: processes and files of their user ids, work folders."""
    reference = engine.launcher.confined.get("reference")
    grader = {p.stat().st_uid for p in engine.launcher.base.glob("grader-*")}
    ours = grader | ({reference.uid} if reference else set())
    gone = set(_drawn) - ours
    alive = {pid: reap._users(pid) & gone for pid in reap._all_pids()}
    left = [f"process {pid} of {uids}" for pid, uids in alive.items() if uids and not reap.is_zombie(pid)]
    for folder in SWEPT:
        for entry in os.scandir(folder) if os.path.isdir(folder) else ():
            if entry.stat(follow_symlinks=False).st_uid in gone:
                left.append(entry.path)
    left += [str(p) for p in engine.launcher.base.glob("student-*")]
    _drawn[:] = sorted(ours & set(_drawn))
    return left


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    """Stop a cell after half a second."""
    monkeypatch.setitem(engine.time_limits, "cell_s", 0.5)


@pytest.fixture
def make_link(tmp_path: Path) -> Callable[[str, str], None]:
    """Put a symbolic link into the hand-in before it is graded."""

    def make(name: str, target: str) -> None:
        folder = tmp_path / "hand-in"
        folder.mkdir(exist_ok=True)
        (folder / name).symlink_to(target)
        assert stat.S_ISLNK((folder / name).lstat().st_mode)

    return make
