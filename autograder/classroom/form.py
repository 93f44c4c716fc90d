"""The notebook that a person grades by hand: what nbgrader's formgrader shows of a hand-in (*trusted*).

The formgrader draws a score box and a comment box where a cell's metadata say so, and takes the cell's name for the
gradebook's. Colab drops that metadata, and a student may have written it; so every cell is what the release says it is, and
only what was written in it is the student's. Whatever could run in the instructor's browser is made text, see ``prose``.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.bundle import parts
from autograder.classroom.prose import plain, safe_markdown
from autograder.classroom.words import WORDS
from autograder.model import ManifestCell, Question
from autograder.notebook import IMAGES, marker_of
from autograder.several import executed as executed_in
from autograder.several import names_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from autograder.bundle import Bundle
    from autograder.model import GradingResult

FORM = 1  # the version of what is written; a hand-in with an older one is graded again
FOLDED_LINES = 40  # a locked cell that is longer is shown by a line
SOURCE_CHARS = 100_000  # shown of one cell
OUTPUT_CHARS = 50_000  # shown of one text output
PROSE_CHARS = 200_000  # of the students' Markdown of one notebook, rendered
UNSCORED = "inf"  # see ``verdict_output``
# The marker of an answer in words: in prose nobody sees it in Jupyter either.
_MARKER = re.compile(r"\A\s*<!--\s*manual:[\w\s-]{0,100}?-->")
_MARKER_LINE = re.compile(r"\A\s*(?:<!--\s*manual:[\w\s-]{0,100}?-->|#\s*manual:[^\n]*)")
RAW = dict[str, Any]


def form(bundle: Bundle, result: GradingResult | None, executed: RAW | None = None) -> RAW:
    """Return a hand-in as nbformat 4.5 JSON for the formgrader; ``executed`` is the notebook as it was run, if it was.

    Check cells show what their checks concluded, long locked cells a line. Graded cells and cells for an answer that
    the hand-in lacks stand at their place with a word about it, so that a person can grade and comment all the same.
    Without a result the grader itself failed.
    """
    return _Form(bundle.cells, bundle.questions, result, (executed or {}).get("cells", ())).notebook()


def answers(bundle: Bundle, executed: RAW | None) -> dict[str, dict[str, Any]]:
    """Return by name, for each question that a person grades, what the score is about: see ``_Form.answers``."""
    if executed is None:
        return {}
    return _Form(bundle.cells, bundle.questions, None, executed.get("cells", ())).answers()


def answers_in(bundle: Bundle, result: GradingResult) -> dict[str, dict[str, Any]]:
    """Return what ``answers`` says of all notebooks of a hand-in, in the assignment's names."""
    notebooks, names = executed_in(result, bundle.notebook or bundle.assignment), names_in(bundle)
    return {
        names[name].get(cell, cell): answer
        for name, part in parts(bundle).items()
        for cell, answer in answers(part, notebooks.get(name)).items()
    }


