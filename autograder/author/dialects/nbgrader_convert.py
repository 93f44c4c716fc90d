"""Run nbgrader's own ``generate_assignment`` into a scratch folder (*trusted*).

nbgrader's converter, steps and configuration do all of it: the release is nbgrader's. Beside it two states of each
notebook are kept: as the instructor wrote it (header and tests put in), and as nbgrader saves it in its gradebook.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import logging
import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from autograder.author.dialects.nbgrader_refusals import (
    KERNELS,
    complaints,
    is_python,
    notes_of,
    quiet,
    words_of,
)
from autograder.gradebook import nbgrader_module

if TYPE_CHECKING:
    from autograder.config import CourseConfig

Notebook = Any  # nbformat.NotebookNode
_GUARD = (
    "autograder.author.guard.GuardChecks"  # for checks of ours; it would make every test cell of others raise
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One notebook on its way: as its author wrote it, as nbgrader's gradebook keeps it, and as it was released."""

    name: str  # without .ipynb
    written: Notebook
    saved: Notebook
    released: Notebook


@dataclass(slots=True)
class Converted:
    """What ``generate_assignment`` made of an assignment."""

    folder: Path  # all that nbgrader writes
    notebooks: list[Kept] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # file name: which cell, what was found, what to do
    notes: list[str] = field(default_factory=list)


def nbgrader_config(course: CourseConfig) -> Any:
    """Return the course's configuration as nbgrader's own commands load it."""
    app = nbgrader_module("nbgrader.apps.baseapp").NbGrader(log_level=logging.CRITICAL)
    with _in_folder(course.home), quiet():
        app.initialize([], root=str(course.home))
    return app.config


def convert(course: CourseConfig, assignment: str, folder: Path) -> Converted:
    """Convert an assignment's notebooks into ``folder``; a notebook that nbgrader refuses costs only itself."""
    import nbformat

    config = nbgrader_config(course)
    made = Converted(folder)
    written: dict[str, Notebook] = {}
    saved: dict[str, Notebook] = {}
    base: Any = nbgrader_module("nbgrader.converters").GenerateAssignment

    class Converter(base):  # type: ignore[misc]
        """nbgrader's, with its own errors kept per notebook."""

        _output_directory = str(folder.parent)

        def convert_single_notebook(self, notebook_filename: str) -> None:
            name = Path(notebook_filename).name
            if problem := _unreadable(Path(notebook_filename), made):
                made.refused[name] = problem
                return
            try:
                super().convert_single_notebook(notebook_filename)
            except Exception as error:  # noqa: BLE001  whatever it is, it is this notebook's
                made.refused[name] = words_of(name, error)

        def init_assignment(self, assignment_id: str, student_id: str) -> None:
            self.no_database = True  # it is written when everything is proven; see ``record``
            super().init_assignment(assignment_id, student_id)

        def _clean_old_notebooks(self, *_: object) -> None:
            pass

    coursedir = nbgrader_module("nbgrader.coursedir").CourseDirectory(config=config)
    coursedir.root, coursedir.assignment_id = str(course.root), assignment
    converter = Converter(coursedir=coursedir, config=config)
    converter.preprocessors = _steps(list(converter.preprocessors), written, saved)
    if not any((course.source / assignment).glob("*.ipynb")):
        return made  # nbgrader would stop there
    with quiet(), _kernels_ended(), _same_ids():
        converter.start()
    for path in sorted(folder.glob("*.ipynb")):
        if path.stem in written and path.stem in saved:
            released = nbformat.read(path, as_version=4)
            made.notebooks.append(Kept(path.stem, written[path.stem], saved[path.stem], released))
    for name in made.refused:
        (folder / name).unlink(missing_ok=True)
    return made


def _unreadable(path: Path, made: Converted) -> str:
    """Return why a notebook cannot be converted, or nothing; note what was upgraded."""
    found = complaints(path)
    made.notes += notes_of(path) if not found else []
    return "\n".join(found)


