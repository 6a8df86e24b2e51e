import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import images, inputs
from benchmarks.errors import BenchmarkError
from benchmarks.tasks import CIFAR10, CIFAR100, IMAGENET16_120

NOWHERE = Path("no-such-folder")


def load(source="cifar10", task=CIFAR10, size=16, choice="first", seed=0, data=NOWHERE):
    return inputs.load(source, task, size, choice, seed, data)


def write_archive(data: Path, name: str = "cifar10", **arrays) -> Path:
    """An archive of 30 random images, with ``arrays`` in place of its own."""
    rng = np.random.default_rng(0)
    content = {"images": rng.integers(256, size=(30, 32, 32, 3), dtype=np.uint8), "labels": np.arange(30) % 10}
    (data / "images").mkdir(exist_ok=True)
    np.savez(data / "images" / f"{name}.npz", **(content | arrays))
    return data / "images" / f"{name}.npz"


def python2_batch(pixels: np.ndarray, labels: list[int], key: bytes) -> bytes:
    """A batch as CIFAR's authors pickled it in Python 2: keys, type codes and pixels are byte strings."""

    def number(value: int) -> bytes:
        return b"J" + struct.pack("<i", value)

    def string(value: bytes) -> bytes:
        return b"T" + struct.pack("<I", len(value)) + value

    dtype = b"cnumpy\ndtype\n(" + string(b"u1") + number(0) + number(1) + b"tR"
    dtype += b"(" + number(3) + string(b"|") + b"NNN" + number(-1) + number(-1) + number(0) + b"tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(" + number(0) + b"t" + string(b"b") + b"tR"
    shape = b"(" + b"".join(map(number, pixels.shape)) + b"t"
    array += b"(" + number(1) + shape + dtype + b"I00\n" + string(pixels.tobytes()) + b"tb"
    listed = b"(" + b"".join(map(number, labels)) + b"l"
    return b"\x80\x02}(" + string(b"data") + array + string(key) + listed + b"u."


def test_first_images_of_cifar10_come_in_their_order(shared_data):
    batch = load(data=shared_data)
    assert batch.images.shape == (16, 3, 32, 32)
    assert batch.images.dtype == torch.float32
    assert batch.labels.dtype == torch.int64
    assert batch.labels[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]
    assert batch.source == "the first 16 of 4,000 CIFAR-10 images in cifar10_train4000.npz"


def test_normalised_images_have_mean_zero_and_deviation_one(shared_data):
    images = load(size=4000, data=shared_data).images
    torch.testing.assert_close(images.mean(dim=(0, 2, 3)), torch.zeros(3), atol=0.02, rtol=0)
    torch.testing.assert_close(images.std(dim=(0, 2, 3)), torch.ones(3), atol=0.02, rtol=0)


@pytest.mark.parametrize("task", [CIFAR10, CIFAR100, IMAGENET16_120], ids=lambda task: task.name)
def test_every_task_has_its_images(task, shared_data):
    assert load("task", task, data=shared_data).images.shape == (16, *task.image_shape)


def test_pixels_are_normalised_channel_by_channel(tmp_path):
    write_archive(tmp_path)
    batch = load(data=tmp_path)
    with np.load(tmp_path / "images" / "cifar10.npz") as archive:
        red, blue = archive["images"][5, 7, 9, [0, 2]]
    assert batch.images[5, 0, 7, 9].item() == pytest.approx((red / 255 - 0.4914) / 0.2470, abs=1e-6)
    assert batch.images[5, 2, 7, 9].item() == pytest.approx((blue / 255 - 0.4465) / 0.2616, abs=1e-6)


def test_numbers_in_0_to_1_are_the_same_images_as_bytes(tmp_path):
    with np.load(write_archive(tmp_path)) as archive:
        pixels = archive["images"]
    bytewise = load(data=tmp_path)
    write_archive(tmp_path, images=pixels / 255)
    torch.testing.assert_close(load(data=tmp_path).images, bytewise.images)


def test_without_a_data_folder_the_images_come_from_a_package():
    batch = load()
    assert batch.labels.tolist() == [3, 8, 8, 0, 6, 6, 1, 6, 3, 1, 0, 9, 5, 7, 9, 8]
    assert "foolbox" in batch.source
    assert load("cifar100", CIFAR100).labels[:5].tolist() == [49, 33, 72, 51, 71]


