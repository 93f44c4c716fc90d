"""Archives that come in are opened in a confined process; names and sizes are bounded."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.engine import incoming
from autograder.sandbox import hand_in


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a/b.txt", ("a", "b.txt")),
        ("./a//b.txt", ("a", "b.txt")),
        ("a\\b.txt", ("a", "b.txt")),
        ("../a", None),
        ("a/../../b", None),
        ("/etc/passwd", None),
        ("\\\\host\\x", None),
        ("C:\\x", None),
        ("a\0b", None),
        ("", None),
        ("...", ("...",)),
    ],
)
def test_name_leads_inside_or_is_none(name: str, parts: tuple[str, ...] | None) -> None:
    """In whatever way another system writes it."""
    assert incoming.parts_inside(name) == parts


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a.zip", "a"), ("a.b.tar.gz", "a.b"), ("A.ZIP", "A"), (".zip", None), ("a.rar", None), ("a.gz", None)],
)
def test_archive_is_known_by_its_name(name: str, stem: str | None) -> None:
    """The longest suffix counts."""
    assert incoming.archive_stem(name) == stem


def test_list_of_contents_without_end_is_not_read() -> None:
    """zipfile reads it at once, as long as it says it is."""
    file = incoming.Bounded(io.BytesIO(b"x" * 10))
    assert file.read(4) == b"xxxx"
    with pytest.raises(ValueError, match="too long"):
        file.read(1 << 40)


def test_file_over_its_room_leaves_nothing(tmp_path: Path) -> None:
    """Not even a half one, and an existing one is not written over."""
    target = tmp_path / "x"
    with pytest.raises(hand_in.TooLarge):
        incoming.write_file(target, lambda: io.BytesIO(b"x" * 10), 9)
    assert not target.exists()
    assert incoming.write_file(target, lambda: io.BytesIO(b"x" * 9), 9) == 9
    with pytest.raises(FileExistsError):
        incoming.write_file(target, lambda: io.BytesIO(b"y"), 9)
    assert target.read_bytes() == b"x" * 9


def test_unpacking_gives_files_and_says_what_it_left(tmp_path: Path) -> None:
    """Within the bytes and the number that are left for the hand-in."""
    archive, folder = tmp_path / "a.zip", tmp_path / "in"
    with zipfile.ZipFile(archive, "w") as made:
        for name in ("z.ipynb", "b.txt", "a.txt", "c.bin"):
            made.writestr(name, "x" * (50 if name == "c.bin" else 5))
    folder.mkdir()
    done = incoming.unpack_archive(archive, folder, room=30, files=3)
    assert done.why_not == ""
    assert done.files == 3
    assert sorted(p.name for p in folder.iterdir()) == ["a.txt", "b.txt", "z.ipynb"]
    assert [name for name, _ in done.left_out] == ["c.bin"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux confines it")
def test_unpacking_process_can_write_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if a name were let through: the folder beside is closed to it."""
    from autograder.sandbox import landlock

    if not landlock.status()[0]:
        pytest.skip("no Landlock here")
    folder, beside = tmp_path / "in", tmp_path / "beside"
    folder.mkdir()
    beside.mkdir()
    code = (
        "import json, sys; from autograder.engine import incoming; "
        f"incoming.parts_inside = lambda name: ({str(beside)!r}, 'x'); incoming.why_no_name = lambda parts: ''; "
        "incoming.main()"
    )
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("x", "x")
    real = incoming.subprocess.run

    def run(command: list[str], **more: object) -> object:
        return real([sys.executable, "-I", "-c", code, command[-1]], **more)  # type: ignore[call-overload]

    monkeypatch.setattr(incoming.subprocess, "run", run)
    done = incoming.unpack_archive(archive, folder)
    assert done.files == 0
    assert "cannot be read (Permission denied)" in done.left_out[0][1]
    assert not list(beside.iterdir())


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no archive", b"\x1f\x8b\x08broken"])
def test_broken_archive_is_said_to_be(tmp_path: Path, content: bytes) -> None:
    """Nothing is raised, nothing is left."""
    archive, folder = tmp_path / "a.zip", tmp_path / "in"
    archive.write_bytes(content)
    folder.mkdir()
    done = incoming.unpack_archive(archive, folder)
    assert (done.files, done.why_not) == (0, "is damaged")
