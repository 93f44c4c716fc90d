"""A handed-in predict.py that floods, hides, forges, stays, or leaves something that is no file."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

RIGHT = """
import gzip, sys
windows = gzip.open(sys.argv[2], "rt").read().split()
rows = [s.count("GAT") + 0.5 * sum(s[i:i + 3] == "TTT" for i in range(len(s))) for s in windows]
answer = "".join(f"{r}\\n" for r in rows)
out = sys.argv[4]
"""
NO_FILE = "predict.py left no predictions.txt"
NOT_A_NUMBER = "predictions.txt holds something that is not a number"
KILLED = "the script was killed: it crashed or ended itself by a signal"
TIME = "your code did not finish"
ODD = "your code disturbed the connection to the grader; its answer could not be read"

WRONG = {
    "pipe": ("import os; os.mkfifo(out)", "the script raised PermissionError in its line 7"),
    "folder": ("import os; os.mkdir(out)", NO_FILE),
    "link to accounts": ("import os; os.symlink('/etc/passwd', out)", NO_FILE),
    "link to memory": ("import os; os.symlink('/proc/self/mem', out)", NO_FILE),
    "link to the environment": ("import os; os.symlink('/proc/self/environ', out)", NO_FILE),
    "link to zeros": ("import os; os.symlink('/dev/zero', out)", NO_FILE),
    "link to itself": ("import os; os.symlink(out, out)", NO_FILE),
    "ten gigabytes of nothing": ("open(out, 'wb').truncate(10 << 30)", "the script raised OSError in its line 7"),
    "64 MB": ("open(out, 'wb').truncate(64 << 20)", NO_FILE),
    "binary": ("open(out, 'wb').write(bytes(range(256)) * 100)", NOT_A_NUMBER),
    "long number": ("open(out, 'w').write('9' * 10**4 + '\\n')", "predictions.txt has another number of lines than there are windows"),
    "not finite": ("open(out, 'w').write('nan\\n' * 40)", "predictions.txt holds numbers that are not finite"),
    "markup": ("open(out, 'w').write('<script>alert(1)</script>\\n' * 40)", NOT_A_NUMBER),
    "nothing": ("pass", NO_FILE),
    "early end": ("import os; os._exit(0)", NO_FILE),
    "crash": ("import ctypes; ctypes.string_at(0)", KILLED),
    "odd error": ("raise type('Zero' + 'x' * 10**6, (Exception,), {})('88881')", "the script raised an error in its line 7"),
    "error with its own line": ("exec(compile('1 / 0', sys.argv[0], 'exec'))", "the script raised ZeroDivisionError in its line 1"),
    "kills its parent": ("import os; os.kill(os.getppid(), 9)", "your code ended the Python process"),
    "stops its parent": ("import os; os.kill(os.getppid(), 19)", TIME),
    "endless": ("while True: pass", TIME),
    "endless, and does not listen": (
        "import signal; [signal.signal(s, signal.SIG_IGN) for s in (2, 15)]\nwhile True: pass", TIME
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_hostile_script_loses_its_question_only(grade_windows, kind):
    """One fixed sentence each; the notebook's other questions keep all their points."""
    code, said = WRONG[kind]
    verdict = grade_windows({"predict.py": (RIGHT + code).encode()}, q5_answer="pass")
    assert verdict.lost == {"q5": 4.0}
    assert verdict.said["test_predict"].startswith(said)
    assert "88881" not in verdict.visible_bytes.decode()


RIGHT_BUT_LOUD = {
    "a gigabyte to its descriptors": "import os\nfor _ in range(1000): os.write(1, bytes(1 << 20)); os.write(2, bytes(1 << 20))",
    "ends in an odd way": "import atexit; atexit.register(lambda: 1 / 0); sys.stdout = None",
    "deletes itself": "import os; os.unlink(sys.argv[0])",
    "leaves its folder": "import os; os.chdir('/')",
    "leaves a tree": "import os\nfor _ in range(300): os.mkdir('d'); os.chdir('d')",
    "leaves a closed folder": "import os\nos.mkdir('closed'); open('closed/x', 'w').close(); os.chmod('closed', 0)",
    "patches what reports": "import json, os\njson.dumps = None\nos.waitpid = None",
}


@pytest.mark.parametrize("kind", RIGHT_BUT_LOUD)
def test_right_answer_of_an_odd_script_counts(grade_windows, kind):
    """It is judged by the file it leaves, and nothing else of it is kept."""
    code = RIGHT + "open(out, 'w').write(answer)\n" + RIGHT_BUT_LOUD[kind]
    found = grade_windows({"predict.py": code.encode()}, q5_answer="pass")
    assert found.said == {}
    assert found.lost == {}


def test_script_that_writes_to_every_descriptor_forges_nothing(grade_windows):
    """It is forked from the process that holds the connection: what it writes there is a broken answer."""
    code = RIGHT + (
        "import os\nfor fd in range(3, 256):\n    try: os.write(fd, b'AGW1' + bytes(64))\n    except OSError: pass"
    )
    verdict = grade_windows({"predict.py": code.encode()}, q5_answer="pass")
    assert verdict.lost == {"q5": 4.0}
    assert verdict.said["test_predict"] in (ODD, NO_FILE) or verdict.said["test_predict"].startswith(TIME)


