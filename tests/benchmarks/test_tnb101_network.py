from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from benchmarks.errors import BenchmarkError
from benchmarks.inputs import load
from benchmarks.space import Space
from benchmarks.tnb101 import TNB101Macro, TNB101Micro, network, strings

SMALL_MICRO, SMALL_MACRO = TNB101Micro(channels=4, image_size=64), TNB101Macro(channels=4, image_size=64)
TASKS = tuple(SMALL_MICRO.tasks)
CONNECTED, DISCONNECTED = "64-41414-1_02_333", "64-41414-3_33_000"
MOST_HALVINGS, FEWEST_HALVINGS = "64-43331-basic", "64-1141-basic"
ARCHITECTURES = [(SMALL_MICRO, CONNECTED), (SMALL_MICRO, DISCONNECTED), (SMALL_MACRO, MOST_HALVINGS)]
SHAPES = {
    "class_object": (2, 75),
    "class_scene": (2, 47),
    "room_layout": (2, 9),
    "jigsaw": (2, 1000),
    "segmentsemantic": (2, 17, 64, 64),
    "autoencoder": (2, 3, 64, 64),
    "normal": (2, 3, 64, 64),
}


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def naive_features(text: str, weights: Iterator[Tensor], images: Tensor) -> Tensor:
    """The encoder written out, with zeros for zeros, fed with the parameters in the order of the layers."""

    def normalise(x: Tensor) -> Tensor:
        return F.batch_norm(x, None, None, next(weights), next(weights), training=True)

    def convolve(x: Tensor, stride: int = 1) -> Tensor:
        kernel = next(weights)
        return F.conv2d(x, kernel, stride=stride, padding=kernel.shape[-1] // 2)

    def operate(digit: str, x: Tensor, stride: int, channels: int) -> Tensor:
        if digit == "0":
            return x.new_zeros(len(x), channels, *[(n + stride - 1) // stride for n in x.shape[2:]])
        if digit == "1" and stride == 1:
            return x
        if digit == "1":
            x = F.relu(x)
            return normalise(torch.cat([convolve(x[:, :, ::2, ::2]), convolve(x[:, :, 1::2, 1::2])], dim=1))
        return normalise(convolve(F.relu(x), stride))

    def block(x: Tensor, stride: int, channels: int) -> Tensor:
        if blocks == "basic":
            body = normalise(convolve(F.relu(normalise(convolve(F.relu(x), stride)))))
            return body + (x if body.shape == x.shape else normalise(convolve(x, stride)))
        nodes = [x]
        for edges in blocks.split("_"):
            at = zip(edges, nodes, [stride, 1, 1], strict=False)
            nodes.append(sum(operate(digit, node, step, channels) for digit, node, step in at))
        return nodes[-1]

    _, modules, blocks = text.split("-")
    x = normalise(convolve(F.relu(normalise(convolve(images, 2))), 2))
    channels = x.shape[1]
    for digit in modules:
        channels *= 2 if digit in "24" else 1
        x = block(x, 2 if digit in "34" else 1, channels)
        x = block(x, 1, channels)
    return x


def check_against_naive(space: Space, text: str) -> None:
    torch.manual_seed(0)
    built = space.build(text, "room_layout").double()
    images = torch.randn(3, 3, 64, 64, dtype=torch.float64)
    weights = iter(built.parameters())
    features = naive_features(text, weights, images)
    expected = F.linear(features.mean(dim=(2, 3)), next(weights), next(weights))
    torch.testing.assert_close(built(images), expected, rtol=1e-4, atol=1e-6)
    assert next(weights, None) is None


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(strings.micro_architectures()))
def test_micro_network_computes_what_the_definition_says(text):
    check_against_naive(SMALL_MICRO, text)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(strings.macro_architectures()))
def test_macro_network_computes_what_the_definition_says(text):
    check_against_naive(SMALL_MACRO, text)


@pytest.mark.parametrize(
    ("architecture", "expected"),
    [
        ("41414-0_00_000", (57_963, 43_599, 24_105)),
        ("41414-1_02_333", (22_559_083, 22_544_719, 22_525_225)),
        ("41414-3_33_333", (41_450_091, 41_435_727, 41_416_233)),
        ("1234-basic", (3_419_499, 3_412_303, 3_402_537)),
        ("444-basic", (11_076_971, 11_062_607, 11_043_113)),
    ],
)
def test_published_parameters_are_reproduced(architecture, expected):
    modules, blocks = architecture.split("-")
    cell = None if blocks == "basic" else strings.parse_cell(f"64-{architecture}")
    tasks = TNB101Micro().tasks
    with torch.device("meta"):
        built = [
            network.build(strings.Architecture(modules, cell), tasks[name], channels=64)
            for name in ("class_object", "class_scene", "room_layout")
        ]
    assert tuple(map(parameters, built)) == expected


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("space", "architecture"), ARCHITECTURES, ids=["micro", "disconnected", "macro"])
def test_network_fits_its_task_and_runs_forward_and_backward(space, architecture, task, tmp_path):
    torch.manual_seed(0)
    batch = load("noise", space.tasks[task], 2, "first", 0, tmp_path)
    network = space.build(architecture, task)
    outputs = network(batch.images)
    assert outputs.shape == SHAPES[task]
    loss = space.tasks[task].loss(outputs, batch.labels)
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert torch.isfinite(loss)
    assert all(torch.isfinite(gradient).all() for gradient in gradients.values())
    assert any(gradient.any() for name, gradient in gradients.items() if name.startswith("head"))


