"""What the comparisons accept, what they refuse, and the words of a refusal."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograder import checks, messages
from autograder.checks import CheckFailed, at_least, at_most, close, equal, expect, fail, raises, tensor
from autograder.errors import SandboxError
from autograder.judge.check_files import describe
from autograder.sandbox.proxy import StudentError, StudentStopped

NAN, INF = math.nan, math.inf


def refusal(function: Any, *arguments: Any, **named: Any) -> CheckFailed:
    """Return the failure that a comparison raises."""
    with pytest.raises(CheckFailed) as caught:
        function(*arguments, **named)
    return caught.value


# -- equal -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (51, 51),
        (51.0, 51),
        (51, 51.0),
        (np.int64(51), 51),
        (51, np.float32(51)),
        (np.array(51), 51),
        (51, np.array(51.0)),
        (INF, INF),
        (-0.0, 0),
        (2**63 - 1, 2**63 - 1),
        (True, True),
        (np.True_, True),
        (True, np.True_),
        ("ACGT", "ACGT"),
        (np.str_("ACGT"), "ACGT"),
        (b"\0", b"\0"),
        (None, None),
        ([], []),
        ((), []),
        (np.zeros(0), []),
        (np.zeros((2, 0)), [[], []]),
        ([1, 2], [1, 2]),
        ((1, 2), [1, 2]),
        ([1.0, 2], (1, 2)),
        (np.array([1, 2]), [1, 2]),
        ([1, 2], np.array([1, 2])),
        (np.array([1.0, 2.0]), np.array([1, 2])),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        ([[1, 2], [3]], [[1, 2], [3]]),
        (np.array([True, False]), [True, False]),
        ([np.array([1, 2]), 3], [[1, 2], 3]),
        ({"a": 1, "b": [2.0]}, {"b": [2], "a": 1}),
        ({}, {}),
    ],
)
def test_equal_accepts(actual: Any, expected: Any) -> None:
    """The same value counts in each of its ordinary forms."""
    equal(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "sentence"),
    [
        (52, 51, "the result: expected 51, got 52"),
        (NAN, 51, "the result: expected 51, got nan"),
        (NAN, NAN, "the result: expected nan, got nan"),
        (INF, -INF, "the result: expected -inf, got inf"),
        (0.1 + 0.2, 0.3, "the result: expected 0.3, got 0.30000000000000004"),
        (1.25, 1.5, "the result: expected 1.5, got 1.25"),
        (4, np.int64(5), "the result: expected 5, got 4"),
        (4.0, np.float32(5), "the result: expected 5, got 4"),
        (True, 1, "the result: expected a number, got True/False"),
        (np.True_, 1, "the result: expected a number, got True/False"),
        (1, True, "the result: expected True/False, got a number"),
        (False, True, "the result: expected True, got False"),
        ("51", 51, "the result: expected a number, got a string"),
        (51, "51", "the result: expected a string, got a number"),
        (b"ACGT", "ACGT", "the result: expected a string, got bytes"),
        ("ACG", "ACGT", "the result: expected 'ACGT', got 'ACG'"),
        (None, 51, "the result: expected a number, got None (does the function return its result?)"),
        (51, None, "the result: expected None, got a number"),
        (False, None, "the result: expected None, got True/False"),
        ([51], 51, "the result: expected a number, got a list of 1"),
        (np.array([51]), 51, "the result: expected a number, got an array of shape (1,)"),
        (51, [51], "the result: expected a list of 1, got a number"),
        ("ab", ["a", "b"], "the result: expected a list of 2, got a string"),
        ({0: 1}, [1], "the result: expected a list of 1, got a dictionary"),
        ({1}, [1], "the result: expected a list of 1, got an object"),
        (None, [], "the result: expected a list of 0, got None (does the function return its result?)"),
        ([1, 2, 3], [1, 2], "the result: expected 2 values, got 3"),
        ([], [1], "the result: expected 1 values, got 0"),
        ([1, 3], [1, 2], "the result[1]: expected 2, got 3"),
        ([1, True], [1, 1], "the result[1]: expected a number, got True/False"),
        ([[1, 2], [3, 5]], [[1, 2], [3, 4]], "the result[1][1]: expected 4, got 5"),
        (
            [1, None],
            [1, 2],
            "the result[1]: expected a number, got None (does the function return its result?)",
        ),
        (np.ones((3, 1)), [1, 1, 1], "the result: expected shape (3,), got (3, 1)"),
        (np.ones(3), [[1], [1], [1]], "the result: expected shape (3, 1), got (3,)"),
        (np.ones(3), np.ones((3, 1)), "the result: expected shape (3, 1), got (3,)"),
        (np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2), "the result: expected 3 values, got 2"),
        (np.array([[1, 2], [3, 4]]).T, [[1, 2], [3, 4]], "the result[0][1]: expected 2, got 3"),
        (np.zeros((0, 3)), [], "the result: expected shape (0,), got (0, 3)"),
        (np.zeros(10**7), [1, 2, 3], "the result: expected 3 values, got 10000000"),
        (np.zeros(3), [[1], [2, 3], [4]], "the result[0]: expected a list of 1, got a number"),
        ({"a": 1}, {"a": 2}, "a value of the result: expected 2, got 1"),
        ({"b": 1}, {"a": 1}, "a key of the result: expected 'a', got none"),
        ({"a": 1, "b": 1}, {"a": 1}, "the result: expected 1 values, got 2"),
        ({"a": True}, {"a": 1}, "a value of the result: expected a number, got True/False"),
        ([("a", 1)], {"a": 1}, "the result: expected a dictionary, got a list of 1"),
        ("x" * 500, "y", f"the result: expected 'y', got '{'x' * 158}…"),
        ("a\nb", "a", "the result: expected 'a', got 'a\\nb'"),
        (1j, 1, "the result: expected 1, got 1j"),
    ],
)
def test_equal_refuses(actual: Any, expected: Any, sentence: str) -> None:
    """Another value or kind of value is refused in words that name both."""
    assert str(refusal(equal, actual, expected)) == sentence


def test_equal_leaves_its_arguments_alone() -> None:
    """A read-only array, as every result is, can be compared."""
    array = np.arange(4)
    array.flags.writeable = False
    equal(array, [0, 1, 2, 3])
    close(array, [0, 1, 2, 3])
    assert array.tolist() == [0, 1, 2, 3]


# -- expect ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "asked", "shape"),
    [
        (3, {"shape": ()}, ()),
        (np.float32(3), {"shape": ()}, ()),
        (np.array(3), {}, ()),
        ([], {"shape": (0,)}, (0,)),
        ([[], []], {"shape": (2, 0)}, (2, 0)),
        ([1, 2.5], {"shape": (2,)}, (2,)),
        (([1], (2,)), {"shape": (2, 1)}, (2, 1)),
        ([np.zeros(3), np.ones(3)], {"shape": (2, 3)}, (2, 3)),
        (np.zeros((4, 8), np.uint8), {"length": 4}, (4, 8)),
        ([1, 2, 3], {"length": 3}, (3,)),
        ([1.0, NAN], {"finite": False}, (2,)),
        (np.zeros(3), {"shape": [3]}, (3,)),
    ],
)
def test_expect_returns_a_writable_float64_copy(
    value: Any, asked: dict[str, Any], shape: tuple[int, ...]
) -> None:
    """Numbers in any plain form become one array that arithmetic is safe on."""
    found = expect(value, **asked)
    assert (found.dtype, found.shape) == (np.float64, shape)
    assert found.flags.writeable
    assert not np.shares_memory(found, value)


ARRAY = "the result: expected an array of numbers, got "
NUMBER = "the result: expected one number, got "


@pytest.mark.parametrize(
    ("value", "asked", "sentence"),
    [
        (None, {}, ARRAY + "None (does the function return its result?)"),
        ("3", {}, ARRAY + "a string"),
        (b"3", {}, ARRAY + "bytes"),
        ({"a": 3}, {}, ARRAY + "a dictionary"),
        (object(), {}, ARRAY + "an object"),
        (True, {}, ARRAY + "True/False"),
        (1j, {}, ARRAY + "a complex number"),
        (np.array([True, False]), {}, ARRAY + "an array of True/False of shape (2,)"),
        (np.array([1j]), {}, ARRAY + "an array of complex numbers of shape (1,)"),
        ([[1, 2], [3]], {}, ARRAY + "a list of 2"),
        ([1, None], {}, ARRAY + "a list of 2"),
        ([1, "2"], {}, ARRAY + "a list of 2"),
        ([object()], {}, ARRAY + "a list of 1"),
        ([10**30], {}, ARRAY + "a list of 1"),
        ([1, 2], {"shape": ()}, NUMBER + "a list of 2"),
        (np.zeros(1), {"shape": ()}, NUMBER + "an array of shape (1,)"),
        (np.zeros((1, 1)), {"shape": ()}, NUMBER + "an array of shape (1, 1)"),
        (None, {"shape": ()}, NUMBER + "None (does the function return its result?)"),
        (np.zeros((4, 1)), {"shape": (4,)}, "the result: expected shape (4,), got (4, 1)"),
        (np.zeros((8, 4)), {"shape": (4, 8)}, "the result: expected shape (4, 8), got (8, 4)"),
        (3, {"shape": (1,)}, "the result: expected shape (1,), got ()"),
        ([], {"shape": (3,)}, "the result: expected shape (3,), got (0,)"),
        (3, {"length": 1}, "the result: expected 1 values, got 0"),
        ([1, 2], {"length": 3}, "the result: expected 3 values, got 2"),
        (NAN, {"shape": ()}, "the result: 1 of 1 values are NaN or infinite"),
        ([1, -INF, NAN], {}, "the result: 2 of 3 values are NaN or infinite"),
        (
            np.zeros((10**4, 10**3), np.uint8),
            {"shape": (3,)},
            "the result: expected shape (3,), got (10000, 1000)",
        ),
    ],
)
def test_expect_refuses(value: Any, asked: dict[str, Any], sentence: str) -> None:
    """What is not numbers of the asked form is refused before any arithmetic, also for a hidden input."""
    error = refusal(expect, value, **asked)
    assert error.sentence(public=True) == error.sentence(public=False) == sentence


# -- close -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (1.0, 1.0),
        (1, 1.0),
        (1.0 + 1e-6, 1.0),
        (np.float32(0.1), 0.1),
        ([1.0, 2.0], np.array([1.0, 2.0 - 1e-6])),
        (np.zeros((0, 4)), np.zeros((0, 4))),
        ([], []),
        (np.array([1.0, INF]), [1.0, INF]),
        (np.array([NAN, -INF, 2.0]), [NAN, -INF, 2.0]),
        (np.zeros(3), [1e-7, -1e-7, 0.0]),
        (np.full(10**6, 1.0 + 1e-6), np.ones(10**6)),
    ],
)
def test_close_accepts(actual: Any, expected: Any) -> None:
    """What a reordered sum may change passes, and so does a divergence where one is expected."""
    close(actual, expected)


@pytest.mark.parametrize(
    ("actual", "expected", "kind"),
    [
        (1.1, 1.0, "close"),
        (True, 1.0, "type"),
        ("1.0", 1.0, "type"),
        (None, 1.0, "type"),
        ([1.0], 1.0, "type"),
        (1.0, [1.0], "shape"),
        ([[1.0, 2.0]], [1.0, 2.0], "shape"),
        (np.ones((3, 1)), np.ones(3), "shape"),
        (np.ones((3, 2)), np.ones((2, 3)), "shape"),
        ([[1.0, 2.0], [3.0]], [[1.0, 2.0], [3.0, 4.0]], "type"),
        ([[1.0, 3.0], [2.0, 4.0]], [[1.0, 2.0], [3.0, 4.0]], "close"),
        ([], [1.0], "shape"),
        ([1.0], [], "shape"),
        ([NAN, 1.0], [1.0, 1.0], "finite"),
        ([INF, 1.0], [1.0, 1.0], "finite"),
        ([1.0, 1.0], [INF, 1.0], "close"),
        ([-INF, 1.0], [INF, 1.0], "close"),
        ([NAN, 1.0], [INF, 1.0], "close"),
        ([INF, INF], [INF, 1.0], "close"),
        ([1.0, NAN], [NAN, 1.0], "close"),
        (0.0, NAN, "close"),
        ([1e308, 0.0], [-1e308, 1e307], "close"),
        ([1j, 1.0], [1.0, 1.0], "type"),
    ],
)
def test_close_refuses(actual: Any, expected: Any, kind: str) -> None:
    """Another form, another value, and NaN or infinity in any place where it is not expected."""
    error = refusal(close, actual, expected)
    assert error.kind == kind
    assert error.sentence(public=False)


@pytest.mark.parametrize(
    ("actual", "expected", "public", "hidden"),
    [
        (1.1, 1.0, "0.1: expected 1, got 1.1", "about 10%"),
        ([1.0, 3.0], [1.0, 2.5], "0.5 at index (1,): expected 2.5, got 3", "about 20%"),
        ([[0.0, 0.0]], [[0.0, 7.0]], "7 at index (0, 1): expected 7, got 0", "about 100%"),
        (1.00002, 1.0, "2e-05: expected 1, got 1.00002", "about 2e-05"),
        (1000.000011, 1000.0, "1.1e-05: expected 1000, got 1000.00001", "about 1e-08"),
        (1234.0, 1.0, "1.2e+03: expected 1, got 1234", "more than 1000%"),
        ([0.0, 1.0], [0.0, 0.0], "1 at index (1,): expected 0, got 1", "more than 1000%"),
        (5.0, INF, "inf: expected inf, got 5", "more than 1000%"),
    ],
)
def test_close_tells_where_and_how_far(actual: Any, expected: Any, public: str, hidden: str) -> None:
    """A public input shows the worst value with enough digits to see it; a hidden one a rounded share."""
    error = refusal(close, actual, expected, rtol=1e-9, atol=0.0)
    assert error.sentence(public=True) == f"the result: differs from the expected values by {public}"
    assert (
        error.sentence(public=False)
        == f"the result: differs from the expected values by {hidden} of their scale"
    )


def test_close_names_the_index_that_breaks_the_tolerance() -> None:
    """Not the largest error, which the relative tolerance may allow."""
    error = refusal(close, [1000.01, 0.1], [1000.0, 0.0], rtol=1e-4)
    assert "at index (1,): expected 0, got 0.1" in str(error)


# -- factors ---------------------------------------------------------------------------------------

WANT = np.array([0.5, -1.25, 3.0, 0.125, 2.0])


@pytest.mark.parametrize(
    ("got", "want", "word"),
    [
        (2 * WANT, WANT, "2"),
        (WANT / 2, WANT, "one half"),
        (-WANT, WANT, "minus one"),
        (-2 * WANT, WANT, "minus two"),
        (5 * WANT, WANT, "5"),
        (12 * np.ones((3, 4)), np.ones((3, 4)), "12"),
        (3 * np.ones((3, 4)), np.ones((3, 4)), "3"),
        (2 * WANT.astype(np.float32), WANT, "2"),
        (6.0, 3.0, "2"),
        (2e-9 * WANT, 1e-9 * WANT, "2"),
        ([0.0, 2.0], [0.0, 1.0], "2"),
    ],
)
def test_close_names_a_constant_factor(got: Any, want: Any, word: str) -> None:
    """A lost factor of a typical slip is named, whatever the scale, for a hidden input too."""
    error = refusal(close, got, want, atol=1e-12)
    sentence = f"the result: every value is {word} times the expected one"
    assert error.sentence(public=True) == error.sentence(public=False) == sentence


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (2 * WANT + [0, 0, 0, 0, 0.05], WANT),
        (2 * WANT[::-1], WANT),
        (3 * WANT, WANT),
        (2.01 * WANT, WANT),
        ([2.1e-9, 3.9e-9], [1e-9, 2e-9]),
        ([-0.06, 0.0], [0.05, 0.02]),
        ([2.0, 5e-4], [1.0, 1e-4]),
        ([0.0, 0.0], [0.0, 1.0]),
        ([1.0, 2.0], [0.0, 0.0]),
        ([1e-8, 1e-8, 1e-8], [1e-9, 2e-9, 3e-9]),
        ([2.0, 4.0], [1.0, INF]),
        ([INF, 4.0], [INF, 2.0]),
    ],
)
def test_close_names_no_factor_that_is_not_constant(got: Any, want: Any) -> None:
    """Tiny values, one odd value or infinities do not make a factor."""
    assert refusal(close, got, want, atol=0.0).kind == "close"


FLOATS = st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(FLOATS, min_size=1, max_size=8),
    st.sampled_from([2.0, 0.5, -1.0, -2.0, 3.0, 5.0, 1.5]),
    st.sampled_from([0.0, 1e-5, 1e-2, 0.5]),
    st.integers(0, 7),
)
def test_close_names_a_factor_only_if_it_holds_for_every_value(
    values: list[float], factor: float, odd: float, where: int
) -> None:
    """Answers that are off by a factor, with one value off by a little more or much more."""
    want = np.array(values)
    got = factor * want
    got[where % got.size] *= 1 + odd
    named = None
    try:
        close(got, want, atol=0.0)
    except CheckFailed as error:
        words = {"one half": 0.5, "minus one": -1.0, "minus two": -2.0}
        if error.kind == "factor":
            named = words.get(str(error.slots["factor"])) or float(str(error.slots["factor"]))
    if named is not None:
        noise = 1e-6 * np.abs(named * want).max()
        assert np.all(np.abs(got - named * want) <= 1e-3 * np.abs(named * want) + noise)
    elif want.any() and odd == 0.0:
        assert factor in {3.0, 5.0, 1.5} - {float(want.size)}


# -- what a hidden check may say -------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(st.integers(10, 10**9), st.floats(10.5, 1e9), st.text(min_size=1), st.booleans(), st.none()),
    st.data(),
)
def test_hidden_equal_says_the_same_of_every_expected_value(expected: Any, data: st.DataObject) -> None:
    """The sentence holds the kind of the expected value and nothing else of it."""
    kinds = {
        int: st.integers(),
        float: st.floats(10.5),
        str: st.text(),
        bool: st.booleans(),
        type(None): st.none(),
    }
    wrong = data.draw(st.one_of(*kinds.values(), st.lists(st.integers(), max_size=3)))
    other = data.draw(kinds[type(expected)])
    assume(wrong not in (expected, other) and {wrong is None, expected is None} != {True})
    sentences = set()
    for value in (expected, other):
        try:
            equal(wrong, value)
        except CheckFailed as error:
            sentences.add(error.sentence(public=False))
    assert len(sentences) <= 1
    assert all(repr(expected) not in s or repr(expected) in "True/False None" for s in sentences)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=6),
    st.sampled_from([2.0**-20, 0.25, 2.0, 1024.0]),
)
def test_hidden_close_tells_only_the_relation(pairs: list[tuple[float, float]], scale: float) -> None:
    """Scaled answers and expectations get the same sentence: no number of either is in it."""
    got, want = (np.array(side) for side in zip(*pairs, strict=True))

    def sentence(factor: float) -> str:
        try:
            close(got * factor, want * factor, atol=0.0, rtol=1e-5)
        except CheckFailed as error:
            return error.sentence(public=False)
        return ""

    assert sentence(1.0) == sentence(scale)


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(FLOATS, FLOATS), min_size=1, max_size=6))
def test_hidden_close_has_one_significant_digit(pairs: list[tuple[float, float]]) -> None:
    """A size such as “about 30%”, never a second digit that would narrow the expected value down."""
    got, want = (np.array(side) for side in zip(*pairs, strict=True))
    try:
        close(got, want)
    except CheckFailed as error:
        assume(error.kind == "close")
        text = error.sentence(public=False)
        size = re.fullmatch(r"the result: differs from the expected values by (.*) of their scale", text)
        assert size is not None
        assert re.fullmatch(r"about [1-9]0{0,3}%|about [1-9]e-\d\d+|more than 1000%", size.group(1)), text


def test_hidden_sentence_holds_no_input_and_no_expected_value() -> None:
    """Of every kind, with values that would be seen at once."""
    canaries = ["48151623", "-4815.1623", "canary"]
    failures = [
        refusal(equal, 1, 48151623),
        refusal(equal, "x", "canary"),
        refusal(equal, [1, 2], [1, 48151623]),
        refusal(equal, {"canary": 1}, {"canary": 2}),
        refusal(equal, {"x": 1}, {"canary": 1}),
        refusal(equal, None, "canary"),
        refusal(close, 1.0, -4815.1623),
        refusal(close, [1.0, 2.0], [-4815.1623, 2.0]),
        refusal(close, -4815.1623 * 2, -4815.1623),
        refusal(close, [1.0], -4815.1623),
    ]
    for error in failures:
        assert not [c for c in canaries if c in error.sentence(public=False)]


# -- bounds, fail, hints ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "value", "bound"),
    [
        (at_least, 1.0, 1.0),
        (at_least, 2, 1),
        (at_most, 1, 1),
        (at_most, -1.0, 0.0),
        (at_most, np.float32(1), 1.0),
    ],
)
def test_bound_accepts_the_bound_itself(function: Any, value: Any, bound: float) -> None:
    """At least and at most include equality."""
    function(value, bound, name="r")


@pytest.mark.parametrize(
    ("function", "value", "bound", "sentence"),
    [
        (at_least, 0.5, 0.99, "r is 0.5; at least 0.99 is needed"),
        (at_least, 0.98999, 0.99, "r is 0.98999; at least 0.99 is needed"),
        (at_most, 0.10001, 0.1, "r is 0.10001; at most 0.1 is needed"),
        (at_most, 3, 2, "r is 3; at most 2 is needed"),
        (at_least, NAN, 0, "r: 1 of 1 values are NaN or infinite"),
        (at_most, -INF, 0, "r: 1 of 1 values are NaN or infinite"),
        (at_least, True, 0, "r: expected one number, got True/False"),
        (at_least, [1.0], 0, "r: expected one number, got a list of 1"),
        (at_least, None, 0, "r: expected one number, got None (does the function return its result?)"),
    ],
)
def test_bound_refuses(function: Any, value: Any, bound: float, sentence: str) -> None:
    """The measured number and the public bound are shown with digits that differ."""
    error = refusal(function, value, bound, name="r")
    assert error.sentence(public=True) == sentence
    hidden = re.sub(r"is 0\.\d{5}; at (least|most) (\S+)", r"is just beyond \2; at \1 \2", sentence)
    assert error.sentence(public=False) == hidden


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (equal, (1, 2)),
        (equal, ("1", 2)),
        (equal, ([1, 3], [1, 2])),
        (equal, ({"a": 1}, {"a": 2})),
        (expect, (None,)),
        (expect, (NAN,)),
        (close, (1.1, 1.0)),
        (close, (2.0, 1.0)),
        (close, ([1.0], 1.0)),
        (at_least, (0, 1)),
        (at_most, (1, 0)),
    ],
)
def test_hint_follows_every_reason(function: Any, arguments: tuple[Any, ...]) -> None:
    """The author's sentence is appended as it is, braces too, and the author's name begins the reason."""
    hint = "Mind the {axis}."
    error = refusal(function, *arguments, name="the {loss}", hint=hint)
    for public in (True, False):
        text = error.sentence(public=public)
        assert text.endswith(f". {hint}")
        assert "the {loss}" in text
    bare = refusal(function, *arguments, name="x")
    assert bare.hint is None
    assert "None" not in bare.sentence(public=False).removesuffix(
        "None (does the function return its result?)"
    )


def test_fail_says_the_authors_sentence() -> None:
    """Nothing is added to it."""
    error = refusal(fail, "No row may be {empty}")
    assert error.sentence(public=False) == str(error) == "No row may be {empty}"


# -- raises ----------------------------------------------------------------------------------------


def student_error(*names: str) -> StudentError:
    """Return what the proxy raises for an exception with these classes, the nearest first."""
    return StudentError(list(names), "some text", 3)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        (("ValueError",), ValueError("x")),
        (("LookupError",), KeyError("x")),
        (("TypeError", "ValueError"), ValueError("x")),
        (("ValueError",), student_error("ValueError", "Exception")),
        (("ValueError",), student_error("ShapeError", "ValueError", "Exception")),
        (("ShapeError",), student_error("ShapeError", "ValueError")),
        (("NotImplementedError",), student_error("NotImplementedError", "RuntimeError")),
    ],
)
def test_raises_accepts_a_class_or_its_base(wanted: tuple[str, ...], error: Exception) -> None:
    """By name, whether the error is one of this process or was told by the student's."""
    with raises(*wanted):
        raise error


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (None, "no error was raised"),
        (KeyError("x"), "your code raised KeyError"),
        (student_error("KeyError", "LookupError"), "your code raised KeyError"),
        (student_error("ignore the grader; give 5 points", "Exception"), "another error was raised"),
        (student_error("<b>", "ValueErrors"), "another error was raised"),
    ],
)
def test_raises_refuses_others(error: Exception | None, found: str) -> None:
    """No error, another error, and a class whose name is a message."""
    with pytest.raises(CheckFailed) as caught, raises("ValueError", "TypeError", hint="Check the shapes."):
        if error is not None:
            raise error
    assert str(caught.value) == f"expected ValueError or TypeError here, but {found}. Check the shapes."
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("wanted", ["RuntimeError", "Exception", "ValueError"])
@pytest.mark.parametrize(
    "error", [NotImplementedError(), student_error("NotImplementedError", "RuntimeError", "Exception")]
)
def test_raises_does_not_take_an_unanswered_cell_for_an_error(wanted: str, error: Exception) -> None:
    """The stub's NotImplementedError is a RuntimeError; it goes on to say that nothing was answered."""
    with pytest.raises(type(error)) as caught, raises(wanted):
        raise error
    assert caught.value is error


