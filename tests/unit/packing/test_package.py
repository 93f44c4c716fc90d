"""``package()``: what is refused, looked at, left out, written and said."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save as save_safetensors

from autograder.packing import live, pack, scripts_run
from autograder.packing.records import Assignment, expectation

ANSWER = "# answer: q1_answer\ndef f(x):\n    return 2 * x"
STUB = "# answer: q1_answer\ndef f(x):\n    raise NotImplementedError()"
CHECK = "# check: q1\ndef test_f(f):\n    '''Doubles.'''\n    equal(f(1), 2)\n\n\ncheck(test_f)"
LAST = "# locked: package\npackage()"


def code(source: str, count: int | None = None, **more: Any) -> dict[str, Any]:
    """Return a code cell."""
    return {
        "cell_type": "code", "source": source, "execution_count": count, "metadata": {}, "outputs": [],
    } | more  # fmt: skip


def notebook(*sources: str, assignment: str = "week0", **metadata: Any) -> dict[str, Any]:
    """Return a saved notebook that ran from top to bottom."""
    cells = [code(source, n) for n, source in enumerate(sources, 1)]
    facts = {"autograder": {"assignment": assignment}} if assignment else {}
    return {"cells": cells, "metadata": facts | metadata, "nbformat": 4, "nbformat_minor": 5}


def assignment(*expected: Any, **more: Any) -> Assignment:
    """Return the facts of an assignment with one answer, one visible check, and what is expected beside."""
    facts: dict[str, Any] = {
        "name": "week0",
        "version": "1",
        "bundle": "0123456789abcdef",
        "checks": {"test_f": ("q1", 1.0)},
        "answers": {"q1_answer": pack.answer_digest(STUB)},
        "unmarked": (),
        "train": (),
        "expected": tuple(expected),
        "given": ("check", "package", "equal"),
    }
    return Assignment(**(facts | more))


class Desk:
    """A folder with a notebook in it, and a kernel that ran some cells."""

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.folder, self.patch, self.capsys = folder, monkeypatch, capsys
        self.ran: list[str] = [ANSWER, CHECK, LAST]
        self.names: dict[str, Any] = {"f": lambda x: 2 * x}
        self.passed = {"test_f": ("q1", "Doubles.", True)}
        monkeypatch.chdir(folder)
        monkeypatch.setattr(live, "history", lambda: self.ran)
        monkeypatch.setattr(pack, "in_kernel", lambda: True)
        monkeypatch.delenv("JPY_SESSION_NAME", raising=False)

    def save(self, content: dict[str, Any] | bytes, name: str = "my copy (1).ipynb") -> None:
        """Save a notebook."""
        (self.folder / name).write_bytes(
            content if isinstance(content, bytes) else json.dumps(content).encode()
        )

    def package(self, *expected: Any, given: object = None, **more: Any) -> str:
        """Run package(); return what it says."""
        facts = assignment(*expected, **more)
        pack.pack(self.names, facts, self.passed, lambda name: self.folder / name, given)
        return self.capsys.readouterr().out

    @property
    def packed(self) -> dict[str, bytes]:
        """What is in submission.zip."""
        with zipfile.ZipFile(self.folder / "submission.zip") as archive:
            return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Return a folder with a saved, answered notebook of any name."""
    made = Desk(tmp_path, monkeypatch, capsys)
    made.save(notebook(ANSWER, CHECK, LAST))
    return made


class Net(torch.nn.Module):
    """Three numbers in, one out."""

    def __init__(self, wide: int = 1) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3, wide)


# -- written -----------------------------------------------------------------------------------------


