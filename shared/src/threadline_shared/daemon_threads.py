"""Threads for calls that may block for long: a process that ends does not wait for them, as it does for a pool's."""

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

from typing_extensions import override

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Call = Callable[[], None]


class DaemonThreads(Executor):
    """At most so many threads, each begun when a call finds no idle one. Calls are lost when the process ends."""

    def __init__(self, most: int, name: str) -> None:
        self._most = most
        self._name = name
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._begun = 0
        self._lock = threading.Lock()

    @override
    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()

        def call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                found = fn(*args, **kwargs)
            except BaseException as err:  # noqa: BLE001 - whoever waits for the future gets it
                future.set_exception(err)
            else:
                future.set_result(found)

        self._calls.put(call)
        self._see_to_it()
        return future

    @override
    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:
        """Have the threads end after the calls that were made; waits for none, whatever is asked."""
        del wait, cancel_futures
        self._calls.put(None)

    def _see_to_it(self) -> None:
        """Begin a thread unless one is idle."""
        with self._lock:
            if self._idle.acquire(blocking=False) or self._begun >= self._most:
                return
            self._begun += 1
            threading.Thread(target=self._work, name=f"{self._name} {self._begun}", daemon=True).start()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
            del call  # else an idle thread would keep what was read
            self._idle.release()
        self._calls.put(None)  # for the others
