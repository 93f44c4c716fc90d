"""Run checks with pytest, once collected and many times graded (*trusted*).

The plugin turns the arguments of a check into what they name, and what pytest saw into one
``CheckResult`` per check: passed only when every item of it passed.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import inspect
import lzma
import signal
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder import figures, messages
from autograder.bundle import Bundle, CheckSpec, check_file
from autograder.checks import CheckFailed, Concluded, Earlier, judged, take_notes
from autograder.errors import SandboxError
from autograder.judge import traces, weight_prints
from autograder.judge.attempt import Attempt
from autograder.judge.check_files import (
    FOR_PICTURES,
    PICTURES,
    RESERVED,
    assert_constants,
    fixture_names,
    numbers_of,
)
from autograder.judge.foreign_check import ForeignTests
from autograder.model import CheckResult, Outcome
from autograder.sandbox.namespace import Namespace
from autograder.sandbox.proxy import WALL_FACTOR, StudentError, StudentStopped

OUR_PATIENCE_S = 60.0  # of a check's own code, beside the student's calls
REFERENCE_S = 30.0  # CPU seconds of the reference's calls in one check
SPARE_S = 15.0  # past the end of the run's time, for a check that has begun
OWN_SPARE_S = 5.0  # past that, for the check's own code
PICTURE_S = 5.0  # CPU seconds of a picture
MAX_FIGURES = 4  # of one check or picture function
LARGE_BYTES = 256 << 10  # of answers, past which it is their size that makes a check's own code slow

# What careless arithmetic on a student's odd answer raises in a check: the answer's fault, not ours.
_ANSWER_ERRORS = (
    *(TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError, MemoryError),
    # Of decoding handed-in bytes. Not OSError as such: a private file that cannot be read is our fault.
    *(EOFError, RecursionError, StopIteration, csv.Error, struct.error, zlib.error),
    *(gzip.BadGzipFile, lzma.LZMAError, zipfile.BadZipFile),
)


class CheckTooLong(BaseException):
    """The check itself does not end."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one run of a check concluded: whose turn it is, the words, and the share of its points."""

    outcome: Outcome
    reason: str = ""  # for the student
    note: str = ""  # for instructors
    share: float = 0.0
    ladder: tuple[str, ...] = ()  # of the network that failed, for the student
    code: dict[str, Any] = field(default_factory=dict)  # the student's lines that raised


