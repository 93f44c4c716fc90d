"""A small assignment on DNA windows, for abuses that the mini course has no place for.

Letters to numbers, a network and its layout, a training step, handed-in weights that are judged on held-out
windows (with a leaderboard and notes for staff), and a script ``predict.py``. The labels follow a rule that
exact weights can state: a GAT counts 1, a TTT one half. So nothing has to be trained here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from nbformat.v4 import new_markdown_cell, new_notebook
from safetensors.numpy import save as save_safetensors

from autograder.author import release
from tests.conftest import cell

ASSIGNMENT = "windows"
LENGTH = 24  # letters of a window
FULL = {"q1": 4.0, "q2": 4.0, "q3": 4.0, "q4": 8.0, "q5": 4.0}
CANARY = "canary-windows-held-out-3b6e"
# What a training with a seed might find: noise on the exact weights, and a seed.
HONEST = (0.04, 2)  # handed in with the solution; r is 0.997
WORST = (0.1, 3)  # the worst that still deserves full marks; r is 0.904, the floor 0.9
TOO_LITTLE = (0.17, 3)  # r is 0.658
REFERENCE = (0.25, 1)

HELPERS = '''
"""What the checks share."""
import gzip
import zlib

import numpy as np

FLOOR = 0.9  # r, from which on there are full marks
CODE = {letter: row for row, letter in enumerate("ACGT")}


def one_hot(sequences):
    return np.eye(4, dtype=np.float32)[[[CODE[letter] for letter in s] for s in sequences]]


def correlation(found, wanted):
    """Return r; a constant prediction counts as 0."""
    if np.ptp(found) == 0:
        return 0.0
    return float(np.corrcoef(found, wanted)[0, 1])


def similarity(ours, theirs):
    """Return the mean cosine of matched filters: 1 for the same ones in any order and scale."""
    if ours.shape != theirs.shape:
        return 0.0
    a, b = (w.reshape(len(w), -1) for w in (ours, theirs))
    cosines = (a / np.linalg.norm(a, axis=1)[:, None]) @ (b / np.linalg.norm(b, axis=1)[:, None]).T
    return float(cosines.max(axis=1).mean())


def numbers(untrusted, count):
    """Return the finite numbers of a file of lines, or a sentence that says what is wrong with it."""
    if len(untrusted) > 1 << 16:
        return "predictions.txt is far too long"
    try:
        found = np.array([float(line) for line in untrusted.decode("ascii").split()])
    except ValueError:
        return "predictions.txt holds something that is not a number"
    if len(found) != count:
        return "predictions.txt has another number of lines than there are windows"
    return found if np.isfinite(found).all() else "predictions.txt holds numbers that are not finite"
'''

SOURCE = [
    ("locked", "first_cell", "# locked: first_cell\nfrom autograder.first_cell import *", None),
    ("markdown", "# Windows", "", None),
    (
        "locked",
        "setup",
        "# locked: setup\nimport numpy as np\nimport torch\nfrom torch import nn",
        None,
    ),
    (
        "answer",
        "q1_answer",
        """
        # answer: q1_answer
        def one_hot(sequences):
            ### BEGIN SOLUTION
            return torch.eye(4)[torch.tensor([["ACGT".index(letter) for letter in s] for s in sequences])]
            ### END SOLUTION
        """,
        None,
    ),
    (
        "check",
        "q1",
        """
        # check: q1
        @points(1)
        def test_shape_of_one_hot(one_hot):
            \"\"\"Two windows of three letters.\"\"\"
            expect(one_hot(["ACG", "TTT"]), shape=(2, 3, 4))

        check(test_shape_of_one_hot)
        ### BEGIN HIDDEN TESTS
        @points(3)
        def test_columns_are_acgt(one_hot, helpers, rng):
            \"\"\"Columns stand for A, C, G, T.\"\"\"
            sequences = ["".join(rng.choice(list("ACGT"), 9)) for _ in range(5)]
            close(one_hot(sequences), helpers.one_hot(sequences))
        ### END HIDDEN TESTS
        """,
        4,
    ),
    (
        "answer",
        "q2_answer",
        """
        # answer: q2_answer
        class Net(nn.Module):
            ### BEGIN SOLUTION
            def __init__(self):
                super().__init__()
                self.conv = nn.Conv1d(4, 2, 3)
                self.fc = nn.Linear(2, 1)

            def forward(self, x):
                return self.fc(torch.relu(self.conv(x.permute(0, 2, 1))).sum(2)).squeeze(1)
            ### END SOLUTION
        """,
        None,
    ),
    (
        "check",
        "q2",
        """
        # check: q2
        @points(1)
        def test_shape_of_net(Net):
            \"\"\"A number for each window, also for one.\"\"\"
            expect(Net()(tensor(np.zeros((3, 24, 4), np.float32))), shape=(3,))
            expect(Net()(tensor(np.zeros((1, 24, 4), np.float32))), shape=(1,))

        check(test_shape_of_net)
        ### BEGIN HIDDEN TESTS
        @points(3)
        @after("test_shape_of_net")
        def test_layout(Net, student, rng):
            \"\"\"A letter means the same wherever it stands.\"\"\"
            model = Net()
            for letter in range(4):
                x = np.zeros((24, 24, 4), np.float32)
                x[np.arange(24), np.arange(24), letter] = 1
                inside = expect(student.forward(model, x), shape=(24,))[4:20]
                if np.ptp(inside) > 1e-5:
                    fail("The same letter at another place gives another number: axes look reshaped, not permuted")
        ### END HIDDEN TESTS
        """,
        4,
    ),
    (
        "answer",
        "q3_answer",
        """
        # answer: q3_answer
        def train_step(model, optimizer, x, y):
            ### BEGIN SOLUTION
            optimizer.zero_grad()
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss.item()
            ### END SOLUTION
        def make_optimizer(model):
            return torch.optim.SGD(model.parameters(), lr=0.1)
        """,
        None,
    ),
    (
        "check",
        "q3",
        """
        # check: q3
        @points(1)
        def test_loss(train_step, make_optimizer, Net):
            \"\"\"The loss before the step is the mean of squares.\"\"\"
            x = np.zeros((2, 24, 4), np.float32)
            x[1, ::2, 0] = 1
            for _ in range(30):  # a network that gives both rows one number shows no broadcast
                model = Net()
                before = expect(model(tensor(x)), shape=(2,))
                if abs(np.diff(before)[0]) > 0.05:
                    break
            y = (before + np.where(np.diff(before) < 0, -1, 1) * np.array([1.0, 2.0])).astype(np.float32)
            loss = train_step(model, make_optimizer(model), tensor(x), tensor(y))
            close(loss, 2.5, rtol=1e-4, name="the loss of these 2 rows")

        check(test_loss)
        ### BEGIN HIDDEN TESTS
        @points(3)
        def test_two_steps(train_step, make_optimizer, student, reference, rng):
            \"\"\"Two steps move the parameters as gradient descent does.\"\"\"
            state = [rng.standard_normal((3, 5)).astype(np.float32), rng.standard_normal(3).astype(np.float32),
                     rng.standard_normal((1, 3)).astype(np.float32), rng.standard_normal(1).astype(np.float32)]
            layers = [["Linear", 5, 3], ["ReLU"], ["Linear", 3, 1], ["Squeeze", 1]]
            x, y = rng.standard_normal((6, 5)).astype(np.float32), rng.standard_normal(6).astype(np.float32)
            after = []
            for side, make, step in (
                (student, make_optimizer, train_step),
                (reference, reference.make_optimizer, reference.train_step),
            ):
                model = side.module(layers, state)
                optimizer = make(model)
                for _ in range(2):
                    step(model, optimizer, tensor(x), tensor(y))
                after.append([p["value"] for p in side.parameters(model)])
            for ours, theirs in zip(*after):
                close(ours, theirs, rtol=1e-4, atol=1e-6, name="a parameter after two steps")
        ### END HIDDEN TESTS
        """,
        4,
    ),
    (
        "check",
        "q4",
        """
        # check: q4
        ### BEGIN HIDDEN TESTS
        def loaded(Net, student):
            model = Net()
            student.load_weights(model, "model_weights.pt")
            return model

        @points(2)
        def test_weights_decide(Net, student, helpers, private, rng):
            \"\"\"The weights fit Net().\"\"\"
            model = loaded(Net, student)
            x = np.load(private / "x.npy")[:20]
            before = expect(student.forward(model, x), shape=(20,), finite=False)
            arrays = [np.asarray(p["value"]) for p in student.parameters(model)]
            fingerprint("filters", arrays[0].reshape(len(arrays[0]), -1))
            for ours in arrays[:1]:
                theirs = np.load(private / "filters.npy")
                if helpers.similarity(ours.astype(float), theirs.astype(float)) > 0.98:
                    flag("filters like those of our reference; two runs of one seed are, too")
            student.set_parameters(model, [rng.standard_normal(a.shape).astype(np.float32) for a in arrays])
            after = expect(student.forward(model, x), shape=(20,), finite=False)
            if np.allclose(before, after, equal_nan=True):
                flag("predictions do not depend on weights")

        @points(6)
        @after("test_weights_decide")
        def test_held_out(Net, student, helpers, private):
            \"\"\"The weights explain held-out windows.\"\"\"
            x, y = np.load(private / "x.npy"), np.load(private / "y.npy")
            found = expect(student.forward(loaded(Net, student), x), shape=y.shape)
            public = np.arange(len(y)) % 2 == 0
            r = helpers.correlation(found[public], y[public])
            leaderboard("r", r, r - 0.05, r + 0.05)
            share = min(1.0, max(0.0, helpers.correlation(found[~public], y[~public])) / helpers.FLOOR)
            credit(share, f"{100 * share:.0f} % of the points")
        ### END HIDDEN TESTS
        """,
        8,
    ),
    (
        "answer",
        "q5_answer",
        """
        %%writefile predict.py
        # answer: q5_answer
        ### BEGIN SOLUTION
        import argparse
        import gzip

        parser = argparse.ArgumentParser()
        parser.add_argument("--data")
        parser.add_argument("--out")
        arguments = parser.parse_args()
        windows = gzip.open(arguments.data, "rt").read().split()
        with open(arguments.out, "w") as file:
            for s in windows:
                file.write(f"{s.count('GAT') + 0.5 * sum(s[i:i + 3] == 'TTT' for i in range(len(s)))}\\n")
        ### END SOLUTION
        """,
        None,
    ),
    (
        "check",
        "q5",
        """
        # check: q5
        ### BEGIN HIDDEN TESTS
        @timeout(2)
        def test_predict(student, helpers, rng):
            \"\"\"predict.py scores the windows of a file.\"\"\"
            import gzip
            windows = ["".join(rng.choice(list("ACGT"), 24)) for _ in range(40)]
            wanted = [w.count("GAT") + 0.5 * sum(w[i:i + 3] == "TTT" for i in range(24)) for w in windows]
            run = student.run_script(
                "predict.py", ["--data", "windows.txt.gz", "--out", "predictions.txt"],
                files={"windows.txt.gz": gzip.compress("\\n".join(windows).encode())}, outputs=["predictions.txt"],
            )
            if run.sentence:
                fail(run.sentence)
            if "predictions.txt" not in run.outputs:
                fail("predict.py left no predictions.txt")
            found = helpers.numbers(run.outputs["predictions.txt"], len(windows))
            if isinstance(found, str):
                fail(found)
            close(found, np.array(wanted), atol=1e-6, name="the predictions")
        ### END HIDDEN TESTS
        """,
        4,
    ),
]


def one_hot(sequences: list[str]) -> np.ndarray:
    """Return float32 (windows, letters, 4), columns A, C, G, T."""
    return np.eye(4, dtype=np.float32)[[["ACGT".index(letter) for letter in s] for s in sequences]]


def exact_weights() -> dict[str, np.ndarray]:
    """Return the weights of the solution's Net that state the rule."""
    kernel = one_hot(["GAT", "TTT"]).transpose(0, 2, 1)
    return {
        "conv.weight": np.ascontiguousarray(kernel),
        "conv.bias": np.array([-2.0, -2.0], np.float32),
        "fc.weight": np.array([[1.0, 0.5]], np.float32),
        "fc.bias": np.zeros(1, np.float32),
    }


