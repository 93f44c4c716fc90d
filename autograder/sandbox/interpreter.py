"""The Python that student code runs in: what of it stays readable, and whether a drawn user id can import (*trusted*)."""

from __future__ import annotations

import functools
import os
import site
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from autograder.errors import SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable


# What student code reads beside Python itself: shared objects that open others late, the time zone, fonts,
# and what NumPy's and torch's libraries ask about the processor. A library that sees a file with stat but
# may not open it often gives up instead of doing without; hence openssl.cnf and mime.types.
SYSTEM_PATHS = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/usr/share/locale",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/ssl/openssl.cnf",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/dev/null",
    "/dev/urandom",
    "/dev/random",
)


def in_child(work: Callable[[], str]) -> str:
    """Return the text that ``work`` returns in a forked child; an exception there is raised here."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        _answer(work, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        answer = file.read()
    os.waitpid(pid, 0)
    if answer[:1] != b"+":
        raise SandboxError(answer[1:].decode(errors="replace") or "a child ended without a word")
    return answer[1:].decode()


def _answer(work: Callable[[], str], writer: int) -> NoReturn:
    try:
        data = b"+" + work().encode()
    except BaseException as error:  # noqa: BLE001  reported; nothing may reach the caller's code
        data = b"-" + str(error).encode()
    finally:
        os.write(writer, data[:60_000])
        os._exit(0)


@functools.cache
def readable_paths() -> tuple[str, ...]:
    """Return what torch, NumPy, IPython and matplotlib may still have to read after the fork.

    The library folders of this Python and ``SYSTEM_PATHS``; not /etc/passwd, not the rest of /usr, and
    not what merely stands on ``sys.path``, such as the course repository of an editable install.

    Raises
    ------
    SandboxError
        If one of the folders contains the package's own source tree, where hidden checks lie.

    """
    paths = [*_library_folders(), *SYSTEM_PATHS]
    source = Path(__file__).resolve().parents[2]
    if source not in {Path(p) for p in _site_folders()}:
        around = [p for p in paths if source.is_relative_to(p)]
        if around:
            raise SandboxError(
                f"readable_paths: found the source tree {source} inside of {around[0]}, which student code "
                "may read; nothing was run. Move the course out of Python's folders."
            )
    return tuple(dict.fromkeys(paths))


def _site_folders() -> list[str]:
    folders = [*site.getsitepackages(), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    return list(dict.fromkeys(os.path.realpath(folder) for folder in folders))


def _library_folders() -> list[str]:
    folders = [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), *_site_folders()]
    for prefix in (sys.prefix, sys.base_prefix, sys.base_exec_prefix):
        # A prefix of its own holds shared objects (conda's MKL) beside the standard library; /usr holds more
        # than Python, and what is needed of it is in SYSTEM_PATHS.
        if os.path.realpath(prefix) not in ("/", "/usr", "/usr/local"):
            folders += [os.path.join(prefix, name) for name in ("lib", "lib64")]
    real = {Path(folder).resolve() for folder in folders}
    return sorted(str(folder) for folder in real if not real & set(folder.parents))


def check_interpreter_readable(uid: int | None) -> None:
    """Make sure that a drawn user id can import from this Python; for None there is nothing to check.

    Raises
    ------
    SandboxError
        With the first folder that is closed, and what to do.

    """
    if uid is None:
        return
    # Looked up before the user id changes: in a closed home, Python's own modules could not be imported after it.
    closed = in_child(functools.partial(_first_closed_path, uid, tuple(_library_folders())))
    if closed:
        facts = os.stat(closed)
        raise SandboxError(
            f"{closed}: found mode {facts.st_mode & 0o7777:04o}, owner {facts.st_uid}; student code runs as "
            f"user {uid} and could not import from {sys.prefix}, so nothing was run. Use a copy of the "
            f"environment that every user can read: cp -a {sys.base_prefix} /opt/python, make a virtual "
            "environment from it outside of home folders, and install the packages there."
        )


def _first_closed_path(uid: int, folders: tuple[str, ...]) -> str:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    for folder in folders:
        for path in (*reversed(Path(folder).parents), Path(folder)):
            if not os.access(path, os.X_OK):
                if _exists(path):
                    return str(path)
                break
        else:
            # Packages are closed one by one when root installed them under umask 077.
            for name in sorted(os.listdir(folder)):
                path = Path(folder, name)
                if not os.access(path, os.R_OK | (os.X_OK if path.is_dir() else 0)) and _exists(path):
                    return str(path)
    return ""


def _exists(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except PermissionError:
        return True
    return not path.is_symlink() or path.exists()
