"""Cells of any author, read as Python."""

from __future__ import annotations

import ast

import pytest

from autograder.author.dialects.python_cells import bound_by, free_in, imports_of, plain


@pytest.mark.parametrize(
    ("source", "wanted", "loud"),
    [
        ("%%time\nassert f(1) == 1", "assert f(1) == 1", ()),
        ("%matplotlib inline\nassert x", "pass\nassert x", ()),
        ("if x:\n    %timeit -n 3 f(2)", "if x:\n    f(2)", ("%timeit",)),
        ("!pip install x\nassert y", "pass\nassert y", ("!pip",)),
        ("files = !ls\nassert files", "files = None\nassert files", ("!ls",)),
        ("x = '''\n%time is money\n!'''", "x = '''\n%time is money\n!'''", ()),
        ("f?", "pass", ()),
    ],
)
def test_plain_takes_magics_out(source: str, wanted: str, loud: tuple[str, ...]) -> None:
    """What a magic times is run; what it sets is left out; a line in a string is none."""
    found = plain(source)
    assert (found.source.strip(), found.loud, found.error) == (wanted, loud, "")


def test_plain_says_what_is_no_python() -> None:
    """A cell of another language, or one that cannot be parsed, is told, not guessed."""
    assert "%%bash" in plain("%%bash\nls").error
    assert "line 2" in plain("x = 1\nassert (x").error


def test_free_in_sees_a_name_that_is_used_before_it_is_bound() -> None:
    """``del squares`` and ``squares = kept`` around a test do not make the name the test's own."""
    source = (
        "kept = squares\ndel squares\nassert throws(lambda: total(1), NameError)\nsquares = kept\nprint(kept)"
    )
    assert free_in(source) == {"squares", "throws", "total"}
    assert free_in("x = 3\nassert f(x) == x\nfor _ in range(2):\n    assert g(_)") == {"f", "g"}


def test_bound_by_leaves_the_insides_of_functions_and_comprehensions() -> None:
    """Only what a notebook would have afterwards counts."""
    source = "def f(a):\n    b = 1\nc = [d for d in ()]\nwith open('x') as e:\n    g = 1\nimport os.path as p"
    body = ast.parse(source).body
    assert bound_by(body) == {"f", "c", "e", "g"}
    assert bound_by(body, imports=True) == {"f", "c", "e", "g", "p"}


def test_imports_of_names_modules_and_attributes() -> None:
    """As the trusted side has to find them."""
    source = "%matplotlib inline\nimport os.path\nimport numpy as np\nfrom math import sqrt as root\nfrom string import *"
    found = dict(imports_of(source))
    assert found["os"] == "os"
    assert found["np"] == "numpy"
    assert found["root"] == "math:sqrt"
    assert found["digits"] == "string:digits"
