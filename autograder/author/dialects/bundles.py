"""Bundles of another tool's assignment: one per notebook, and one of them all where there are several (*trusted*)."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from autograder.bundle import Bundle, CheckSpec, check_file, digests
from autograder.foreign import FILE, Foreign, ForeignTest
from autograder.model import ManifestCell, Question
from autograder.several import names_in

NOTEBOOKS = "notebooks"
_CANNOT = '    from autograder.checks import review\n\n    review("this test cannot be run here")\n'


class Read(Protocol):
    """What a dialect's reader knows of one notebook."""

    @property
    def foreign(self) -> Foreign: ...
    @property
    def questions(self) -> tuple[Question, ...]: ...
    @property
    def checks(self) -> tuple[CheckSpec, ...]: ...
    @property
    def cells(self) -> tuple[ManifestCell, ...]: ...
    @property
    def imports(self) -> tuple[str, ...]: ...
    @property
    def title(self) -> str: ...


def write(
    folder: Path,
    assignment: str,
    read: dict[str, Read],
    side_files: dict[str, Path],
    *,
    limits: dict[str, float],
    preload: tuple[str, ...] = (),
    unable: Iterable[tuple[str, str, str]] = (),
) -> Bundle:
    """Write the bundle of an assignment into an empty folder; ``read`` are its notebooks, by name without .ipynb.

    ``unable`` are (notebook, question, name) of tests that cannot run anywhere: their points wait for a person.
    """
    waits = set(unable)
    single = len(read) == 1
    made: list[Bundle] = []
    for name, notebook in read.items():
        own = folder if single else folder / NOTEBOOKS / name
        others = tuple(other for other in read if other != name)
        made.append(_one(own, assignment, name, notebook, limits, preload, others, waits))
        copy(side_files, own / "public")
        made[-1] = finish(made[-1])
    if single:
        return made[0]
    bundle = Bundle(
        folder=folder,
        assignment=assignment,
        title=assignment,
        version="1",
        questions=(),
        checks=(),
        cells=tuple(cell for part in made for cell in part.cells),
        reference_cells=(),
        limits=limits,
        preload=preload,
        imports=tuple(sorted({name for part in made for name in part.imports})),
        notebooks=tuple(read),
    )
    names = names_in(bundle)
    bundle = replace(
        bundle,
        questions=tuple(
            replace(q, name=names[part.notebook][q.name]) for part in made for q in part.questions
        ),
        checks=tuple(
            replace(c, question=names[part.notebook][c.question]) for part in made for c in part.checks
        ),
    )
    (folder / "checks").mkdir()
    for part in made:  # for regrades, which compare what checks say; they are run from the parts
        for question, full in names[part.notebook].items():
            path = check_file(part.folder, question)
            if path.is_file():
                shutil.copy(path, check_file(folder, full))
    return finish(bundle)


def _one(
    folder: Path,
    assignment: str,
    name: str,
    read: Read,
    limits: dict[str, float],
    preload: tuple[str, ...],
    others: tuple[str, ...],
    waits: set[tuple[str, str, str]],
) -> Bundle:
    (folder / "checks").mkdir(parents=True)
    questions = dict.fromkeys(test.question for test in read.foreign.tests)
    titles = {(spec.question, spec.name): spec.title for spec in read.checks}
    for question in questions:
        tests = [test for test in read.foreign.tests if test.question == question]
        unable = {test.name for test in tests if (name, question, test.name) in waits}
        text = check_module(tests, titles, unable)
        check_file(folder, question).write_text(text, encoding="utf-8")
    write_foreign(folder, read.foreign)
    return Bundle(
        folder=folder,
        assignment=assignment,
        title=read.title or name,
        version="1",
        questions=read.questions,
        checks=read.checks,
        cells=read.cells,
        reference_cells=(),
        limits=limits,
        preload=preload,
        imports=read.imports,
        notebook=name,
        others=others,
    )


def write_foreign(folder: Path, foreign: Foreign) -> None:
    """Write a notebook's record into its bundle."""
    text = json.dumps(foreign.to_json(), indent=1, ensure_ascii=False)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def check_module(
    tests: list[ForeignTest], titles: dict[tuple[str, str], str], unable: Collection[str] = ()
) -> str:
    """Return a question's check file: a function per test, which asks the judge for the test by its names.

    A line of its own says which text the test has, so that a regrade sees a test that was changed.
    """
    lines = ['"""Made from another tool\'s tests; see foreign.json."""', ""]
    for test in tests:
        title = json.dumps(titles.get((test.question, test.name), test.question), ensure_ascii=False)
        said = json.dumps([test.code, [[e.source, e.want] for e in test.examples], test.call, test.seed])
        digest = hashlib.sha256(said.encode()).hexdigest()[:16]
        lines += ["", f"def {test.name}(foreign):", f"    {title}"]
        if test.name in unable:
            lines += _CANNOT.rstrip("\n").split("\n")
        else:
            lines.append(f"    foreign({test.question!r}, {test.name!r})  # text {digest}")
        lines += ["", f'"text {digest}"']
    return "\n".join(lines) + "\n"


def copy(files: dict[str, Path], target: Path) -> None:
    """Copy files, by their paths below ``target``."""
    for name, path in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target / name)


def finish(bundle: Bundle) -> Bundle:
    """Write ``bundle.json``, with the digests of what lies beside it."""
    digest, secret = digests(bundle)
    bundle = replace(bundle, digest=digest, secret=secret)
    data = json.dumps(bundle.to_json(), indent=1, sort_keys=True)
    (bundle.folder / "bundle.json").write_text(data + "\n", encoding="utf-8")
    return bundle
