"""What editors do to a notebook between release and hand-in, as functions; ``python -m tests.editors`` writes docs/editors.md.

Written from the editors' documentation, issues and files. A change gets the notebook as JSON, sources as strings, and
returns it, or the hand-in's files. ``adds`` are lines of code that it brings in; ``says`` is what the student is told
instead of a score.
"""

from __future__ import annotations

import copy
import io
import json
import re
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Data = dict[str, Any]
Files = dict[str, bytes]
DOCS = Path(__file__).parents[1] / "docs" / "editors.md"
NAME = "homework"


@dataclass(frozen=True)
class Change:
    """One thing that an editor, or a person in it, does."""

    editor: str
    what: str
    make: Callable[[Data], Data | Files]
    adds: tuple[str, ...] = ()
    says: str = ""
    note: str = ""  # what the student is told beside the score

    def files(self, notebook: Data) -> Files:
        """Return what is handed in of a notebook."""
        made = self.make(copy.deepcopy(notebook))
        return made if "cells" not in made else {f"{NAME}.ipynb": dumps(made)}


CHANGES: list[Change] = []


def change(editor: str, what: str, *, adds: tuple[str, ...] = (), says: str = "", note: str = "") -> Any:
    """Enter a function into the list."""

    def enter(make: Callable[[Data], Data | Files]) -> Callable[[Data], Data | Files]:
        CHANGES.append(Change(editor, what, make, adds, says, note))
        return make

    return enter


def dumps(notebook: Data) -> bytes:
    """Return a notebook's file as Jupyter writes it: indented by one, a source as a list of lines."""
    data = copy.deepcopy(notebook)
    for cell in data["cells"]:
        if isinstance(cell["source"], str):
            cell["source"] = cell["source"].splitlines(keepends=True)
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def loads(text: str) -> Data:
    """Return a notebook with its sources as strings."""
    data: Data = json.loads(text)
    for cell in data["cells"]:
        cell["source"] = "".join(cell["source"])
    return data


def code(source: str, **metadata: Any) -> Data:
    """Return a new code cell without an id."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def kind_of(cell: Data) -> str:
    """Return locked, answer, check or "", as a released cell's marker says."""
    found = re.match(r"(?:%%[^\n]*\n)?# (locked|answer|check):", cell["source"])
    return found[1] if found else ""


def without_ids(data: Data, minor: int = 4) -> Data:
    """Return a notebook of format 4.0 to 4.4: no ids."""
    for cell in data["cells"]:
        cell.pop("id", None)
    return data | {"nbformat_minor": minor}


def bare(data: Data) -> Data:
    """Return a notebook without any metadata or id of ours: only the markers are left."""
    for cell in data["cells"]:
        cell["metadata"] = {}
    return without_ids(data) | {"metadata": {}}


