"""A model that ignores its weights and states the rule of the labels: graded by its numbers, told to staff."""

from __future__ import annotations

RULE = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 2, 3)
        self.fc = nn.Linear(2, 1)
    def forward(self, x):
        letters = x.argmax(2)
        gat = (letters[:, :-2] == 2) & (letters[:, 1:-1] == 0) & (letters[:, 2:] == 3)
        ttt = (letters[:, :-2] == 3) & (letters[:, 1:-1] == 3) & (letters[:, 2:] == 3)
        known = x.sum(2)[:, 2:] > 0
        return (known * (gat + 0.5 * ttt)).sum(1).float() + 0 * self.fc.bias
"""


def test_rule_instead_of_weights_is_flagged_for_staff_only(grade_windows):
    """Full marks stand, a person looks, and the student reads nothing of it."""
    verdict = grade_windows(q2_answer=RULE)
    assert verdict.result.score_of("q4") == 8.0
    assert "predictions do not depend on weights" in verdict.staff
    assert b"depend on weights" not in verdict.visible_bytes


def test_constant_answer_is_not_a_prediction(grade_windows):
    """Constant rows have no correlation: nothing for them, whatever the weights."""
    verdict = grade_windows(q2_answer=RULE.replace("return (known", "return 0.0 * (known"))
    assert verdict.lost == {"q4": 6.0}
