"""The shape ladder: what is recorded, what of a claim is believed, which slip is named, and how little for a hidden input."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from autograder import ladder, layers, messages


class Net(nn.Module):
    """A convolution and a line, joined in a way that a test gives."""

    def __init__(self, join: Any = lambda x: x.flatten(1), end: Any = lambda x: x.squeeze(1)) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv1d(4, 8, 3), nn.Linear(48, 1)
        self.join, self.end = join, end

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return one number a row."""
        return self.end(self.fc(self.join(torch.relu(self.conv(x)))))


def record(model: Any, *shape: int) -> dict[str, Any] | None:
    """Return what is recorded of a call."""
    recorder = layers.Recorder()
    try:
        with recorder.watch(model):
            model(torch.ones(shape))
    except RuntimeError:
        pass
    taken = recorder.taken()
    assert ladder.read(taken) == taken
    return taken


@pytest.mark.parametrize(
    ("model", "shape", "slip"),
    [
        (Net(), (3, 8, 4), "channels last"),
        (Net(), (3, 4, 9), "size"),
        (Net(lambda x: x), (3, 4, 8), "flatten"),
        (Net(lambda x: x.flatten()), (3, 4, 8), "flattened batch"),
        (Net(lambda x: x.flatten(1).T), (3, 4, 8), "axes"),
        (nn.Sequential(nn.Conv1d(4, 1, 3), nn.Flatten(0), nn.Linear(6, 1)), (2, 4, 8), "flattened batch"),
        (nn.Conv1d(4, 8, 3), (3, 5, 9), "channels"),
        (nn.Linear(3, 1), (5, 2), "size"),
        (nn.Linear(3, 1), (3, 5), "axes"),
        (nn.BatchNorm1d(3), (3, 5), ""),
    ],
)
def test_slip_is_named_where_a_layer_stops(model: Any, shape: tuple[int, ...], slip: str) -> None:
    """The failing layer stands last but one, with the shape that it got; the slip after it."""
    found = record(model, *shape)
    lines = ladder.words(found, public=True)
    assert any("stopped here" in line for line in lines)
    assert (lines[-1] == messages.SLIPS.get(slip)) == bool(slip)


def test_ladder_goes_up_to_the_failing_layer() -> None:
    """Each layer in turn, then where it stopped; a stop between layers is told as that."""
    assert ladder.words(record(Net(), 3, 4, 9), public=True)[:3] == (
        "shapes in Net, layer by layer:",
        "Conv1d: (3, 4, 9) → (3, 8, 7)",
        "Linear: (3, 56) → stopped here; it was made for 48",
    )
    between = ladder.words(record(Net(lambda x: x.view(3, 5)), 3, 4, 8), public=True)
    assert between[-1] == "Net: stopped in its forward, after (3, 8, 6)"
    assert record(Net(), 3, 4, 8)["at"] is None


@pytest.mark.parametrize(
    ("wanted", "returned", "slip"),
    [
        ((1,), (), "batch of one"),
        ((5,), (5, 1), "not squeezed"),
        ((5, 1), (5,), "squeezed"),
        ((5, 3), (3, 5), "axes"),
        ((5, 3), (15, 3), "rows"),
        ((5,), (7, 2), ""),
    ],
)
def test_slip_of_a_result_of_another_shape(
    wanted: tuple[int, ...], returned: tuple[int, ...], slip: str
) -> None:
    """The two shapes say which; for a hidden input nothing else is said."""
    found = record(Net(), 5, 4, 8)
    said = ladder.words(found, public=False, wanted=wanted, returned=returned)
    assert said == ((messages.SLIPS[slip],) if slip else ())
    assert (
        ladder.words(found, public=True, wanted=wanted, returned=returned)[-len(said) or None :] == said
        or not said
    )


def test_hidden_input_shows_no_shape_and_no_name_of_the_students() -> None:
    """The kind of layer from a closed list, and the slip."""
    spelling = type("Secret1234567", (nn.Module,), {"forward": lambda self, x: x.view(7)})()
    found = record(spelling, 123456, 2, 1)
    assert ladder.words(found, public=False) == ("it stopped in a module of yours",)
    assert "Secret1234567" in ladder.words(found, public=True)[0]
    found = {"root": "N", "steps": [], "count": 0, "at": ["Linear", [7, 31], None, 5]}
    assert ladder.words(found, public=False) == ("it stopped in Linear", messages.SLIPS["size"])


@pytest.mark.parametrize(
    "claim",
    [
        None,
        [],
        {"root": "N", "steps": [], "at": None},
        {"root": 1, "steps": [], "at": None, "count": 0},
        {"root": "N", "steps": [["Linear", [-1], None, 0]], "at": None, "count": 1},
        {"root": "N", "steps": [["Linear", [1.5], None, 0]], "at": None, "count": 1},
        {"root": "N", "steps": [["Linear", [True], None, 0]], "at": None, "count": 1},
        {"root": "N", "steps": [["Linear", [1] * 6, None, 0]], "at": None, "count": 1},
        {"root": "N", "steps": [["Linear", [1], None]] * 2, "at": None, "count": 1},
        {"root": "N", "steps": [["Linear", [1], None, 0]] * 99, "at": None, "count": 99},
        {"root": "N", "steps": [], "at": ["<b>", "x", None, 0], "count": 0},
        {"root": "N", "steps": [], "at": None, "count": 10**9},
    ],
)
def test_claim_of_another_form_is_not_read(claim: object) -> None:
    """Nothing of it is said."""
    assert ladder.read(claim) is None


def test_markup_and_control_characters_of_a_class_name_are_not_shown() -> None:
    """A name that is no identifier is a module of yours."""
    at = ["<script>", [2, 3], None, 0]
    lines = ladder.words({"root": "a\u202eb", "steps": [], "at": at, "count": 0}, public=True)
    assert lines == (
        "shapes in a module of yours, layer by layer:",
        "a module of yours: stopped in its forward, after (2, 3)",
    )


def test_recording_changes_nothing_and_ends() -> None:
    """Outputs are the same, no hook is left, and a long training is not watched to its end."""
    model, x = Net(), torch.ones(2, 4, 8)
    recorder = layers.Recorder()
    with recorder.watch(lambda: None):
        outputs = [model(x) for _ in range(layers.MAX_CALLS + 5)]
    assert torch.equal(outputs[-1], model(x))
    assert recorder.taken() is None
    assert not nn.modules.module._global_forward_hooks
    assert not nn.modules.module._global_forward_pre_hooks
