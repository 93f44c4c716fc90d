"""A course's packages are pinned for the image: pip resolves, what the lock has is dropped, a failure is a sentence."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from autograder.bundle import read_bundle
from autograder.errors import UsageError
from autograder.hosts import build_check, package, pins
from autograder.hosts.settings import Settings
from autograder.packages import locked


def wheel(folder: Path, name: str, version: str, *needs: str) -> str:
    """Write a wheel with nothing but metadata; return its hash."""
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        archive.writestr(f"{info}/METADATA", text + "".join(f"Requires-Dist: {need}\n" for need in needs))
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that pip takes for the only index there is."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def test_packages_and_their_needs_are_pinned_without_the_locks(index: Path) -> None:
    """numpy is the lock's, and what this numpy needs besides is its own business; a marker for Windows is none."""
    hashes = {
        "tensor-toys": wheel(
            index, "tensor_toys", "1.2", "numpy>=2", "small.part", "odd; sys_platform=='win32'"
        ),
        "small-part": wheel(index, "small_part", "0.1"),
    }
    wheel(index, "tensor_toys", "1.1")
    wheel(index, "numpy", locked()["numpy"], "needed-by-numpy-alone")
    wheel(index, "needed_by_numpy_alone", "3")
    lines = pins.pinned(("Tensor.Toys>=1",))
    assert lines == pins.HEADER + (
        f"small-part==0.1 \\\n    --hash=sha256:{hashes['small-part']}\n"
        f"tensor-toys==1.2 \\\n    --hash=sha256:{hashes['tensor-toys']}\n"
    )
    assert pins.names(lines) == hashes.keys()


def test_no_packages_ask_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A course without any packs without a network, and the same bytes as before."""
    monkeypatch.setattr(pins.subprocess, "run", None)
    assert pins.pinned(()) == ""


def test_index_of_the_course_is_asked_and_stands_in_the_lines(index: Path) -> None:
    """So that the image asks it, too (pip asks none of them here)."""
    wheel(index, "tensor_toys", "1.2")
    assert "\n--extra-index-url https://wheels.example/cpu\n" in pins.pinned(
        ("tensor_toys",), "https://wheels.example/cpu"
    )


@pytest.mark.parametrize("wanted", ["not-to-be-had==1", "tensor_toys==9", "needs-old-numpy"])
def test_what_cannot_be_resolved_is_a_sentence_with_pips_last_line(index: Path, wanted: str) -> None:
    """No such name, no such version, or one that does not go with the lock."""
    wheel(index, "tensor_toys", "1.2")
    wheel(index, "numpy", locked()["numpy"])
    wheel(index, "numpy", "1.0")
    wheel(index, "needs_old_numpy", "1", "numpy<2")
    with pytest.raises(UsageError, match=r"(?s)pip cannot resolve .* nothing was packed\. pip: ERROR: \S+"):
        pins.pinned((wanted,))


def test_package_has_the_courses_pins_after_the_locks(mini, tmp_path: Path) -> None:
    """In the file that setup.sh installs from, and only there."""
    source, bundle, released = mini
    (tmp_path / "release" / "mini").mkdir(parents=True)
    nbformat.write(released, tmp_path / "release" / "mini" / "mini.ipynb")
    arguments = ([bundle], tmp_path / "release", source.references.parent, Settings())
    plain, more = package.collect(*arguments), package.collect(*arguments, pins.HEADER + "einops==0.8.2\n")
    assert {name for name in more if more[name] != plain.get(name)} == {"requirements.lock"}
    assert more["requirements.lock"] == plain["requirements.lock"] + pins.HEADER.encode() + b"einops==0.8.2\n"


def test_import_that_the_image_would_lack_is_refused(mini) -> None:
    """If it is installed here, under a name that neither the lock nor the pins have; else the build tells."""
    bundle = read_bundle(mini[1])
    package.refuse_lacking(bundle, "")
    using = replace(bundle, imports=("einops", "not_there_at_all", "torch"))
    with pytest.raises(
        UsageError, match=r'packages lack einops.*\n.*packages = \["einops==.*autograder release mini'
    ):
        package.refuse_lacking(using, "")
    package.refuse_lacking(using, "einops==0.8.2 \\\n")
    package.refuse_lacking(replace(bundle, imports=("not_there_at_all",)), "")


def test_release_with_other_packages_is_refused(mini) -> None:
    """What was validated is what is packed."""
    bundle = replace(read_bundle(mini[1]), packages=("einops==0.8.1",))
    package.refuse_other_packages(bundle, ("einops==0.8.1", "more"))
    with pytest.raises(UsageError, match=r"released with einops==0\.8\.1.*\n.*autograder release mini"):
        package.refuse_other_packages(bundle, ("einops==0.8.2",))


def test_build_check_imports_what_is_needed(mini) -> None:
    """One that is there and cannot be loaded would fail every hand-in."""
    bundle = replace(read_bundle(mini[1]), imports=("json", "not_there_at_all"))
    (said,) = build_check.unimportable(bundle)
    assert said.startswith("mini: not_there_at_all cannot be imported in this image: ModuleNotFoundError")
