"""Images from a user's folder, and the photographs that stand in where there are none."""

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks import images, inputs
from benchmarks.errors import BenchmarkError
from benchmarks.jigsaw import permutations
from benchmarks.tasks import CIFAR10
from benchmarks.tnb101.tasks import tasks

TASKS = tasks(64)
PIXELS = np.random.default_rng(0).integers(256, size=(5, 64, 64, 3), dtype=np.uint8)


def load(folder, task="class_scene", size=4, source="folder", choice="first", seed=0):
    return inputs.load(source, TASKS[task], size, choice, seed, folder)


@pytest.fixture
def folder(tmp_path):
    """Five pictures 0.png … 4.png."""
    for index, pixels in enumerate(PIXELS):
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    return tmp_path


def label(folder, task: str, labels: list[list]) -> None:
    lines = [",".join(map(str, [f"{index}.png", *fields])) for index, fields in enumerate(labels)]
    (folder / f"{task}.csv").write_text("\n".join(["file,label", *lines]) + "\n")


def probabilities(classes: int) -> np.ndarray:
    return np.random.default_rng(1).dirichlet(np.ones(classes), size=5)


def test_images_and_class_probabilities_are_the_users(folder):
    label(folder, "class_scene", probabilities(47).round(4).tolist())
    batch = load(folder)
    assert batch.images.dtype == batch.labels.dtype == torch.float32
    expected = torch.from_numpy(PIXELS[:4].transpose(0, 3, 1, 2) / 255.0).float()
    torch.testing.assert_close(batch.images, (expected - 0.5) / 0.5)
    torch.testing.assert_close(batch.labels, torch.from_numpy(probabilities(47)[:4]).float(), atol=1e-3, rtol=0)
    torch.testing.assert_close(batch.labels.sum(dim=1), torch.ones(4))
    assert batch.source == f"the first 4 of 5 images of {folder / 'class_scene.csv'}, cut and resized to 64x64"
    assert not batch.note


def test_numbers_are_the_users(folder):
    numbers = np.random.default_rng(2).normal(size=(5, 9)).round(3)
    label(folder, "room_layout", numbers.tolist())
    torch.testing.assert_close(load(folder, "room_layout").labels, torch.from_numpy(numbers[:4]).float())


def test_class_maps_are_the_users_and_no_class_is_mixed(folder):
    small = np.array([[0, 16], [3, 16]], np.uint8)
    Image.fromarray(small).save(folder / "map.png")
    label(folder, "segmentsemantic", [["map.png"]] * 5)
    labels = load(folder, "segmentsemantic", size=2).labels
    assert labels.dtype == torch.int64
    assert labels[0].tolist() == np.kron(small, np.ones((32, 32), int)).tolist()


def test_pictures_to_predict_are_the_users(folder):
    label(folder, "normal", [[f"{4 - index}.png"] for index in range(5)])
    labels = load(folder, "normal", size=5).labels
    torch.testing.assert_close(labels, load(folder, "normal", size=5).images.flip(0))


def test_autoencoder_predicts_its_own_image(folder):
    label(folder, "autoencoder", [[]] * 5)
    batch = load(folder, "autoencoder")
    assert torch.equal(batch.images, batch.labels)


def test_jigsaw_shows_the_tiles_in_the_order_that_its_label_names(folder):
    label(folder, "jigsaw", [[]] * 5)
    label(folder, "autoencoder", [[]] * 5)
    batch, whole = load(folder, "jigsaw", size=5), load(folder, "autoencoder", size=5).images
    assert batch.images.shape == (5, 9, 3, 16, 16)
    assert batch.labels.dtype == torch.int64
    # Cells of 21 pixels, of which the middle 16 are shown.
    tiles = [whole[:, :, y + 2 : y + 18, x + 2 : x + 18] for y in (0, 21, 42) for x in (0, 21, 42)]
    for sample, number in enumerate(batch.labels):
        order = permutations(9, 1000)[number]
        assert sorted(order) == list(range(9))
        assert torch.equal(batch.images[sample], torch.stack([tiles[tile][sample] for tile in order]))


