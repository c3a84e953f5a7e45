"""How long the standalone gateway takes to start warm, to stop at Ctrl-C, and what it holds in memory when idle."""

import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import psutil

from benchmarks.bench_smtp import free_port

ROUNDS: Final = 5


def lines(folder: Path) -> list[str]:
    """Return the medians of ROUNDS starts on one data directory, as Markdown list items."""
    started, stopped, memory = zip(*(_once(folder) for _ in range(ROUNDS)), strict=True)
    return [
        f"- warm start to the screen: {statistics.median(started):.2f} s (aim <= 3 s)",
        f"- Ctrl-C to the end: {statistics.median(stopped):.2f} s (aim < 2 s)",
        f"- resident memory, idle, every service in one process: {statistics.median(memory):.0f} MB",
    ]


def _once(folder: Path) -> tuple[float, float, float]:
    ports = {"THREADLINE_HTTP_PORT": str(free_port()), "THREADLINE_SMTP_PORT": str(free_port())}
    env = {**ports, "THREADLINE_DATA_DIR": str(folder / "start"), "THREADLINE_LOG_LEVEL": "error"}
    before = time.perf_counter()
    command = [sys.executable, "-m", "threadline_standalone", "up"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            if "Ctrl-C" in line:
                break
        started = time.perf_counter() - before
        memory = psutil.Process(process.pid).memory_info().rss / 1e6
        before = time.perf_counter()
        process.send_signal(signal.SIGINT)
        process.wait(30)
        return started, time.perf_counter() - before, memory
