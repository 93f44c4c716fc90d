"""The playground's arithmetic against PyTorch in float64, and against the solutions of week 1.

Needs node, so `make test` leaves it out (its name is no test's): `make playground-test` runs it.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

ROOT = Path(__file__).resolve().parents[2]
STEPS = (1, 10, 100)
ACTIVATIONS = {"linear": nn.Identity, "relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid}


def ask(kind: str, jobs: list[Any] | None = None) -> Any:
    """Return what the arithmetic module answers, through node."""
    given = json.dumps({"kind": kind, "jobs": jobs or []})
    script = str(ROOT / "playground" / "test" / "losses.mjs")
    ran = subprocess.run(
        ["node", script], input=given, capture_output=True, text=True, check=True, timeout=300
    )
    return json.loads(ran.stdout)


def solution(*grade_ids: str) -> dict[str, Any]:
    """Return the names that the solution cells of week 1 define."""
    notebook = json.loads((ROOT / "source" / "week1-mlp" / "week1-mlp.ipynb").read_text(encoding="utf-8"))
    names: dict[str, Any] = {"np": np, "torch": torch, "nn": nn, "F": F}
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") in grade_ids:
            exec("".join(cell["source"]), names)
    return names


def module(layers: list[Any], activation: str, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """Return the network with the given weights as a module of PyTorch: shape (m, d) to (m,)."""
    parts: list[nn.Module] = []
    for layer in layers:
        linear = nn.Linear(layer["inputs"], layer["outputs"], dtype=dtype)
        with torch.no_grad():
            weight = torch.tensor(layer["W"], dtype=dtype).reshape(layer["outputs"], layer["inputs"])
            linear.weight.copy_(weight)
            linear.bias.copy_(torch.tensor(layer["b"], dtype=dtype))
        parts += [linear, ACTIVATIONS[activation]()]
    return nn.Sequential(*parts[:-1], nn.Flatten(0))


def same(found: float, wanted: float) -> bool:
    """Whether two losses agree to 1e-9 of the second."""
    return abs(float(found) - wanted) <= 1e-9 * abs(wanted)


CARDS = ask("cards")
OTHERS = [
    {"data": data, "own": own, "inputs": inputs, "hidden": hidden, "activation": activation}
    | {"lr": lr, "batch": batch, "epochs": 100, "speed": 60, "seed": seed}
    for data, own, inputs, hidden, activation, lr, batch, seed in (
        ("linear", "", 2, [], "linear", 0.003, 100, 1),
        ("linear", "", 2, [], "linear", 0.1, 100, 1),
        ("linear", "", 1, [], "linear", 0.001, 20, 4),
        ("linear", "", 2, [3], "relu", 0.001, 30, 5),
        ("cubic", "", 1, [8, 3], "tanh", 0.02, 100, 2),
        ("cubic", "", 1, [5], "sigmoid", 0.05, 50, 3),
        ("cubic", "", 2, [4, 2], "relu", 0.01, 10, 6),
        ("own", "sin(2x) + max(x, 0)/2 - 2^-x", 1, [6], "tanh", 0.05, 100, 8),
        ("own", "-x^2 + abs(x)", 1, [8, 8, 8], "relu", 0.01, 1, 9),
        ("own", "sin(x1) * x2 + relu(x1)", 2, [4], "relu", 0.02, 50, 10),
        ("own", "3", 1, [2], "relu", 0.02, 100, 999),
    )
]
RUNS = [card["settings"] for card in CARDS] + OTHERS
NAMES = [f"card {card['name']}" for card in CARDS] + [
    f"{s['data']} {s['inputs']} {s['hidden']} {s['activation']} batch {s['batch']}" for s in OTHERS
]
TRAINED = ask("train", [{"settings": settings, "steps": max(STEPS)} for settings in RUNS])
FULL_BATCH = [i for i, settings in enumerate(RUNS) if settings["batch"] == 100]


def test_cards_are_those_of_the_lecture() -> None:
    """There are seven cards, and the second has the lecture's three learning rates."""
    assert [card["name"] for card in CARDS] == ["1.0", "2.0", "2.1", "2.2", "3.0", "4.0", "5.0", "6.0", "7.0"]
    assert [card["settings"]["lr"] for card in CARDS[1:4]] == [0.0001, 0.003, 0.1]
    assert [card["settings"]["hidden"] for card in CARDS[4:]] == [[], [2], [4], [4, 2], [4, 2]]


@pytest.mark.parametrize("i", FULL_BATCH, ids=[NAMES[i] for i in FULL_BATCH])
def test_losses_are_those_of_torch(i: int) -> None:
    """From the same weights and data, SGD in float64 has the same losses after 1, 10 and 100 steps."""
    settings, run = RUNS[i], TRAINED[i]
    x = torch.tensor(run["x"], dtype=torch.float64).reshape(-1, settings["inputs"])
    y = torch.tensor(run["y"], dtype=torch.float64)
    model = module(run["start"], settings["activation"])
    optimizer = torch.optim.SGD(model.parameters(), lr=settings["lr"])
    losses = []
    for _ in range(max(STEPS) + 1):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    for step in (0, *STEPS):
        assert same(run["losses"][step], losses[step]), (
            f"after {step} steps: {run['losses'][step]}, {losses[step]}"
        )


