"""How the files of a hand-in are arranged around its notebook, and what an archive's names may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder import messages
from autograder.bundle import wanted_files
from autograder.sandbox import hand_in, unpack

WANTED = ("model_weights.pt", "predict.py")


def arranged(*names: str, notebook: str = "") -> hand_in.Layout:
    """Arrange files of these names around a notebook, by default the first one."""
    files = [hand_in.File(Path("/in") / name, Path(name)) for name in names]
    chosen = next(
        (f for f in files if str(f.name) == notebook or (not notebook and hand_in.is_notebook(f.name))), None
    )
    return hand_in.arrange(files, chosen, WANTED)


def targets(layout: hand_in.Layout) -> dict[str, str]:
    """Return target -> the name it was packed with."""
    return {str(f.name): str(f.path.relative_to("/in")) for f in layout.files}


@pytest.mark.parametrize(
    ("names", "target", "source"),
    [
        (("a.ipynb", "model_weights.pt"), "model_weights.pt", "model_weights.pt"),
        (("w/a.ipynb", "w/model_weights.pt"), "model_weights.pt", "w/model_weights.pt"),
        (("w/v/a.ipynb", "w/x/model_weights.pt"), "model_weights.pt", "w/x/model_weights.pt"),
        (("w/a.ipynb", "model_weights.pt"), "model_weights.pt", "model_weights.pt"),
        (
            ("a.ipynb", "model_weights (2).pt", "model_weights (10).pt"),
            "model_weights.pt",
            "model_weights (10).pt",
        ),
        (("a.ipynb", "model_weights(1).pt"), "model_weights.pt", "model_weights(1).pt"),
        (("a.ipynb", "model_weights (1) (2).pt"), "model_weights.pt", "model_weights (1) (2).pt"),
        (("a.ipynb", "Copy of model_weights.pt"), "model_weights.pt", "Copy of model_weights.pt"),
        (("a.ipynb", "model-weights.pt"), "model_weights.pt", "model-weights.pt"),
        (("a.ipynb", "model weights copy 2.pth"), "model_weights.pt", "model weights copy 2.pth"),
        (
            ("a.ipynb", "x/model_weights (1).safetensors"),
            "model_weights.safetensors",
            "x/model_weights (1).safetensors",
        ),
        (("a.ipynb", "model_weights.pt (1)"), "model_weights.pt", "model_weights.pt (1)"),
        (("a.ipynb", "x/predict.py", "x/model.py"), "model.py", "x/model.py"),
        (("n/a.ipynb", "runs/1.jsonl"), "runs/1.jsonl", "runs/1.jsonl"),
        (("p/n/a.ipynb", "p/runs/1.jsonl"), "runs/1.jsonl", "p/runs/1.jsonl"),
    ],
)
def test_file_gets_the_name_by_which_it_is_asked_for(names, target, source):
    """Whatever folder and copy it comes as."""
    assert targets(arranged(*names))[target] == source


def test_exact_name_wins_and_the_others_are_told():
    """A file of the right name beside the notebook is never replaced."""
    layout = arranged("a.ipynb", "model_weights.pt", "model_weights (1).pt", "old/model_weights.pt")
    assert targets(layout)["model_weights.pt"] == "model_weights.pt"
    assert layout.notices == ["model_weights.pt was read; model_weights (1).pt beside it counts for nothing"]


def test_ordinary_hand_in_gets_no_notice():
    """Nor does one of two kinds of weights, whose order is known, in one folder."""
    for names in (
        ("a.ipynb", "model_weights.pt", "predict.py", "runs/1.jsonl"),
        ("a.ipynb",),
        ("w/a.ipynb", "w/x.csv"),
    ):
        assert arranged(*names).notices == []


@pytest.mark.parametrize(
    "name",
    ["../x", "/x", "a/../../x", "..\\x", "C:\\x", "C:/x", "", "/", "x\0y", "a/" * 9 + "x", "n" * 201],
)
def test_name_in_an_archive_that_leads_outside_is_none(name):
    """Or is too long, too deep, or no name."""
    assert unpack.inside(name) is None


def test_name_in_an_archive_is_plain():
    """Points and doubled separators fall away."""
    assert unpack.inside("./a//b\\c.txt") == ["a", "b", "c.txt"]


def test_files_that_checks_ask_for_are_found_in_them(tmp_path):
    """Constants only, in checks and in helpers."""
    (tmp_path / "checks").mkdir()
    (tmp_path / "references").mkdir()
    (tmp_path / "checks" / "q1.py").write_text(
        "def test_x(student, Net):\n    student.load_weights(Net(), 'model_weights.pt')\n"
        "    student.run_script('predict.py', ['--data', 'x.gz'])\n    student.read_file(name)\n"
    )
    (tmp_path / "references" / "helpers.py").write_text(
        "def f(student):\n    return student.read_file('notes.txt')\n"
    )
    assert wanted_files(tmp_path) == ("model_weights.pt", "predict.py", "notes.txt")


def test_terminal_codes_leave_nothing_of_themselves_in_a_sentence():
    """Colours, links and titles; a bracket of the student's own stays."""
    text = "\x1b[31mred\x1b[0m \x1b]8;;https://example.org\x07link\x1b]8;;\x07 [31m own"
    assert messages.safe(text) == "red link [31m own"
