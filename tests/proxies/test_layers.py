"""Whose weights the proxies read."""

import pytest
import torch
from torch import nn

from proxies import score
from proxies.errors import NotApplicableError
from proxies.layers import layer_names


def test_conv2d_and_linear_layers_count_and_transposed_convolutions_do_not():
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ConvTranspose2d(4, 2, 3), nn.BatchNorm2d(2), nn.Linear(5, 2))
    assert layer_names(network) == ["0.weight", "3.weight"]


def test_a_weight_that_two_layers_share_counts_once():
    network = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    network[1].weight = network[0].weight
    assert layer_names(network) == ["0.weight"]


def test_a_network_without_such_layers_is_told_so():
    with pytest.raises(NotApplicableError, match="l2_norm: the network has no Conv2d and no linear layer"):
        score(nn.ConvTranspose2d(3, 4, 3), torch.zeros(2, 3, 6, 6), names=("l2_norm",))
