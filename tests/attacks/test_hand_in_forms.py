"""However a hand-in is packed: what can be understood is graded, with a notice where it was guessed, or told what to do."""

from __future__ import annotations

import io
import json
import os
import stat
import tarfile
import zipfile

import nbformat
import pytest

from tests.attacks.test_weights_unlucky import good, saved  # noqa: F401  a fixture

HONEST_ONCE = True  # variants of one kind: see conftest.py

UNZIP = "Next time hand in the files themselves"


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    """Return a .tar.gz."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


@pytest.fixture
def book(solution) -> bytes:
    """The notebook of a perfect student."""
    return nbformat.writes(solution()).encode()


@pytest.fixture
def untouched(mini) -> bytes:
    """The notebook as it was released."""
    return nbformat.writes(mini[2]).encode()


@pytest.fixture
def weights(good) -> bytes:  # noqa: F811
    """The right weights, as torch saves them."""
    return saved(good)


FORMS = {
    "one folder around": lambda n, w: {"week3a/mini.ipynb": n, "week3a/model_weights.pt": w},
    "two folders around": lambda n, w: {
        "submissions/anna_12/mini.ipynb": n,
        "submissions/anna_12/model_weights.pt": w,
    },
    "two folders": lambda n, w: {"notebook/mini.ipynb": n, "weights/model_weights.pt": w},
    "two folders in one": lambda n, w: {"x/notebook/mini.ipynb": n, "x/weights/model_weights.pt": w},
    "weights above": lambda n, w: {"notebook/mini.ipynb": n, "model_weights.pt": w},
    "weights below": lambda n, w: {"mini.ipynb": n, "weights/model_weights.pt": w},
    "weights two below": lambda n, w: {"mini.ipynb": n, "content/drive/model_weights.pt": w},
    "Mac": lambda n, w: {
        "a/mini.ipynb": n,
        "a/model_weights.pt": w,
        "__MACOSX/a/._mini.ipynb": b"\0\5\x16\7",
        "__MACOSX/a/._model_weights.pt": b"\0\5\x16\7",
        "a/._model_weights.pt": b"\0",
        "._mini.ipynb": b"\0",
        ".DS_Store": b"\0",
    },
    "second download": lambda n, w: {"mini.ipynb": n, "model_weights (1).pt": w},
    "third download": lambda n, w: {"mini.ipynb": n, "model_weights (1).pt": b"", "model_weights (2).pt": w},
    "copy": lambda n, w: {"mini.ipynb": n, "model_weights - Copy.pt": w},
    "Kopie": lambda n, w: {"mini.ipynb": n, "Kopie von model_weights.pt": w},
    "pth": lambda n, w: {"mini.ipynb": n, "model_weights.pth": w},
    "pth below": lambda n, w: {"mini.ipynb": n, "out/model_weights (1).pth": w},
    "capitals": lambda n, w: {"mini.ipynb": n, "Model_Weights.PT": w},
    "a browser's suffix": lambda n, w: {"mini.ipynb": n, "model_weights.pt.zip": w},
    "taken for a zip": lambda n, w: {"mini.ipynb": n, "model_weights.zip": w},
    "taken for a text": lambda n, w: {"mini.ipynb.txt": n, "model_weights.pt.txt": w},
    "another name": lambda n, w: {"mini.ipynb": n, "best_model.pt": w},
    "a zip": lambda n, w: {"all.zip": packed({"mini.ipynb": n, "model_weights.pt": w})},
    "a zip with a folder": lambda n, w: {"all.zip": packed({"w/mini.ipynb": n, "w/model_weights.pt": w})},
    "a zip in a zip": lambda n, w: {
        "a.zip": packed({"b.zip": packed({"mini.ipynb": n, "model_weights.pt": w})})
    },
    "weights in a zip": lambda n, w: {"mini.ipynb": n, "weights.zip": packed({"model_weights.pt": w})},
    "a tar": lambda n, w: {"all.tar.gz": tarred({"w/mini.ipynb": n, "w/model_weights.pt": w})},
    "Windows' separators": lambda n, w: {"all.zip": packed({"w\\mini.ipynb": n, "w\\model_weights.pt": w})},
}
SAID = {
    "weights below": "weights/model_weights.pt was taken as model_weights.pt",
    "second download": "model_weights (1).pt was taken as model_weights.pt",
    "third download": "model_weights (2).pt was taken as model_weights.pt",
    "pth": "model_weights.pth was taken as model_weights.pt",
    "another name": "no model_weights.pt was handed in; best_model.pt is read instead. Next time name it model_weights.pt",
    "a zip": f"all.zip was unpacked: 2 file(s). {UNZIP}",
    "one folder around": "",
    "two folders around": "",
    "weights above": "",
    "Mac": "",
}


@pytest.mark.parametrize("form", FORMS)
def test_packing_costs_nothing(grade_folder, book, weights, form):
    """Full marks; where something was guessed, a notice says so."""
    verdict = grade_folder(FORMS[form](book, weights))
    assert verdict.lost == {}
    if form in SAID:
        assert verdict.notices == SAID[form]


def test_cells_find_files_that_were_packed_around(grade_folder, solution, weights):
    """The notebook's folder is the folder in which it runs."""
    book = solution()
    book.cells.append(
        nbformat.v4.new_code_cell("assert open('runs/1.jsonl').read() == 'x'\ntorch.load('model_weights.pt')")
    )
    files = {
        "w/mini.ipynb": nbformat.writes(book).encode(),
        "w/model_weights.pt": weights,
        "w/runs/1.jsonl": b"x",
    }
    verdict = grade_folder(files)
    assert verdict.lost == {}
    assert verdict.problems == {}


