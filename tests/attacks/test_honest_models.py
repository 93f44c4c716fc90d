"""Models that are not ours and deserve full marks: a better one, and the worst that a seed may give."""

from __future__ import annotations

import numpy as np
from safetensors.numpy import save

from tests.attacks import windows


def test_better_model_of_another_kind_gets_full_marks(grade_windows):
    """Pooling, layers and names are the student's own; more than the reference can is not suspicious."""
    kernel = windows.one_hot(["GAT", "TTT"]).transpose(0, 2, 1)
    weights = {
        "scan.0.weight": np.ascontiguousarray(kernel),
        "scan.0.bias": np.array([-2.0, -2.0], np.float32),
        "head.weight": np.array([[1.0, 0.5]], np.float32),
    }
    verdict = grade_windows(
        {"model_weights.safetensors": save(weights)},
        q2_answer="""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scan = nn.Sequential(nn.Conv1d(4, 2, 3), nn.ReLU())
                self.head = nn.Linear(2, 1, bias=False)
            def forward(self, x):
                return self.head(self.scan(torch.movedim(x, 2, 1)).sum(dim=-1)).flatten()
        """,
    )
    assert verdict.lost == {}
    assert verdict.result.extra["leaderboard"][0]["value"] > 0.999


def test_worst_seed_of_an_honest_run_gets_full_marks(grade_windows):
    """The floor is below every honest seed: nobody loses a point to chance."""
    verdict = grade_windows({"model_weights.safetensors": save(windows.noisy_weights(*windows.WORST))})
    assert verdict.lost == {}


def test_a_little_less_than_the_floor_loses_a_little(grade_windows):
    """And what explains less loses more, not all."""
    verdict = grade_windows({"model_weights.safetensors": save(windows.noisy_weights(*windows.TOO_LITTLE))})
    assert 0.0 < verdict.lost["q4"] < 3.0
    assert set(verdict.lost) == {"q4"}


def test_gradients_that_a_later_statement_switched_off_are_on_again(grade_windows):
    """A global switch left at the end of an evaluation does not make right training wrong."""
    verdict = grade_windows(
        q3_answer="""
        def train_step(model, optimizer, x, y):
            optimizer.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss.item()
        def make_optimizer(model):
            return torch.optim.SGD(model.parameters(), lr=0.1)
        torch.set_grad_enabled(False)
        """
    )
    assert verdict.lost == {}
