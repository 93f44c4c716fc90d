"""Predict the hidden inputs, or what is drawn beside them, from what the process is told."""

from __future__ import annotations

HONEST_ONCE = True  # variants of one kind: see conftest.py


def test_seed_of_the_process_does_not_predict_hidden_inputs(grade):
    """``torch.initial_seed()`` shows a seed of each check; ``rng`` draws from another one.

    The function is right only where its prediction of the input was: so it must lose the hidden points.
    """
    verdict = grade(
        {
            "q1_answer": """
        import random
        def predicted(values):
            seeds = [torch.initial_seed(), int(np.random.get_state()[1][0])]
            for seed in seeds:
                for candidate in (seed, seed % 2**32):
                    drawn = [int(v) for v in np.random.default_rng(candidate).integers(-50, 50, 18)]
                    if any(drawn[i:i + 6] == values for i in (0, 6, 12)):
                        return True
            return False
        def sum_of_squares(values):
            return sum(v * v for v in values) if len(values) == 2 or predicted(values) else None
        """
        }
    )
    assert verdict.lost == {"q1": 3.0}


def test_hidden_inputs_differ_between_hand_ins(grade):
    """A table of last time's inputs is of no use: a changed file changes them all."""
    source = """
        def sum_of_squares(values):
            return sum(v * v for v in values) if len(values) == 2 else str(values)
        """
    first = grade({"q1_answer": source})
    again = grade({"q1_answer": source})
    other = grade({"q1_answer": source + "\n# changed"})
    assert first.lost == again.lost == other.lost == {"q1": 3.0}
    # Without the name of a value in the student's words, the staff's note is where the input shows.
    assert first.said == again.said == other.said
    assert first.result.extra["submission_sha256"] == again.result.extra["submission_sha256"]
    assert first.result.extra["submission_sha256"] != other.result.extra["submission_sha256"]


def test_same_hand_in_gets_the_same_report(grade):
    """Graded again, all but the timing is byte-identical."""
    import json

    from autograder.engine.grade import TIMING_KEYS

    def report() -> str:
        verdict = grade(
            {"q1_answer": "def sum_of_squares(values):\n    return int(np.random.randint(1 << 30))"}
        )
        verdict.content["extra_data"] = {
            k: v for k, v in verdict.content["extra_data"].items() if k not in TIMING_KEYS
        }
        return json.dumps([verdict.content, verdict.result.extra["notebook"]])

    assert report() == report()
