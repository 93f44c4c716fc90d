"""Folders as bytes: what the engine would find arrives, and nothing arrives anywhere else."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path

import pytest

from autograder.engine import parcels
from autograder.errors import SandboxError
from autograder.sandbox import hand_in


def facts(folder: Path) -> dict[str, tuple[str, object]]:
    """Return what the engine can tell of each file of a hand-in."""
    found: dict[str, tuple[str, object]] = {}
    for name in hand_in.list_hand_in(folder):
        try:
            found[str(name)] = ("file", hand_in.read_regular(folder / name, hand_in.MAX_FILE_BYTES))
        except hand_in.TooLarge:
            found[str(name)] = ("too large", (folder / name).stat().st_size)
        except OSError:
            found[str(name)] = ("closed", None)
    return found


def sent(folder: Path, to: Path) -> Path:
    """Send a hand-in into a folder."""
    parcels.unpack(parcels.pack_hand_in(folder).content, to)
    return to


def test_engine_finds_in_the_parcel_what_it_would_have_found(tmp_path: Path) -> None:
    """Odd names, folders, empty and binary files; links, second names, pipes and files without end."""
    folder = tmp_path / "hand-in"
    (folder / "ünder" / "b c").mkdir(parents=True)
    names = [
        "mini.ipynb",
        "ünder/b c/weights.pt",
        "new\nline",
        '"quoted".py',
        os.fsdecode(b"\xff\xfe.txt"),
        ".env",
    ]
    for name in names:
        (folder / name).write_bytes(name.encode(errors="surrogateescape") + b"\0\r\n{}")
    (folder / "empty").touch()
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").touch()
    (folder / "link.ipynb").symlink_to("mini.ipynb")
    (folder / "out.txt").symlink_to("/etc/passwd")
    os.link(folder / "mini.ipynb", folder / "second.ipynb")
    os.mkfifo(folder / "pipe")
    with (folder / "endless.pt").open("wb") as file:
        file.truncate(1 << 42)
    arrived = sent(folder, tmp_path / "there")
    assert facts(arrived) == facts(folder)
    assert facts(arrived)["endless.pt"] == ("too large", 1 << 42)
    assert facts(arrived)["link.ipynb"] == ("closed", None)
    assert stat.S_ISFIFO((arrived / "pipe").lstat().st_mode)
    assert not (arrived / "out.txt").exists()
    assert not (arrived / "__pycache__").exists()
    assert arrived.stat().st_mode & 0o077 == 0


def test_parcel_of_an_empty_or_absent_folder_is_an_empty_folder(tmp_path: Path) -> None:
    """A hand-in that was taken away meanwhile is one without a notebook."""
    assert list(sent(tmp_path / "absent", tmp_path / "there").iterdir()) == []


def test_same_folder_has_the_same_digest(tmp_path: Path) -> None:
    """Whatever its place and its times; another byte gives another one."""
    digests = []
    for name, text in (("a", "x"), ("b", "x"), ("c", "y")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mini.ipynb").write_text(text)
        digests.append(parcels.pack_hand_in(tmp_path / name).digest)
    assert digests[0] == digests[1] != digests[2]


def test_bundle_arrives_whole(tmp_path: Path, mini: tuple[object, Path, object]) -> None:
    """Every file of it; its digest is that of its bytes."""
    parcel = parcels.pack_bundle(mini[1])
    assert parcel.digest == hashlib.sha256(parcel.content).hexdigest()
    parcels.unpack(parcel.content, tmp_path / "there")

    def files(folder: Path) -> dict[str, bytes]:
        return {
            str(p.relative_to(folder)): p.read_bytes()
            for p in folder.rglob("*")
            if p.is_file() and "__pycache__" not in p.parts
        }

    assert files(tmp_path / "there") == files(mini[1])


def entry(name: str, **more: object) -> bytes:
    """Return a parcel with one entry."""
    return json.dumps([{"name": name, "kind": "file", "size": 1, "sent": 1} | more]).encode() + b"\nx"


BAD = {
    "up": entry("../x"),
    "up inside": entry("a/../../x"),
    "absolute": entry("/tmp/x"),
    "itself": entry("."),
    "nothing": entry(""),
    "twice": json.dumps([{"name": "a", "kind": "file", "size": 0, "sent": 0}] * 2).encode() + b"\n",
    "through a link": json.dumps(
        [{"name": "a", "kind": "link"}, {"name": "a/b", "kind": "file", "size": 0, "sent": 0}]
    ).encode() + b"\n",
    "too much": entry("a") + b"y",
    "too little": entry("a", sent=5, size=5),
    "no list": b"1\n",
    "no JSON": b"\x80\x04\x95",
    "no size": b'[{"name": "a", "kind": "file"}]\n',
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_parcel_that_is_none_is_refused_and_leaves_nothing(tmp_path: Path, case: str) -> None:
    """Nothing is written outside of its folder, and no half folder stays."""
    with pytest.raises(SandboxError, match="a parcel could not be unpacked"):
        parcels.unpack(BAD[case], tmp_path / "inner" / "there")
    assert list((tmp_path / "inner").iterdir()) == []
