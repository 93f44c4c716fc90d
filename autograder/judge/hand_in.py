"""One hand-in before the checks: read, run, judged question by question (*trusted*).

Runs in a forked copy of the grader; the notebook's cells run in a process of the student's, over the wire.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

# NumPy imports these at first use, which would be in every forked copy.
import numpy.ma
import numpy.polynomial
import numpy.random  # noqa: F401

from autograder import editors, messages, notebook
from autograder.bundle import Bundle, CheckSpec
from autograder.errors import SubmissionError
from autograder.foreign import Foreign, read_foreign
from autograder.judge import otter_hand_in, parity, traces
from autograder.judge.attempt import Attempt
from autograder.judge.pytest_plugin import SPARE_S, ChecksPlugin
from autograder.model import CellProblem, CheckResult, Outcome
from autograder.sandbox.proxy import Link, Process, StudentError, StudentStopped

MAX_RESTARTS = 3
CELLS_SHARE = 0.6  # of a run's time is for the cells; the rest for checks
PICTURES_SHARE = 0.2  # of a run's time must be left, or no pictures are drawn
AGAIN_SHARE = 0.85  # for cells that run again, because a later one ended the process
# How long that takes, from how long it took, and what it takes to end one process and to start another.
AGAIN_FACTOR, AGAIN_START_S = 1.2, 5.0
OUTPUT_BYTES = 24 << 20  # of all cells of the executed notebook, as JSON
# Address space of a copy of ours beyond what it starts with: arenas, a reply, arithmetic.
ROOM_BYTES = 3 << 30


class Report:
    """JSON lines to the supervisor."""

    def __init__(self, fd: int) -> None:
        self.file = os.fdopen(fd, "wb", buffering=0)

    def send(self, kind: str, **content: Any) -> None:
        """Send one line."""
        line = json.dumps({"kind": kind, **content}).encode() + b"\n"
        view = memoryview(line)
        while view:
            view = view[self.file.write(view) :]


class HandIn:
    """One hand-in: run its cells, then its checks."""

    def __init__(
        self,
        bundle: Bundle,
        locked: tuple[list[str], list[str]],
        link: Link,
        report: Report,
        job: dict[str, Any],
    ) -> None:
        self.bundle, self.locked, self.link, self.report, self.job = bundle, locked, link, report, job
        self.memory_mb = int(job["memory_bytes"]) >> 20
        self.limits = {"cell_s": 60.0, "run_s": 540.0, **bundle.limits, **job.get("limits", {})}
        self.started = time.monotonic()
        self.problems: dict[int, CellProblem] = {}
        self.broken_names: dict[str, CellProblem] = {}
        self.cells: list[notebook.Cell] = []
        self.notices: list[str] = []
        self.output_bytes = 0
        self.ended: set[int] = set()  # ids of cells that came to an end in an earlier run of the notebook
        self.student: Process | None = None
        self.chosen = 0  # which of the job's notebooks
        self.claims: parity.Claims | None = None  # of package(), if its manifest was handed in
        foreign = read_foreign(bundle.folder)
        self.noted = (True,) if foreign is not None else ()  # what names hold is noted, too
        self.otter: Foreign | None = (
            foreign if foreign is not None and foreign.dialect == otter_hand_in.DIALECT else None
        )

    def read(self, fds: list[int]) -> None:
        """Choose and read the notebook, restore its locked cells.

        Raises
        ------
        SubmissionError
            If there is none that can be read.
        """
        if self.job.get("manifest"):
            with os.fdopen(fds[0], "rb") as file:
                self.claims = parity.read_claims(file.read(parity.MAX_MANIFEST_BYTES + 1))
            fds = fds[1:]
        names: list[str] = self.job["notebooks"]
        if not names:
            raise SubmissionError(_no_notebook(self.job["files"]))
        manifest = list(self.bundle.cells)
        readable: list[tuple[int, int, int, list[notebook.Cell]]] = []
        refusal: SubmissionError | None = None
        for index, fd in enumerate(fds):
            with os.fdopen(fd, "rb") as file:
                try:
                    data = file.read(notebook.MAX_NOTEBOOK_BYTES + 1)
                    cells = notebook.parse(data)
                    if self.otter is not None:
                        count = otter_hand_in.recognised(cells, manifest, data, self.otter)
                        readable.append((count, count, -index, cells))
                        continue
                    if self.bundle.notebook:
                        readable.append((0, 0, -index, cells))
                        continue
                    cells = editors.undo(cells, manifest)
                    known = notebook.recognised(cells, manifest)
                    readable.append(
                        (notebook.answered(cells, manifest) if known else -1, known, -index, cells)
                    )
                except SubmissionError as error:
                    refusal = refusal or error
        if self.bundle.notebook and self.otter is None:
            self._choose_by_name([(-minus, cells) for _, _, minus, cells in readable], refusal)
            return
        if not readable:
            raise refusal or SubmissionError(messages.NO_NOTEBOOK.format(found="nothing"))
        _, count, minus_index, cells = max(readable, key=lambda r: r[:3])
        if count == 0:
            raise SubmissionError(messages.OTHER_ASSIGNMENT)
        self.chosen = -minus_index
        if len(names) > 1:
            self.notices.append(messages.CHOSEN.format(name=messages.safe(names[self.chosen], 60)))
        if self.otter is not None:
            self.cells = otter_hand_in.mark(cells, manifest)
            return
        self.cells, notices = notebook.restore(cells, manifest)
        self.notices += notices

    def _choose_by_name(
        self, readable: list[tuple[int, list[notebook.Cell]]], refusal: SubmissionError | None
    ) -> None:
        """Choose another tool's notebook: by its name, as that tool does; else the one with most of its cells.

        Its check cells run where they stand, as far as students see them: later cells may use what they leave.
        """
        manifest = list(self.bundle.cells)
        names = [_stem(name) for name in self.job["notebooks"]]
        wanted = f"{self.bundle.notebook}.ipynb"
        right = [(i, cells) for i, cells in readable if names[i] == self.bundle.notebook]
        if not right and refusal is not None and self.bundle.notebook in names:
            raise refusal
        others = [(i, cells) for i, cells in readable if names[i] not in self.bundle.others]
        found = [(notebook.identify(cells, manifest), -i, cells) for i, cells in right or others]
        if not found:
            raise refusal or SubmissionError(messages.NOTEBOOK_MISSING.format(name=messages.safe(wanted, 60)))
        count, minus_index, cells = max(found, key=lambda one: one[:2])
        if count == 0:
            raise SubmissionError(messages.OTHER_ASSIGNMENT)
        self.chosen = -minus_index
        if not right:
            name = messages.safe(self.job["notebooks"][self.chosen], 60)
            self.notices.append(messages.RENAMED.format(name=name, wanted=messages.safe(wanted, 60)))
        self.cells, notices = notebook.restore(cells, manifest)
        self.notices += notices
        for cell in self.cells:
            cell.run |= cell.kind == "check"

    # -- cells -----------------------------------------------------------------------------------

    def run_cells(self) -> None:
        """Run the notebook; a cell that ends the process is left out and the rest run again."""
        killer: notebook.Cell | None = None
        for restart in range(MAX_RESTARTS + 1):
            self.student = self._open_student()
            if killer is not None:
                self._note_names(self.student, killer)
            killer = self._run_until_death(self.student)
            if killer is None:
                self._restore_names(self.student)
                return
            killer.run = False
            if restart == MAX_RESTARTS:
                self.notices.append(messages.TOO_MANY_RESTARTS)
                for cell in self.cells[self.cells.index(killer) :]:
                    cell.run = False
                self.student = self._open_student()
                self._run_until_death(self.student)
                self._restore_names(self.student)
                return

    def _restore_names(self, student: Process) -> None:
        with contextlib.suppress(StudentError, StudentStopped):
            student.request("restore", *self.locked, limit_s=10.0, wall_s=max(1.0, self._left_s(0.95)))

    def _open_student(self) -> Process:
        request = {"op": "spawn", "seed": int(self.job["sha256"][:8], 16), "notebook": self.chosen}
        student = Process.open(self.link, "student", request, self.memory_mb)
        # However a fork or an answer is made slow just before the end, the run ends by itself, with a verdict.
        student.final_end = self.started + float(self.limits["run_s"]) + SPARE_S
        if self.otter is not None:
            otter_hand_in.begin(student)
        return student

    def _run_until_death(self, student: Process) -> notebook.Cell | None:
        """Run the cells; return the one that ended the process, or None."""
        began = time.monotonic()
        for cell in self.cells:
            if cell.kind == "check":
                self._note_names_of(student, cell)
            if cell.cell_type != "code" or not cell.run or not cell.source.strip():
                continue
            # Cells that hung may have used up the time of the others, but what has run before runs again.
            left_s = self._left_s(AGAIN_SHARE if id(cell) in self.ended else CELLS_SHARE)
            if left_s <= 0:
                self._problem(cell, messages.RUN_TIME.format(limit_s=self.limits["run_s"] * CELLS_SHARE))
                continue
            try:
                limit_s = min(self.limits["cell_s"], left_s)
                # If it must be killed, what ran before it runs again: nobody waits so long that this has no time.
                again_s = AGAIN_FACTOR * (time.monotonic() - began) + AGAIN_START_S
                wall_s = max(left_s, self._left_s(AGAIN_SHARE) - again_s)
                if self.otter is not None:
                    otter_hand_in.before_cell(student, self.otter, cell)
                reply = student.request("cell", cell.source, cell.number, limit_s=limit_s, wall_s=wall_s)
                self.ended.add(id(cell))
                self._take_reply(student, cell, reply)
                if self.otter is not None:
                    otter_hand_in.after_cell(student, cell)
            except StudentStopped as stopped:
                reason = {
                    "cpu": messages.CELL_TIME.format(limit_s=self.limits["cell_s"]),
                    "wall": messages.CELL_TIME.format(limit_s=self.limits["cell_s"]),
                    "memory": messages.CELL_MEMORY.format(limit_mb=self.memory_mb),
                    "files": messages.CELL_FILES,
                }.get(stopped.kind, messages.CELL_KILLED)
                self._problem(cell, reason)
                if student.dead is None:
                    self._note_names(student, cell)
            except StudentError as error:
                name = messages.error_name(error.student_error_names)
                self._problem(cell, messages.CELL_STOPPED_BARE.format(error=name))
            if student.dead is not None:  # perhaps only while it was asked for names
                return cell
        return None

    def _note_names_of(self, student: Process, check_cell: notebook.Cell) -> None:
        """Let the process remember its names as this question's; one that has ended is noticed at the next cell."""
        left_s = self._left_s(AGAIN_SHARE)
        if left_s > 0:
            with contextlib.suppress(StudentError, StudentStopped):
                student.request(
                    "note_names", check_cell.grade_id, *self.noted, limit_s=2.0, wall_s=min(left_s, 8.0)
                )

    def _left_s(self, share: float = 1.0) -> float:
        return float(self.limits["run_s"]) * share - (time.monotonic() - self.started)

    def _take_reply(self, student: Process, cell: notebook.Cell, reply: Any) -> None:
        if not isinstance(reply, dict):
            return
        cell.outputs, size = notebook.clean_outputs(reply.get("outputs"), OUTPUT_BYTES - self.output_bytes)
        self.output_bytes += size
        count = reply.get("count")
        cell.execution_count = count if type(count) is int and 0 < count < 1 << 31 else None
        if reply.get("ok") is True:
            return
        error, text = reply.get("error"), reply.get("text")
        name = messages.error_name([error] if type(error) is str else [])
        text = messages.safe(text, 160) if type(text) is str else ""  # a gigabyte of bytes has a longer repr
        if name == "NotImplementedError":
            self._problem(cell, messages.NOT_ATTEMPTED if cell.kind == "answer" else messages.NEEDS_ANSWER)
        elif text:
            self._problem(cell, messages.CELL_STOPPED.format(error=name, text=text), reply.get("line"))
        else:
            self._problem(cell, messages.CELL_STOPPED_BARE.format(error=name), reply.get("line"))
        self._note_names(student, cell)
        if name == "NameError" and text.startswith("name '"):
            self._point_to_later_cell(student, cell, text.split("'")[1])

    def _problem(self, cell: notebook.Cell, reason: str, line: object = 0) -> None:
        if cell.kind == "check":  # its own verdict says it
            return
        label = cell.grade_id or messages.safe(cell.source.strip().split("\n")[0], 60)
        code = traces.excerpt(self.cells, cell.number, line) if type(line) is int else {}
        self.problems[id(cell)] = CellProblem(cell=cell.number, label=label, reason=reason, code=code)

    def _names_bound_by(self, student: Process, cell: notebook.Cell) -> list[str]:
        if self._left_s(CELLS_SHARE) <= 0:  # only a hint depends on it, and the student's code could be slow
            return []
        with contextlib.suppress(StudentError, StudentStopped):
            names = student.request("bound_names", cell.source, limit_s=2.0)
            if isinstance(names, list):
                return [n for n in names[:500] if isinstance(n, str) and n.isidentifier()]
        return []

    def _note_names(self, student: Process, cell: notebook.Cell) -> None:
        for name in self._names_bound_by(student, cell) if id(cell) in self.problems else ():
            self.broken_names[name] = self.problems[id(cell)]

    def _point_to_later_cell(self, student: Process, cell: notebook.Cell, name: str) -> None:
        if id(cell) not in self.problems:
            return
        later = self.cells[self.cells.index(cell) + 1 :]
        for other in [c for c in later if c.cell_type == "code" and c.kind != "check"][:100]:
            if name in other.source and name in self._names_bound_by(student, other):
                old = self.problems[id(cell)]
                hint = messages.CELL_DEFINED_LATER.format(name=messages.safe(name, 40), cell=other.number)
                self.problems[id(cell)] = replace(old, reason=old.reason + hint)
                return

    # -- checks ----------------------------------------------------------------------------------

    def missing(self, name: str) -> str:
        """Say why a name of the notebook is not there."""
        problem = self.broken_names.get(name)
        if problem is None:
            return messages.NOT_DEFINED.format(name=messages.safe(name, 60))
        return messages.NOT_DEFINED_BECAUSE.format(
            name=messages.safe(name, 60), cell=problem.cell or problem.label, reason=problem.reason
        )

    def fork_student(self) -> Process:
        """Return a fresh copy of the notebook as the student left it; whatever an earlier check left is gone."""
        assert self.student is not None
        return self.student.fork(
            min(10.0, max(2.5, self._left_s() / 4))
        )  # near the end nobody is waited for long

    def run_checks(
        self, plugin: ChecksPlugin, fork_reference: Callable[[], Process] | None
    ) -> list[CheckResult]:
        """Conclude every check: visible ones first, before any hidden input enters the process.

        A visible check may quote what the student's code returned or raised; nothing of a hidden
        check can be in that, because none has run yet.
        """
        plugin.attempt = Attempt(
            self.bundle,
            self.fork_student,
            fork_reference,
            bytes.fromhex(self.job["sha256"]),
            self.missing,
            self._left_s,
            functools.partial(traces.excerpt, self.cells),
        )
        plugin.attempt.sources = [
            c.source for c in self.cells if c.cell_type == "code" and c.kind not in ("check", "locked")
        ]
        plugin.attempt.foreign_both = bool(self.job.get("foreign_both"))
        results: dict[tuple[str, str], CheckResult] = {}
        for visible in (True, False):
            specs = [spec for spec in self.bundle.checks if spec.hidden != visible]
            for question in dict.fromkeys(spec.question for spec in specs):
                own = [spec for spec in specs if spec.question == question]
                self._run_question(plugin, own, results)
            if visible:  # before any hidden input enters: what a picture shows can hold none
                plugin.draw_pictures(least_s=PICTURES_SHARE * float(self.limits["run_s"]))
        plugin.attempt.drop_process()
        if plugin.attempt.foreign_both:
            self.report.send("foreign", places=plugin.attempt.foreign_places)
        return [results[spec.question, spec.name] for spec in self.bundle.checks]

    def _run_question(
        self, plugin: ChecksPlugin, specs: list[CheckSpec], results: dict[tuple[str, str], CheckResult]
    ) -> None:
        """Conclude a question's visible checks, or its hidden ones, by the names that its student meant.

        Those are the names as they were at its check cell, unless only those at the end pass the visible checks.
        """
        attempt, question = plugin.attempt, specs[0].question
        assert attempt is not None
        if all(spec.hidden for spec in self.bundle.checks if spec.question == question):
            attempt.follow(question, plugin.names_asked(question))
        self._conclude(plugin, specs, results, send=specs[0].hidden)
        if specs[0].hidden:
            return
        before = {key: results[key] for key in ((spec.question, spec.name) for spec in specs)}
        lost = any(r.outcome in (Outcome.FAILED, Outcome.REVIEW) for r in before.values())
        in_place = bool(plugin.foreign.by_name)  # another tool judges a cell where it stands, and only there
        if lost and attempt.differs and not in_place:
            attempt.judge_at_end(question, plugin.names_asked(question))
            self._conclude(plugin, specs, results, send=False)
            if any(results[key].outcome is not Outcome.PASSED for key in before):
                attempt.judge_at_check(question)
                results.update(before)
        for key in before:
            self.report.send("check", **as_json(results[key]))

    def _conclude(
        self,
        plugin: ChecksPlugin,
        specs: list[CheckSpec],
        results: dict[tuple[str, str], CheckResult],
        *,
        send: bool,
    ) -> None:
        for spec in specs:
            result = self._skipped(spec, results) or self._too_late(spec) or plugin.run(spec)
            results[spec.question, spec.name] = result
            if send:
                self.report.send("check", **as_json(result))

    def _skipped(self, spec: CheckSpec, results: dict[tuple[str, str], CheckResult]) -> CheckResult | None:
        for name in spec.after:
            needed = [r for r in results.values() if name in (r.question, r.name)]
            broken = next((r for r in needed if r.outcome is not Outcome.PASSED), None)
            if broken is None:
                continue
            if broken.outcome is Outcome.ERROR:
                return conclude(spec, Outcome.ERROR, messages.OURS)
            if broken.outcome is Outcome.REVIEW:
                return conclude(spec, Outcome.REVIEW, messages.WAITS_FOR.format(title=broken.title))
            return conclude(spec, Outcome.SKIPPED, messages.BUILDS_ON.format(title=broken.title))
        return None

    def _too_late(self, spec: CheckSpec) -> CheckResult | None:
        if self._left_s() > 0:
            return None
        return conclude(spec, Outcome.FAILED, messages.RUN_TIME.format(limit_s=self.limits["run_s"]))

    def tell_parity(self, results: list[CheckResult]) -> None:
        """Report where visible checks ended otherwise in the student's own kernel, if package() says how they did."""
        if self.claims is None:
            return
        folder = self.job["manifest"].rpartition("/")[0]
        beside = {
            name.removeprefix(f"{folder}/"): digest
            for name, digest in self.job["digests"].items()
            if not folder or name.startswith(f"{folder}/")
        }
        notebook_name = self.job["notebooks"][self.chosen].removeprefix(f"{folder}/")
        found = parity.compare(self.claims, self.bundle, results, beside, notebook_name, self.notices)
        self.report.send("parity", notices=list(found.notices), checks=list(found.checks))

    def executed(self, results: list[CheckResult]) -> dict[str, Any]:
        """Return the executed notebook; a check cell shows what its checks concluded."""
        for cell in self.cells:
            if cell.kind != "check":
                continue
            lines = [
                f"{_SIGN[r.outcome]} {r.title}" + (f"\n    {r.reason}" if r.reason else "")
                for r in results
                if r.question == cell.grade_id
            ]
            cell.outputs = [{"output_type": "stream", "name": "stdout", "text": "\n".join(lines) + "\n"}]
        return notebook.executed_notebook(self.cells)


