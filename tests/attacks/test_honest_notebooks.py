"""What honest notebooks from Colab and Jupyter do: none of it costs a point."""

from __future__ import annotations

import os

import nbformat
import pytest

from autograder.engine.grade import Engine

HONEST_ONCE = True  # variants of one kind: see conftest.py

FINE = {
    "warnings": "import warnings\nwarnings.warn('deprecated')\nimport sys; print('careful', file=sys.stderr)",
    "logging": "import logging; logging.basicConfig(); logging.warning('careful'); logging.getLogger('x').error('y')",
    "tqdm": "from tqdm import tqdm, trange\nfrom tqdm.auto import tqdm as auto\nfor _ in auto(range(3)): pass\nfor _ in tqdm(range(3)): pass",
    "tqdm.notebook": "from tqdm.notebook import tqdm\nfor _ in tqdm(range(3)): pass",
    "plot": "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('loss')\nplt.show()",
    "plot without show": "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2]);",
    "savefig": "import matplotlib.pyplot as plt\nplt.plot([1]); plt.savefig('loss.png')",
    "inline magic": "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
    "pandas": "import pandas as pd\npd.DataFrame({'a': [1, 2]})",
    "scipy": "from scipy import linalg\nfrom scipy.stats import pearsonr\npearsonr([1, 2, 3], [2, 4, 7]); linalg.lstsq(np.eye(3), np.ones(3))",
    "scikit-learn": "from sklearn.linear_model import LinearRegression\nfrom sklearn.model_selection import cross_val_score\ncross_val_score(LinearRegression(), np.random.rand(40, 2), np.random.rand(40), n_jobs=2)",
    "joblib": "from joblib import Parallel, delayed\nassert Parallel(n_jobs=2)(delayed(abs)(-i) for i in range(4)) == [0, 1, 2, 3]",
    "%pip": "%pip install torch\nx = 1",
    "!pip": "!pip install torch\nx = 1",
    "!nvidia-smi": "!nvidia-smi\n!ls -la /content",
    "output of a command": "files = !ls\nprint(files)",
    "%%bash": "%%bash\necho hello",
    "%%shell": "%%shell\necho hello",
    "%store": "%store -r",
    "%%time": "%%time\nsum(range(10))",
    "%timeit": "%timeit -n 1 -r 1 sum(range(10))",
    "%cd": "%cd /content\n%cd -q .",
    "%env": "%env WANDB_SILENT=true",
    "%who": "%who",
    "%%capture": "%%capture\nprint(1)",
    "%%writefile": "%%writefile note.txt\nhello",
    "%autosave": "%autosave 60",
    "%load_ext": "%load_ext autoreload\n%autoreload 2",
    "colab": "from google.colab import drive, files, userdata\ndrive.mount('/content/drive')\nfiles.download('x.pt')",
    "wandb": "import wandb\nwandb.login()\nrun = wandb.init(project='x', config={'lr': 0.1})\nwandb.log({'loss': 1.0})\nwandb.finish()",
    "wandb.config": "import wandb\nwith wandb.init(project='x', config={'lr': 0.1, 'hidden': 3}) as run:\n    config = wandb.config\n    torch.optim.SGD(MLP(2, config.hidden).parameters(), lr=run.config['lr'])\nwandb.config.update({'hidden': 4}, allow_val_change=True)\nassert config.hidden == 4 and config.get('other') is None",
    "device": "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')\nMLP(2, 3).to(device)",
    "seeds": "import random\nrandom.seed(0); np.random.seed(0); torch.manual_seed(0); torch.cuda.manual_seed_all(0)\ntorch.backends.cudnn.deterministic = True\ntorch.use_deterministic_algorithms(True)",
    "loader with workers": "from torch.utils.data import DataLoader, TensorDataset\nfor _ in DataLoader(TensorDataset(torch.ones(8, 1)), batch_size=4, num_workers=2): pass",
    "training": "m = MLP(2, 3); opt = torch.optim.Adam(m.parameters())\nfor _ in range(20):\n    opt.zero_grad(); m(torch.ones(4, 2)).sum().backward(); opt.step()",
    "scheduler": "m = MLP(2, 3); o = torch.optim.SGD(m.parameters(), 0.1, momentum=0.9)\ns = torch.optim.lr_scheduler.StepLR(o, 1)\no.step(); s.step()",
    "await": "import asyncio\nawait asyncio.sleep(0)",
    "temporary files": "import tempfile, shutil\nd = tempfile.mkdtemp(); open(d + '/x', 'w').write('y'); shutil.rmtree(d)",
    "display": "from IPython.display import display, Markdown, HTML, Image, clear_output\ndisplay(Markdown('**x**'), HTML('<b>x</b>'))\nclear_output(wait=True)",
    "widgets of text": "from IPython.display import display\nh = display('a', display_id=True); h.update('b')",
    "emoji": "print('🧬', 'é', '\\u202e')\nΣ = 3",
    "help": "len?",
    "comments only": "# nothing here\n",
    "white space": "   \n\n",
    "docstring": "'''just text'''",
    "nbgrader assert": "assert sum_of_squares([1]) == 1",
    "deepcopy": "import copy; copy.deepcopy(MLP(2, 3)).state_dict()",
    "pickle": "import pickle; pickle.loads(pickle.dumps(MLP(2, 3)))",
    "torch.save": "torch.save(MLP(2, 3).state_dict(), 'mine.pt'); torch.load('mine.pt')",
    "summary": "print(MLP(2, 3)); print(sum(p.numel() for p in MLP(2, 3).parameters()))",
    "typing": "from __future__ import annotations\nfrom dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\nP(1)",
    "multiprocessing": "import multiprocessing as mp\nwith mp.get_context('fork').Pool(2) as pool: pool.map(abs, [-1, -2])",
    "every core": "import os\nfrom torch.utils.data import DataLoader, TensorDataset\nfor _ in DataLoader(TensorDataset(torch.ones(64, 1)), batch_size=4, num_workers=os.cpu_count()): pass",
    "sixteen workers": "from torch.utils.data import DataLoader, TensorDataset\nfor _ in DataLoader(TensorDataset(torch.ones(64, 1)), batch_size=4, num_workers=16): pass",
    "list of batches": "from torch.utils.data import DataLoader, TensorDataset\nbatches = list(DataLoader(TensorDataset(torch.ones(1600, 3), torch.ones(1600)), batch_size=8, num_workers=2))\nassert len(batches) == 200",
    "threads of torch": "torch.set_num_interop_threads(4); torch.set_num_threads(4); torch.linalg.inv(torch.eye(300) * 2)",
    "threads": "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool: list(pool.map(abs, [-1, -2]))",
    "sqlite": "import sqlite3; sqlite3.connect(':memory:').execute('select 1')",
    "subprocess-free platform": "import platform; platform.platform(); platform.node()",
}


