"""Small networks with a batch and a loss: the cases on which every proxy is compared with its slow definition."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CLASSES = 4
SIZE = 6  # of the square images


@dataclass(frozen=True, eq=False)
class Problem:
    """One case; ``make`` builds the network, always with the same weights."""

    name: str
    make: Callable[[], nn.Module]
    images: Tensor
    labels: Tensor
    loss: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy

    def network(self) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(7)
            return self.make().to(self.images.dtype)


def plain():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(5, CLASSES)
    )


def batch_norm():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Conv2d(4, 5, 3, bias=False),
        nn.BatchNorm2d(5),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(5, CLASSES),
    )


def without_running_statistics():
    network = batch_norm()
    network[1] = nn.BatchNorm2d(4, track_running_stats=False)
    network[4] = nn.BatchNorm2d(5, affine=False, track_running_stats=False)
    return network


class Block(nn.Module):
    """A pre-activation residual block; ``sum_in_place`` spoils what the convolution has put out."""

    def __init__(self, channels, inplace=False, sum_in_place=False):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.relu = nn.ReLU(inplace)
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.sum_in_place = sum_in_place

    def forward(self, inputs):
        outputs = self.conv(self.relu(self.norm(inputs)))
        if self.sum_in_place:
            outputs += inputs
            return outputs
        return outputs + inputs


def residual(**options):
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.Sequential(Block(4, **options), Block(4, **options)),
        nn.Conv2d(4, 6, 1, stride=2),
        Block(6, **options),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(6, CLASSES),
    )


def in_place_activations():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.LeakyReLU(0.2, inplace=True),  # spoils the output of the convolution before it
        nn.Conv2d(4, 4, 1),
        nn.BatchNorm2d(4),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 5, 3),
        nn.ReLU(inplace=True),
        nn.Flatten(),
        nn.Linear(20, CLASSES),
    )


class Functional(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.second, self.third = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)
        self.head = nn.Linear(4, CLASSES)

    def forward(self, inputs):
        features = F.relu(self.first(inputs))
        features = torch.relu(self.second(features))
        features = F.relu(self.third(features).relu() - 0.1, inplace=True)
        return self.head(features.mean((2, 3)))


def smooth():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.GELU(), nn.Conv2d(4, 5, 3), nn.SiLU(), nn.Flatten(), nn.Linear(20, CLASSES)
    )


def bounded():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.ReLU6(), nn.Conv2d(4, 5, 3), nn.Hardswish(), nn.Flatten(), nn.Linear(20, CLASSES)
    )


class Strided(nn.Module):
    """Activations of tensors that are not contiguous, and convolutions in channels-last order."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3).to(memory_format=torch.channels_last)
        self.head = nn.Linear(5, CLASSES)

    def forward(self, inputs):
        features = F.relu(self.first(inputs).transpose(1, 3)[:, ::2]).transpose(1, 3)
        features = F.pad(features, (2, 0)).contiguous(memory_format=torch.channels_last)
        return self.head(F.relu(self.second(features)).mean((2, 3)))


class Branched(nn.Module):
    """``dead`` is computed but leads nowhere; ``unused`` is never called; ``branch`` reaches the output."""

    def __init__(self):
        super().__init__()
        self.stem, self.branch, self.dead, self.unused = (nn.Conv2d(3, 4, 3) for _ in range(4))
        self.head = nn.Linear(4, CLASSES)

    def forward(self, inputs):
        F.relu(self.dead(inputs))
        features = F.relu(self.stem(inputs)) + F.relu(self.branch(inputs))
        return self.head(features.mean((2, 3)))


def frozen():
    network = batch_norm()
    network[0].requires_grad_(False)
    network[8].bias.requires_grad_(False)
    return network


def dropout():
    network = plain()
    network.insert(4, nn.Dropout(0.3))
    return network


def zero_head():
    network = batch_norm()
    nn.init.zeros_(network[8].weight)
    return network


def mlp():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(3 * SIZE**2, 20), nn.ReLU(), nn.Linear(20, 9), nn.ReLU(), nn.Linear(9, CLASSES)
    )


class Shared(nn.Module):
    """One layer that is used twice, and two layers that share a weight."""

    def __init__(self):
        super().__init__()
        self.stem, self.twice = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 3, padding=1)
        self.tied = nn.Conv2d(4, 4, 3, padding=1)
        self.tied.weight = self.twice.weight
        self.head = nn.Linear(4, CLASSES)

    def forward(self, inputs):
        features = F.relu(self.twice(F.relu(self.stem(inputs))))
        features = F.relu(self.tied(F.relu(self.twice(features))))
        return self.head(features.mean((2, 3)))


def dense():
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, CLASSES, 3, padding=1)
    )


class Cut(nn.Module):
    """Nothing of the image reaches the output."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm, self.head = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, CLASSES)

    def forward(self, inputs):
        features = F.relu(self.norm(torch.zeros_like(F.relu(self.stem(inputs)))))
        return self.head(features.mean((2, 3)))


def images(batch=8, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, 3, SIZE, SIZE, generator=generator, dtype=torch.float64)


def labels(batch=8):
    return torch.arange(batch) * 3 % CLASSES  # 0 3 2 1 0 3 2 1


def soft_labels(outputs, targets):
    return -(targets * torch.log(torch.softmax(outputs, dim=1) + 1e-5)).sum(dim=1).mean()


def distributions(batch=8):
    return torch.softmax(torch.randn(batch, CLASSES, generator=torch.Generator().manual_seed(3)).double(), dim=1)


PROBLEMS = [
    Problem("plain", plain, images(), labels()),
    Problem("batch norm", batch_norm, images(), labels()),
    Problem("batch norm without running statistics", without_running_statistics, images(), labels()),
    Problem("residual", residual, images(), labels()),
    Problem(
        "residual with in-place ReLU and sum", lambda: residual(inplace=True, sum_in_place=True), images(), labels()
    ),
    Problem("in-place activations", in_place_activations, images(), labels()),
    Problem("ReLU as a function", Functional, images(), labels()),
    Problem("GELU and SiLU", smooth, images(), labels()),
    Problem("ReLU6 and Hardswish", bounded, images(), labels()),
    Problem("strided and channels-last", Strided, images(), labels()),
    Problem("channels-last images", batch_norm, images().contiguous(memory_format=torch.channels_last), labels()),
    Problem("disconnected branch and unused layer", Branched, images(), labels()),
    Problem("frozen parameters", frozen, images(), labels()),
    Problem("zero-initialised last layer", zero_head, images(), labels()),
    Problem("MLP", mlp, images(), labels()),
    Problem("shared weights", Shared, images(), labels()),
    Problem("one class missing", batch_norm, images(), torch.tensor([0, 0, 1, 3, 3, 3, 1, 0])),
    Problem("every class once", batch_norm, images(4), labels(4)),
    Problem("batch of 2", batch_norm, images(2), labels(2)),
    Problem("odd batch", batch_norm, images(7), labels(7)),
    Problem("soft labels", batch_norm, images(), distributions(), soft_labels),
    Problem("regression", batch_norm, images(), images()[:, 0, 0, :CLASSES], F.mse_loss),
    Problem("per-pixel classes", dense, images(), (images()[:, 0].abs() * 10).long() % CLASSES),
    Problem("nothing reaches the output", Cut, images(), labels()),
]
# The masks of dropout are drawn, so that there is no value to compare with; all other promises hold.
RANDOM = Problem("dropout", dropout, images(), labels())