def _steps(steps: list[Any], written: dict[str, Notebook], saved: dict[str, Notebook]) -> list[Any]:
    """Return nbgrader's steps with ours between them: one to upgrade, two to keep what they leave."""
    preprocessor: Any = nbgrader_module("nbconvert.preprocessors").Preprocessor
    validator: Any = nbgrader_module("nbgrader.nbgraderformat").MetadataValidator

    class Upgrade(preprocessor):  # type: ignore[misc]
        enabled = True

        def preprocess(self, nb: Notebook, resources: Any) -> tuple[Notebook, Any]:
            validator().upgrade_notebook_metadata(nb)
            kernel = nb.metadata.get("kernelspec", {})
            if kernel and is_python(nb) and kernel.get("name") not in KERNELS:  # as InstantiateTests knows it
                resources["autograder_kernel"] = kernel.get("name")
                nb.metadata["kernelspec"] = {**kernel, "name": "python3"}
            return nb, resources

    class KeepWritten(preprocessor):  # type: ignore[misc]
        enabled = True

        def preprocess(self, nb: Notebook, resources: Any) -> tuple[Notebook, Any]:
            if (name := resources.pop("autograder_kernel", None)) is not None:
                nb.metadata["kernelspec"]["name"] = name
            written[resources["nbgrader"]["notebook"]] = copy.deepcopy(nb)
            return nb, resources

    class KeepSaved(preprocessor):  # type: ignore[misc]
        enabled = True

        def preprocess(self, nb: Notebook, resources: Any) -> tuple[Notebook, Any]:
            saved[resources["nbgrader"]["notebook"]] = copy.deepcopy(nb)
            return nb, resources

    names = [_name(step) for step in steps]
    made: list[Any] = [Upgrade]
    for step, name in zip(steps, names, strict=True):
        if name == "ClearSolutions":
            made.append(KeepWritten)
        if name == "SaveCells":
            made.append(KeepSaved)
        elif step != _GUARD and name != "GuardChecks":
            made.append(step)
    if "ClearSolutions" not in names:
        made.append(KeepWritten)
    if "SaveCells" not in names:
        made.insert(made.index(KeepWritten) + 1, KeepSaved)
    return made


def _name(step: Any) -> str:
    return step.rpartition(".")[2] if isinstance(step, str) else str(step.__name__)


def record(course: CourseConfig, assignment: str, notebooks: list[Kept]) -> None:
    """Tell nbgrader's gradebook about the assignment, as ``generate_assignment`` does.

    Raises
    ------
    UsageError
        If hand-ins are recorded already and the set of cells differs from theirs.
    """
    from autograder.errors import UsageError
    from autograder.gradebook import open_gradebook, told_as_refusal

    steps = nbgrader_module("nbgrader.preprocessors")
    due = course.due_dates.get(assignment)
    with open_gradebook(course.db_url, course.course_id) as gradebook:
        gradebook.update_or_create_assignment(assignment, **({"duedate": due} if due else {}))
        known = gradebook.find_assignment(assignment)
        gone = {n.name for n in known.notebooks} - {kept.name for kept in notebooks}
        for name in gone if not known.submissions else ():
            gradebook.remove_notebook(name, assignment)
    for kept in notebooks:
        where = {"notebook": kept.name, "assignment": assignment, "db_url": course.db_url}
        try:
            with told_as_refusal(course.db_url), quiet():
                steps.SaveCells().preprocess(copy.deepcopy(kept.saved), {"nbgrader": where})
        except RuntimeError as error:
            raise UsageError(
                f"{kept.name}.ipynb: {error}; the gradebook keeps its cells. Give the assignment a new name."
            ) from error


@contextlib.contextmanager
def _in_folder(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _same_ids() -> Iterator[None]:
    """Let cells that have no id of their own, as a header's, get the same one at each release, not a new one."""
    words, numbers = nbgrader_module("nbformat.corpus.words"), itertools.count()
    before = words.uuid
    words.uuid = SimpleNamespace(uuid4=lambda: uuid.uuid5(uuid.NAMESPACE_URL, f"cell {next(numbers)}"))
    try:
        yield
    finally:
        words.uuid = before


@contextlib.contextmanager
def _kernels_ended() -> Iterator[None]:
    """End the kernels that AUTOTEST starts: nbgrader leaves one running when a cell of the notebook raises."""
    module = nbgrader_module("nbgrader.preprocessors.instantiatetests")
    start, managers = module.start_new_kernel, []

    def started(**options: Any) -> Any:
        manager, client = start(**{"stderr": subprocess.DEVNULL, **options})
        managers.append(manager)
        return manager, client

    module.start_new_kernel = started
    try:
        yield
    finally:
        module.start_new_kernel = start
        for manager in managers:
            with contextlib.suppress(Exception):
                if manager.is_alive():
                    manager.shutdown_kernel(now=True)