# One notebook for all: what one cell does must not disturb the next either.
def test_honest_habits_cost_nothing(grade):
    """Forty habits in one notebook: full marks, and no cell has a problem."""
    verdict = grade(extra=tuple(FINE.values()))
    assert verdict.problems == {}
    assert verdict.lost == {}
    assert verdict.notices == ""
    assert "does nothing here: the grader has no network and starts no programs" in verdict.outputs


STOPPED = {
    "input": (
        "name = input('Your name? ')",
        "stopped with EOFError: input() was called, but nobody is here to answer",
    ),
    "absolute path": ("open('/Users/anna/data.csv')", "stopped with FileNotFoundError"),
    "drive path": (
        "import pandas as pd\npd.read_csv('/content/drive/MyDrive/x.csv')",
        "stopped with FileNotFoundError",
    ),
    "cuda": ("MLP(2, 3).cuda()", "stopped with "),
    "missing library": (
        "import tensorflow",
        "stopped with ModuleNotFoundError: No module named 'tensorflow'",
    ),
    "wget": (
        "import urllib.request\nurllib.request.urlopen('https://example.org/x', timeout=5)",
        "stopped with ",
    ),
}


def test_what_cannot_work_here_is_told_and_costs_nothing_else(grade):
    """Each cell is named with its cause; the checks do not need it."""
    verdict = grade(extra=tuple(source for source, _ in STOPPED.values()))
    assert verdict.lost == {}
    assert len(verdict.result.problems) == len(STOPPED)
    for problem, (_, reason) in zip(verdict.result.problems, STOPPED.values(), strict=True):
        assert problem.reason.startswith(reason)


def test_modules_in_a_file_beside_the_notebook_are_imported(grade):
    """A helper of the student's own is part of the hand-in."""
    verdict = grade(
        {
            "q1_answer": "from helper import square\ndef sum_of_squares(values):\n    return sum(square(v) for v in values)"
        },
        files={"helper.py": b"def square(v):\n    return v * v\n"},
    )
    assert verdict.lost == {}


def test_name_of_a_library_used_for_something_else_stays_so(grade):
    """``import numpy as np`` stands in a locked cell; the student's own ``np`` comes later and is meant."""
    verdict = grade(
        {"q1_answer": "np = 2\ndef sum_of_squares(values):\n    return sum(v ** np for v in values)"}
    )
    assert verdict.lost == {}


