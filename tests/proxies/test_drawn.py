"""Proxies that draw weights or inputs of their own: what they draw, and what they make of it."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from reference.problems import PROBLEMS, Block, residual
from torch import nn

from proxies import PROXIES
from proxies.blocks import block_statistics, blocks_of
from proxies.errors import NotApplicableError, UndefinedError
from proxies.probe import Probe

BY_NAME = {problem.name: problem for problem in PROBLEMS}
ONES = torch.ones(1).double()


class RecordingProbe(Probe):
    """Notes on what and with which parameters the network is run."""

    def __init__(self, network, images, **options):
        super().__init__(network, images, **options)
        self.runs = []

    def forward(self, images, parameters=None, *modes, **options):
        self.runs.append((images.detach().clone(), dict(parameters or {})))
        return super().forward(images, parameters, *modes, **options)


def measure(name, network, images, seed=0):
    probe = RecordingProbe(network, images, seed=seed)
    return PROXIES[name].measure(probe), probe.runs


def with_weights(network, weights):
    with torch.no_grad():
        for name, value in weights.items():
            network.get_parameter(name).copy_(value)
    return network.train()


# --- Zen -----------------------------------------------------------------------------------------------------

# The layers of each network that make its features; the head begins after them.
BODIES = {"plain": 2, "batch norm": 6, "residual": 4, "residual with in-place ReLU and sum": 4, "GELU and SiLU": 4}


def naive_zen(problem, runs, body):
    """The formula with torch's own running statistics, for one draw of weights after the other."""
    network, scores = problem.network(), []
    for (first, weights), (second, _) in zip(runs[::2], runs[1::2], strict=True):
        layers = with_weights(network, weights)[:body]
        with torch.no_grad():
            features = layers(first.clone()), layers(second.clone())
        total = math.log((features[0] - features[1]).abs().sum(dim=(1, 2, 3)).mean().item())
        for module in layers.modules():
            if isinstance(module, nn.BatchNorm2d):
                total += math.log(math.sqrt(module.running_var.mean().item()))
        scores.append(total)
    return sum(scores) / len(scores)


@pytest.mark.parametrize("problem", BODIES)
@pytest.mark.parametrize(("name", "repeats", "batch"), [("zen", 1, 8), ("zen.zen_nas", 32, 16)])
def test_zen_is_the_formula_on_what_it_draws(name, repeats, batch, problem):
    score, runs = measure(name, BY_NAME[problem].network(), BY_NAME[problem].images)
    assert len(runs) == 2 * repeats
    assert all(len(images) == batch for images, _ in runs)
    assert score.value == pytest.approx(naive_zen(BY_NAME[problem], runs, BODIES[problem]), rel=1e-9)


def test_zen_draws_normal_weights_and_normal_inputs_that_are_a_step_apart():
    network = nn.Sequential(nn.Conv2d(3, 32, 3), nn.BatchNorm2d(32), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 36, 10))
    _, ((first, weights), (second, again)) = measure("zen", network, torch.zeros(64, 3, 8, 8))
    for drawn in (weights["0.weight"], weights["4.weight"], first, (second - first) / 0.01):
        assert drawn.mean().item() == pytest.approx(0, abs=0.1)
        assert drawn.std().item() == pytest.approx(1, abs=0.05)
    assert weights.keys() == again.keys() == dict(network.named_parameters()).keys()
    assert weights["0.bias"].tolist() == weights["1.bias"].tolist() == [0.0] * 32
    assert weights["1.weight"].tolist() == [1.0] * 32
    # Not the first numbers of one stream twice: weights and inputs are independent.
    one, other = weights["4.weight"].flatten()[:5000], first.flatten()[:5000]
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.05


def test_zen_takes_the_features_in_front_of_a_final_norm_of_the_sum_but_not_of_a_convolution():
    """Scaling what enters a batch norm that belongs to a convolution does not move the features behind it."""
    images = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(0)).double()
    head = [nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2)]

    def without_hidden_scale(*body):
        probe = RecordingProbe(nn.Sequential(*body, *head).double(), images)
        return PROXIES["zen"].measure(probe).value

    conv = nn.Conv2d(3, 4, 3, padding=1)
    behind_norm = without_hidden_scale(conv)
    before_norm = without_hidden_scale(conv, Times(1.0))
    assert without_hidden_scale(conv, Times(8.0)) == pytest.approx(before_norm + math.log(8), rel=1e-9)
    assert behind_norm != pytest.approx(before_norm)


class Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, inputs):
        return inputs * self.factor


# --- MeCo ----------------------------------------------------------------------------------------------------


def naive_meco(layers, image):
    """The smallest eigenvalue of numpy's correlation matrix of each layer's output."""
    total, outputs = 0.0, image
    for layer in layers:
        with torch.no_grad():
            outputs = layer(outputs)
        if outputs.ndim == 4 and outputs[0, 0].numel() > 1:
            with np.errstate(invalid="ignore"):
                matrix = np.corrcoef(outputs[0].flatten(1).numpy())
            total += np.linalg.eigvalsh(np.nan_to_num(np.atleast_2d(matrix))).min()
    return total


@pytest.mark.parametrize("name", ["plain", "batch norm", "GELU and SiLU", "ReLU6 and Hardswish"])
def test_meco_is_the_formula_on_the_image_that_it_draws(name):
    problem = BY_NAME[name]
    score, [(image, _)] = measure("meco", problem.network(), problem.images)
    assert image.shape == (1, *problem.images.shape[1:])
    assert score.value == pytest.approx(naive_meco(problem.network().train(), image), rel=1e-9)


def test_a_constant_channel_makes_a_map_count_nothing():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())
    with torch.no_grad():
        network[0].weight[1] = 0
        network[0].bias[1] = -1
    score, _ = measure("meco", network, torch.zeros(2, 3, 6, 6))
    assert score.value == 0


# --- linear regions ------------------------------------------------------------------------------------------


def test_linear_regions_are_the_distinct_patterns_of_crops_of_the_images():
    problem = BY_NAME["batch norm"]
    score, [(crops, _)] = measure("linear_regions", problem.network(), problem.images)
    network = problem.network().train()
    with torch.no_grad():
        first = network[:3](crops)
        second = network[3:6](first)
    on = torch.cat([(part > 0).flatten(1) for part in (first, second)], dim=1)
    assert score.value == torch.unique(on, dim=0).shape[0]
    assert score.details["upper_bound"] == len(crops) == 3000
    assert score.details["neurons"] == on.shape[1]


def test_crops_are_patches_of_3x3_from_all_images_and_places():
    numbered = torch.arange(5 * 36.0).view(5, 1, 6, 6).expand(-1, 3, -1, -1)
    _, [(crops, _)] = measure("linear_regions", nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU()), numbered)
    corners = set(crops[:, 0, 0, 0].int().tolist())
    assert corners == {36 * n + 6 * y + x for n in range(5) for y in range(4) for x in range(4)}
    offsets = crops - crops[:, :, :1, :1]
    assert torch.equal(offsets, torch.tensor([[0, 1, 2], [6, 7, 8], [12, 13, 14.0]]).expand(3000, 3, -1, -1))


def test_linear_regions_of_a_network_for_one_size_are_not_applicable():
    score, _ = measure("linear_regions", BY_NAME["MLP"].network(), BY_NAME["MLP"].images)
    assert score.status == "not_applicable"
    assert "crops of 3x3 pixels" in score.reason


class Failing(nn.Module):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, inputs):
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes. Error code 12"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
    ],
)
def test_lack_of_memory_does_not_make_linear_regions_not_applicable(error):
    with pytest.raises(RuntimeError) as raised:
        measure("linear_regions", Failing(error), torch.zeros(2, 3, 6, 6))
    assert raised.value is error


# --- AZ-NAS --------------------------------------------------------------------------------------------------


def naive_statistics(maps, run_from, draws):
    """Entropies and spectral norms by numpy, from the definitions."""
    entropies, norms = [], []
    for features in maps:
        rows = features.detach().permute(0, 2, 3, 1).reshape(-1, features.shape[1]).numpy()
        values = np.linalg.eigvalsh(np.cov(rows.T, bias=True))
        shares = np.maximum(values, 0) / values.sum()
        entropies.append(-sum(p * math.log(p + 1e-8) for p in shares))
    for number, (before, after) in enumerate(pairwise(maps)):
        before = before.detach().clone().requires_grad_()
        signs = torch.randint(2, after.shape, generator=draws).double() * 2 - 1
        run_from(number + 1, before + 0).backward(signs)
        stride = before.shape[2] // after.shape[2]
        matrix, places = 0, 0
        for n in range(len(after)):
            for y in range(after.shape[2]):
                for x in range(after.shape[3]):
                    patch = before.grad[n, :, y * stride : (y + 1) * stride, x * stride : (x + 1) * stride]
                    matrix, places = matrix + np.outer(patch.flatten(), signs[n, :, y, x]), places + 1
        norms.append(np.linalg.svd(matrix / places, compute_uv=False).max())
    return entropies, norms


