"""Notebooks that went through other editors, graded: the untouched one's score, whatever was done to them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder import editors as undone
from autograder import notebook
from autograder.author import release, validate
from autograder.bundle import read_bundle
from autograder.engine.batch import EngineOptions, Job, grade_many
from autograder.model import GradingResult
from tests import editors

pytest.importorskip("nbgrader")
ROOT = Path(__file__).parents[2]
WEEK1 = "week1-mlp"
CHANGES = {f"{c.editor}: {c.what}": c for c in editors.CHANGES}
# Of the small course: files and refusals, which need no cells, and a few of the rest.
HANDFUL = [n for n, c in CHANGES.items() if c.says or n.startswith(("a ", "Git", "Kaggle", "Deepnote", "Colab: cells"))]  # fmt: skip


def answered(source: release.Source, released: Any) -> editors.Data:
    """Return the solution's notebook, each answer with what it was at release."""
    found = editors.loads(nbformat.writes(release.solution_notebook(source, released)))
    for cell, before in zip(found["cells"], released.cells, strict=True):
        cell["source"] = "\n".join(line for line in cell["source"].split("\n") if "canary" not in line)
        if editors.kind_of(cell) == "answer" and cell["source"] != before.source:
            cell["metadata"]["released"] = before.source
    return found


def grade(
    source: release.Source, bundle: Path, hand_ins: dict[str, editors.Files], folder: Path
) -> dict[str, GradingResult]:
    """Grade hand-ins, with the solution's files beside them, in one engine."""
    jobs = []
    for number, files in enumerate(hand_ins.values()):
        place = folder / str(number)
        place.mkdir()
        for path in (source.references / "solution").iterdir():
            (place / path.name).write_bytes(path.read_bytes())
        for name, content in files.items():
            (place / name).write_bytes(content)
        jobs.append(Job(str(number), place))
    options = EngineOptions(bundle)
    done = {int(job.name): result for job, result in grade_many(options, jobs, workers=1)}
    return {name: done[number] for number, name in enumerate(hand_ins)}


def plainly(text: str) -> str:
    """Return a sentence without the names of files and the numbers of lines."""
    return re.sub(r"\(line \S+\)", "", re.sub(r"found: .*?\. (?=[A-Z])", "", text))


def verdicts(result: GradingResult) -> list[tuple[str, str, str, float]]:
    """Return what was concluded of every check."""
    assert result.graded, (result.notices, result.staff_notes)
    return [(c.question, c.name, c.outcome.value, c.score) for c in result.checks]


def test_handful_of_changed_notebooks_gets_the_score_or_the_sentence(
    mini: tuple[release.Source, Path, Any], tmp_path: Path
) -> None:
    """Every form of file, every refusal, and what Kaggle and Deepnote do, in the small course."""
    tmp_path.chmod(0o711)
    source, bundle, released = mini
    plain = answered(source, released)
    hand_ins = {name: CHANGES[name].files(plain) for name in HANDFUL}
    results = grade(source, bundle, {"untouched": {"mini.ipynb": editors.dumps(plain)}, **hand_ins}, tmp_path)
    wanted = verdicts(results.pop("untouched"))
    assert {outcome for *_, outcome, _ in wanted} == {"passed"}
    for name, result in results.items():
        notices = plainly(" ".join(result.notices))
        if CHANGES[name].says:
            assert not result.graded, name
            assert plainly(CHANGES[name].says) in notices, name
            assert not result.staff_notes
        else:
            assert verdicts(result) == wanted, name
            assert CHANGES[name].note in notices


@pytest.mark.slow
def test_week_1_gets_its_score_after_every_change(tmp_path: Path) -> None:
    """In one engine; changes after which the same cells run in the same order are graded once."""
    tmp_path.chmod(0o711)
    source = release.read_source(ROOT / "source", ROOT / "references", WEEK1)
    bundle = release.make_bundle(source, tmp_path / "bundle", limits={})
    variant = validate.Variant(name="right-x", right=True, blocks={}, expected={})
    released = release.make_release(source, bundle)
    plain = answered(source, released)
    shown = {c.metadata.get("nbgrader", {}).get("grade_id") or c.id for c in validate.variant_notebook(released, variant).cells}  # fmt: skip
    plain["cells"] = [c for c in plain["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id", c["id"]) in shown]  # fmt: skip
    manifest = list(read_bundle(bundle.folder).cells)
    alike: dict[str, str] = {}
    for name, change in CHANGES.items():
        if not change.says and name not in HANDFUL:
            (content,) = change.files(plain).values()
            cells, _ = notebook.restore(undone.undo(notebook.parse(content), manifest), manifest)
            alike.setdefault(
                repr([(c.kind, c.source) for c in cells if c.run and c.cell_type == "code"]), name
            )
    (tmp_path / "in").mkdir(mode=0o711)
    hand_ins = {name: CHANGES[name].files(plain) for name in alike.values()}
    untouched = {"untouched": {f"{WEEK1}.ipynb": editors.dumps(plain)}}
    results = grade(source, bundle.folder, untouched | hand_ins, tmp_path / "in")
    wanted = verdicts(results.pop("untouched"))
    assert {outcome for *_, outcome, _ in wanted} == {"passed"}
    odd = {name: [v for v in verdicts(r) if v not in wanted] for name, r in results.items()}
    assert {name: found for name, found in odd.items() if found} == {}
    assert len(results) >= 10