def test_orders_of_tiles_are_all_different_and_always_the_same():
    orders = permutations(9, 1000)
    assert len(np.unique(orders, axis=0)) == 1000
    permutations.cache_clear()
    assert np.array_equal(orders, permutations(9, 1000))


def test_pictures_are_cut_to_a_square_and_resized(folder):
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 95:205] = 255
    Image.fromarray(wide).save(folder / "0.png")
    label(folder, "autoencoder", [[]])
    assert (load(folder, "autoencoder", size=1).images == 1).all()


def test_folder_serves_other_spaces_with_their_own_normalisation(folder):
    label(folder, "cifar10", [[index] for index in range(5)])
    batch = inputs.load("folder", CIFAR10, 5, "first", 0, folder)
    assert batch.labels.tolist() == [0, 1, 2, 3, 4]
    assert batch.images.shape == (5, 3, 32, 32)
    red = np.asarray(Image.fromarray(PIXELS[1]).resize((32, 32), Image.Resampling.BILINEAR))[3, 4, 0]
    assert batch.images[1, 0, 3, 4].item() == pytest.approx((red / 255 - 0.4914) / 0.2470, abs=1e-5)
    assert "cut and resized to 32x32" in batch.source


def test_random_choice_takes_images_with_their_labels(folder):
    label(folder, "cifar10", [[index] for index in range(5)])
    first = inputs.load("folder", CIFAR10, 5, "first", 0, folder)
    batch = inputs.load("folder", CIFAR10, 3, "random", 7, folder)
    assert torch.equal(batch.images, first.images[batch.labels])


def test_task_finds_the_users_images_in_the_data_folder(folder):
    (folder / "data").mkdir()
    (folder / "data" / "taskonomy").symlink_to(folder, target_is_directory=True)
    label(folder, "autoencoder", [[]] * 5)
    batch = load(folder / "data", "autoencoder", source="task")
    assert "data/taskonomy/autoencoder.csv" in batch.source
    assert torch.equal(batch.images, load(folder, "autoencoder").images)


@pytest.mark.parametrize("task", TASKS)
def test_without_images_photographs_stand_in_and_say_so(task, tmp_path):
    batch = load(tmp_path, task, source="task")
    assert "photographs in the package foolbox" in batch.source
    assert "a stand-in, not Taskonomy" in batch.source
    assert "the images are not Taskonomy" in batch.note
    assert -1 <= batch.images.min() < batch.images.max() <= 1
    assert len(torch.unique(batch.images, dim=0)) == 4


@pytest.mark.parametrize(
    ("task", "shape", "dtype"),
    [
        ("class_object", (4, 75), torch.float32),
        ("room_layout", (4, 9), torch.float32),
        ("jigsaw", (4,), torch.int64),
        ("segmentsemantic", (4, 64, 64), torch.int64),
        ("autoencoder", (4, 3, 64, 64), torch.float32),
        ("normal", (4, 3, 64, 64), torch.float32),
    ],
)
@pytest.mark.parametrize("source", ["photographs", "noise", "ones"])
def test_made_up_labels_fit_the_task_and_follow_the_seed(task, shape, dtype, source, tmp_path):
    batch, again, other = (load(tmp_path, task, source=source, seed=seed) for seed in (0, 0, 1))
    assert (batch.labels.shape, batch.labels.dtype) == (shape, dtype)
    assert batch.sha256 == again.sha256
    assert torch.equal(load(tmp_path, task, size=3, source=source).labels, batch.labels[:3])
    if task != "autoencoder":
        assert not torch.equal(batch.labels, other.labels)
    if dtype == torch.int64:
        assert batch.labels.min() >= 0
        assert batch.labels.max() < TASKS[task].outputs


