"""The instructor's Python files beside a notebook."""

from __future__ import annotations

from pathlib import Path

from autograder.author.dialects.own_modules import OwnModules

FILES = {
    "public_tests.py": "import numpy as np\nfrom helpers.more import *\n_hidden = 1\n"
    "def sigmoid_test(target):\n    inner = 1\n\nclass Colors:\n    red = 1\n\nLIMIT = 3\n",
    "helpers/__init__.py": "",
    "helpers/more.py": "import pandas\n__all__ = ['check']\ndef check(): pass\ndef other(): pass\n",
    "data.csv": "a,b\n",
    "my notes.py": "x = 1\n",
}


def test_star_import_of_an_own_module_binds_its_names(tmp_path: Path) -> None:
    """Nothing is imported to find out; what a module has from another is told by its origin."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    own = OwnModules.beside({name: tmp_path / name for name in FILES})
    assert dict(own.star("public_tests")) == {
        "np": "numpy",
        "check": "helpers.more:check",
        "sigmoid_test": "public_tests:sigmoid_test",
        "Colors": "public_tests:Colors",
        "LIMIT": "public_tests:LIMIT",
    }
    assert dict(own.star("helpers")) == {}
    assert own.has("helpers.more:check") and own.has("helpers") and not own.has("numpy")
    assert own.owns("helpers") and not own.owns("torch")
    assert own.libraries({"public_tests:sigmoid_test"}) == {"numpy", "pandas"}
