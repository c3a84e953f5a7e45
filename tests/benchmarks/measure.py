"""What a benchmark measures of a run: rate, CPU per message, latency, peak memory; and the process it measures."""

import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from msgspec import Struct

_START_SECONDS = 60.0


class Run(Struct, frozen=True, kw_only=True):
    """One run: messages per second, CPU ms per message of our processes, latencies in ms, peak MB; 0: not measured."""

    rate: float = 0.0
    cpu_ms: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    peak_mb: float = 0.0


class Row(Struct, frozen=True, kw_only=True):
    """A line of the table; `ratio` compares with `against`, measured in the same run, and should be `least` or more."""

    name: str
    run: Run
    ratio: float | None = None
    against: str = ""
    aim: str = ""
    least: float = 0.0

    @property
    def missed(self) -> bool:
        """Whether the ratio is less than it should be."""
        return self.ratio is not None and self.ratio < self.least


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def timed(seconds: Sequence[float]) -> Run:
    """Return a run of which only the latencies (in seconds) are known."""
    return Run(p50_ms=percentile(seconds, 0.5) * 1000, p99_ms=percentile(seconds, 0.99) * 1000)


def median_run(runs: Sequence[Run]) -> Run:
    """Return the medians of several runs, field by field: machines are noisy."""
    middle = {field: statistics.median(getattr(run, field) for run in runs) for field in Run.__struct_fields__}
    return Run(**middle)


class Watched:
    """A server process under measurement: its CPU seconds and peak resident memory, children included."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self._all = psutil.Process(process.pid)

    def cpu_seconds(self) -> float:
        """Return the CPU seconds used so far (user and system)."""
        members = [self._all, *self._all.children(recursive=True)]
        return sum(t.user + t.system for t in (member.cpu_times() for member in members))

    def pause(self) -> None:
        """Stop it where it is."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def peak_mb(self) -> float:
        """Return the peak resident memory in MB (VmHWM)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def server(arguments: Sequence[str], env: Mapping[str, str], log: Path, ready: str = "") -> Iterator[Watched]:
    """Run `python ARGUMENTS` until the block ends; wait until URL `ready` answers 200, or its log says `ready`."""
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, *arguments], env={**os.environ, **env}, stderr=output)
    try:
        if ready:
            _wait_for(ready, process, log)
        yield Watched(process)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(ready: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(ready) if ready.startswith("http:") else ready in log.read_text():
            return
        time.sleep(0.05)
    sys.exit(f"{process.args!r} is not ready:\n{log.read_text()[-3000:]}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - our own loopback URL
            return bool(answer.status == 200)
    except OSError:
        return False


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    head = "| what | messages/s | CPU ms/message | p50 ms | p99 ms | peak MB | ratio | against | aim |"
    rule = "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |"
    return "\n".join([head, rule, *(_line(row) for row in rows)])


def _line(row: Row) -> str:
    run = row.run
    numbers = (
        _shown(run.rate, ",.0f"),
        _shown(run.cpu_ms, ".2f"),
        _shown(run.p50_ms, ".1f"),
        _shown(run.p99_ms, ".1f"),
        _shown(run.peak_mb, ".0f"),
        _shown(row.ratio or 0.0, ".2f"),
    )
    return f"| {' | '.join([row.name, *numbers, row.against, row.aim])} |"


def _shown(number: float, how: str) -> str:
    return format(number, how) if number else ""
