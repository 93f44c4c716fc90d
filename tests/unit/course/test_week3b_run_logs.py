"""Run logs: what real loggers wrote is read as it was meant; what is cut off, forged or absurd becomes a sentence."""

from __future__ import annotations

import importlib.util
import json
import math
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import run_logs
from autograder.log_readers import wandb_records
from autograder.run_logs import Reading, read_trials

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[3]
LOGS = Path(__file__).parent / "week3b_logs"
WEEK3B = ROOT / "references" / "week3b-tuning"
CONFIG = ("num_filters", "kernel_size", "add_sigmoid", "learning_rate", "batch_size", "optimizer", "epochs")
METRICS = ("epoch", "train_loss", "val_loss", "val_r", "test_r")
VERSIONS = ("0.12.21", "0.16.6", "0.19.11", "0.31.0")


@pytest.fixture(scope="module")
def fixture() -> ModuleType:
    """Return the script that made the W&B files, for its framing and scrubbing."""
    spec = importlib.util.spec_from_file_location("wandb_fixture", WEEK3B / "wandb_fixture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(*files: tuple[str, bytes]) -> Reading:
    return read_trials(files, CONFIG, METRICS)


def only_problem(*files: tuple[str, bytes]) -> str:
    """Return the one sentence that reading gave."""
    (problem,) = read(*files).problems
    return problem


def log(*entries: object) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


RUN = ({"run": "run-01", "config": {"epochs": 1}}, {"epoch": 1, "val_r": 0.5}, {"summary": {"val_r": 0.5}})


# -- what real loggers wrote -----------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
def test_wandb_run_says_what_was_logged(version: str) -> None:
    """Files of four versions of W&B hold the same run as the log that was replayed into them."""
    (theirs,) = read(("x.wandb", (LOGS / f"wandb-{version}-short.wandb").read_bytes())).trials
    (ours,) = read(("x.jsonl", (LOGS / "short.jsonl").read_bytes())).trials
    assert theirs.config == ours.config
    assert theirs.config["add_sigmoid"] is False
    assert repr(theirs.summary) == repr({k: ours.summary[k] for k in theirs.summary})
    assert set(theirs.summary) == set(METRICS)
    assert [sorted(row.items()) for row in theirs.history[:1]] == [sorted(ours.history[0].items())]
    assert math.isnan(theirs.history[1]["val_loss"])
    assert theirs.finished
    assert (theirs.source, ours.source) == ("wandb", "jsonl")


@pytest.mark.parametrize("version", ["0.12.21", "0.31.0"])
def test_wandb_run_of_several_blocks_is_whole(version: str, fixture: ModuleType) -> None:
    """Records that go over the end of a block of 32 KiB are put together again."""
    content = (LOGS / f"wandb-{version}-long.wandb").read_bytes()
    assert len(content) > wandb_records.BLOCK
    reading = read(("x.wandb", content))
    assert reading.problems == ()
    (trial,) = reading.trials
    assert [row["epoch"] for row in trial.history] == list(range(1, 221))
    assert trial.summary["val_r"] == trial.history[-1]["val_r"]
    assert fixture.frame(fixture.unframe(content)) == content


def test_committed_wandb_runs_hold_nothing_personal(fixture: ModuleType) -> None:
    """The fixtures are scrubbed: scrubbing them again changes nothing, and no host or path is in them."""
    for path in LOGS.glob("*.wandb"):
        content = path.read_bytes()
        assert fixture.scrub(content) == content
        assert re.search(rb"/tmp|/home|[a-z]@[a-z]|python|host", content.lower()) is None


def test_scrubbing_drops_what_names_a_person(fixture: ModuleType) -> None:
    """Host, user, mail, path and remote of a run are gone; its configuration is as before."""
    item = fixture.field(1, fixture.field(1, b"epochs") + fixture.field(16, b"7"))
    run = b"".join(
        [
            fixture.field(1, b"abc"),
            fixture.field(2, b"ada"),
            fixture.field(4, item),
            fixture.field(13, b"adas-laptop"),
            fixture.field(21, fixture.field(1, b"git@host:ada/x.git")),
        ]
    )
    environment = fixture.field(26, fixture.field(6, b"ada@example.org"))
    content = fixture.frame([fixture.field(17, run), environment])
    scrubbed = fixture.scrub(content)
    assert b"ada" in content
    assert b"ada" not in scrubbed
    (trial,) = read(("x.wandb", scrubbed)).trials
    assert trial.config == {"epochs": 7}
    assert "ada" not in repr(read(("x.wandb", content)))


def test_jsonl_of_the_notebooks_logger_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the released ``RunLog`` writes is read back: configuration, rows, summary, with NaN."""
    notebook = json.loads((ROOT / "source" / "week3b-tuning" / "week3b-tuning.ipynb").read_text())
    (source,) = ["".join(c["source"]) for c in notebook["cells"] if c["id"] == "run-log"]
    logger = source.split("def read_runs")[0]
    assert len(logger.strip().split("\n")) <= 60
    namespace: dict[str, Any] = {}
    exec("import json, time\nfrom pathlib import Path\n" + source, namespace)
    monkeypatch.chdir(tmp_path)
    for number in (1, 2):
        run = namespace["RunLog"]({"optimizer": "SGD", "mail": "ada@example.org"}, 2)
        run({"epoch": 1, "val_r": 0.25, "val_loss": math.nan})
        run({"epoch": 2, "val_r": 0.5, "val_loss": 1.0})
        run.finish(test_r=0.4)
        assert run.path.name == f"run-{number:02d}.jsonl"
    (first, second) = read(*((p.name, p.read_bytes()) for p in sorted(tmp_path.rglob("*.jsonl")))).trials
    assert first.config == {"optimizer": "SGD", "epochs": 2}
    assert first.history[1] == {"epoch": 2.0, "val_r": 0.5, "val_loss": 1.0}
    assert math.isnan(first.history[0]["val_loss"])
    assert first.summary == {"epoch": 2.0, "val_r": 0.5, "val_loss": 1.0, "test_r": 0.4}
    assert second.finished
    assert [r["run"] for r in namespace["read_runs"]()] == ["run-01", "run-02"]


def test_released_wandb_reader_gives_what_the_grader_reads(tmp_path: Path) -> None:
    """``read_wandb`` of the notebook: settings, rows and summary, of runs in two calls, resumed, of several blocks."""
    notebook = json.loads((ROOT / "source" / "week3b-tuning" / "week3b-tuning.ipynb").read_text())
    (source,) = ["".join(c["source"]) for c in notebook["cells"] if c["id"] == "wandb-reader"]
    namespace: dict[str, Any] = {}
    exec("import json\nfrom pathlib import Path\n" + source, namespace)
    for kind in ("two-calls", "resumed", "summary-max"):
        folder = WEEK3B / "variants" / f"right-q5-wandb-{kind}"
        theirs = {run["run"]: run for run in namespace["read_wandb"](folder)}
        found = read(*((str(p), p.read_bytes()) for p in sorted(folder.rglob("*.wandb")))).trials
        assert len(theirs) == len(found) == 10
        for trial in found:
            run = next(r for r in theirs.values() if trial.config.items() <= r["config"].items())
            assert [row["val_r"] for row in run["history"]] == [
                r["val_r"] for r in trial.history if "val_r" in r
            ]
            assert [row["epoch"] for row in run["history"]] == list(range(1, 11))
    for path in LOGS.glob("*.wandb"):
        (tmp_path / f"run-{path.name}").write_bytes(path.read_bytes())
    assert len(namespace["read_wandb"](tmp_path)) == len(list(LOGS.glob("*.wandb")))
    cut = next(LOGS.glob("*long.wandb")).read_bytes()[:-30_000]
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / "run-1.wandb").write_bytes(cut)
    assert namespace["read_wandb"](tmp_path / "cut") == []


def test_several_runs_in_one_file_are_several() -> None:
    """A file that holds one log after another, as an appending logger leaves it."""
    trials = read(("all.jsonl", log(*RUN, RUN[0], RUN[1], *RUN))).trials
    assert [t.finished for t in trials] == [True, False, True]
    assert trials[2].place == "all.jsonl, line 6"


TABLE = (
    b'"Name","State","User","Created","epochs","optimizer","add_sigmoid","learning_rate","val_r"\n'
    b'"lively-sea-3","finished","ada","2026-04-01T10:00:00.000Z","2","SGD","true","0.1","0.5"\n'
    b'"calm-owl-4","crashed","ada","2026-04-01T10:00:00.000Z","2","Adam","false","0.05",""\n'
)
CHART = (
    b'"Step","lively-sea-3 - val_r","lively-sea-3 - val_r__MIN","lively-sea-3 - val_r__MAX","calm-owl-4 - val_r"\n'
    b'"0","0.25","0.25","0.25","0.125"\n"1","0.5","0.5","0.5",""\n'
)


def test_csv_exports_are_joined_by_the_runs_names() -> None:
    """The table of runs gives configurations and summaries, a chart the histories; names and users go no further."""
    reading = read(("charts/r.csv", CHART), ("wandb_export.csv", TABLE))
    assert reading.problems == ()
    finished, crashed = reading.trials
    assert finished.config == {"epochs": 2, "optimizer": "SGD", "add_sigmoid": True, "learning_rate": 0.1}
    assert finished.history == ({"val_r": 0.25}, {"val_r": 0.5})
    assert finished.summary == {"val_r": 0.5}
    assert crashed.history == ({"val_r": 0.125},)
    assert (finished.finished, crashed.finished) == (True, False)
    assert "ada" not in repr(reading)
    assert "lively" not in repr(reading)


def test_csv_chart_over_epochs_has_epochs() -> None:
    """Where the x axis is the epoch, it is part of the history."""
    chart = b"epoch,lively-sea-3 - val_r\n1,0.25\n2,0.5\n"
    trial = read(("a.csv", chart), ("b.csv", TABLE)).trials[0]
    assert trial.history == ({"val_r": 0.25, "epoch": 1.0}, {"val_r": 0.5, "epoch": 2.0})


# -- what other tools and people's own loops write ----------------------------------------------------

WANTED = {"epochs": 2, "optimizer": "SGD", "add_sigmoid": True}
ROWS = ({"epoch": 1.0, "val_r": 0.25}, {"epoch": 2.0, "val_r": 0.5})


@pytest.mark.parametrize(
    "files",
    [
        {"t.csv": "epochs;optimizer;add_sigmoid;epoch;val_r\n2;SGD;True;1;0,25\n2;SGD;True;2;0,5\n"},
        {"t.csv": "sep=;\nepochs;optimizer;add_sigmoid;epoch;val_r\n2;SGD;True;1;0,25\n2;SGD;True;2;0,5\n"},
        {"t.tsv": "epochs\toptimizer\tadd_sigmoid\tepoch\tval_r\n2\tSGD\tTrue\t1\t0.25\n2\tSGD\tTrue\t2\t0.5\n"},
        {"t.csv": ",config/epochs,config/optimizer,config/add_sigmoid,training_iteration,val_r\n0,2,SGD,True,1,0.25\n1,2,SGD,True,2,0.5\n"},
        {
            "a.csv": "Name,State,config.epochs,config.optimizer,config.add_sigmoid,val_r\nx,finished,2,SGD,true,0.5\n",
            "b.csv": "epoch,x - val_r\n1,0.25\n2,0.5\n",
        },
        {
            "a.csv": "name,epochs,optimizer,add_sigmoid\nrun-1,2,SGD,True\n",
            "run-1.csv": "epoch,val_r\n1,0.25\n2,0.5\n",
        },
        {
            "a.csv": ",summary,config,name\n0,\"{'val_r': 0.5, 'x': nan}\",\"{'epochs': 2, 'optimizer': 'SGD', 'add_sigmoid': True}\",x\n",
            "b.csv": "epoch,x - val_r\n1,0.25\n2,0.5\n",
        },
        {
            "trials.csv": "number,value,params_epochs,params_optimizer,params_add_sigmoid,user_attrs_history,state\n"
            "0,0.5,2,SGD,True,\"[{'epoch': 1, 'val_r': 0.25}, {'epoch': 2, 'val_r': 0.5}]\",COMPLETE\n"
        },
        {"r.jsonl": json.dumps({**WANTED, "history": ROWS, "val_r": 0.5})},
        {"r.json": log({"config": WANTED}, *ROWS, {"summary": {"val_r": 0.5}}).decode()},
        {"r.json": json.dumps([{"number": 0, "params": WANTED, "value": 0.5, "intermediate_values": {"1": 0.5, "0": 0.25}, "state": "COMPLETE"}])},
        {"r.json": json.dumps([{"config": WANTED, "history": ROWS, "summary": {"val_r": 0.5}}], indent=2)},
        {"r.json": json.dumps({"run-1": {"params": WANTED, "history": {"epoch": [1, 2], "val_r": [0.25, 0.5]}}})},
        {"r.json": json.dumps({"trials": [{**WANTED, "rows": ROWS}]})},
        {"r.jsonl": "\n".join(json.dumps({**WANTED, **row}) for row in ROWS)},
        {"r.json": json.dumps({k: {"0": v} for k, v in {**WANTED, "history": list(ROWS)}.items()})},
        {
            "a/params.json": json.dumps(WANTED),
            "a/result.json": "\n".join(json.dumps({"val_r": r["val_r"], "training_iteration": r["epoch"], "trial_id": "x"}) for r in ROWS),
            "a/experiment_state-1.json": "{}",
        },
        {"a/result.json": "\n".join(json.dumps({"val_r": r["val_r"], "training_iteration": r["epoch"], "config": WANTED}) for r in ROWS)},
    ],
)  # fmt: skip
def test_one_run_as_tools_write_it(files: dict[str, str]) -> None:
    """The same run in many forms: its settings, its two epochs, an end."""
    reading = read_trials([(n, t.encode()) for n, t in files.items()], CONFIG, METRICS, objective="val_r")
    assert reading.problems == ()
    (trial,) = reading.trials
    assert trial.config == WANTED
    assert [row["val_r"] for row in trial.history] == [0.25, 0.5]
    assert trial.finished


@pytest.mark.parametrize(
    ("name", "text", "finished"),
    [
        ("t.csv", "number,value,params_epochs,params_optimizer,state\n0,0.5,2,SGD,PRUNED\n", False),
        (
            "t.csv",
            "number,value,params_epochs,params_optimizer,state\n0,0.5,2,SGD,TrialState.COMPLETE\n",
            True,
        ),
        ("t.json", json.dumps({"config": WANTED, "history": ROWS, "summary": {}}), False),
        ("t.json", json.dumps({"config": WANTED, "history": ROWS, "status": "crashed"}), False),
        ("t.json", json.dumps({"config": WANTED, "val_r": 0.5}), True),
    ],
)
def test_a_state_says_whether_a_run_finished(name: str, text: str, finished: bool) -> None:
    """Pruned, failed and crashed runs are not finished; a format that notes no end is taken at its word."""
    (trial,) = read_trials([(name, text.encode())], CONFIG, METRICS, objective="val_r").trials
    assert trial.finished is finished


def test_rows_without_an_epoch_get_none() -> None:
    """A history that does not say which epoch a row is of keeps its rows as they are."""
    entry = {"config": WANTED, "history": [{"val_r": 0.25}, {"val_r": 0.5}]}
    assert read(("t.json", json.dumps(entry).encode())).trials[0].history == ({"val_r": 0.25}, {"val_r": 0.5})


def test_a_history_without_settings_is_named() -> None:
    """Ray's results without their parameters are no run, and the sentence says which file is missing."""
    rows = "\n".join(json.dumps({"val_r": 0.5, "training_iteration": n}) for n in (1, 2))
    assert only_problem(("a/result.json", rows.encode())).startswith(
        "result.json: a history without the run's settings; hand in the file that has them, too"
    )


def test_files_of_one_name_are_told_apart() -> None:
    """Ten result.json are not one."""
    reading = read(("a/r.json", b"{}"), ("b/r.json", b"[1]"))
    assert [p.split(":")[0] for p in reading.problems] == ["r.json (no. 1)", "r.json (no. 2)"]


def wandb_run(fixture: ModuleType, run: str, epochs: range, *, code: bytes = b"", **summary: Any) -> bytes:
    """Return a W&B file with these epochs; val_r is a tenth of the epoch."""

    def items(values: dict[str, Any]) -> bytes:
        return b"".join(
            fixture.field(1, fixture.field(2, k.encode()) + fixture.field(16, json.dumps(v).encode()))
            for k, v in values.items()
        )

    records = [fixture.field(17, fixture.field(1, run.encode()) + fixture.field(4, items({"epochs": 6})))]
    records += [fixture.field(2, items({"epoch": e, "val_r": e / 10})) for e in epochs]
    records += [fixture.field(3, items(summary or {"val_r": epochs[-1] / 10})), fixture.field(18, code)]
    return bytes(fixture.frame(records))


def test_a_resumed_wandb_run_is_one_run(fixture: ModuleType) -> None:
    """Two files of one id are one run; an epoch that was run again counts once."""
    first, second = (
        wandb_run(fixture, "a", range(1, 5), code=b"\x08\x01"),
        wandb_run(fixture, "a", range(4, 7)),
    )
    for order in ((first, second), (second, first)):
        reading = read(*((f"{n}/run-a.wandb", content) for n, content in enumerate(order)))
        (trial,) = reading.trials
        assert [row["epoch"] for row in trial.history] == [1, 2, 3, 4, 5, 6]
        assert (trial.finished, trial.summary["val_r"]) == (True, 0.6)


def test_a_wandb_run_that_was_begun_again_is_another_run(fixture: ModuleType) -> None:
    """A second file of one id that begins at the first epoch goes on with nothing."""
    content = wandb_run(fixture, "a", range(1, 4))
    assert (
        len(read(("1/run-a.wandb", content), ("2/run-a.wandb", wandb_run(fixture, "a", range(1, 7)))).trials)
        == 2
    )


def test_a_wandb_summary_may_hold_an_extreme(fixture: ModuleType) -> None:
    """What define_metric(summary="max") leaves is no last value, and no missing one."""
    (trial,) = read(("x.wandb", wandb_run(fixture, "a", range(1, 7), val_r={"max": 0.6}))).trials
    assert trial.summary == {}
    assert trial.extremes == {"val_r": {"max": 0.6}}


def test_side_files_of_tools_are_no_logs() -> None:
    """W&B's and Ray's own notes are passed over in silence."""
    for name in (
        "wandb-summary.json",
        "files/wandb-metadata.json",
        "experiment_state-2026.json",
        "._run.jsonl",
    ):
        assert not run_logs.is_run_log(name)


# -- what is wrong with a file -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "x.jsonl: it holds no run"),
        (b"\xff\xfe{\x00", "x.jsonl: byte 0 is not UTF-8 text"),
        (log({"epoch": 1}), "x.jsonl, line 1: it belongs to no run; a run begins with its configuration; the file is read up to here"),
        (log(*RUN, [1]), "x.jsonl, line 4: not an object in braces; the file is read up to here"),
        (log(RUN[0], {"loss": 1}), "x.jsonl, line 2: neither a configuration, nor an epoch, nor a summary; the file is read up to here"),
        (log(*RUN[:2])[:-6], "x.jsonl, line 2: it is cut off"),
        (log(RUN[0]) + b'{"epoch": 1, "val_r": 1, "val_r": 2}\n', "x.jsonl, line 2: a name stands twice in one object; the file is read up to here"),
        (log(RUN[0]) + b"[" * 60_000 + b"\n", "x.jsonl, line 2: not JSON; the file is read up to here"),
        (log(RUN[0]) + b'{"epoch": ' + b"9" * 5000 + b"}\n", "x.jsonl, line 2: not JSON; the file is read up to here"),
        (log(RUN[0]) + b'"' + b"x" * 1_100_000 + b'"\n', "x.jsonl, line 2: 1,100,002 characters, at most 1,048,576 are read; the file is read up to here"),
        (log(RUN[0]) + b"\n" * 1_000_000, "x.jsonl: 1,000,002 lines, at most 100,000 are read"),
        (b" " * (5 << 20), "x.jsonl: it has 5.0 MB; at most 4 MB of a file and 16 MB of all logs are read"),
        (b"PK\x03\x04" + bytes(50), "x.jsonl, line 1: it is cut off"),
    ],
)  # fmt: skip
def test_odd_jsonl_is_named(content: bytes, sentence: str) -> None:
    """Every way in which a log can be broken has a sentence with the file and the line."""
    assert only_problem(("some/folder/x.jsonl", content)) == sentence