class Halving(nn.Module):
    """A block that turns 4 channels into 6 and halves height and width."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(4, 6, 3, stride=2, padding=1), nn.BatchNorm2d(6)

    def forward(self, inputs):
        return F.relu(self.norm(self.conv(inputs)))


def chain(inplace=False):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        blocks = [Block(4, inplace=inplace, sum_in_place=inplace), Halving(), Block(6, inplace=inplace)]
        return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), *blocks, nn.Flatten(), nn.Linear(54, 2)).double().train()


@pytest.mark.parametrize("inplace", [False, True])
def test_block_statistics_are_those_of_the_definition(inplace):
    images = torch.randn(5, 3, 6, 6, generator=torch.Generator().manual_seed(1)).double()
    network = chain(inplace)
    found = block_statistics(network, lambda x: network(x.clone()), images, torch.Generator().manual_seed(2))
    plain = chain()
    maps = [plain[: n + 1](images) for n in (1, 2, 3)]
    draws = torch.Generator().manual_seed(2)
    entropies, norms = naive_statistics(maps, lambda n, inputs: plain[n + 1](inputs), draws)
    assert found.entropies == pytest.approx(entropies, rel=1e-9)
    assert found.spectral_norms == pytest.approx(norms, rel=1e-9)


def test_components_of_az_nas_are_made_of_the_block_statistics():
    images = torch.randn(5, 3, 6, 6, generator=torch.Generator().manual_seed(1)).double()
    probe = RecordingProbe(chain(), images)
    values = {name: PROXIES[f"az_nas.{name}"].measure(probe).value for name in ("expressivity", "progressivity")}
    entropies, norms = probe.block_statistics.entropies, probe.block_statistics.spectral_norms
    assert values["expressivity"] == pytest.approx(sum(entropies))
    assert values["progressivity"] == pytest.approx(min(entropies[1] - entropies[0], entropies[2] - entropies[1]))
    trainability = PROXIES["az_nas.trainability"].measure(probe).value
    assert trainability == pytest.approx(sum(2 - s - 1 / (s + 1e-6) for s in norms) / len(norms))
    [(noise, weights)] = probe.runs
    assert noise.shape == images.shape
    fan_in = 4 * 9
    assert weights["2.conv.weight"].std().item() == pytest.approx(math.sqrt(2 / fan_in), rel=0.15)


def test_blocks_are_the_outermost_modules_of_several():
    network = residual()
    assert blocks_of(network) == [network[1][0], network[1][1], network[3]]

    class Wrapper(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone = network

    assert blocks_of(Wrapper()) == blocks_of(network)
    assert blocks_of(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())) == []


class Constant(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.ReLU()

    def forward(self, inputs):
        return torch.ones_like(self.inner(inputs))


class Passing(Constant):
    def forward(self, inputs):
        return inputs


@pytest.mark.parametrize(
    ("block", "reason"),
    [(Constant(), "does not depend on the block before"), (Passing(), "passes on what it gets")],
)
def test_degenerate_blocks_have_no_statistics(block, reason):
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), Block(4), block).double()
    images = torch.randn(5, 3, 6, 6).double()
    with pytest.raises(UndefinedError, match=reason):
        block_statistics(network, network, images, torch.Generator())


def test_a_network_of_one_block_has_no_steps_between_blocks():
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), Block(4)).double()
    with pytest.raises(NotApplicableError, match="fewer than two blocks"):
        block_statistics(network, network, torch.randn(5, 3, 6, 6).double(), torch.Generator())


@pytest.mark.parametrize("name", ["zen", "meco", "linear_regions", "az_nas.expressivity", "az_nas.trainability"])
def test_draws_depend_on_the_seed_alone(name):
    problem = BY_NAME["residual"]
    (first, runs), (same, _), (other, _) = (measure(name, problem.network(), problem.images, s) for s in (1, 1, 2))
    assert first.value == same.value
    assert runs
    assert first.value != other.value or name == "linear_regions"