def split(data: Data, *, keep: bool, kinds: tuple[str, ...] = ("locked", "answer", "check")) -> Data:
    """Cut cells in two between two lines at the margin; ``keep`` gives both halves the metadata."""
    cells = []
    for cell in data["cells"]:
        lines = cell["source"].split("\n")
        places = [n for n in range(2, len(lines)) if lines[n][:1] not in ("", " ", ")", "]", "}", "#")]
        good = [n for n in places if not lines[n - 1][:1].startswith("@")]
        trained = "train" in cell["metadata"].get("tags", [])
        if kind_of(cell) not in kinds or not good or lines[0].startswith("%%") or (trained and not keep):
            cells.append(cell)
            continue
        at = good[len(good) // 2]
        first, second = copy.deepcopy(cell), copy.deepcopy(cell) if keep else code("")
        first["source"], second["source"] = "\n".join(lines[:at]).rstrip(), "\n".join(lines[at:])
        second.pop("id", None)
        cells += [first, second]
    return data | {"cells": cells}


def merge(data: Data, upper: str, lower: str) -> Data:
    """Join each cell of a kind with the next one if that is of the other; the upper one's metadata stays."""
    cells: list[Data] = []
    for cell in data["cells"]:
        above = cells[-1] if cells else None
        magic = above is not None and above["source"].startswith("%%")
        fit = above is not None and not magic and above["cell_type"] == cell["cell_type"]
        fit = fit and kind_of(above) == upper and kind_of(cell) == lower  # type: ignore[arg-type]
        if above is not None and fit and not cell["source"].startswith("%%"):
            above["source"] += "\n\n" + cell["source"]
            continue
        cells.append(cell)
    return data | {"cells": cells}


def zipped(files: Files) -> bytes:
    """Return a zip of some files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


# -- Colab -------------------------------------------------------------------------------------------


@change(
    "Colab", "saves: ids move into the metadata, format 4.0, who ran what, `outputId`, `colab.provenance`"
)
def colab(data: Data) -> Data:
    user = {"displayName": "A. Student", "userId": "01234567890123456789"}
    for cell in data["cells"]:
        cell["metadata"]["id"] = cell.pop("id", "")
        if cell["cell_type"] == "code":
            ran = {"status": "ok", "timestamp": 1764500000000, "user_tz": 360, "elapsed": 12, "user": user}
            cell["metadata"] |= {"executionInfo": ran, "outputId": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"}
    colab_keys = {"provenance": [{"file_id": "1x", "timestamp": 1764500000000}], "gpuType": "T4"}
    return data | {
        "nbformat_minor": 0,
        "metadata": {"colab": colab_keys, "accelerator": "GPU", **data["metadata"]},
    }


@change("Colab", "keeps ids of its own and nothing of nbgrader's")
def colab_own(data: Data) -> Data:
    data = bare(data)
    for number, cell in enumerate(data["cells"]):
        cell["metadata"] = {"id": f"kW3x{number:08d}"}
    return data


@change("Colab", "*Add a form*: a line `#@title` above a cell's first one, and no metadata")
def colab_form(data: Data) -> Data:
    for cell in data["cells"]:
        if kind_of(cell) and not cell["source"].startswith("%%"):
            cell["source"] = '#@title Default title text { display-mode: "form" }\n' + cell["source"]
    return bare(data)


@change(
    "Colab",
    "cells that mount Drive or install something, lines of the kind above an answer",
    adds=(
        "from google.colab import drive",
        'drive.mount("/content/drive")',
        "%pip install -q einops",
        "!nvidia-smi",
    ),
)
def colab_extra(data: Data) -> Data:
    answer = next(c for c in data["cells"] if kind_of(c) == "answer")
    answer["source"] = "!nvidia-smi\n" + answer["source"]
    mount = 'from google.colab import drive\ndrive.mount("/content/drive")'
    return data | {"cells": [code(mount), code("%pip install -q einops"), *data["cells"]]}


@change("Colab", "keeps widgets' state, a progress bar and its view in the outputs")
def colab_widgets(data: Data) -> Data:
    kind = "application/vnd.jupyter.widget-view+json"
    for cell in data["cells"]:
        if cell["cell_type"] == "code":
            shown = {"text/plain": "HBox()", kind: {"model_id": "9ac0", "version_major": 2}}
            cell["outputs"] = [{"output_type": "display_data", "data": shown, "metadata": {}}]
    state = {f"m{n}": {"model_module": "@jupyter-widgets/controls", "state": {"max": n}} for n in range(500)}
    return data | {"metadata": {**data["metadata"], "widgets": {"application/vnd.jupyter.widget-state+json": state}}}  # fmt: skip


@change("Colab", "*Save a copy in Drive*, downloaded twice: `Copy of … (1).ipynb`")
def colab_copy(data: Data) -> Files:
    return {f"Copy of {NAME} (1).ipynb": dumps(colab(data))}


@change(
    "Colab",
    "*Download .py*",
    says="no notebook (.ipynb) was handed in; found: homework.py. A .py file is not the notebook: in Colab choose "
    "File ▸ Download ▸ Download .ipynb and hand that in",
)
def colab_script(data: Data) -> Files:
    head = '# -*- coding: utf-8 -*-\n"""homework.ipynb\n\nAutomatically generated by Colab.\n"""\n\n'
    return {f"{NAME}.py": (head + "\n\n".join(c["source"] for c in data["cells"])).encode()}


@change("Colab, VS Code", "splits cells: the lower half has no metadata")
def split_bare(data: Data) -> Data:
    return split(data, keep=False)


# -- Kaggle ------------------------------------------------------------------------------------------

KAGGLE = (
    "# This Python 3 environment comes with many helpful analytics libraries installed",
    "import os",
    "for dirname, _, filenames in os.walk('/kaggle/input'):",
    "    for filename in filenames:",
    "        print(os.path.join(dirname, filename))",
)


@change("Kaggle", "saves: format 4.4, no ids, `trusted`, a first cell of its own, another name", adds=KAGGLE)
def kaggle(data: Data) -> Files:
    data = without_ids(data)
    for cell in data["cells"]:
        cell["metadata"] |= {"trusted": True, "_kg_hide-output": False}
    data["cells"].insert(0, code("\n".join(KAGGLE), _uuid="8f2839f25d086af736a60e9eeb907d3b93b6e0e5"))
    data["metadata"] |= {"kaggle": {"accelerator": "gpu", "dataSources": [], "isGpuEnabled": True}}
    return {"notebook7c1d5e8a21.ipynb": dumps(data)}


@change("Kaggle", "*Save version*: run anew by papermill, times in every cell, another kernel's name")
def kaggle_version(data: Data) -> Data:
    for cell in data["cells"]:
        times = {
            "iopub.status.busy": "2026-11-30T10:00:00Z",
            "shell.execute_reply": "2026-11-30T10:00:01Z",
        }
        cell["metadata"] |= {"execution": times, "papermill": {"duration": 0.01, "status": "completed"}}
    kernel = {"kernelspec": {"name": "conda-py", "display_name": "Python (conda)", "language": "python"}}
    return without_ids(data) | {"metadata": {"papermill": {"version": "2.6.0"}, **kernel}}


# -- VS Code -----------------------------------------------------------------------------------------


@change("VS Code", "saves: no ids, `vscode.languageId`, the interpreter's hash, `orig_nbformat`")
def vscode(data: Data) -> Data:
    for cell in data["cells"]:
        cell["metadata"] |= {"vscode": {"languageId": "python"}}
    data["metadata"] |= {"orig_nbformat": 4, "vscode": {"interpreter": {"hash": "0" * 64}}}
    return without_ids(data, minor=2)


@change("VS Code", "an older version: all metadata of cells gone")
def vscode_bare(data: Data) -> Data:
    return bare(data)


@change("VS Code", "trims the ends of lines and of cells, on Windows with CRLF in the sources")
def vscode_trim(data: Data) -> Data:
    for cell in data["cells"]:
        lines = [line.rstrip() for line in cell["source"].split("\n")]
        cell["source"] = "\r\n".join(lines).rstrip() + "\r\n"
    return data


@change(
    "VS Code",
    "formats on save, locked cells too",
    note="locked cell(s) differed from the released notebook and were restored before grading",
)
def vscode_format(data: Data) -> Data:
    for cell in data["cells"]:
        if kind_of(cell) in ("locked", "check"):
            cell["source"] = re.sub(r"\n\n+", "\n\n\n", cell["source"].replace("=", " = ")) + "\n"
    return bare(data)


@change("VS Code", "the language of an answer's cell changed: it is saved as text")
def vscode_raw(data: Data) -> Data:
    for cell in data["cells"]:
        if kind_of(cell) == "answer":
            cell["cell_type"] = "raw"
            cell.pop("outputs"), cell.pop("execution_count")
    return without_ids(data)


# -- JupyterLab --------------------------------------------------------------------------------------


@change("JupyterLab 4", "splits cells: both halves have the metadata")
def lab_split(data: Data) -> Data:
    return split(data, keep=True)


for _upper, _lower in (("answer", "check"), ("locked", "answer"), ("check", "answer"), ("check", "locked")):

    @change("JupyterLab 4, Colab", f"merges {_upper} cells with {_lower} cells below them")
    def lab_merge(data: Data, upper: str = _upper, lower: str = _lower) -> Data:
        return merge(data, upper, lower)


@change("JupyterLab 4, Colab", "merges a student's own cell with a locked one below", adds=("own_1 = 1",))
def lab_merge_own_above(data: Data) -> Data:
    cell = next(c for c in data["cells"][1:] if kind_of(c) == "locked")
    cell["source"] = "own_1 = 1\n\n" + cell["source"]
    return bare(data)


@change("JupyterLab 4, Colab", "merges a check cell with a student's own one below", adds=("own_2 = [1, 2]",))
def lab_merge_own_below(data: Data) -> Data:
    for cell in data["cells"]:
        if kind_of(cell) == "check":
            cell["source"] += "\n\nown_2 = [1, 2]"
    return data


@change("JupyterLab 4", "copies every answer: the copy has the metadata")
def lab_copy(data: Data) -> Data:
    cells = []
    for cell in data["cells"]:
        cells.append(cell)
        if kind_of(cell) == "answer":
            cells.append({k: v for k, v in copy.deepcopy(cell).items() if k != "id"})
    return data | {"cells": cells}


@change(
    "JupyterLab 4",
    "copies locked and check cells",
    note="stands there 2 times; the first one counts as the locked one",
)
def lab_copy_locked(data: Data) -> Data:
    cells = []
    for cell in data["cells"]:
        cells.append(cell)
        if kind_of(cell) in ("locked", "check"):
            cells.append({k: v for k, v in copy.deepcopy(cell).items() if k != "id"})
    return data | {"cells": cells}


@change("anywhere", "the released answer cell was kept below the answered one")
def stub_below(data: Data) -> Data:
    cells = []
    for cell in data["cells"]:
        cells.append(cell)
        if "released" in cell["metadata"]:  # put there by the test: what the cell was at release
            cells.append({**copy.deepcopy(cell), "source": cell["metadata"]["released"]})
            cells[-1].pop("id", None)
    return data | {"cells": cells}


@change(
    "anywhere",
    "locked and check cells deleted",
    note="locked or check cell(s) had been deleted; they were put back before grading",
)
def deleted(data: Data) -> Data:
    return data | {"cells": [c for c in data["cells"] if kind_of(c) not in ("locked", "check")]}


@change("anywhere", "check cells and prose moved to the end")
def reordered(data: Data) -> Data:
    stay = [c for c in data["cells"] if kind_of(c) in ("locked", "answer") or c["cell_type"] == "code" != kind_of(c)]  # fmt: skip
    stay = [c for c in stay if kind_of(c) != "check"]
    return data | {"cells": stay + [c for c in data["cells"] if c not in stay][::-1]}


@change("JupyterLab 4, Colab", "an answer's cell turned into prose (M)")
def to_prose(data: Data) -> Data:
    for cell in data["cells"]:
        if kind_of(cell) == "answer":
            cell["cell_type"] = "markdown"
            cell.pop("outputs"), cell.pop("execution_count")
    return data


@change("JupyterLab 4, Colab", "prose turned into code (Y)")
def to_code(data: Data) -> Data:
    for cell in data["cells"]:
        if cell["source"].startswith("<!--"):
            cell |= {"cell_type": "code", "outputs": [], "execution_count": None}
    return data


@change("anywhere", "the first line of locked and check cells deleted, and no metadata")
def unmarked(data: Data) -> Data:
    for cell in data["cells"]:
        if kind_of(cell) in ("locked", "check"):
            cell["source"] = cell["source"].split("\n", 1)[-1]
    return bare(data)


@change("anywhere", "`%%time` above an answer, `%matplotlib inline` in it", adds=("%matplotlib inline",))
def magics(data: Data) -> Data:
    for cell in data["cells"]:
        if kind_of(cell) == "answer" and not cell["source"].startswith("%%"):
            cell["source"] = f"%%time\n{cell['source']}\n%matplotlib inline"
    return bare(data)


for _minor in range(6):

    @change("nbformat", f"format 4.{_minor}{'' if _minor == 5 else ', which has no ids'}")
    def with_minor(data: Data, minor: int = _minor) -> Data:
        return data if minor == 5 else without_ids(data, minor)


@change(
    "nbformat",
    "format 3",
    says="cannot read this notebook: it has the old format 3; open it in Jupyter or Colab and save it once. Download it "
    "again (File ▸ Download ▸ Download .ipynb) and hand it in again",
)
def format_3(data: Data) -> Files:
    old = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": data["cells"]}]}
    return {f"{NAME}.ipynb": json.dumps(old).encode()}


@change("anywhere", "sources and outputs as strings, without indentation")
def strings(data: Data) -> Files:
    return {f"{NAME}.ipynb": json.dumps(data).encode()}


# -- papermill, nbconvert ----------------------------------------------------------------------------


@change(
    "papermill", "parameters, an injected cell, and the marks of a run that failed", adds=("alpha = 0.1",)
)
def papermill(data: Data) -> Data:
    mark = '<span style="color:red">An Exception was encountered at \'<a href="#x">In [7]</a>\'.</span>'
    failed = {
        "cell_type": "markdown",
        "metadata": {"tags": ["papermill-error-cell-tag"]},
        "source": mark,
        "id": "e1",
    }
    for cell in data["cells"]:
        cell["metadata"]["papermill"] = {"duration": 0.1, "exception": False, "status": "completed"}
    parameters = code("alpha = 0.1\n", tags=["injected-parameters"])
    return data | {"cells": [failed, data["cells"][0], parameters, *data["cells"][1:]]}


@change("nbconvert", "`--execute`: times in every cell, stored tracebacks")
def nbconvert(data: Data) -> Data:
    trace = ["\x1b[31m---------\x1b[39m", "\x1b[31mValueError\x1b[39m: # check: q1", "# answer: q1_answer"]
    for cell in data["cells"]:
        cell["metadata"]["execution"] = {"iopub.execute_input": "2026-11-30T10:00:00.000000Z"}
        if cell["cell_type"] == "code":
            error = {"output_type": "error", "ename": "ValueError", "evalue": "x", "traceback": trace}
            cell |= {"execution_count": 3, "outputs": [error]}
    return data


@change("nbconvert", "`ClearMetadataPreprocessor`: ids and markers are left")
def nbconvert_clear(data: Data) -> Data:
    for cell in data["cells"]:
        cell["metadata"] = {}
    return data | {"metadata": {}}


@change(
    "nbconvert",
    "`--to html`",
    says="no notebook (.ipynb) was handed in; found: homework.html. Hand in the notebook itself, not a PDF or a link",
)
def nbconvert_html(_: Data) -> Files:
    return {f"{NAME}.html": b"<!DOCTYPE html><html></html>"}


# -- Deepnote ----------------------------------------------------------------------------------------


@change(
    "Deepnote", "exports: `cell_id` and `deepnote_…` for nbgrader's metadata, a cell of its own at the end"
)
def deepnote(data: Data) -> Data:
    data = bare(data)
    for number, cell in enumerate(data["cells"]):
        kind = cell["cell_type"]
        cell["metadata"] = {
            "cell_id": f"{number:032x}",
            "deepnote_cell_type": kind,
            "source_hash": "5f1c",
            "execution_start": 1764500000000,
            "deepnote_to_be_reexecuted": False,
        }
    made = {"created_in_deepnote_cell": True, "deepnote_cell_type": "markdown"}
    link = "<a href='https://deepnote.com?utm_source=created-in-deepnote-cell'>Created in Deepnote</a>"
    data["cells"].append({"cell_type": "markdown", "metadata": made, "source": link})
    return data | {"metadata": {"deepnote": {}, "deepnote_notebook_id": "x", "deepnote_execution_queue": []}}


@change(
    "Deepnote",
    "the project's file",
    says="no notebook (.ipynb) was handed in; found: homework.deepnote. Hand in the notebook itself, not a PDF or a link",
)
def deepnote_project(_: Data) -> Files:
    return {f"{NAME}.deepnote": b"version: 1.0.0\nproject:\n  name: homework\n"}


# -- files -------------------------------------------------------------------------------------------

for _name, _codec in {"with a BOM": "utf-8-sig", "UTF-16": "utf-16", "UTF-16 without a BOM": "utf-16-be"}.items():  # fmt: skip

    @change("a text editor", f"saved as {'UTF-8 ' if 'sig' in _codec else ''}{_name}")
    def encoded(data: Data, codec: str = _codec) -> Files:
        return {f"{NAME}.ipynb": dumps(data).decode().encode(codec)}


for _name, _codec in {"Windows' old code page": "cp1252", "Latin-1": "latin-1"}.items():

    @change("a text editor", f"saved in {_name}, with the letters that it has")
    def code_page(data: Data, codec: str = _codec) -> Files:
        words = "# Über das Netz – “gut”" if codec == "cp1252" else "# Über das Netz"
        data["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "WORDS"})
        return {f"{NAME}.ipynb": json.dumps(data).replace("WORDS", words).encode(codec)}


@change("Git, a mail program", "lines end with CRLF")
def crlf(data: Data) -> Files:
    return {f"{NAME}.ipynb": dumps(data).replace(b"\n", b"\r\n")}


@change("a browser", "adds an ending: `.ipynb.txt`, `.ipynb.json`")
def suffix(data: Data) -> Files:
    return {f"{NAME}.ipynb.txt": dumps(data)}


@change("a file manager", "a zip", note="homework.zip was unpacked")
def in_zip(data: Data) -> Files:
    return {f"{NAME}.zip": zipped({f"{NAME}/{NAME}.ipynb": dumps(data)})}


@change("a file manager", "a zip in a zip", note="was unpacked")
def in_zips(data: Data) -> Files:
    return {"hand-in.zip": zipped({f"{NAME}.zip": zipped({f"{NAME}.ipynb": dumps(data)})})}


@change("a file manager", "a tar.gz", note="homework.tar.gz was unpacked")
def in_tar(data: Data) -> Files:
    made, content = io.BytesIO(), dumps(data)
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        entry = tarfile.TarInfo(f"{NAME}.ipynb")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return {f"{NAME}.tar.gz": made.getvalue()}


@change(
    "a file manager",
    "a zip in a zip in a zip",
    says="no notebook (.ipynb) was handed in; found: hand-in/homework/homework.zip. Unpack the archive and hand in the files that are in it",
)
def in_many_zips(data: Data) -> Files:
    inner = zipped({f"{NAME}.zip": zipped({f"{NAME}.zip": zipped({f"{NAME}.ipynb": dumps(data)})})})
    return {"hand-in.zip": inner}


@change(
    "a person",
    "a zip with a notebook's name",
    says="cannot read this notebook: it is an archive that has a notebook's name. Unpack it and hand in the files that are in it",
)
def zip_by_name(data: Data) -> Files:
    return {f"{NAME}.ipynb": zipped({f"{NAME}.ipynb": dumps(data)})}


@change(
    "anywhere",
    "outputs of more than 40 MB",
    says="cannot read this notebook: it has more than 40 MB; clear its outputs (Edit ▸ Clear all outputs) and save it "
    "first. Download it again (File ▸ Download ▸ Download .ipynb) and hand it in again",
)
def huge(data: Data) -> Data:
    data["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (41 << 20)}]
    return data


@change("anywhere", "outputs of 5 MB")
def large(data: Data) -> Data:
    data["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * (5 << 20)}]
    return data


@change(
    "anywhere",
    "a download that was cut short",
    says="cannot read this notebook: it is not valid JSON (line …), as after a download that was cut short. Download it "
    "again (File ▸ Download ▸ Download .ipynb) and hand it in again",
)
def cut_short(data: Data) -> Files:
    whole = dumps(data)
    return {f"{NAME}.ipynb": whole[: len(whole) // 2]}


def table() -> str:
    """Return docs/editors.md."""
    rows = []
    for one in CHANGES:
        same = "the same score" + (f"; the page says “… {one.note} …”" if one.note else "")
        rows.append(
            f"| {one.editor} | {one.what} | {f'no score: “{one.says}”' if one.says else same} |".replace(
                "\n", " "
            )
        )
    return "\n".join(
        [
            "# Notebooks that went through another editor",
            "",
            "What editors and people do to a notebook between release and hand-in, and what comes of it. Cells are found",
            "again by the marker on their first line, nbgrader's metadata, the cell's id, and the text of a locked cell, in",
            "this order; merged cells are cut apart at the markers. Made by `python -m tests.editors` from the changes that",
            "`tests/unit/test_editors.py` tries on the notebooks of all four weeks; do not edit it by hand.",
            "",
            "| who | what happens | what comes of it |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    DOCS.write_text(table())
