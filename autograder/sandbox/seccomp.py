"""The system-call filter of a student's process, built and loaded by hand (*sandbox*).

Theory of operation. The kernel runs a small BPF program on the number and the six register arguments of
every system call. It cannot follow a pointer, so it sees *which* call is made and on which flags, never
on which file: files are Landlock's part, other users' processes are the user id's part. The filter takes
away what neither of them governs (the network, another program, the kernel's larger doors) and what they
govern only on some hosts. It denies by name and lets the rest pass, because NumPy, torch and the Python
they come with call what they like; but a call that is newer than this file is "not implemented", as it
would be on an older kernel, so a new kernel does not open a door that nobody has looked at.

Three answers beside "allowed" and an error:

* the process is killed where the call is not in our table's numbering (32-bit calls, the x32 ABI), for
  there every number means something else;
* ``clone3`` is "not implemented": its flags lie behind a pointer, and glibc then falls back to ``clone``,
  whose flags we can see;
* where student code keeps our user id (no root), changes of mode and owner are answered with success and
  not carried out. Landlock does not govern them, so they would reach every file of ours; an error would
  break an honest ``shutil.copy``.

Numbers: x86_64 from ``arch/x86/entry/syscalls/syscall_64.tbl``, aarch64 from
``include/uapi/asm-generic/unistd.h`` of Linux 6.18; a test compares them with this machine's headers.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import platform
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.errors import SandboxError

# Name -> number on x86_64, on aarch64. None: the architecture never had the call. From 424 on, all agree.
_Numbers = Mapping[str, tuple[int | None, int | None]]

# Answered with EPERM, whatever the arguments; grouped by what they would give.
DENIED: Mapping[str, _Numbers] = {
    "another program": {
        "execve": (59, 221),
        "execveat": (322, 281),
        "uselib": (134, None),
    },
    "another process": {
        "ptrace": (101, 117),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "pidfd_getfd": (438, 438),
        "kcmp": (312, 272),
        "process_madvise": (440, 440),
        "process_mrelease": (448, 448),
        "move_pages": (279, 239),
        "migrate_pages": (256, 238),
    },
    "another view of the system": {
        "unshare": (272, 97),
        "setns": (308, 268),
        "mount": (165, 40),
        "umount2": (166, 39),
        "pivot_root": (155, 41),
        "chroot": (161, 51),
        "open_tree": (428, 428),
        "move_mount": (429, 429),
        "fsopen": (430, 430),
        "fsconfig": (431, 431),
        "fsmount": (432, 432),
        "fspick": (433, 433),
        "mount_setattr": (442, 442),
        "statmount": (457, 457),
        "listmount": (458, 458),
        "open_tree_attr": (467, 467),
        "personality": (135, 92),
    },
    "another identity": {
        "setuid": (105, 146),
        "setgid": (106, 144),
        "setreuid": (113, 145),
        "setregid": (114, 143),
        "setresuid": (117, 147),
        "setresgid": (119, 149),
        "setfsuid": (122, 151),
        "setfsgid": (123, 152),
        "setgroups": (116, 159),
        "capset": (126, 91),
        "lsm_set_self_attr": (460, 460),
    },
    "the kernel's larger doors": {
        "bpf": (321, 280),
        "perf_event_open": (298, 241),
        "userfaultfd": (323, 282),
        "io_uring_setup": (425, 425),
        "io_uring_enter": (426, 426),
        "io_uring_register": (427, 427),
        "add_key": (248, 217),
        "request_key": (249, 218),
        "keyctl": (250, 219),
        "vmsplice": (278, 75),
        "modify_ldt": (154, None),
        "lookup_dcookie": (212, 18),
    },
    "the machine": {
        "init_module": (175, 105),
        "finit_module": (313, 273),
        "delete_module": (176, 106),
        "kexec_load": (246, 104),
        "kexec_file_load": (320, 294),
        "reboot": (169, 142),
        "swapon": (167, 224),
        "swapoff": (168, 225),
        "acct": (163, 89),
        "quotactl": (179, 60),
        "quotactl_fd": (443, 443),
        "syslog": (103, 116),
        "vhangup": (153, 58),
        "iopl": (172, None),
        "ioperm": (173, None),
        "sethostname": (170, 161),
        "setdomainname": (171, 162),
        "settimeofday": (164, 170),
        "clock_settime": (227, 112),
        "adjtimex": (159, 171),
        "clock_adjtime": (305, 266),
    },
    "files past their path, or watched from afar": {
        "name_to_handle_at": (303, 264),
        "open_by_handle_at": (304, 265),
        "mknod": (133, None),
        "mknodat": (259, 33),
        "memfd_secret": (447, 447),  # memory that no watchdog can count
        "file_setattr": (469, 469),
        "inotify_init": (253, None),
        "inotify_init1": (294, 26),
        "fanotify_init": (300, 262),
    },
    "what is in the kernel's memory for files: a channel from one hand-in to the next": {
        "mincore": (27, 232),
        "cachestat": (451, 451),
    },
    "memory that no watchdog can count, some by a number that the whole machine shares": {
        "io_setup": (206, 0),
        "io_submit": (209, 2),
        "io_destroy": (207, 1),
        "io_cancel": (210, 3),
        "io_getevents": (208, 4),
        "io_pgetevents": (333, 292),
        "landlock_create_ruleset": (444, 444),
        "landlock_add_rule": (445, 445),
        "memfd_create": (
            319,
            279,
        ),  # a file of no folder: in a default container nobody may look who has it open
    },
    "a way out of the group by which we end it": {
        "setsid": (112, 157),
        "setpgid": (109, 154),
    },
    "what outlives the process": {
        "shmget": (29, 194),
        "shmat": (30, 196),
        "shmctl": (31, 195),
        "semget": (64, 190),
        "semop": (65, 193),
        "semctl": (66, 191),
        "semtimedop": (220, 192),
        "msgget": (68, 186),
        "msgsnd": (69, 189),
        "msgrcv": (70, 188),
        "msgctl": (71, 187),
        "mq_open": (240, 180),
        "mq_unlink": (241, 181),
    },
}

# Answered with success and not carried out. Nothing of a run is wanted after a power cut, and who waits for a slow disk
# cannot be ended: a hand-in that no signal reaches would be *not graded* whenever it likes. Advice about files' pages is
# a way to write into what other hand-ins can read: which pages of a library are in memory.
NOT_CARRIED_OUT: _Numbers = {
    "sync": (162, 81),
    "syncfs": (306, 267),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "msync": (26, 227),
    "sync_file_range": (277, 84),
    "fadvise64": (221, 223),
    "readahead": (187, 213),
}

# "Not supported" where student code has a user id of its own: kilobytes beside a file, in no count. Every program that
# copies them lives without. Where the user id is ours, they are among the ``INERT``.
ATTRIBUTES = ("setxattr", "lsetxattr", "fsetxattr", "setxattrat")

# Answered with success and not carried out, where student code has our own user id. Times may be changed:
# Path.touch asks for that first and makes the file when it fails, so a false success would lose the file.
INERT: _Numbers = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
}

# Judged by their arguments, or called by us.
_OTHERS: _Numbers = {
    "clone": (56, 220),
    "clone3": (435, 435),
    "connect": (42, 203),
    "fallocate": (285, 47),
    "fcntl": (72, 25),
    "ioctl": (16, 29),
    "ioprio_set": (251, 30),
    "landlock_restrict_self": (446, 446),
    "madvise": (28, 233),
    "mmap": (9, 222),
    "open": (2, None),
    "openat": (257, 56),
    "openat2": (437, 437),
    "prctl": (157, 167),
    "preadv2": (327, 286),
    "pwritev2": (328, 287),
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "seccomp": (317, 277),
    "setpriority": (141, 140),
    "setsockopt": (54, 208),
    "socket": (41, 198),
    "socketpair": (53, 199),
}

LAST_KNOWN = 469  # file_setattr of Linux 6.17; what came after has not been looked at
X32_BIT = 0x40000000

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_PTRACER = 0x59616D61
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
TIOCSTI = 0x5412  # types into the terminal as if its user did
TIOCLINUX = 0x541C  # pastes on a text console
FS_IOC_FIEMAP = 0xC020660B  # may wait for the disk
SOCK_STREAM, SOCK_SEQPACKET = 1, 5
AF_UNIX = 1
SOL_SOCKET = 1
SOCKET_BUFFERS = (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF and what passes their limit
SOCKET_FILTERS = (26, 50, 51, 52)  # SO_ATTACH_FILTER, _BPF and of a group: programs in the kernel
O_DSYNC = 0o10000  # O_SYNC has this bit, too
O_TMPFILE = 0o20000000  # a file that never has a name; Python's tempfile then takes one and unlinks it
F_SETFL = 4
MAP_SHARED, MAP_ANONYMOUS = 0x01, 0x20
MADV_COLD, MADV_PAGEOUT, MADV_COLLAPSE = 20, 21, 25
RWF_DURABLE, RWF_NOWAIT, RWF_DONTCACHE = 0x2 | 0x4, 0x8, 0x80

# CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}, and CLONE_PARENT: a child that is made our sibling would be a
# child of the zygote, which did not fork it.
CLONE_REFUSED = 0x7E020000 | 0x00008000

_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_ERRNO = 0x00050000
_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_Instruction = tuple[int, int, int, int]  # code, skip if true, skip if false, constant


@dataclass(frozen=True, slots=True)
class Architecture:
    """What differs between the machines we know: the audit number and the system-call numbers."""

    name: str
    audit: int
    column: int
    direct: int  # O_DIRECT: past the memory for files, and as slow as the disk

    @functools.cache  # noqa: B019  two instances, for the life of the process
    def numbers(self) -> dict[str, int]:
        """Return name -> number of every call in the tables above that this machine has."""
        tables: list[_Numbers] = [*DENIED.values(), NOT_CARRIED_OUT, INERT, _OTHERS]
        pairs = ((name, both[self.column]) for table in tables for name, both in table.items())
        return {name: number for name, number in pairs if number is not None}


ARCHITECTURES = {
    "x86_64": Architecture("x86_64", 0xC000003E, 0, 0o40000),
    "aarch64": Architecture("aarch64", 0xC00000B7, 1, 0o200000),
}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def architecture(machine: str = "") -> Architecture:
    """Return this machine's numbering.

    Raises
    ------
    SandboxError
        If it is neither x86_64 nor aarch64 with a 64-bit Python.

    """
    machine = machine or platform.machine()
    if machine not in ARCHITECTURES or struct.calcsize("P") != 8:
        raise SandboxError(
            f"seccomp: found machine {machine!r} with {8 * struct.calcsize('P')}-bit Python; the filter is "
            "written for 64-bit x86_64 and aarch64, so student code was not run. Use one of these."
        )
    return ARCHITECTURES[machine]


def syscall(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call by its name; integers are passed as longs, bytes by address.

    Raises
    ------
    OSError
        If the kernel says so.

    """
    number = architecture().numbers()[name]
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(_libc.syscall(ctypes.c_long(number), *words))
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)
    return result


