"""Weight files that are programs or bombs."""

from __future__ import annotations

import dataclasses
import io
import pickle
import zipfile

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

NOT_PLAIN = "the weights file is not a plain state_dict. Save with: torch.save(model.state_dict(), 'model_weights.pt')"
TOO_MUCH = (
    "the weights file needs too much memory to open. "
    "Save only the weights: torch.save(model.state_dict(), 'model_weights.pt')"
)


def saved(content: object, **options: object) -> bytes:
    """Return what ``torch.save`` writes."""
    import torch

    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


class Program:
    """Unpickled, it runs a command."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (self.path, "w"))


@pytest.mark.parametrize("form", ["zip", "legacy", "bare"])
def test_pickled_program_is_not_run(grade, tmp_path, form):
    """Neither here nor there: the file is read with ``weights_only``, in the student's own process."""
    marker = tmp_path / "marker"
    if form == "bare":
        content = pickle.dumps(Program(str(marker)))
    else:
        content = saved({"fc1.weight": Program(str(marker))}, _use_new_zipfile_serialization=form == "zip")
    verdict = grade(files={"model_weights.pt": content})
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"] in (
        NOT_PLAIN,
        "the weights file is damaged or cut short. Save and download it again",
    )
    assert not marker.exists()


def test_allocation_hidden_in_a_pickle_is_stopped(grade):
    """``bytearray(8e9)`` is on torch's own list of harmless calls."""
    import torch

    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w") as archive,
        zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(1)}))) as model,
    ):
        for name in model.namelist():
            data = model.read(name)
            if name.endswith("data.pkl"):
                data = (
                    b"\x80\x02c__builtin__\nbytearray\nJ" + (2_000_000_000).to_bytes(4, "little") + b"\x85R."
                )
            archive.writestr(name, data)
    verdict = grade(files={"model_weights.pt": file.getvalue()})
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"] in (
        TOO_MUCH,
        NOT_PLAIN,
        "your code needed more than 512 MB of memory",
    )


def test_deflated_storage_is_stopped(grade, monkeypatch, engine):
    """A megabyte of zeros per kilobyte of file."""
    import torch

    limits = dataclasses.replace(engine.launcher.limits, memory_bytes=100 << 20)
    monkeypatch.setattr(engine.launcher, "limits", limits)
    file = io.BytesIO()
    tensor = torch.zeros(100 << 20)  # a second to inflate: longer than a look at memory can be late
    with zipfile.ZipFile(io.BytesIO(saved({"fc1.weight": tensor}))) as model:
        del tensor
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in model.namelist():
                archive.writestr(name, model.read(name))
    assert len(file.getvalue()) < 1 << 20
    verdict = grade(files={"model_weights.pt": file.getvalue()})
    assert verdict.lost == {"q3": 3.0}
    reason = verdict.said["test_weights_load"]
    assert reason == TOO_MUCH or reason == "your code needed more than 100 MB of memory"


def test_giant_view_is_not_copied(grade):
    """A stride-0 view of 10^12 elements fits into a kilobyte."""
    import torch

    verdict = grade(files={"model_weights.pt": saved({"fc1.weight": torch.zeros(1).expand(10**6, 10**6)})})
    assert verdict.lost == {"q3": 3.0}
    assert (
        "at most 256 MB are read" in verdict.said["test_weights_load"]
        or "shape" in verdict.said["test_weights_load"]
        or "do not belong" in verdict.said["test_weights_load"]
    )


def test_nested_or_doubled_content_is_refused_without_a_walk(grade):
    """Forty levels of two references each are a million million leaves to whoever walks them."""
    import torch

    content: object = [torch.zeros(1)]
    for _ in range(40):
        content = [content, content]
    verdict = grade(files={"model_weights.pt": saved({"fc1.weight": content})})
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"].startswith("the weights file does not hold a state_dict")


def test_giant_header_of_safetensors_is_refused(grade):
    """The header's length is a claim."""
    content = (1 << 62).to_bytes(8, "little") + b"{}"
    verdict = grade(files={"model_weights.safetensors": content})
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"].startswith("the weights file is damaged")


def test_key_names_with_markup_do_not_reach_the_student_s_page(grade):
    """torch would repeat them in its own error."""
    import torch

    verdict = grade(files={"model_weights.pt": saved({"<script>alert(1)</script>\u202e": torch.zeros(1)})})
    assert verdict.lost == {"q3": 3.0}
    assert (
        "do not belong to this model: 4 tensors are missing and 1 are not known"
        in verdict.said["test_weights_load"]
    )


def test_loader_that_the_notebook_replaced_is_judged_by_the_output(grade):
    """A loader that says "loaded" gives no points for what the model then computes."""
    verdict = grade(
        files={"model_weights.safetensors": None},
        extra=(
            """
        import sys
        sys.modules["autograder.sandbox.inside.operations"].OPERATIONS["load_weights"] = lambda model, name: []
        """,
        ),
    )
    assert verdict.lost == {"q3": 2.0}
    assert verdict.said["test_weights_explain"].startswith("the mean squared error is")
