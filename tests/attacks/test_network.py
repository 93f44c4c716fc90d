"""Ways out of the process: the network, other programs, the kernel's larger doors."""

from __future__ import annotations

import secrets
import socket

NETWORK = """
import errno, socket, urllib.request
def attempt(name, what):
    try:
        what()
        print("OPEN", name)
    except BaseException as error:
        print("closed", name, type(error).__name__)
attempt("tcp", lambda: socket.create_connection(("1.1.1.1", 53), 2))
attempt("localhost", lambda: socket.create_connection(("127.0.0.1", PORT), 2))
attempt("tcp6", lambda: socket.socket(socket.AF_INET6))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW))
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("vsock", lambda: socket.socket(socket.AF_VSOCK))
attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("dns", lambda: socket.getaddrinfo("example.org", 80))
attempt("http", lambda: urllib.request.urlopen("http://127.0.0.1:PORT/", timeout=2))
attempt("metadata", lambda: urllib.request.urlopen("http://169.254.169.254/", timeout=2))
attempt("datagram", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", "/dev/log"))
def connect(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
attempt("docker", lambda: connect("/var/run/docker.sock"))
attempt("named", lambda: connect(NAMED))
attempt("abstract", lambda: connect("\\0" + ABSTRACT))
"""


def test_no_socket_leads_out(grade, tmp_path_factory):
    """Neither the internet, nor this machine, nor a neighbour's named or abstract socket."""
    folder = tmp_path_factory.mktemp("socket")
    name = f"neighbour-{secrets.token_hex(8)}"  # abstract names are the whole machine's
    tcp, named, abstract = socket.socket(), socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    with tcp, named, abstract:
        tcp.bind(("127.0.0.1", 0))
        named.bind(str(folder / "s"))
        (folder / "s").chmod(0o777)
        abstract.bind(f"\0{name}")
        for server in (tcp, named, abstract):
            server.listen()
        source = NETWORK.replace("PORT", str(tcp.getsockname()[1]))
        source = source.replace("NAMED", repr(str(folder / "s"))).replace("ABSTRACT", repr(name))
        verdict = grade(extra=(source,))
    assert verdict.lost == {}
    assert "OPEN" not in verdict.outputs
    assert verdict.outputs.count("closed ") == 15


def test_no_other_program_can_be_started(grade):
    """Not a shell, not Python, not a program of one's own in memory, not a set-user-id one."""
    verdict = grade(
        extra=(
            """
        import os, subprocess
        def attempt(name, what):
            try:
                what()
                print("OPEN", name)
            except BaseException as error:
                print("closed", name, type(error).__name__)
        attempt("shell", lambda: subprocess.run("true", shell=True, check=True))
        attempt("list", lambda: subprocess.run(["/bin/ls"], check=True))
        attempt("system", lambda: os.system("true") and 1 / 0)
        attempt("popen", lambda: os.popen("true").close() and 1 / 0)
        attempt("exec", lambda: os.execv("/bin/true", ["true"]))
        attempt("spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))
        attempt("setuid", lambda: os.execv("/usr/bin/su", ["su", "-c", "true"]))
        attempt("memory", lambda: os.memfd_create("program"))
        fd = os.open("program", os.O_CREAT | os.O_RDWR, 0o700)
        os.write(fd, b"#!/bin/sh\\ntrue\\n")
        attempt("own", lambda: os.execve(fd, ["x"], {}))
    """,
        )
    )
    assert verdict.lost == {}
    assert "OPEN" not in verdict.outputs
    assert verdict.outputs.count("closed ") == 9


def test_kernel_doors_are_closed(grade):
    """Namespaces, mounts, keys, tracing, shared memory and queues that outlive a process, modules, clocks."""
    verdict = grade(
        extra=(
            """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        calls = {
            "unshare": (272, 0x10000000), "setns": (308, 0, 0), "mount": (165, 0, 0, 0, 0, 0), "chroot": (161, b"."),
            "pivot_root": (155, b".", b"."), "ptrace": (101, 16, 1, 0, 0), "process_vm_readv": (310, 1, 0, 0, 0, 0, 0),
            "add_key": (248, b"user", b"x", b"y", 1, -3), "keyctl": (250, 0, -3, 0), "bpf": (321, 0, 0, 0),
            "perf_event_open": (298, 0, 0, -1, -1, 0), "userfaultfd": (323, 0), "io_uring_setup": (425, 1, 0),
            "shmget": (29, 0, 4096, 0o1777), "msgget": (68, 0, 0o1777), "semget": (64, 0, 1, 0o1777),
            "mq_open": (240, b"x", 0o102, 0o777, 0), "setuid": (105, 0), "setgid": (106, 0), "setgroups": (116, 0, 0),
            "init_module": (175, 0, 0, 0), "kexec_load": (246, 0, 0, 0, 0), "reboot": (169, 0, 0, 0, 0),
            "settimeofday": (164, 0, 0), "sethostname": (170, b"x", 1), "inotify_init1": (294, 0),
            "fanotify_init": (300, 0, 0), "mknod": (133, b"x", 0o20666, 0x103), "open_by_handle_at": (304, 0, 0, 0),
            "syslog": (103, 3, 0, 0), "acct": (163, 0), "swapon": (167, b"x", 0), "personality": (135, 0x40000),
            "pidfd_getfd": (438, 0, 0, 0), "memfd_secret": (447, 0), "clone3": (435, 0, 0),
        }
        opened = [name for name, call in calls.items() if libc.syscall(*map(
            lambda a: ctypes.c_long(a) if isinstance(a, int) else a, call)) != -1]
        print("opened:", opened, os.getuid() == os.geteuid() != 0, os.getgroups())
    """,
        )
    )
    assert verdict.lost == {}
    assert "opened: [] True []" in verdict.outputs


def test_protections_cannot_be_taken_back(grade):
    """What was given up stays so: dumpability, the parent-death signal, the out-of-memory score, limits."""
    verdict = grade(
        extra=(
            """
        import ctypes, os, resource
        libc = ctypes.CDLL(None, use_errno=True)
        back = []
        for option, value in ((4, 1), (1, 0), (0x59616D61, 1)):
            if libc.prctl(option, value, 0, 0, 0) == 0:
                back.append(option)
        for path in ("oom_score_adj", "oom_adj", "coredump_filter"):
            try:
                open(f"/proc/self/{path}", "w").write("0")
                back.append(path)
            except OSError:
                pass
        for limit in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
            try:
                resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
                back.append(limit)
            except (OSError, ValueError):
                pass
        print("back:", back)
    """,
        )
    )
    assert verdict.lost == {}
    assert "back: []" in verdict.outputs