def prctl(option: int, value: int = 0) -> None:
    """Set one of this process's attributes."""
    syscall("prctl", option, value, 0, 0, 0)


# -- the program -----------------------------------------------------------------------------------


def _refuse(error: int) -> _Instruction:
    return (_RETURN, 0, 0, _ERRNO | error)


def _load_argument(index: int) -> _Instruction:
    # The low half: all arguments we look at are 32-bit in the kernel, which drops the upper half itself.
    # Both architectures store it first.
    return (_LOAD, 0, 0, 16 + 8 * index)


def _require(error: int, *conditions: tuple[int, int | None, Iterable[int]]) -> list[_Instruction]:
    """Allow if every argument (index, mask, values) has, under its mask, one of its values."""
    program: list[_Instruction] = []
    for index, mask, values in conditions:
        program.append(_load_argument(index))
        if mask is not None:
            program.append((_AND, 0, 0, mask))
        chain = list(values)
        program += [(_EQUAL, len(chain) - i, 0, value) for i, value in enumerate(chain)]
        program.append(_refuse(error))
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _forbid(error: int, index: int, values: Iterable[int] = (), bits: int = 0) -> list[_Instruction]:
    """Refuse if the argument is one of ``values`` or has one of ``bits``; allow otherwise."""
    program = [_load_argument(index)]
    for value in values:
        program += [(_EQUAL, 0, 1, value), _refuse(error)]
    if bits:
        program += [(_ANY_BIT, 0, 1, bits), _refuse(error)]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _refuse_bits(error: int, index: int, bits: int) -> list[_Instruction]:
    """Refuse if the argument has one of ``bits``; what follows decides otherwise."""
    return [_load_argument(index), (_ANY_BIT, 0, 1, bits), _refuse(error)]