def test_packaged_images_are_the_ones_of_the_data_set(shared_data):
    """The archive of CIFAR-100 begins with the same test images."""
    packaged, archived = (load("cifar100", CIFAR100, size=10, data=data) for data in (NOWHERE, shared_data))
    assert packaged.sha256 == archived.sha256


@pytest.mark.parametrize(
    ("task", "folder", "files", "key"),
    [
        (CIFAR10, "cifar-10-batches-py", ["data_batch_1", "data_batch_2"], b"labels"),
        (CIFAR100, "cifar-100-python", ["train"], b"fine_labels"),
    ],
    ids=["cifar10", "cifar100"],
)
def test_python_version_folder_gives_the_same_batch_as_an_archive(tmp_path, task, folder, files, key):
    count = 30 // len(files)
    with np.load(write_archive(tmp_path, task.name)) as archive:
        rows = archive["images"].transpose(0, 3, 1, 2).reshape(30, 3072)
        labels = archive["labels"].tolist()
    expected = load(task.name, task, size=30, data=tmp_path)
    (tmp_path / "images" / f"{task.name}.npz").unlink()
    (tmp_path / folder).mkdir()
    for index, file in enumerate(files):
        part = slice(index * count, (index + 1) * count)
        (tmp_path / folder / file).write_bytes(python2_batch(rows[part], labels[part], key))
    found = load(task.name, task, size=30, data=tmp_path)
    assert found.sha256 == expected.sha256
    assert folder in found.source


def test_damaged_python_version_folder_is_refused(tmp_path):
    file = tmp_path / "cifar-10-batches-py" / "data_batch_1"
    file.parent.mkdir()
    content = python2_batch(np.zeros((2, 3072), np.uint8), [1, 2], b"labels")
    file.write_bytes(content[:-100])
    with pytest.raises(BenchmarkError, match="data_batch_1 is corrupt"):
        load(data=tmp_path)
    file.write_bytes(content.replace(b"labels", b"albels"))
    with pytest.raises(BenchmarkError, match="is not CIFAR's python version: KeyError"):
        load(data=tmp_path)


def test_an_archive_of_cifar100_is_not_taken_for_cifar10(tmp_path):
    write_archive(tmp_path, "cifar100_test")
    assert "foolbox" in load(data=tmp_path).source


def test_hash_is_that_of_shape_type_and_bytes(tmp_path):
    write_archive(tmp_path)
    first = load(data=tmp_path)
    assert load(data=tmp_path).sha256 == first.sha256
    assert load(size=15, data=tmp_path).sha256 != first.sha256
    write_archive(tmp_path, labels=(np.arange(30) + 1) % 10)
    assert load(data=tmp_path).sha256 != first.sha256


def test_ones_are_ones_and_noise_is_standard_normal():
    assert (load("ones").images == 1).all()
    images = load("noise", size=64).images
    assert images.mean().item() == pytest.approx(0, abs=0.01)
    assert images.std().item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("source", ["cifar10", "noise", "ones"])
@given(size=st.integers(1, 20), larger=st.integers(1, 20), seed=st.integers(0, 2**32))
def test_smaller_batch_is_the_beginning_of_a_larger_one(source, size, larger, seed):
    size, larger = sorted([size, larger])
    small, large = (load(source, size=n, choice="random", seed=seed) for n in (size, larger))
    assert torch.equal(small.images, large.images[:size])
    assert torch.equal(small.labels, large.labels[:size])


@pytest.mark.parametrize("source", ["cifar10", "noise"])
def test_another_seed_draws_other_images(source):
    assert load(source, choice="random", seed=0).sha256 != load(source, choice="random", seed=1).sha256


def test_random_images_are_drawn_without_replacement(tmp_path):
    write_archive(tmp_path)
    batch = load(size=30, choice="random", data=tmp_path)
    assert len(torch.unique(batch.images, dim=0)) == 30
    assert torch.equal(batch.labels.bincount(), torch.full((10,), 3))


@pytest.mark.parametrize("source", ["noise", "ones"])
def test_made_up_labels_cover_the_tasks_classes(source):
    labels = load(source, CIFAR100, size=2000).labels
    assert labels.unique().tolist() == list(range(100))


