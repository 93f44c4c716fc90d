"""Unlucky, not hostile: another order of letters, a reshaped axis, a step without zero_grad; each costs its own points."""

from __future__ import annotations

NET = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(4, 2, 3)
        self.fc = nn.Linear(2, 1)
    def forward(self, x):
        return self.fc(torch.relu(self.conv(LAYOUT)).sum(2)).squeeze(1)
"""


def test_reshape_for_permute_is_told(grade_windows):
    """The impulse shows it; the rest of the notebook keeps its points."""
    verdict = grade_windows(q2_answer=NET.replace("LAYOUT", "x.reshape(len(x), 4, -1)"))
    assert set(verdict.lost) == {"q2", "q4"}
    assert verdict.lost["q2"] == 3.0
    assert verdict.said["test_layout"] == (
        "The same letter at another place gives another number: axes look reshaped, not permuted"
    )


def test_other_order_of_letters_costs_the_encoding_only(grade_windows):
    """ATGC: the network and what it learned are judged by our own encoding, not by the student's."""
    verdict = grade_windows(
        q1_answer="""
        def one_hot(sequences):
            return torch.eye(4)[torch.tensor([["ATGC".index(letter) for letter in s] for s in sequences])]
        """
    )
    assert verdict.lost == {"q1": 3.0}


STEPS = {
    "no zero_grad": "loss.backward(); optimizer.step()",
    "zero_grad after backward": "loss.backward(); optimizer.zero_grad(); optimizer.step()",
    "no step": "optimizer.zero_grad(); loss.backward()",
    "frozen layer": "next(model.parameters()).requires_grad_(False); optimizer.zero_grad(); loss.backward(); optimizer.step()",
}


def test_training_step_that_differs_loses_the_step(grade_windows):
    """The loss is right, the parameters after two steps are not."""
    for step in STEPS.values():
        verdict = grade_windows(
            q3_answer=f"""
            def train_step(model, optimizer, x, y):
                loss = ((model(x) - y) ** 2).mean()
                {step}
                return loss.item()
            def make_optimizer(model):
                return torch.optim.SGD(model.parameters(), lr=0.1)
            """
        )
        assert verdict.lost == {"q3": 3.0}, step
        assert verdict.said["test_two_steps"].startswith("a parameter after two steps")


def test_broadcast_loss_is_told_with_its_numbers(grade_windows):
    """(2, 1) against (2,) is a loss of four rows; the public example says what it should have been."""
    verdict = grade_windows(
        q3_answer="""
        def train_step(model, optimizer, x, y):
            optimizer.zero_grad()
            loss = ((model(x)[:, None] - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss.item()
        def make_optimizer(model):
            return torch.optim.SGD(model.parameters(), lr=0.1)
        """
    )
    assert verdict.lost == {"q3": 4.0}
    assert ": expected 2.5, got " in verdict.said["test_loss"]
