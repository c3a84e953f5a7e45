"""`make bench`: every benchmark, one table. BENCH names some of them, BENCH_SIZES the stored messages to try."""

import contextlib
import os
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import psutil
import uvloop

from benchmarks import bench_bus, bench_imap, bench_mail, bench_smtp, bench_start, bench_threads
from benchmarks.measure import Row, table
from benchmarks.threads_postgres import Place
from support.postgres import running_postgres
from support.rabbit import RabbitNode
from threadline_shared import log

# What an installation on a small server of 4 GB changes; all else is as PostgreSQL comes, fsync included.
PRODUCTION: Final = {"shared_buffers": "1GB", "max_wal_size": "4GB", "checkpoint_timeout": "15min"}

Bench = Callable[[], Awaitable[list[Row]]]


async def main() -> int:
    """Run and print; progress goes to stderr. Returns 1 when a ratio is less than it should be."""
    sizes = [int(size) for size in os.environ.get("BENCH_SIZES", "1000,100000").split(",")]
    wanted = os.environ.get("BENCH", "bus,smtp,mail,imap,threads").split(",")
    with tempfile.TemporaryDirectory(prefix="threadline-bench-") as name:
        folder = Path(name)
        _make_places(folder)
        with (
            contextlib.closing(RabbitNode(folder / "rabbit")) as node,
            running_postgres(folder / "pg", folder / "runtime", PRODUCTION) as postgres,
        ):
            node.start()
            benches: dict[str, Bench] = {
                "bus": lambda: bench_bus.rows(node, folder),
                "smtp": lambda: bench_smtp.rows(node, folder),
                "mail": bench_mail.rows,
                "imap": lambda: bench_imap.rows(folder),
                "threads": lambda: bench_threads.rows(Place(node, postgres, folder), sizes),
            }
            rows: list[Row] = []
            for title in wanted:
                print(f"measuring {title} ...", file=sys.stderr, flush=True)
                rows += await benches[title]()
        started = bench_start.lines(folder)
    missed = [f"- missed: {row.name}: {row.ratio:.2f} of {row.against}, not {row.least}" for row in rows if row.missed]
    print("\n".join(["", _machine(), "", table(rows), "", *started, *missed]))
    return int(bool(missed))


def _make_places(folder: Path) -> None:
    folder.chmod(0o755)  # servers that drop root must reach their own
    for place in ("pg", "runtime", "rabbit"):
        (folder / place).mkdir()


def _machine() -> str:
    cpu = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    memory = psutil.virtual_memory().total / 2**30
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{psutil.cpu_count()} cores of {cpu}, {memory:.0f} GiB, {system}"


if __name__ == "__main__":
    log.setup({"THREADLINE_LOG_LEVEL": "warning"})
    sys.exit(uvloop.run(main()))  # the loop that services run on