def test_archive_holds_what_is_handed_in_and_a_manifest(desk: Desk) -> None:
    """Whatever the notebook's file is called; the manifest has the digest of every file, versions and verdicts."""
    said = desk.package()
    files = desk.packed
    assert set(files) == {"week0.ipynb", "manifest.json"}
    told = json.loads(files["manifest.json"])
    assert told["files"] == {
        "week0.ipynb": {
            "sha256": hashlib.sha256(files["week0.ipynb"]).hexdigest(), "bytes": len(files["week0.ipynb"]),
        }
    }  # fmt: skip
    assert told["checks"] == {"test_f": {"question": "q1", "passed": True}}
    assert told["versions"].keys() >= {"python", "numpy", "torch"}
    assert (told["assignment"], told["device"], told["seed"]) == ("week0", "cpu", torch.initial_seed())
    assert told["release"] == {"version": "1", "bundle": "0123456789abcdef"}
    assert "Gradescope will receive" in said
    assert "1 of 1 passed" in said
    assert said.rstrip().endswith("Nothing is missing that can be seen from here.")


def test_second_time_replaces_the_first_and_packs_no_archive(desk: Desk) -> None:
    """Running it twice is fine."""
    desk.package(expectation("*.zip", "*.json", what="anything", optional=True))
    first = desk.packed
    desk.save(notebook(ANSWER + "  # better", CHECK, LAST))
    desk.ran = [ANSWER + "  # better", LAST]
    desk.package(expectation("*.zip", "*.json", what="anything", optional=True))
    assert desk.packed.keys() == first.keys() == {"week0.ipynb", "manifest.json"}
    assert b"better" in desk.packed["week0.ipynb"]


def test_interrupt_keeps_the_archive_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is answered in a sentence; nothing is half-written."""
    desk.package()
    before = (desk.folder / "submission.zip").read_bytes()

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pack, "look_at_weights", interrupted)
    torch.save(Net().state_dict(), "model_weights.pt")
    said = desk.package(expectation("model_weights.pt"))
    assert said == "Stopped. Nothing was written; the submission.zip that is here is from before.\n"
    assert (desk.folder / "submission.zip").read_bytes() == before
    assert sorted(p.name for p in desk.folder.iterdir()) == [
        "model_weights.pt",
        "my copy (1).ipynb",
        "submission.zip",
    ]


def test_it_does_nothing_without_a_kernel(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the grader, which runs the same cells."""
    monkeypatch.setattr(pack, "in_kernel", lambda: False)
    assert "Here it does nothing" in desk.package()
    assert not (desk.folder / "submission.zip").exists()


# -- refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("saved", "ran", "sentence"),
    [
        ((ANSWER, CHECK), [ANSWER, LAST], "the file lacks the cell that runs now: the notebook is not saved"),
        ((STUB, CHECK, LAST), [ANSWER, LAST], "nothing is answered yet"),
        (
            (ANSWER + "\n", CHECK, LAST),
            [ANSWER.replace("2", "3"), LAST],
            "what is saved of `q1_answer` is not what ran",
        ),
    ],
)
def test_unsaved_notebook_is_refused(
    desk: Desk, saved: tuple[str, ...], ran: list[str], sentence: str
) -> None:
    """The cell that runs is not in the file, or another version of an answer ran."""
    desk.save(notebook(*saved))
    desk.ran = ran
    said = desk.package()
    assert said.startswith("Not packaged: ")
    assert sentence in said
    assert said.endswith("Nothing was written.\n")
    assert not (desk.folder / "submission.zip").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty (0 bytes)"),
        (b"<html>", "is no notebook, or was cut short"),
        (b'{"cells": []', "is no notebook, or was cut short"),
        (b'{"worksheets": []}', "no notebook of today's form"),
        (json.dumps(notebook("", " \n")).encode(), "has no cells with anything in them"),
        (json.dumps(notebook(ANSWER, CHECK, assignment="week9")).encode(), "is not the notebook of week0"),
        (
            json.dumps(notebook("def test_other(f): pass", assignment="")).encode(),
            "is not the notebook of week0",
        ),
        (json.dumps(notebook("x = 1")).encode(), "has none of this assignment's cells"),
        (b"[" * 100_000, "is no notebook"),
    ],
)
def test_empty_or_another_notebook_is_refused(desk: Desk, content: bytes, sentence: str) -> None:
    """In a sentence that says what was found."""
    desk.save(content, "given.ipynb")
    assert sentence in desk.package(given="given.ipynb")
    assert not (desk.folder / "submission.zip").exists()


