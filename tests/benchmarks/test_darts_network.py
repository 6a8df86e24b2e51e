from collections.abc import Iterator

import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from darts_cells import EXAMPLE, GENOTYPES
from hypothesis import example, given, settings
from torch import Tensor, nn

from benchmarks.darts import DARTS, genotype
from benchmarks.darts.genotype import Genotype
from benchmarks.errors import BenchmarkError

TINY = DARTS()
FULL = DARTS(network="full", channels=2, layers=5)
NOTHING = Genotype(*((((("none", 0), ("none", 1)),) * 4,) * 2))
HANGING = Genotype(*[((("none", 0), ("none", 0)),) + ((("sep_conv_3x3", 2), ("max_pool_3x3", 2)),) * 3] * 2)


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def written(text: str) -> genotype.Cell:
    words = text.split()
    edges = [(name, int(source)) for name, source in zip(words[::2], words[1::2], strict=True)]
    return tuple(zip(edges[::2], edges[1::2], strict=True))


def naive(cells: Genotype, weights: Iterator[Tensor], images: Tensor, layers: int, stem: bool) -> Tensor:
    """The network written out, with zeros for `none`, fed with the parameters in the order of the layers."""

    def normalise(x: Tensor) -> Tensor:
        return F.batch_norm(x, None, None, next(weights), next(weights), training=True)

    def project(x: Tensor) -> Tensor:
        return normalise(F.conv2d(F.relu(x), next(weights)))

    def halve(x: Tensor) -> Tensor:
        x = F.relu(x)
        even, odd = x[:, :, ::2, ::2], x[:, :, 1::2, 1::2]
        return normalise(torch.cat([F.conv2d(even, next(weights)), F.conv2d(odd, next(weights))], dim=1))

    def convolve(x: Tensor, size: int, stride: int, dilation: int) -> Tensor:
        each = next(weights)
        assert each.shape[-1] == size
        # As much padding on every side as leaves the size alone at stride 1, of which every second pixel is kept.
        x = F.conv2d(F.relu(x), each, padding="same", dilation=dilation, groups=len(each))
        return normalise(F.conv2d(x[:, :, ::stride, ::stride], next(weights)))

    def operate(name: str, x: Tensor, stride: int) -> Tensor:
        if name == "none":
            return 0 * x[:, :, ::stride, ::stride]
        if name == "skip_connect":
            return halve(x) if stride == 2 else x
        if name == "max_pool_3x3":
            return F.max_pool2d(x, 3, 1, padding=1)[:, :, ::stride, ::stride]
        if name == "avg_pool_3x3":
            total, count = (F.avg_pool2d(y, 3, 1, padding=1) for y in (x, torch.ones_like(x)))
            return (total / count)[:, :, ::stride, ::stride]
        kind, size = name.split("_conv_")
        if kind == "dil":
            return convolve(x, int(size[0]), stride, dilation=2)
        return convolve(convolve(x, int(size[0]), stride, dilation=1), int(size[0]), 1, dilation=1)

    x = normalise(F.conv2d(images, next(weights), padding=1)) if stem else images
    outputs, reduced = [x, x], False
    for layer in range(layers):
        reducing = layer in {layers // 3, 2 * layers // 3}
        before = halve(outputs[-2]) if reduced else project(outputs[-2])
        nodes = [before, project(outputs[-1])]
        for edges in cells.reduction if reducing else cells.normal:
            nodes.append(sum(operate(name, nodes[i], 2 if reducing and i < 2 else 1) for name, i in edges))
        outputs.append(torch.cat(nodes[2:], dim=1))
        reduced = reducing
    return F.linear(outputs[-1].mean(dim=(2, 3)), next(weights), next(weights))


@pytest.mark.parametrize(("space", "layers"), [(TINY, 1), (FULL, 5)], ids=["tiny", "full"])
@settings(max_examples=15, deadline=None)
@given(cells=GENOTYPES)
@example(cells=NOTHING)
@example(cells=HANGING)
def test_network_computes_what_the_definition_says(space, layers, cells):
    torch.manual_seed(0)
    network = space.build(genotype.to_string(cells), "cifar10")
    images = torch.randn(4, 3, 16, 16)
    expected = naive(cells, network.parameters(), images, layers, stem=space is FULL)
    # Wide enough for rounding that a batch norm over a few equal values amplifies.
    torch.testing.assert_close(network(images), expected, rtol=1e-3, atol=1e-4)


def test_tiny_networks_have_the_known_parameters(shared_data):
    first = pd.read_csv(shared_data / "tables" / "darts_1000.csv")["genotype"][:3]
    assert [parameters(TINY.build(text, "cifar10")) for text in first] == [1_906, 2_110, 1_354]


def test_full_network_has_the_sizes_that_the_field_knows():
    """DARTS' second-order cells have 3.3 M parameters with 36 channels and 20 cells (arXiv 1806.09055, table 1)."""
    normal = "sep_conv_3x3 0 sep_conv_3x3 1 sep_conv_3x3 0 sep_conv_3x3 1 sep_conv_3x3 1 skip_connect 0 skip_connect 0"
    reduction = (
        "max_pool_3x3 0 max_pool_3x3 1 skip_connect 2 max_pool_3x3 1 max_pool_3x3 0 skip_connect 2 skip_connect 2"
    )
    cells = Genotype(*(written(text) for text in (f"{normal} dil_conv_3x3 2", f"{reduction} max_pool_3x3 1")))
    space = DARTS(network="full", channels=36, layers=20)
    assert round(parameters(space.build(genotype.to_string(cells), "cifar10")) / 1e6, 1) == 3.3


@pytest.mark.parametrize("space", [TINY, FULL, DARTS("full", 2, 1), DARTS("full", 2, 2)], ids=str)
@pytest.mark.parametrize("cells", [NOTHING, HANGING], ids=["nothing", "hanging"])
def test_disconnected_cell_runs_forward_and_backward(space, cells):
    network = space.build(genotype.to_string(cells), "cifar10")
    logits = network(torch.randn(4, 3, 32, 32))
    logits.square().sum().backward()
    assert torch.equal(logits, logits[:1].expand(4, 10))
    assert network.head[-1].bias.grad.abs().sum() > 0


def test_initialisation_follows_torchs_seed():
    def weights(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return nn.utils.parameters_to_vector(TINY.build(EXAMPLE, "cifar10").parameters())

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


def test_options_are_those_of_the_network_at_hand():
    assert TINY.options() == {"network": "tiny"}
    assert FULL.options() == {"network": "full", "channels": 2, "layers": 5}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"network": "large"}, "no network 'large'; known: tiny, full"),
        ({"network": "full", "layers": 0}, "at least 1, got 16, 0"),
        ({"channels": 36}, "choose network=full"),
    ],
)
def test_options_without_a_network_are_refused(options, told):
    with pytest.raises(BenchmarkError, match=told):
        DARTS(**options)