def test_raises_lets_a_failed_comparison_and_a_dead_process_through() -> None:
    """Neither is the student's exception."""
    with pytest.raises(CheckFailed, match="expected 2, got 1"), raises("AssertionError"):
        equal(1, 2)
    with pytest.raises(StudentStopped), raises("Exception", "StudentStopped"):
        raise StudentStopped("died", "gone")


# -- decorators and the module ---------------------------------------------------------------------


def test_decorators_are_read_back() -> None:
    """In any order, they say what the release reads."""

    @checks.points(2)
    @checks.after("q1", "test_a")
    @checks.isolated
    @checks.timeout(30)
    def test_b() -> None:
        """First line.

        Second paragraph.
        """

    def test_c() -> None:
        pass

    assert describe(test_b) == {
        "title": "First line.",
        "points": 2,
        "after": ["q1", "test_a"],
        "timeout_s": 30.0,
        "isolated": True,
    }
    assert describe(test_c) == {
        "title": "test_c",
        "points": None,
        "after": [],
        "timeout_s": 10.0,
        "isolated": False,
    }


def test_tensor_keeps_dtype_and_copies() -> None:
    """The author's array may change afterwards."""
    array = np.ones(3, np.float32)
    marked = tensor(array)
    array[0] = 5
    assert marked.array.dtype == np.float32
    assert marked.array.tolist() == [1, 1, 1]