def test_notebook_is_told_by_its_checks_where_an_editor_dropped_the_metadata(desk: Desk) -> None:
    """Colab keeps some of it, others none."""
    desk.save(notebook(ANSWER, CHECK, LAST, assignment=""))
    assert "submission.zip is written" in desk.package()


def test_answer_that_is_still_open_is_named(desk: Desk) -> None:
    """It is packed all the same: half an answer is worth handing in."""
    other = "# answer: q2_answer\nraise NotImplementedError()"
    desk.save(notebook(ANSWER, CHECK, other, LAST))
    answers = {"q1_answer": pack.answer_digest(STUB), "q2_answer": pack.answer_digest(other), "m1": "0"}
    said = desk.package(answers=answers | {"m2": "1"}, unmarked=("m2",))  # Colab may lose which cell is m2
    assert "-  not answered yet: q2_answer" in said
    assert "-  no cell in the notebook for: m1 (" in said
    assert set(desk.packed) == {"week0.ipynb", "manifest.json"}


def test_answer_that_ran_again_after_its_check_is_named(desk: Desk) -> None:
    """What its check said is of the answer before; an answer of another question has no part in it."""
    desk.save(notebook(ANSWER, CHECK, "# answer: q2_answer\nx = 1", "# check: q2\ncheck()", LAST))
    desk.ran = [ANSWER, CHECK, ANSWER, "# check: q2\ncheck()", LAST]
    assert "note     q1: an answer ran again after its check. Run the check again, too" in desk.package()
    desk.ran[-1:] = [CHECK, LAST]
    assert "ran again after its check" not in desk.package()


# -- which notebook ----------------------------------------------------------------------------------


def test_one_of_many_notebooks_is_the_one_that_runs(desk: Desk) -> None:
    """Of several of this assignment, the one with the cells that ran; of equal copies the last; else it asks which."""
    desk.save(notebook(ANSWER, CHECK), "old.ipynb")
    desk.save(notebook("x = 1", assignment="week9"), "other.ipynb")
    desk.save(notebook(ANSWER + " + 0", CHECK, LAST), "a.ipynb")
    assert "from my copy (1).ipynb" in desk.package()
    desk.save(notebook(ANSWER, CHECK, "y = 2", LAST), "b.ipynb")
    said = desk.package()
    assert "2 notebooks of this assignment are here: b.ipynb, my copy (1).ipynb. Say which one" in said
    assert "from b.ipynb" in desk.package(given="b.ipynb")
    (desk.folder / "b.ipynb").unlink()
    desk.save(notebook(ANSWER, CHECK, LAST), "later.ipynb")
    os.utime("my copy (1).ipynb", (1, 1))
    assert "from later.ipynb" in desk.package()


def test_editor_that_says_its_file_is_believed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """VS Code and Jupyter's server name it, wherever it lies."""
    elsewhere = desk.folder / "elsewhere"
    elsewhere.mkdir()
    desk.save(notebook(ANSWER, CHECK, LAST), "elsewhere/v.ipynb")
    desk.names["__vsc_ipynb_file__"] = str(elsewhere / "v.ipynb")
    assert "from v.ipynb" in desk.package()
    del desk.names["__vsc_ipynb_file__"]
    monkeypatch.setenv("JPY_SESSION_NAME", str(elsewhere / "v.ipynb"))
    assert "from v.ipynb" in desk.package()


