"""The check argument ``foreign``: run a test of another tool in its place, and say what its end means (*trusted*).

Outside, a desk runs the test and this module passes on what it asks of the student's process (blame, time and memory
are as for any check). Inside, a fresh copy of the student's process runs it, and what it says is fenced: the answer
carries a number that is told after the test's last statement only, and the same cell is run again where the names
that it judges are taken away, and where they are bound to junk. What passes there, too, proves nothing: a person looks.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from autograder import messages
from autograder.checks import Concluded, flag
from autograder.errors import DeadlineExceeded, PeerDied, SandboxError, WireError
from autograder.foreign import Foreign, ForeignTest, Place, read_foreign
from autograder.judge import foreign_signs
from autograder.judge.attempt import Attempt
from autograder.judge.foreign_handles import NOTED
from autograder.judge.foreign_line import Desk, TestSpentError
from autograder.sandbox.proxy import Process, StudentError, StudentStopped
from autograder.sandbox.test_code import share_of

PROBES = ("absent", "junk")
PROBE_S = 10.0  # CPU seconds
NOTE_CHARS = 900
SIGN_CHARS = 120


# An object that says itself what it is equal to is the oldest forgery: it fails, and takes nobody's time.
COMPARING = frozenset(
    ["eq", "ne", "lt", "le", "gt", "ge", "bool", "contains", "hash", "iter", "len", "exit", "missing"]
)


class Ended(Concluded):
    """The test ended; ``note`` is for staff."""

    def __init__(self, share: float | None, reason: str, note: str) -> None:
        super().__init__(share, reason)
        self.note = note[:NOTE_CHARS]


@dataclass(slots=True)
class Ending:
    """How a test ended in one place: the share of its points, a sentence for the student, the rest for staff."""

    share: float
    reason: str = ""
    note: str = ""
    fault: str = ""  # ours: then nothing else counts
    stopped: StudentStopped | None = None
    words: tuple[str, ...] = ()  # outside: which operators of the notebook's objects were asked
    probes: tuple[str, ...] = ()  # inside: the probes that it passed, too
    signs: tuple[str, ...] = ()  # inside: of tampering, by the word of the notebook's process

    @property
    def verdict(self) -> str:
        """One word, or the share."""
        if self.fault:
            return "error"
        return {1.0: "passed", 0.0: "failed"}.get(self.share, f"{self.share:g}")


def _signs(attempt: Attempt, test: ForeignTest) -> tuple[str, ...]:
    """Return what looks like tampering in the hand-in's own cells."""
    read = foreign_signs.reads_of_test(attempt.sources, test.code, test.judged) if test.binds else ()
    return (*foreign_signs.found(attempt.sources), *read)