def verdict_output(result: GradingResult | None, question: str) -> RAW:
    """Return the only output of a check cell: the score for nbgrader's own steps, and our verdict for people.

    What students may not read is not in it: nbgrader's feedback pages show it. Without a score the number is infinite:
    nbgrader's own recorder then refuses it, whatever the maximum, where it would take no output for full marks.
    """
    scored = result is not None and result.graded
    number = repr(float(result.score_of(question))) if result is not None and scored else UNSCORED
    page = _templates().get_template("verdict.html").render(result=result, name=question, scored=scored)
    return {
        "output_type": "execute_result",
        "execution_count": None,
        "metadata": {},
        "data": {"text/plain": number, "text/html": " ".join(page.split())},
    }


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("autograder.classroom"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["words"] = WORDS
    made.filters["points"] = lambda value: f"{value:g}"
    return made


class _Form:
    """Puts one hand-in's notebook together from the release's cells and the student's."""

    def __init__(
        self,
        known: Iterable[ManifestCell],
        questions: Iterable[Question],
        result: GradingResult | None,
        cells: Iterable[RAW],
    ) -> None:
        self.known = list(known)
        self.by_name = {cell.grade_id: cell for cell in self.known if cell.grade_id}
        self.points = {question.name: question.points for question in questions}
        self.result = result
        self.cells = list(cells)
        self.released = {_bare(cell.source) for cell in self.known} | {""}
        self.prose = {cell.source.strip() for cell in self.known if cell.cell_type == "markdown"}
        self.room = PROSE_CHARS
        self.place = self._places()

    def _places(self) -> dict[str, int]:
        """Return where each of the release's cells stands among the student's."""
        found: dict[str, list[int]] = {}
        for index, cell in enumerate(self.cells):
            name = cell.get("metadata", {}).get("nbgrader_grade_id", "")
            if not name:  # an answer in words may have been written into a cell of the other type
                kind, name = marker_of(cell["source"])
                name = name if kind == "manual" and name in self.by_name else ""
            if name in self.by_name:
                found.setdefault(name, []).append(index)
        sure = {name: self._which(self.by_name[name], places) for name, places in found.items()}
        return sure | self._by_neighbours(sure)

    def _by_neighbours(self, sure: dict[str, int]) -> dict[str, int]:
        """Return where answers in words stand whose marker the student wrote over and whose metadata is lost.

        Such an answer is the first unknown cell between the released cells that it stood between; one of its type first.
        """
        texts = [_bare(cell["source"]) for cell in self.cells]
        places = [
            sure[known.grade_id]
            if known.grade_id in sure
            else next((i for i, text in enumerate(texts) if text == _bare(known.source)), None)
            for known in self.known
        ]
        taken = {*sure.values(), *(place for place in places if place is not None)}
        found: dict[str, int] = {}
        for index, known in enumerate(self.known):
            if known.kind not in ("manual", "task") or known.grade_id in sure:
                continue
            here = places[index]  # as released, without a name
            before = next((p for p in reversed(places[:index]) if p is not None), -1)
            after = next((p for p in places[index + 1 :] if p is not None), len(texts))
            if here is None:
                own = [i for i in range(before + 1, after) if texts[i] and i not in taken]
                alike = [i for i in own if self.cells[i]["cell_type"] == known.cell_type]
                here = next(iter(alike or own), None)
            if here is not None:
                found[known.grade_id] = here
                taken.add(here)
        return found

    def _which(self, known: ManifestCell, places: list[int]) -> int:
        if known.kind in ("check", "locked"):
            return places[0]  # as the engine took them
        written = [i for i in places if _bare(self.cells[i]["source"]) not in self.released]
        return (written or places)[-1]

    # -- the notebook -------------------------------------------------------------------------------

    def notebook(self) -> RAW:
        """Return all cells: a summary, the student's in their order, and what is missing at its place."""
        names = {index: name for name, index in self.place.items()}
        shown = [_prose_cell(_page("summary.html", result=self.result))]
        shown += self._missing_after("")
        for index, cell in enumerate(self.cells):
            name = names.get(index, "")
            shown.append(self._known_cell(name, cell) if name else self._own_cell(cell))
            shown += self._missing_after(name) if name else []
        for index, cell in enumerate(shown):
            cell["id"] = f"cell-{index}"
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
        return {"cells": shown, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}

    def _missing_after(self, name: str) -> list[RAW]:
        """Return cells in the place of those that the hand-in lacks, and whose predecessor in the release this one is."""
        order = ["", *self.by_name]
        missing = takewhile(lambda here: here not in self.place, order[order.index(name) + 1 :])
        known = [self.by_name[here] for here in missing]
        return [self._missing_cell(cell) for cell in known if cell.kind != "locked"]

    def _missing_cell(self, known: ManifestCell) -> RAW:
        if known.kind == "check":
            return self._known_cell(known.grade_id, _code_cell(known.source))
        word = "The hand-in has no such cell." if self.cells else "Nothing could be read in this hand-in."
        if known.cell_type == "code":
            made = _code_cell(f"# {known.grade_id}: {word}")
        else:
            made = _prose_cell(f"<div><em>{known.grade_id}: {word}</em></div>")
        made["metadata"] = {"nbgrader": self._nbgrader(known, known.cell_type)}
        return made

    def _known_cell(self, name: str, cell: RAW) -> RAW:
        known = self.by_name[name]
        made = self._own_cell(cell)
        if known.kind in ("check", "locked"):
            made["source"] = known.source
            lines = known.source.count("\n") + 1
            if known.kind == "locked" and made["cell_type"] == "code" and lines > FOLDED_LINES:
                made["source"] = f"# locked: {name} ({lines} lines, as released; not shown here)"
        if known.kind == "check":
            made["outputs"] = [verdict_output(self.result, name)]
        made["metadata"] = {"nbgrader": self._nbgrader(known, made["cell_type"])}
        return made

    def _nbgrader(self, known: ManifestCell, cell_type: str) -> RAW:
        graded, task = known.kind in ("check", "manual"), known.kind == "task"
        metadata: RAW = {
            "schema_version": 3,
            "grade_id": known.grade_id,
            "grade": graded,
            "solution": known.kind in ("answer", "manual"),
            "locked": known.kind in ("check", "locked", "task"),
            "task": task,
            "cell_type": cell_type,
        }
        return metadata | ({"points": self.points[known.grade_id]} if graded or task else {})

    def _own_cell(self, cell: RAW) -> RAW:
        """Return a cell as the student wrote it, made harmless."""
        source = str(cell["source"])
        if cell["cell_type"] != "code":
            if cell["cell_type"] == "markdown" and source.strip() in self.prose:
                return _prose_cell(source)
            self.room -= len(source)
            if cell["cell_type"] == "raw" or self.room < 0:
                return _prose_cell(plain(source))
            try:
                return _prose_cell(safe_markdown(_MARKER.sub("", source), cell.get("attachments")))
            except Exception:  # noqa: BLE001  whatever a renderer cannot read is shown as it was typed
                return _prose_cell(plain(source))
        made = _code_cell(_cut(source, SOURCE_CHARS, "# …"), cell.get("execution_count"))
        made["outputs"] = [_cut_output(output) for output in cell.get("outputs", ())]
        return made

    # -- what a score by hand is about --------------------------------------------------------------

    def answers(self) -> dict[str, dict[str, Any]]:
        """Return for each question of a person's a digest of the answer, and whether nothing was written.

        The answer is the cell, all that was written above it, down from the last graded cell, and what was added right
        below it: code, plots' code and words in cells of the student's own.
        """
        names = {index: name for name, index in self.place.items()}
        found: dict[str, dict[str, Any]] = {}
        written: list[str] = []
        for index, cell in enumerate(self.cells):
            known = self.by_name.get(names.get(index, ""))
            source = _bare(cell["source"])
            if (known is None or known.kind in ("answer", "manual")) and source not in self.released:
                written.append(source)
            if known is not None and known.kind in ("manual", "task"):
                whole = "\0".join([*written, *self._added_below(index, names)])
                digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()
                found[known.grade_id] = {"digest": digest, "untouched": not whole}
            if known is not None and known.kind in ("check", "manual", "task"):
                written = []
        return found

    def _added_below(self, index: int, names: dict[int, str]) -> list[str]:
        texts = [(i, _bare(self.cells[i]["source"])) for i in range(index + 1, len(self.cells))]
        own = takewhile(lambda at: at[0] not in names and (not at[1] or at[1] not in self.released), texts)
        return [text for _, text in own if text]


def _bare(source: str) -> str:
    """Return a source as it is compared: without the marker of an answer in words, without space around it."""
    return _MARKER_LINE.sub("", source).strip()


def _page(template: str, **values: Any) -> str:
    page = _templates().get_template(template).render(**values)
    return " ".join(page.split())


def _code_cell(source: str, execution_count: object = None) -> RAW:
    count = execution_count if isinstance(execution_count, int) else None
    return {"cell_type": "code", "metadata": {}, "source": source, "execution_count": count, "outputs": []}


def _prose_cell(source: str) -> RAW:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _cut(text: str, most: int, mark: str) -> str:
    return text if len(text) <= most else f"{text[:most]}\n{mark} cut here, {len(text)} characters"


def _cut_output(output: RAW) -> RAW:
    """Return an output of ``notebook.clean_outputs``, cut where a page would be too long to be read."""
    made = dict(output)
    if isinstance(made.get("text"), str):
        made["text"] = _cut(made["text"], OUTPUT_CHARS, "…")
    if "data" in made:
        made["metadata"] = {
            kind: {"alt": "picture"} for kind in made["data"] if kind in IMAGES
        }  # for who cannot see it
        made["data"] = {
            kind: _cut(value, OUTPUT_CHARS, "…") if kind == "text/plain" else value
            for kind, value in made["data"].items()
        }
    if "traceback" in made:
        made["traceback"] = [_cut("\n".join(made["traceback"]), OUTPUT_CHARS, "…")]
    return made


def copy_timestamp(submitted: Path, autograded: Path) -> None:
    """Copy nbgrader's ``timestamp.txt``: by it ``nbgrader autograde`` knows whether a hand-in is a newer one."""
    source, target = submitted / "timestamp.txt", autograded / "timestamp.txt"
    if source.is_file() and not source.is_symlink() and source.stat().st_size < 1000:
        target.unlink(missing_ok=True)
        target.write_bytes(source.read_bytes())
    else:
        target.unlink(missing_ok=True)