def test_script_finds_no_secret(grade_windows):
    """What it can list, read and inherit holds none of ours; it hands in what it found, and that is searched."""
    code = """
import glob, os, sys
found = []
for folder in ("/", "..", "../..", "/tmp", "/proc", "/root", "/autograder", "/autograder/source", "/work", "/var/cache"):
    try:
        found += [folder + "/" + name for name in os.listdir(folder)]
    except OSError:
        pass
texts = [repr(os.environ), repr(sys.argv), repr(list(sys.modules))]
for path in (*found, *glob.glob("/proc/*/environ"), *glob.glob("/proc/*/cmdline"), "/etc/passwd"):
    try:
        texts.append(open(path, "rb").read(1 << 16).decode("latin-1"))
    except OSError:
        pass
open("/dev/shm/loot", "w").write("\\n".join(texts))
"""
    notebook = (
        """
%%writefile predict.py
"""
        + code
    )
    verdict = grade_windows(q5_answer=notebook.strip())
    assert verdict.lost == {"q5": 4.0}
    shown = grade_windows(
        q3_answer="import runpy, sys\nrunpy.run_path('predict.py')\nprint(open('/dev/shm/loot').read())",
        q5_answer=notebook.strip(),
    )
    # The cell that prints comes before the script is written: run it from the file that was handed in.
    assert set(shown.lost) == {"q3", "q5"}
    loud = grade_windows(
        {"loot.py": code.encode()},
        q3_answer="import runpy, sys\nrunpy.run_path('loot.py')\nprint('loot', open('/dev/shm/loot').read())",
    )
    assert "loot" in loud.outputs
    assert "root:x:" not in loud.outputs


DAEMON = (
    RIGHT
    + """
import os, time
open(out, "w").write(answer)
if os.fork() == 0:
    try:
        os.setsid()
    except OSError:
        pass
    if os.fork() == 0:
        end = time.time() + 60
        while time.time() < end:
            for folder in ("/dev/shm", "/tmp", "."):
                try:
                    open(folder + "/results.json", "w").write('{"score": 24}')
                except OSError:
                    pass
            time.sleep(0.01)
    os._exit(0)
os._exit(0)
"""
)


def test_script_that_leaves_a_daemon_is_swept(grade_windows):
    """What stays costs at most the script's own question, and is gone with the hand-in."""
    verdict = grade_windows({"predict.py": DAEMON.encode()}, q5_answer="pass")
    assert set(verdict.lost) <= {"q5"}


def test_forged_word_of_the_script_s_process_is_not_shown(grade_windows):
    """A notebook that answers in place of the worker chooses bytes, never a sentence."""
    verdict = grade_windows(
        q3_answer="""
        import sys
        scripts = sys.modules["autograder.sandbox.inside.scripts"]
        operations = sys.modules["autograder.sandbox.inside.operations"]
        operations.OPERATIONS["run_script"] = lambda *a: {
            "found": True, "exit_code": 0, "error": ["<b>", "88881"], "text": "x", "line": -5,
            "outputs": {"predictions.txt": b"1"}, "refused": {},
        }
        def train_step(model, optimizer, x, y): pass
        def make_optimizer(model): pass
        """
    )
    assert set(verdict.lost) == {"q3", "q5"}
    assert verdict.said["test_predict"] == "the script raised an error"
    assert set(verdict.said) == {"test_loss", "test_two_steps", "test_predict"}


ODD_ANSWERS = [
    "None", "{}", "{'found': False, 'x': 1}", "{'found': 1}", "[1]", "b'x'", "lambda: 1",
    "{'found': True, 'exit_code': True, 'error': [], 'line': 0, 'outputs': {}}",
    "{'found': True, 'exit_code': 0, 'error': 'x', 'line': 0, 'outputs': {}}",
    "{'found': True, 'exit_code': 0, 'error': [1], 'line': 0, 'outputs': {}}",
    "{'found': True, 'exit_code': 0, 'error': [], 'line': 0.5, 'outputs': {}}",
    "{'found': True, 'exit_code': 0, 'error': [], 'line': 0, 'outputs': {'predictions.txt': '1'}}",
    "{'found': True, 'exit_code': 0, 'error': [], 'line': 0, 'outputs': {'predictions.txt': np.zeros(3)}}",
]  # fmt: skip


def test_answers_of_another_form_are_unusable_not_our_fault(grade_windows):
    """Not graded cannot be chosen that way."""
    for answer in ODD_ANSWERS:
        verdict = grade_windows(
            q1_answer=f"""
            import sys
            sys.modules["autograder.sandbox.inside.operations"].OPERATIONS["run_script"] = lambda *a: {answer}
            def one_hot(sequences):
                return torch.eye(4)[torch.tensor([["ACGT".index(letter) for letter in s] for s in sequences])]
            """
        )
        assert verdict.lost == {"q5": 4.0}, answer


def test_names_that_are_ours_cannot_be_handed_in(grade_windows):
    """A file where we keep a folder is left out; it must not break the copying, which would be *not graded*."""
    assert grade_windows({".handed-in": b"x"}).lost == {}
    weights = {".handed-in/model_weights.safetensors": b"x", ".handed-in/predict.py": b"raise KeyError"}
    assert grade_windows(weights).lost == {}


def test_writefile_reaches_no_other_folder(grade_windows):
    """The cell that writes the script may name any path; what is not the student's own is refused."""
    verdict = grade_windows(
        {"predict.py": (RIGHT + "open(out, 'w').write(answer)").encode()},
        q5_answer="%%writefile ../../predict.py\nraise KeyError",
    )
    assert verdict.lost == {}
    assert len(verdict.problems) == 1
