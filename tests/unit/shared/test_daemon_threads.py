"""Threads that nobody waits for at the end of a process."""

import subprocess
import sys
import threading
from concurrent.futures import wait
from time import perf_counter

import pytest

from threadline_shared.daemon_threads import DaemonThreads


def test_calls_return_and_raise_to_whoever_asked() -> None:
    threads = DaemonThreads(2, "test")
    assert threads.submit(pow, 2, 5).result(5.0) == 32
    with pytest.raises(ZeroDivisionError):
        threads.submit(divmod, 1, 0).result(5.0)
    threads.shutdown()


def test_no_more_threads_are_begun_than_are_needed_or_allowed() -> None:
    threads = DaemonThreads(3, "test of numbers")
    for _ in range(5):
        threads.submit(pow, 1, 1).result(5.0)
    go_on = threading.Event()
    held = [threads.submit(go_on.wait, 5.0) for _ in range(6)]
    names = {thread.name for thread in threading.enumerate() if thread.name.startswith("test of numbers")}
    assert len(names) == 3
    go_on.set()
    assert len(wait(held, 5.0).done) == 6
    threads.shutdown()


def test_a_call_that_blocks_does_not_keep_the_process() -> None:
    code = (
        "import threading, time; from threadline_shared.daemon_threads import DaemonThreads; "
        "begun = threading.Event(); "
        "DaemonThreads(1, 'x').submit(lambda: (begun.set(), time.sleep(60))); begun.wait()"
    )
    started = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30.0)
    assert perf_counter() - started < 20.0
