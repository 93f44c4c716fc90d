"""A predict.py that worked at home: the student reads its line and the error, and loses that question only."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

HEAD = "import argparse, gzip\np = argparse.ArgumentParser()\np.add_argument('--data'); p.add_argument('--out')\na = p.parse_args()\n"
RIGHT = (
    "w = gzip.open(a.data, 'rt').read().split()\n"
    "open(a.out, 'w').write(''.join(str(s.count('GAT') + 0.5 * sum(s[i:i+3] == 'TTT' for i in range(24))) + '\\n' for s in w))\n"
)

STOPPED = {
    "asks for input": ("name = input('Your name? ')", "the script raised EOFError in its line 5"),
    "a path of one's own computer": (
        "open('/Users/anna/windows.txt.gz')",
        "the script raised FileNotFoundError in its line 5",
    ),
    "a name that is not given": (
        "gzip.open('windows.gz').read()",
        "the script raised FileNotFoundError in its line 5",
    ),
    "text where gzip is": ("open(a.data).read()", "the script raised UnicodeDecodeError in its line 5"),
    "cuda": ("import torch; torch.zeros(1).cuda()", "the script raised "),
    "a magic": ("%pip install torch", "the script raised SyntaxError in its line 5"),
    "a library that is not here": (
        "import tensorflow",
        "the script raised ModuleNotFoundError in its line 5",
    ),
    "a download": (
        "import urllib.request; urllib.request.urlopen('https://example.org/x', timeout=5)",
        "the script raised ",
    ),
}


@pytest.mark.parametrize("habit", STOPPED)
def test_cause_is_told_with_its_line(grade_windows, habit):
    """The name of the error and the line of the script, as handed in."""
    code, said = STOPPED[habit]
    verdict = grade_windows({"predict.py": (HEAD + code + "\n" + RIGHT).encode()}, q5_answer="pass")
    assert verdict.lost == {"q5": 4.0}
    assert verdict.said["test_predict"].startswith(said)


FINE = {
    "wandb": "import wandb; wandb.login(); wandb.init(project='x')",
    "warnings": "import warnings; warnings.warn('old')",
    "tqdm": "from tqdm import tqdm\nfor _ in tqdm(range(3)): pass",
    "prints": "print('epoch', 1)",
    "threads": "import torch; torch.set_num_threads(2); torch.ones(300, 300) @ torch.ones(300, 300)",
    "a model": "import torch; torch.save(torch.nn.Linear(2, 1).state_dict(), 'm.pt'); torch.load('m.pt', map_location='cpu')",
    "an exit": "import atexit; atexit.register(print, 'bye')",
    "a main guard": "if __name__ != '__main__': raise SystemExit(3)",
    "workers": "import multiprocessing as mp\nwith mp.get_context('fork').Pool(2) as pool: pool.map(abs, [-1])",
    "a figure": "import matplotlib.pyplot as plt; plt.plot([1]); plt.savefig('x.png')",
}


def test_habits_cost_nothing(grade_windows):
    """All of them in one script."""
    code = HEAD + "".join(f"{part}\n" for part in FINE.values()) + RIGHT
    assert grade_windows({"predict.py": code.encode()}, q5_answer="pass").lost == {}