def test_path_is_asked_for_where_no_notebook_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says File ▸ Download and waits; where nothing can be typed it says what to do."""
    (desk.folder / "my copy (1).ipynb").rename(desk.folder / "download")
    monkeypatch.setattr("builtins.input", lambda _: " 'download' ")
    said = desk.package()
    assert "File ▸ Download ▸ Download .ipynb" in said
    assert "from download" in said

    def closed(_: str) -> str:
        raise NotImplementedError  # as ipykernel's StdinNotImplementedError

    monkeypatch.setattr("builtins.input", closed)
    assert "put the saved notebook into the folder" in desk.package()


# -- Colab -------------------------------------------------------------------------------------------


class Colab:
    """A stand-in for google.colab: sends the notebook on the screen, takes uploads, counts downloads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, shown: object, uploads: dict[str, bytes]) -> None:
        self.downloads: list[str] = []
        message, files, colab = (types.ModuleType(n) for n in ("_message", "files", "google.colab"))
        message.blocking_request = lambda name, request="", timeout_sec=5: (  # type: ignore[attr-defined]
            {"ipynb": shown} if name == "get_ipynb" and shown else None
        )
        files.upload = lambda: uploads  # type: ignore[attr-defined]
        files.download = self.downloads.append  # type: ignore[attr-defined]
        colab._message, colab.files = message, files  # type: ignore[attr-defined]
        google = types.ModuleType("google")
        google.colab = colab  # type: ignore[attr-defined]
        for name, module in (("google", google), ("google.colab", colab), ("google.colab._message", message)):
            monkeypatch.setitem(sys.modules, name, module)


