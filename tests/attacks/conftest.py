"""What every attack gets: an engine among planted secrets, a verdict, and an honest hand-in afterwards.

To add an attack, drop one file ``test_<abuse>.py`` here; README.md says how. ``grade`` grades the mini
course's solution with some cells replaced and some files added; the ``Verdict`` that it returns has been
searched for the planted secrets. After each test the same engine must give an honest hand-in full marks,
and no process or file of the attack may be left. What went wrong is also counted (``Tally``) and printed.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import stat
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder import results_json
from autograder.author import release, validate
from autograder.engine.grade import Engine
from autograder.model import GradingResult, Outcome
from autograder.sandbox import identity, proc
from tests.attacks import windows

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
    windows.CANARY,
)
SWEPT = ("/tmp", "/var/tmp", "/dev/shm", "/dev/mqueue")
ROOT = os.geteuid() == 0
_drawn: list[int] = []
_engines: list[Engine] = []  # that are open now; what is theirs is not left behind


@dataclass
class Tally:
    """What must stay at zero over a whole run of the suite, however often it is repeated."""

    verdicts: int = 0
    canaries: int = 0
    points: float = 0.0  # given although a test says that they are lost
    survivors: int = 0

    def __str__(self) -> str:
        return (
            f"{self.verdicts} verdicts: {self.canaries} canaries seen, {self.points:g} points forged, "
            f"{self.survivors} survivors"
        )


tally = Tally()


class Lost(dict[str, float]):
    """Points lost by question; a comparison with what should be lost counts what was forged."""

    def __init__(self, points: dict[str, float], counted: Tally = tally) -> None:
        super().__init__(points)
        self.counted = counted

    def __eq__(self, expected: object) -> bool:
        if isinstance(expected, dict):
            self.counted.points += sum(max(0.0, v - self.get(k, 0.0)) for k, v in expected.items())
        return super().__eq__(expected)

    __hash__ = None  # type: ignore[assignment]


def pytest_configure(config: pytest.Config) -> None:
    """Let ``Engine`` leave the closing of its grader's log to the collector."""
    config.addinivalue_line("filterwarnings", "ignore:.*grader.log:pytest.PytestUnraisableExceptionWarning")
    config.addinivalue_line("filterwarnings", "ignore:unclosed file.*grader.log:ResourceWarning")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say the three numbers that must be zero; ``repeat.py`` reads them here."""
    if tally.verdicts:
        terminalreporter.write_line(f"attacks as {'root' if ROOT else 'a plain user'}: {tally}")


class Verdict:
    """A result, as the tests ask about it."""

    def __init__(self, result: GradingResult) -> None:
        self.result = result
        self.full = windows.FULL if result.assignment == windows.ASSIGNMENT else FULL
        tally.verdicts += 1
        self.content = results_json.to_results(result)

    @property
    def lost(self) -> Lost:
        """The points that each question lost; questions with full marks are left out."""
        assert self.result.graded, (self.result.notices, self.result.staff_notes)
        assert self.content["score"] == self.result.score
        points = {name: self.result.score_of(name) for name in self.full}
        return Lost({k: full - points[k] for k, full in self.full.items() if points[k] != full})

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
    found = [canary for canary in (*CANARIES, *more) if canary.encode() in verdict.visible_bytes]
    tally.canaries += len(found)
    return found


@pytest.fixture(scope="session")
def engine(
    mini: tuple[release.Source, Path, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """One warm engine, among secrets: a neighbour's hand-in, the supervisor's environment, the bundle."""
    neighbour = tmp_path_factory.mktemp("neighbour")
    (neighbour / "mini.ipynb").write_text(CANARY_NEIGHBOUR)
    limits = {"cell_s": 2.0, "run_s": 60.0}
    with _watched(bundle_folder=mini[1], warm=True, time_limits=limits) as made:
        yield made


@contextlib.contextmanager
def _watched(**options: Any) -> Iterator[Engine]:
    """Open an engine whose user ids are noted, with a secret in its environment."""
    with pytest.MonkeyPatch.context() as patch:
        draw = identity.draw_uid

        def recorded() -> int:
            _drawn.append(draw())
            return _drawn[-1]

        patch.setattr(identity, "draw_uid", recorded)
        patch.setenv("AUTOGRADER_CANARY", CANARY_ENVIRONMENT)
        with Engine(**options) as made:
            _engines.append(made)
            try:
                yield made
            finally:
                _engines.remove(made)


@pytest.fixture(scope="module")
def windows_course(tmp_path_factory: pytest.TempPathFactory) -> tuple[release.Source, Path, Any]:
    """Write the assignment on DNA windows: its source, bundle folder and released notebook."""
    folder = tmp_path_factory.mktemp("windows")
    folder.chmod(0o711)
    return windows.make(folder)


@pytest.fixture(scope="module")
def windows_engine(windows_course: tuple[release.Source, Path, Any]) -> Iterator[Engine]:
    """One engine for the assignment on DNA windows."""
    limits = {"cell_s": 5.0, "run_s": 60.0}
    with _watched(bundle_folder=windows_course[1], time_limits=limits) as made:
        yield made


@pytest.fixture
def grade_windows(
    request: pytest.FixtureRequest,
    windows_course: tuple[release.Source, Path, Any],
    windows_engine: Engine,
    tmp_path: Path,
) -> Iterator[Callable[..., Verdict]]:
    """Grade the solution on DNA windows with some cells replaced and files added, or (None) left out.

    Afterwards nothing of it is left, and the solution itself gets full marks in the same engine, as in
    ``honest_afterwards``.
    """
    source, _, released = windows_course
    numbers = iter(range(1000))

    def run(files: dict[str, bytes | None] | None = None, **cells: str) -> Verdict:
        notebook = release.solution_notebook(source, released)
        for one in notebook.cells:
            grade_id = one.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in cells:
                text = textwrap.dedent(cells[grade_id]).strip()
                one.source = text if text.startswith("%%") else f"# answer: {grade_id}\n{text}"
        folder = tmp_path / f"windows-{next(numbers)}"
        validate.write_hand_in(source, notebook, folder)
        for name, content in (files or {}).items():
            if content is None:
                (folder / name).unlink()
            else:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        return _searched(windows_engine.grade(folder), windows_engine)

    yield run
    assert left_behind(windows_engine) == []
    if not _is_followed_by_another(request):
        assert run().lost == {}
        assert left_behind(windows_engine) == []


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
        shutil.rmtree(folder, ignore_errors=True)
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
    if _is_followed_by_another(request):
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


def _is_followed_by_another(request: pytest.FixtureRequest) -> bool:
    """Tell whether the honest hand-in can wait: the file wants it once, and this is not its last test."""
    following = request.session.items[request.session.items.index(request.node) + 1 :][:1]
    return bool(
        getattr(request.module, "HONEST_ONCE", False) and following and following[0].path == request.node.path
    )


def left_behind(engine: Engine) -> list[str]:
    """Return what is left of the hand-ins: their processes, their files, their work folders."""
    left = _left_by_drawn_ids() if ROOT else _left_by_descent(engine)
    left += [str(p) for p in engine.launcher.base.glob("student-*")]
    tally.survivors += len(left)
    return left


def _left_by_drawn_ids() -> list[str]:
    ours: set[int] = set()
    for engine in _engines:
        reference = engine.launcher.confined.get("reference")
        ours |= {p.stat().st_uid for p in engine.launcher.base.glob("grader-*")}
        ours |= {reference.uid} if reference and reference.uid else set()
    gone = set(_drawn) - ours
    alive = {pid: proc.users_of(pid) & gone for pid in proc.all_pids()}
    left = [f"process {pid} of {uids}" for pid, uids in alive.items() if uids and not proc.is_zombie(pid)]
    left += [path for path, uid in _files_in_swept() if uid in gone]
    _drawn[:] = sorted(ours & set(_drawn))
    return left


def _left_by_descent(engine: Engine) -> list[str]:
    """Without root all is ours: what the zygote forked but the reference, and what is new in shared memory."""
    reference = engine.launcher.confined.get("reference")
    kept = {reference.pid, *proc.descendants(reference.pid)} if reference else set()
    forked = proc.descendants(engine.launcher.zygote.pid) - kept
    left = [f"process {pid}" for pid in forked if not proc.is_zombie(pid)]
    new = [path for path, uid in _files_in_swept(("/dev/shm",)) if uid == os.getuid()]
    return left + [path for path in new if path not in _there_before]


def _files_in_swept(folders: tuple[str, ...] = SWEPT) -> list[tuple[str, int]]:
    found = []
    for folder in filter(os.path.isdir, folders):
        with os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):  # of another program, which removed it
                    found.append((entry.path, entry.stat(follow_symlinks=False).st_uid))
    return found


_there_before = {path for path, _ in _files_in_swept(("/dev/shm",))}


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
