"""Pools of processes that a notebook keeps are made anew where a question's copy uses them (*sandbox*).

A fork has none of the threads and processes of a pool that was made before it, and would wait for them for ever.
"""

from __future__ import annotations

import concurrent.futures.process
import functools
import multiprocessing.pool
import weakref
from contextlib import suppress
from typing import Any

_Pool, _Executor = multiprocessing.pool.Pool, concurrent.futures.process.ProcessPoolExecutor
# What runs first when something is asked of one.
_FIRST = {_Pool: "_check_running", _Executor: "submit"}
_made: weakref.WeakKeyDictionary[Any, tuple[Any, tuple[Any, ...], dict[str, Any]]] = (
    weakref.WeakKeyDictionary()
)


def install() -> None:
    """Remember how pools are made."""
    for kind in _FIRST:
        _remember(kind)


def _remember(kind: Any) -> None:
    original = kind.__init__

    @functools.wraps(original)
    def initialise(self: Any, *arguments: Any, **options: Any) -> None:
        original(self, *arguments, **options)
        _made[self] = (original, arguments, options)

    kind.__init__ = initialise


def lay_aside() -> None:
    """Let go of the workers of every pool that still takes work; it makes new ones when it is asked for something."""
    for pool in list(_made):
        with suppress(Exception):  # the notebook may have taken it apart
            _lay_aside(pool)


def _lay_aside(pool: Any) -> None:
    kind = next(kind for kind in _FIRST if isinstance(pool, kind))
    first = _FIRST[kind]
    if first in vars(pool):  # it is already
        return
    if kind is _Pool:
        if pool._state != "RUN":
            return
        pool._worker_handler._state = "TERMINATE"  # else it starts again whatever worker the grader ends
        pool._change_notifier.put(None)
        pool._terminate.cancel()
        pool._pool = []
    elif pool._shutdown_thread:
        return

    def renewed(*arguments: Any, **options: Any) -> Any:
        del vars(pool)[first]
        make, positional, named = _made[pool]
        make(pool, *positional, **named)
        return getattr(pool, first)(*arguments, **options)

    vars(pool)[first] = renewed
