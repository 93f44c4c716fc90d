"""What this host offers of the layers, found out by trying each in a child that ends (*trusted*)."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import socket
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.errors import SandboxError
from autograder.sandbox import confine, identity, interpreter, policy

if TYPE_CHECKING:
    pass

_CAPABILITIES = {"CHOWN": 0, "DAC_OVERRIDE": 1, "KILL": 5, "SETGID": 6, "SETUID": 7}


def probe() -> dict[str, str]:
    """Return what this host offers, layer -> "active..." or "absent: ...", by trying it in a child that ends.

    Beside the layers: ``chroot`` is "available" where a jail could be used, and ``network`` is "active"
    where the outer container has no network anyway.
    """
    uid, reason = _drawable()
    work = tempfile.mkdtemp(prefix="autograder-probe-")
    try:
        if uid is not None:
            os.chown(work, uid, uid)
        rules = policy.Policy(work, uid, (), address_space_bytes=1 << 40, cpu_s=10)
        layers: dict[str, str] = json.loads(interpreter.in_child(lambda: json.dumps(_try_layers(rules))))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    if reason:
        layers["uid"] = f"absent: {reason}"
    layers["network"] = _network()
    return layers


def _try_layers(rules: policy.Policy) -> dict[str, str]:
    try:
        os.chroot("/")
        chroot = "available"
    except PermissionError as error:
        chroot = confine.absent(error, frozenset({errno.EPERM}))
    return {**confine.enter(rules), "chroot": chroot}


def _drawable() -> tuple[int | None, str]:
    """Return a fresh user id, or None and why this process cannot take one."""
    status = Path("/proc/self/status").read_text()
    held = int(status.partition("\nCapEff:")[2].split()[0], 16)
    lacking = [f"CAP_{name}" for name, bit in _CAPABILITIES.items() if not held >> bit & 1]
    if lacking:
        return None, f"no {lacking[0]}"
    try:
        return identity.draw_uid(), ""
    except SandboxError as error:
        return None, str(error)


def _network() -> str:
    # Asked of the kernel, not of /sys, which shows the interfaces of whoever mounted it.
    get_flags, is_up = 0x8913, 1
    up = []
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            for _, name in sorted(socket.if_nameindex()):
                answer = fcntl.ioctl(asker, get_flags, struct.pack("16sh22x", name.encode(), 0))
                if name != "lo" and struct.unpack_from("=h", answer, 16)[0] & is_up:
                    up.append(name)
    except OSError as error:
        return f"absent: interfaces cannot be listed ({errno.errorcode.get(error.errno or 0, error)})"
    return f"absent: {', '.join(up)} is up" if up else "active: no interface but lo"
