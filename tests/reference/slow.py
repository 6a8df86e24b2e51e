"""The proxies as their formulas read: plain loops over samples, layers and pairs; nothing shared, nothing fast.

Each function takes a `Problem` and returns the score, or nan where it does not exist. Nothing of `proxies` is used.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from reference.problems import Problem
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

NAN = math.nan


class Activations(TorchDispatchMode):
    """Collects what the activations put out, one layer below the functions that `proxies` watches."""

    NAMES = ("relu", "gelu", "silu", "hardtanh", "hardswish", "leaky_relu")

    def __init__(self, samples):
        super().__init__()
        self.samples = samples
        self.on = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        output = function(*args, **(kwargs or {}))
        name = function.overloadpacket.__name__
        if name.rstrip("_") in self.NAMES:
            self.on.append((output > 0).reshape(self.samples, -1).clone())
        return output


def patterns(problem: Problem):
    """[S, V] booleans: every scalar that an activation puts out for each sample."""
    samples = len(problem.images)
    with torch.no_grad(), Activations(samples) as seen:
        problem.network().train()(problem.images)
    return torch.cat(seen.on, dim=1)


def layers(network):
    """Convolution and linear layers by the identity of their weight."""
    found = {}
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            found.setdefault(id(module.weight), module)
    return list(found.values())


def loss_gradients(problem: Problem):
    """(weight, gradient) of each layer; zeros where there is none."""
    network = problem.network().train().requires_grad_()
    problem.loss(network(problem.images), problem.labels).backward()
    return [
        (layer.weight.detach(), torch.zeros_like(layer.weight) if layer.weight.grad is None else layer.weight.grad)
        for layer in layers(network)
    ]


def nan_if_unreached(pairs, value):
    return value if any(gradient.abs().sum() > 0 for _, gradient in pairs) else NAN


def swap(problem):
    return torch.unique(patterns(problem).T, dim=0).shape[0]


def standard_patterns(problem):
    return torch.unique(patterns(problem), dim=0).shape[0]


def nwot(problem):
    codes = patterns(problem).tolist()
    kernel = [[sum(a == b for a, b in zip(i, j, strict=True)) for j in codes] for i in codes]
    if np.linalg.matrix_rank(np.array(kernel, dtype=float)) < len(codes):
        return NAN
    return np.linalg.slogdet(np.array(kernel, dtype=float))[1]


def params(problem):
    return sum(math.prod(p.shape) for p in set(problem.network().parameters()) if p.requires_grad)


def flops(problem):
    """Output positions times inputs of each, by hooks on the layers."""
    counts = []

    def count(layer, inputs, output):
        counts.append(output[0].numel() * layer.weight[0].numel())

    network = problem.network().train()
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    network(problem.images)
    return sum(counts)


def l2_norm(problem):
    return sum(math.sqrt(sum(w * w for w in layer.weight.flatten().tolist())) for layer in layers(problem.network()))


def grad_norm(problem):
    pairs = loss_gradients(problem)
    norms = [math.sqrt(sum(g * g for g in gradient.flatten().tolist())) for _, gradient in pairs]
    return nan_if_unreached(pairs, sum(norms))


def snip(problem):
    """The derivative by a mask c on the weights, at c = 1."""
    network = problem.network().train().requires_grad_(False)
    masks = []
    masked = {}
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            weight = module.weight
            if id(weight) not in masked:
                mask = torch.ones_like(weight).requires_grad_()
                masks.append(mask)
                masked[id(weight)] = weight * mask
            del module.weight
            module.weight = masked[id(weight)]
    masked_weights = list(masked)  # keeps the identities of the old weights alive
    assert len(masked_weights) == len(masks)
    loss = problem.loss(network(problem.images), problem.labels)
    if not loss.requires_grad:
        return NAN
    loss.backward()
    score = sum(mask.grad.abs().sum().item() for mask in masks if mask.grad is not None)
    return score if score > 0 else NAN


def synflow(problem, keep_batch_norm=False):
    network = problem.network().train().double()
    with torch.no_grad():
        for value in network.state_dict(keep_vars=True).values():
            if value.is_floating_point():
                value.abs_()
    if not keep_batch_norm:
        for parent in list(network.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, nn.BatchNorm2d | nn.BatchNorm1d):
                    setattr(parent, name, nn.Identity())
    network.requires_grad_()
    network(torch.ones_like(problem.images[:1]).double()).sum().backward()
    flows = [
        (layer.weight.detach() * layer.weight.grad).abs().sum().item()
        for layer in layers(network)
        if layer.weight.grad is not None
    ]
    return math.log(sum(flows)) if sum(flows) > 0 else NAN


REFERENCES: dict[str, Callable[[Problem], float]] = {
    "swap": swap,
    "nwot": nwot,
    "params": params,
    "flops": flops,
    "l2_norm": l2_norm,
    "grad_norm": grad_norm,
    "snip": snip,
    "synflow": synflow,
}