def test_zip_of_a_folder_beside_the_notebook_is_unpacked_there(grade_folder, solution, weights):
    """A zip of runs/, with or without the folder in it."""
    book = solution()
    book.cells.append(nbformat.v4.new_code_cell("assert open('runs/1.jsonl').read() == 'x'"))
    text = nbformat.writes(book).encode()
    for inner in ("runs/1.jsonl", "1.jsonl"):
        verdict = grade_folder(
            {"mini.ipynb": text, "model_weights.pt": weights, "runs.zip": packed({inner: b"x"})}
        )
        assert verdict.lost == {}
        assert verdict.problems == {}
        assert verdict.notices == f"runs.zip was unpacked: 1 file(s). {UNZIP}"


def test_notebook_with_answers_counts(grade_folder, book, untouched, weights):
    """Not the alphabet decides, nor the depth."""
    for name in ("mini (1).ipynb", "mini.ipynb", "Kopie von mini.ipynb", "a.ipynb", "mini-old.ipynb"):
        other = "old/mini.ipynb" if name != "mini.ipynb" else "mini (1).ipynb"
        for theirs, ours in ((name, other), (other, name)):
            verdict = grade_folder({theirs: book, ours: untouched, "model_weights.pt": weights})
            assert verdict.lost == {}, (theirs, ours)
            assert verdict.notices.split("\n")[0] == f"several notebooks were handed in; {theirs} was graded"


def test_checkpoint_is_no_second_notebook(grade_folder, book, untouched, weights):
    """In Jupyter's folder, whatever became of its name, or out of it."""
    for name in (
        ".ipynb_checkpoints/mini-checkpoint.ipynb",
        "ipynb_checkpoints/mini.ipynb",
        "mini-checkpoint.ipynb",
    ):
        verdict = grade_folder({"mini.ipynb": book, name: untouched, "model_weights.pt": weights})
        assert verdict.lost == {}
        assert verdict.notices == ""


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"mini.rar": b"Rar!"}, "Unpack the archive and hand in the files that are in it"),
        ({"mini.zip": b"PK\3\4 cut short"}, "Unpack the archive"),
        ({"mini.py": b"x = 1"}, "in Colab choose File ▸ Download ▸ Download .ipynb"),
        (
            {"mini.ipynb": packed({"mini.ipynb": b"{}"})},
            "it is an archive that has a notebook's name. Unpack it",
        ),
        (
            {"mini.ipynb": b"# coding: utf-8\nx = 1\n"},
            "perhaps a script with a notebook's name. Download it again",
        ),
        (
            {"mini.ipynb": b'{"cells": [{"cell_ty'},
            "as after a download that was cut short. Download it again",
        ),
        ({"mini.ipynb": b"%PDF-1.7\n%\xe2"}, "it is a PDF with a notebook's name. Download it again"),
    ],
)
def test_what_cannot_be_read_is_told_what_to_do(grade_folder, files, said):
    """No score, and one sentence."""
    verdict = grade_folder(files)
    assert verdict.is_refused_without_score
    assert said in verdict.notices


