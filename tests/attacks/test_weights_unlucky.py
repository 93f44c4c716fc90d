"""Weight files of honest students that went wrong on the way, each with its fix; harmless forms are accepted."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import numpy as np
import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py


def saved(content: object, **options: object) -> bytes:
    """Return what ``torch.save`` writes."""
    import torch

    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def good() -> dict[str, object]:
    """The right weights as torch tensors."""
    import torch

    rng = np.random.default_rng(20261123)  # see tests/conftest.py, good_weights
    shapes = {"fc1.weight": (3, 2), "fc1.bias": (3,), "fc2.weight": (1, 3), "fc2.bias": (1,)}
    return {
        name: torch.from_numpy(rng.standard_normal(shape).astype(np.float32))
        for name, shape in shapes.items()
    }


ACCEPTED: dict[str, Callable[[dict], bytes]] = {
    "plain": saved,
    "legacy format": lambda good: saved(good, _use_new_zipfile_serialization=False),
    "float64": lambda good: saved({k: v.double() for k, v in good.items()}),
    "parameters": lambda good: saved({k: __import__("torch").nn.Parameter(v) for k, v in good.items()}),
    "DataParallel": lambda good: saved({f"module.{k}": v for k, v in good.items()}),
    "torch.compile": lambda good: saved({f"_orig_mod.{k}": v for k, v in reversed(good.items())}),
    "both": lambda good: saved({f"module._orig_mod.{k}": v for k, v in reversed(good.items())}),
    "checkpoint": lambda good: saved({"epoch": 3, "model_state_dict": good, "loss": 0.1}),
    "state_dict key": lambda good: saved({"state_dict": good}),
    "other layer names": lambda good: saved(
        dict(zip(["a.weight", "a.bias", "b.weight", "b.bias"], good.values(), strict=True))
    ),
    "non-contiguous": lambda good: saved(
        {k: v.t().contiguous().t() if v.ndim == 2 else v for k, v in good.items()}
    ),
}


@pytest.mark.parametrize("form", ACCEPTED)
def test_harmless_form_gets_full_marks(grade, good, form):
    """What can be repaired without guessing is repaired."""
    verdict = grade(files={"model_weights.pt": ACCEPTED[form](good), "model_weights.safetensors": None})
    assert verdict.lost == {}


def test_weights_saved_on_a_gpu_get_full_marks(grade, good, monkeypatch):
    """The file names a device that is not here."""
    import torch

    monkeypatch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
    content = saved(good)
    assert b"cuda:0" in content
    verdict = grade(files={"model_weights.pt": content, "model_weights.safetensors": None})
    assert verdict.lost == {}


FIXES: dict[str, tuple[Callable[[dict], bytes | None], str]] = {
    "missing": (lambda good: None, "model_weights.pt was not handed in. Run the training cell"),
    "empty": (lambda good: b"", "the weights file is empty (0 bytes)"),
    "web page": (
        lambda good: b"\n<!DOCTYPE html><html><title>Sign in</title></html>",
        "the weights file is a web page",
    ),
    "LFS": (
        lambda good: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "the weights file is a Git LFS pointer",
    ),
    "cut short": (lambda good: saved(good)[:700], "the weights file is damaged or cut short"),
    "text": (lambda good: b"0.1 0.2 0.3\n", "the weights file is "),
    "list": (lambda good: saved(list(good.values())), "the weights file does not hold a state_dict"),
    "numbers": (
        lambda good: saved({k: v.tolist() for k, v in good.items()}),
        "the weights file does not hold a state_dict",
    ),
    "complex": (
        lambda good: saved({k: v.cfloat() for k, v in good.items()}),
        "the weights must be ordinary float tensors",
    ),
    "NaN": (
        lambda good: saved({k: v * float("nan") for k, v in good.items()}),
        "the weights hold NaN or infinite values",
    ),
    "other model": (
        lambda good: saved({**good, "fc3.weight": good["fc2.weight"]}),
        "the weights do not belong to this model: 0 tensors are missing and 1",
    ),
    "other size": (
        lambda good: saved(
            {k: __import__("torch").zeros(*[n + 1 for n in v.shape]) for k, v in good.items()}
        ),
        "a tensor of the weights has shape 4×3 where the model needs 3×2",
    ),
}


@pytest.mark.parametrize("form", FIXES)
def test_unlucky_form_is_told_its_fix(grade, good, form):
    """One sentence per mishap; the rest of the notebook counts."""
    make, sentence = FIXES[form]
    verdict = grade(files={"model_weights.pt": make(good), "model_weights.safetensors": None})
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"].startswith(sentence)
    assert verdict.said["test_weights_explain"].startswith("skipped: builds on")


def test_whole_module_of_another_kind_is_told_its_fix(grade):
    """``torch.save(model)`` is opened where its class is; this one is no model of the assignment."""
    import torch

    verdict = grade(
        files={"model_weights.pt": saved(torch.nn.Linear(2, 3)), "model_weights.safetensors": None}
    )
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"].startswith(
        "the weights do not belong to this model: 4 tensors are missing and 2 are not known"
    )


def test_other_archive_is_told_to_be_damaged(grade):
    """A zip that is no torch file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("../../evil.txt", "x")
        archive.writestr("/etc/evil", "x")
    verdict = grade(files={"model_weights.pt": file.getvalue(), "model_weights.safetensors": None})
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"].startswith("the weights file is damaged")


def test_weights_of_another_run_that_explain_too_little_lose_the_hidden_points(grade, good):
    """Untrained weights load, but do not explain the held-out points."""
    import torch

    untrained = {k: torch.zeros_like(v) for k, v in good.items()}
    verdict = grade(files={"model_weights.pt": saved(untrained), "model_weights.safetensors": None})
    assert verdict.lost == {"q3": 2.0}
    assert verdict.said["test_weights_explain"].startswith("the mean squared error is ")
    assert verdict.said["test_weights_explain"].endswith("at most 0.01 is needed")
