"""``python -m harness.bench``: what the proxies cost, as ratios measured in one run on one thread.

A ratio is the median over repeats of two times that were taken one after the other, so that a busy machine slows both.
Inputs are noise: no time depends on what the images show.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import torch
import torch.nn.functional as F
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from benchmarks.inputs import load
from benchmarks.nb201 import NB201, cell
from benchmarks.space import sample
from harness import baseline
from harness.files import write_text
from harness.scoring import Item, Setting, one_thread, rows_of, score_item
from harness.store import ScoreStore
from harness.workers import Recorder, score_all
from proxies.activations import ActivationWatch, SampleWisePatterns, on_off
from proxies.evaluation import measured_proxies, shared_probe
from proxies.passes import Watch, seeded
from proxies.proxy import Score

CPU = torch.device("cpu")
STATUS = Path("/proc/self/status")
LARGEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"
MIDDLING = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
# The proxies of the SWAP paper but TE-NAS, which has a measure of its own.
SUITE = (
    *("swap", "swap_reg", "epe_nas", "fisher", "flops", "grad_norm", "grasp", "jacov", "l2_norm", "nwot", "params"),
    *("plain", "snip", "synflow", "zen", "zico"),
)


@dataclass(frozen=True)
class Ratio:
    """How often ``unit`` fits into ``what``; it should be ``at_least`` or ``at_most`` ``bound``."""

    what: str
    unit: str
    ratio: float
    sense: str
    bound: float

    @property
    def kept(self) -> bool:
        """Whether the ratio is within its bound."""
        return self.ratio <= self.bound if self.sense == "at most" else self.ratio >= self.bound


@dataclass(frozen=True)
class Case:
    """A NAS-Bench-201 network for CIFAR-10 and a batch."""

    network: nn.Module
    images: Tensor
    labels: Tensor

    def score(self, names: Sequence[str]) -> None:
        """Score the network with ``names`` in a fresh probe that they share."""
        proxies = measured_proxies(names)
        probe = shared_probe(self.network, self.images, self.labels, proxies)
        for proxy in proxies:
            proxy.measure(probe)

    def loss(self) -> Tensor:
        """Run the network and return its loss, ready for differentiation."""
        return F.cross_entropy(self.network(self.images), self.labels)

    def forward_and_backward(self) -> None:
        """Compute the gradient of the loss by all parameters."""
        torch.autograd.grad(self.loss(), list(self.network.parameters()))

    def forward(self) -> None:
        """Run the network without a graph."""
        with torch.no_grad():
            self.network(self.images)


def case(architecture: str, batch: int) -> Case:
    """Return the network of ``architecture`` with ``batch`` noise images."""
    with seeded(0, CPU):
        network = NB201().build(architecture, "cifar10")
        return Case(network, torch.randn(batch, 3, 32, 32), torch.arange(batch) % 10)


def seconds(work: Callable[[], object]) -> float:
    """Return how long ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ratio(work: Callable[[], object], unit: Callable[[], object], repeats: int) -> float:
    """Return the median ratio of the times of two works, after one run of each to warm up."""
    unit(), work()
    return statistics.median(seconds(work) / seconds(unit) for _ in range(repeats))


def swap_ratios(repeats: int) -> Iterator[Ratio]:
    """Yield what counting patterns and SWAP as a whole cost, on the largest network with 16 images."""
    largest = case(LARGEST, 16)
    outputs: list[Tensor] = []

    class Keeper:
        def add(self, active: Tensor) -> None:
            outputs.append(active)

    with torch.no_grad(), Watch([ActivationWatch(16, [Keeper()])]):
        largest.network(largest.images)

    def packed() -> int:
        patterns = SampleWisePatterns(16, CPU)
        for output in outputs:
            patterns.add(on_off(output))
        return patterns.count()

    def naive() -> int:
        return len(torch.unique(torch.cat(outputs, dim=1).sign().T, dim=0))

    assert packed() == naive()
    yield Ratio("torch.unique(dim=0) on the patterns", "SWAP's count", ratio(naive, packed, 3), "at least", 20)
    swap = ratio(lambda: largest.score(["swap"]), largest.forward, 5 * repeats)
    yield Ratio("SWAP, largest network, batch 16", "forward pass without graph", swap, "at most", 1.3)


