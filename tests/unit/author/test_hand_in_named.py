"""What the source notebook's first cell says with ``hand_in(...)``, and what of it students get."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.author import embed, leaks, release
from autograder.author.release import Source
from autograder.bundle import Bundle
from autograder.errors import ReleaseError
from autograder.packing.records import Expected
from tests.conftest import make_mini_course


def test_calls_are_read_and_not_run() -> None:
    """Names, patterns and what about them, from plain values; other lines are not looked at."""
    text = (
        "# locked: first_cell\nfrom autograder.first_cell import *\n"
        'hand_in("model_weights.pt", model="MLP(2, 3)")\nprint("no")\n'
        'hand_in("a/*.csv", "b.csv", what="tables", logs=True, optional=True)\n'
    )
    assert embed.expected_files(text, "x") == (
        Expected(("model_weights.pt",), model="MLP(2, 3)"),
        Expected(("a/*.csv", "b.csv"), what="tables", logs=True, optional=True),
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("hand_in(NAME)", "plain texts and lists"),
        ("hand_in()", "no file is named"),
        ('hand_in("../x")', "no name of a file beside the notebook"),
        ('hand_in("x.pt", model="Net(")', "is no expression"),
        ('hand_in("x.pt", modell="Net()")', "modell is not known"),
        ('hand_in("x.pt", **about)', "plain texts and lists"),
    ],
)
def test_slip_refuses_the_release(call: str, said: str) -> None:
    """Where, what was found, what to do."""
    with pytest.raises(ReleaseError, match=r"mini\.ipynb, cell 'first_cell', line 3") as caught:
        embed.expected_files(
            f"# locked: first_cell\nimport this_is_not_run\n{call}", "mini.ipynb, cell 'first_cell'"
        )
    assert said in str(caught.value)
    assert "As in: hand_in(" in str(caught.value)


def first_cell_of(source: Source, bundle: Bundle) -> str:
    """Return the released first cell."""
    return str(release.make_release(source, bundle).cells[0].source)


def test_release_says_what_is_wanted_and_what_is_public_of_the_rest(tmp_path: Path) -> None:
    """A file that only a hidden check names stays unnamed until students read of it; both makers write the same cell."""
    source, folder, _ = make_mini_course(tmp_path)
    bundle = release.read_bundle(folder)
    assert "EXPECTED = []" in first_cell_of(source, bundle)
    source.notebook.cells[1].source += "\n\nHand in `model_weights.pt`."
    bundle = release.make_bundle(source, tmp_path / "second", limits={})
    assert "EXPECTED = [expectation('model_weights.pt')]" in first_cell_of(source, bundle)
    source.notebook.cells[0].source += '\nhand_in("model_weights.pt", model="MLP(2, 3)")'
    bundle = release.make_bundle(source, tmp_path / "third", limits={})
    text = first_cell_of(source, bundle)
    assert "EXPECTED = [expectation('model_weights.pt', model='MLP(2, 3)')]" in text
    assert text == next(c.source for c in bundle.cells if c.grade_id == "first_cell")
    assert f'BUNDLE = "{bundle.digest[:16]}"' in text
    assert leaks.find_leaks(source, {"cell 1": text}) == []
    assert "ANSWERS = {" in text
    assert "sum(v * v" not in text