def test_warnings_turned_to_errors_do_not_disturb_the_grading(grade):
    """A strict student's process still answers."""
    assert grade(before=("import warnings; warnings.simplefilter('error')",)).lost == {}


def test_different_right_code_gets_full_marks(grade):
    """Other names, other layers, other types."""
    verdict = grade(
        {
            "q1_answer": "sum_of_squares = lambda values: torch.tensor(values, dtype=torch.float64).pow(2).sum()",
            "q2_answer": """
        import torch.nn.functional as F
        class MLP(torch.nn.Module):
            def __init__(self, inputs: int, hidden: int, *, extra=None):
                super(MLP, self).__init__()
                self.fc1 = nn.Linear(inputs, hidden)
                self.act = nn.ReLU(inplace=True)
                self.fc2 = torch.nn.Linear(hidden, 1)
            def forward(self, inputs):
                print("forward", inputs.shape)
                h = F.linear(inputs, self.fc1.weight, self.fc1.bias)
                return torch.flatten(self.fc2(self.act(h)))
        """,
        }
    )
    assert verdict.lost == {}


@pytest.mark.skipif(
    os.geteuid() != 0, reason="as a plain user, pages that workers share are counted for each"
)
def test_data_that_workers_share_is_counted_once(grade):
    """128 MB of data and four workers are 128 MB, not 640."""
    verdict = grade(
        extra=(
            """
        import time
        data = torch.utils.data.TensorDataset(torch.from_numpy(np.ones((1 << 11, 1 << 13))))
        for (x,) in torch.utils.data.DataLoader(data, batch_size=64, num_workers=4):
            time.sleep(0.05)
    """,
        )
    )
    assert verdict.problems == {}


KEPT = {
    "iterator": """
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(80, 3)), batch_size=4, num_workers=2)
batches = iter(loader)
next(batches)
""",
    "persistent workers": """
data = torch.utils.data.TensorDataset(torch.ones(8, 1))
loader = torch.utils.data.DataLoader(data, num_workers=1, persistent_workers=True)
for _ in range(2):
    list(loader)
""",
    "ignored children": "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    "time-out": """
import signal
def late(*_):
    raise TimeoutError
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.15, 0.05)
""",
    "pool": "import multiprocessing\npool = multiprocessing.get_context('fork').Pool(2)\npool.map(abs, [-1])",
}


@pytest.mark.parametrize("what", KEPT)
def test_what_the_last_cell_keeps_does_not_disturb_the_checks(grade, what):
    """torch's handler for lost workers, and a time-out's, raise: between two questions nothing of a notebook runs."""
    verdict = grade(extra=(KEPT[what],))
    assert verdict.problems == {}
    assert verdict.lost == {}


USED = {
    "pool of threads": """
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(max_workers=1)
def sum_of_squares(values):
    return sum(pool.map(lambda v: v * v, values))
print(sum_of_squares([3, 4]))
""",
    "persistent workers": """
data = torch.utils.data.TensorDataset(torch.arange(8.0))
loader = torch.utils.data.DataLoader(data, batch_size=4, num_workers=1, persistent_workers=True)
list(loader)
def sum_of_squares(values):
    assert sum(float(x.sum()) for (x,) in loader) == 28
    return sum(v * v for v in values)
""",
    "threads of torch": """
torch.set_num_threads(2)
def sum_of_squares(values):
    assert float(torch.linalg.solve(torch.eye(300) * 2, torch.ones(300, 1)).sum()) == 150
    return sum(v * v for v in values)
""",
}


@pytest.mark.parametrize("what", USED)
def test_workers_made_in_a_cell_are_there_when_a_check_calls(grade, what):
    """Threads and processes do not live in a question's copy of the notebook; new ones are made there."""
    verdict = grade({"q1_answer": USED[what]})
    assert verdict.lost == {}


def test_compiled_function_runs(grade):
    """``torch.compile`` gives the function back: here nothing is compiled."""
    verdict = grade(
        {"q1_answer": "@torch.compile\ndef sum_of_squares(values):\n    return sum(v * v for v in values)"}
    )
    assert verdict.lost == {}


def test_first_error_does_not_import_the_compiler(mini, solution, tmp_path):
    """Of a cold engine, as on Gradescope: a traceback asks every module for its file, and torch._dynamo takes a second."""
    notebook = solution()
    for source in ("1 / 0", "import sys\nprint('compiler', 'torch._dynamo.config' in sys.modules)"):
        notebook.cells.append(nbformat.v4.new_code_cell(source))
    nbformat.write(notebook, tmp_path / "mini.ipynb")
    with Engine(mini[1]) as cold:
        result = cold.grade(tmp_path)
    assert "compiler False" in str(result.extra["notebook"]["cells"][-1]["outputs"])
