"""Run notebook cells with IPython's semantics, without a kernel (*sandbox*).

The zygote makes the shell once; a forked student process starts the capture and runs cells in it.
File descriptors 1 and 2 are memory files that are drained at every display and at the end of a cell:
no reader thread (so forking stays safe), no pipe that can block, and what C code or a subprocess
wrote is kept in order. Everything reported from here is the student's word.
"""

from __future__ import annotations

import ast
import contextlib
import ctypes
import fcntl
import inspect
import io
import os
import re
import sys
import warnings
from typing import Any

from IPython.core import displayhook, displaypub, history
from IPython.utils.text import SList

from autograder.sandbox.inside import known_cells

STREAM_BYTES = 256 << 10  # kept of one cell's stdout or stderr
DATA_BYTES = 2 << 20  # kept of one image
TEXT_BYTES = 1 << 20  # kept of one cell's texts together: a frame's tree holds two
IMAGE_BYTES = 24 << 20  # kept of one cell's images together
MIME_TYPES = (
    "text/plain",
    "image/png",
    "image/jpeg",
)  # the others are not stored: see notebook.clean_outputs
MAX_OUTPUTS = 200  # displays kept of one cell
TRACEBACK_CHARS = 20_000
OUTPUTS_KEPT = 1000  # in ``Out``, where they are kept at all: IPython's own number

_libc = ctypes.CDLL(None)
_BINDING = re.compile(r"^(?:async +def +|def +|class +)?([A-Za-z_]\w*) *(?:[(:]|=(?!=))", re.MULTILINE)


