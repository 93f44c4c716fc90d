"""``package()``: look at everything that is handed in, then write it into one archive (*student side*)."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.packing.clean import clean_file, clean_log, clean_notebook, clean_text, personal_words
from autograder.packing.live import (
    in_colab,
    in_kernel,
    mark_of,
    open_notebook,
    require_saved,
    stale_checks,
    text_of,
)
from autograder.packing.order import has_no_counts, in_words, out_of_order, ran_backwards
from autograder.packing.records import Assignment, Expected, Found, NotPackaged
from autograder.packing.scripts_run import imported_beside, try_script
from autograder.packing.weights_file import MAX_HANDED_BYTES, is_weights, look_at_weights

ARCHIVE, MANIFEST = "submission.zip", "manifest.json"
PACKAGE_SCHEMA = 1
_LIBRARIES = ("numpy", "torch", "pandas", "scipy", "sklearn", "matplotlib")
_TEXTS = (".jsonl", ".json", ".csv", ".tsv", ".txt", ".log", ".md", ".yaml", ".yml")
MAX_PACKED_FILES = 190  # of the 200 that are read when it is graded


def pack(
    names: dict[str, Any],
    assignment: Assignment,
    concluded: dict[str, tuple[str, str, bool]],
    data_file: Callable[[str], Path],
    notebook: object = None,
) -> None:
    """Look at everything that is handed in, write ``submission.zip`` beside the notebook, and say what is missing.

    ``names`` are the notebook's own, ``concluded`` its visible checks: question, title, whether it passed.
    """
    if notebook is None and not in_kernel():
        _tell(
            "package() packs what you hand in where a notebook is open: in Colab, Jupyter or VS Code. Here it does nothing."
        )
        return
    try:
        _pack(names, assignment, concluded, data_file, notebook)
    except NotPackaged as refusal:
        _tell(f"Not packaged: {refusal}.\nNothing was written{_before()}")
    except KeyboardInterrupt:
        _tell(f"Stopped. Nothing was written{_before()}")


def _before() -> str:
    return f"; the {ARCHIVE} that is here is from before." if Path(ARCHIVE).exists() else "."


def _pack(
    names: dict[str, Any],
    assignment: Assignment,
    concluded: dict[str, tuple[str, str, bool]],
    data_file: Callable[[str], Path],
    given: object,
) -> None:
    raw, shown, whence = open_notebook(names, assignment, given)
    found = Found()
    _look_at_answers(raw, assignment, shown, found)
    found.remarks += require_saved(raw, assignment, whence)
    if stale := stale_checks(raw):
        found.remarks.append(
            f"{', '.join(stale)}: an answer ran again after its check. Run the check again, too"
        )
    found.order = out_of_order(raw, assignment, names)
    found.remarks += in_words(found.order)
    if not found.order and (said := ran_backwards(raw)):
        found.remarks.append(said)
    if whence != "live" and has_no_counts(raw):
        found.remarks.append(
            "the file holds no outputs: people who read your answers see no figures. Save the notebook after it ran, and run this again"
        )
    words = personal_words()
    cleaned, removed = clean_notebook(raw, words)
    content = json.dumps(cleaned, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    found.files[f"{assignment.name}.ipynb"] = content
    found.good.insert(0, f"{assignment.name}.ipynb: from {shown}")
    _look_at_checks(assignment, concluded, found)
    handed: list[Path] = []
    for expected in assignment.expected:
        handed += _take(expected, names, words, found)
    for expected in assignment.expected:
        script = next((path for path in handed if str(path) in expected.names and path.suffix == ".py"), None)
        if script is not None and expected.arguments:
            try_script(
                script, expected, [p for p in handed if p != script and p.parent == Path()], data_file, found
            )
    found.files[MANIFEST] = _manifest(assignment, concluded, found).encode()
    _write(found.files)
    _report(assignment, found, removed)
    if in_colab():
        _download()


# -- looked at ---------------------------------------------------------------------------------------


def answer_digest(source: str) -> str:
    """Return what an answer as released is recognised by, however it is indented."""
    return hashlib.sha256(" ".join(source.split()).encode()).hexdigest()[:12]


def _look_at_answers(notebook: dict[str, Any], assignment: Assignment, shown: str, found: Found) -> None:
    sources = {name: text_of(cell) for cell in notebook["cells"] if (name := mark_of(cell)[1])}
    gone = [name for name in assignment.answers if name not in sources and name not in assignment.unmarked]
    told = [name for name in assignment.answers if name in sources or name in gone]
    open_ = [
        name
        for name, digest in assignment.answers.items()
        if name in sources
        and (answer_digest(sources[name]) == digest or "raise NotImplementedError()" in sources[name])
    ]
    if assignment.answers and not set(assignment.answers) & set(sources):
        raise NotPackaged(f"{shown} has none of this assignment's cells. Is it the right file?")
    if assignment.answers and len(open_) + len(gone) == len(told):
        raise NotPackaged(
            f"nothing is answered yet in {shown}. If you have answers, the notebook is not saved: save it (Ctrl-S)"
        )
    if open_:
        found.missing.append(f"not answered yet: {', '.join(open_)}")
    if gone:
        found.missing.append(
            f"no cell in the notebook for: {', '.join(gone)} (its first line names it; undo the deletion)"
        )


def _look_at_checks(
    assignment: Assignment, concluded: dict[str, tuple[str, str, bool]], found: Found
) -> None:
    passed = [name for name in assignment.checks if concluded.get(name, ("", "", False))[2]]
    failed = [
        concluded[name][1] for name in assignment.checks if name in concluded and not concluded[name][2]
    ]
    waiting = [name for name in assignment.checks if name not in concluded]
    if assignment.checks:
        found.good.append(
            f"visible checks: {len(passed)} of {len(assignment.checks)} passed in this notebook"
        )
    found.missing += [f"a visible check fails: {title}" for title in failed]
    if waiting:
        questions = dict.fromkeys(assignment.checks[name][0] for name in waiting)
        found.remarks.append(
            f"{len(waiting)} visible check(s) did not run since the notebook was started: {', '.join(questions)}. Run all cells to see them"
        )


def _take(expected: Expected, names: dict[str, Any], words: list[str], found: Found) -> list[Path]:
    """Take what is there of one expectation; say what is not, or will not do."""
    what = expected.what or expected.names[0]
    patterns = list(expected.names)
    if is_weights(patterns[0]):
        patterns.append(f"{patterns[0].rpartition('.')[0]}.safetensors")
    paths: list[Path] = []
    for pattern in dict.fromkeys(patterns):
        paths += [
            p for p in sorted(Path().glob(pattern)) if p.is_file() and p.name not in (ARCHIVE, MANIFEST)
        ]
        if paths and is_weights(patterns[0]):
            break
    if not paths and not expected.optional:
        found.missing.append(f"{what}: not here. Run the cell that writes it, or put it beside the notebook")
    handed = list(paths)
    for path in paths:
        if path.suffix == ".py":
            handed += [other for other in imported_beside(path) if other not in handed]
    for path in handed:
        if len(found.files) >= MAX_PACKED_FILES:
            found.missing.append(f"{path}: left out, as at most {MAX_PACKED_FILES} files are read")
            break
        if path.stat().st_size > MAX_HANDED_BYTES:
            found.missing.append(f"{path}: left out, as it is over {MAX_HANDED_BYTES >> 20} MB")
            continue
        content = path.read_bytes()
        if not content and not is_weights(path.name):
            found.missing.append(f"{path}: it is empty (0 bytes)")
        found.files[path.as_posix()] = (
            clean_log(path.name, content, words)
            if expected.logs
            else clean_file(content, words)
            if path.suffix.lower() in _TEXTS
            else content
        )
        if is_weights(path.name):
            look_at_weights(path, expected, names, found)
    kept = [p for p in handed if p.as_posix() in found.files and not is_weights(p.name)]
    if kept and not expected.arguments:
        found.good.append(f"{what}: {len(kept)} file(s)" if expected.what else f"{what}: there")
    return handed


# -- written -----------------------------------------------------------------------------------------


def _manifest(assignment: Assignment, concluded: dict[str, tuple[str, str, bool]], found: Found) -> str:
    torch: Any = sys.modules.get("torch")
    versions = {"python": ".".join(map(str, sys.version_info[:3]))}
    for name in _LIBRARIES:
        version = getattr(sys.modules.get(name), "__version__", None)
        if version is not None:
            versions[name] = str(version)
    device, seed = "cpu", None
    if torch is not None:
        try:
            device = f"cuda ({torch.cuda.get_device_name(0)})" if torch.cuda.is_available() else "cpu"
            seed = int(torch.initial_seed())
        except Exception:  # noqa: BLE001  a driver that is broken says nothing about the hand-in
            device = "unknown"
    content = {
        "schema": PACKAGE_SCHEMA,
        "made_by": "package()",
        "assignment": assignment.name,
        "release": {"version": assignment.version, "bundle": assignment.bundle},
        "packed": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "where": "colab" if in_colab() else "elsewhere",
        "versions": versions,
        "device": device,
        "seed": seed,
        "files": {
            name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            for name, data in sorted(found.files.items())
        },
        "checks": {
            name: {"question": question, "passed": bool(concluded[name][2])}
            for name, (question, _) in assignment.checks.items()
            if name in concluded
        },
        "order": found.order,
    }
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _write(files: dict[str, bytes]) -> None:
    """Write the archive in one step: what is there by its name is whole, the old one or the new."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    new = Path(f".{ARCHIVE}.new")
    try:
        new.write_bytes(buffer.getvalue())
        os.replace(new, ARCHIVE)
    except OSError as error:
        raise NotPackaged(f"{ARCHIVE} cannot be written here ({error.strerror})") from None
    finally:
        new.unlink(missing_ok=True)