def test_runs_before_a_broken_line_are_kept() -> None:
    """A log that is cut off says what it says; the run is then not finished."""
    whole, cut = read(("x.jsonl", log(*RUN, RUN[0], RUN[1]) + b'{"summ')).trials
    assert (whole.finished, cut.finished) == (True, False)
    assert len(cut.history) == 1


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1e999", math.nan),
        ("NaN", math.nan),
        ("-Infinity", math.nan),
        ("null", math.nan),
        ('"NaN"', math.nan),
        ("1" + "0" * 400, math.nan),
        ("0.5", 0.5),
        ("3", 3.0),
        ("true", None),
        ('"0.5"', 0.5),
        ('"half"', None),
        ("[1]", None),
        ("{}", None),
    ],
)
def test_numbers_are_finite_or_nan(value: str, number: float | None) -> None:
    """What stands for no number is NaN; what is another kind of thing is left out."""
    content = log(RUN[0]) + b'{"epoch": 1, "val_r": ' + value.encode() + b"}\n"
    (trial,) = read(("x.jsonl", content)).trials
    found = trial.history[0].get("val_r")
    assert repr(found) == repr(number)


@pytest.mark.parametrize("value", [None, [], {}, math.nan, 1e300, "x" * 41])
def test_a_setting_is_a_short_plain_value(value: object) -> None:
    """Nothing else of a configuration is taken over."""
    (trial,) = read(("x.jsonl", log({"config": {"optimizer": value, "epochs": 2, "host": "h"}}))).trials
    assert trial.config == {"epochs": 2}


