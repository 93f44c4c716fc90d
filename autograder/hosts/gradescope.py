"""One run inside Gradescope's container: its paths in, ``results.json`` out (*trusted*, standard library).

    /autograder/source/…                    what ``autograder bundle`` packed: bundles/, settings.json
    /autograder/submission/…                the hand-in
    /autograder/submission_metadata.json    who and when; not needed to grade, and may be missing
    /autograder/results/results.json        valid from the first second on, whatever happens

Gradescope replaces everything by a zero when its own timeout runs out, so ours is a minute shorter.

Source: https://gradescope-autograders.readthedocs.io/en/latest/specs/ and …/submission_metadata/
"""

from __future__ import annotations

import json
import os
import signal
import stat
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from autograder import __version__, messages
from autograder.bundle import Bundle, parts, read_bundle
from autograder.engine import desk
from autograder.engine.grade import Engine
from autograder.engine.several import Several, open_engine
from autograder.errors import AutograderError, PackagesError, UsageError
from autograder.hosts import history
from autograder.model import GradingResult
from autograder.results_json import OUTPUT_CHARS, to_results, write_json
from autograder.sandbox.launcher import Limits

if TYPE_CHECKING:
    pass
from autograder.hosts import container, settings, which

ROOT = Path("/autograder")
SPARE_S = 60.0  # ours ends this long before Gradescope's timeout
FINISH_S = 20.0  # of that, to conclude checks, stop processes and write
CLOSE_S = 15.0  # to stop our processes when time is up; then we leave
MAX_METADATA_BYTES = 32 << 20

# What the engine itself needs: zygote, grader, supervisor, reference (282 MB in week 1, 304 in week 2). Where an
# assignment's checks need more, ``preflight`` asks for a larger container.
RESERVED_BYTES = 320 << 20
# A process with the libraries of another tool's tests, and the copy of it that a test runs in.
DESK_BYTES = 128 << 20
CARRIED = ("score", "tests", "visibility", "test_output_format", "test_name_format", "leaderboard")
LATER = "the grader's own time ran out before it was done"
NO_TURN = (
    "{count} graded hand-in(s) within 24 hours are the limit, so this one was not run. What you see below is "
    "the result of your hand-in before. The next one counts from {opens}: hand in again then."
)
NO_TURN_YET = (
    "not graded: {count} graded hand-in(s) within 24 hours are the limit, and yours are used up or still being "
    "graded. Your score stands with the hand-in before (Submission History ▸ Activate). The next one counts "
    "from {opens}"
)
WHICH = (
    "not graded: several assignments are graded here, and the file's name does not say which. Name your "
    "notebook {names} and hand it in again"
)
RAN_OUT = (
    "the memory of the whole grader ran out and a process was ended for it; a failure above may be its doing"
)
RAN_OUT_STAFF = (
    "the kernel ended {count} process(es), as the container's memory ran out: choose a larger one (autograder "
    "preflight) and regrade"
)
OTHERS = (
    "not graded: this is the place for {place}, and by its name the notebook is that of {found}. Hand in "
    "{wanted}; if it is the right one, rename it to {name}"
)


class _TimeIsUp(BaseException):
    """Raised by the alarm; nothing that handles faults may swallow it."""


def run(root: Path = ROOT, *, timeout_s: float | None = None) -> int:
    """Grade the hand-in below ``root``; returns 0 whenever a valid ``results.json`` is there."""
    return Run(root).run(timeout_s)


