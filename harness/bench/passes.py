"""What the proxies cost, in passes through the network."""

from collections.abc import Iterator

import torch
from torch import Tensor

from harness.bench.cases import CPU, LARGEST, MIDDLING, SUITE, case, ratio
from harness.bench.row import Row
from proxies.activations import ActivationWatch, on_off
from proxies.initialisation import draw_parameters
from proxies.passes import Watch
from proxies.patterns import SampleWisePatterns


def swap_rows(repeats: int) -> Iterator[Row]:
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
    yield Row("torch.unique(dim=0) on the patterns", "SWAP's count", ratio(naive, packed, 3), "at least", 20)
    swap = ratio(lambda: largest.score(["swap"]), largest.forward, 5 * repeats)
    yield Row("SWAP, largest network, batch 16", "forward pass without graph", swap, "at most", 1.3)


def suite_rows(repeats: int) -> Iterator[Row]:
    """Yield what the paper's proxies cost, on the network of 802,426 parameters with 64 images."""
    middling = case(MIDDLING, 64)
    one_pass = middling.forward_and_backward

    def suite() -> None:
        middling.score(SUITE)

    def one_by_one() -> None:
        for name in SUITE:
            middling.score([name])

    unit = "forward + backward, batch 64"
    yield Row("the paper's proxies but TE-NAS", unit, ratio(suite, one_pass, repeats), "at most", 8)
    grasp = ratio(lambda: middling.score(["grasp"]), one_pass, repeats)
    yield Row("GraSP", unit, grasp, "at most", 3.5)
    yield Row("each in a probe of its own", "all in one probe", ratio(one_by_one, suite, repeats), "at least", 1.8)


def te_nas_rows(repeats: int) -> Iterator[Row]:
    """Yield what TE-NAS's two components cost, with 32 images."""
    middling = case(MIDDLING, 32)
    loss, parameters = middling.loss(), list(middling.network.parameters())

    def backward() -> None:
        torch.autograd.grad(loss, parameters, retain_graph=True)

    te_nas = ratio(lambda: middling.score(["te_nas"]), backward, repeats)
    yield Row("TE-NAS, batch 32", "backward pass, batch 32", te_nas, "at most", 32 * 1.2)


def repeat_rows(repeats: int) -> Iterator[Row]:
    """Yield what it would bring to run four initialisations at once by ``torch.vmap``; they are run one by one."""
    small = case(MIDDLING, 16)
    draws = torch.Generator().manual_seed(0)
    weights = [draw_parameters(small.network, "kaiming_fan_in", draws) for _ in range(4)]
    stacked = {name: torch.stack([each[name] for each in weights]) for name in weights[0]}

    def run(parameters: dict[str, Tensor]) -> Tensor:
        return torch.func.functional_call(small.network, parameters, (small.images,))

    def one_by_one() -> None:
        for each in weights:
            run(each)

    small.network.eval()  # vmap refuses the running statistics of train mode
    with torch.no_grad():
        at_once = ratio(lambda: torch.vmap(run)(stacked), one_by_one, repeats)
    yield Row("four initialisations at once, batch 16", "one after the other", at_once)
