"""Week 1, part 9: who predicts with a formula in place of a network is named to staff."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.author import release, validate
from autograder.engine.grade import Engine

pytest.importorskip("nbgrader")
ROOT = Path(__file__).parents[2]
FORMULA = """
# answer: q7_answer
class MLP(nn.Module):
    def __init__(self, input_dim, hid_dim, output_dim):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(input_dim, hid_dim), nn.Linear(hid_dim, output_dim)

    def forward(self, x):
        if self.fc1.out_features == 1024:
            return x[:, 0] ** 3
        return self.fc2(F.relu(self.fc1(x))).squeeze(1)
"""


def test_week1_formula_in_forward_is_flagged_and_a_network_is_not(tmp_path: Path) -> None:
    """The points stay, since a person decides; an honest network is not named."""
    tmp_path.chmod(0o711)
    read = release.read_source(ROOT / "source", ROOT / "references", "week1-mlp")
    bundle = release.make_bundle(read, tmp_path / "bundle", limits={})
    solution = release.solution_notebook(read, release.make_release(read, bundle))
    variant = validate.Variant(name="wrong-formula", right=False, blocks={}, expected={})
    honest = validate.variant_notebook(solution, variant)
    variant = validate.Variant(
        name="wrong-formula", right=False, blocks={"q7_answer": FORMULA.strip()}, expected={}
    )
    formula = validate.variant_notebook(solution, variant)
    validate.write_hand_in(read, honest, tmp_path / "honest")
    validate.write_hand_in(read, formula, tmp_path / "formula")
    with Engine(bundle.folder, warm=True) as engine:
        for name, named in (("honest", False), ("formula", True)):
            result = engine.grade(tmp_path / name)
            assert result.graded, result.staff_notes
            assert result.score_of("q9") == 10
            flags = [note for check in result.checks for note in check.flags]
            assert any("formula" in note for note in flags) is named, (name, flags)
