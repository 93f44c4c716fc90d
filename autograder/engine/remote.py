"""A worker on another machine: bytes come in, bytes go out (*trusted*, standard library only).

Whoever runs us there (Dask, for one) brings each message to ``answer`` and its answer back; this module knows nothing of
them. A message is a line of JSON and the parcels that it says to bring; an answer is JSON. No object crosses: what a
student handed in is bytes on the way there, and numbers and strings in our own form on the way back.

    hello   → which version this is, and which parcels are here by their digest
    grade   → the result; or which parcels are missing; or that no engine can be started here
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import platform
import shutil
import tempfile
import threading
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder import __version__
from autograder.engine import parcels
from autograder.engine.batch import EngineOptions, not_graded
from autograder.errors import AutograderError, SandboxError
from autograder.model import GradingResult

if TYPE_CHECKING:
    from autograder.engine.grade import Engine
    from autograder.engine.several import Several

MAX_KEPT = 400  # parcels of hand-ins on one worker, the last ones
MAX_KEPT_BYTES = 2 << 30


# -- messages ----------------------------------------------------------------------------------------


def about() -> dict[str, Any]:
    """Return what must be the same on both sides for results to be the same."""
    return {"version": __version__, "python": ".".join(platform.python_version_tuple()[:2])}


def hello() -> bytes:
    """Return the message that asks a worker who it is."""
    return json.dumps({"do": "hello"}).encode() + b"\n"


def please_grade(
    options: EngineOptions, bundle: parcels.Parcel, hand_in: parcels.Parcel, bring: set[str]
) -> bytes:
    """Return the message that asks for a hand-in's result; ``bring`` names the digests that the worker has not."""
    plain = asdict(replace(options, bundle_folder=Path()))
    del plain["bundle_folder"]
    plain["disabled"] = sorted(options.disabled)
    brought = [parcel for parcel in (bundle, hand_in) if parcel.digest in bring]
    header = {
        "do": "grade",
        "options": plain,
        "bundle": bundle.digest,
        "hand_in": hand_in.digest,
        "parcels": [[parcel.digest, len(parcel.content)] for parcel in brought],
    }
    return b"".join([json.dumps(header).encode(), b"\n", *(parcel.content for parcel in brought)])


def read_answer(answer: bytes) -> dict[str, Any]:
    """Return an answer as plain data; ``result`` in it is a ``GradingResult``.

    Raises
    ------
    SandboxError
        If it is not bytes with our JSON in them.
    """
    try:
        if type(answer) is not bytes:
            raise TypeError(f"it is {type(answer).__name__}")
        data = json.loads(answer)
        if not isinstance(data, dict):
            raise TypeError(f"it is {type(data).__name__}")
        if "result" in data:
            data["result"] = GradingResult.from_json(data["result"])
    except (TypeError, ValueError, KeyError) as error:
        raise SandboxError(f"a worker's answer is none: {error}"[:300]) from error
    return data


# -- the worker --------------------------------------------------------------------------------------


class _Site:
    """What one worker process keeps: parcels, unpacked, and the engine of the last assignment."""

    def __init__(self, place: Path | None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="autograder-worker-", dir=place))
        self.sizes: dict[str, int] = {}  # of what is here, in the order in which it was asked for
        self.engine: Engine | Several | None = None
        self.engine_for = ""

    def path(self, digest: str) -> Path:
        return self.folder / digest

    def take(self, digest: str, content: bytes) -> None:
        """Keep a parcel, if it is what its digest says."""
        if hashlib.sha256(content).hexdigest() != digest:
            raise SandboxError("a parcel is not what its digest says")
        if digest not in self.sizes:
            parcels.unpack(content, self.path(digest))
            self.sizes[digest] = len(content)

    def use(self, digest: str) -> bool:
        """Tell whether a parcel is here, and count it as asked for last."""
        if digest not in self.sizes:
            return False
        self.sizes[digest] = self.sizes.pop(digest)
        return True

    def make_room(self, but: set[str]) -> None:
        """Remove the parcels that were not asked for for longest."""
        for digest in list(self.sizes):
            if len(self.sizes) <= MAX_KEPT and sum(self.sizes.values()) <= MAX_KEPT_BYTES:
                return
            if digest not in but:
                del self.sizes[digest]
                shutil.rmtree(self.path(digest), ignore_errors=True)

    def open_engine(self, options: EngineOptions) -> Engine | Several:
        """Return the engine for these options: that of before, or a new one."""
        wanted = repr(options)
        if self.engine is None or self.engine_for != wanted:
            self.close_engine()
            self.engine = options.open(warm=True)
            self.engine_for = wanted
        return self.engine

    def close_engine(self) -> None:
        """Close the engine, if there is one."""
        engine, self.engine = self.engine, None
        if engine is not None:
            with suppress(Exception):
                engine.close()

    def close(self) -> None:
        """Leave nothing behind."""
        self.close_engine()
        shutil.rmtree(self.folder, ignore_errors=True)


_site: _Site | None = None
_lock = threading.Lock()


@atexit.register
def close() -> None:
    """Close this process' engine and remove what was kept for it."""
    global _site
    site, _site = _site, None
    if site is not None:
        site.close()


def answer(message: bytes, place: Path | None = None) -> bytes:
    """Do what a message asks for, one at a time; an exception is an answer, too.

    ``place`` is the folder in which parcels are kept; default: the system's for temporary files.
    """
    global _site
    with _lock:
        try:
            if type(message) is not bytes:
                raise SandboxError(f"a message is {type(message).__name__}, not bytes")
            line, _, rest = message.partition(b"\n")
            header = json.loads(line)
            if _site is None or not _site.folder.is_dir():
                close()
                _site = _Site(place)
            if header["do"] == "hello":
                found: dict[str, Any] = {**about(), "has": list(_site.sizes), "pid": os.getpid()}
            else:
                found = _grade(_site, header, rest)
        except Exception as error:  # noqa: BLE001  whatever it is, the other side decides what it means
            found = {"fault": f"{type(error).__name__}: {error}"[:2000]}
        return json.dumps(found).encode()


def _grade(site: _Site, header: dict[str, Any], rest: bytes) -> dict[str, Any]:
    place = 0
    for digest, size in header["parcels"]:
        site.take(str(digest), rest[place : place + size])
        place += size
    wanted = [str(header["bundle"]), str(header["hand_in"])]
    missing = [digest for digest in wanted if not site.use(digest)]
    if missing:
        return {"missing": missing}
    site.make_room(set(wanted))
    given = {**header["options"], "disabled": frozenset(header["options"]["disabled"])}
    options = EngineOptions(site.path(wanted[0]), **given)
    try:
        engine = site.open_engine(options)
    except Exception as error:  # noqa: BLE001
        words = str(error) if isinstance(error, AutograderError) else f"{type(error).__name__}: {error}"
        return {"no_engine": words}
    try:
        result = engine.grade(site.path(wanted[1]))
    except Exception as error:  # noqa: BLE001  one hand-in never costs another
        site.close_engine()
        result = not_graded(options.bundle_folder, f"{type(error).__name__}: {error}"[:2000])
    return {"result": result.to_json()}
