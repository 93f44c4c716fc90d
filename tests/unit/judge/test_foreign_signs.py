"""Signs of tampering, read in cells as text."""

from __future__ import annotations

import pytest

from autograder.judge import foreign_signs

TAMPERED = [
    "class A:\n    def __eq__(self, o): return True",
    "class A: pass\nA.__eq__ = lambda s, o: True",
    "class A:\n    __eq__ = lambda s, o: True",
    "A = type('A', (float,), {'x': 1})",
    "import types\nA = types.new_class('A')",
    "import numpy as np\nnp.allclose = lambda *a: True",
    "import numpy as np\nnp.testing.assert_allclose, x = print, 1",
    "from sklearn import metrics as m\nm.accuracy_score = fake",
    "m = np\ndef fake(*a): return 1\nm.accuracy_score = fake",
    "import sys\nsys.modules['numpy'] = None",
    "import os\no = os.sys\nw = o.modules['x']",
    "import os\nos.sys.modules.get('x')",
    "import os\nself = os.sys\nself.modules['x']",
    "w = 'autograder.sandbox.inside.foreign_cells'",
    "get_ipython().ex('x = 1')",
    "np.load('d.npy', None, True)",
    "def fake(*a): return 1\nw.run = fake or None",
    "def fake(*a): return 1\nw.run = fake if True else None",
    "w.run = (lambda *a: 1) or None",
    "from sys import modules",
    "import gc",
    "from unittest.mock import ANY",
    "from pytest import approx",
    "from test.support import ALWAYS_EQ",
    "import helper_that_was_handed_in",
    "exec('x = 1')",
    "getattr(sys, 'mod' + 'ules')",
    "get_ipython().events.register('pre_run_cell', print)",
    "a = !ls\nimport gc",
    "a = !ls\nclass A:\n    def __eq__(s, o): return True",
    "%time exec('1')",
    "%%time\nimport gc",
    "%run helper.py",
    "def f():\n    %time import gc",
    "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__",
    "np.load('x.npy', allow_pickle=True)",
    "torch.load('x.pt', weights_only=False)",
    "np.ma.masked",
    "(lambda: 0).__globals__",
    "import sys\nsys.exit(0)",
    "import os\nos._exit(0)",
    "x = '__eq__'",
    "list(map(exec, ['x = 1']))",
    "run = eval\nrun('1')",
    "from functools import reduce\nreduce(getattr, ['a', 'b'], x)",
    "object.__getattribute__(x, 'a')",
    "match x:\n    case object(gi_frame=f):\n        pass",
    "'{0.gi_frame.f_back}'.format(x)",
    "('{0.gi_' + 'frame}').format(x)",
    "name = '__glo' + 'bals__'",
    "[np][0].allclose = lambda *a: True",
    "n = np\nn.allclose = print",
    "import pandas as pd\npd.DataFrame().eval('a', level=3)",
    "import pandas as pd\npd.read_pickle('x.pkl')",
    "import timeit\ntimeit.timeit('exec(1)')",
    "import joblib",
]

HONEST = [
    "class A:\n    def __init__(self):\n        self.modules = []",
    "import numpy as np, torch, pandas as pd, matplotlib.pyplot as plt\nfrom torch import nn\nfrom sklearn.svm import SVC",
    "torch.backends.cudnn.deterministic = True\nplt.rcParams['figure.figsize'] = (3, 4)\nnp.random.seed(0)",
    "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.act = torch.relu\n"
    "        self.f = lambda x: x\n    def forward(self, x):\n        return self.act(x)\n    def __len__(self): return 3",
    "model.train()\nfor p in model.parameters():\n    p.requires_grad = False\nmodel.fc = nn.Linear(3, 2)\nmodel.training = x > 3",
    "%matplotlib inline\n!pip install torch\n%time y = f(3)\n%timeit -n 10 f(3)\nfor m in model.modules(): print(m)",
    "df.columns = ['a', 'b']\ndf.index = range(3)\ngetattr(df, 'a')\nisinstance(x, float)\nmodel.eval()\nnp.stack([a])",
    "import os, sys, json, math, random, time, re, collections, itertools, functools, copy\nos.environ['A'] = 'b'",
    "from google.colab import drive\ntorch.load('model.pt', weights_only=True)",
    "class V:\n    def __add__(self, o): return V()\n    def __repr__(self): return 'V'\n    def __getitem__(self, i): return i",
    "raise NotImplementedError()",
    "def f(:",
    "title = 'loss {:.2f} after {n[0]} steps of {0.name}'\nprint(title.format(x, n=[3]), f'{x.shape[0]} {x!r}')",
    "import timeit\ntimeit.timeit(lambda: f(3), number=10)\ntimeit.timeit('f(3)', globals=None)",
    "df.query('a > 3')\nmodel.layers[0].bias = None\nnode.next.next = Node(3)\nself.nodes[i].value = v",
    "list(map(int, ['1']))\nkey = 'a' + 'b' + str(3)\nx = y = np.pi\nx.real",
    "match x:\n    case {'a': 1}:\n        pass\n    case Point(x=0):\n        pass",
]


@pytest.mark.parametrize("source", TAMPERED)
def test_tampering_leaves_a_sign(source: str) -> None:
    """Each by itself."""
    assert foreign_signs.found([source])


@pytest.mark.parametrize("source", HONEST)
def test_honest_cell_leaves_none(source: str) -> None:
    """What notebooks of a course are made of."""
    assert foreign_signs.found([source]) == ()


READS = {
    "def f(x):\n    return target": ("target",),
    "target = 0\ndef f(x):\n    global target\n    return target": ("target",),
    "f = lambda: [target for _ in 'a']": ("target",),
    "class A:\n    def f(self):\n        return data + target": ("target",),
    "%matplotlib inline\nf = lambda: target": ("target",),
    "target = 3\nprint(target)\ndef f(target):\n    other = 2\n    return other + target": (),
    "def f(:\n target": (),
}


@pytest.mark.parametrize("source", READS)
def test_name_that_a_test_binds_is_read_by_functions_only(source: str) -> None:
    """A cell's own statements ran before the test did."""
    found = foreign_signs.reads_of_test([source], "target, judged, data = 1, 2, 3", ["judged", "data"])
    assert found == tuple(f"reads {name}, which the test binds" for name in READS[source])
