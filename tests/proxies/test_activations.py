"""Every way in which a network can apply a ReLU is seen, and what SWAP and NWOT make of it."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from proxies import PROXIES, score
from proxies.errors import NotApplicableError
from proxies.probe import Probe

ACTIVATIONS = [
    nn.ReLU(),
    nn.ReLU(inplace=True),
    nn.ReLU6(),
    nn.LeakyReLU(),
    nn.PReLU(),
    nn.RReLU(),
    nn.ELU(),
    nn.CELU(),
    nn.SELU(),
    nn.GELU(),
    nn.GELU(approximate="tanh"),
    nn.SiLU(),
    nn.Mish(),
    nn.Hardswish(),
]


@pytest.mark.parametrize("activation", ACTIVATIONS, ids=repr)
def test_every_activation_has_the_pattern_of_relu(activation):
    network = nn.Sequential(nn.Linear(6, 50), nn.ReLU())
    images = torch.randn(8, 6, generator=torch.Generator().manual_seed(0))
    expected = score(network, images)["swap"]
    network[1] = activation
    assert score(network, images)["swap"] == expected == naive_swap(network[0](images) > 0)


class Calls(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, inputs):
        return self.function(inputs)


FUNCTIONS = {
    "F.relu": F.relu,
    "F.relu in place": lambda x: F.relu(x, inplace=True),
    "F.relu_": F.relu_,
    "torch.relu": torch.relu,
    "torch.relu_": torch.relu_,
    "Tensor.relu": lambda x: x.relu(),
    "Tensor.relu_": lambda x: x.relu_(),
    "spoiled afterwards": lambda x: torch.relu(x).neg_(),
    "transposed": lambda x: torch.relu(x.transpose(1, 3)),
    "every other": lambda x: torch.relu(x[..., ::2]),
    "expanded": lambda x: torch.relu(x[:, :1].expand(-1, 3, -1, -1)),
    "channels last": lambda x: torch.relu(x.contiguous(memory_format=torch.channels_last)),
    "batch last in memory": lambda x: torch.relu(x.permute(1, 2, 3, 0).contiguous().permute(3, 0, 1, 2)),
    "one number a sample": lambda x: torch.relu(x[:, 0, 0, 0]),
    "half precision": lambda x: torch.relu(x.bfloat16()),
}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_every_way_to_apply_a_relu_is_seen(function):
    images = torch.randn(8, 3, 5, 6, generator=torch.Generator().manual_seed(0))
    seen = []
    naive = Calls(lambda x: seen.append(function(x)))
    naive(images.clone())
    on = (seen[0] < 0) if function is FUNCTIONS["spoiled afterwards"] else (seen[0] > 0)
    assert score(Calls(function), images)["swap"] == naive_swap(on)


def naive_swap(on):
    return torch.unique(on.reshape(len(on), -1).T, dim=0).shape[0]


@pytest.mark.parametrize("samples", [1, 16, 63, 64, 65, 128])
def test_swap_of_a_network_is_the_naive_count_for_any_batch(samples):
    network = nn.Sequential(nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 4, 3), nn.ReLU(inplace=True))
    images = torch.randn(samples, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    first = network[:2](images)
    second = network[3](F.relu(first))
    on = torch.cat([(part > 0).flatten(1) for part in (first, second)], dim=1)
    assert score(network, images)["swap"] == naive_swap(on)


def test_counts_stay_exact_under_autocast():
    network = nn.Sequential(nn.Conv2d(3, 40, 3), nn.ReLU())
    images = torch.randn(20, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert score(network, images)["swap"] == naive_swap(network(images) > 0)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 100), st.floats(0.01, 100))
def test_swap_is_invariant_to_positive_scaling_before_batch_norm(seed, scale):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5, eps=1e-12), nn.ReLU()).double()
        images = torch.randn(6, 3, 7, 7).double()
    before = score(network, images)["swap"]
    with torch.no_grad():
        network[0].weight.mul_(2 ** round(np.log2(scale)))  # a power of two scales without rounding
        network[0].bias.mul_(2 ** round(np.log2(scale)))
    assert score(network, images)["swap"] == before


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(7)))
def test_swap_and_nwot_of_a_network_do_not_depend_on_the_order_of_samples(order):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU()).double()
        images = torch.randn(7, 3, 7, 7).double()
    before = score(network, images, names=("swap", "nwot"))
    after = score(network, images[list(order)], names=("swap", "nwot"))
    assert after["swap"] == before["swap"]
    assert after["nwot"] == pytest.approx(before["nwot"], rel=1e-12)


@pytest.mark.parametrize("name", ["swap", "nwot"])
def test_a_network_without_activations_is_told_so(name):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sigmoid(), nn.Flatten(), nn.Linear(64, 2))
    with pytest.raises(NotApplicableError, match=f"{name}: .*no ReLU-like activation"):
        score(network, torch.randn(3, 3, 6, 6), names=(name,))


def test_an_activation_that_mixes_samples_is_told_so():
    with pytest.raises(NotApplicableError, match=r"shape \(5,\) is not made of 3 samples"):
        score(Calls(lambda x: torch.relu(x.flatten()[:5])), torch.randn(3, 3, 6, 6))


def test_nwot_of_samples_with_the_same_code_is_undefined():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 30), nn.ReLU())
    images = torch.randn(3, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    same = torch.cat([images, images[:1]])
    result = PROXIES["nwot"].measure(Probe(network, same))
    assert result.status == "degenerate"
    assert "alike" in result.reason


@pytest.mark.parametrize("samples", [64, 128])
def test_nwot_tells_one_neuron_of_difference_from_none(samples):
    """Two samples that differ in one of 100,000 neurons still give a regular kernel."""
    generator = torch.Generator().manual_seed(0)
    active = (torch.rand(samples, 100_000, generator=generator) > 0.5).float()
    active[1] = active[0]
    for flipped, status in ((False, "degenerate"), (True, "ok")):
        if flipped:
            active[1, 7] = 1 - active[1, 7]
        network = Calls(lambda x: torch.relu(x))
        result = PROXIES["nwot"].measure(Probe(network, active - 0.5))
        assert result.status == status
