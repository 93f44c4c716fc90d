"""The twelve patterns of docs/writing-checks.md: what each kills is killed, what it cannot is kept, and all of it is told."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.cli.main import main as cli

pytest.importorskip("nbgrader")
pytestmark = pytest.mark.filterwarnings("ignore")  # nbgrader's and its libraries' own
ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "patterns"


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go into a copy of the example."""
    shutil.copytree(EXAMPLE, tmp_path / "patterns")
    monkeypatch.chdir(tmp_path / "patterns")
    return tmp_path / "patterns"


def test_documentation_names_both_bugs_of_every_pattern() -> None:
    """The table has a killed and a kept variant for each of the twelve questions, and the course has no others."""
    text = (ROOT / "docs" / "writing-checks.md").read_text()
    rows = [
        line
        for line in text.split("\n## Twelve patterns\n")[1].split("\n## ")[0].split("\n")
        if line.startswith("|") and "`wrong-" in line
    ]
    named = [re.findall(r"`((?:wrong|right)-q(\d+)-[a-z-]+)`", row) for row in rows]
    assert [[number for _, number in pair] for pair in named] == [[str(n), str(n)] for n in range(1, 13)]
    assert all(pair[0][0].startswith("wrong-") and "-kept-" in pair[1][0] for pair in named)
    files = {path.stem for path in (EXAMPLE / "references" / "patterns" / "variants").glob("*.py")}
    assert files == {name for pair in named for name, _ in pair}


def test_course_of_patterns_has_no_findings(course: Path) -> None:
    """Its own questions about a model are what the linter wants them to be."""
    done = CliRunner().invoke(cli, ["lint", "patterns"])
    assert done.exit_code == 0, done.output
    assert "0 findings" in done.output


def merged(variants: Path, pattern: str) -> tuple[str, dict[str, float]]:
    """Return the cells of many variants, each of which changes another question, and the points that they expect."""
    blocks, expected = "", {}
    for path in sorted(variants.glob(pattern)):
        header, *rest = path.read_text().partition("\n\n# %%")
        facts = tomllib.loads("\n".join(line.removeprefix("# ") for line in header.split("\n")))
        expected |= facts.get("expected", {})
        blocks += "".join(rest)
        if path.with_suffix("").is_dir():
            shutil.copytree(path.with_suffix(""), variants.parent / pattern[:5])
    return blocks, expected


def test_every_pattern_kills_one_bug_and_not_the_other(course: Path) -> None:
    """The solution has everything, the release nothing; twelve bugs lose their points, twelve others keep them.

    Questions do not meet, so all bugs that are kept go into one hand-in, and those that are killed into two: one of
    them loses a share that the draw decides. `autograder validate patterns` grades each by itself.
    """
    variants = course / "references" / "patterns" / "variants"
    by_draw = "wrong-q6-last-year-again.py"
    shutil.move(variants / by_draw, course)
    killed, expected = merged(variants, "wrong-*.py")
    kept, nothing = merged(variants, "right-*.py")
    assert (len(expected), nothing) == (11, {})
    shutil.rmtree(variants)
    variants.mkdir()
    table = ", ".join(f"{question} = {points}" for question, points in expected.items())
    (variants / "wrong-all.py").write_text(f"# expected = {{{table}}}\n{killed}")
    (variants / "right-all.py").write_text(f'# why = "all that is kept"\n{kept}')
    for kind in ("wrong", "right"):
        shutil.move(variants.parent / kind, variants / f"{kind}-all")
    shutil.move(course / by_draw, variants)
    done = CliRunner().invoke(cli, ["validate", "patterns"])
    assert done.exit_code == 0, done.output
    assert "right variants 1/1, wrong variants killed 2/2" in done.output
