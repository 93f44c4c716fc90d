"""Outputs without end: cut at a cap, and graded as usual."""

from __future__ import annotations

import json

HONEST_ONCE = True  # variants of one kind: see conftest.py

FLOODS = {
    "print": "for _ in range(300_000): print('x' * 20)",
    "one long line": "print('x' * (64 << 20))",
    "descriptor": "import os\nfor _ in range(20): os.write(1, b'x' * (1 << 20))",
    "stderr": "import sys\nfor _ in range(100_000): sys.stderr.write('error\\n')",
    "both": "import sys\nfor _ in range(20_000): print('a'); print('b', file=sys.stderr)",
    "carriage returns": "for n in range(100_000): print(n, end='\\r')",
    "displays": "from IPython.display import display\nfor n in range(3000): display(n)",
    "large displays": "from IPython.display import display\nfor n in range(30): display({'text/plain': 'y' * 500_000, 'text/html': 'z' * 3_000_000}, raw=True)",
    "update": "from IPython.display import display\nh = display('a', display_id=True)\nh.update({'text/plain': 'y' * (30 << 20)}, raw=True)",
    "long repr": "'z' * (30 << 20)",
    "long error": "raise ValueError('w' * (30 << 20))",
    "ANSI": "print('\\x1b[31m' * 200_000)",
    "binary": "import os\nos.write(1, bytes(range(256)) * 4096)",
    "surrogates": "print('\\ud800' * 1000); '\\udfff'",
}


def test_floods_are_cut_cell_by_cell(grade, monkeypatch, engine):
    """A megabyte of text at most comes of a cell, whatever way it takes, and the next cell has its own."""
    monkeypatch.setitem(engine.time_limits, "cell_s", 20.0)
    cells = [(source, f"print('after', {n})") for n, source in enumerate(FLOODS.values())]
    verdict = grade(extra=tuple(source for pair in cells for source in pair))
    assert verdict.lost == {}
    assert set(verdict.problems) == {"raise ValueError('w' * (30 << 20))"}
    notebook = verdict.result.extra["notebook"]["cells"]
    for n, source in enumerate(FLOODS.values()):
        assert f"after {n}\n" in verdict.outputs
        flood = next(c for c in notebook if c["source"] == source)
        assert len(json.dumps(flood["outputs"], ensure_ascii=False)) < 3 << 20


def test_flood_of_images_is_cut(grade):
    """Pictures are kept, but not without end."""
    source = (
        "from IPython.display import display\n"
        "for n in range(30): display({'image/png': b'p' * (1 << 20), 'text/plain': ''}, raw=True)"
    )
    verdict = grade(extra=(source, "print('after')"))
    assert verdict.lost == {}
    assert "after\n" in verdict.outputs
    assert len(verdict.visible_bytes) < 40 << 20


def test_floods_of_many_cells_are_cut_together(grade, monkeypatch, engine):
    """The executed notebook has a cap of its own."""
    monkeypatch.setitem(engine.time_limits, "cell_s", 10.0)
    source = "from IPython.display import display\nfor n in range(20): display({'image/png': b'p' * (1 << 20)}, raw=True)"
    verdict = grade(extra=(source,) * 2)
    assert verdict.lost == {}
    assert len(verdict.visible_bytes) < 40 << 20
    assert "outputs cut here" in verdict.outputs


def test_flood_in_a_check_is_dropped(grade):
    """Nobody reads it, and it does not grow."""
    verdict = grade(
        {
            "q1_answer": "import os\ndef sum_of_squares(values):\n    for _ in range(20): os.write(1, b'x' * (1 << 20))\n    return sum(v * v for v in values)"
        }
    )
    assert verdict.lost == {}
    assert "xxxx" not in verdict.outputs
