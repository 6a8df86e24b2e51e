"""What scoring needs of memory; on Linux, as other systems do not tell a process's peak apart from its parent's."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from harness.bench.cases import LARGEST, MIDDLING, SUITE, Case, case
from harness.bench.row import Row
from harness.bench.scaling import score_tiny
from harness.scoring import one_thread

STATUS = Path("/proc/self/status")
# Tells the C library to give freed memory back at once, so that a peak is that of the tensors alive rather than of the
# holes between them, which vary from one allocator to another.
TIGHT = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
WORKS: Mapping[str, tuple[str, int, Callable[[Case], None]]] = {
    "forward and backward": (MIDDLING, 64, Case.forward_and_backward),
    "suite": (MIDDLING, 64, lambda middling: middling.score(SUITE)),
    "swap": (LARGEST, 16, lambda largest: largest.score(["swap"])),
    "1000 tiny": (MIDDLING, 2, lambda _: score_tiny(1_000)),
    "15625 tiny": (MIDDLING, 2, lambda _: score_tiny(15_625)),
}


def memory_rows(_: int) -> Iterator[Row]:
    """Yield what the proxies add to a pass, what a worker holds in all, and how the writer grows with the scores."""
    if not STATUS.exists():
        return
    (suite_before, suite), (pass_before, one_pass) = peak("suite", TIGHT), peak("forward and backward", TIGHT)
    ratio = (suite - suite_before) / (one_pass - pass_before)
    yield Row("peak memory of the paper's proxies", "peak memory of forward + backward", ratio, "at most", 2)
    yield Row("a worker with SWAP, largest network, batch 16", "GB", peak("swap")[1] / 1000, "at most", 1.5)
    yield Row("a worker with the paper's proxies, batch 64", "GB", peak("suite")[1] / 1000, "at most", 1.5)
    writer = peak("15625 tiny")[1] - peak("1000 tiny")[1]
    yield Row("the writer, 15,625 networks instead of 1,000", "100 MB more", writer / 100, "at most", 1)


def peak(work: str, environment: Mapping[str, str] = MappingProxyType({})) -> tuple[float, float]:
    """Return the megabytes that a fresh process holds at most before it does ``work``, and until it is done."""
    command = [sys.executable, "-m", "harness.bench.memory", work]
    told = subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    before, whole = map(float, told.split())
    return before, whole


def most_megabytes() -> float:
    """Return the most memory that this process has held so far, in units of 10^6 bytes."""
    [line] = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1e6  # told in units of 1,024 bytes


def main(work: str) -> None:
    """Do ``work`` and print what `peak` reads."""
    architecture, batch, run = WORKS[work]
    with one_thread():
        case(MIDDLING, 2).score(SUITE)  # loads the code
        network = case(architecture, batch)
        before = most_megabytes()
        run(network)
    print(before, most_megabytes())


if __name__ == "__main__":
    main(sys.argv[1])