def noisy_weights(noise: float, seed: int) -> dict[str, np.ndarray]:
    """Return what an honest training might have found: the exact weights, and noise of a seed's own."""
    rng = np.random.default_rng(seed)
    exact = exact_weights().items()
    return {name: a + noise * rng.standard_normal(a.shape).astype(np.float32) for name, a in exact}


def held_out() -> tuple[np.ndarray, np.ndarray]:
    """Return one-hot windows (400, 24, 4) and labels (400,)."""
    rng = np.random.default_rng(20261123)
    sequences = ["".join(rng.choice(list("ACGT"), LENGTH)) for _ in range(400)]
    labels = [s.count("GAT") + 0.5 * sum(s[i : i + 3] == "TTT" for i in range(LENGTH)) for s in sequences]
    return one_hot(sequences), np.array(labels, np.float32)


def make(folder: Path) -> tuple[release.Source, Path, Any]:
    """Write the course; returns its source, the bundle's folder and the released notebook."""
    notebook = new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook.cells = [
        new_markdown_cell(name) if kind == "markdown" else cell(kind, name, source, points)
        for kind, name, source, points in SOURCE
    ]
    home = folder / "source" / ASSIGNMENT
    home.mkdir(parents=True)
    nbformat.write(notebook, home / f"{ASSIGNMENT}.ipynb")
    (home / "predict.py").write_text("raise SystemExit('not written yet')\n")
    references = folder / "references" / ASSIGNMENT
    for part in ("private", "solution"):
        (references / part).mkdir(parents=True)
    x, y = held_out()
    np.save(references / "private" / "x.npy", x)
    np.save(references / "private" / "y.npy", y)
    (references / "private" / "notes.txt").write_text(CANARY)
    (references / "helpers.py").write_text(HELPERS)
    np.save(references / "private" / "filters.npy", noisy_weights(*REFERENCE)["conv.weight"])
    honest = save_safetensors(noisy_weights(*HONEST))
    (references / "solution" / "model_weights.safetensors").write_bytes(honest)
    source = release.read_source(folder / "source", folder / "references", ASSIGNMENT)
    bundle = release.make_bundle(
        source, folder / "bundle" / ASSIGNMENT, limits={"cell_s": 5.0, "run_s": 120.0}
    )
    return source, bundle.folder, release.make_release(source, bundle)