class Capture:
    """Collects the outputs of the running cell as nbformat dictionaries (images stay bytes).

    What goes to the descriptors 1 and 2 is taken by two memory files that the trusted side has made for this process:
    in here nobody can make one.
    """

    def __init__(self, stdout: int, stderr: int) -> None:
        self.outputs: list[dict[str, Any]] = []
        self.kept = {1: 0, 2: 0}
        self.dropped = 0
        for number, fd in ((1, stdout), (2, stderr)):
            fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND)
            os.dup2(fd, number)
            os.close(fd)
        self.streams = {1: Stream(1, self), 2: Stream(2, self)}
        sys.stdout, sys.stderr = self.streams[1], self.streams[2]

    def drain(self, numbers: tuple[int, ...] = (1, 2)) -> None:
        """Move what the memory files hold into the outputs."""
        _libc.fflush(None)
        for number in numbers:
            try:
                self.streams[number].flush()
                size = os.fstat(number).st_size
            except OSError:  # the notebook closed it: then there is no output
                continue
            if not size:
                continue
            room = max(0, STREAM_BYTES - self.kept[number])
            text = os.pread(number, min(size, room), 0).decode("utf-8", "replace")
            if self.kept[number] <= STREAM_BYTES < self.kept[number] + size:
                text += "\n… output cut here …\n"
            self.kept[number] += size
            os.ftruncate(number, 0)
            if text:
                self._stream("stdout" if number == 1 else "stderr", text)

    def _stream(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["text"] += text
        else:
            self.add({"output_type": "stream", "name": name, "text": text})

    def display(self, output_type: str, data: dict[str, Any], metadata: Any, **more: Any) -> None:
        """Add a rich output; a mime value over the cap is left out."""
        self.drain()
        self.add({"output_type": output_type, "data": storable(data), "metadata": {}, **more})

    def add(self, output: dict[str, Any]) -> None:
        """Add one output, up to the cap."""
        if len(self.outputs) < MAX_OUTPUTS:
            self.outputs.append(output)
        else:
            self.dropped += 1

    def take(self) -> list[dict[str, Any]]:
        """Return the outputs since the last call and start anew."""
        self.drain()
        found, self.outputs, self.kept = self.outputs, [], {1: 0, 2: 0}
        outputs, room = [], {str: TEXT_BYTES, bytes: IMAGE_BYTES}
        for output in found:
            size = _sizes(output)
            if all(size[kind] <= room[kind] for kind in room):
                room = {kind: room[kind] - size[kind] for kind in room}
                outputs.append(output)
            else:
                self.dropped += 1
        if self.dropped:
            text = f"… {self.dropped} more outputs cut here …\n"
            outputs.append({"output_type": "stream", "name": "stdout", "text": text})
            self.dropped = 0
        for output in outputs:
            output.pop("_display_id", None)
        return outputs


def storable(data: dict[str, Any]) -> dict[str, Any]:
    """Return the mime values of an output that are kept."""
    kept = {}
    for mime in MIME_TYPES:
        value = data.get(mime)
        if value is not None and not isinstance(value, (str, bytes)):
            value = repr(value)
        if value is not None and len(value) <= DATA_BYTES:
            kept[mime] = value
    return kept or {"text/plain": "(an output too large to keep)" if data else ""}


def _sizes(output: dict[str, Any]) -> dict[type, int]:
    values = [*output.values(), *output.get("data", {}).values(), *output.get("traceback", ())]
    return {
        str: sum(len(v.encode("utf-8", "replace")) for v in values if isinstance(v, str)),
        bytes: sum(len(v) for v in values if isinstance(v, bytes)),
    }


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr``: buffered by 4 KB, in order with the other stream, capped."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, number: int, capture: Capture) -> None:
        self._number, self._capture = number, capture
        self._pending: list[str] = []
        self._size = 0

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        other = self._capture.streams.get(3 - self._number)
        if other is not None and other._pending:  # the other stream wrote last: keep the order
            self._capture.drain((3 - self._number,))
        self._pending.append(text)
        self._size += len(text)
        if self._size > 4096:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if not self._pending:
            return
        data = "".join(self._pending).encode("utf-8", "replace")
        self._pending, self._size = [], 0
        if os.fstat(self._number).st_size + self._capture.kept[self._number] > 2 * STREAM_BYTES:
            return  # far over what is kept: printing without end costs nothing more
        os.write(self._number, data)

    def fileno(self) -> int:
        return self._number

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False


class _Publisher(displaypub.DisplayPublisher):
    capture: Capture

    def publish(self, data, metadata=None, *, transient=None, update=False, **_: Any) -> None:  # type: ignore[no-untyped-def]
        display_id = (transient or {}).get("display_id")
        if update:
            for output in self.shell.capture.outputs:
                if display_id and output.get("_display_id") == display_id:
                    output["data"] = storable(data)
            return
        self.shell.capture.display("display_data", data, metadata)
        if display_id and self.shell.capture.outputs:
            self.shell.capture.outputs[-1]["_display_id"] = display_id

    def clear_output(self, wait: bool = False) -> None:
        self.shell.capture.drain()
        self.shell.capture.outputs.clear()


class _DisplayHook(displayhook.DisplayHook):
    def write_output_prompt(self) -> None:
        pass

    def finish_displayhook(self) -> None:
        pass

    def write_format_data(self, format_dict, md_dict=None) -> None:  # type: ignore[no-untyped-def]
        count = self.shell.execution_count
        self.shell.capture.display("execute_result", format_dict, md_dict, execution_count=count)


class Shell(known_cells.KnownCells):
    """IPython without a terminal, history or kernel; outputs go to ``capture``."""

    capture: Capture

    def _showtraceback(self, etype, evalue, stb) -> None:  # type: ignore[no-untyped-def]
        try:
            text = str(evalue)[:2000]
        except Exception:  # noqa: BLE001  a student's __str__ may do anything
            text = ""
        lines = "\n".join(stb)[-TRACEBACK_CHARS:].split("\n")
        self.capture.drain()
        self.capture.add(
            {"output_type": "error", "ename": etype.__name__, "evalue": text, "traceback": lines}
        )

    def init_display_pub(self) -> None:
        self.display_pub = _Publisher(parent=self, shell=self)

    def init_displayhook(self) -> None:
        super().init_displayhook()
        self.displayhook = self.display_trap.hook = _DisplayHook(parent=self, shell=self, cache_size=0)

    def enable_gui(self, gui: Any = None) -> None:
        pass

    def ask_exit(self) -> None:
        raise SystemExit("exit() ends the cell here, not the notebook")

    def system(self, cmd: str) -> None:
        _refuse_command(f"!{cmd}")
        self.user_ns["_exit_code"] = 0

    system_raw = system_piped = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        _refuse_command(f"!{cmd}")
        return SList([]) if split else ""


def _refuse_command(command: str) -> None:
    known = "torch, numpy, scipy, scikit-learn, pandas, matplotlib, tqdm"
    print(  # noqa: T201  into the cell's stderr
        f"{command.strip()[:80]!r} does nothing here: the grader has no network and starts no programs. "
        f"The libraries are {known}; the rest of the cell runs.",
        file=sys.stderr,
    )


def keep_outputs(shell: Shell) -> None:
    """Keep what cells show in ``_`` and ``Out``, as a kernel does: another tool's tests may look at it."""
    shell.displayhook.cache_size, shell.displayhook.do_full_cache = OUTPUTS_KEPT, 1


def make_shell() -> Shell:
    """Make the shell, in the zygote: everything in it is shared by all student processes."""
    history.HistoryManager.enabled = False  # no sqlite thread: the zygote must stay single-threaded
    shell: Shell = Shell.instance()
    shell.display_formatter.active_types = list(shell.display_formatter.formatters)
    shell.register_magic_function(lambda line: _refuse_command(f"%pip {line}"), "line", "pip")
    for name in ("conda", "mamba", "micromamba", "uv"):
        shell.register_magic_function(lambda line, n=name: _refuse_command(f"%{n} {line}"), "line", name)
    for name in ("autosave", "tensorboard", "store"):  # of ipykernel and Colab; nothing to do here
        shell.register_magic_function(lambda line: None, "line", name)
    _find_classes_of_cells()
    shell.db = {}  # %cd remembers folders in it; the profile's own lies where only the zygote may look
    for name in ("bash", "sh", "shell", "script", "system", "sx", "!", "python", "python3", "perl", "ruby"):
        shell.register_magic_function(
            lambda line, cell="", n=name: _refuse_command(f"%%{n}"), "line_cell", name
        )
    return shell


def _find_classes_of_cells() -> None:
    """Let ``inspect.getsource`` find a class that a cell defined, as a notebook's kernel does."""
    getfile = inspect.getfile

    def file_of(item: Any) -> str:
        if inspect.isclass(item) and item.__module__ == "__main__":
            for member in vars(item).values():
                code = getattr(inspect.unwrap(member) if callable(member) else member, "__code__", None)
                if code is not None:
                    return str(code.co_filename)
        return getfile(item)

    inspect.getfile = file_of  # type: ignore[assignment]


def restore(
    shell: Shell, sources: list[str], names: list[str]
) -> tuple[dict[str, Any], frozenset[str], frozenset[str]]:
    """Bind names again to what released cells define, in a copy of the namespace.

    What the cells bind beside them (``import random``) is seen by those definitions only: a student who
    gave one of these names to something else keeps it. Returns that copy, the names that were bound again,
    and all that the cells bind in it.
    """
    namespace = dict(shell.user_ns)
    bound: set[str] = set()
    for source in sources:
        bound |= bound_names(source)
        with contextlib.suppress(Exception):  # then what the notebook has there must do
            exec(compile(shell.transform_cell(source), "<released>", "exec"), namespace)  # noqa: S102  a shell
    found = {name: namespace[name] for name in names if name in namespace}
    shell.user_ns.update(found)
    return namespace, frozenset(found), frozenset(bound)


_CELL_FILE = re.compile(r"<ipython-input-(\d{1,6})-")
_replaced: dict[str, Any] = {}  # what stand_in took out of the namespace
_ABSENT = object()


def stand_in(shell: Shell, source: str, names: list[str]) -> None:
    """Bind names to what a source of ours defines, so that the notebook's functions find it, until ``put_back``.

    The source brings its own imports and sees nothing of the notebook.
    """
    namespace: dict[str, Any] = {}
    exec(compile(source, "<stand-in>", "exec"), namespace)  # noqa: S102  a check's own text
    for name in names:
        _replaced.setdefault(name, shell.user_ns.get(name, _ABSENT))
        shell.user_ns[name] = namespace[name]


def put_back(shell: Shell) -> None:
    """Bind the names again that ``stand_in`` bound, to what the notebook has there."""
    while _replaced:
        name, value = _replaced.popitem()
        if value is _ABSENT:
            shell.user_ns.pop(name, None)
        else:
            shell.user_ns[name] = value


def run_cell(shell: Shell, source: str) -> dict[str, Any]:
    """Run one cell and report its outputs and, if it stopped, where.

    Returns
    -------
    dict with ``ok``, ``count``, ``outputs`` (nbformat), ``error`` (type name or ""), ``text``, ``line``
    (1-based line of the cell, 0 if unknown) and ``defines`` (names the cell would have bound).
    """
    result = shell.run_cell(source, store_history=True)
    outputs = shell.capture.take()
    error = result.error_before_exec or result.error_in_exec
    report: dict[str, Any] = {
        "ok": error is None,
        "count": max(0, shell.execution_count - 1),
        "outputs": outputs,
    }
    report["error"] = type(error).__name__ if error is not None else ""
    try:
        if isinstance(error, SyntaxError):  # its own text names a file that nobody has
            report["text"] = f"{error.msg} (line {error.lineno})"[:300]
        else:
            report["text"] = str(error)[:300] if error is not None else ""
    except Exception:  # noqa: BLE001
        report["text"] = ""
    report["line"] = line_in_cell(error) if error is not None else 0
    return report


def line_in_cell(error: BaseException) -> int:
    """Return the line of the student's code where the error came from; 0 if there is none."""
    if isinstance(error, SyntaxError):
        return error.lineno or 0
    line, trace = 0, error.__traceback__
    while trace is not None:
        if (
            "ipykernel" in trace.tb_frame.f_code.co_filename
            or "<ipython-input" in trace.tb_frame.f_code.co_filename
        ):
            line = trace.tb_lineno
        elif _is_beside(trace.tb_frame.f_code.co_filename):
            line = 0  # in a file of the student's: the line of the cell that runs it would mislead
        trace = trace.tb_next
    return line


def place_of(error: BaseException) -> tuple[int, int]:
    """Return (execution count, line) of the cell where an error came from, as ``line_in_cell`` finds the line."""
    count, trace = 0, error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        found = _CELL_FILE.match(name)
        if found:
            count = int(found[1])
        elif _is_beside(name):
            count = 0
        trace = trace.tb_next
    return count, line_in_cell(error)


def _is_beside(file_name: str) -> bool:
    """Tell whether code comes from a file in the notebook's folder."""
    try:
        return os.path.abspath(file_name).startswith(os.getcwd() + os.sep) and os.path.isfile(file_name)
    except OSError:
        return False


def names_beside(error: BaseException) -> list[str]:
    """Return the names that the student's code asks for where an error came from."""
    names: tuple[str, ...] = ()
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "ipykernel" in code.co_filename or "<ipython-input" in code.co_filename:
            names = code.co_names
        trace = trace.tb_next
    return list(names[:200])


def plain_source(source: str) -> str:
    """Return the cell as Python, magics transformed; used to find which names a cell binds."""
    return str(Shell.instance().transform_cell(source))


def bound_names(source: str) -> set[str]:
    """Return the names that a cell binds at its top level."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(plain_source(source))
        except (SyntaxError, ValueError, RecursionError):
            return set(_BINDING.findall(source))  # what it would have bound if it were Python
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            names.add(node.name)
        for child in ast.walk(node) if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) else ():
            if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                names.add(child.id)
            elif isinstance(child, ast.alias) and child.name != "*":
                names.add(child.asname or child.name.split(".")[0])
    return names
