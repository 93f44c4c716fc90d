"""Weights of somebody else's: graded like any, and staff is told, whatever was done to hide it."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save

from autograder.classroom import alike, overview, pages
from tests.attacks import windows

HONEST_ONCE = True  # variants of one kind: see conftest.py
FLAG = "filters like those of our reference"


def copied(change):
    """Return the reference's filters, changed, on weights that are otherwise the student's."""
    weights = dict(windows.noisy_weights(*windows.HONEST))
    weights["conv.weight"] = windows.noisy_weights(*windows.REFERENCE)["conv.weight"]
    return save({name: np.ascontiguousarray(a) for name, a in change(weights).items()})


def permuted_and_rescaled(weights):
    """Swap the two filters and scale them by 3, with the same output."""
    return {
        "conv.weight": 3 * weights["conv.weight"][::-1],
        "conv.bias": 3 * weights["conv.bias"][::-1],
        "fc.weight": weights["fc.weight"][:, ::-1] / 3,
        "fc.bias": weights["fc.bias"],
    }


def with_noise(weights):
    """Add one per cent."""
    rng = np.random.default_rng(5)
    noise = {k: rng.standard_normal(a.shape).astype(np.float32) for k, a in weights.items()}
    return {k: a + 0.01 * np.abs(a).mean() * noise[k] for k, a in weights.items()}


@pytest.mark.parametrize("change", [dict, permuted_and_rescaled, with_noise])
def test_copied_filters_are_flagged_for_staff_only(grade_windows, change):
    """No penalty: two honest runs of one seed are equal, too. The student reads nothing of it."""
    verdict = grade_windows({"model_weights.safetensors": copied(change)})
    assert verdict.result.graded
    assert FLAG in verdict.staff
    assert FLAG.encode() not in verdict.visible_bytes
    assert set(verdict.lost) <= {"q4"}


def test_weights_of_one_s_own_are_not_flagged(grade_windows):
    """The same network, trained by another seed."""
    verdict = grade_windows()
    assert verdict.lost == {}
    assert verdict.result.staff_notes == ()


@pytest.mark.parametrize("change", [dict, permuted_and_rescaled, with_noise])
def test_a_classmates_weights_are_told_to_staff_only(grade_windows, change):
    """A check sees one hand-in; the class is compared afterwards. Both are named, and neither reads of it."""
    given = dict(windows.noisy_weights(*windows.HONEST))
    weights = {"ada": given, "bob": change(given), "cy": windows.noisy_weights(*windows.WORST)}
    verdicts = {
        name: grade_windows(
            {
                "model_weights.safetensors": save({k: np.ascontiguousarray(a) for k, a in arrays.items()}),
            }
        )
        for name, arrays in weights.items()
    }
    assert all(verdict.lost == {} for verdict in verdicts.values())
    results = {name: verdict.result for name, verdict in verdicts.items()}
    groups = alike.in_class(results)
    assert [group.members for group in groups] == [("ada", "bob")]
    page = pages.class_page(overview.of_class("windows", results, alike=[g.sentence() for g in groups]))
    assert "ada and bob: the same filters" in page
    for name, verdict in verdicts.items():
        assert b"the same filters" not in verdict.visible_bytes
        assert "the same filters" not in pages.student_page(name, verdict.result)