def broken_wandb(fixture: ModuleType) -> dict[str, tuple[bytes, str]]:
    item = fixture.field(1, fixture.field(1, b"epoch") + fixture.field(16, b"1"))
    row = fixture.field(2, item)
    whole = fixture.frame([row, row])
    head = len(fixture.MAGIC)
    one = (len(whole) - head) // 2
    flipped = bytearray(whole)
    flipped[-1] ^= 1

    def with_kind(kind: int, data: bytes = row) -> bytes:
        checksum = zlib.crc32(data, zlib.crc32(bytes([kind])))
        return fixture.MAGIC + fixture.HEAD.pack(checksum, len(data), kind) + data

    end = "; the run is read up to here"
    bad_json = fixture.field(2, fixture.field(1, fixture.field(1, b"epoch") + fixture.field(16, b"{")))
    bad_text = fixture.field(2, fixture.field(1, fixture.field(1, b"\xff") + fixture.field(16, b"1")))
    many = fixture.MAGIC + with_kind(2, b"")[head:] + with_kind(3, b"")[head:] * 4000
    return {
        "no header": (b"LevelDB", "x.wandb: it does not begin as a W&B run does"),
        "cut head": (whole + b"\0\0", f"x.wandb, record 3: it is cut off{end}"),
        "cut data": (whole[:-3], f"x.wandb, record 2: it is cut off{end}"),
        "bad checksum": (bytes(flipped), f"x.wandb, record 2: its checksum is wrong{end}"),
        "huge length": (
            whole[: head + one] + fixture.HEAD.pack(0, 65535, 1) + bytes(50),
            f"x.wandb, record 2: no length and type of a record{end}",
        ),
        "unknown type": (with_kind(9), f"x.wandb, record 1: no length and type of a record{end}"),
        "zeros": (fixture.MAGIC + bytes(500), f"x.wandb, record 1: no length and type of a record{end}"),
        "middle first": (with_kind(3), f"x.wandb, record 1: its parts are out of order{end}"),
        "first, no last": (many, f"x.wandb, record 1: it is cut off{end}"),
        "bad protobuf": (fixture.frame([b"\x12\xff\xff\xff\xff\x0fx"]), f"x.wandb, record 1: a field longer than its record{end}"),
        "endless number": (fixture.frame([b"\xff" * 20]), f"x.wandb, record 1: a number without an end{end}"),
        "group": (fixture.frame([b"\x13\x14"]), f"x.wandb, record 1: a field of an unknown kind{end}"),
        "value no JSON": (fixture.frame([bad_json]), f"x.wandb, record 1: not JSON{end}"),
        "key no text": (fixture.frame([bad_text]), f"x.wandb, record 1: a text that is not UTF-8{end}"),
    }  # fmt: skip


