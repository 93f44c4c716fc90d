"""The notebook that is open now: from Colab by a message, elsewhere from its file (*student side*, standard library)."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.packing.records import Assignment, NotPackaged

MAX_NOTEBOOK_BYTES = 40 << 20
DOWNLOAD = "In the menu: File ▸ Download ▸ Download .ipynb"
_MARK = re.compile(r"^(?:%%[^\n]*\n)?\s*(?:#|<!--)\s*(locked|answer|check|manual):\s*([A-Za-z0-9_\-]+)")
_CHECK = re.compile(r"^def (test_\w+)", re.MULTILINE)


def text_of(cell: Any) -> str:
    """Return the source of a cell, however it is stored."""
    source = cell.get("source", "") if isinstance(cell, dict) else ""
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source.replace("\r\n", "\n").replace("\r", "\n") if isinstance(source, str) else ""


def plain(source: str) -> str:
    """Return a source without what an editor may change when it saves."""
    return "\n".join(line.rstrip() for line in source.replace("\r\n", "\n").split("\n")).strip()


def mark_of(cell: Any) -> tuple[str, str]:
    """Return kind and name on the first line of one of the assignment's cells, or of its metadata; else two empty texts."""
    found = _MARK.match(text_of(cell)[:400])
    if found:
        return found.group(1), found.group(2)
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    graded = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = graded.get("grade_id") if isinstance(graded, dict) else None
    return ("", name) if isinstance(name, str) else ("", "")


def in_colab() -> bool:
    """Tell whether Colab's library is there."""
    return "google.colab" in sys.modules


def read_notebook(content: bytes, name: str) -> dict[str, Any]:
    """Return a notebook from the bytes of its file; say what is wrong with them else."""
    if not content.strip():
        raise NotPackaged(
            f"{name} is empty (0 bytes). {DOWNLOAD}, or save the notebook, and run package() again"
        )
    if len(content) > MAX_NOTEBOOK_BYTES:
        raise NotPackaged(
            f"{name} has {len(content) >> 20} MB; at most {MAX_NOTEBOOK_BYTES >> 20} are read. Clear the outputs of the largest cells"
        )
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise NotPackaged(f"{name} is no notebook, or was cut short. {DOWNLOAD}") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise NotPackaged(
            f"{name} is no notebook of today's form. Open it, save it once and run package() again"
        )
    if not any(text_of(cell).strip() for cell in cells):
        raise NotPackaged(f"{name} has no cells with anything in them. Is it the right file?")
    return dict(notebook)


def is_of(notebook: dict[str, Any], assignment: Assignment) -> bool:
    """Tell whether a notebook is this assignment's: by what its release wrote into it, else by its visible checks."""
    metadata = notebook.get("metadata")
    facts = metadata.get("autograder") if isinstance(metadata, dict) else None
    if isinstance(facts, dict) and isinstance(facts.get("assignment"), str):
        return bool(facts["assignment"] == assignment.name)
    cells = [(mark_of(cell), text_of(cell)) for cell in notebook["cells"]]
    if assignment.checks:
        return any(name in assignment.checks for _, source in cells for name in _CHECK.findall(source))
    return any(name in assignment.answers for (_, name), _ in cells)


def open_notebook(
    names: dict[str, Any], assignment: Assignment, given: object = None
) -> tuple[dict[str, Any], str, str]:
    """Return the notebook, its name, and where it comes from: "live", "file" or "given".

    Raises
    ------
    NotPackaged
        If there is none, or it is not this assignment's.
    """
    if given is not None:
        path = Path(str(given)).expanduser()
        if not path.is_file():
            raise NotPackaged(f"{path} is not there. Give the path of the saved notebook (.ipynb)")
        return _of(assignment, path.read_bytes(), path.name), path.name, "given"
    if in_colab() and (live := _from_colab()) is not None:
        return (
            _of(assignment, json.dumps(live).encode(), "this notebook"),
            "the notebook that is open in Colab",
            "live",
        )
    for told in (
        names.get("__vsc_ipynb_file__"),
        names.get("__session__"),
        os.environ.get("JPY_SESSION_NAME"),
    ):
        if isinstance(told, str) and told.endswith(".ipynb") and Path(told).is_file():
            return _of(assignment, Path(told).read_bytes(), Path(told).name), Path(told).name, "file"
    beside = [(path, notebook) for path, notebook in _notebooks_here() if is_of(notebook, assignment)]
    chosen = _that_run_here(beside, assignment)
    if len(chosen) == 1:
        return chosen[0][1], chosen[0][0].name, "file"
    if len(chosen) > 1:
        found = ", ".join(path.name for path, _ in chosen)
        raise NotPackaged(
            f"{len(chosen)} notebooks of this assignment are here: {found}. Say which one: package({chosen[0][0].name!r})"
        )
    content, name = _ask()
    return _of(assignment, content, name), name, "given"


def _that_run_here(
    beside: list[tuple[Path, dict[str, Any]]], assignment: Assignment
) -> list[tuple[Path, dict[str, Any]]]:
    """Return those of several notebooks that may be the one that runs: they hold the running cell and the answers that ran.

    Of copies with the same text the one that was saved last.
    """
    if len(beside) < 2:
        return beside
    running = plain((history() or [""])[-1])
    answers = last_answers(assignment)
    fitting = [
        pair
        for pair in beside
        if running in (sources := _sources(pair[1])) and set(answers.values()) <= set(sources)
    ]
    if fitting and all(_sources(pair[1]) == _sources(fitting[0][1]) for pair in fitting):
        return [max(fitting, key=lambda pair: pair[0].stat().st_mtime)]
    return fitting or beside