def _socket_options() -> list[_Instruction]:
    """Leave a socket's buffers as they are, with success: torch and asyncio ask, and do with what they have."""
    answers = [(name, 0) for name in SOCKET_BUFFERS] + [(name, errno.EPERM) for name in SOCKET_FILTERS]
    program = [_load_argument(1), (_EQUAL, 0, 2 * len(answers) + 1, SOL_SOCKET), _load_argument(2)]
    for name, error in answers:
        program += [(_EQUAL, 0, 1, name), _refuse(error)]
    return [*program, (_RETURN, 0, 0, _ALLOW)]


def _private_or_of_a_file() -> list[_Instruction]:
    """Refuse memory that processes share and no file has: once out of their tables, it is in no count of theirs."""
    return [
        _load_argument(3),
        (_ANY_BIT, 0, 2, MAP_ANONYMOUS),
        (_ANY_BIT, 0, 1, MAP_SHARED),
        _refuse(errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]


def _set_flags(bits: int) -> list[_Instruction]:
    """Refuse ``fcntl(fd, F_SETFL, bits)``."""
    return [
        _load_argument(1),
        (_EQUAL, 0, 3, F_SETFL),
        _load_argument(2),
        (_ANY_BIT, 0, 1, bits),
        _refuse(errno.EINVAL),
        (_RETURN, 0, 0, _ALLOW),
    ]


@functools.cache
def compile_filter(machine: str, *, shares_user: bool, may_connect: bool) -> bytes:
    """Return the filter as the kernel reads it: 8 bytes an instruction.

    Parameters
    ----------
    machine
        A key of ``ARCHITECTURES``.
    shares_user
        Student code has our user id: changes of mode and owner become inert.
    may_connect
        Student code may connect to UNIX sockets by name. Landlock governs that from ABI 9 only; where
        the user id is ours too, nothing else keeps it from our session's D-Bus, which starts programs.

    """
    arch = architecture(machine)
    numbers = arch.numbers()
    program: list[_Instruction] = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 1, 0, arch.audit),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_LOAD, 0, 0, 0),
        (_AT_LEAST, 0, 1, X32_BIT),
        (_RETURN, 0, 0, _KILL_PROCESS),
        (_AT_LEAST, 0, 1, LAST_KNOWN + 1),
        _refuse(errno.ENOSYS),
    ]

    def on(name: str, body: list[_Instruction]) -> None:  # every body returns, so the number stays loaded
        if name in numbers:
            program.append((_EQUAL, 0, len(body), numbers[name]))
            program.extend(body)

    # The busiest first. What no disk-bound file system takes is EINVAL, as from tmpfs.
    on("madvise", _forbid(errno.EINVAL, 2, (MADV_COLD, MADV_PAGEOUT, MADV_COLLAPSE)))
    on("mmap", _private_or_of_a_file())
    for name, flags in (("openat", 2), ("open", 1)):
        on(
            name,
            [
                *_refuse_bits(errno.EOPNOTSUPP, flags, O_TMPFILE),
                *_forbid(errno.EINVAL, flags, bits=O_DSYNC | arch.direct),
            ],
        )
    on("openat2", [_refuse(errno.ENOSYS)])  # its flags lie behind a pointer
    on("fcntl", _set_flags(arch.direct))
    on("preadv2", _forbid(errno.EOPNOTSUPP, 5, bits=RWF_NOWAIT | RWF_DONTCACHE))
    on("pwritev2", _forbid(errno.EOPNOTSUPP, 5, bits=RWF_DURABLE | RWF_NOWAIT | RWF_DONTCACHE))
    # Any mode but "make room and grow" may take more of a disk than the limit of a file's size lets us see.
    on("fallocate", _require(errno.EOPNOTSUPP, (1, None, (0,))))
    on("setsockopt", _socket_options())
    for name in NOT_CARRIED_OUT:
        on(name, [_refuse(0)])
    # Stream and packet sockets only: a datagram names its receiver behind a pointer, in sendmsg.
    kinds = (1, 0xF, (SOCK_STREAM, SOCK_SEQPACKET))
    for name in ("socket", "socketpair"):
        on(name, _require(errno.EACCES, (0, None, (AF_UNIX,)), kinds))
    if not may_connect:
        on("connect", [_refuse(errno.EACCES)])
    on("clone", _forbid(errno.EPERM, 0, bits=CLONE_REFUSED))
    on("clone3", [_refuse(errno.ENOSYS)])
    on("prctl", _forbid(errno.EPERM, 0, (PR_SET_DUMPABLE, PR_SET_PDEATHSIG, PR_SET_PTRACER)))
    on("ioctl", _forbid(errno.EPERM, 1, (TIOCSTI, TIOCLINUX, FS_IOC_FIEMAP)))
    for name in ("prlimit64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler"):
        on(name, _require(errno.EPERM, (0, None, (0,))))  # 0: the caller; no other process, not even ours
    on("setpriority", _require(errno.EPERM, (0, None, (0,)), (1, None, (0,))))  # PRIO_PROCESS, self
    on("ioprio_set", _require(errno.EPERM, (0, None, (1,)), (1, None, (0,))))  # IOPRIO_WHO_PROCESS, self
    for group in DENIED.values():
        for name in group:
            on(name, [_refuse(errno.EPERM)])
    if shares_user:
        for name in INERT:
            on(name, [_refuse(0)])
    else:
        for name in ATTRIBUTES:
            on(name, [_refuse(errno.EOPNOTSUPP)])
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install(*, shares_user: bool = False, may_connect: bool = True) -> None:
    """Load the filter into this process, for good; the caller has one thread and ``no_new_privs``.

    Raises
    ------
    OSError
        If the kernel refuses it.
    SandboxError
        If there is no table for this machine.

    """
    code = compile_filter(architecture().name, shares_user=shares_user, may_connect=may_connect)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    number = architecture().numbers()["seccomp"]
    set_mode_filter = 1
    words = (ctypes.c_long(number), ctypes.c_long(set_mode_filter), ctypes.c_long(0))
    if _libc.syscall(*words, ctypes.byref(program)) != 0:
        code_number = ctypes.get_errno()
        raise OSError(code_number, os.strerror(code_number), "seccomp")
