"""Run checks with pytest, once collected and many times graded (*trusted*).

The plugin turns the arguments of a check into what they name, and what pytest saw into one
``CheckResult`` per check: passed only when every item of it passed.
"""

from __future__ import annotations

import ast
import hashlib
import hmac
import inspect
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import messages
from autograder.bundle import Bundle, CheckSpec
from autograder.checks import CheckFailed
from autograder.errors import SandboxError
from autograder.model import CheckResult, Outcome
from autograder.sandbox.proxy import Namespace, Process, StudentError, StudentStopped

RESERVED = ("reference", "student", "rng", "card", "weights", "private")
OUR_PATIENCE_S = 60.0  # of a check's own code, beside the student's calls

# What careless arithmetic on a student's odd answer raises in a check: the answer's fault, not ours.
_ANSWER_ERRORS = (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError)


class CheckTooLong(BaseException):
    """The check itself does not end."""


class Attempt:
    """What the checks of one hand-in work on; made anew for each."""

    def __init__(
        self,
        bundle: Bundle,
        fork: Callable[[], Process],
        reference: Process | None,
        seed_material: bytes,
        missing: Callable[[str], str],
    ) -> None:
        self.bundle, self.fork, self.seed_material, self.missing = bundle, fork, seed_material, missing
        self.reference = reference
        self.process: Process | None = None
        self.process_question = ""
        self.current = ""

    def student(self) -> Process:
        """Return the process that the current check may use, forking it if needed."""
        if self.process is None:
            self.process = self.fork()
            self.process.request("seed", self.seed())
            self.process.used = False
        return self.process

    def seed(self) -> int:
        """Return the current check's seed: fresh for each hand-in, the same on a re-run."""
        key = hmac.new(bytes.fromhex(self.bundle.secret), self.seed_material + self.current.encode(), hashlib.sha256)
        return int.from_bytes(key.digest()[:7], "big")

    def drop_process(self) -> None:
        """Let go of the process: the next check gets a fresh copy."""
        if self.process is not None:
            self.process.close()
            self.process = None