def _of(assignment: Assignment, content: bytes, name: str) -> dict[str, Any]:
    notebook = read_notebook(content, name)
    if not is_of(notebook, assignment):
        raise NotPackaged(f"{name} is not the notebook of {assignment.name}. Run package() in that one")
    return notebook


def _sources(notebook: dict[str, Any]) -> list[str]:
    return [plain(text_of(cell)) for cell in notebook["cells"]]


def _from_colab() -> dict[str, Any] | None:
    """Ask Colab's page for the notebook as it is there now, saved or not; None if it does not answer."""
    try:
        from google.colab import _message  # type: ignore[import-not-found]

        reply = _message.blocking_request("get_ipynb", request="", timeout_sec=60)
    except Exception:  # noqa: BLE001  the interface is Colab's own, and may change
        return None
    notebook = reply.get("ipynb") if isinstance(reply, dict) else None
    return notebook if isinstance(notebook, dict) else None


def _notebooks_here() -> Iterable[tuple[Path, dict[str, Any]]]:
    for path in sorted(Path().glob("*.ipynb")):
        try:
            yield path, read_notebook(path.read_bytes(), path.name)
        except (NotPackaged, OSError):
            continue


def _ask() -> tuple[bytes, str]:
    """Wait for the file of the notebook: as an upload in Colab, as a path where something can be typed."""
    sys.stdout.write(f"The notebook's file is not found from here. {DOWNLOAD}.\n")
    if in_colab():
        from google.colab import files

        sys.stdout.write("Then choose the downloaded file here:\n")
        for name, content in files.upload().items():
            return bytes(content), str(name)
        raise NotPackaged("no file was chosen. Run package() again")
    try:
        answer = input("Then type the path of that file: ").strip().strip("'\"")
    except (EOFError, NotImplementedError, RuntimeError):  # where nothing can be typed
        answer = ""
    if not answer:
        raise NotPackaged(
            f"put the saved notebook into the folder {Path.cwd().name!r}, where this one runs, and run package() again"
        )
    path = Path(answer).expanduser()
    if not path.is_file():
        raise NotPackaged(f"{answer} is not there. Run package() again")
    return path.read_bytes(), path.name


def in_kernel() -> bool:
    """Tell whether this runs in a notebook's kernel; the grader runs cells without one."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None


def history() -> list[str]:
    """Return the sources of the cells that this kernel has run, in order; the last is the one that runs now."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    manager = getattr(shell, "history_manager", None)
    return [s for s in getattr(manager, "input_hist_raw", []) if isinstance(s, str)]


def last_answers(assignment: Assignment) -> dict[str, str]:
    """Return the text of every answer as it ran last in this kernel."""
    last: dict[str, str] = {}
    for source in history():
        kind, name = mark_of({"source": source})
        if kind == "answer" and name in assignment.answers:
            last[name] = plain(source)
    return last


def require_saved(notebook: dict[str, Any], assignment: Assignment, whence: str) -> list[str]:
    """Refuse a file that is older than what runs; return remarks about cells that were changed and did not run since.

    What Colab sends is what stands on the screen: there only the remarks are left.
    """
    ran = history()
    sources = {name: plain(text_of(cell)) for cell in notebook["cells"] if (name := mark_of(cell)[1])}
    if whence == "file" and ran and plain(ran[-1]) not in _sources(notebook):
        raise NotPackaged(
            "the file lacks the cell that runs now: the notebook is not saved. Save it (Ctrl-S) and run this cell again"
        )
    last = last_answers(assignment)
    differ = [name for name, source in last.items() if name in sources and sources[name] != source]
    gone = [name for name in last if name not in sources]
    if gone:
        raise NotPackaged(
            f"the saved notebook has no cell {', '.join(f'`# answer: {n}`' for n in gone)}, which ran here. Save it, or bring the cell back (Edit ▸ Undo)"
        )
    if not differ:
        return []
    which = ", ".join(f"`{name}`" for name in differ)
    if whence == "live":
        return [f"{which} was changed after it last ran here: run it and its check again before you hand in"]
    raise NotPackaged(
        f"what is saved of {which} is not what ran here last. Save the notebook (Ctrl-S), run the cell again, and then package()"
    )


def stale_checks(notebook: dict[str, Any]) -> list[str]:
    """Return the questions whose answer ran again after their check did: what the check said is of an older answer.

    The answers of a question are those that stand above its check and below the check before.
    """
    last: dict[tuple[str, str], int] = {}
    for at, source in enumerate(history()):
        last[mark_of({"source": source})] = at
    stale, answers = [], list[tuple[str, str]]()
    for cell in notebook["cells"]:
        mark = mark_of({"source": text_of(cell)})
        if mark[0] == "answer":
            answers.append(mark)
        elif mark[0] == "check":
            ran = last.get(mark)
            if ran is not None and any(last.get(answer, -1) > ran for answer in answers):
                stale.append(mark[1])
            answers = []
    return stale
