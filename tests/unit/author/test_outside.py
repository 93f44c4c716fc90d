"""Solutions from outside are counted by what their authors said, not by points that they could not know."""

from __future__ import annotations

from autograder.author.outside import Round, count, section
from autograder.author.validate import SOLUTION, UNTOUCHED, Judgement

FULL = {"q1": 10.0, "q2": 5.0}


def judged(
    name: str, got: dict[str, float], broken: tuple[str, ...] = (), *, graded: bool = True
) -> Judgement:
    """Return a judgement of a solution that breaks these questions."""
    return Judgement(
        name=name,
        expected=FULL | dict.fromkeys(broken, 0.0),
        got=got,
        graded=graded,
        right=name.startswith("right"),
        reasons=["why"],
    )


def test_right_ones_are_hurt_by_any_point_and_wrong_ones_survive_with_all() -> None:
    """A part of the points lost is a kill; another question's loss is none."""
    found = count(
        [
            judged(SOLUTION, FULL),
            judged(UNTOUCHED, {"q1": 0.0, "q2": 0.0}),
            judged("right-a", FULL),
            judged("right-b", FULL | {"q2": 4.0}),
            judged("right-c", {}, graded=False),
            judged("wrong-a", FULL | {"q1": 7.0}, ("q1",)),
            judged("wrong-b", FULL | {"q2": 0.0}, ("q1",)),
            judged("wrong-c", FULL, ("q1", "q2")),
            judged("wrong-d", FULL | {"q2": 1.0}, ("q1", "q2")),
            judged("wrong-e", {}, ("q1",), graded=False),
        ],
        FULL,
    )
    assert (found.right, found.wrong) == (3, 5)
    assert found.hurt == {"right-b": "why", "right-c": "not graded"}
    assert set(found.survivors) == {"wrong-b", "wrong-c", "wrong-e"}


def test_section_adds_up_and_names_the_misjudged() -> None:
    """With the bound, and a line for all."""
    text = section({"a": Round(20, 60, {"right-x": "why"}, {}), "b": Round(40, 0, {}, {})})
    assert "| a | 20 | 1 | 21.6% | 60 | 0 | 4.9% |" in text
    assert "| b | 40 | 0 | 7.2% | 0 | 0 | – |" in text
    assert "| all | 60 | 1 | 7.7% | 60 | 0 | 4.9% |" in text
    assert "- a: hurt `right-x`" in text
