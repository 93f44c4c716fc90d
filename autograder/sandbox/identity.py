"""User ids that nobody has: drawn for one run, and recognised by their number (*trusted*, standard library only).

A fresh id for every run is the first layer: limits on processes count an id across containers, and whoever shares
an id can read and kill.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import SandboxError
from autograder.sandbox import proc

if TYPE_CHECKING:
    pass

# Ids that nobody hands out. The first range lies above what sssd maps (200000-2000200000) and within what
# systemd leaves unused (1879048192-2147352575); the second is for containers that map few ids.
# Source: https://systemd.io/UIDS-GIDS/ and sssd-ldap(5), ldap_idmap_range_max.
POOLS = (range(2_001_000_000, 2_147_352_576), range(30_000, 60_000))


def draw_uid() -> int:
    """Return a random user id that no process, no account and no earlier call has.

    It is even, and the id after it belongs to its reaper. A fresh id for every run matters: limits on
    processes count an id across containers, and whoever shares an id can read and kill.

    Raises
    ------
    SandboxError
        If this user namespace maps no id that is ours to take.

    """
    pool = _mapped_pool()
    taken = _users_of_processes() | _accounts()
    for _ in range(1000):
        uid = pool.start + 2 * secrets.randbelow(len(pool) // 2)
        if not taken & {uid, uid + 1}:
            return uid
    raise SandboxError(
        f"draw_uid: no free user id found in {pool.start}..{pool.stop - 1}; nothing was started. "
        "End what other graders left running on this machine."
    )


def is_drawn(uid: int) -> bool:
    """Tell whether ``draw_uid`` may have returned this id: then its processes and files are ours to end.

    A property of the number, not a memory, so that a supervisor can clean up after one that died.
    """
    if uid % 2 or uid in {0, *os.getresuid()} or not any(uid in pool for pool in POOLS):
        return False
    return uid not in _accounts()


def runs() -> int:
    """Return how many runs there seem to be on this machine, at least one: each has two or three drawn ids."""
    return max(1, sum(map(is_drawn, _users_of_processes())) // 2)


def _mapped_pool() -> range:
    maps = [_read_id_map(kind) for kind in ("uid", "gid")]
    for pool in POOLS:
        parts = [pool]
        for mapped in maps:
            parts = [_overlap(part, ids) for part in parts for ids in mapped]
        widest = max(parts, key=len, default=range(0))
        start = widest.start + widest.start % 2
        if len(range(start, widest.stop)) >= 2:
            return range(start, widest.stop - (widest.stop - start) % 2)
    raise SandboxError(
        f"draw_uid: found {maps[0]!r} in /proc/self/uid_map, which maps no id in {POOLS!r}; nothing was "
        "started. Run the grader where it can use 65536 user ids, or without root."
    )


def _overlap(a: range, b: range) -> range:
    start = max(a.start, b.start)
    return range(start, max(start, min(a.stop, b.stop)))


def _read_id_map(kind: str) -> list[range]:
    lines = Path(f"/proc/self/{kind}_map").read_text().splitlines()
    triples = ([int(word) for word in line.split()] for line in lines)
    return [range(inside, inside + count) for inside, _, count in triples]


def _accounts() -> set[int]:
    try:
        rows = Path("/etc/passwd").read_text(errors="replace").splitlines()
    except OSError:
        return set()
    return {int(row.split(":")[2]) for row in rows if row.count(":") >= 3 and row.split(":")[2].isdigit()}


def _users_of_processes() -> set[int]:
    return {uid for pid in proc.all_pids() for uid in proc.users_of(pid)}