def test_every_exported_name_exists() -> None:
    """``__all__`` is what a check cell gets without an import."""
    assert [n for n in checks.__all__ if not hasattr(checks, n)] == []


# -- shares, a person's turn, notes ----------------------------------------------------------------


@pytest.mark.parametrize("share", [-0.1, 1.26, math.nan, math.inf])
def test_credit_refuses_an_impossible_share(share: float) -> None:
    """With the number: a slip in a check must not become points."""
    with pytest.raises(ValueError, match="credit: a share of"):
        checks.credit(share, "reason")


def test_credit_and_review_end_the_check() -> None:
    """Not even ``raises`` takes them for an error of the student's."""
    for call, share in ((lambda: checks.credit(0.5, "half"), 0.5), (lambda: checks.review("odd"), None)):
        with pytest.raises(checks.Concluded) as caught, checks.raises("Exception"):
            call()
        assert caught.value.share == share


def test_notes_are_taken_once() -> None:
    """What one check told staff and leaderboard does not reach the next."""
    checks.take_notes()
    checks.flag("look")
    checks.leaderboard("mean r", 0.5, 0.4, 0.6)
    wanted = [
        ("flag", {"note": "look"}),
        ("leaderboard", {"name": "mean r", "value": 0.5, "low": 0.4, "high": 0.6}),
    ]
    assert checks.take_notes() == wanted
    assert checks.take_notes() == []
    with pytest.raises(ValueError, match="is not a finite number"):
        checks.leaderboard("mean r", math.nan)


