"""NAS-Bench-101's archive, written here byte by byte as its format says, with a slow checksum as reference."""

import base64
import json
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.archives import ARCHIVES
from benchmarks.errors import BenchmarkError
from benchmarks.importers import protobuf, tfrecord
from benchmarks.nb101 import NB101, cell

INCEPTION = (
    "0111001" + "0000010" + "0000010" + "0000100" + "0000010" + "0000001" + "0000000",
    "input,conv1x1-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,conv3x3-bn-relu,maxpool3x3,output",
)
TINY = ("011001000", "input,maxpool3x3,output")
TINY_STRING = "111:input,maxpool3x3,output"


def crc32c(content: bytes) -> int:
    """CRC-32C bit by bit: polynomial 0x1EDC6F41, here with its bits in reverse order."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(content: bytes) -> bytes:
    crc = crc32c(content)
    rotated = (crc >> 15) | (crc << 17 & 0xFFFFFFFF)
    return struct.pack("<I", (rotated + 0xA282EAD8) % 2**32)


def framed(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + masked(length) + content + masked(content)


def varint(number: int) -> bytes:
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def delimited(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def evaluation(epoch: float, valid: float, test: float) -> bytes:
    numbers = (epoch, 900.0, 1.0, valid, test)
    fields = b"".join(bytes([index << 3 | 1]) + struct.pack("<d", number) for index, number in enumerate(numbers, 1))
    return fields + delimited(6, b"/checkpoint/path")


def record(graph: tuple[str, str], epochs: int, valid: float, test: float) -> bytes:
    entries = [evaluation(0.0, 0.1, 0.1), evaluation(epochs / 2, 0.5, 0.5), evaluation(epochs, valid, test)]
    message = b"".join(delimited(1, entry) for entry in entries)
    message += varint(2 << 3) + varint(2_694_282) + bytes([3 << 3 | 1]) + struct.pack("<d", 1234.5)
    return json.dumps(["0" * 32, epochs, *graph, base64.b64encode(message).decode()]).encode()


RECORDS = [
    record(INCEPTION, 108, 0.941, 0.931),
    record(TINY, 108, 0.80, 0.79),
    record(INCEPTION, 108, 0.943, 0.935),
    record(INCEPTION, 4, 0.5, 0.4),
    record(INCEPTION, 108, 0.945, 0.939),
    record(TINY, 108, 0.82, 0.81),
]


def written(folder: Path, records: list[bytes] = RECORDS) -> Path:
    path = folder / "nasbench.tfrecord"
    path.write_bytes(b"".join(map(framed, records)))
    return path


def convert(path: Path, data: Path) -> None:
    ARCHIVES["nb101_tfrecord"].convert(path, data, lambda count: None)


def test_reference_checksum_is_the_standard_one():
    assert crc32c(b"123456789") == 0xE3069283


@given(st.binary(max_size=300))
def test_masked_checksum_equals_the_slow_reference(content):
    assert struct.pack("<I", tfrecord.masked_crc(content)) == masked(content)


def test_archive_becomes_means_and_spreads_over_its_runs(tmp_path):
    convert(written(tmp_path), tmp_path)
    truth = NB101().truth(tmp_path)
    inception = next(name for name in truth.table.index if name != TINY_STRING)
    assert cell.parse(inception).operations == tuple(INCEPTION[1].split(","))
    assert set(truth.table.index) == {inception, TINY_STRING}
    assert truth.targets("cifar10") == ["valid", "test", "valid_4", "test_4"]
    assert truth.values("cifar10", "valid")[inception] == pytest.approx(94.3)
    assert truth.values("cifar10", "test")[inception] == pytest.approx(93.5)
    assert truth.values("cifar10", "valid_4").to_dict() == {inception: pytest.approx(50.0)}
    assert truth.spread("cifar10", "test")[inception] == pytest.approx(np.std([93.1, 93.5, 93.9], ddof=1))
    assert truth.values("cifar10", "test")[TINY_STRING] == pytest.approx(80.0)


def test_matrix_is_read_row_by_row(tmp_path):
    """The digit of the edge from vertex i to vertex j is the one at n·i + j."""
    convert(written(tmp_path, [record(INCEPTION, 108, 0.9, 0.9)]), tmp_path)
    (architecture,) = NB101().truth(tmp_path).table.index
    edges = {(i, j) for i, row in enumerate(cell.parse(architecture).matrix) for j, edge in enumerate(row) if edge}
    assert edges == {(index // 7, index % 7) for index, digit in enumerate(INCEPTION[0]) if digit == "1"}


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0), st.integers(0, 7))
def test_flipped_bit_is_reported_with_the_number_of_its_record(tmp_path_factory, position, bit):
    folder = tmp_path_factory.mktemp("flipped")
    path = written(folder)
    content = bytearray(path.read_bytes())
    position %= len(content)
    content[position] ^= 1 << bit
    path.write_bytes(content)
    ends = np.cumsum([len(framed(one)) for one in RECORDS])
    number = int(np.searchsorted(ends, position, side="right")) + 1
    with pytest.raises(BenchmarkError, match=rf"nasbench.tfrecord, record {number}: ") as caught:
        convert(path, folder)
    assert "\n" not in str(caught.value)
    assert not (folder / "tables").exists()


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0))
def test_file_that_is_cut_off_is_reported_with_the_number_of_its_last_record(tmp_path_factory, length):
    folder = tmp_path_factory.mktemp("cut")
    path = written(folder)
    content = path.read_bytes()
    ends = np.cumsum([len(framed(one)) for one in RECORDS]).tolist()
    length %= len(content)
    path.write_bytes(content[:length])
    if length in (0, *ends):
        assert len(list(tfrecord.records(path))) == [0, *ends].index(length)
    else:
        number = int(np.searchsorted(ends, length)) + 1
        with pytest.raises(BenchmarkError, match=rf"record {number}: the file ends within it; get the file again"):
            list(tfrecord.records(path))


@pytest.mark.parametrize(
    "content",
    [
        b"no json",
        b"\xff",
        b"[1, 2]",
        b'{"a": 1}',
        json.dumps(["hash", 108, *TINY, "no base64!"]).encode(),
        json.dumps(["hash", 108, *TINY, base64.b64encode(b"\x0f").decode()]).encode(),
        json.dumps(["hash", 108, *TINY, base64.b64encode(varint(1 << 3) + b"\x05").decode()]).encode(),
        json.dumps(["hash", 108, *TINY, base64.b64encode(delimited(1, b"")).decode()]).encode(),
        json.dumps(["hash", 108, "01", *RECORDS[1].decode().split('"')[3::2]]).encode(),
        record(TINY, 7, 0.8, 0.8),
        record((TINY[0] + "0", TINY[1]), 108, 0.8, 0.8),
    ],
)
def test_record_that_is_laid_out_otherwise_is_named(tmp_path, content):
    with pytest.raises(BenchmarkError, match=r"nasbench.tfrecord, record 2: not laid out as in NAS-Bench-101"):
        convert(written(tmp_path, [RECORDS[0], content]), tmp_path)
    assert not (tmp_path / "tables").exists()


def test_cell_that_is_none_is_refused(tmp_path):
    with pytest.raises(BenchmarkError, match="unknown operation 'conv5x5'"):
        convert(written(tmp_path, [record((TINY[0], "input,conv5x5,output"), 108, 0.8, 0.8)]), tmp_path)


def test_records_are_read_one_at_a_time(tmp_path):
    """A file of 20 MB takes less than one."""
    content = framed(bytes(100_000))
    with (tmp_path / "large.tfrecord").open("wb") as file:
        for _ in range(200):
            file.write(content)
    tracemalloc.start()
    assert sum(map(len, tfrecord.records(tmp_path / "large.tfrecord"))) == 20_000_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_missing_file_is_named(tmp_path):
    with pytest.raises(BenchmarkError, match=r"cannot read .*absent: No such file"):
        list(tfrecord.records(tmp_path / "absent"))


@given(st.dictionaries(st.integers(1, 15), st.lists(st.integers(0, 2**40), min_size=1), max_size=4))
def test_fields_come_back_by_number_and_in_order(numbers):
    message = b"".join(varint(field << 3) + varint(value) for field, values in numbers.items() for value in values)
    assert protobuf.fields(message) == numbers
    assert protobuf.fields(delimited(9, message) + bytes([2 << 3 | 5]) + b"1234") == {9: [message], 2: [b"1234"]}
