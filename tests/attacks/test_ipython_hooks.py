"""IPython as the attacker's interpreter: hooks that see, change or drop the cells to come."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

HOOKS = {
    "ast": """
        import ast
        class Drop(ast.NodeTransformer):
            def visit_Assert(self, node): return None
            def visit_Raise(self, node): return None
        get_ipython().ast_transformers.append(Drop())
        """,
    "input": """
        get_ipython().input_transformers_cleanup.append(lambda lines: ["pass\\n"] if "assert" in "".join(lines) else lines)
        """,
    "run_cell": """
        ip = get_ipython()
        ip.run_cell = ip.run_cell_async = lambda *a, **k: None
        """,
    "events": """
        heard = []
        get_ipython().events.register("pre_run_cell", lambda info: heard.append(info.raw_cell))
        get_ipython().events.register("post_run_cell", lambda result: setattr(result, "error_in_exec", None))
        """,
    "showtraceback": """
        get_ipython().showtraceback = get_ipython()._showtraceback = lambda *a, **k: None
        """,
    "displays": """
        ip = get_ipython()
        ip.display_pub.publish = ip.displayhook.write_format_data = lambda *a, **k: None
        ip.capture.take = lambda: "no list"
        ip.capture.drain = lambda *a: None
        """,
    "namespace": """
        class Everything(dict):
            def __missing__(self, name): return lambda *a, **k: 25
            def __contains__(self, name): return True
        get_ipython().user_ns = Everything(get_ipython().user_ns)
        """,
}


@pytest.mark.parametrize("hook", HOOKS)
def test_hook_does_not_change_a_verdict(grade, hook):
    """Checks run elsewhere: there is nothing here to drop, and a wrong answer stays wrong."""
    source = HOOKS[hook].replace("\n        ", "\n").strip()
    verdict = grade(
        {"q1_answer": "def sum_of_squares(values):\n    return 0"}, before=(source,), extra=(source,)
    )
    assert verdict.lost["q1"] == 4.0


def test_hook_hears_no_check(grade):
    """What ``pre_run_cell`` hears is the student's own notebook; no check cell is ever run here."""
    verdict = grade(
        before=(
            "heard = []\nget_ipython().events.register('pre_run_cell', lambda info: heard.append(info.raw_cell))",
        ),
        extra=("print(len(heard)); print('test_' + 'three_four' in ''.join(heard))",),
    )
    assert verdict.lost == {}
    assert "\nFalse" in verdict.outputs


def test_history_holds_no_check(grade):
    """IPython's history and the hidden names of ``In`` hold the student's own cells only."""
    verdict = grade(
        extra=("print('def ' + 'test_' in ''.join(In), [n for n in dir() if n.startswith('test')])",)
    )
    assert verdict.lost == {}
    assert "False []" in verdict.outputs