def suite_ratios(repeats: int) -> Iterator[Ratio]:
    """Yield what the paper's proxies cost, on the network of 802,426 parameters with 64 images."""
    middling = case(MIDDLING, 64)
    one_pass = middling.forward_and_backward

    def suite() -> None:
        middling.score(SUITE)

    def one_by_one() -> None:
        for name in SUITE:
            middling.score([name])

    unit = "forward + backward, batch 64"
    yield Ratio("the paper's proxies but TE-NAS", unit, ratio(suite, one_pass, repeats), "at most", 8)
    grasp = ratio(lambda: middling.score(["grasp"]), one_pass, repeats)
    yield Ratio("GraSP", unit, grasp, "at most", 3.5)
    yield Ratio("each in a probe of its own", "all in one probe", ratio(one_by_one, suite, repeats), "at least", 1.8)


def te_nas_ratio(repeats: int) -> Iterator[Ratio]:
    """Yield what TE-NAS's two components cost, with 32 images."""
    middling = case(MIDDLING, 32)
    loss, parameters = middling.loss(), list(middling.network.parameters())

    def backward() -> None:
        torch.autograd.grad(loss, parameters, retain_graph=True)

    te_nas = ratio(lambda: middling.score(["te_nas"]), backward, repeats)
    yield Ratio("TE-NAS, batch 32", "backward pass, batch 32", te_nas, "at most", 32 * 1.2)


def baseline_ratios(repeats: int) -> Iterator[Ratio]:
    """Yield how much faster scoring is than what users do today, building and initialising included, batch 16."""
    images, labels = torch.randn(16, 3, 32, 32), torch.arange(16) % 10
    space = NB201()

    def compare(architecture: str, names: tuple[str, ...], times: int) -> float:
        def ours() -> None:
            Case(space.build(architecture, "cifar10"), images, labels).score(names)

        def today() -> None:
            baseline.score(space.build(architecture, "cifar10"), images, labels, names)

        return ratio(today, ours, times)

    some = sample(cell.architectures(), 10 * repeats, seed=0)
    suite = tuple(baseline.PLAIN)
    yield Ratio("SWAP as users do it today, largest network", "SWAP", compare(LARGEST, ("swap",), 3), "at least", 10)
    mean = statistics.mean(compare(architecture, ("swap",), 1) for architecture in some)
    yield Ratio(f"the same, mean of {len(some)} random networks", "SWAP", mean, "at least", 6)
    together = statistics.mean(compare(architecture, suite, 1) for architecture in some[:repeats])
    yield Ratio(f"{', '.join(suite)} as users do them today", "the same in one probe", together, "at least", 2.5)