def test_weights_that_are_too_large_are_told_so(grade_folder, book, good):  # noqa: F811
    """They are there: "not handed in" would send the student to the training cell."""
    for name in ("model_weights.pt", "out/model_weights (1).pt"):
        verdict = grade_folder({"mini.ipynb": book, name: bytes(201 << 20)})
        assert verdict.lost == {"q3": 3.0}
        assert verdict.said["test_weights_load"] == "the weights file needs 201 MB; at most 100 MB are read"
        assert "has 201 MB; at most 100 MB of a file are read, so it was left out" in verdict.notices


def test_several_weights_of_other_names_are_asked_about(grade_folder, book, weights):
    """Nobody guesses between two."""
    verdict = grade_folder({"mini.ipynb": book, "a.pt": weights, "b.pt": weights})
    assert verdict.lost == {"q3": 3.0}
    assert "no model_weights.pt was handed in, but a.pt, b.pt. Name the one that counts" in verdict.notices


def test_hostile_archive_leaves_nothing_outside(grade_folder, book, weights, tmp_path):
    """Names that lead outside, links, devices, a folder and a file of one name, a thousand files, a bomb."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../outside.txt", b"x")
        archive.writestr(str(tmp_path / "absolute.txt"), b"x")
        archive.writestr("C:/drive.txt", b"x")
        for mode, name in ((stat.S_IFLNK, "link.ipynb"), (stat.S_IFIFO, "pipe"), (stat.S_IFCHR, "device")):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (mode | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
        archive.writestr("a", b"x")
        archive.writestr("a/b", b"x")
        archive.writestr("x" * 300, b"x")
        archive.writestr("/".join("d" * 40) + "/deep", b"x")
        for number in range(1000):
            archive.writestr(f"many/{number}", b"")
        for number in range(4):
            archive.writestr(f"bomb{number}", bytes(90 << 20))
    verdict = grade_folder({"mini.ipynb": book, "model_weights.pt": weights, "evil.zip": made.getvalue()})
    assert verdict.lost == {}
    assert list(tmp_path.iterdir()) == [tmp_path / "files"]


def test_archive_that_tells_wrong_sizes_or_is_locked_is_no_fault_of_ours(grade_folder, book, weights):
    """Its directory is a claim."""
    whole = packed({"model_weights.pt": weights})
    for content in (whole[:-30], whole.replace(b"model_weights.pt", b"model_weights.p\0"), b"PK\3\4", b""):
        verdict = grade_folder({"mini.ipynb": book, "model_weights.pt": weights, "x.zip": content})
        assert verdict.lost == {}


def test_archives_in_number_and_in_each_other_end(grade_folder, book, weights):
    """A zip that holds a zip that holds a zip …"""
    nested = b"end"
    for level in range(20):
        nested = packed({f"{level}.zip": nested})
    files = {f"{n}.zip": nested for n in range(20)}
    assert grade_folder({"mini.ipynb": book, "model_weights.pt": weights, **files}).lost == {}


WEIGHTS = {
    "an epoch beside": lambda g: saved({**g, "epoch": 3}),
    "a loss and a name beside": lambda g: saved({**g, "loss": 0.25, "name": "run 7"}),
    "an epoch as a tensor": lambda g: saved({**g, "epoch": __import__("torch").tensor(3)}),
    "a checkpoint": lambda g: saved(
        {"model_state_dict": g, "epoch": 3, "optimizer_state_dict": {"state": {}}}
    ),
    "a checkpoint with numpy's number": lambda g: saved(
        {"model_state_dict": g, "loss": __import__("numpy").float64(0.5)}
    ),
    "another key": lambda g: saved({"net": g, "epoch": 3}),
    "weights": lambda g: saved({"weights": g, "lr": 0.1}),
}


@pytest.mark.parametrize("form", WEIGHTS)
def test_what_stands_beside_a_state_does_not_matter(grade_folder, book, good, form):  # noqa: F811
    """Checkpoints as tutorials write them."""
    assert grade_folder({"mini.ipynb": book, "model_weights.pt": WEIGHTS[form](good)}).lost == {}


WRITE_MODEL = """
m = MLP(2, 3)
m.load_state_dict(torch.load("state.pt"))
{save}
import base64
print("BEGIN" + base64.b64encode(open("out.pt", "rb").read()).decode() + "END")
"""


@pytest.mark.parametrize(
    "save",
    [
        "torch.save(m, 'out.pt')",
        "torch.save({'model': m, 'epoch': 3}, 'out.pt')",
        "torch.save(nn.DataParallel(m), 'out.pt')",
        "torch.jit.trace(m, torch.ones(5, 2)).save('out.pt')",
    ],
)
def test_whole_model_is_taken_where_its_class_is(grade_folder, solution, weights, save):
    """Pickled in one notebook's kernel, opened in the sandbox, where the student's class is."""
    import base64

    book = solution()
    book.cells.append(nbformat.v4.new_code_cell(WRITE_MODEL.format(save=save)))
    verdict = grade_folder({"mini.ipynb": nbformat.writes(book).encode(), "state.pt": weights})
    model = base64.b64decode(verdict.outputs.split("BEGIN")[-1].split("END")[0])
    book = solution()
    verdict = grade_folder(
        {"mini.ipynb": nbformat.writes(book).encode(), "model_weights.pt": model, "state.pt": b""}
    )
    assert verdict.lost == {}


def test_cell_that_empties_its_folder_leaves_the_weights(grade_folder, solution, weights):
    """What was handed in lies where no cell can write."""
    book = solution()
    for text in (
        "import os, shutil\nfor n in os.listdir('.'):\n    shutil.rmtree(n) if os.path.isdir(n) else os.remove(n)",
        "import pathlib\nfor p in pathlib.Path('..').rglob('*'):\n    try:\n        p.unlink()\n    except OSError: pass",
        "import shutil, os\nshutil.rmtree(os.getcwd(), ignore_errors=True)",
        "import glob, os\nfor p in glob.glob('**/*.pt', recursive=True): os.remove(p)",
    ):
        book.cells.append(nbformat.v4.new_code_cell(text))
    assert (
        grade_folder({"mini.ipynb": nbformat.writes(book).encode(), "model_weights.pt": weights}).lost == {}
    )


def test_notebook_is_json_whatever_it_is_called(grade_folder, book, weights):
    """A suffix that a browser put behind."""
    assert json.loads(book)
    for name in ("mini.ipynb.json", "MINI.IPYNB", "w/mini.ipynb.txt"):
        folder = os.path.dirname(name)
        verdict = grade_folder({name: book, os.path.join(folder, "model_weights.pt"): weights})
        assert verdict.lost == {}


HEAD = "import argparse, gzip\np = argparse.ArgumentParser()\np.add_argument('--data'); p.add_argument('--out')\na = p.parse_args()\n"
BODY = (
    "w = gzip.open(a.data, 'rt').read().split()\n"
    "open(a.out, 'w').write(''.join(str(score(s)) + '\\n' for s in w))\n"
)
SCORE = "def score(s):\n    return s.count('GAT') + 0.5 * sum(s[i:i+3] == 'TTT' for i in range(24))\n"


@pytest.mark.parametrize(
    "files",
    [
        {"code/predict.py": SCORE + HEAD + BODY},
        {"code/predict.py": HEAD + "from model import score\n" + BODY, "code/model.py": SCORE},
        {"predict (1).py": SCORE + HEAD + BODY},
        {"predict.py.txt": SCORE + HEAD + BODY},
        {"src/predict - Copy.py": SCORE + HEAD + BODY},
    ],
    ids=["below", "below with a module", "second download", "text", "copy below"],
)
def test_script_is_found_however_it_is_packed(grade_windows, files):
    """It counts in place of the released template, and finds what lies beside it."""
    handed_in = {name: text.encode() for name, text in files.items()}
    verdict = grade_windows(handed_in, q5_answer="pass")
    assert verdict.lost == {}
    assert "was taken as predict.py" in verdict.notices
