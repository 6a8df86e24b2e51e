"""The functions that stand in for torch's while gradients are differentiated again."""

from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F

from proxies.batch_norm import BatchNorm
from proxies.twice_differentiable import TwiceDifferentiable

SHAPES = [(5, 3), (4, 3, 6), (4, 3, 5, 5)]
EPSILON = 1e-3


def tensors(shape, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    x, gamma, beta, cotangent = (
        torch.randn(size, generator=generator, dtype=torch.float64).to(dtype) for size in (shape, 3, 3, shape)
    )
    return x.requires_grad_(), gamma.requires_grad_(), beta.requires_grad_(), cotangent


def torchs(x, gamma, beta):
    return F.batch_norm(x, None, None, gamma, beta, training=True, eps=EPSILON)


def ours(x, gamma, beta):
    with TwiceDifferentiable():
        return torchs(x, gamma, beta)


@pytest.mark.parametrize("shape", SHAPES)
def test_value_and_gradient_are_torchs_bit_for_bit(shape):
    x, gamma, beta, cotangent = tensors(shape, torch.float32)
    results = []
    for norm in (ours, torchs):
        y = norm(x, gamma, beta)
        results.append([y, *torch.autograd.grad((y * cotangent).sum(), [x, gamma, beta])])
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("affine", [True, False])
def test_second_derivatives_are_torchs(shape, affine):
    x, gamma, beta, cotangent = tensors(shape)
    parameters = (gamma, beta) if affine else (None, None)
    results = []
    for norm in (ours, torchs):
        loss = (norm(x, *parameters).sin() * cotangent).sum()
        (gradient,) = torch.autograd.grad(loss, x, create_graph=True)
        results.append(torch.autograd.grad((gradient * cotangent.cos()).sum(), x)[0])
    assert torch.allclose(*results, rtol=1e-11, atol=1e-13)


def test_the_gradient_is_that_of_the_value():
    x, gamma, beta, _ = tensors((4, 3, 3, 2))
    assert torch.autograd.gradcheck(lambda *values: BatchNorm.apply(*values, EPSILON), (x, gamma, beta))


def test_batch_norm_in_eval_mode_is_left_alone():
    x, gamma, beta, _ = tensors((4, 3))
    mean, variance = torch.zeros(3).double(), torch.full((3,), 4.0).double()
    with TwiceDifferentiable():
        assert torch.allclose(F.batch_norm(x, mean, variance, gamma, beta, eps=0.0), x / 2 * gamma + beta)


POOLINGS = [
    {"kernel_size": 2},
    {"kernel_size": (3, 2), "stride": (1, 2), "padding": 1},
    {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False},
    {"kernel_size": 3, "stride": 1, "divisor_override": 4},
]


@pytest.mark.parametrize("windows", POOLINGS)
@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_average_pooling_is_torchs(windows, memory_format):
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 7, 6, generator=draws).to(memory_format=memory_format).requires_grad_()
    results = []
    for mode in (nullcontext(), TwiceDifferentiable()):
        with mode:
            y = F.avg_pool2d(x, **windows)
        (gradient,) = torch.autograd.grad(y.sin().sum(), x, create_graph=True)
        second = torch.autograd.grad((gradient * x.detach().cos()).sum(), x)[0]
        results.append([y, gradient, second, torch.tensor([y.stride(), gradient.stride()])])
    assert all(torch.equal(a, b) for a, b in zip(*results, strict=True))


def test_average_pooling_keeps_no_feature_map():
    x = torch.randn(1, 2, 6, 6, requires_grad=True)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(kept.append, lambda it: it), TwiceDifferentiable():
        F.avg_pool2d(x, 2)
    assert not kept
