import math

import pytest
import torch

from benchmarks.tasks import absolute_error, cross_entropy, soft_cross_entropy, squared_error


def test_soft_cross_entropy_is_that_of_the_formula():
    """Softmax of (log 3, 0) is (3/4, 1/4), of (0, 0) is (1/2, 1/2)."""
    outputs = torch.tensor([[math.log(3), 0.0], [0.0, 0.0]], dtype=torch.float64)
    labels = torch.tensor([[0.25, 0.75], [1.0, 0.0]], dtype=torch.float64)
    first = -(0.25 * math.log(0.75 + 1e-5) + 0.75 * math.log(0.25 + 1e-5))
    second = -math.log(0.5 + 1e-5)
    assert soft_cross_entropy(outputs, labels).item() == pytest.approx((first + second) / 2, rel=1e-12)


def test_soft_cross_entropy_stays_finite_where_a_probability_is_zero():
    loss = soft_cross_entropy(torch.tensor([[200.0, -200.0]]), torch.tensor([[0.0, 1.0]]))
    assert loss.item() == pytest.approx(-math.log(1e-5))


def test_cross_entropy_of_a_map_is_the_mean_over_its_pixels():
    """Two classes, one image of two pixels: their probabilities of being right are 3/4 and 1/2."""
    outputs = torch.tensor([[[[math.log(3), 0.0]], [[0.0, 0.0]]]], dtype=torch.float64)
    assert outputs.shape == (1, 2, 1, 2)
    loss = cross_entropy(outputs, torch.tensor([[[0, 1]]]))
    assert loss.item() == pytest.approx(-(math.log(0.75) + math.log(0.5)) / 2, rel=1e-12)


def test_errors_are_means_over_all_numbers():
    outputs, labels = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 0.0], [0.0, 5.0]])
    assert squared_error(outputs, labels).item() == pytest.approx((0 + 4 + 9 + 1) / 4)
    assert absolute_error(outputs, labels).item() == pytest.approx((0 + 2 + 3 + 1) / 4)
