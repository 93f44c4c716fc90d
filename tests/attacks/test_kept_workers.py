"""Pools, shared memory and looks at the machine in honest notebooks: they work in an answer as in the notebook."""

from __future__ import annotations

import pytest

HONEST_ONCE = True  # variants of one kind: see conftest.py

SQUARE = "def square(v):\n    return v * v\n"
POOLS = {
    "Pool": (
        "import multiprocessing as mp\npool = mp.get_context('fork').Pool(2)",
        "sum(pool.map(square, values))",
    ),
    "Pool, used before": (
        "import multiprocessing as mp\npool = mp.Pool(2)\npool.map(square, [1, 2])",
        "sum(pool.imap(square, values))",
    ),
    "torch's": ("pool = torch.multiprocessing.get_context('fork').Pool(2)", "sum(pool.map(square, values))"),
    "ThreadPool": (
        "from multiprocessing.pool import ThreadPool\npool = ThreadPool(2)\npool.map(square, [1])",
        "sum(pool.map(square, values))",
    ),
    "executor": (
        "from concurrent.futures import ProcessPoolExecutor\npool = ProcessPoolExecutor(2)\nlist(pool.map(square, [1]))",
        "sum(pool.map(square, values))",
    ),
    "in the function": ("import multiprocessing as mp", "sum(mp.Pool(2).map(square, values))"),
}


@pytest.mark.parametrize("kind", POOLS)
def test_pool_of_the_notebook_works_in_an_answer(grade, kind):
    """It was made before the question's copy, which makes its workers anew."""
    made, used = POOLS[kind]
    verdict = grade({"q1_answer": f"def sum_of_squares(values):\n    return {used}"}, before=(SQUARE + made,))
    assert verdict.problems == {}
    assert verdict.lost == {}


def test_pool_that_nobody_asks_costs_nothing(grade):
    """Nor does one that was closed, or is closed in an answer."""
    cells = (
        "import multiprocessing as mp\npool = mp.Pool(2)\nkept = pool.map_async(abs, [-1])",
        "closed = mp.Pool(2)\nclosed.close(); closed.join()",
        "with mp.Pool(2) as inner: inner.map(abs, [-1])",
    )
    answer = (
        "def sum_of_squares(values):\n    pool.close(); pool.join()\n    return sum(v * v for v in values)"
    )
    assert grade({"q1_answer": answer}, before=cells).lost == {}


def test_shared_memory_and_psutil_work(grade):
    """Both are in the answer, too."""
    answer = """
    import psutil
    from multiprocessing import shared_memory

    def sum_of_squares(values):
        psutil.cpu_percent(); psutil.cpu_percent(percpu=True); psutil.cpu_times(); psutil.boot_time()
        psutil.virtual_memory(); psutil.cpu_stats(); psutil.disk_partitions(); psutil.pids()
        made = shared_memory.SharedMemory(create=True, size=8)
        made.buf[0] = 5
        again = shared_memory.SharedMemory(name=made.name)
        assert again.buf[0] == 5
        again.close(); made.close(); made.unlink()
        listed = shared_memory.ShareableList([1, 2])
        listed.shm.close(); listed.shm.unlink()
        return sum(v * v for v in values)

    sum_of_squares([3])
    """
    verdict = grade({"q1_answer": answer})
    assert verdict.said == {}
    assert verdict.problems == {}
    assert verdict.lost == {}