_SIGN = {
    Outcome.PASSED: "[passed]",
    Outcome.FAILED: "[failed]",
    Outcome.SKIPPED: "[skipped]",
    Outcome.REVIEW: "[a person decides]",
    Outcome.ERROR: "[not graded]",
}


def _stem(name: str) -> str:
    """Return a notebook's name as it was handed in, without folders and endings."""
    return name.rpartition("/")[2].partition(".ipynb")[0]


def _no_notebook(names: list[str]) -> str:
    """Say that there is no notebook, and what to do about what is there instead."""
    names = [name for name in names if name != "timestamp.txt"]  # nbgrader's: no student wrote it
    found = ", ".join(messages.safe(n, 40) for n in names[:8]) or "nothing"
    lowered = [name.lower() for name in names]
    if any(name.endswith((".zip", ".rar", ".7z", ".gz", ".tar", ".tgz")) for name in lowered):
        return messages.NO_NOTEBOOK_ARCHIVE.format(found=found)
    if any(name.endswith(".py") for name in lowered):
        return messages.NO_NOTEBOOK_SCRIPT.format(found=found)
    return messages.NO_NOTEBOOK.format(found=found)


def conclude(spec: CheckSpec, outcome: Outcome, reason: str) -> CheckResult:
    """Return a check that is concluded without having run."""
    return CheckResult(
        question=spec.question,
        name=spec.name,
        title=spec.title,
        outcome=outcome,
        score=0.0,
        max_score=spec.points,
        hidden=spec.hidden,
        reason=reason,
    )


def as_json(result: CheckResult) -> dict[str, Any]:
    """Return a check's result as the content of a report line."""
    return {"result": {name: getattr(result, name) for name in CheckResult.__slots__}}