class ChecksPlugin:
    """pytest plugin: ``serve`` is called once, after collection, in place of pytest's own loop."""

    def __init__(self, bundle: Bundle, facts: dict[str, Any], serve: Callable[[ChecksPlugin], None]) -> None:
        self.bundle, self.facts, self.serve = bundle, facts, serve
        self.attempt: Attempt | None = None
        self.items: dict[tuple[str, str], list[pytest.Item]] = {}
        self.pictures: list[tuple[str, pytest.Item]] = []  # by question
        self.questions = {check_file(bundle.folder, q.name).name: q.name for q in bundle.questions}
        self.figures: list[dict[str, Any]] = []  # what they drew of this hand-in
        self.figure_notes: list[str] = []  # why one drew nothing, for staff
        self.session: pytest.Session | None = None
        self._calls: list[tuple[str, BaseException | None]] = []
        self._told = ""  # what the student is told of a check that passed
        self.collect_error = ""
        self.limit_s = 10.0  # CPU seconds of the current check
        self.foreign = ForeignTests(bundle.folder)

    # -- pytest's hooks --------------------------------------------------------------------------

    def pytest_configure(self, config: pytest.Config) -> None:
        """Register a fixture for every name that a check asks for."""
        names = fixture_names(self.bundle.folder)
        fixtures = {name: _fixture(name, self._provide) for name in names}
        config.pluginmanager.register(type("NotebookNames", (), fixtures)(), "notebook-names")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Group the items by question and check."""
        for item in items:
            question = self.questions.get(Path(item.path).name, Path(item.path).stem)
            name = getattr(item, "originalname", None) or item.name
            if name.startswith(PICTURES):
                self.pictures.append((question, item))
                continue
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

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Run a check that builds on an earlier answer, with a right one in its place if it fails by that."""
        paid, attempt = getattr(pyfuncitem.obj, "paid", None), self.attempt
        if not paid or attempt is None:
            return None
        namespace = Namespace(attempt.student())

        def standing_in(some: list[Earlier]) -> contextlib.AbstractContextManager[None]:
            texts = [f"{inspect.getsource(e.right)}\n\n{e.name} = {e.right.__name__}\n" for e in some]
            return namespace.standing_in("\n\n".join(texts), *(e.name for e in some))

        given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
        self._told = judged(pyfuncitem.obj, given, paid, standing_in, namespace.get)
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Note the exception of each phase, in place of pytest's own report.

        Pytest would format every failure's traceback and source: slow, and nobody may see it.
        """
        if call.when != "teardown" or call.excinfo is not None:
            self._calls.append((call.when, call.excinfo.value if call.excinfo else None))
        return pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="failed" if call.excinfo else "passed",
            longrepr=None,
            when=call.when,  # type: ignore[arg-type]
        )

    # -- what an argument is ---------------------------------------------------------------------

    def _provide(self, name: str) -> Any:
        attempt = self.attempt
        if attempt is None:
            raise SandboxError("a check ran outside an attempt")
        if name == "reference":
            return Namespace(attempt.ask_reference(REFERENCE_S))
        if name == "rng":
            return np.random.default_rng(attempt.seed("rng"))
        if name == "public_files":
            return self.bundle.folder / "public"
        if name == "foreign":
            return self._conclude_foreign
        if name in ("card", "weights", "private", "helpers"):
            return self.facts[name]
        namespace = Namespace(attempt.student())
        return namespace if name == "student" else namespace.get(name)

    def _conclude_foreign(self, question: str, name: str) -> None:
        """Run the test of another tool that a generated check stands for, and end the check as it ended."""
        assert self.attempt is not None
        spec = next(s for s in self.bundle.checks if f"{s.question}/{s.name}" == self.attempt.current)
        self.foreign.conclude(
            self.attempt, question, name, points=spec.points, hidden=spec.hidden, limit_s=self.limit_s
        )

    def names_asked(self, question: str) -> set[str]:
        """Return the names of the notebook that a question's checks ask for."""
        items = [i for (q, _), found in self.items.items() if q == question for i in found]
        return {name for item in items for name in _arguments(item)} - set(RESERVED)

    # -- one check -------------------------------------------------------------------------------

    def run(self, spec: CheckSpec) -> CheckResult:
        """Run every item of a check, once more in a fresh process if the fault was ours."""
        result = self._run_once(spec)
        if result.outcome is Outcome.ERROR and self.attempt is not None:
            self.attempt.drop_process()
            result = self._run_once(spec)
        return result

    def draw_pictures(self, least_s: float) -> None:
        """Run the picture functions, each in a copy of its own, before any hidden input enters the student's process.

        One that asks for what is hidden is not run: a release refuses it, but a bundle may be older than the rule.
        What they raise costs nobody anything; staff read why.
        """
        attempt = self.attempt
        assert attempt is not None
        for question, item in self.pictures:
            asked = set(_arguments(item)) & set(RESERVED)
            if asked - set(FOR_PICTURES) or attempt.left_s() < least_s:
                continue
            spec = CheckSpec(
                question=question,
                name=item.name,
                title="",
                points=0.0,
                hidden=True,
                after=(),
                timeout_s=PICTURE_S,
                isolated=True,
            )
            attempt.drop_process()
            attempt.process_question, attempt.current = "(picture)", f"{question}/{item.name}"
            attempt.public = False
            take_notes()
            verdict = self._run_item(item, spec)
            drawn, why = _figures(take_notes())
            if verdict.outcome is Outcome.PASSED:
                self.figures += [{"question": question, **one} for one in drawn]
            if verdict.outcome is Outcome.ERROR or why:
                self.figure_notes.append(f"{question}/{item.name}: no picture: {why or verdict.note}"[:500])
        attempt.drop_process()

    def _run_once(self, spec: CheckSpec) -> CheckResult:
        attempt = self.attempt
        items = self.items.get((spec.question, spec.name), [])
        if attempt is None or not items:
            return self._result(spec, _ours(f"check not collected. {self.collect_error}"))
        group = (
            spec.question if spec.hidden else "(visible)"
        )  # those share a copy, as they share a kernel in Colab
        if spec.isolated or attempt.process_question != group:
            attempt.drop_process()
        attempt.process_question, attempt.current = group, f"{spec.question}/{spec.name}"
        attempt.public = (
            not spec.hidden and not self.foreign.by_name
        )  # another tool's tests have seeds of their own
        if attempt.process is not None:
            try:
                attempt.place(spec.question)
                attempt.seed_student(attempt.process)
            except (StudentStopped, StudentError):
                attempt.drop_process()
        take_notes()
        verdicts: list[Verdict] = []
        for item in items:
            verdicts.append(self._run_item(item, spec))
            if verdicts[-1].outcome is not Outcome.PASSED:
                break
        if spec.isolated or (attempt.process is not None and attempt.process.dead is not None):
            attempt.drop_process()
        worst = min(verdicts, key=lambda verdict: verdict.share)
        if spec.hidden and worst.reason:
            known = numbers_of(self.bundle.folder, spec.question)
            worst = replace(worst, reason=messages.few_digits(worst.reason, known))
        return self._result(spec, worst, take_notes())

    def _run_item(self, item: pytest.Item, spec: CheckSpec) -> Verdict:
        self._calls, self._told = [], ""
        attempt = self.attempt
        assert attempt is not None
        # A student's code that is slow, or sleeps, in each of many calls must run out of its own time, not of ours.
        limit_s = min(spec.timeout_s, max(0.0, attempt.left_s() + SPARE_S) / WALL_FACTOR)
        self.limit_s = limit_s
        if attempt.reference is not None:
            attempt.reference.begin(REFERENCE_S)
        if attempt.process is not None:
            attempt.process.begin(limit_s)
        elif any(n == "student" or n not in RESERVED for n in _arguments(item)):
            try:
                attempt.student().begin(limit_s)
            except (StudentStopped, StudentError) as error:
                return self._verdict(error, spec)
            except SandboxError as error:
                return _ours(repr(error))
        patience_s = min(OUR_PATIENCE_S + 8 * spec.timeout_s, attempt.left_s() + SPARE_S + OWN_SPARE_S)
        signal.setitimer(signal.ITIMER_REAL, max(1.0, patience_s))
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        except CheckTooLong as error:
            return self._verdict(error, spec)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        for _, raised in self._calls:
            if raised is not None:
                verdict = self._verdict(raised, spec)
                if verdict.outcome is not Outcome.FAILED or self._is_reference(raised):
                    return verdict
                told, code = traces.look(attempt.process, raised, attempt.excerpt, public=not spec.hidden)
                return replace(verdict, ladder=told, code=code)
        if [when for when, _ in self._calls] != ["setup", "call"]:
            return _ours(f"pytest ran only {self._calls}")
        # Of a hidden check it is not told: that would be one more bit of what it asks.
        return Verdict(Outcome.PASSED, "" if spec.hidden else self._told, share=1.0)

    def _verdict(self, error: BaseException, spec: CheckSpec) -> Verdict:
        """Decide whose fault an exception in a check is, and what the student may read about it."""
        public = not spec.hidden
        process = self.attempt.process if self.attempt else None
        note = f"{type(error).__name__}: {error}"[:1000]
        if isinstance(error, CheckTooLong):
            return self._too_long()
        if isinstance(error, Concluded):
            reason = messages.safe(error.reason, 600)
            told = getattr(error, "note", "")  # of a test of another tool: for staff
            if error.share is None:
                return Verdict(Outcome.REVIEW, reason, told or note)
            outcome = Outcome.PASSED if error.share >= 1 else Outcome.FAILED
            return Verdict(outcome, reason, told, share=error.share)
        cause = error.__cause__  # of ``raises``, which takes any exception for the student's
        if isinstance(error, CheckFailed) and (isinstance(cause, SandboxError) or self._is_reference(cause)):
            return _ours(f"{note}, because of {cause!r}"[:1000])
        if isinstance(error, CheckFailed):
            if error.kind == "raises" and isinstance(cause, StudentError) and not public:
                # The class's name is the student's own text and could spell a hidden input.
                name = messages.error_name(cause.student_error_names)
                error.slots["found_error"] = f"your code raised {name}"
            return Verdict(Outcome.FAILED, messages.safe(error.sentence(public=public), 600), note)
        if isinstance(error, StudentStopped):
            if self._is_reference(error):
                return _ours(f"the reference stopped: {note}")
            return Verdict(Outcome.FAILED, error.reason, note)
        if isinstance(error, StudentError):
            if self._is_reference(error):
                return _ours(f"the reference raised {note}")
            reason = self._explain(error, public=public)
            return Verdict(Outcome.FAILED, self._bound_again(error, spec, reason), note)
        if isinstance(error, AssertionError):
            return Verdict(Outcome.FAILED, self._constant_message(error, spec) or messages.ASSERTION, note)
        if isinstance(error, _ANSWER_ERRORS) and process is not None and process.used:
            return Verdict(Outcome.FAILED, self._bound_again(error, spec, messages.UNUSABLE), note)
        return _ours(note)

    def _bound_again(self, error: BaseException, spec: CheckSpec, reason: str) -> str:
        """Say that a name which the check, or the code that raised, asks for is no definition any more."""
        attempt = self.attempt
        if attempt is None or not attempt.rebound or reason == messages.NOT_ATTEMPTED:
            return reason
        items = self.items.get((spec.question, spec.name), [])
        asked = [n for item in items for n in _arguments(item)]
        if isinstance(error, StudentError) and not spec.hidden and attempt.process is not None:
            with contextlib.suppress(StudentError, StudentStopped):
                found = attempt.process.request("names_of_error", limit_s=1.0)
                asked += [n for n in found if isinstance(n, str)] if isinstance(found, list) else []
        name = next((n for n in asked if n in attempt.rebound), None)
        if name is None:
            return reason
        told = messages.BOUND_AGAIN.format(name=messages.safe(name, 60), cell=attempt.rebound[name])
        return f"{told} ({reason})" if isinstance(error, StudentError) else told

    def _too_long(self) -> Verdict:
        """Decide whose fault it is that a check's own code does not end.

        Ours, unless the hand-in's answers are so many or so large that to walk through them takes that long, or its
        time is over: else *not graded*, which is no evaluation, could be had by an answer of millions of numbers.
        """
        attempt = self.attempt
        process = attempt.process if attempt else None
        if attempt is not None and process is not None and process.used:
            size = f"the check itself did not end, after answers of {process.answered_bytes >> 10} kB"
            if process.answered_bytes > LARGE_BYTES:
                return Verdict(Outcome.FAILED, messages.TOO_MUCH, size)
            if attempt.left_s() <= 0:
                return Verdict(Outcome.FAILED, messages.NO_TIME_LEFT, size)
        return _ours("the check itself did not end")

    def _is_reference(self, error: BaseException | None) -> bool:
        if not isinstance(error, (StudentError, StudentStopped)):
            return False
        trace = error.__traceback__
        reference = self.attempt.reference if self.attempt else None
        while trace is not None:
            if reference is not None and trace.tb_frame.f_locals.get("self") is reference:
                return True
            trace = trace.tb_next
        return False

    def _explain(self, error: StudentError, *, public: bool) -> str:
        name = messages.error_name(error.student_error_names)
        if name == "NameError" and error.wanted and self.attempt is not None:
            # Only a name that we asked for is repeated: the error's own text could spell a hidden input.
            return self.attempt.missing(error.wanted)
        if name == "NotImplementedError":
            return messages.NOT_ATTEMPTED
        where = (
            messages.WHERE.format(line=error.line) if 0 < error.line < (10_000 if public else 1000) else ""
        )
        if public and error.text:
            return messages.RAISED_TEXT.format(error=name, where=where, text=messages.safe(error.text))
        return messages.RAISED.format(error=name, where=where)

    def _constant_message(self, error: AssertionError, spec: CheckSpec) -> str:
        """Return an assert's own message only if it stands as a constant in the check's source."""
        text = str(error.args[0]) if error.args else ""
        first = text.split("\n")[0]
        return first if first and first in assert_constants(self.bundle.folder, spec.question) else ""

    @staticmethod
    def _result(
        spec: CheckSpec, verdict: Verdict, notes: list[tuple[str, dict[str, Any]]] | None = None
    ) -> CheckResult:
        flags = tuple(content["note"][:500] for kind, content in notes or () if kind == "flag")
        entries = tuple(content for kind, content in notes or () if kind == "leaderboard")
        prints: list[dict[str, Any]] = []
        for kind, content in notes or ():
            if kind == "fingerprint":
                try:
                    prints.append(weight_prints.pack(**content))
                except Exception as error:  # noqa: BLE001  memory, above all: no verdict depends on a print
                    flags = (
                        *flags,
                        f"{content['name']}: not compared with other hand-ins: {type(error).__name__}",
                    )
        # Of a hidden check none is taken: the student's numbers in it could spell the hidden input.
        drawn, why = ([], "") if spec.hidden else _figures(notes or [])
        return CheckResult(
            question=spec.question,
            name=spec.name,
            title=spec.title,
            outcome=verdict.outcome,
            # Whole points are not rounded: three checks of another tool's may share one point.
            score=spec.points if verdict.share == 1 else round(spec.points * verdict.share, 2),
            max_score=spec.points,
            hidden=spec.hidden,
            reason=verdict.reason,
            staff_note=verdict.note or why,
            flags=flags,
            leaderboard=entries,
            fingerprints=tuple(prints),
            ladder=verdict.ladder,
            code=verdict.code,
            figures=tuple(drawn),
        )


def _figures(notes: list[tuple[str, dict[str, Any]]]) -> tuple[list[dict[str, Any]], str]:
    """Return what was noted as figures, packed, and why some could not be."""
    packed, why = [], ""
    for content in [c for kind, c in notes if kind == "picture"][:MAX_FIGURES]:
        try:
            packed.append(figures.pack(**content))
        except Exception as error:  # noqa: BLE001  a student's odd numbers: no verdict depends on a figure
            why = f"{type(error).__name__}: {error}"[:300]
    return packed, why


def _ours(note: str) -> Verdict:
    return Verdict(Outcome.ERROR, messages.OURS, note)


def _arguments(item: pytest.Item) -> list[str]:
    return [n for n in getattr(item, "fixturenames", ()) if n != "request"]


def _fixture(name: str, provide: Callable[[str], Any]) -> Any:
    def value() -> Any:
        return provide(name)

    return pytest.fixture(name=name)(staticmethod(value))
