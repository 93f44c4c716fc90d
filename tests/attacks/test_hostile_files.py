"""Files beside the notebook that are not what they seem: links, pipes, names, numbers."""

from __future__ import annotations

import os

HONEST_ONCE = True  # variants of one kind: see conftest.py


def test_symbolic_link_is_not_followed(grade, make_link):
    """A link instead of the weights: nothing was handed in."""
    make_link("model_weights.pt", "/etc/passwd")
    for name, target in {
        "a": "/proc/self/environ",
        "b": "../neighbour/mini.ipynb",
        "c.csv": "/dev/zero",
    }.items():
        make_link(name, target)
    verdict = grade(
        files={"model_weights.safetensors": None}, extra=("import os; print(sorted(os.listdir('.')))",)
    )
    assert verdict.lost == {"q3": 3.0}
    assert "\n['mini.ipynb']\n" in verdict.outputs
    assert verdict.said["test_weights_load"].startswith("model_weights.pt was not handed in")


def test_symbolic_link_to_a_folder_is_not_entered(grade, make_link):
    """Nor a folder."""
    make_link("data", "/etc")
    verdict = grade(extra=("import os; print(os.path.exists('data'), os.listdir('.'))",))
    assert verdict.lost == {}
    assert "False" in verdict.outputs


def test_second_name_of_a_file_is_not_read(grade, tmp_path):
    """A hard link could be the name of somebody else's file."""
    (tmp_path / "hand-in").mkdir()
    (tmp_path / "secret.pt").write_bytes(b"secret")
    os.link(tmp_path / "secret.pt", tmp_path / "hand-in" / "model_weights.pt")
    verdict = grade(files={"model_weights.safetensors": None})
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"].startswith("model_weights.pt was not handed in")


def test_pipe_does_not_block(grade, tmp_path):
    """Opening a FIFO for reading would wait for ever."""
    (tmp_path / "hand-in").mkdir()
    os.mkfifo(tmp_path / "hand-in" / "model_weights.pt")
    os.mkfifo(tmp_path / "hand-in" / "other.ipynb")
    verdict = grade(files={"model_weights.safetensors": None})
    assert verdict.lost == {"q3": 3.0}


def test_folder_named_like_the_weights_is_no_file(grade, tmp_path):
    """A folder with the file's name."""
    (tmp_path / "hand-in" / "model_weights.pt").mkdir(parents=True)
    verdict = grade(files={"model_weights.safetensors": None})
    assert verdict.lost == {"q3": 3.0}
    assert verdict.said["test_weights_load"].startswith("model_weights.pt was not handed in")


def test_notebook_that_is_a_link_is_not_read(grade_folder, make_link, tmp_path):
    """The link is left out, and so there is no notebook."""
    (tmp_path / "elsewhere.ipynb").write_text("{}")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "mini.ipynb").symlink_to(tmp_path / "elsewhere.ipynb")
    verdict = grade_folder({"notes.txt": b"x"})
    assert verdict.is_refused_without_score
    assert verdict.notices.startswith("no notebook (.ipynb) was handed in; found: notes.txt")


def test_odd_names_are_copied_or_left_out(grade):
    """Names with newlines, markup, bidi marks and leading dashes harm nobody."""
    names = ["-rf", "a\nb.txt", "<script>alert(1)<script>.txt", "\u202etxt.exe", "..hidden", "...", "a" * 250]
    verdict = grade(files=dict.fromkeys(names, b"x"), extra=("import os; print(len(os.listdir('.')))",))
    assert verdict.lost == {}


def test_many_files_are_left_out_not_refused(grade):
    """Two hundred are copied; the notebook and the weights are among the first, whatever they are called."""
    verdict = grade(
        files={f"aa{n:04}.txt": b"x" for n in range(400)}, extra=("import os; print(len(os.listdir('.')))",)
    )
    assert verdict.lost == {}
    assert "\n200\n" in verdict.outputs
    assert "at most 200 files and 256 MB together are read; 202 file(s) were left out" in verdict.notices


def test_files_of_a_hand_in_belong_to_its_own_user(grade):
    """The student may read and change the copies, and nobody else may."""
    verdict = grade(
        files={"data.csv": b"1,2\n"},
        extra=(
            "import os\ns = os.stat('data.csv')\nprint(s.st_uid == os.getuid(), oct(s.st_mode & 0o077), open('data.csv', 'a').write('3'))",
        ),
    )
    assert verdict.lost == {}
    assert "True 0o" in verdict.outputs
    assert verdict.problems == {}
