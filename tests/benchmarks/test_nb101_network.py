import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy

import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings
from nasbench_pytorch.model import Network
from nb101_cells import cells
from torch import Tensor, nn
from torch.func import functional_call

from benchmarks.errors import BenchmarkError
from benchmarks.nb101 import NB101, cell
from benchmarks.space import sample

SMALL = NB101(channels=7, cells=1)
INCEPTION = (
    "111010000010001100011:input,conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3,output"
)
SMALLEST = "1:input,output"
POOLING = "101:input,maxpool3x3,output"
UNEVEN = (  # three vertices feed the output, so that 7 channels are split 3, 2, 2 and one is cut on the way
    "101100010100101:input,conv1x1-bn-relu,conv3x3-bn-relu,maxpool3x3,conv1x1-bn-relu,output"
)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.fixture
def undrawn(monkeypatch):
    """Leave the weights undrawn, which takes most of the time of a build, for who only wants to count."""
    for kind in (nn.Conv2d, nn.BatchNorm2d, nn.Linear):
        monkeypatch.setattr(kind, "reset_parameters", lambda layer: None)
    monkeypatch.setattr(Network, "_initialize_weights", lambda network: None)


def naive(architecture: str, weights: Iterator[Tensor], images: Tensor, channels: int, count: int) -> Tensor:
    """The network written out, fed with its parameters: of a cell first the vertices', then the projections'."""

    def convolution() -> tuple[Tensor, Tensor, Tensor]:
        return next(weights), next(weights), next(weights)

    def apply(layer: tuple[Tensor, Tensor, Tensor], x: Tensor) -> Tensor:
        kernel, scale, shift = layer
        x = F.conv2d(x, kernel, padding=kernel.shape[-1] // 2)
        return F.relu(F.batch_norm(x, None, None, scale, shift, training=True))

    parsed = cell.parse(architecture)
    edge, output = parsed.matrix, len(parsed.matrix) - 1
    inner = range(1, output)

    def widths(total: int) -> dict[int, int]:
        """Channels of the inner vertices: a share of the output's, or as many as the widest that they lead to."""
        feeding = [v for v in inner if edge[v][output]]
        width = {v: total // len(feeding) + (i < total % len(feeding)) for i, v in enumerate(feeding)}
        for v in reversed(inner):
            if v not in width:
                width[v] = max(width[w] for w in inner if edge[v][w])
        return width

    x = apply(convolution(), images)
    for stack in range(3):
        if stack > 0:
            x = F.max_pool2d(x, 2)
            channels *= 2
        for _ in range(count):
            operation = {v: convolution() for v in inner if parsed.operations[v].startswith("conv")}
            projection = {v: convolution() for v in (*inner, output) if edge[0][v]}
            width = widths(channels) if output > 1 else {}
            value = {}
            for v in inner:
                terms = [value[u][:, : width[v]] for u in range(1, v) if edge[u][v]]
                terms += [apply(projection[v], x)] if v in projection else []
                total = sum(terms)
                value[v] = apply(operation[v], total) if v in operation else F.max_pool2d(total, 3, 1, padding=1)
            concatenated = [torch.cat([value[v] for v in inner if edge[v][output]], dim=1)] if output > 1 else []
            x = sum(concatenated + ([apply(projection[output], x)] if output in projection else []))
    return F.linear(x.mean(dim=(2, 3)), next(weights), next(weights))


@settings(max_examples=30, deadline=None)
@given(cells())
@example(UNEVEN)
@example(INCEPTION)
@example(SMALLEST)
def test_network_computes_what_the_definition_says(architecture):
    torch.manual_seed(0)
    network = SMALL.build(architecture, "cifar10")
    images = torch.randn(4, 3, 8, 8)
    expected = naive(architecture, network.parameters(), images, SMALL.channels, SMALL.cells)
    # Wide enough for rounding that a batch norm over a few equal values amplifies.
    torch.testing.assert_close(network(images), expected, rtol=1e-3, atol=1e-4)


def test_inception_like_cell_has_its_published_parameters():
    assert parameters(NB101().build(INCEPTION, "cifar10")) == 2_694_282


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_built_parameters_equal_the_table(shared_data):
    table = pd.read_csv(shared_data / "tables" / "nb101_sample.csv", dtype={"adjacency_upper": str})
    params = table.set_index(table["adjacency_upper"] + ":" + table["ops"])["params"]
    drawn = sample(params.index, 1000, seed=0)
    assert [parameters(NB101().build(architecture, "cifar10")) for architecture in drawn] == params[drawn].tolist()


@pytest.mark.parametrize("architecture", [SMALLEST, POOLING, UNEVEN, INCEPTION])
def test_every_parameter_takes_part_to_the_second_derivative(architecture):
    """Nothing is left of the placeholders, and nothing is computed in place that a derivative needs."""
    network = SMALL.build(architecture, "cifar10")
    weights = list(network.parameters())
    loss = network(torch.randn(4, 3, 8, 8)).square().sum()
    gradients = torch.autograd.grad(loss, weights, create_graph=True)
    sum(gradient.square().sum() for gradient in gradients).backward()
    assert all(weight.numel() > 0 and torch.isfinite(weight.grad).all() for weight in weights)


def test_network_can_be_run_with_other_weights_and_be_copied():
    network = SMALL.build("111:input,maxpool3x3,output", "cifar10")
    images = torch.randn(4, 3, 8, 8)
    own = dict(network.named_parameters())
    outputs = network(images)
    zeros = functional_call(network, {name: torch.zeros_like(weight) for name, weight in own.items()}, (images,))
    assert not zeros.any()
    assert all(weight is own[name] for name, weight in network.named_parameters())
    copy = deepcopy(network)
    torch.testing.assert_close(copy(images), outputs)
    with torch.no_grad():
        for weight in copy.parameters():
            weight.zero_()
    assert not copy(images).any()
    torch.testing.assert_close(network(images), outputs)


def test_batch_norm_keeps_the_share_of_its_past_that_it_kept_in_training():
    network = SMALL.build(INCEPTION, "cifar10")
    momenta = [module.momentum for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert momenta == pytest.approx([0.003] * len(momenta))


def test_weights_are_drawn_as_for_training_and_follow_torchs_seed():
    def kernel(seed: int) -> Tensor:
        torch.manual_seed(seed)
        network = NB101(channels=128, cells=1).build(INCEPTION, "cifar10")
        kernels = [module.weight for module in network.modules() if isinstance(module, nn.Conv2d)]
        return max(kernels, key=torch.numel)

    first = kernel(0)
    assert first.std().item() == pytest.approx(first[0].numel() ** -0.5, rel=0.01)  # 1 / √fan-in
    assert torch.equal(first, kernel(0))
    assert not torch.equal(first, kernel(1))


def test_torchvision_is_never_imported():
    code = "import sys; sys.modules['torchvision'] = None; import benchmarks.nb101"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("options", [{"channels": 4}, {"cells": 0}])
def test_options_without_a_network_are_refused(options):
    with pytest.raises(BenchmarkError, match="at least 5 channels"):
        NB101(**options)