def test_colab_sends_the_notebook_and_gets_the_archive(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is needed; what says who ran a cell does not travel."""
    (desk.folder / "my copy (1).ipynb").unlink()
    shown = notebook(
        ANSWER, CHECK, LAST, colab={"provenance": [{"file_id": "1abc"}], "authorship_tag": "ABX9"}
    )
    shown["cells"][0]["metadata"]["executionInfo"] = {
        "user": {"displayName": "Ada Lovelace", "userId": "0815"}, "status": "ok",
    }  # fmt: skip
    colab = Colab(monkeypatch, shown, {})
    said = desk.package()
    assert "from the notebook that is open in Colab" in said
    assert "removed  what Colab says of the file (2 times), who ran a cell" in said
    assert colab.downloads == ["submission.zip"]
    packed = desk.packed["week0.ipynb"]
    for word in (b"Ada", b"0815", b"1abc", b"ABX9"):
        assert word not in packed
    assert json.loads(packed)["cells"][0]["metadata"]["executionInfo"] == {"status": "ok"}
    assert json.loads(desk.packed["manifest.json"])["where"] == "colab"


def test_colab_tells_of_an_answer_that_was_changed_and_did_not_run(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on the screen is handed in, so this is a note and no refusal."""
    Colab(monkeypatch, notebook(ANSWER + "  # new", CHECK, LAST), {})
    assert "note     `q1_answer` was changed after it last ran here" in desk.package()


def test_colab_that_does_not_answer_takes_an_upload(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its interface is its own: where it is gone, the downloaded file will do."""
    (desk.folder / "my copy (1).ipynb").unlink()
    content = json.dumps(notebook(ANSWER, CHECK, LAST)).encode()
    Colab(monkeypatch, None, {"down.ipynb": content})
    said = desk.package()
    assert "Then choose the downloaded file here" in said
    assert "from down.ipynb" in said
    Colab(monkeypatch, None, {})
    assert "no file was chosen. Run package() again" in desk.package()


# -- weights -----------------------------------------------------------------------------------------

WEIGHTS = expectation("model_weights.pt", model="Net()")


@pytest.mark.parametrize("suffix", ["pt", "safetensors"])
def test_weights_that_fit_are_described(desk: Desk, suffix: str) -> None:
    """By number of tensors and values and type; what the notebook draws next stays as it was."""
    desk.names["Net"] = Net
    state = Net().state_dict()
    if suffix == "pt":
        torch.save(state, "model_weights.pt")
    else:
        Path("model_weights.safetensors").write_bytes(
            save_safetensors({k: v.numpy() for k, v in state.items()})
        )
    before = torch.get_rng_state()
    said = desk.package(WEIGHTS)
    assert (
        f"ok       model_weights.{suffix}: 2 tensors, 4 numbers, float32, all finite; they fit Net()" in said
    )
    assert torch.equal(torch.get_rng_state(), before)
    assert f"model_weights.{suffix}" in desk.packed


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: None, "model_weights.pt: not here. Run the cell that writes it"),
        (lambda: Path("model_weights.pt").write_bytes(b""), "the weights file is empty (0 bytes)"),
        (lambda: Path("model_weights.pt").write_bytes(b"<!doctype html>"), "is a web page"),
        (lambda: Path("model_weights.pt").write_bytes(b"PK\x03\x04 cut"), "damaged or cut short"),
        (lambda: Path("model_weights.safetensors").write_bytes(b"\x09" * 7), "damaged or cut short"),
        (
            lambda: Path("model_weights.safetensors").write_bytes(bytes([2]) + bytes(7) + b"[]"),
            "damaged or cut short",
        ),
        (
            lambda: torch.save(Net(4).state_dict(), "model_weights.pt"),
            "has shape 4×3 where the model needs 1×3",
        ),
        (lambda: torch.save({"other": torch.ones(1)}, "model_weights.pt"), "do not belong to this model"),
        (
            lambda: torch.save(
                {"layer.weight": torch.full((1, 3), float("nan")), "layer.bias": torch.ones(1)},
                "model_weights.pt",
            ),
            "NaN or infinite",
        ),
    ],
)
def test_weights_that_will_not_do_are_told_in_the_graders_words(desk: Desk, make: Any, sentence: str) -> None:
    """Missing, empty, cut, of another model, not finite: and the archive is written all the same."""
    desk.names["Net"] = Net
    make()
    said = desk.package(WEIGHTS)
    assert "Still missing" in said
    assert sentence in said
    assert "week0.ipynb" in desk.packed


def test_model_that_is_not_there_or_breaks_is_told(desk: Desk) -> None:
    """The class is the student's: whatever it raises is a sentence."""
    torch.save(Net().state_dict(), "model_weights.pt")
    assert "raised NameError" in desk.package(WEIGHTS)
    desk.names["Net"] = lambda: 1 / 0
    assert "raised ZeroDivisionError: division by zero" in desk.package(WEIGHTS)
    desk.names["Net"] = lambda: 5
    assert "raised AttributeError" in desk.package(WEIGHTS)


def test_bfloat16_and_integers_are_read_by_hand(desk: Desk) -> None:
    """NumPy has no bfloat16; the header says where its bytes are."""
    values = np.array([1.5, -2.0, np.inf], dtype=np.float32)
    data = (values.view(np.uint32) >> 16).astype(np.uint16).tobytes() + np.arange(2, dtype=np.int64).tobytes()
    header = json.dumps(
        {
            "w": {"dtype": "BF16", "shape": [3], "data_offsets": [0, 6]},
            "n": {"dtype": "I64", "shape": [2], "data_offsets": [6, 22]},
        }
    ).encode()
    Path("model_weights.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + data)
    assert "NaN or infinite" in desk.package(expectation("model_weights.safetensors"))


# -- programs ----------------------------------------------------------------------------------------

SCRIPT = expectation(
    "predict.py", arguments=["--data", "rows.txt", "--out", "p.csv"], rows="data/rows.txt.gz", out="p.csv"
)
GOOD_SCRIPT = """
import sys
from pathlib import Path
import helper
assert not Path("week0.ipynb").exists() and not Path("data").exists()
assert (Path(__file__).parent / "model_weights.pt").exists()
rows = Path(sys.argv[2]).read_text().splitlines()
Path(sys.argv[4]).write_text("\\n".join(rows))
"""


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (GOOD_SCRIPT, "ok       predict.py: ran on 10 rows from another folder and wrote p.csv"),
        ("open('nowhere')", "ended with exit code 1 in its line 1: FileNotFoundError"),
        ("pass", "ended without an error, and wrote no p.csv"),
        ("open('p.csv', 'w').write('a\\nb\\n')", "it was given 10 rows and wrote 2 lines"),
        ("def", "SyntaxError"),
    ],
)
def test_program_runs_on_ten_rows_in_a_fresh_folder(desk: Desk, script: str, sentence: str) -> None:
    """With what is handed in beside it, and nothing else; its own modules are packed, too."""
    import gzip

    Path("data").mkdir()
    table = "head\n" + "".join(f"row {n}\n" for n in range(50))
    Path("data/rows.txt.gz").write_bytes(gzip.compress(table.encode()))
    Path("helper.py").write_text("VALUE = 1\n")
    Path("predict.py").write_text(script)
    torch.save(Net().state_dict(), "model_weights.pt")
    said = desk.package(expectation("model_weights.pt"), SCRIPT)
    assert sentence in said
    assert ("helper.py" in desk.packed) is (script == GOOD_SCRIPT)
    assert {"predict.py", "model_weights.pt"} <= set(desk.packed)
    assert not Path("p.csv").exists()


def test_program_without_an_end_is_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A prompt for input ends at once; a loop after its time."""
    Path("predict.py").write_text("while True: pass")
    Path("rows.txt").write_text("head\n" + "row\n" * 20)
    monkeypatch.setattr(scripts_run, "SCRIPT_S", 0.5)
    wanted = expectation("predict.py", arguments=["x"], rows="rows.txt", out="p")
    assert "it did not end within 0.5 s for 10 rows" in desk.package(wanted)


# -- order -------------------------------------------------------------------------------------------


def test_cell_that_uses_what_comes_later_or_is_gone_is_named(desk: Desk) -> None:
    """In the words that the grader's page uses; also for the manifest."""
    later = notebook(ANSWER, CHECK, "print(model)", "import os", "model = 1", "print(gone, os.sep)", LAST)
    desk.save(later)
    desk.names |= {"model": 1, "gone": 2}
    said = desk.package()
    assert "note     cell 3 uses `model`, first defined in cell 5." in said
    assert "note     cell 6 uses `gone`, which no cell defines (was that cell deleted?)" in said
    assert json.loads(desk.packed["manifest.json"])["order"] == [
        {"cell": 3, "name": "model", "defined": 5},
        {"cell": 6, "name": "gone", "defined": 0},
    ]


def test_cells_that_ran_in_another_order_are_named(desk: Desk) -> None:
    """By the numbers beside them."""
    one = notebook(ANSWER, CHECK, "a = 1", "b = 2", LAST)
    for cell, count in zip(one["cells"], (1, 2, 9, 5, 10), strict=True):
        cell["execution_count"] = count
    desk.save(one)
    assert "note     cell 3 ran after cell 4, which stands below it" in desk.package()


@pytest.mark.parametrize(
    "source",
    [
        "def g():\n    return model",
        "h = lambda: model",
        "%matplotlib inline\n!ls\nfiles = !ls\nprint(files)",
        "%%bash\necho $model",
        "for i in range(3):\n    print([i + j for j in range(i)])",
        "class A:\n    x = 1\n    y = x",
        "print(__name__, display, get_ipython())",
        "def (",
        "x: int = 3\nprint(x)",
        "import a.b as c\nprint(c)",
    ],
)
def test_honest_cells_are_not_named(desk: Desk, source: str) -> None:
    """Names in functions are looked up when these are called; IPython's own lines are no Python."""
    desk.save(notebook(ANSWER, CHECK, source, "model = 1", LAST))
    desk.names |= {"model": 1, "x": 1, "i": 1}
    assert "uses `" not in desk.package()


# -- who somebody is ---------------------------------------------------------------------------------


def test_outputs_lose_addresses_folders_and_what_is_beyond_a_megabyte(desk: Desk) -> None:
    """Code stays as it is, figures too."""
    one = notebook(ANSWER + "\n# ada@uni.example", CHECK, "print(1)", LAST)
    one["cells"][2]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": ["mail ada@uni.example in /home/ada/x\n"]},
        {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo="}, "metadata": {}},
        {"output_type": "error", "ename": "E", "evalue": "C:\\Users\\Ada\\x", "traceback": ["/Users/ada/nb"]},
        {"output_type": "stream", "name": "stdout", "text": "y" * (3 << 20)},
    ]
    desk.ran = [one["cells"][0]["source"], LAST]
    desk.save(one)
    said = desk.package()
    packed = json.loads(desk.packed["week0.ipynb"])["cells"]
    assert packed[0]["source"] == one["cells"][0]["source"]
    outputs = packed[2]["outputs"]
    assert outputs[0]["text"] == ["mail (e-mail) in ~/x\n"]
    assert outputs[1]["data"]["image/png"] == "iVBORw0KGgo="
    assert (outputs[2]["evalue"], outputs[2]["traceback"]) == ("~\\x", ["~/nb"])
    assert outputs[3]["text"].endswith("(package() left out the rest of this output: it is over 1 MB)\n")
    assert len(desk.packed["week0.ipynb"]) < 1 << 20
    assert "outputs of cell 3 beyond 1 MB" in said


def test_logs_lose_who_and_where_and_keep_their_numbers(desk: Desk) -> None:
    """JSON, lines of JSON and tables; a line without anything personal keeps its very characters."""
    Path("runs").mkdir()
    lines = [
        '{"config": {"lr": 1e-3,  "host": "pc7"}}',
        '{"epoch": 1,   "val_r": 0.10}',
        '{"email": "a@b.de", "x": NaN}',
    ]
    Path("runs/a.jsonl").write_text("\n".join(lines))
    Path("runs/b.csv").write_text('Name,User,val_r\nrun-1,"Lovelace, Ada",0.5\n')
    Path("runs/c.json").write_text('{"user": "ada", "history": [{"args": ["x"], "r": 1.0}]}')
    desk.package(expectation("runs/*", what="run logs", logs=True))
    packed = desk.packed
    assert packed["runs/a.jsonl"].decode().splitlines() == [
        '{"config": {"lr": 0.001}}',
        lines[1],
        '{"x": NaN}',
    ]
    assert packed["runs/b.csv"].decode() == "Name,User,val_r\nrun-1,,0.5\n"
    assert packed["runs/c.json"].decode() == '{"history": [{"r": 1.0}]}'


def test_files_that_are_no_logs_keep_their_content(desk: Desk) -> None:
    """A file that is graded may have a key of any name."""
    Path("tree.json").write_text('{"root": 1, "user": 2}')
    Path("raw.csv").write_bytes(b"\xff\xfe,1")
    desk.package(expectation("tree.json"), expectation("raw.csv"))
    assert desk.packed["tree.json"] == b'{"root": 1, "user": 2}'
    assert desk.packed["raw.csv"] == b"\xff\xfe,1"


def test_missing_and_empty_files_are_named(desk: Desk) -> None:
    """What is optional is not missed."""
    Path("notes.txt").write_bytes(b"")
    said = desk.package(
        expectation("runs/*.jsonl", what="run logs"),
        expectation("notes.txt"),
        expectation("more.txt", optional=True),
    )
    assert "-  run logs: not here" in said
    assert "-  notes.txt: it is empty (0 bytes)" in said
    assert "more.txt" not in said


@pytest.mark.parametrize(
    ("names", "about"),
    [
        ((), {}),
        (("/etc/passwd",), {}),
        (("../x",), {}),
        ((3,), {}),
        (("x.pt",), {"model": "class"}),
        (("x.py",), {"arguments": "--data"}),
        (("x.py",), {"arguments": ["a"]}),
        (("x",), {"modle": "Net()"}),
        (("x",), {"optional": "yes"}),
    ],
)
def test_hand_in_refuses_what_it_does_not_know(names: tuple[Any, ...], about: dict[str, Any]) -> None:
    """An instructor's slip is told at release, not in Colab."""
    with pytest.raises(ValueError, match="hand_in"):
        expectation(*names, **about)


def test_archive_is_a_plain_zip(desk: Desk) -> None:
    """Names are relative and without folders above."""
    desk.package()
    with zipfile.ZipFile(io.BytesIO((desk.folder / "submission.zip").read_bytes())) as archive:
        assert archive.testzip() is None
        assert all(not n.startswith(("/", "..")) for n in archive.namelist())
