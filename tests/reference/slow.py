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
    """Conv2d and linear layers by the identity of their weight."""
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
    return nan_if_unreached(loss_gradients(problem), score)


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


def synflow_bn(problem):
    try:
        return synflow(problem, keep_batch_norm=True)
    except ValueError:  # torch: one value a channel
        return NAN


def grad_norm_global(problem):
    network = problem.network().train().requires_grad_()
    problem.loss(network(problem.images), problem.labels).backward()
    squares = [p.grad.square().sum().item() for p in network.parameters() if p.grad is not None]
    return nan_if_unreached(loss_gradients(problem), math.sqrt(sum(squares)))


def plain(problem):
    pairs = loss_gradients(problem)
    return nan_if_unreached(pairs, sum((weight * gradient).sum().item() for weight, gradient in pairs))


def fisher(problem):
    """The derivative by a gate on each channel of each sample, at 1: Σ over positions of activation · gradient."""
    network = problem.network().train().requires_grad_()
    gates = []

    def gate(layer, inputs, output):
        ones = torch.ones(output.shape[:2], dtype=output.dtype).requires_grad_()
        gates.append((layer, ones))
        return output * ones.reshape(*ones.shape, *[1] * (output.ndim - 2))

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(gate)
    problem.loss(network(problem.images), problem.labels).backward()
    total = 0.0
    for layer, ones in gates:
        if ones.grad is not None:
            for channel in range(ones.shape[1]):
                saliency = sum(g * g for g in ones.grad[:, channel].tolist()) / len(ones) / 2
                total += saliency * layer.weight[channel].numel()
    return nan_if_unreached(loss_gradients(problem), total)


def flat_gradient(problem, step=0.0, direction=None):
    """Weights and loss gradient of all layers as one vector each, in float64, ``step`` along ``direction``."""
    network = problem.network().train().double().requires_grad_()
    weights = [layer.weight for layer in layers(network)]
    start = torch.cat([weight.detach().flatten() for weight in weights])
    if direction is not None:
        moved = (start + step * direction).split([weight.numel() for weight in weights])
        with torch.no_grad():
            for weight, values in zip(weights, moved, strict=True):
                weight.copy_(values.reshape(weight.shape))
    labels = problem.labels.double() if problem.labels.is_floating_point() else problem.labels
    problem.loss(network(problem.images.double()), labels).backward()
    found = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in weights]
    return start, torch.cat([each.flatten() for each in found])


def grasp(problem):
    """With H g from two gradients, a small step along g to either side: right to five digits."""
    weights, gradient = flat_gradient(problem)
    if not gradient.any():
        return NAN
    step = 1e-5 / gradient.norm().item()
    ahead, behind = (flat_gradient(problem, sign * step, gradient)[1] for sign in (1, -1))
    return -(weights @ (ahead - behind)).item() / (2 * step)


def input_gradients(problem):
    images = problem.images.clone().requires_grad_()
    problem.network().train()(images + 0).sum().backward()
    return np.zeros((len(images), 1)) if images.grad is None else images.grad.flatten(1).numpy()


def correlation(x, y):
    x, y = x - x.mean(), y - y.mean()
    return (x * y).sum() / math.sqrt((x * x).sum() * (y * y).sum())


def jacov(problem):
    rows = input_gradients(problem)
    if any(np.ptp(row) == 0 for row in rows):
        return NAN
    matrix = np.array([[correlation(x, y) for y in rows] for x in rows])
    values = np.linalg.eigvalsh((matrix + matrix.T) / 2)
    return -sum(math.log(v + 1e-5) + 1 / (v + 1e-5) for v in np.maximum(values, 0))


def epe_nas(problem):
    rows, labels = input_gradients(problem), problem.labels
    if labels.is_floating_point() and labels.ndim == 2 and torch.allclose(labels.sum(1), torch.ones(1).double()):
        labels = labels.argmax(1)
    if labels.is_floating_point() or labels.ndim != 1 or any(np.ptp(row) == 0 for row in rows):
        return NAN
    total, found = 0.0, False
    for each in set(labels.tolist()):
        members = [row for row, label in zip(rows, labels.tolist(), strict=True) if label == each]
        if len(members) > 1:
            found = True
            total += abs(sum(math.log(abs(correlation(x, y)) + 1e-5) for x in members for y in members))
    return total if found else NAN


def zico(problem):
    if len(problem.images) < 4:
        return NAN
    size = math.ceil(len(problem.images) / 2)
    halves = []
    for part in (slice(0, size), slice(size, None)):
        network = problem.network().train().requires_grad_()
        problem.loss(network(problem.images[part]), problem.labels[part]).backward()
        halves.append([None if layer.weight.grad is None else layer.weight.grad for layer in layers(network)])
    total, counted = 0.0, 0
    for one, other in zip(*halves, strict=True):
        if one is None:
            continue
        terms = []
        for a, b in zip(one.flatten().tolist(), other.flatten().tolist(), strict=True):
            if np.std([a, b]) > 0:
                terms.append(np.mean([abs(a), abs(b)]) / np.std([a, b]))
        if sum(terms) > 0:
            total, counted = total + math.log(sum(terms)), counted + 1
    return total if counted else NAN


def tangent_eigenvalues(problem):
    """One forward and backward pass for each image, all of the batch in it."""
    rows = []
    for n in range(len(problem.images)):
        network = problem.network().train().requires_grad_()
        network(problem.images)[n].sum().backward()
        rows.append(
            torch.cat(
                [
                    (torch.zeros_like(layer.weight) if layer.weight.grad is None else layer.weight.grad).flatten()
                    for layer in layers(network)
                ]
            ).numpy()
        )
    values = np.linalg.eigvalsh(np.array([[x @ y for y in rows] for x in rows]))
    return values if values[0] > 1e-12 * max(values[-1], 1e-300) else None


def ntk_condition(problem):
    values = tangent_eigenvalues(problem)
    return NAN if values is None else values[-1] / values[0]


def ntk_min_eigenvalue(problem):
    values = tangent_eigenvalues(problem)
    return NAN if values is None else values[0]


REFERENCES: dict[str, Callable[[Problem], float]] = {
    "swap": swap,
    "standard_patterns": standard_patterns,
    "nwot": nwot,
    "params": params,
    "flops": flops,
    "l2_norm": l2_norm,
    "grad_norm": grad_norm,
    "grad_norm.global": grad_norm_global,
    "snip": snip,
    "plain": plain,
    "fisher": fisher,
    "grasp": grasp,
    "synflow": synflow,
    "synflow_bn": synflow_bn,
    "jacov": jacov,
    "epe_nas": epe_nas,
    "zico": zico,
    "ntk_condition": ntk_condition,
    "ntk_min_eigenvalue": ntk_min_eigenvalue,
}
