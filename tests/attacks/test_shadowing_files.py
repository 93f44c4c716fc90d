"""Files beside the notebook that are named like what a grader would import or obey."""

from __future__ import annotations

HONEST_ONCE = True  # variants of one kind: see conftest.py

MARK = b"import os, sys\nopen('/dev/shm/shadowed', 'w').write('x')\nraise SystemExit(0)\n"
NAMES = [
    "conftest.py",
    "pytest.ini",
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
    "sitecustomize.py",
    "usercustomize.py",
    "evil.pth",
    "torch.py",
    "numpy.py",
    "random.py",
    "json.py",
    "msgpack.py",
    "pytest.py",
    "autograder.py",
    "IPython.py",
    "ipython_config.py",
    "matplotlibrc",
    "q1.py",
    "test_q1.py",
    "__init__.py",
    "nbgrader_config.py",
    "gradebook_config.py",
    "run_autograder",
    "results.json",
    "bundle.json",
]


def test_files_named_like_libraries_and_settings_are_only_files(grade):
    """The grader never looks there; in the notebook's own process, libraries come first."""
    verdict = grade(
        files=dict.fromkeys(NAMES, MARK), extra=("import torch, numpy, random, json\nprint(torch.__file__)",)
    )
    assert verdict.problems == {}
    assert verdict.lost == {}
    assert "site-packages/torch" in verdict.outputs


def test_package_named_like_a_library_is_only_a_folder(grade, tmp_path):
    """The same for packages."""
    for name in ("torch", "numpy", "safetensors", "google", "autograder"):
        (tmp_path / "hand-in" / name).mkdir(parents=True)
        (tmp_path / "hand-in" / name / "__init__.py").write_bytes(MARK)
    verdict = grade()
    assert verdict.lost == {}


def test_import_hooks_of_a_cell_change_only_their_own_process(grade):
    """``sys.meta_path``, ``sys.path`` and ``sys.modules`` are the student's own."""
    verdict = grade(
        {"q1_answer": "def sum_of_squares(values):\n    return 0"},
        extra=(
            """
        import builtins, sys
        class Finder:
            def find_spec(self, name, path=None, target=None):
                raise ImportError("no")
        sys.meta_path.insert(0, Finder())
        sys.path[:] = ["."]
        builtins.__import__ = lambda *a, **k: sys
        """,
        ),
    )
    assert verdict.lost["q1"] == 4.0