@pytest.mark.parametrize("i", range(len(RUNS)), ids=NAMES)
def test_copied_cell_runs_and_agrees(i: int) -> None:
    """The cell of "Copy as PyTorch" makes its own data and start, and has the page's losses; batches, too."""
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(TRAINED[i]["cell"], names)
    for step in (0, *STEPS):
        assert same(TRAINED[i]["losses"][step], names["losses"][step]), f"after {step} epochs"
    assert printed.getvalue().startswith("loss after 100 epochs: ")


def test_parameters_are_counted_as_in_question_5() -> None:
    """The page's number is that of both functions of question 5."""
    q5 = solution("q5_answer")
    for settings, run in zip(RUNS, TRAINED, strict=True):
        assert run["parameters"] == q5["count_parameters"](run["sizes"])
        assert run["parameters"] == q5["count_module_parameters"](
            module(run["start"], settings["activation"])
        )


def test_kinks_are_counted_as_in_question_7() -> None:
    """At the start and at the end of every ReLU card, and for random networks, count_kinks has the same number."""
    count_kinks = solution("q7b_answer")["count_kinks"]
    relu = [s for s in RUNS if s["activation"] == "relu" and s["inputs"] == 1]
    trained = ask("train", [{"settings": s, "steps": s["epochs"]} for s in relu])
    seen = set()
    for run in trained:
        for place, number in zip(("start", "end"), run["kinks"], strict=True):
            model = module(run[place], "relu", torch.float32)
            assert number == count_kinks(model, -run["reach"], run["reach"])
            seen.add(number)
    rng = np.random.default_rng(20261130)
    jobs = []
    while len(jobs) < 60:
        sizes = [1, *rng.integers(1, 7, rng.integers(1, 3)).tolist(), 1]
        layers = [
            {
                "inputs": a,
                "outputs": b,
                "W": rng.uniform(-2, 2, a * b).tolist(),
                "b": rng.uniform(-2, 2, b).tolist(),
            }
            for a, b in itertools.pairwise(sizes)
        ]
        jobs.append({"layers": layers, "low": -3.0, "high": 3.0})
    # Question 7 promises that slopes change by 0.25 or more and that kinks lie apart; other networks are left out.
    kept = [job for job in jobs if promised(job)]
    assert len(kept) >= 20
    for job, number in zip(kept, ask("kinks", kept), strict=True):
        assert number == count_kinks(module(job["layers"], "relu", torch.float32), job["low"], job["high"])
        seen.add(number)
    assert len(seen) >= 5


def promised(job: dict[str, Any]) -> bool:
    """Whether a network keeps what the contract of count_kinks promises, judged on a fine grid in float64."""
    x = torch.linspace(job["low"], job["high"], 60_001, dtype=torch.float64).unsqueeze(1).requires_grad_()
    (slope,) = torch.autograd.grad(module(job["layers"], "relu")(x).sum(), x)
    jump = (slope[1:, 0] - slope[:-1, 0]).abs()
    places = torch.nonzero(jump > 1e-9)[:, 0]
    if not len(places):
        return True
    apart = torch.diff(places, prepend=torch.tensor([0]), append=torch.tensor([60_000])).min()
    return bool(jump[places].min() >= 0.25) and bool(apart >= 600)


def test_best_line_is_that_of_the_normal_equation() -> None:
    """The dashed floor and the star are where question 1 puts them."""
    normal_equation = solution("q1_answer")["normal_equation"]
    for settings, run in zip(RUNS, TRAINED, strict=True):
        X = np.array(run["x"]).reshape(-1, settings["inputs"])
        design = np.column_stack([X, np.ones(len(X))])
        beta = normal_equation(design, np.array(run["y"]))
        assert np.allclose([*run["best"]["W"], run["best"]["b"]], beta, rtol=1e-9, atol=1e-9)
        loss = np.mean((design @ beta - run["y"]) ** 2)
        assert abs(run["best"]["loss"] - loss) <= 1e-9 * (loss + 1e-9)


def test_stacked_linear_layers_collapse_as_in_question_6() -> None:
    """The one line that card 7 names is what collapse_linear makes of its three layers."""
    collapse_linear = solution("q6_answer")["collapse_linear"]
    (run,) = (t for t, s in zip(TRAINED, RUNS, strict=True) if s["activation"] == "linear" and s["hidden"])
    pairs = [
        (np.array(layer["W"]).reshape(layer["outputs"], layer["inputs"]), np.array(layer["b"]))
        for layer in run["end"]
    ]
    W, b = collapse_linear(*collapse_linear(*pairs[0], *pairs[1]), *pairs[2])
    assert np.allclose(run["collapsed"]["W"], W.ravel(), rtol=1e-9)
    assert np.isclose(run["collapsed"]["b"], b[0], rtol=1e-9)
