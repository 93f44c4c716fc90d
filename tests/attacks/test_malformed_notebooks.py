"""Notebooks that are none, or odd ones: refused with a reason and without a score, or read all the same."""

from __future__ import annotations

import json

import nbformat
import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py


def notebook(**changes: object) -> bytes:
    """Return a small notebook as bytes, with top-level keys replaced."""
    cell = {"cell_type": "code", "source": "x = 1", "metadata": {}, "outputs": [], "execution_count": None}
    return json.dumps(
        {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **changes}
    ).encode()


DEEP = "[" * 900 + "]" * 900
REFUSED = {
    "empty": (b"", "the file is empty"),
    "white space": (b"  \n", "the file is empty"),
    "nested lists": (b"[" * 100_000, "it is "),
    "nested lists, closed": (b"[" * 100_000 + b"]" * 100_000, "it is nested too deeply"),
    "many lists": (b"[" + b"[]," * 2_100_000 + b"[]]", "it holds too many lists"),
    "top-level list": (b"[]", "it is JSON, but not a notebook"),
    "number": (b"1", "it is JSON, but not a notebook"),
    "long number": (b'{"nbformat": ' + b"1" * 5000 + b"}", "it is not valid JSON"),
    "no cells": (notebook(cells=[]), "it has no cells"),
    "cells is null": (notebook(cells=None), "it has no cells"),
    "cells is a dict": (notebook(cells={"0": 1}), "it has no cells"),
    "no readable cell": (notebook(cells=[1, None, [], {"cell_type": "evil"}]), "it has no cells"),
    "no keys": (b"{}", "it has no cells"),
    "duplicate key": (b'{"cells": [1], "nbformat": 4, "cells": []}', "the key 'cells' stands in it twice"),
    "version 3": (
        notebook(nbformat=3),
        "it has the old format 3; open it in Jupyter or Colab and save it once",
    ),
    "version 99": (notebook(nbformat=99), "it says format 99; format 4 is read"),
    "version true": (notebook(nbformat=True), "it "),
    "deep version": (b'{"cells": [{}], "nbformat": ' + DEEP.encode() + b"}", "it "),
    "text version": (notebook(nbformat="<script>4</script>"), "it says format <script>4…; format 4 is read"),
    "cut short": (notebook()[:-40], "it is not valid JSON (line 1), as after a download that was cut short"),
    "merge conflict": (
        b'{\n<<<<<<< HEAD\n"cells": []\n=======\n"cells": [1]\n>>>>>>> x\n}',
        "it holds the marks of a Git merge conflict",
    ),
    "web page": (b"<!doctype html><html></html>", "it is a web page, not a notebook"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "it is a PDF"),
    "zip": (b"PK\x03\x04" + bytes(100), "it is an archive that has a notebook's name"),
    "script": (b"# coding: utf-8\nx = 1\n", "it is no notebook but plain text"),
    "too many cells": (notebook(cells=[{"cell_type": "code", "source": ""}] * 2001), "it has 2001 cells"),
    "too large": (b'{"x": "' + b"y" * (41 << 20) + b'"}', "it has more than 40 MB"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_notebook_is_refused_with_a_reason(grade_folder, kind):
    """No score, no trace of a parser, one sentence that says what to do."""
    content, reason = REFUSED[kind]
    verdict = grade_folder({"mini.ipynb": content})
    assert verdict.is_refused_without_score
    assert verdict.notices.startswith(f"cannot read this notebook: {reason}")
    assert "Traceback" not in verdict.visible_bytes.decode()
    assert not verdict.staff


def test_other_notebook_is_refused(grade_folder):
    """It reads, but has none of this assignment's cells."""
    verdict = grade_folder({"mini.ipynb": notebook()})
    assert verdict.is_refused_without_score
    assert verdict.notices == "this notebook has none of this assignment's cells. Is it the right file?"


def test_nothing_is_refused(grade_folder):
    """An empty hand-in, and one with the wrong file."""
    assert grade_folder({}).notices.startswith("no notebook (.ipynb) was handed in; found: nothing")
    verdict = grade_folder({"mini.pdf": b"%PDF", "link.url": b"x"})
    assert verdict.is_refused_without_score
    assert verdict.notices.startswith("no notebook (.ipynb) was handed in; found: link.url, mini.pdf")


@pytest.fixture
def hand_in(grade_folder, solution, mini):
    """Grade the solution's bytes after a change."""
    weights = (mini[0].references / "solution" / "model_weights.safetensors").read_bytes()

    def run(change, name="mini.ipynb", **more):
        content = change(nbformat.writes(solution()))
        content = content if isinstance(content, bytes) else content.encode()
        return grade_folder({name: content, "model_weights.safetensors": weights, **more})

    return run


READ = {
    "BOM": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CRLF in sources": lambda text: text.replace("\\n", "\\r\\n"),
    "no version": lambda text: json.dumps(
        {k: v for k, v in json.loads(text).items() if not k.startswith("nbformat")}
    ),
    "Latin-1": lambda text: json.dumps(json.loads(text)).replace("# Mini", "# Miní").encode("latin-1"),
    "emoji": lambda text: text.replace("# Mini", "# Mini 🧬"),
    "surrogate": lambda text: text.replace("# Mini", "# Mini \\ud83d"),
    "NaN": lambda text: text.replace('"nbformat": 4', '"x": NaN, "nbformat": 4'),
    "string sources": lambda text: json.dumps(_joined(json.loads(text))),
    "null metadata": lambda text: json.dumps({**json.loads(text), "metadata": None}),
    "odd cells between": lambda text: json.dumps(_with_odd_cells(json.loads(text))),
}


def _joined(data):
    for cell in data["cells"]:
        cell["source"] = "".join(cell["source"])
    return data


def _with_odd_cells(data):
    data["cells"][1:1] = [
        None,
        3,
        {},
        {"cell_type": 5},
        {"cell_type": "raw", "source": 7},
        {"cell_type": "code"},
    ]
    return data


@pytest.mark.parametrize("kind", READ)
def test_unlucky_encoding_is_read(hand_in, kind):
    """What can be read without doubt is graded."""
    assert hand_in(READ[kind]).lost == {}


def test_notebook_among_others_is_found(hand_in):
    """The one that has the assignment's cells, wherever it lies and whatever it is called."""
    verdict = hand_in(
        lambda text: text,
        name="sub/Kopie von mini (1).ipynb",
        **{"mini.ipynb": notebook(), "bad.ipynb": b"x"},
    )
    assert verdict.lost == {}
    assert verdict.notices == "several notebooks were handed in; sub/Kopie von mini (1).ipynb was graded"


def test_checkpoints_are_not_taken_for_the_notebook(hand_in):
    """Jupyter's own copies lie beside it."""
    verdict = hand_in(lambda text: text, **{".ipynb_checkpoints/mini-checkpoint.ipynb": notebook()})
    assert verdict.lost == {}
    assert verdict.notices == ""


def test_another_weeks_notebook_is_not_graded(grade_folder):
    """Every week has a q1: the checks in its cells tell whose it is, and a slip is no zero."""
    cells = [
        {"cell_type": "code", "source": f"# {kind}: {name}\n{text}", "metadata": {}, "outputs": []}
        for kind, name, text in (
            ("answer", "q1_answer", "def one_hot(seq):\n    return seq"),
            ("check", "q1", "def test_one_hot(one_hot):\n    pass\n\ncheck(test_one_hot)"),
            ("check", "q2", "def test_another(one_hot):\n    pass"),
        )
    ]
    verdict = grade_folder({"mini.ipynb": notebook(cells=cells)})
    assert verdict.is_refused_without_score
    assert verdict.notices == "this notebook has none of this assignment's cells. Is it the right file?"
