"""Which pages of a library are in memory: what one hand-in could write there, and another, later, read."""

from __future__ import annotations

TRY = """
import ctypes, json, mmap, os, resource
libc = ctypes.CDLL(None, use_errno=True)
fd = os.open(json.__file__, os.O_RDONLY)
def attempt(name, function):
    try:
        print(name + ":", function())
    except OSError as error:
        print(name + ":", "refused")
def faults():
    view = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_majflt
    sum(view[::4096])
    return resource.getrusage(resource.RUSAGE_SELF).ru_majflt - before
os.pread(fd, 1 << 20, 0)
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
print("faults after advice:", faults())
attempt("nowait", lambda: os.preadv(fd, [bytearray(1)], 0, os.RWF_NOWAIT))
view = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
attempt("pageout", lambda: view.madvise(21))
attempt("cold", lambda: view.madvise(20))
x86 = os.uname().machine == "x86_64"
print("mincore:", libc.syscall(27 if x86 else 232, 0, 4096, None))
print("cachestat:", libc.syscall(451, fd, None, None, 0))
attempt("direct", lambda: os.open(json.__file__, os.O_RDONLY | os.O_DIRECT))
"""


def test_pages_of_libraries_can_neither_be_pushed_out_nor_looked_at(grade):
    """Advice is answered and not carried out; what would tell without reading is refused."""
    verdict = grade(extra=(TRY,))
    assert verdict.lost == {}
    for said in ("faults after advice: 0", "nowait: refused", "pageout: refused", "cold: refused"):
        assert said in verdict.outputs
    for said in ("mincore: -1", "cachestat: -1", "direct: refused"):
        assert said in verdict.outputs
