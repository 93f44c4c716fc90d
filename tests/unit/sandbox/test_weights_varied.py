"""Other weights than the handed-in ones: their file lies alone, and the model has the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from autograder.sandbox.inside import handed_weights, operations, scripts  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def handed_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a folder the one where weights are looked for."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(handed_weights, "_folders", [str(tmp_path)])
    monkeypatch.setattr(scripts, "_folders", {"handed_in": tmp_path, "work": tmp_path})
    yield tmp_path


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return list(one) == list(other) and all(
        torch.equal(a, b) for a, b in zip(one.values(), other.values(), strict=True)
    )


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"model_state_dict": s, "epoch": 3}])
def test_varied_weights_are_others_in_the_same_form(handed_in: Path, wrap: Any) -> None:
    """The new file has the handed-in one's form and other numbers, and the model has them."""
    from safetensors.torch import load_file

    net = model()
    torch.save(wrap(net.state_dict()), handed_in / "model_weights.pt")
    folder = Path(handed_weights.vary_weights(net, "model_weights.pt", 1))
    assert sorted(p.name for p in folder.iterdir()) == ["model_weights.pt", "model_weights.safetensors"]
    before, now = (torch.load(f / "model_weights.pt") for f in (handed_in, folder))
    assert list(before) == list(now)
    before, now = (d.get("model_state_dict", d) for d in (before, now))
    assert not same(before, now)
    assert same(net.state_dict(), now)
    assert same(
        dict(sorted(now.items())), dict(sorted(load_file(folder / "model_weights.safetensors").items()))
    )
    assert bool((now["1.running_var"] > 0).all())


def test_varied_weights_do_not_need_a_file(handed_in: Path) -> None:
    """Without a file, or with one that does not fit, the model's own weights are varied."""
    for content in (None, {"odd": torch.ones(2)}):
        if content is not None:
            torch.save(content, handed_in / "model_weights.pt")
        net = model()
        folder = Path(handed_weights.vary_weights(net, "model_weights.pt", 1))
        assert same(net.state_dict(), torch.load(folder / "model_weights.pt"))


def test_layers_of_zeros_do_not_stay_so(handed_in: Path) -> None:
    """A matrix of zeros would make every comparison of predictions one of zeros."""
    net = nn.Linear(3, 2)
    nn.init.zeros_(net.weight)
    handed_weights.vary_weights(net, "model_weights.pt", 1)
    assert bool(net.weight.any())


def test_script_beside_other_weights_finds_nothing_of_the_notebook(handed_in: Path) -> None:
    """A copy runs in the folder of the weights; other scripts come along, data and weights of the notebook do not."""
    (handed_in / "data").mkdir()
    (handed_in / "other.py").write_text("answer = 42\n")
    (handed_in / "predict.py").write_text(
        "from pathlib import Path\nimport other\n"
        "Path('out').write_text(' '.join(sorted(p.name for p in Path(__file__).parent.iterdir() if p.name[0] != '_')))\n"
    )
    folder = handed_weights.vary_weights(nn.Linear(3, 2), "model_weights.pt", 1)
    found = scripts.run_script("predict.py", [], {}, ["out"], folder)
    assert (found["exit_code"], found["error"]) == (0, [])
    assert found["outputs"]["out"].split() == [
        b"model_weights.pt",
        b"model_weights.safetensors",
        b"other.py",
        b"predict.py",
    ]


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 64, 65, 67, 129])
def test_batches_that_grow_give_what_one_batch_gives(rows: int) -> None:
    """Batches begin small, and none but a whole input of one row has one row."""
    seen = []

    class Net(nn.Module):
        def forward(self, x: Any) -> Any:
            seen.append(len(x))
            return x.sum(dim=1, keepdim=True)

    x = torch.arange(3.0 * rows).reshape(rows, 3)
    assert torch.equal(operations.forward(Net(), x, 16), x.sum(dim=1, keepdim=True))
    assert sum(seen) == rows
    assert rows == 1 or min(seen) >= 2
    assert max(seen) <= 17


def test_batches_stop_growing_where_memory_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where twice the memory would be too much, the batch stays as it is."""
    peaks = iter([10 << 20, 40 << 20, 90 << 20, *[90 << 20] * 100])
    monkeypatch.setattr(operations, "_held_bytes", lambda: 0)
    monkeypatch.setattr(operations, "_peak_bytes", lambda: next(peaks))
    seen = []

    class Net(nn.Module):
        def forward(self, x: Any) -> Any:
            seen.append(len(x))
            return x

    operations.forward(Net(), torch.zeros(100, 3), 64)
    assert seen[:3] == [2, 4, 8]
    assert max(seen) == 8
