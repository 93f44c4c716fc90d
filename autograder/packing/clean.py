"""What says who somebody is leaves a hand-in before it is packed (*student side*, standard library).

Names of people, e-mail, computer and home folder, as Colab writes them beside cells and W&B and others into their
logs. Code is never changed: it is what is graded.
"""

from __future__ import annotations

import copy
import csv
import getpass
import io
import json
import platform
import re
from pathlib import Path
from typing import Any

from autograder.packing.wandb_files import clean_wandb

OUTPUT_BYTES = 1 << 20  # of one cell's outputs
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")
_HOMES = re.compile(r"(/home/|/Users/|[A-Za-z]:(?:\\\\|\\|/)Users(?:\\\\|\\|/))[^/\\\s\"'<>:]+")
# Keys and columns of logs that say who, where and from what program a run was.
_PERSONAL = frozenset(
    [
        "args",
        "author",
        "codepath",
        "codepathlocal",
        "cwd",
        "email",
        "entity",
        "executable",
        "git",
        "host",
        "hostname",
        "node_ip",
        "nodename",
        "pid",
        "program",
        "root",
        "trial_log_path",
        "user",
        "userid",
        "user_id",
        "username",
    ]
)
_COMMON = frozenset(["root", "user", "colab", "jovyan", "runner", "admin", "student", "localhost", "kaggle"])


def personal_words() -> list[str]:
    """Return what names this person or computer: the home folder, and the names of user and host where they are no common word."""
    words = []
    home = str(Path.home())
    if home not in ("/", "/root"):
        words.append(home)
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):
        user = ""
    words += [word for word in (platform.node(), user) if len(word) >= 4 and word.lower() not in _COMMON]
    return words