@pytest.mark.parametrize("task", TASKS)
def test_disconnected_network_ignores_the_images(task, tmp_path):
    torch.manual_seed(0)
    images = load("noise", SMALL_MICRO.tasks[task], 2, "first", 0, tmp_path).images
    outputs = SMALL_MICRO.build(DISCONNECTED, task)(images)
    assert torch.equal(outputs[0], outputs[1])


def test_jigsaw_features_are_those_of_each_tile_side_by_side():
    torch.manual_seed(0)
    built = SMALL_MICRO.build(CONNECTED, "jigsaw").eval()
    tiles = torch.randn(2, 9, 3, 16, 16)
    features = built.get_submodule("encoder")(tiles)
    alone = built.get_submodule("encoder.encoder")
    expected = torch.stack([torch.cat([alone(tile[None]) for tile in sample], dim=1)[0] for sample in tiles])
    torch.testing.assert_close(features, expected)
    assert built.get_submodule("head")[-1].in_features == 9 * 8 * SMALL_MICRO.channels


def test_segmentation_decoder_has_the_described_layers():
    """Two halvings at least, six at most, are undone by the last layers of six."""
    for space, text, doublings in ((SMALL_MACRO, MOST_HALVINGS, 6), (SMALL_MACRO, FEWEST_HALVINGS, 3)):
        head = space.build(text, "segmentsemantic").get_submodule("head")
        layers = [layer[0] for layer in head[:-1]]
        assert [layer.out_channels for layer in layers] == [1024, 512, 256, 128, 64, 32, 32]
        kinds = [type(layer) for layer in layers]
        assert kinds == [nn.Conv2d] * (7 - doublings) + [nn.ConvTranspose2d] * doublings
        assert head[-1].out_channels == 17


def test_image_decoder_has_the_described_layers():
    for space, text, doubling in (
        (SMALL_MACRO, MOST_HALVINGS, [3, 5, 7, 9, 11, 13]),
        (SMALL_MICRO, CONNECTED, [5, 7, 9, 11, 13]),
        (SMALL_MACRO, FEWEST_HALVINGS, [9, 11, 13]),
    ):
        head = space.build(text, "autoencoder").get_submodule("head")
        layers = [*(layer[0] for layer in head[:-2]), head[-2]]
        assert [layer.out_channels for layer in layers] == [
            *(1024, 1024, 512, 512, 256, 128, 64, 64, 32, 32, 16, 32, 16, 3)
        ]
        assert [i for i, layer in enumerate(layers, 1) if isinstance(layer, nn.ConvTranspose2d)] == doubling
        assert isinstance(head[-1], nn.Tanh)


def test_initialisation_is_the_benchmarks_and_follows_torchs_seed():
    def built(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        return SMALL_MICRO.build(CONNECTED, "segmentsemantic")

    network = built(0)
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    for layer in convolutions:
        fan_out = layer.out_channels * layer.kernel_size[0] * layer.kernel_size[1]
        spread = 4 / layer.weight.numel() ** 0.5
        assert layer.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=spread)
    for norm in (module for module in network.modules() if isinstance(module, nn.BatchNorm2d)):
        assert (norm.weight == 1).all()
        assert not any(tensor.any() for tensor in (norm.bias, norm.running_mean, norm.num_batches_tracked))
    vectors = [nn.utils.parameters_to_vector(module.parameters()) for module in (network, built(0), built(1))]
    assert all(torch.isfinite(vector).all() for vector in vectors)
    assert torch.equal(vectors[0], vectors[1])
    assert not torch.equal(vectors[0], vectors[2])


@pytest.mark.parametrize("size", [0, -64, 32, 100])
def test_image_size_that_the_decoders_cannot_restore_is_refused(size):
    with pytest.raises(BenchmarkError, match=f"needs an image_size that is a multiple of 64, not {size}"):
        TNB101Macro(image_size=size)


def test_odd_number_of_channels_is_refused():
    with pytest.raises(BenchmarkError, match="needs an even number of channels, not 7"):
        TNB101Micro(channels=7)


def test_foreign_architecture_is_refused():
    with pytest.raises(BenchmarkError, match="is not in TransNAS-Bench-101's macro space"):
        SMALL_MACRO.build("64-41414-1_02_333", "jigsaw")
