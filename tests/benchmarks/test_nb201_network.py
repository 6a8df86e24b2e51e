from collections.abc import Iterator

import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.errors import BenchmarkError
from benchmarks.nb201 import NB201, cell
from benchmarks.space import sample

SMALL = NB201(channels=2, cells=1)
CONVOLUTIONS = cell.to_string(cell.genotype(("nor_conv_3x3",) * 6))
NOTHING = cell.to_string(cell.genotype(("none",) * 6))
DISCONNECTED = [
    NOTHING,
    "|none~0|+|none~0|nor_conv_3x3~1|+|none~0|avg_pool_3x3~1|nor_conv_1x1~2|",  # operations on zeros
    "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|none~0|none~1|none~2|",  # all work is thrown away
]


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def naive(architecture: str, weights: Iterator[Tensor], images: Tensor, channels: int, cells: int) -> Tensor:
    """The network written out, with zeros for `none`, fed with the parameters in the order of the layers."""

    def normalise(x: Tensor) -> Tensor:
        return F.batch_norm(x, None, None, next(weights), next(weights), training=True)

    def convolve(x: Tensor, stride: int = 1) -> Tensor:
        kernel = next(weights)
        return F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)

    def operate(name: str, x: Tensor) -> Tensor:
        if name == "none":
            return x * 0
        if name == "skip_connect":
            return x
        if name == "avg_pool_3x3":
            total = F.avg_pool2d(x, 3, stride=1, padding=1, divisor_override=1)
            return total / F.avg_pool2d(torch.ones_like(x), 3, stride=1, padding=1, divisor_override=1)
        return normalise(convolve(F.relu(x)))

    x = normalise(convolve(images))
    for stage in range(3):
        if stage > 0:
            body = normalise(convolve(F.relu(x), stride=2))
            body = normalise(convolve(F.relu(body)))
            x = body + convolve(F.avg_pool2d(x, 2))
        for _ in range(cells):
            nodes = [x]
            for incoming in architecture.split("+"):
                names = [edge.split("~")[0] for edge in incoming.strip("|").split("|")]
                nodes.append(sum(operate(name, node) for name, node in zip(names, nodes, strict=True)))
            x = nodes[-1]
    pooled = F.relu(normalise(x)).mean(dim=(2, 3))
    return F.linear(pooled, next(weights), next(weights))


@settings(max_examples=30, deadline=None)
@given(st.tuples(*[st.sampled_from(cell.OPERATIONS)] * 6).map(lambda edges: cell.to_string(cell.genotype(edges))))
def test_network_computes_what_the_definition_says(architecture):
    torch.manual_seed(0)
    network = SMALL.build(architecture, "imagenet16_120")
    images = torch.randn(4, 3, 16, 16)
    expected = naive(architecture, network.parameters(), images, SMALL.channels, SMALL.cells)
    # Wide enough for rounding that a batch norm over a few equal values amplifies.
    torch.testing.assert_close(network(images), expected, rtol=1e-3, atol=1e-4)


def test_published_example_has_its_parameters_and_multiply_accumulates():
    architecture = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"
    with torch.device("meta"):
        network = NB201().build(architecture, "cifar10")
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, 32, 32))
    assert parameters(network) == 802_426
    assert counter.get_total_flops() // 2 == 113_951_360


def test_built_parameters_equal_the_table(shared_data):
    params = pd.read_csv(shared_data / "tables" / "nb201.csv", index_col="arch")["params"]
    drawn = sample(params.index, 500, seed=0)
    assert [parameters(NB201().build(architecture, "cifar10")) for architecture in drawn] == params[drawn].tolist()


def test_parameters_of_all_cells_equal_the_table(shared_data):
    """An edge adds its operation's parameters wherever it stands: built nets of one edge give those of all cells."""
    table = pd.read_csv(shared_data / "tables" / "nb201.csv")
    base = parameters(NB201().build(NOTHING, "cifar10"))
    total = pd.Series(base, index=table.index)
    for name in cell.OPERATIONS:
        one_edge = NB201().build(NOTHING.replace("none", name, 1), "cifar10")
        total += table["arch"].str.count(name) * (parameters(one_edge) - base)
    assert total.tolist() == table["params"].tolist()


@pytest.mark.parametrize("task", NB201.tasks.values(), ids=lambda task: task.name)
def test_network_fits_its_task(task):
    logits = SMALL.build(CONVOLUTIONS, task.name)(torch.randn(2, *task.image_shape))
    assert logits.shape == (2, task.outputs)


@pytest.mark.parametrize("architecture", DISCONNECTED)
def test_disconnected_cell_runs_forward_and_backward_and_ignores_the_images(architecture):
    network = SMALL.build(architecture, "cifar10")
    logits = network(torch.randn(4, 3, 32, 32))
    logits.square().sum().backward()
    assert torch.equal(logits, logits[:1].expand(4, 10))
    gradient = network.get_submodule("head")[-1].bias.grad
    assert gradient.abs().sum() > 0


def test_last_batch_norm_and_relu_stand_before_pooling():
    head = SMALL.build(NOTHING, "cifar10").get_submodule("head")
    assert [type(layer) for layer in head][:3] == [nn.BatchNorm2d, nn.ReLU, nn.AdaptiveAvgPool2d]


def test_every_convolution_has_its_relu_and_none_has_nothing():
    relus = [
        sum(isinstance(m, nn.ReLU) for m in NB201().build(a, "cifar10").modules()) for a in (CONVOLUTIONS, NOTHING)
    ]
    residual_blocks, last = 2 * 2, 1
    assert relus == [15 * 6 + residual_blocks + last, residual_blocks + last]


def test_initialisation_follows_torchs_seed():
    def weights(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return nn.utils.parameters_to_vector(SMALL.build(CONVOLUTIONS, "cifar10").parameters())

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_options_without_a_network_are_refused():
    with pytest.raises(BenchmarkError, match="at least 1, got 0, 5"):
        NB201(channels=0)
