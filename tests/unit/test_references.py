"""The card and weights that are shipped, the floor that follows from them, and what a damaged card says."""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from math import comb
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograder.bounds import clopper_pearson, confidence, coverage, false_fail_bound
from autograder.errors import AutograderError, CardError
from autograder.judge.weights import load_weights
from autograder.references import data_sha256, floor_from_seeds, load_card

WEEK1 = Path(__file__).parents[2] / "references" / "week1-mlp"


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    return load_card(WEEK1 / "card.json")


@pytest.fixture(scope="module")
def train() -> ModuleType:
    """The training script as a module; needs torch."""
    pytest.importorskip("torch")
    spec = importlib.util.spec_from_file_location("week1_train", WEEK1 / "train.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cubic(seed: int) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(seed).standard_normal(1000)
    return x, x**3


def test_weights_reproduce_the_card(card: dict[str, Any]) -> None:
    """The shipped weights, evaluated in NumPy float64, give the held-out numbers of the shipped seed."""
    w = {name: a.astype(np.float64) for name, a in load_weights(WEEK1 / "weights.safetensors").items()}
    x, y = cubic(43)
    prediction = (
        np.maximum(x[:, None] @ w["fc1.weight"].T + w["fc1.bias"], 0) @ w["fc2.weight"][0] + w["fc2.bias"]
    )
    shipped = next(run for run in card["seeds"] if run["seed"] == card["shipped_seed"])
    assert np.mean((prediction - y) ** 2) == pytest.approx(shipped["held_out_mse"], abs=1e-4)
    assert np.corrcoef(prediction, y)[0, 1] == pytest.approx(shipped["held_out_r"], abs=1e-6)
    assert shipped["held_out_mse"] == min(run["held_out_mse"] for run in card["seeds"])


def test_weights_are_read_only_and_named(card: dict[str, Any]) -> None:
    """Weights arrive under PyTorch's parameter names, as float32, and cannot be changed by a check."""
    weights = load_weights(WEEK1 / "weights.safetensors", card)
    shapes = {name: array.shape for name, array in weights.items()}
    assert shapes == {
        "fc1.weight": (1024, 1),
        "fc1.bias": (1024,),
        "fc2.weight": (1, 1024),
        "fc2.bias": (1,),
    }
    for array in weights.values():
        assert array.dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_card_describes_this_data(card: dict[str, Any]) -> None:
    """The card's data digest is that of the x that the assignment draws."""
    assert card["data_sha256"] == data_sha256(cubic(42)[0], cubic(43)[0])
    assert card["data_sha256"] != data_sha256(cubic(43)[0], cubic(42)[0])


def test_floor_is_the_worst_of_300_plus_the_margins(card: dict[str, Any]) -> None:
    """Each floor is the extreme order statistic of 300 seeds, moved by the sum of the stated margins."""
    assert len(card["seeds"]) == 300
    for name, sign, worst in (("held_out_mse", 1, max), ("held_out_r", -1, min)):
        margin = sum(part["values"][name] for part in card["margin"].values())
        extreme = worst(run[name] for run in card["seeds"])
        assert card["floor"][name] == pytest.approx(extreme + sign * margin, rel=1e-12)
    assert card["confidence"] == pytest.approx(1 - 0.99**300, abs=1e-6)


def test_floor_passes_every_honest_seed_and_not_the_best_line(card: dict[str, Any]) -> None:
    """All recorded seeds pass both floors with room to spare; the best linear fit fails both by far."""
    mse, r = card["floor"]["held_out_mse"], card["floor"]["held_out_r"]
    assert all(run["held_out_mse"] < mse and run["held_out_r"] > r for run in card["seeds"])
    (x, y), (x_new, y_new) = cubic(42), cubic(43)
    slope, intercept = np.polyfit(x, y, 1)
    line = slope * x_new + intercept
    line_mse = float(np.mean((line - y_new) ** 2))
    assert line_mse > 20 * mse
    assert np.corrcoef(line, y_new)[0, 1] < r
    assert card["best_linear_fit"]["held_out_mse"] == pytest.approx(line_mse, abs=1e-5)


def _set(*keys: Any, to: Any) -> Callable[[dict[str, Any]], None]:
    def damage(card: dict[str, Any]) -> None:
        inner: Any = card
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = to

    return damage


def _drop(*keys: Any) -> Callable[[dict[str, Any]], None]:
    def damage(card: dict[str, Any]) -> None:
        inner: Any = card
        for key in keys[:-1]:
            inner = inner[key]
        del inner[keys[-1]]

    return damage


DAMAGE = {
    "missing key": (_drop("floor"), "no floor"),
    "two missing keys": (lambda c: [c.pop("device"), c.pop("versions")], "no device, versions"),
    "later schema": (_set("schema", to=2), "schema is 2"),
    "schema not an integer": (_set("schema", to=True), "schema is True, not an integer"),
    "wrong type": (_set("seeds", to={}), "seeds is {}, not a list"),
    "empty": (_set("seeds", to=[]), "seeds is empty"),
    "huge number": (_set("coverage", to=10**400), "coverage is 1000"),
    "digest": (_set("weights_sha256", to="5b26"), "weights_sha256 is '5b26', not 64"),
    "version": (_set("versions", "torch", to=None), "versions: torch is None"),
    "metric without floor": (_set("metric", to="test_r"), "no floor for the metric 'test_r'"),
    "floor without direction": (_drop("directions"), "directions are for ['held_out_mse'], floors for"),
    "directions not an object": (_set("directions", to=1), "directions is 1"),
    "unknown direction": (_set("directions", "held_out_r", to="up"), "direction of held_out_r is 'up'"),
    "directions disagree": (
        _set("direction", to="higher"),
        "direction is 'higher', directions say otherwise",
    ),
    "seed not an object": (_set("seeds", 7, to=7), "seeds[7] is 7"),
    "seed not an integer": (_set("seeds", 7, "seed", to="7"), "seeds[7]: seed is '7'"),
    "seed twice": (_set("seeds", 7, "seed", to=6), "seeds[7]: seed 6 stands there twice"),
    "metric missing": (_drop("seeds", 7, "held_out_r"), "seeds[7]: held_out_r is None"),
    "shipped seed": (_set("shipped_seed", to=300), "shipped_seed 300 is not among the seeds"),
    "margin without value": (
        _drop("margin", "teaching", "values", "held_out_r"),
        "margin teaching has no value",
    ),
    "margin not an object": (_set("margin", "teaching", to=0.1), "margin teaching has no value"),
    "margin below 0": (_set("margin", "teaching", "values", "held_out_r", to=-1), "held_out_r is -1"),
    "margin without reason": (_set("margin", "hardware", "reason", to=""), "margin hardware gives no reason"),
    "floor moved": (_set("floor", "held_out_mse", to=0.25), "floor held_out_mse is 0.25"),
    "floor not a number": (_set("floor", "held_out_mse", to=None), "floor held_out_mse is None"),
    "worst seed hidden": (lambda c: c["seeds"][85].update(held_out_mse=0.15), "the margins give 0.186"),
    "coverage": (_set("coverage", to=1.0), "coverage is 1.0"),
    "confidence": (_set("confidence", to=0.99), "confidence is 0.99, 300 seeds give 0.950959"),
    "false fails": (_set("p_false_fail", to=0.001), "p_false_fail is 0.001, 300 seeds give 0.006645"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_load_card_refuses_damage(kind: str, card: dict[str, Any], tmp_path: Path) -> None:
    """Each inconsistency gives one error that names the file, what was found and what to do."""
    damage, sentence = DAMAGE[kind]
    damaged = copy.deepcopy(card)
    damage(damaged)
    path = tmp_path / "card.json"
    path.write_text(json.dumps(damaged), encoding="utf-8")
    with pytest.raises(CardError) as caught:
        load_card(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert sentence in text
    assert text.endswith("restore the committed file or run its train.py again")
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "not JSON"),
        (b"\xff{}", "not JSON"),
        (b"[]", "holds a list, not an object"),
        (b'{"coverage": NaN}', "NaN is not a finite number"),
        (b'{"coverage": 1e999}', "1e999 is not a finite number"),
        (b'{"floor": 1, "floor": 2}', "key ['floor'] stands there twice"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_load_card_refuses_a_file_that_is_not_json(content: bytes, sentence: str, tmp_path: Path) -> None:
    """A file that strict JSON does not allow is a CardError, never another exception."""
    path = tmp_path / "card.json"
    path.write_bytes(content)
    with pytest.raises(CardError) as caught:
        load_card(path)
    assert sentence in str(caught.value)


def test_load_card_and_weights_name_a_missing_file(card: dict[str, Any], tmp_path: Path) -> None:
    """A missing file is our fault (exit code 3), with the path in the sentence."""
    with pytest.raises(CardError, match=r"card\.json: cannot be read") as caught:
        load_card(tmp_path / "card.json")
    assert isinstance(caught.value, AutograderError)
    assert caught.value.exit_code == 3
    with pytest.raises(CardError, match=r"weights\.safetensors: cannot be read"):
        load_weights(tmp_path / "weights.safetensors", card)


def test_load_weights_refuses_other_bytes(card: dict[str, Any], tmp_path: Path) -> None:
    """One changed bit is another file; a file with the right digest must still hold finite floats."""
    data = bytearray((WEEK1 / "weights.safetensors").read_bytes())
    data[-1] ^= 1
    path = tmp_path / "weights.safetensors"
    path.write_bytes(data)
    shutil.copyfile(WEEK1 / "card.json", tmp_path / "card.json")
    with pytest.raises(CardError, match="sha256 is"):
        load_weights(path)
    data[-4:] = np.float32("nan").tobytes()
    for content, sentence in ((bytes(data), "finite floats"), (b"<html>", "not a safetensors file")):
        path.write_bytes(content)
        with pytest.raises(CardError, match=sentence):
            load_weights(path, {**card, "weights_sha256": hashlib.sha256(content).hexdigest()})


def test_floor_from_seeds_is_one_sided() -> None:
    """The floor lies a margin beyond the worst value, on the worse side only; nonsense is refused."""
    assert floor_from_seeds([0.2, 0.1, 0.15], "lower", 0.05) == 0.25
    assert floor_from_seeds([0.9, 0.75, 0.8], "higher", 0.25) == 0.5
    nonsense: list[tuple[list[float], str, float]] = [
        ([], "lower", 0.0),
        ([float("nan")], "lower", 0.0),
        ([1.0], "lower", -0.1),
        ([1.0], "up", 0.0),
    ]
    for values, direction, margin in nonsense:
        with pytest.raises(ValueError, match="floor: "):
            floor_from_seeds(values, direction, margin)


@pytest.mark.parametrize(("n", "share", "sure"), [(29, 0.90, 0.95), (59, 0.95, 0.95), (299, 0.99, 0.95)])
def test_coverage_agrees_with_the_published_sample_sizes(n: int, share: float, sure: float) -> None:
    """29, 59 and 299 runs are the smallest numbers that cover 90, 95 and 99 % with 95 % confidence."""
    assert coverage(n, sure) >= share > coverage(n - 1, sure)
    assert confidence(n, coverage(n, sure)) == pytest.approx(sure)


def test_coverage_holds_in_simulation() -> None:
    """The worst of 20 draws leaves more than the stated share behind it in about 5 % of repetitions."""
    worst = np.random.default_rng(0).random((20_000, 20)).max(axis=1)  # the share that it covers, uniform
    assert np.mean(worst < coverage(20, 0.95)) == pytest.approx(0.05, abs=0.005)
    assert np.mean(1 - worst) == pytest.approx(false_fail_bound(20), abs=0.001)


def test_false_fail_bound_adds_floors_and_stays_a_probability() -> None:
    """Two floors double the chance, which never exceeds 1."""
    assert false_fail_bound(300, 2) == 2 / 301
    assert false_fail_bound(1, 5) == 1.0


@pytest.mark.parametrize(("errors", "n"), [(0, 1), (0, 100), (1, 10), (5, 100), (99, 100), (17, 3000)])
def test_clopper_pearson_inverts_the_binomial(errors: int, n: int) -> None:
    """At the bound, so few errors have probability 5 %, computed here in exact fractions."""
    p = Fraction(clopper_pearson(errors, n))
    tail = sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(errors + 1))
    assert float(tail) == pytest.approx(0.05, rel=1e-9)


def test_clopper_pearson_edges() -> None:
    """No error in n cases has a closed form; only errors in n cases bound nothing; nonsense is refused."""
    for n in (40, 100, 300):
        assert clopper_pearson(0, n) == pytest.approx(1 - 0.05 ** (1 / n), rel=1e-12)
    assert clopper_pearson(7, 7) == 1.0
    for errors, n in ((-1, 5), (6, 5), (0, 0)):
        with pytest.raises(ValueError, match="clopper_pearson"):
            clopper_pearson(errors, n)


def test_committed_card_is_what_the_script_makes(
    card: dict[str, Any], train: ModuleType, tmp_path: Path
) -> None:
    """Nothing in the card was written by hand: the recorded runs give the committed bytes again."""
    rebuilt = train.make_card(card, WEEK1 / "weights.safetensors")
    train.write_card(rebuilt, tmp_path / "card.json")
    assert (tmp_path / "card.json").read_bytes() == (WEEK1 / "card.json").read_bytes()


def test_many_seeds_at_once_learn_what_one_learns(train: ModuleType) -> None:
    """The vmapped loop takes the same steps as the plain one, seed by seed."""
    cpu = train.torch.device("cpu")
    together, losses_together = train.train(2, 40, cpu, chunk=2, workers=1)
    alone, losses_alone = train.train(2, 40, cpu, chunk=1, workers=2)
    assert losses_together.shape == (2, 2)
    np.testing.assert_allclose(losses_together, losses_alone, rtol=1e-5)
    for name, weights in alone.items():
        np.testing.assert_allclose(together[name], weights, atol=1e-6)


def test_training_script_writes_a_card_that_loads(tmp_path: Path) -> None:
    """A short run of the command writes weights and a valid card, and compares it with the committed one."""
    pytest.importorskip("torch")
    options = ["--device", "cpu", "--seeds", "2", "--epochs", "30", "--out", str(tmp_path)]
    run = subprocess.run(
        [sys.executable, str(WEEK1 / "train.py"), *options, "--compare", str(WEEK1 / "card.json")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    made = load_card(tmp_path / "card.json")
    assert [seed["seed"] for seed in made["seeds"]] == [0, 1]
    assert made["training"]["epochs"] == 30
    assert set(load_weights(tmp_path / "weights.safetensors")) == {
        "fc1.weight",
        "fc1.bias",
        "fc2.weight",
        "fc2.bias",
    }
    assert "held_out_mse: 0 of 2 new seeds within" in run.stdout  # 30 epochs are not enough
