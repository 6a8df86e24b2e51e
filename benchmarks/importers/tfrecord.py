"""The framing of TFRecord files: lengths and contents, each with a checksum.

A record is its length (uint64), the masked CRC32C of these eight bytes (uint32), its content, and the masked CRC32C
of the content (uint32), all little-endian. The mask rotates a CRC right by 15 bits and adds a constant.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from benchmarks.errors import BenchmarkError

_LENGTH = struct.Struct("<Q")
_CHECKSUM = struct.Struct("<I")


def records(path: Path) -> Iterator[bytes]:
    """Yield the contents of the records in the file, of which only one is in memory at a time.

    Raises BenchmarkError with the record's number, from 1, if a checksum differs or the file ends within a record.
    """
    number = 0
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            while file.tell() < size:
                number += 1
                (length,) = _LENGTH.unpack(_checked(file, _LENGTH.size, size))
                yield _checked(file, length, size)
    except _DamageError as error:
        raise BenchmarkError(f"{path}, record {number}: {error}; get the file again") from error
    except OSError as error:
        raise BenchmarkError(f"cannot read {path}: {error.strerror}") from error


def masked_crc(content: bytes) -> int:
    """Return the checksum of ``content`` as it stands behind it in a TFRecord file."""
    crc = google_crc32c.value(content)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


class _DamageError(Exception):
    """What is wrong with a record."""


def _checked(file: BinaryIO, length: int, size: int) -> bytes:
    """Return the next ``length`` bytes of a file of ``size`` bytes if the checksum behind them fits."""
    if length + _CHECKSUM.size > size - file.tell():
        raise _DamageError("the file ends within it")
    content = file.read(length)
    (checksum,) = _CHECKSUM.unpack(file.read(_CHECKSUM.size))
    if checksum != masked_crc(content):
        raise _DamageError("its checksum does not fit its content")
    return content