@pytest.mark.parametrize(
    ("task", "fields", "reason"),
    [
        ("class_scene", [0.5] * 46, "47 columns, but there must be the file of an image and 47 column"),
        ("class_scene", [1 / 47] * 46 + ["x"], "could not convert string to float: 'x'"),
        ("class_scene", [0.5] * 47, "have the sum 1, not 23.5"),
        ("class_scene", [2.0, -1.0] + [0.0] * 45, "must not be negative"),
        ("room_layout", [0.0] * 8 + ["nan"], "must be finite"),
        ("segmentsemantic", ["none.png"], "there is no picture .*none.png"),
        ("segmentsemantic", ["0.png"], "must have one channel of 8 bits, a class a pixel, not mode RGB"),
        ("segmentsemantic", ["map.png"], "'map.png' has pixels of class 17; known are 0..16"),
        ("normal", ["deep.png"], "has more than 8 bits a channel"),
        ("normal", ["text.png"], "text.png is no picture, or corrupt"),
        ("normal", ["cut.png"], "cut.png is no picture, or corrupt"),
    ],
)
def test_label_that_is_none_is_refused_with_its_line(folder, task, fields, reason):
    Image.fromarray(np.full((2, 2), 17, np.uint8)).save(folder / "map.png")
    Image.fromarray(np.full((2, 2), 40_000, np.uint16)).save(folder / "deep.png")
    (folder / "text.png").write_text("no picture")
    (folder / "cut.png").write_bytes((folder / "0.png").read_bytes()[:5000])
    good = {"class_scene": [1] + [0] * 46, "room_layout": [0] * 9, "segmentsemantic": ["good.png"], "normal": ["1.png"]}
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(folder / "good.png")
    label(folder, task, [good[task], good[task], fields])
    with pytest.raises(BenchmarkError, match=rf"{task}.csv, line 4: .*{reason}"):
        load(folder, task, size=3)


@pytest.mark.parametrize("text", ["10", "-1", "1.5", "", "x", "²"])
def test_class_that_is_none_is_refused(folder, text):
    label(folder, "cifar10", [[0], [text]])
    with pytest.raises(BenchmarkError, match=r"cifar10.csv, line 3: .* is not one of the classes 0..9"):
        inputs.load("folder", CIFAR10, 2, "first", 0, folder)


def test_damaged_picture_gives_an_image_or_is_told(folder):
    label(folder, "autoencoder", [[]])
    content = (folder / "0.png").read_bytes()
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(200):
        damaged = bytearray(content)
        damaged[rng.integers(len(content))] ^= 1 << rng.integers(8)
        (folder / "0.png").write_bytes(damaged[: rng.integers(1, len(content) + 1)])
        try:
            load(folder, "autoencoder", size=1)
        except BenchmarkError:
            told += 1
    assert told > 100


@pytest.mark.parametrize("text", ["", "\n", "0.png\n1.png\n", "image,label\n0.png,1\n"])
def test_table_without_a_header_is_refused(folder, text):
    (folder / "autoencoder.csv").write_text(text)
    with pytest.raises(BenchmarkError, match="must have a header that begins with 'file'"):
        load(folder, "autoencoder", size=1)


def test_missing_table_is_told_with_its_path(tmp_path):
    with pytest.raises(BenchmarkError, match=r"cannot read the table of images .*class_scene.csv"):
        load(tmp_path)


def test_table_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "class_scene.csv").write_bytes(b"file,label\n\xff\xfe,1\n")
    with pytest.raises(BenchmarkError, match=r"class_scene.csv is not a CSV table in UTF-8"):
        load(tmp_path)


@pytest.mark.parametrize("source", ["folder", "photographs"])
def test_batch_that_is_too_large_says_how_many_there_are(folder, source):
    label(folder, "autoencoder", [[]] * 5)
    count = {"folder": 5, "photographs": 20}[source]
    with pytest.raises(BenchmarkError, match=rf"a batch of 21 is larger than the {count} .*; ask for fewer or"):
        load(folder, "autoencoder", size=21, source=source)


def test_images_of_single_classes_are_refused_for_another_kind_of_label(tmp_path):
    with pytest.raises(BenchmarkError, match=r"task 'room_layout' is not one of single classes, as the images in .*"):
        load(tmp_path, "room_layout", source="cifar10")


def test_photographs_that_are_not_installed_are_told(tmp_path, monkeypatch):
    def missing(name):
        raise images.PackageNotFoundError(name)

    monkeypatch.setattr(images, "distribution", missing)
    with pytest.raises(BenchmarkError, match="the package foolbox is not installed"):
        load(tmp_path, source="photographs")