def _report(assignment: Assignment, found: Found, removed: list[str]) -> None:
    lines = [f"{ARCHIVE} is written. Upload it to Gradescope as it is: {assignment.name}", ""]
    lines.append("Gradescope will receive")
    lines += [f"  {_bytes_in_words(len(data)):>8}  {name}" for name, data in found.files.items()]
    lines += ["", "Looked at"]
    lines += [f"  ok       {said}" for said in found.good]
    if removed:
        lines.append(f"  removed  {', '.join(removed)}")
    if found.remarks:
        lines += [f"  note     {said}" for said in found.remarks]
    if found.missing:
        lines += ["", "Still missing"]
        lines += [f"  -  {said}" for said in found.missing]
        lines += ["You can hand in now, and again later: run package() again after a change."]
    else:
        lines += ["", "Nothing is missing that can be seen from here."]
    words = personal_words()
    _tell("\n".join(clean_text(line, words) for line in lines))


def _bytes_in_words(count: int) -> str:
    return (
        f"{count / 2**20:.1f} MB" if count >= 1 << 20 else f"{max(1, count >> 10)} kB" if count else "0 bytes"
    )


def _download() -> None:
    try:
        from google.colab import files  # type: ignore[import-not-found]

        files.download(ARCHIVE)
    except Exception:  # noqa: BLE001  the browser may refuse; the file is there
        _tell(f"{ARCHIVE} is in the folder on the left (the folder icon): download it there.")


def _tell(text: str) -> None:
    sys.stdout.write(text + "\n")