def test_batch_that_is_too_large_says_how_many_there_are_and_what_to_do(tmp_path):
    with pytest.raises(BenchmarkError) as caught:
        load(size=64, data=tmp_path)
    message = str(caught.value)
    assert "a batch of 64 is larger than the 20 CIFAR-10 images in the package foolbox" in message
    assert "ask for fewer or put more into" in message
    assert str(tmp_path / "images" / "cifar10.npz") in message
    assert str(tmp_path / "cifar-10-batches-py") in message


def test_images_that_are_nowhere_are_never_replaced(tmp_path):
    with pytest.raises(BenchmarkError, match=r"no ImageNet16-120 images; looked for .*imagenet16_120.npz.*noise"):
        load("task", IMAGENET16_120, data=tmp_path)


def test_images_of_another_size_are_refused_with_both_sizes(tmp_path):
    with pytest.raises(BenchmarkError, match=r"takes images of 3x16x16, but those in .* are 3x32x32"):
        load("cifar10", IMAGENET16_120, data=tmp_path)


def test_label_outside_the_tasks_classes_is_refused():
    with pytest.raises(BenchmarkError, match=r"classes 0..9, but image 0 .* is labelled 49"):
        load("cifar100", CIFAR10)


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.5])
def test_number_that_is_no_pixel_is_refused_with_its_image(tmp_path, value):
    pixels = np.full((30, 32, 32, 3), 0.5, np.float32)
    pixels[20, 3, 4, 1] = value
    write_archive(tmp_path, images=pixels)
    with pytest.raises(BenchmarkError, match=r"cifar10.npz: image 20 \(from 0\) has values that are not in"):
        load(data=tmp_path)


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"labels": np.arange(7)}, "integer labels"),
        ({"labels": np.zeros(30)}, "integer labels"),
        ({"images": np.zeros((30, 32, 32), np.uint8)}, r"must hold images \[N, H, W, C\]"),
        ({"images": np.zeros((30, 32, 32, 3), np.int64)}, "must be bytes"),
        ({"images": np.full((30, 32, 32, 3), None)}, "corrupt or not an .npz archive"),
    ],
    ids=["too few labels", "labels no integers", "grey", "integers", "objects"],
)
def test_archive_laid_out_otherwise_is_refused(tmp_path, arrays, reason):
    write_archive(tmp_path, **arrays)
    with pytest.raises(BenchmarkError, match=reason) as caught:
        load(data=tmp_path)
    assert "cifar10.npz" in str(caught.value)


def test_archive_without_labels_is_refused(tmp_path):
    write_archive(tmp_path)
    np.savez(tmp_path / "images" / "cifar10.npz", images=np.zeros((1, 32, 32, 3), np.uint8))
    with pytest.raises(BenchmarkError, match=r"must hold the arrays images and labels: .*labels"):
        load(data=tmp_path)


@pytest.mark.parametrize("kept", [0, 10, 1000, -50], ids=["empty", "header", "part", "no directory"])
def test_truncated_archive_is_refused(tmp_path, kept):
    path = write_archive(tmp_path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(BenchmarkError, match=r"cifar10.npz is corrupt"):
        load(data=tmp_path)


def test_archive_with_a_damaged_pixel_is_refused(tmp_path):
    path = write_archive(tmp_path)
    content = bytearray(path.read_bytes())
    content[2000] ^= 1
    path.write_bytes(content)
    with pytest.raises(BenchmarkError, match=r"cifar10.npz is corrupt"):
        load(data=tmp_path)


def test_unknown_names_and_empty_batches_are_refused():
    with pytest.raises(BenchmarkError, match="unknown inputs 'cifar'; known: task, cifar10"):
        load("cifar")
    with pytest.raises(BenchmarkError, match="unknown choice of images 'last'; known: first, random"):
        load(choice="last")
    with pytest.raises(BenchmarkError, match="at least one image, not 0"):
        load(size=0)


def test_package_that_is_not_there_is_no_place(monkeypatch):
    def missing(name):
        raise images.PackageNotFoundError(name)

    monkeypatch.setattr(images, "distribution", missing)
    with pytest.raises(BenchmarkError, match=r"no CIFAR-10 images; looked for .*the package foolbox"):
        load()
