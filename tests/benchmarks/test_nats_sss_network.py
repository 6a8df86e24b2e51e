from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from benchmarks.errors import BenchmarkError
from benchmarks.nats_sss import NatsSizes, channels
from benchmarks.nb201 import NB201
from benchmarks.space import sample

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|"
TASKS = NatsSizes.tasks.values()


def parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def counted(sizes: Mapping[int, np.ndarray], classes: int) -> np.ndarray:
    """Number of parameters by the description of the network, for arrays of the five channel counts."""

    def convolution(kernel: int, inputs: np.ndarray | int, outputs: np.ndarray) -> np.ndarray:
        return kernel**2 * inputs * outputs + 2 * outputs  # and its batch norm

    def cell(inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        skip = np.where(inputs == outputs, 0, convolution(1, inputs, outputs))
        return 2 * convolution(3, inputs, outputs) + 3 * convolution(3, outputs, outputs) + skip

    def residual_block(inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        return convolution(3, inputs, outputs) + convolution(3, outputs, outputs) + inputs * outputs

    blocks = cell(sizes[0], sizes[0]) + residual_block(sizes[0], sizes[1]) + cell(sizes[1], sizes[2])
    blocks += residual_block(sizes[2], sizes[3]) + cell(sizes[3], sizes[4])
    return convolution(3, 3, sizes[0]) + blocks + 2 * sizes[4] + (sizes[4] + 1) * classes


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_parameters_of_all_sizes_and_of_300_built_networks_equal_the_table(shared_data, task):
    params = pd.read_csv(shared_data / "tables" / "nats_sss.csv", index_col="arch")[f"{task.name}_params"]
    assert sorted(params.index) == sorted(channels.architectures())
    sizes = params.index.str.split(":", expand=True).to_frame(index=False).astype(int)
    assert np.array_equal(counted({i: sizes[i].to_numpy() for i in range(5)}, task.outputs), params)
    drawn = sample(params.index, 300, seed=0)
    with torch.device("meta"):
        built = [parameters(NatsSizes().build(architecture, task.name)) for architecture in drawn]
    assert built == params[drawn].tolist()


@pytest.mark.parametrize("first", [8, 16])
def test_network_whose_residual_blocks_double_the_channels_is_that_of_nas_bench_201(first):
    network = NatsSizes().build(f"{first}:{2 * first}:{2 * first}:{4 * first}:{4 * first}", "cifar10")
    relative = NB201(channels=first, cells=1).build(CELL, "cifar10")
    with torch.no_grad():
        for ours, theirs in zip(network.parameters(), relative.parameters(), strict=True):
            theirs.copy_(ours)
    images = torch.randn(4, 3, 32, 32)
    torch.testing.assert_close(network(images), relative(images))


@pytest.mark.parametrize("architecture", ["8:8:8:8:8", "8:64:8:64:8", "64:8:64:8:64"])
def test_widening_and_narrowing_networks_run_forward_and_backward(architecture):
    network = NatsSizes().build(architecture, "imagenet16_120")
    logits = network(torch.randn(2, 3, 16, 16))
    assert logits.shape == (2, 120)
    logits.square().sum().backward()
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_network_fits_its_task(task):
    assert NatsSizes().build("8:16:24:32:40", task.name)(torch.randn(2, *task.image_shape)).shape == (2, task.outputs)


def test_space_has_32768_sizes_and_parsing_inverts_writing():
    architectures = channels.architectures()
    assert len(set(architectures)) == 32_768
    assert all(channels.to_string(channels.parse(architecture)) == architecture for architecture in architectures)


@pytest.mark.parametrize(
    "text", ["", "8:8:8:8", "8:8:8:8:8:8", "8:8:8:8:12", "8:8:8:8:08", "8:8:8:8:8\n", "8:8:8:8:-8"]
)
def test_text_that_is_no_size_is_refused(text):
    with pytest.raises(BenchmarkError, match="is not a NATS-Bench size, which reads c1:c2:c3:c4:c5"):
        NatsSizes().build(text, "cifar10")
