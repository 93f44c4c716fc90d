"""The only program on the other side of the boundary (*sandbox*).

``zygote`` imports torch and its friends once and forks a process per hand-in; ``serve`` runs the cells
in that process and then answers what checks ask: get, call, attr and a closed set of torch operations.
The zygote never holds a secret at any time: it is exec'ed with a clean environment, is told nothing but
user ids and limits, and a forked child inherits nothing else. Verdicts are never formed here.

Before READY every failure is the grader's; after the student's first statement, the student's.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import builtins
import collections
import contextlib
import ctypes
import fcntl
import gc
import io
import itertools
import json
import mmap
import os
import signal
import socket
import sys
import tempfile
import threading
from typing import Any

import numpy as np
import torch
from torch import nn

from autograder.layers import Recorder
from autograder.sandbox import channel, confine, policy, proc, wire
from autograder.sandbox.inside import (
    cells,
    foreign,
    foreign_cells,
    handed_weights,
    lazy_dynamo,
    moments,
    operations,
    otter_stand_in,
    pools,
    rehearsal,
    scripts,
    stand_ins,
)

FRAME_FDS = 4  # a socket, an arena, and the files that take what the process prints
# Handlers for these raise in honest notebooks: torch's for a DataLoader's worker that was killed, a time-out's.
RAISING = tuple(map(int, (signal.SIGCHLD, signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF)))
LOADER_WORKERS = 4
WATCHED = ("call", "observe", "calls", "forward", "backward")  # operations whose networks' layers are noted
_Loader = torch.utils.data.DataLoader
_gomp: Any = None


def _end_thread_pool() -> None:
    if _gomp is not None:
        _gomp.omp_pause_resource_all(2)


def _load_gomp() -> Any:
    """Find torch's OpenMP runtime, to end its pool before a fork (else the child's first parallel op hangs)."""
    with open("/proc/self/maps") as maps:
        paths = [line.split()[-1] for line in maps if "libgomp" in line]
    return ctypes.CDLL(paths[0]) if paths else None


def warm(shell: cells.Shell, *, figures: bool) -> None:
    """Pay lazy imports once: an optimizer step, a data loader and, for a class, a figure."""
    import torch.utils.data as data

    model = nn.Sequential(nn.Linear(2, 2))
    for optimizer in (torch.optim.SGD, torch.optim.Adam):
        step = optimizer(model.parameters(), lr=0.1)
        step.zero_grad()
        nn.functional.mse_loss(model(torch.ones(1, 2)), torch.zeros(1, 2)).backward()
        step.step()
    list(data.DataLoader(data.TensorDataset(torch.ones(2, 1)), batch_size=2))
    shell.run_cell("None", store_history=False)
    if figures:
        try:  # the first traceback imports a highlighter: longer than an interrupted cell may take to answer
            exec(compile("1 / 0", "<ipython-input-0-warm>", "exec"))  # noqa: S102  our own text
        except ZeroDivisionError:
            shell.InteractiveTB.structured_traceback(*sys.exc_info())
        import matplotlib.pyplot as plt

        figure = plt.figure()
        plt.plot([1, 2])
        figure.savefig(io.BytesIO(), format="png")
        plt.close("all")


def _prepare_notebook_world() -> None:
    """Make the small differences between Colab and here harmless."""
    stand_ins.install()
    stand_ins.answer_for_proc()
    stand_ins.track_no_resources()
    pools.install()

    def no_input(prompt: object = "") -> str:
        raise EOFError("input() was called, but nobody is here to answer")

    builtins.input = no_input
    # One thread is all there is, whatever is asked for (OMP_THREAD_LIMIT), and MKL, told of more, waits for them
    # for ever. Two processors are what Colab has; as many workers as a grading server's would be too many.
    torch.set_num_threads = torch.set_num_interop_threads = lambda _count: None
    os.cpu_count = lambda: 2
    try:
        import tqdm

        tqdm.tqdm.monitor_interval = 0  # no thread: threads do not survive a fork
    except ImportError:
        pass


def zygote(control_fd: int, options: dict[str, Any]) -> None:
    """Import, warm up, then fork one child per request on the control socket until it closes."""
    global _gomp
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # whatever our caller blocks: pools end workers by SIGTERM
    torch.set_num_threads(1)  # before the first op: an OpenMP team in the zygote would hang every child
    _gomp = _load_gomp()
    scripts.before_fork.append(_end_thread_pool)
    lazy_dynamo.install()
    shell = cells.make_shell()
    import matplotlib.pyplot as plt  # noqa: F401

    for name in options.get("preload", ()):
        with contextlib.suppress(Exception):  # it only saves time
            __import__(name)
    shell.enable_matplotlib("inline")
    _prepare_notebook_world()
    warm(shell, figures=bool(options.get("warm_figures")))
    if options.get("foreign"):
        foreign_cells.remember()
        cells.keep_outputs(shell)
    for source in options.get("first_cells", ()):
        with contextlib.suppress(Exception):  # it only saves time
            shell.know(source, 1)
    confine.preload()
    if options.get("warm_figures"):  # for a class: one hand-in alone would wait for more than it saves
        moments.remember_start()
        rehearsal.rehearse(shell, lambda channel: Server(channel, shell))
    moments.remember_start()
    control = socket.socket(fileno=control_fd)
    gc.freeze()  # what is there now is never collected, so never written to, so stays shared
    gc.enable()
    tasks = len(os.listdir("/proc/self/task"))
    if tasks != 1:
        raise RuntimeError(f"the zygote has {tasks} threads; forking it would not be safe")
    roots: set[int] = set()  # forked here and not collected yet
    control.send(b'{"ready": true}')
    while True:
        data, fds, _, _ = socket.recv_fds(control, 1 << 16, FRAME_FDS + 1)
        if not data:  # the supervisor has ended, however: nobody else would end these
            for pid in roots:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            os._exit(0)
        request = json.loads(data)
        if request["op"] == "status":
            control.send(json.dumps({"status": _status(request["pid"], roots)}).encode())
            continue
        pid = os.fork()
        if pid == 0:
            try:
                control.close()
                _enter_child(request, fds, shell)
            finally:
                os._exit(70)
        roots.add(pid)
        for fd in fds:
            os.close(fd)
        control.send(json.dumps({"pid": pid}).encode())


def _status(pid: int, roots: set[int]) -> int | None:
    """Return how a child ended (negative: signal), None while it runs; collects the orphans that ended, too."""
    proc.bury(keep=roots)
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0
    if not done:
        return None
    roots.discard(pid)
    return os.waitstatus_to_exitcode(status)


def _enter_child(request: dict[str, Any], fds: list[int], shell: cells.Shell) -> None:
    os.setsid()
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    fds = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100 + i) for i, fd in enumerate(fds)]
    os.closerange(3, fds[0])
    os.closerange(fds[-1] + 1, 4096)
    for key, value in request["environment"].items():
        os.environ[key] = value
    tempfile.tempdir = None  # the zygote's own, if something asked for it there, is closed to the student
    rules = policy.Policy(**{**request["policy"], **_as_tuples(request["policy"])})
    layers = confine.enter(rules)
    stand_ins.limit_workers(_Loader, LOADER_WORKERS if policy.allows_connect(rules) else 0)
    handed_weights.remember_folders(request["handed_in"], request["instead"], request["too_large"])
    sys.path.append(os.getcwd())  # last: a helper.py beside the notebook is found, a random.py hides nothing
    shell.user_ns["__name__"] = "__main__"
    shell.capture = cells.Capture(*fds[2:])
    server = Server(_open_channel(*fds[:2]), shell)
    operations.seed_all(request["seed"])
    server.reply(0, {"layers": layers})
    server.serve()


def _as_tuples(values: dict[str, Any]) -> dict[str, Any]:
    tuples: dict[str, Any] = {"readable": tuple(values["readable"])}
    return tuples | {"disabled": frozenset(values.get("disabled", ()))}


def _open_channel(socket_fd: int, arena_fd: int) -> channel.Channel:
    arena = mmap.mmap(arena_fd, os.fstat(arena_fd).st_size)
    os.close(arena_fd)
    return channel.Channel(socket.socket(fileno=socket_fd), arena, accepts_fds=True)


class Server:
    """Answers requests ``[number, operation, arguments, released handles]`` with ``[number, ok, value, CPU s]``."""

    def __init__(self, channel: channel.Channel, shell: cells.Shell) -> None:
        self.channel, self.shell = channel, shell
        self.handles: dict[int, Any] = {}
        self.numbers = itertools.count(1)
        self.children: list[int] = []
        self.busy = False
        self.number = 0  # of the request that is answered next
        self.foreign = foreign.Foreign(shell.user_ns, self.ask_back)
        self.handlers: dict[int, Any] = {}  # of the notebook, while nothing of it runs
        self.moments = moments.Moments(shell.user_ns)
        self.beside_error: list[
            str
        ] = []  # names that the student's code asks for where the last error came from
        self.cell_numbers: dict[int, int] = {}  # execution count -> the cell's number in the notebook
        self.place = (0, 0)  # cell and line where the last error came from
        self.layers = Recorder()
        signal.signal(signal.SIGINT, self._interrupt)

    def _interrupt(self, *_: Any) -> None:
        if self.busy:
            raise KeyboardInterrupt("stopped by the grader: time limit")

    def serve(self) -> None:
        """Answer until the other side closes; never returns."""
        while True:
            self.answer_next()

    def answer_next(self) -> None:
        """Answer one request."""
        try:
            tree, buffers = self.channel.receive()
        except Exception:  # noqa: BLE001  the grader has closed: nothing is left to do
            os._exit(0)
        fds, self.channel.received_fds = self.channel.received_fds, []
        number, name, arguments, released = wire.decode(tree, buffers, self._array, self._handle)
        for handle in released:
            self.handles.pop(handle, None)
        if name == "fork":
            self._fork(number, fds)
        else:
            self._reply_to(number, name, arguments)

    def _reply_to(self, number: int, name: str, arguments: list[Any]) -> None:
        self.number = number
        frame = self._answer(name, arguments)
        try:
            self.channel.send(frame)
        except Exception:  # noqa: BLE001
            os._exit(0)

    def ask_back(self, question: Any) -> Any:
        """Answer the request under way with a question, serve others meanwhile, and return what it is resumed with."""
        self.channel.send(
            wire.encode([self.number, True, {"callback": question}, _cpu_s()], None, self.channel.arena)
        )
        while True:
            try:
                tree, buffers = self.channel.receive()
            except Exception:  # noqa: BLE001  the grader has closed
                os._exit(0)
            number, name, arguments, _ = wire.decode(tree, buffers, self._array, self._handle)
            if name == "foreign" and arguments[0][0] == "resume":
                self.number = number
                return arguments[0]
            self._reply_to(number, name, arguments)
            self._give_handlers_back()
            self.busy = True

    def _answer(self, name: str, arguments: list[Any]) -> list[Any]:
        try:
            try:
                self._give_handlers_back()
                self.busy = True
                value = self.perform(name, arguments)
                self.busy = False
                return wire.encode([self.number, True, value, _cpu_s()], self._leaf, self.channel.arena)
            finally:
                self.busy = False
                self._take_handlers()
        except BaseException as error:  # noqa: BLE001  students raise SystemExit, KeyboardInterrupt, anything
            self.beside_error = cells.names_beside(error)
            count, line = cells.place_of(error)
            self.place = (self.cell_numbers.get(count, 0), line)
            return wire.encode([self.number, False, _describe_error(error), _cpu_s()])

    def _take_handlers(self) -> None:
        """Keep the notebook's signal handlers from running between two answers.

        What they raise there would end us: a kept iterator of a DataLoader, whose workers the supervisor
        kills before each question, would cost every point. Blocking is not enough: another thread gets the signal.
        """
        for number in RAISING:
            handler = _signal.getsignal(number)  # ``signal``'s own makes members of enumerations, each time
            if handler is not _signal.SIG_DFL:
                self.handlers[number] = handler
                # Ignored children would be collected before we ask how a question's process ended.
                signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.SIG_IGN)

    def _give_handlers_back(self) -> None:
        while self.handlers:
            number, handler = self.handlers.popitem()
            if handler is not None:  # None: one that was not set from Python
                signal.signal(number, handler)

    def reply(self, number: int, value: object) -> None:
        """Send one successful reply."""
        self.channel.send(wire.encode([number, True, value, _cpu_s()], self._leaf, self.channel.arena))

    def perform(self, name: str, arguments: list[Any]) -> Any:
        """Carry out one operation."""
        if name == "cell":
            source, cell_number = (*arguments, 0)[:2]
            before = self.moments.before_cell()
            self.cell_numbers[self.shell.execution_count] = cell_number
            report = cells.run_cell(self.shell, source)
            self.moments.after_cell(before, cell_number)
            return report
        if name == "note_names":
            return self.moments.note(*arguments)
        if name == "otter":
            return otter_stand_in.install(lambda question: self.moments.note(question, contents=True))
        if name == "otter_seed":
            return otter_stand_in.seed(self.shell.user_ns, *arguments)
        if name == "put_names_back":
            return self.moments.put_back(*arguments)
        if name == "names_of_error":
            return self.beside_error
        if name == "trace":  # where the last request's error came from, and what its network did
            return {"cell": self.place[0], "line": self.place[1], "layers": self.layers.taken()}
        if name not in WATCHED:
            return self.perform_plain(name, arguments)
        self.place = (0, 0)
        with self.layers.watch(arguments[0]):
            return self.perform_plain(name, arguments)

    def perform_plain(self, name: str, arguments: list[Any]) -> Any:
        """Carry out an operation that leaves the notebook's cells and moments alone."""
        if name == "foreign":
            return self.foreign.perform(*arguments)
        if name == "foreign_inside":
            return foreign_cells.run(self.shell, *arguments)
        if name == "get":
            (wanted,) = arguments
            if wanted not in self.shell.user_ns:
                raise NameError(f"name {wanted!r} is not defined")
            return self.shell.user_ns[wanted]
        if name == "call":
            function, positional, named = arguments
            return function(*positional, **named)
        if name == "attr":
            owner, attribute = arguments
            return getattr(owner, attribute)
        if name == "seed":
            return operations.seed_all(*arguments)
        if name == "restore":
            pools.lay_aside()
            released, fixed, bound = cells.restore(self.shell, *arguments)
            self.moments.released, self.moments.fixed, self.moments.bound = released, fixed, bound
            return self.moments.note_end()
        if name == "stand_in":
            return cells.stand_in(self.shell, *arguments)
        if name == "put_back":
            return cells.put_back(self.shell)
        if name == "bound_names":
            return sorted(cells.bound_names(*arguments))
        operation: Any = operations.OPERATIONS[name]
        return operation(*arguments)

    def _fork(self, number: int, fds: list[int]) -> None:
        """Make a copy of this process as it is now; the copy answers on the passed socket."""
        self.children = [pid for pid in self.children if not _has_ended(pid)]
        with contextlib.suppress(
            Exception
        ):  # a notebook that broke its capture has no outputs, but is graded
            self.shell.capture.drain()
        _end_thread_pool()
        pid = os.fork()
        if pid == 0:
            self.channel.close()
            self.children, self.handles = [], {}
            with contextlib.suppress(Exception):
                _forget_workers()
            low, fds = fds, [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in fds]  # out of the new streams' way
            for fd in low:
                os.close(fd)
            self.shell.capture = cells.Capture(*fds[2:])
            confine.enter_fork()  # it cannot stop or kill the snapshot that the other questions are forked from
            self.channel = _open_channel(*fds[:2])
            self.reply(0, {})
            return
        self.children.append(pid)
        for fd in fds:
            os.close(fd)
        self.reply(number, None)

    def _handle(self, handle: wire.HandleId) -> Any:
        return self.handles[handle.number]

    @staticmethod
    def _array(kind: str, value: np.ndarray) -> Any:
        copy = value.copy()  # the student may write to what they were given
        return torch.from_numpy(copy) if kind == "t" else copy

    def _leaf(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor) and value.layout == torch.strided and not value.is_quantized:
            plain = value.detach().cpu().resolve_conj().resolve_neg()
            if plain.dtype == torch.bfloat16:
                plain = plain.float()
            return wire.Array("t", plain.numpy())
        if isinstance(value, (np.ndarray, np.generic)) and value.dtype.name in wire.DTYPES:
            return wire.Array("n", np.asarray(value))
        if isinstance(value, collections.abc.Mapping) and all(isinstance(k, str) for k in value):
            return {str(k): v for k, v in value.items()}
        if isinstance(value, tuple):
            return tuple(value)
        if isinstance(value, (list, range)):
            return list(value)
        if isinstance(value, bool) or value is None:
            return None
        if isinstance(value, int) and -(1 << 63) <= value < 1 << 63:
            return int(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            return str(value)
        number = next(self.numbers)
        self.handles[number] = value
        kind = (
            "class"
            if isinstance(value, type)
            else "module"
            if isinstance(value, nn.Module)
            else "function"
            if callable(value)
            else "object"
        )
        return wire.HandleId(number, kind, str(type(value).__name__)[:100])


def _has_ended(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:  # the notebook has collected it
        return True


def _forget_workers() -> None:
    """Let pools of threads and data loaders make new workers: the old ones are not in this copy of the process."""
    from torch.utils.data._utils import signal_handling

    pools.lay_aside()
    threads = sys.modules.get("concurrent.futures.thread")
    if not (signal_handling._SIGCHLD_handler_set or getattr(threads, "_threads_queues", None)):
        return  # to look at every object would copy every page
    for item in gc.get_objects():
        if issubclass(type(item), _Loader) and item._iterator is not None:
            item.__dict__["_iterator"] = None
        elif threads is not None and issubclass(type(item), threads.ThreadPoolExecutor):
            item._threads.clear()
            item._idle_semaphore = threading.Semaphore(0)


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _describe_error(error: BaseException) -> dict[str, Any]:
    try:
        text = str(error)[:500]
    except BaseException:  # noqa: BLE001
        text = ""
    names = [_sendable(c.__name__[:60]) for c in type(error).__mro__[:8]]
    return {"names": names, "text": _sendable(text), "line": cells.line_in_cell(error)}


def _sendable(text: str) -> str:
    """Replace lone surrogates, which file names that are not UTF-8 leave in messages."""
    return text.encode("utf-8", "backslashreplace").decode()


def main() -> None:
    """Run with the control socket's fd and the file of the options; see ``launcher.BOOT``."""
    with open(
        sys.argv[2]
    ) as file:  # not on the command line: a released cell is longer than one argument may be
        options = json.load(file)
    zygote(int(sys.argv[1]), options)
