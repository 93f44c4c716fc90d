"""Markup, colours and marks that a page or a terminal of staff would obey."""

from __future__ import annotations

HONEST_ONCE = True  # variants of one kind: see conftest.py

SCRIPT = "<script>alert(1)</script>"


def test_markup_of_outputs_is_not_stored(grade):
    """HTML, SVG, Markdown, LaTeX and JavaScript outputs are left out; their plain text stays."""
    verdict = grade(
        extra=(
            f"""
        from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display
        display(HTML({SCRIPT!r}), Markdown({SCRIPT!r}), Latex("\\\\href{{javascript:alert(2)}}{{x}}"))
        display({{"text/html": "<img onerror=alert(3)>", "application/javascript": "alert(4)",
                 "image/svg+xml": "<svg onload=alert(5)/>", "application/vnd.jupyter.widget-view+json": "{{}}",
                 "text/plain": "plain <b>text</b>"}}, raw=True)
        display({{"image/png": '" onerror="alert(6)', "text/html": "x"}}, raw=True)
        class Page:
            def _repr_html_(self): return "<iframe src=javascript:alert(7)>"
        Page()
    """,
        )
    )
    assert verdict.lost == {}
    stored = [o for c in verdict.result.extra["notebook"]["cells"] for o in c.get("outputs", ())]
    mimes = {mime for o in stored for mime in o.get("data", {})}
    assert mimes <= {"text/plain", "image/png", "image/jpeg"}
    assert "plain <b>text</b>" in verdict.outputs  # as plain text, which every viewer escapes
    for mark in ("onerror", "onload", "alert(4)", "iframe"):
        assert mark not in verdict.outputs


def test_pages_for_people_show_markup_as_text(grade):
    """A student's page and the class's: names, labels, reasons and notices are escaped."""
    from autograder.classroom import overview, overview_page
    from autograder.classroom.pages import class_page, student_page

    verdict = grade(
        {"q1_answer": f"def sum_of_squares(values):\n    raise ValueError({SCRIPT!r})"},
        extra=(f"# {SCRIPT}\nraise RuntimeError({SCRIPT!r})",),
    )
    assert verdict.lost == {"q1": 4.0}
    name = "<b onclick=alert(1)>Anna</b>"
    everybody = class_page(overview.of_class("mini", {name: verdict.result}))
    for page in (student_page(name, verdict.result), everybody):
        assert "&lt;script&gt;alert(1)" in page
        assert "<b " not in page
    assert "<script" not in student_page(name, verdict.result)
    # The class's page has one script, the same for every class, and its policy admits no other.
    assert everybody.count("<script") == 1
    assert f"<script>{overview_page._part('class.js')}</script>" in everybody


def test_images_are_stored_as_images(grade):
    """A plot is what staff marks by hand."""
    verdict = grade(extra=("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",))
    assert verdict.lost == {}
    data = [
        o["data"]
        for c in verdict.result.extra["notebook"]["cells"]
        for o in c.get("outputs", ())
        if "data" in o
    ]
    assert any(d.get("image/png", "").startswith("iVBOR") for d in data)


def test_marks_in_reasons_and_labels_are_removed(grade):
    """Bidi marks, terminal codes and newlines do not reach a sentence; markup is only text there."""
    verdict = grade(
        {
            "q1_answer": f"def sum_of_squares(values):\n    raise ValueError('a\\x1b[31m\\u202eb\\nc {SCRIPT}')"
        },
        extra=(f"# \u202e{SCRIPT}\x1b[2J\nraise RuntimeError('\\x1b]0;title\\x07 {SCRIPT}')",),
    )
    assert verdict.lost == {"q1": 4.0}
    texts = [*verdict.said.values(), *verdict.problems.values(), *verdict.problems, verdict.notices]
    for text in texts:
        assert not {"\x1b", "\u202e", "\n", "\x07"} & set(text)
    assert verdict.said["test_three_four"].endswith(f"ab c {SCRIPT}")  # a terminal code goes whole
    assert all(
        verdict.content[key] == "text" for key in ("output_format", "test_output_format", "test_name_format")
    )


def test_marks_in_outputs_are_removed_but_for_colours(grade):
    """A terminal that shows the executed notebook is not retitled, cleared or reversed."""
    verdict = grade(
        extra=("print('\\x1b[31mred\\x1b[0m \\x1b[2J\\x1b]0;t\\x07\\x00\\x08\\u202e\\u2066 end')",)
    )
    assert verdict.lost == {}
    assert "\x1b[31mred\x1b[0m" in verdict.outputs
    assert not {"\x07", "\x00", "\x08", "\u202e", "\u2066"} & set(verdict.outputs)
    assert "\x1b[2J" not in verdict.outputs
    assert "\x1b]" not in verdict.outputs


def test_marks_in_file_names_are_removed(grade_folder):
    """The names of what was handed in instead of a notebook."""
    verdict = grade_folder({"\u202e<script>x\x1b[2J": b"x", "a\nb": b"x"})
    assert verdict.is_refused_without_score
    assert "<script>x, a b" in verdict.notices or "a b, <script>x" in verdict.notices


def test_result_is_valid_ascii_json(grade, tmp_path):
    """Whatever a student's text holds, results.json is a file that Gradescope can read."""
    import json

    from autograder.results_json import write_json

    verdict = grade(extra=("raise ValueError('\\ud800 \\x00 \\uffff 🧬' + chr(0x10ffff))",))
    write_json(tmp_path / "results.json", verdict.content)
    data = (tmp_path / "results.json").read_bytes()
    data.decode("ascii")
    assert json.loads(data)["score"] == 11.0