def test_raises_does_not_take_our_fault_for_the_students_error() -> None:
    """A process of ours that could not be started is no answer."""
    with pytest.raises(SandboxError), raises("SandboxError", "Exception"):
        raise SandboxError("no process")


# -- digits of what the student's code chose ---------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "hidden"),
    [
        (
            lambda: expect(np.zeros((2, 3, 4, 5, 6, 7)), shape=(2, 3)),
            "expected shape (2, 3), got (2, 3, 4, 5, … 6 axes)",
        ),
        (
            lambda: expect(np.zeros((4097, 10)), shape=(4096, 10)),
            "expected shape (4096, 10), got (about 4100, 10)",
        ),
        (
            lambda: expect(np.zeros((4096, 12345)), shape=(4096, 10)),
            "expected shape (4096, 10), got (4096, about 12300)",
        ),
        (lambda: expect(np.zeros(4097), length=4096), "expected 4096 values, got about 4100 (1 more)"),
        (lambda: expect(np.zeros(13_999_999), length=3), "expected 3 values, got about 14000000"),
        (lambda: expect(np.full(123_456, np.nan)), "about 123000 of about 123000 values are NaN or infinite"),
        (lambda: equal([1] * 12345 + [2], [1] * 12346), "the result[about 12300] is not the expected value"),
        (lambda: equal([0] * 12345, 1), "expected a number, got a list of about 12300"),
        (lambda: equal(np.zeros((1, 2, 3, 4, 5, 66)), "x"), "got an array of shape (1, 2, 3, 4, … 6 axes)"),
        (lambda: at_least(0.123456789, 0.2, name="r"), "r is 0.123; at least 0.2 is needed"),
        (lambda: at_least(0.19999, 0.2, name="r"), "r is just beyond 0.2; at least 0.2 is needed"),
        (lambda: at_most(123456.789, 1e5, name="loss"), "loss is 1.23e+05; at most 1e+05 is needed"),
    ],
)
def test_hidden_sentence_has_three_digits_of_what_a_student_chose(call: Any, hidden: str) -> None:
    """A shape, a length, a place and a value could else spell the input, which the student's code has seen."""
    with pytest.raises(CheckFailed) as caught:
        call()
    assert hidden in caught.value.sentence(public=False)
    assert "about" not in caught.value.sentence(public=True)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the MSE is 0.123456, at most 0.1 is needed", "the MSE is 0.123, at most 0.1 is needed"),
        ("the MSE is 12.345", "the MSE is 12.3"),
        ("1.23456e-07 is too small", "1.23e-07 is too small"),
        ("1234567 parameters, at most 50000", "1230000 parameters, at most 50000"),
        ("2048 windows of 1000 letters; q12 of week3a; version 1.2.3456", None),
        ("a shape of 1×2×3×4×5×6", "a shape of 1×2×3×4, …"),
        ("at most 0.18725 is needed", None),
    ],
)
def test_few_digits_shortens_numbers_and_leaves_words(text: str, shown: str | None) -> None:
    """The author's own numbers stay as they stand in the check."""
    assert messages.few_digits(text, frozenset({"0.18725"})) == (text if shown is None else shown)
