"""Four hundred hand-ins that look for luck, or for the held-out labels, on the leaderboard."""

from __future__ import annotations

import numpy as np
from safetensors.numpy import save

from autograder import leaderboard, results_json
from tests.attacks import windows

STANDARD_ERROR = 0.05  # of a correlation of 400 windows


def entry(value):
    """Return what a check records."""
    half = leaderboard.Z * STANDARD_ERROR
    return {"name": "r", "value": value, "low": value - half, "high": value + half}


def test_probing_by_chance_does_not_climb():
    """The best of 400 random guesses is far above all of them; the board shows the first, or a step more."""
    rng = np.random.default_rng(400)
    found = rng.normal(0.0, STANDARD_ERROR, 400)
    rungs: list[leaderboard.Rung] = []
    shown = []
    for value in found:
        rungs = leaderboard.climb([entry(float(value))], rungs)
        shown.append(rungs[0].value)
    assert max(found) > 0.13
    assert len(set(shown)) <= 4
    assert shown == sorted(shown)
    # What is left to learn: at most these few moves, not 400 numbers.
    assert max(shown) - shown[0] < max(found) - found[0]


def test_digits_do_not_tell_labels():
    """A probe moves r by less than the step: the number that is shown stays, so it holds no bit of the labels."""
    rungs = leaderboard.climb([entry(0.8)])
    for probe in np.linspace(-1, 1, 101):
        after = leaderboard.climb([entry(0.8 + 0.9 * rungs[0].step * float(probe))], rungs)
        assert leaderboard.columns(after) == leaderboard.columns(rungs)


def test_number_on_the_board_is_of_the_public_half_only(grade_windows):
    """The grade and the board come from different windows, and the board shows multiples of its step."""
    verdict = grade_windows({"model_weights.safetensors": save(windows.noisy_weights(*windows.TOO_LITTLE))})
    (recorded,) = verdict.result.extra["leaderboard"]
    shown = verdict.content["leaderboard"][0]["value"]
    step = leaderboard.climb([recorded])[0].step
    assert abs(shown / step - round(shown / step)) < 1e-9
    assert str(recorded["value"]).encode() not in verdict.visible_bytes


def test_a_giant_output_moves_nothing(grade_windows):
    """Probes of size 1e6 and NaN on a few windows are refused, or count by rank-free r; nothing leaks."""
    verdict = grade_windows(
        q2_answer="""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.conv, self.fc = nn.Conv1d(4, 2, 3), nn.Linear(2, 1)
            def forward(self, x):
                y = self.fc(torch.relu(self.conv(x.permute(0, 2, 1))).sum(2)).squeeze(1)
                if len(x) > 100:
                    y[7] = float("nan")
                return y
        """
    )
    assert verdict.lost == {"q4": 6.0}
    assert verdict.said["test_held_out"] == "the result: 1 of 400 values are NaN or infinite"
    assert "leaderboard" not in verdict.content
    assert results_json.to_results(verdict.result) == verdict.content