def test_odd_wandb_is_named(fixture: ModuleType) -> None:
    """Every way in which a .wandb can be broken has a sentence with the file and the record."""
    for name, (content, sentence) in broken_wandb(fixture).items():
        assert only_problem(("a/x.wandb", content)) == sentence, name
        assert not any(t.finished for t in read(("a/x.wandb", content)).trials), name


def test_too_many_pieces_of_a_wandb_are_refused(fixture: ModuleType) -> None:
    """A file of empty records costs no more than its cap."""
    content = fixture.frame([b""] * 100_001)
    assert only_problem(("x.wandb", content)) == (
        "x.wandb, record 100001: more than 100,000 pieces; the run is read up to here"
    )


def test_crashed_wandb_run_is_not_finished(fixture: ModuleType) -> None:
    """An exit code other than 0, or no exit at all, is no end."""
    for code, finished in ((b"", True), (b"\x08\x00", True), (b"\x08\x01", False)):
        content = fixture.frame([fixture.field(17, b""), fixture.field(18, code)])
        assert read(("x.wandb", content)).trials[0].finished is finished
    assert not read(("x.wandb", fixture.frame([fixture.field(17, b"")]))).trials[0].finished


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "x.csv: it is empty"),
        (b"a,b\n1,2\n", "x.csv: neither W&B's table of runs (it has a column Name) nor a chart (columns 'run - metric')"),
        (b"Name,State\nx\n", "x.csv: row 2 has 1 cells, the header has 2"),
        (b"Name,Name\nx,y\n", "x.csv: two columns have the same name"),
        (b'Name,State\n"x,y\n', "x.csv: line 2: unexpected end of data"),
        (b"Name\n" + b"x" * 200_000, "x.csv: line 2: field larger than field limit (131072)"),
        (b"Step,a - val_r\nzero,1\n", "x.csv, row 2: its first cell is no number; the chart is read up to here"),
        (b"Step,a - val_r\n1,1\n", "1 run(s) of the charts stand in no table of runs"),
    ],
)  # fmt: skip
def test_odd_csv_is_named(content: bytes, sentence: str) -> None:
    """Every way in which an export can be broken has a sentence with the file and the row."""
    assert only_problem(("x.csv", content)) == sentence


