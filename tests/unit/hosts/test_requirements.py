"""What an image installs for a brought course: what it asks for, in words of pip's, and what it needs unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.errors import UsageError
from autograder.hosts import requirements
from autograder.packages import locked


def wanted(
    tmp_path: Path, text: str, needed: tuple[str, ...] = (), packages: tuple[str, ...] = ()
) -> requirements.Wanted:
    """Read a requirements.txt."""
    path = tmp_path / "requirements.txt"
    path.write_text(text, encoding="utf-8")
    return requirements.wanted([path], needed, packages)


def test_what_the_image_lacks_is_installed(tmp_path: Path) -> None:
    """Comments, blanks, extras, markers, continued lines, hashes, a byte order mark; each name once."""
    (tmp_path / "more.txt").write_text("folium>=0.14\n")
    text = (
        "\ufeff# of the course\n\nseaborn==0.13.2  # plots\nFolium\nplotly [express] >= 5 ; python_version > '3'\n"
        "colorama; sys_platform == 'win32'\n-r more.txt\nseaborn==0.13.2\nbokeh==3.4 \\\n    --hash=sha256:abc\n"
    )
    found = wanted(tmp_path, text, packages=("einops==0.8.2",))
    assert found.packages == [
        "einops==0.8.2",
        "seaborn==0.13.2",
        "Folium",
        "plotly [express] >= 5",
        "bokeh==3.4",
    ]
    assert found.notes == []


def test_locked_libraries_stay_as_they_are_and_it_is_told(tmp_path: Path) -> None:
    """A version that the image has not is named; one that fits is not."""
    found = wanted(tmp_path, f"pandas<1\nnumpy=={locked()['numpy']}\nscikit_learn\n")
    assert found.packages == []
    assert found.notes == [
        f"requirements.txt: 'pandas<1' is asked for; the image has pandas {locked()['pandas']}, and hand-ins run with that"
    ]


@pytest.mark.parametrize(
    "line",
    ["git+https://example.org/x.git", "x @ https://example.org/x.whl", "-e .", "--index-url https://example.org", "./here", "a b c"],
)  # fmt: skip
def test_what_no_index_has_is_left_out_with_a_sentence(tmp_path: Path, line: str) -> None:
    """Addresses, folders, options: an image is pinned by name and version."""
    found = wanted(tmp_path, f"{line}\neinops\n")
    assert found.packages == ["einops"]
    assert len(found.notes) == 1
    assert f"requirements.txt: {line!r} is left out" in found.notes[0]


def test_tools_are_left_out_unless_the_notebook_imports_them(tmp_path: Path) -> None:
    """Jupyter and the tools themselves grade nothing."""
    text = "jupyter\nnbgrader==0.9.5\notter-grader>=6\nipywidgets\nautograder-notebooks[instructor]\n"
    assert wanted(tmp_path, text).packages == []
    assert wanted(tmp_path, text, ("ipywidgets",)).packages == ["ipywidgets"]


def test_a_frozen_machine_is_told_in_two_sentences(tmp_path: Path) -> None:
    """Not in two hundred: some lines are named, the rest is counted."""
    names = sorted(locked())[:8]
    lines = [f"{name}==0.0.1" for name in names] + [f"x{n} @ file:///conda/x{n}" for n in range(40)]
    found = wanted(tmp_path, "\n".join(lines))
    assert found.packages == []
    assert [len(note.split("'")) // 2 for note in found.notes] == [5, 5]
    assert "'x4 @ file:///conda/x4' and 35 more are left out" in found.notes[0]
    assert (
        f"'{names[4]}==0.0.1' and 3 more are asked for; the image has {names[0]} {locked()[names[0]]}, "
        in found.notes[1]
    )


def test_a_missing_file_and_a_circle_end(tmp_path: Path) -> None:
    """A file that includes itself, or one that is not there, costs a line."""
    found = wanted(tmp_path, "-r requirements.txt\n-r gone.txt\neinops\n")
    assert found.packages == ["einops"]
    assert (
        "gone.txt: No such file or directory; what it asks for is not installed in the image" in found.notes
    )


def test_what_is_imported_and_not_asked_for_is_pinned_as_it_is_here(tmp_path: Path) -> None:
    """The version with which the solution was graded; what is locked, Python's own or not here is not."""
    found = wanted(tmp_path, "", ("einops", "pandas", "json", "not_there_at_all"))
    assert found.packages == ["einops==0.8.2"]
    assert wanted(tmp_path, "einops>=0.1\n", ("einops",)).packages == ["einops>=0.1"]


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ('{"url": "https://example.org/fancy.git", "vcs_info": {}}', True),
        ('{"url": "ssh://example.org/fancy.git", "vcs_info": {}}', True),
        ('{"url": "https://example.org/fancy-1.0.whl", "archive_info": {}}', True),
        ('{"url": "file:///home/me/fancy", "dir_info": {"editable": true}}', True),
        ('{"url": "file:///home/conda/work", "dir_info": {}}', False),
        ("{", False),
    ],
)
def test_what_was_installed_from_an_address_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, refused: bool
) -> None:
    """No index has it: a sentence before anything is packed. What conda built in a folder of its own, pip's index has."""
    site = tmp_path / "site"
    folder = site / "fancy_layers-1.0.dist-info"
    folder.mkdir(parents=True)
    (site / "fancy_layers.py").write_text("")
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: fancy-layers\nVersion: 1.0\n")
    (folder / "top_level.txt").write_text("fancy_layers\n")
    (folder / "RECORD").write_text("fancy_layers.py,,\n")
    (folder / "direct_url.json").write_text(told)
    monkeypatch.syspath_prepend(str(site))
    if refused:
        with pytest.raises(UsageError, match=r"fancy-layers 1\.0 was installed here from \w+://"):
            wanted(tmp_path, "", ("fancy_layers",))
    else:
        assert wanted(tmp_path, "", ("fancy_layers",)).packages == ["fancy-layers==1.0"]


def test_imports_of_files_beside_a_notebook_are_read() -> None:
    """Wherever they stand in it; what is no Python has none."""
    text = "import a.b\nfrom c import d\nfrom . import e\ndef f():\n    import g as h\n"
    assert requirements.modules_in(text) == {"a", "c", "g"}
    assert requirements.modules_in("import (") == set()