class Run:
    """One run: where things are, since when, what staff must know; another kind of host overrides some."""

    def __init__(self, root: Path) -> None:
        self.started = time.monotonic()
        self.root, self.source, self.submission = root, root / "source", root / "submission"
        self.metadata = root / "submission_metadata.json"
        self.results = root / "results" / "results.json"
        self.notes: list[str] = []
        self.settings = settings.Settings()
        self.bundle: Bundle | None = None
        self.history = history.History()
        self.killed_before = container.oom_kills()  # outside of a container the count is the machine's

    def run(self, timeout_s: float | None) -> int:
        """Grade; returns 0 whenever a valid file is there."""
        try:
            self.results.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._write(_nothing(), done=False)
            self._close_to_others()
            self._read_settings()
            signal.signal(signal.SIGALRM, _time_is_up)
            signal.setitimer(signal.ITIMER_REAL, max(1.0, self._budget_s(timeout_s) - self._elapsed_s()))
            try:
                self._run(self._budget_s(timeout_s))
                signal.setitimer(signal.ITIMER_REAL, 0)
            except _TimeIsUp:
                self._not_graded(LATER)
        except PackagesError as error:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._not_graded(str(error), messages.LACKING)
        except Exception as error:  # noqa: BLE001  whatever we broke, the file must say so
            signal.setitimer(signal.ITIMER_REAL, 0)
            with suppress(OSError):
                self._not_graded(f"{type(error).__name__}: {error}")
        return 0 if _is_valid(self.results) else 3

    def _run(self, budget_s: float) -> None:
        metadata = self._read_metadata()
        try:
            self.history = history.read(metadata, run_s=self.settings.timeout_s)
        except Exception as error:  # noqa: BLE001  what an earlier result says costs this one nothing
            self.notes.append(f"earlier hand-ins were not read: {type(error).__name__}: {error}"[:300])
        folder = self._choose(metadata)
        if folder is None:
            return
        self.bundle = read_bundle(folder)
        if self._carry_over():
            return
        memory_bytes = self.settings.memory_bytes
        limit = container.memory_limits()["limit_bytes"]
        if limit is not None:
            reserved = RESERVED_BYTES + (DESK_BYTES if _has_a_desk(self.bundle) else 0)
            memory_bytes = max(64 << 20, min(memory_bytes, limit - reserved))
        engine = open_engine(
            folder,
            left_s=lambda: budget_s - self._elapsed_s() - FINISH_S,
            limits=Limits(memory_bytes=memory_bytes),
        )
        try:
            self._grade(engine, budget_s, memory_bytes)
            signal.setitimer(signal.ITIMER_REAL, 0)  # what follows is tidying
        except _TimeIsUp:
            self._not_graded(LATER)  # first the file, then the processes, and those not for long
        finally:
            signal.signal(signal.SIGALRM, _leave)
            signal.setitimer(signal.ITIMER_REAL, CLOSE_S)
            engine.close()
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _grade(self, engine: Engine | Several, budget_s: float, memory_bytes: int) -> None:
        for attempt in (1, 2):
            if isinstance(engine, Engine):  # several notebooks share the time themselves
                with suppress(AutograderError):  # grade() says it again, as a result
                    engine.wait_ready()
                    engine.launcher.wait_ready()
            begun = self._elapsed_s()
            if isinstance(engine, Engine):
                left_s = budget_s - begun - FINISH_S
                engine.time_limits["run_s"] = max(
                    5.0, min(float(engine.bundle.limits.get("run_s", 540.0)), left_s)
                )
            result = engine.grade(self.submission, lambda partial: self._write(partial, done=False))
            ours = not result.graded and messages.OURS in result.notices
            used_s = self._elapsed_s() - begun
            if not ours or attempt == 2 or budget_s - self._elapsed_s() < used_s + FINISH_S:
                break
            self.notes.append(f"graded a second time after: {'; '.join(result.staff_notes)[:1000]}")
        self._add_usage(result, budget_s, memory_bytes)
        if count := container.oom_kills() - self.killed_before:
            self.notes.append(RAN_OUT_STAFF.format(count=count))
            result = replace(result, notices=(*result.notices, RAN_OUT))
        self._write(result, done=True)

    def _add_usage(self, result: GradingResult, budget_s: float, memory_bytes: int) -> None:
        """Put times and memory beside their limits, under the keys that two runs may differ in."""
        limits = container.memory_limits()
        megabytes = {k.replace("_bytes", "_mb"): v >> 20 for k, v in limits.items() if v is not None}
        timing, memory = result.extra.setdefault("timing", {}), result.extra.setdefault("memory", {})
        timing |= {"wall_s": round(self._elapsed_s(), 3), "limit_s": budget_s, "cpus": container.cpus()}
        memory |= {"limit_mb": memory_bytes >> 20, "container": megabytes}

    # -- the file ------------------------------------------------------------------------------

    def _write(self, result: GradingResult, *, done: bool) -> None:
        write_json(self.results, self._content(result, done=done), durable=done)

    def _content(self, result: GradingResult, *, done: bool) -> dict[str, Any]:
        later = self.settings.decided_later(result.assignment)
        pictures: list[dict[str, Any]] = []
        if done and result.graded:
            with suppress(Exception):  # a picture is worth no score
                from autograder.classroom import figure_charts  # at the end only: it brings matplotlib

                pictures = figure_charts.tests_of(result)
        content = to_results(result, done=done, later=later, before=self.history.ladder, pictures=pictures)
        extra = content["extra_data"]
        extra["staff_notes"] = [*self.notes, *extra["staff_notes"]]
        extra |= self.history.hand_on(evaluated=result.graded and done)
        return content

    def _not_graded(self, staff_note: str, notice: str = messages.OURS) -> None:
        self.notes.append(staff_note)
        self._write(_nothing(self.bundle, notice), done=True)

    # -- where we are --------------------------------------------------------------------------

    def _elapsed_s(self) -> float:
        return time.monotonic() - self.started

    def _budget_s(self, timeout_s: float | None) -> float:
        """Return the seconds that we have: Gradescope's timeout less a minute (of a short one, half)."""
        given = (
            timeout_s
            if timeout_s is not None
            else container.number("AUTOGRADER_TIMEOUT_S") or self.settings.timeout_s
        )
        told = container.number(
            "TIMEOUT_SECONDS"
        )  # the harness has it in its environment; only ever lowers ours
        timeout_s = min(given, told) if told else given
        return max(timeout_s - SPARE_S, timeout_s / 2)

    def _close_to_others(self) -> None:
        """Close to others what holds names, checks and results, before anything of a student's runs."""
        closed = (self.root, self.source, self.submission, self.results.parent)
        for path in (*closed, self.metadata, self.results.parent / "stdout"):
            try:
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            except OSError as error:
                self.notes.append(f"{path}: cannot be closed to others: {error.strerror}")
                continue
            try:
                folder = stat.S_ISDIR(os.fstat(fd).st_mode)
                os.fchmod(fd, 0o700 if folder else 0o600)
            except OSError as error:  # mounted read-only, or another's: the folder above may still be closed
                if os.fstat(fd).st_mode & 0o077 and self.root.stat().st_mode & 0o077:
                    self.notes.append(f"{path}: cannot be closed to others: {error.strerror}")
            finally:
                os.close(fd)

    def _read_settings(self) -> None:
        path = self.source / settings.SETTINGS
        with suppress(FileNotFoundError):
            data = json.loads(path.read_bytes())
            known = settings.Settings.__dataclass_fields__
            self.settings = settings.Settings(**{key: value for key, value in data.items() if key in known})

    def _read_metadata(self) -> dict[str, Any]:
        path = self.metadata
        try:
            with path.open("rb") as file:
                data = json.loads(file.read(MAX_METADATA_BYTES))
            if isinstance(data, dict):
                return data
            self.notes.append(f"{path.name}: not an object; graded without it")
        except FileNotFoundError:
            self.notes.append(f"{path.name}: missing; graded without it")
        except (OSError, ValueError, RecursionError) as error:
            self.notes.append(f"{path.name}: {type(error).__name__}; graded without it")
        return {}

    # -- which assignment ----------------------------------------------------------------------

    def _choose(self, metadata: dict[str, Any]) -> Path | None:
        folders = sorted(p.parent for p in (self.source / "bundles").glob("*/bundle.json"))
        if not folders:
            raise UsageError(f"{self.source / 'bundles'}: no bundle that can be read")
        if len(folders) == 1:
            return folders[0]
        assignment = metadata.get("assignment")
        title = str(assignment.get("title", "")) if isinstance(assignment, dict) else ""
        names = which.names_of(self.submission)
        titled, named = which.by_title(folders, title), which.by_file(folders, names)
        if titled and named and titled != named:  # graded by the wrong checks it would get a zero
            said = OTHERS.format(
                wanted=which.shown(titled),
                found=named.name,
                place=titled.name,
                name=which.shown(titled, " or "),
            )
            self._write(_nothing(None, said), done=True)
            return None
        chosen = titled or named
        if chosen is None:
            wanted = " or ".join(dict.fromkeys(which.shown(p, " or ") for p in folders))
            self.notes.append(f"no assignment matches the title {title[:100]!r} or a handed-in file")
            self._write(_nothing(None, WHICH.format(names=wanted)), done=True)
        return chosen

    # -- how often -----------------------------------------------------------------------------

    def _carry_over(self) -> bool:
        """Write the result before again, if the evaluations of the last 24 hours are used up."""
        per_day = self.settings.evaluations_per_day
        if per_day > 0 and self.history.created is None:
            self.notes.append("no created_at: evaluations per day were not counted")
        opens = self.history.opens(per_day)
        if opens is None:
            return False
        said = {"count": per_day, "opens": opens.strftime("%Y-%m-%d %H:%M %Z").strip()}
        before = self.history.results
        if not before:
            self._write(_nothing(self.bundle, NO_TURN_YET.format(**said)), done=True)
            return True
        extra = before.get("extra_data")
        extra = dict(extra) if isinstance(extra, dict) else {}
        extra.pop("under_way", None)
        same = self.bundle is not None and extra.get("bundle_digest") == self.bundle.digest
        if not same or not isinstance(before.get("score"), (int, float)):
            self.notes.append(
                "evaluations used up, but run: the result before is another version's, or no score"
            )
            return False
        output = str(before.get("output", ""))
        if extra.get("carried_over"):  # its own first paragraph says until when; ours says it anew
            output = output.partition("\n\n")[2]
        write_json(self.results, {k: before[k] for k in CARRIED if k in before} | {
            "output": f"{NO_TURN.format(**said)}\n\n{output}"[:OUTPUT_CHARS],
            "output_format": "text",
            "stdout_visibility": "hidden",
            "extra_data": extra | self.history.hand_on(evaluated=False) | {
                "carried_over": True, "staff_notes": self.notes,
            },
        })  # fmt: skip
        return True


def _nothing(bundle: Bundle | None = None, notice: str = "") -> GradingResult:
    """Return a result without a score: nothing is known yet, or never will be."""
    extra = {"autograder_version": __version__} | ({"bundle_digest": bundle.digest} if bundle else {})
    return GradingResult(
        assignment=bundle.assignment if bundle else "",
        graded=False,
        questions=bundle.questions if bundle else (),
        checks=(),
        notices=(notice,) if notice else (),
        extra=extra,
    )


def _has_a_desk(bundle: Bundle) -> bool:
    return any(desk.is_needed(part.folder, both=False) for part in parts(bundle).values())


def _is_valid(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return isinstance(json.loads(path.read_bytes()), dict)
    return False


def _time_is_up(_number: int, _frame: object) -> NoReturn:
    raise _TimeIsUp


def _leave(_number: int, _frame: object) -> NoReturn:
    os._exit(0)  # the results are written; whoever started us ends what is left