def test_two_runs_of_one_name_are_told_apart_by_their_ends() -> None:
    """A chart's two columns of one name belong to the rows whose val_r they end with."""
    table = b"Name,epochs,val_r\na,2,0.75\na,2,0.5\n"
    chart = b"Step,a - val_r,a - val_r__MIN,a - val_r\n0,0.25,0.25,0.125\n1,0.5,0.5,0.75\n"
    reading = read(("x.csv", table), ("y.csv", chart))
    assert reading.problems == ()
    assert [t.history[0]["val_r"] for t in reading.trials] == [0.125, 0.25]


def test_two_runs_of_one_name_without_an_end_have_no_history() -> None:
    """A chart's column that could be either's is nobody's, and the sentence says what to do."""
    reading = read(("x.csv", b"Name,epochs\na,1\na,2\n"), ("y.csv", b"Step,a - val_r\n0,0.5\n"))
    assert [t.history for t in reading.trials] == [(), ()]
    assert reading.problems[0] == (
        "x.csv, row 2: another run of the table has the same name, and which chart is its own cannot be told; "
        "give the runs names of their own in W&B, or hand in their .wandb files"
    )


def test_other_files_are_passed_over() -> None:
    """A notebook, weights or an archive are no logs."""
    assert read(("model_weights.pt", b"x"), ("a.zip", b"PK"), ("notes.txt", b"")) == Reading((), ())