def clean_text(text: str, words: list[str]) -> str:
    """Return a text without e-mail addresses, home folders and the words."""
    if "@" in text:
        text = _EMAIL.sub("(e-mail)", text)
    for word in words:
        if "/" in word or "\\" in word:
            text = text.replace(word, "~")
        elif word in text:
            text = re.sub(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", "(removed)", text)
    return _HOMES.sub("~", text)


# -- the notebook ------------------------------------------------------------------------------------


def clean_notebook(notebook: dict[str, Any], words: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Return a copy without what says who somebody is and with outputs of at most 1 MB a cell, and what was done."""
    notebook = copy.deepcopy(notebook)
    done: dict[str, int] = {}

    def note(what: str) -> None:
        done[what] = done.get(what, 0) + 1

    metadata = notebook.get("metadata")
    if isinstance(metadata, dict):
        colab = metadata.get("colab")
        for key in ("authorship_tag", "provenance", "name"):
            if isinstance(colab, dict) and colab.pop(key, None):
                note("what Colab says of the file")
        for key in ("authors", "kaggle"):
            if metadata.pop(key, None):
                note("the authors")
        widgets = metadata.get("widgets")
        if widgets is not None and len(json.dumps(widgets)) > OUTPUT_BYTES:
            del metadata["widgets"]
            note("the state of widgets (over 1 MB)")
    for number, cell in enumerate(notebook["cells"], 1):
        if not isinstance(cell, dict):
            continue
        beside = cell.get("metadata")
        info = beside.get("executionInfo") if isinstance(beside, dict) else None
        if isinstance(info, dict) and info.pop("user", None):
            note("who ran a cell")
        outputs = cell.get("outputs")
        if not isinstance(outputs, list):
            continue
        for output in outputs:
            if isinstance(output, dict) and _clean_output(output, words):
                note("e-mail, computer or folder in an output")
            at = output.get("metadata") if isinstance(output, dict) else None
            if isinstance(at, dict) and at.pop("executionInfo", None):
                note("who ran a cell")
        if len(json.dumps(outputs)) > OUTPUT_BYTES:
            cell["outputs"] = _trimmed(outputs)
            note(f"outputs of cell {number} beyond 1 MB")
    return notebook, [what if count == 1 else f"{what} ({count} times)" for what, count in done.items()]


def _clean_output(output: dict[str, Any], words: list[str]) -> bool:
    """Clean the texts of an output; tell whether there was anything."""
    changed = False
    holders: list[tuple[Any, tuple[str, ...] | None]] = [(output, ("text", "evalue", "traceback"))]
    for holder, keys in [*holders, (output.get("data"), None)]:
        for key in list(holder) if isinstance(holder, dict) else []:
            if (keys and key not in keys) or (
                keys is None and key.startswith("image/") and key != "image/svg+xml"
            ):
                continue
            value = holder[key]
            new = _clean_value(value, words)
            if new != value:
                holder[key], changed = new, True
    return changed


def _clean_value(value: Any, words: list[str]) -> Any:
    if isinstance(value, str):
        return clean_text(value, words)
    if isinstance(value, list):
        return [_clean_value(v, words) for v in value]
    return {k: _clean_value(v, words) for k, v in value.items()} if isinstance(value, dict) else value


def _trimmed(outputs: list[Any]) -> list[Any]:
    """Return outputs that fit: small ones whole, a long text its beginning, anything else a line that says so."""
    kept, room = [], OUTPUT_BYTES
    for output in outputs:
        size = len(json.dumps(output))
        if size > room and isinstance(output, dict):
            text = output.get("text")
            text = "".join(text) if isinstance(text, list) else text
            start = text[: max(0, min(100_000, room // 8))] if isinstance(text, str) else ""
            output = {
                "output_type": "stream",
                "name": "stdout",
                "text": f"{start}\n(package() left out the rest of this output: it is over 1 MB)\n",
            }
            size = len(json.dumps(output))
        room -= size
        if room > -2000:
            kept.append(output)
    return kept


# -- logs --------------------------------------------------------------------------------------------


def clean_file(content: bytes, words: list[str]) -> bytes:
    """Return a text file without e-mail, home folders and the words; a file that is no text stays as it is."""
    try:
        return clean_text(content.decode("utf-8"), words).encode()
    except UnicodeDecodeError:
        return content


def clean_log(name: str, content: bytes, words: list[str]) -> bytes:
    """Return a run log without what says who and where: W&B's own, JSON with or without lines, a table, or any text."""
    suffix = name.lower().rpartition(".")[2]
    if suffix == "wandb":
        return clean_wandb(content, lambda value: clean_text(value, words))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    if suffix == "jsonl":
        return "".join(_clean_json(line, words) for line in text.splitlines(keepends=True)).encode()
    if suffix == "json":
        whole = _clean_json(text, words)
        if whole == text and "\n" in text.strip():  # one object per line, as some call it .json
            whole = "".join(_clean_json(line, words) for line in text.splitlines(keepends=True))
        return whole.encode()
    if suffix in ("csv", "tsv"):
        text = _clean_table(text)
    return clean_text(text, words).encode()


def _clean_json(text: str, words: list[str]) -> str:
    """Return JSON without personal keys; what has none keeps its very characters."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):  # cut off by a crash
        return clean_text(text, words)
    kept = _without_personal(value)
    if kept != value:
        text = json.dumps(kept) + text[len(text.rstrip()) :]
    return clean_text(text, words)


def _without_personal(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_personal(v) for k, v in value.items() if k.lower() not in _PERSONAL}
    return [_without_personal(v) for v in value] if isinstance(value, list) else value


def _clean_table(text: str) -> str:
    """Return a table whose columns about people and computers are empty."""
    head = text.lstrip("\ufeff").partition("\n")[0]
    separator = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return text
    personal = [
        at for at, name in enumerate(rows[0] if rows else []) if name.strip('\ufeff "').lower() in _PERSONAL
    ]
    if not personal:
        return text
    for row in rows[1:]:
        for at in personal:
            if at < len(row):
                row[at] = ""
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=separator, lineterminator="\n").writerows(rows)
    return written.getvalue()