def worker_ratios(_: int) -> Iterator[Ratio]:
    """Yield what a second worker gains, on 96 random networks, start of the processes included."""
    setting = noise_setting()
    items = [Item(name, 0, ("swap",)) for name in sample(cell.architectures(), 96, seed=0)]

    def run(workers: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            score_all(setting, items, workers, "loky", ScoreStore(Path(folder)))

    def two_threads() -> None:
        for item in items:
            torch.set_num_threads(2)
            score_item(setting, item)
        torch.set_num_threads(1)

    run(2)  # the processes stay, as they do in a long run
    two, one = seconds(lambda: run(2)), seconds(lambda: run(1))
    yield Ratio("one worker, one thread", "two workers, one thread each", one / two, "at least", 1.8)
    yield Ratio("one process, two threads", "two workers, one thread each", seconds(two_threads) / two, "at least", 1)


def growth_ratio(_: int) -> Iterator[Ratio]:
    """Yield how the memory of a process that only writes down scores grows with their number."""
    if not STATUS.exists():
        return
    growth = peak_growth("15625 scores") - peak_growth("1000 scores")
    yield Ratio("memory of the writer, 15,625 scores instead of 1,000", "100 MB", growth / 100, "at most", 1)


def noise_setting() -> Setting:
    """Return the setting of NAS-Bench-201's networks with 16 noise images."""
    space = NB201()
    batch = load("noise", space.tasks["cifar10"], 16, "first", 0, Path())
    return Setting(space, "cifar10", batch, "default", 0, "cpu")


def record(count: int) -> None:
    """Write down made-up scores of ``count`` architectures, chunk by chunk, and read them again."""
    setting, score = noise_setting(), Score(1.0)
    with tempfile.TemporaryDirectory() as folder:
        store = ScoreStore(Path(folder))
        with Recorder(store) as recorder:
            for name in sample(cell.architectures(), count, seed=0):
                recorder.add(
                    rows_of(setting, Item(name, 0, ("swap",)), zip(measured_proxies(["swap"]), [score], strict=True))
                )
        store.read(**setting.key())


def memory_ratio(_: int) -> Iterator[Ratio]:
    """Yield the growth of a process's memory from scoring, as a multiple of that from a forward + backward; on Linux.

    Other systems do not tell the peak of a process apart from that of its parent.
    """
    if STATUS.exists():
        growth = peak_growth("suite") / peak_growth("forward and backward")
        yield Ratio("peak memory of the paper's proxies", "peak memory of forward + backward", growth, "at most", 2)


def peak_growth(what: str) -> float:
    """Return the megabytes by which a fresh process grows at most when it does ``what`` (see `grow`).

    The C library is told to give freed memory back at once, so that the peak is that of the tensors alive rather
    than of the holes between them, which vary from one allocator to another.
    """
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    command = [sys.executable, "-m", "harness.bench", "--grow", what]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def grow(what: str) -> float:
    """Return the megabytes by which this process grows at most when it does ``what``."""
    case(MIDDLING, 2).score(SUITE)  # loads the code
    middling = case(MIDDLING, 64)
    before = peak_megabytes()
    if what.endswith("scores"):
        record(int(what.split()[0]))
        return peak_megabytes() - before
    if what == "suite":
        middling.score(SUITE)
    else:
        middling.forward_and_backward()
    return peak_megabytes() - before


def peak_megabytes() -> float:
    """Return the most memory that this process has held so far."""
    [line] = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) / 1024


MEASURES = (
    *(swap_ratios, suite_ratios, te_nas_ratio, memory_ratio),
    *(baseline_ratios, worker_ratios, growth_ratio),
)


def table(ratios: Sequence[Ratio]) -> Table:
    """Return the ratios as a table for the screen."""
    shown = Table("what", "in units of", "ratio", "should be", "", title="one thread, medians")
    for each in ratios:
        bound = f"{each.sense} {each.bound:g}"
        shown.add_row(each.what, each.unit, f"{each.ratio:.3g}", bound, "yes" if each.kept else "[red]no")
    return shown


def main() -> None:
    """Measure, print a table and write it to a CSV file."""
    parser = argparse.ArgumentParser(prog="python -m harness.bench", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="pairs of times for each ratio")
    parser.add_argument("--output", type=Path, default=Path("results/bench.csv"), help="where to write the ratios")
    parser.add_argument("--grow", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with one_thread():
        if arguments.grow:
            print(grow(arguments.grow))
            return
        found: list[Ratio] = []
        with Console(stderr=True).status("measuring, a few minutes"):
            for measure in MEASURES:
                found += measure(arguments.repeats)
    Console().print(table(found))
    rows = pd.DataFrame([{**asdict(each), "kept": each.kept, "torch": torch.__version__} for each in found])
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    write_text(arguments.output, rows.to_csv(index=False))


if __name__ == "__main__":
    main()