class ForeignTests:
    """A bundle's tests of another tool."""

    def __init__(self, folder: Path) -> None:
        self.foreign: Foreign | None = read_foreign(folder)
        tests = self.foreign.tests if self.foreign else ()
        self.by_name = {(test.question, test.name): test for test in tests}

    def conclude(
        self, attempt: Attempt, question: str, name: str, *, points: float, hidden: bool, limit_s: float
    ) -> None:
        """End the check as the test ended.

        Raises
        ------
        Concluded
            If it did not simply pass.
        SandboxError
            Something of ours broke.
        """
        test = self.by_name.get((question, name))
        if test is None or self.foreign is None:
            raise SandboxError(f"the bundle has no test {question}/{name}")
        if attempt.foreign_both:
            self._compare(attempt, test, points, hidden, limit_s)
        ending = self._run(attempt, test, test.place, points, hidden, limit_s)
        if ending.fault:
            raise SandboxError(ending.fault)
        if ending.stopped is not None:
            raise ending.stopped
        if ending.share > 0 and test.place is Place.INSIDE:
            self._doubt(attempt, test, ending, points, limit_s)
        if ending.share > 0 and test.place is Place.OUTSIDE:
            self._doubt_missing(test, ending, points)
        if ending.share == 0 and test.place is Place.OUTSIDE:
            self._doubt_refusal(attempt, test, ending, points, hidden, limit_s)
        if ending.share < 1 or ending.reason:
            raise Ended(ending.share, ending.reason, ending.note)

    def _compare(
        self, attempt: Attempt, test: ForeignTest, points: float, hidden: bool, limit_s: float
    ) -> None:
        found: dict[str, Any] = {}
        met: tuple[str, ...] = ()
        may_follow, test = test.follows, replace(test, follows=())
        for place in (Place.INSIDE, Place.OUTSIDE):
            if found.get("stopped") in ("cpu", "wall"):  # it would end there as little, after as much time
                found |= {place.value: found["inside"], f"why_{place.value}": found["why_inside"]}
                break
            ending = self._run(attempt, test, place, points, hidden, limit_s)
            found[place.value] = ending.verdict
            found[f"why_{place.value}"] = (
                ending.fault or ending.note or (ending.stopped.reason if ending.stopped else "")
            )[:400]
            if place is Place.OUTSIDE:
                found["words"] = list(ending.words)
                continue
            if ending.stopped is not None:
                found |= {"stopped": ending.stopped.kind, "limit_s": limit_s}
            elif ending.share == 0:  # does it need what the test itself binds, or what others did before it?
                ways = [replace(test, binds=True)] if not test.binds else []
                ways += [replace(test, follows=may_follow)] if may_follow else []
                for way in ways:
                    again = self._run(attempt, way, place, points, hidden, limit_s)
                    if again.share > 0:
                        found[place.value], found["why_inside"] = again.verdict, ""
                        test, ending = way, again
                        break
            found["binds"], found["follows"] = test.binds, bool(test.follows)
            if ending.share > 0:
                found["probes"] = self._probe(attempt, test, PROBES, limit_s)
            met = ending.signs
        found["signs"] = [*_signs(attempt, test), *met]
        found["why"] = found["why_outside"] or found["why_inside"]
        attempt.foreign_places[f"{test.question}/{test.name}"] = found

    def _run(
        self, attempt: Attempt, test: ForeignTest, place: Place, points: float, hidden: bool, limit_s: float
    ) -> Ending:
        try:
            process = attempt.fresh(limit_s)
            if test.seed is not None:
                process.request("seed", test.seed, limit_s=1.0)
            if place is Place.OUTSIDE:
                return self._outside(attempt, process, test, points, hidden, limit_s)
            return self._inside(attempt, process, test, points, hidden, limit_s)
        except StudentStopped as stopped:
            return Ending(0.0, stopped=stopped)
        except StudentError as error:
            return Ending(
                0.0,
                messages.RAISED.format(error=messages.error_name(error.student_error_names), where=""),
                str(error),
            )

    # -- outside -----------------------------------------------------------------------------------

    def _outside(
        self,
        attempt: Attempt,
        process: Process,
        test: ForeignTest,
        points: float,
        hidden: bool,
        limit_s: float,
    ) -> Ending:
        desk = Desk(process, test, attempt.foreign_both)
        try:
            report = desk.run(limit_s)
        except WireError as error:
            return Ending(
                0.0, messages.UNUSABLE, f"the answers of the notebook's process have no proper form: {error}"
            )
        except TestSpentError as spent:
            return Ending(0.0, str(spent), "the test's own code did not end with what the hand-in gave it")
        except (PeerDied, DeadlineExceeded) as error:
            if desk.answered_bytes > 256 << 10:
                return Ending(0.0, messages.TOO_MUCH, f"the test did not end: {error}")
            return Ending(0.0, fault=f"the process of the test ended, or did not end: {error}")
        finally:
            desk.close()
        words = tuple(report["words"])
        note = f"{report['names'][0]}: {report['text']} ({report['where']})" if report["names"] else ""
        if report["output"]:
            note += f"; printed: {report['output'][-200:]}"
        if report["passed"]:
            share, more = share_of(report["value"], points) if test.partial else (1.0, "")
            return Ending(share, self._said(test, share), more or note, words=words)
        if (
            not report["asked"]
            and report["student"] is None
            and "AssertionError" not in report["names"]
            and not report["missing"]
        ):
            return Ending(
                0.0, fault=f"the test asked nothing of the notebook and stopped with {note}", words=words
            )
        return Ending(0.0, self._why(attempt, test, report, hidden), note, words=words)

    def _why(self, attempt: Attempt, test: ForeignTest, report: dict[str, Any], hidden: bool) -> str:
        """Say why a test failed, for the student: the author's sentence, or ours."""
        if test.failed_message:
            return test.failed_message
        names, student = report["names"], report["student"]
        if report["missing"] and "NameError" in names:
            return attempt.missing(report["missing"])
        name = messages.error_name(names)
        if "AssertionError" in names and student is None:
            text = messages.safe(report["text"], 400)
            return text if text and not hidden else messages.ASSERTION
        if student is not None:
            if name == "NotImplementedError":
                return messages.NOT_ATTEMPTED
            line, text = student
            where = messages.WHERE.format(line=line) if 0 < line < 1000 else ""
            if not hidden and text:
                return messages.RAISED_TEXT.format(error=name, where=where, text=messages.safe(text))
            return messages.RAISED.format(error=name, where=where)
        if not hidden and report["text"]:
            return f"{messages.UNUSABLE}: {name}: {messages.safe(report['text'])}"
        return messages.UNUSABLE

    @staticmethod
    def _said(test: ForeignTest, share: float) -> str:
        return test.passed_message if share >= 1 else test.failed_message

    # -- inside ------------------------------------------------------------------------------------

    def _inside(
        self,
        attempt: Attempt,
        process: Process,
        test: ForeignTest,
        points: float,
        hidden: bool,
        limit_s: float,
    ) -> Ending:
        report = self._ask_inside(process, test, "", limit_s)
        names, text = report["names"], report["text"]
        note = f"inside: {names[0] if names else ''}: {text}"
        if report["passed"]:
            share, more = share_of(report["value"], points) if test.partial else (1.0, "")
            signs = tuple(messages.safe(sign, SIGN_CHARS) for sign in report["signs"])
            return Ending(share, self._said(test, share), more, signs=signs)
        if test.failed_message:
            return Ending(0.0, test.failed_message, note)
        name = messages.error_name(names)
        missing = next((n for n in test.judged if text == f"name '{n}' is not defined"), "")
        if name == "NameError" and missing:
            return Ending(0.0, attempt.missing(missing), note)
        if (
            hidden or test.builds_on or test.follows or not text
        ):  # whatever a text says here, another hidden test's words could be in it
            reason = (
                messages.ASSERTION
                if name == "AssertionError"
                else messages.RAISED.format(error=name, where="")
            )
            return Ending(0.0, reason, note)
        shown = messages.safe(text, 400)
        return Ending(
            0.0,
            shown
            if name == "AssertionError"
            else messages.RAISED_TEXT.format(error=name, where="", text=shown),
            note,
        )

    def _ask_inside(self, process: Process, test: ForeignTest, mode: str, limit_s: float) -> dict[str, Any]:
        """Run the test in the student's process; whatever is said in another form is a fail."""
        assert self.foreign is not None
        nonce = secrets.token_hex(16)
        plan = {
            "test": _plain(test),
            "modules": self.foreign.modules,
            "definitions": self.foreign.definitions,
            "builds_on": [self.by_name[key].code for key in test.builds_on if key in self.by_name],
            "follows": [_plain(self.by_name[key]) for key in test.follows if key in self.by_name],
            "judged": list(test.judged),
            "mode": mode,
            "binds": test.binds,
            "nonce": nonce,
        }
        found = process.request("foreign_inside", plan, limit_s=limit_s)
        form = {"passed": bool, "nonce": str, "names": list, "text": str, "line": int, "signs": list}
        ok = type(found) is dict and set(found) == {*form, "value"}
        ok = ok and all(type(found[key]) is kind for key, kind in form.items())
        ok = ok and (found["value"] is None or type(found["value"]) is float)
        if not ok or not all(type(n) is str for n in [*found["names"], *found["signs"]]):
            return {"passed": False, "value": None, "names": [], "text": "", "signs": []}
        found["passed"] = found["passed"] and secrets.compare_digest(found["nonce"].encode(), nonce.encode())
        return dict(found)

    def _probe(
        self, attempt: Attempt, test: ForeignTest, modes: tuple[str, ...], limit_s: float
    ) -> list[str]:
        """Return the probes that the test passes, though what it judges is taken away."""
        passed = []
        for mode in modes:
            try:
                process = attempt.fresh(min(limit_s, PROBE_S))
                if test.seed is not None:
                    process.request("seed", test.seed, limit_s=1.0)
                report = self._ask_inside(process, test, mode, min(limit_s, PROBE_S))
            except (StudentError, StudentStopped):
                continue
            if report["passed"] and (not test.partial or share_of(report["value"], 1.0)[0] > 0):
                passed.append(mode)
        return passed

    def _doubt(
        self, attempt: Attempt, test: ForeignTest, ending: Ending, points: float, limit_s: float
    ) -> None:
        """Let a person decide about points that could have been had by a forgery."""
        assert self.foreign is not None
        reasons = []
        modes = tuple(m for m in PROBES if m in test.probes and (test.judged or m == "absent"))
        passed = self._probe(attempt, test, modes, limit_s)
        if "absent" in passed:
            reasons.append(
                f"it passes without {', '.join(test.judged[:8]) or 'anything of the notebook'}, too"
            )
        elif "junk" in passed:
            reasons.append(f"it passes with junk in the place of {', '.join(test.judged[:8])}, too")
        signs = [*_signs(attempt, test), *ending.signs]
        signs = [sign for sign in signs if sign not in self.foreign.usual]
        reasons += [f"the notebook {sign}" for sign in signs]
        if not reasons:
            return
        told = (
            f"judged inside the notebook's process ({test.why_inside or 'not proven outside'}), and "
            + "; ".join(reasons)
        )
        flag(told[:500])
        if points > 0:
            raise Ended(None, messages.FOREIGN_DOUBT, told)

    @staticmethod
    def _doubt_missing(test: ForeignTest, ending: Ending, points: float) -> None:
        """Let a person decide where a test passed on missing values that the solution had none of.

        Compared with anything, pandas' ``NA`` is neither equal nor not, and ``all()`` leaves it out.
        """
        words = test.words or ()
        if NOTED not in words or "missing" in words or "missing" not in ending.words:
            return
        told = "the hand-in's answer has pandas' missing values, which the solution's has not, and the test passes with them"
        flag(told)
        if points > 0:
            raise Ended(None, messages.FOREIGN_DOUBT, told)

    def _doubt_refusal(
        self, attempt: Attempt, test: ForeignTest, ending: Ending, points: float, hidden: bool, limit_s: float
    ) -> None:
        """Let a person decide where only an operator that the solution's objects were not asked for stood in the way.

        The answer of such an operator is the student's own word, so that it earns nothing by itself; but an honest answer
        of another class (sympy's, where the solution has a number) passes in the notebook's own process, and is no zero.
        """
        unproven = sorted(set(ending.words) - set(test.words or ()) - COMPARING)
        if not unproven or self._run(attempt, test, Place.INSIDE, points, hidden, limit_s).share == 0:
            return
        told = (
            f"an object of the notebook's was asked for {', '.join(unproven)[:80]}, which no object of the solution "
            "was; in the notebook's own process, which could forge that, the test passes"
        )
        flag(told)
        if points > 0:
            raise Ended(None, messages.FOREIGN_DOUBT, told)


def _plain(test: ForeignTest) -> dict[str, Any]:
    return {
        "code": test.code,
        "examples": [asdict(example) for example in test.examples],
        "call": test.call,
        "partial": test.partial,
        "seed": test.seed,
    }