class ChecksPlugin:
    """pytest plugin: ``serve`` is called once, after collection, in place of pytest's own loop."""

    def __init__(self, bundle: Bundle, facts: dict[str, Any], serve: Callable[[ChecksPlugin], None]) -> None:
        self.bundle, self.facts, self.serve = bundle, facts, serve
        self.attempt: Attempt | None = None
        self.items: dict[tuple[str, str], list[pytest.Item]] = {}
        self.session: pytest.Session | None = None
        self._calls: list[tuple[str, BaseException | None]] = []
        self.collect_error = ""

    # -- pytest's hooks --------------------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register a fixture for every name that a check asks for."""
        names = fixture_names(self.bundle.folder)
        fixtures = {name: _fixture(name, self._provide) for name in names}
        config.pluginmanager.register(type("NotebookNames", (), fixtures)(), "notebook-names")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Group the items by question and check."""
        for item in items:
            question = Path(item.path).stem
            name = getattr(item, "originalname", None) or item.name
            self.items.setdefault((question, name), []).append(item)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep why a check file could not be imported: for staff."""
        if report.failed:
            self.collect_error += str(report.longrepr)[-2000:]

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Grade hand-ins until there are no more."""
        self.session = session
        self.serve(self)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:  # type: ignore[misc]
        """Note the exception of each phase; pytest's own text about it never leaves the grader."""
        if call.when != "teardown" or call.excinfo is not None:
            self._calls.append((call.when, call.excinfo.value if call.excinfo else None))
        return (yield)

    # -- what an argument is ---------------------------------------------------------------------

    def _provide(self, name: str) -> Any:
        attempt = self.attempt
        if attempt is None:
            raise SandboxError("a check ran outside an attempt")
        if name == "reference":
            if attempt.reference is None:
                raise SandboxError("this bundle has no reference solution")
            return Namespace(attempt.reference)
        if name == "rng":
            return np.random.default_rng(attempt.seed())
        if name in ("card", "weights", "private"):
            return self.facts[name]
        namespace = Namespace(attempt.student())
        return namespace if name == "student" else namespace.get(name)

    # -- one check -------------------------------------------------------------------------------

    def run(self, spec: CheckSpec) -> CheckResult:
        """Run every item of a check, once more in a fresh process if the fault was ours."""
        result = self._run_once(spec)
        if result.outcome is Outcome.ERROR and self.attempt is not None:
            self.attempt.drop_process()
            result = self._run_once(spec)
        return result

    def _run_once(self, spec: CheckSpec) -> CheckResult:
        attempt = self.attempt
        items = self.items.get((spec.question, spec.name), [])
        if attempt is None or not items:
            return self._result(spec, Outcome.ERROR, messages.OURS, f"check not collected. {self.collect_error}")
        if spec.isolated or attempt.process_question != spec.question:
            attempt.drop_process()
        attempt.process_question, attempt.current = spec.question, f"{spec.question}/{spec.name}"
        if attempt.process is not None:
            try:
                attempt.process.request("seed", attempt.seed())
                attempt.process.used = False
            except (StudentStopped, StudentError):
                attempt.drop_process()
        outcome, reason, note = Outcome.PASSED, "", ""
        for item in items:
            verdict = self._run_item(item, spec)
            if verdict is not None:
                outcome, reason, note = verdict
                break
        if spec.isolated or (attempt.process is not None and attempt.process.dead is not None):
            attempt.drop_process()
        return self._result(spec, outcome, reason, note)

    def _run_item(self, item: pytest.Item, spec: CheckSpec) -> tuple[Outcome, str, str] | None:
        self._calls = []
        attempt = self.attempt
        assert attempt is not None
        if attempt.process is not None:
            attempt.process.limit_s = spec.timeout_s
        elif any(n not in ("reference", "rng", "card", "weights", "private") for n in _arguments(item)):
            try:
                attempt.student().limit_s = spec.timeout_s
            except (StudentStopped, StudentError) as error:
                return self._verdict(error, spec)
            except SandboxError as error:
                return Outcome.ERROR, messages.OURS, repr(error)
        signal.setitimer(signal.ITIMER_REAL, OUR_PATIENCE_S + 8 * spec.timeout_s)
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        except CheckTooLong:
            return Outcome.ERROR, messages.OURS, "the check itself did not end"
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for _, error in self._calls:
            if error is not None:
                return self._verdict(error, spec)
        if [when for when, _ in self._calls] != ["setup", "call"]:
            return Outcome.ERROR, messages.OURS, f"pytest ran only {self._calls}"
        return None

    def _verdict(self, error: BaseException, spec: CheckSpec) -> tuple[Outcome, str, str]:
        """Decide whose fault an exception in a check is, and what the student may read about it."""
        public = not spec.hidden
        process = self.attempt.process if self.attempt else None
        note = f"{type(error).__name__}: {error}"[:1000]
        if isinstance(error, CheckFailed):
            return Outcome.FAILED, messages.safe(error.sentence(public=public), 600), note
        if isinstance(error, StudentStopped):
            return Outcome.FAILED, error.reason, note
        if isinstance(error, StudentError):
            if self._is_reference(error):
                return Outcome.ERROR, messages.OURS, f"the reference raised {note}"
            return Outcome.FAILED, self._explain(error, public=public), note
        if isinstance(error, AssertionError):
            return Outcome.FAILED, self._constant_message(error, spec) or messages.ASSERTION, note
        if isinstance(error, _ANSWER_ERRORS) and process is not None and process.used:
            return Outcome.FAILED, messages.UNUSABLE, note
        return Outcome.ERROR, messages.OURS, note

    def _is_reference(self, error: StudentError) -> bool:
        trace = error.__traceback__
        reference = self.attempt.reference if self.attempt else None
        while trace is not None:
            if reference is not None and trace.tb_frame.f_locals.get("self") is reference:
                return True
            trace = trace.tb_next
        return False

    def _explain(self, error: StudentError, *, public: bool) -> str:
        name = messages.error_name(error.student_error_names)
        if name == "NameError" and error.line == 0 and error.text.startswith("name '"):
            missing = error.text.split("'")[1]
            if missing.isidentifier() and self.attempt is not None:
                return self.attempt.missing(missing)
        if name == "NotImplementedError":
            return messages.NOT_ATTEMPTED
        where = messages.WHERE.format(line=error.line) if 0 < error.line < 10_000 else ""
        if public and error.text:
            return messages.RAISED_TEXT.format(error=name, where=where, text=messages.safe(error.text))
        return messages.RAISED.format(error=name, where=where)

    def _constant_message(self, error: AssertionError, spec: CheckSpec) -> str:
        """Return an assert's own message only if it stands as a constant in the check's source."""
        text = str(error.args[0]) if error.args else ""
        first = text.split("\n")[0]
        return first if first and first in _assert_constants(self.bundle.folder, spec.question) else ""

    @staticmethod
    def _result(spec: CheckSpec, outcome: Outcome, reason: str, note: str) -> CheckResult:
        return CheckResult(
            question=spec.question,
            name=spec.name,
            title=spec.title,
            outcome=outcome,
            score=spec.points if outcome is Outcome.PASSED else 0.0,
            max_score=spec.points,
            hidden=spec.hidden,
            reason=reason,
            staff_note=note,
        )


def _arguments(item: pytest.Item) -> list[str]:
    return [n for n in getattr(item, "fixturenames", ()) if n != "request"]


def _fixture(name: str, provide: Callable[[str], Any]) -> Any:
    def value() -> Any:
        return provide(name)

    return pytest.fixture(name=name)(staticmethod(value))


def parse_checks(folder: Path) -> dict[str, ast.Module]:
    """Parse every check file of a bundle."""
    return {p.stem: ast.parse(p.read_text()) for p in sorted((folder / "checks").glob("*.py"))}


def fixture_names(folder: Path) -> set[str]:
    """Return every argument of every check, less the parametrised ones."""
    names: set[str] = set(RESERVED)
    for tree in parse_checks(folder).values():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                names |= {a.arg for a in node.args.args} - _parametrised(node)
    return names


def _parametrised(node: ast.FunctionDef) -> set[str]:
    names: set[str] = set()
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith("parametrize"):
            first = decorator.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                names |= {n.strip() for n in first.value.split(",")}
            elif isinstance(first, (ast.List, ast.Tuple)):
                names |= {e.value for e in first.elts if isinstance(e, ast.Constant)}
    return names


_constants: dict[Path, frozenset[str]] = {}


def _assert_constants(folder: Path, question: str) -> frozenset[str]:
    path = folder / "checks" / f"{question}.py"
    if path not in _constants:
        tree = ast.parse(path.read_text())
        found = {
            node.msg.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assert) and isinstance(node.msg, ast.Constant) and isinstance(node.msg.value, str)
        }
        _constants[path] = frozenset(found)
    return _constants[path]


def describe(function: Any) -> dict[str, Any]:
    """Return what a check's decorators and docstring say about it."""
    return {
        "title": (inspect.getdoc(function) or function.__name__).split("\n")[0],
        "points": getattr(function, "points", None),
        "after": list(getattr(function, "after", ())),
        "timeout_s": float(getattr(function, "timeout_s", 10.0)),
        "isolated": bool(getattr(function, "isolated", False)),
    }
