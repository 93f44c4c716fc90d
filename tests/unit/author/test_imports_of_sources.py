"""What a source notebook imports: found wherever it stands, and named where nobody provides it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell

from autograder import packages
from autograder.author import imports, lint, release
from autograder.author.source import Source
from tests.conftest import cell, new_source


def made(tmp_path: Path, *cells: Any) -> Source:
    """Return a source with some cells, in folders of its own."""
    notebook = new_source("Some imports")
    notebook.cells += cells
    folder = tmp_path / "source" / "some"
    folder.mkdir(parents=True)
    (tmp_path / "references" / "some" / "solution").mkdir(parents=True)
    return Source("some", folder / "some.ipynb", notebook, tmp_path / "references" / "some")


@pytest.mark.parametrize(
    "line",
    [
        "import einops",
        "import einops.layers.torch as layers, numpy",
        "from einops import rearrange",
        "def f():\n    from einops.layers.torch import Rearrange",
        "x = 1 if True else __import__('einops')",
        "import importlib\neinops = importlib.import_module('einops.layers')",
        "%matplotlib inline\n!ls\nimport einops",
        "try:\n    pass\nfinally:\n    import einops",
        "try:\n    import einops\nexcept ValueError:\n    pass",
        "try:\n    import other_one\nexcept ImportError:\n    import einops",
        "%%writefile predict.py\nimport einops",
    ],
)
def test_import_is_found_wherever_it_stands(tmp_path: Path, line: str) -> None:
    """In a function, by another form, beside IPython's own lines, in a script that a cell writes."""
    source = made(tmp_path, new_code_cell(line))
    assert "einops" in imports.needed(source)
    assert [f.rule for f in lint.missing_packages(source, ())] == ["packages"]
    assert list(lint.missing_packages(source, ("einops==0.8.2",))) == []


@pytest.mark.parametrize(
    "line",
    [
        "import torch, numpy as np, sklearn.metrics, PIL.Image, matplotlib.pyplot as plt",
        "import os, json, importlib.util",
        "import wandb\nfrom google.colab import drive\nfrom google import colab\nimport google.colab.files",
        "from autograder.checks import *",
        "try:\n    import einops\nexcept ImportError:\n    einops = None",
        "try:\n    import einops\nexcept (OSError, ModuleNotFoundError):\n    pass",
        "try:\n    import einops\nexcept:\n    pass\nelse:\n    import einops.layers",
        "from contextlib import suppress\nwith suppress(ImportError):\n    import einops",
        "text = 'import einops'  # import einops",
        "import beside, handed_in, written, helpers",
        "this is no Python",
    ],
)
def test_what_is_there_or_may_be_missing_is_no_finding(tmp_path: Path, line: str) -> None:
    """Built in, a stand-in, expected to be missing, or a file of the assignment's own."""
    source = made(tmp_path, new_code_cell(line), new_code_cell("%%writefile written.py\nx = 1"))
    (source.path.parent / "beside.py").write_text("x = 1\n")
    (source.references / "solution" / "handed_in.py").write_text("x = 1\n")
    assert list(lint.missing_packages(source, ())) == []
    assert "einops" not in imports.needed(source)


def test_import_of_another_google_library_is_named(tmp_path: Path) -> None:
    """Only google.colab has a stand-in."""
    source = made(tmp_path, new_code_cell("from google.cloud import storage"))
    (finding,) = lint.missing_packages(source, ())
    assert "imports google" in finding.what


@pytest.mark.parametrize("where", ["check", "hidden", "beside", "helpers"])
def test_import_is_found_outside_of_plain_cells(tmp_path: Path, where: str) -> None:
    """In a check, its hidden part, a released file, or the helpers."""
    text = "# check: q1\ndef test_a():\n    import einops\n"
    if where == "hidden":
        text = "# check: q1\n### BEGIN HIDDEN TESTS\nimport einops\n### END HIDDEN TESTS"
    source = made(tmp_path, *([cell("check", "q1", text, 1)] if where in ("check", "hidden") else []))
    if where == "beside":
        (source.path.parent / "nets.py").write_text("import einops\n")
    if where == "helpers":
        (source.references / "helpers.py").write_text("import einops\n")
    assert imports.lacking(source, ()).keys() == {"einops"}


def test_finding_says_what_to_write(tmp_path: Path) -> None:
    """With the version that is installed here; else to install it."""
    source = made(tmp_path, new_code_cell("import einops, not_there_at_all"))
    here, absent = lint.missing_packages(source, ())
    assert here.to_do.endswith(f'c.Autograder.packages = ["einops=={packages.installed("einops")}"].')
    assert absent.to_do.endswith("and install it here.")


def test_what_a_package_needs_is_provided_with_it(tmp_path: Path) -> None:
    """hypothesis brings sortedcontainers, which the lock has not."""
    source = made(tmp_path, new_code_cell("import sortedcontainers"))
    assert imports.lacking(source, ()).keys() == {"sortedcontainers"}
    assert imports.lacking(source, ("hypothesis>=6",)) == {}
    assert imports.used_packages(source, ("einops", "hypothesis>=6")) == ("hypothesis>=6",)


def test_bundle_records_and_warms_what_is_imported(tmp_path: Path, mini: tuple[Source, Path, Any]) -> None:
    """And its digest changes with a package that it uses, not with one that it does not."""
    plain = release.make_bundle(mini[0], tmp_path / "plain", limits={})
    assert plain.imports == ("numpy", "torch")
    assert plain.packages == plain.preload == ()
    other = release.make_bundle(mini[0], tmp_path / "other", limits={}, packages=("einops==0.8.2",))
    assert (other.packages, other.digest) == ((), plain.digest)
    mini[0].notebook.cells.append(extra := new_code_cell("import einops"))
    try:
        using = release.make_bundle(mini[0], tmp_path / "using", limits={}, packages=("einops==0.8.2",))
    finally:
        mini[0].notebook.cells.remove(extra)
    assert (using.imports, using.packages) == (("einops", "numpy", "torch"), ("einops==0.8.2",))
    assert using.preload == ("einops",)
    assert using.digest != plain.digest


def test_module_that_starts_a_thread_or_fails_is_not_warmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread would not survive the fork that follows."""
    assert imports.forkable("json")
    assert not imports.forkable("not_there_at_all")
    thread = "import threading, time; threading.Thread(target=time.sleep, args=[60], daemon=True).start()\n"
    monkeypatch.setattr(imports, "_PROBE", thread + imports._PROBE)
    assert not imports.forkable("json")