def test_all_logs_together_are_capped() -> None:
    """Files that each are small enough are not read without end, and sentences are not given without end."""
    reading = read(*((f"{n}.jsonl", b" " * (3 << 20)) for n in range(9)))
    assert sum("of all logs are read" in p for p in reading.problems) == 4
    reading = read(*((f"{n}.jsonl", b"?\n") for n in range(200)))
    assert len(reading.problems) == run_logs.MAX_PROBLEMS + 1
    assert reading.problems[-1] == "… and 150 more"


def test_too_many_runs_are_cut_off() -> None:
    """More runs than anybody made by hand."""
    reading = read(("x.jsonl", log(*[RUN[0]] * 1200)))
    assert len(reading.trials) == run_logs.MAX_TRIALS
    assert reading.problems == ("1200 runs were handed in; the first 1000 are read",)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_bytes_are_read_without_an_exception(data: st.DataObject) -> None:
    """Bytes of any kind, and real files with bytes changed, give a reading."""
    names = sorted(p.name for p in LOGS.iterdir() if "long" not in p.name)
    content = bytearray((LOGS / data.draw(st.sampled_from(names))).read_bytes())
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)))):
        content[place] = byte
    content[data.draw(st.integers(0, len(content))) :] = data.draw(st.binary(max_size=60))
    for suffix in run_logs.SUFFIXES:
        assert isinstance(read((f"x{suffix}", bytes(content))), Reading)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_records_are_read_without_an_exception(records: list[bytes]) -> None:
    """Records with right checksums hold anything."""
    spec = importlib.util.spec_from_file_location("wandb_fixture", WEEK3B / "wandb_fixture.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    content = module.frame([module.field(n, r) for n in (2, 3, 5, 17, 18) for r in records])
    assert isinstance(read(("x.wandb", content)), Reading)
