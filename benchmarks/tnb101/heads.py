"""What stands behind the encoder of TransNAS-Bench-101 for each of its tasks (arXiv 2105.11871, appendix).

Each layer of a decoder is a 3x3 convolution without bias, batch norm and LeakyReLU with slope 0.2. Their widths and
the layers that double the size are the benchmark's; the order within a layer is our reading of it, and unlike those
of pooled networks their parameters were not compared with published counts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from torch import nn

# A function of the channels of the features, of how often height and width were halved, and of the output's width.
Head = Callable[[int, int, int], nn.Module]

# Channels behind each layer, and the layers (from 0) that can double the size: as many as there were halvings to
# undo do so, the last ones first.
SEGMENTATION_WIDTHS = (1024, 512, 256, 128, 64, 32, 32)
SEGMENTATION_DOUBLINGS = (1, 2, 3, 4, 5, 6)
IMAGE_WIDTHS = (1024, 1024, 512, 512, 256, 128, 64, 64, 32, 32, 16, 32, 16)
IMAGE_DOUBLINGS = (2, 4, 6, 8, 10, 12)


def pooled(channels: int, halvings: int, outputs: int) -> nn.Module:
    """Global average pooling and a linear layer: features [B, channels, h, w] to [B, outputs]."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, outputs))


def segmentation(channels: int, halvings: int, outputs: int) -> nn.Module:
    """A decoder from features [B, channels, h, w] to logits [B, outputs, h * 2^halvings, w * 2^halvings]."""
    layers = _layers(channels, SEGMENTATION_WIDTHS, SEGMENTATION_DOUBLINGS[-halvings:])
    return nn.Sequential(*layers, nn.Conv2d(SEGMENTATION_WIDTHS[-1], outputs, kernel_size=3, padding=1))


def image(channels: int, halvings: int, outputs: int) -> nn.Module:
    """A decoder from features [B, channels, h, w] to images [B, outputs, h * 2^halvings, w * 2^halvings] in -1..1."""
    layers = _layers(channels, IMAGE_WIDTHS, IMAGE_DOUBLINGS[-halvings:])
    return nn.Sequential(*layers, nn.Conv2d(IMAGE_WIDTHS[-1], outputs, kernel_size=3, padding=1), nn.Tanh())


HEADS: Mapping[str, Head] = {
    "class_object": pooled,
    "class_scene": pooled,
    "room_layout": pooled,
    "jigsaw": pooled,
    "segmentsemantic": segmentation,
    "autoencoder": image,
    "normal": image,
}


def _layers(channels: int, widths: Sequence[int], doublings: Sequence[int]) -> Iterator[nn.Module]:
    for index, width in enumerate(widths):
        convolution: nn.Module
        if index in doublings:
            convolution = nn.ConvTranspose2d(
                channels, width, kernel_size=3, stride=2, padding=1, output_padding=1, bias=False
            )
        else:
            convolution = nn.Conv2d(channels, width, kernel_size=3, padding=1, bias=False)
        yield nn.Sequential(convolution, nn.BatchNorm2d(width), nn.LeakyReLU(0.2))
        channels = width
