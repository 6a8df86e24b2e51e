"""Gets public files, checks them, and makes of them what the data folder needs.

Files are kept as they are in ``raw`` in the data folder, so that nothing is transferred twice.
"""

import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pooch
import requests

from benchmarks import parquet
from benchmarks.errors import BenchmarkError
from benchmarks.recipes.recipe import Recipe
from benchmarks.sources import SOURCES, Source

# Told how many bytes of a file are there.
Progress = Callable[[Source, int], object]

# The archives of images: the "python version" of CIFAR, which unpacks to one folder.
IMAGES = {"cifar10": SOURCES["cifar-10-python.tar.gz"], "cifar100": SOURCES["cifar-100-python.tar.gz"]}

TIMEOUT_SECONDS = 30
CHUNK_BYTES = 1 << 16

pooch.get_logger().setLevel("WARNING")  # it would announce every file


def download(sources: Sequence[Source], data: Path, mirror: str | None, progress: Progress) -> Path:
    """Put ``sources`` into the folder ``raw`` of ``data`` and return it; files that are there already are only checked.

    They are taken from ``mirror`` if that is given, a folder or the beginning of a URL. A transfer that was cut off
    goes on where it stopped. Raises BenchmarkError if a file cannot be had or is not the one that was expected.
    """
    raw = data / "raw"
    for source in sources:
        _retrieve(source, raw, mirror, progress)
        progress(source, source.bytes)
    return raw


def make_table(space: str, recipe: Recipe, data: Path) -> Path:
    """Make the table of ``space`` of its downloaded files and return where it is in the folder ``data``.

    Raises BenchmarkError if the table is not what it should be; then nothing is written.
    """
    origin = parquet.Origin(
        source=recipe.source,
        licence=recipe.licence,
        citation=recipe.citation,
        note=recipe.note,
        inputs={source.file: source.checksum for source in recipe.sources},
        date=date.today().isoformat(),
    )
    return parquet.write(data, space, recipe.make(data / "raw"), origin)


def unpack(archive: Path, data: Path) -> Path:
    """Unpack a tar archive that holds one folder and return that folder, which appears in ``data`` whole or not at all.

    Raises BenchmarkError if the archive is damaged, holds anything else, or would write outside of the folder.
    """
    with tempfile.TemporaryDirectory(dir=data, prefix=".unpacking-") as temporary:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(temporary, filter="data")
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise BenchmarkError(f"{archive} cannot be unpacked: {error}") from error
        found = list(Path(temporary).iterdir())
        if len(found) != 1 or not found[0].is_dir():
            raise BenchmarkError(f"{archive} should hold one folder; it holds {len(found)} files and folders")
        target = data / found[0].name
        if target.exists():
            shutil.rmtree(target)
        return found[0].rename(target)


def _retrieve(source: Source, folder: Path, mirror: str | None, progress: Progress) -> None:
    if mirror is None or mirror.startswith(("http://", "https://")):
        address = f"{mirror.rstrip('/')}/{source.file}" if mirror else source.url
        transfer: Callable[[str, str, Any], None] = partial(
            _transfer, part=folder / f"{source.file}.part", progress=partial(progress, source)
        )
    else:
        address, transfer = str(Path(mirror).expanduser() / source.file), _copy
    try:
        pooch.retrieve(address, source.checksum, source.file, folder, downloader=transfer)
    except requests.RequestException as error:
        raise BenchmarkError(
            f"cannot get {address}: {_reason(error)}; run the command again to go on where it stopped, or name a mirror"
        ) from error
    except ValueError as error:  # a checksum that differs
        raise BenchmarkError(
            f"{address} is corrupt or another file than expected: its checksum is not {source.checksum}; "
            "run the command again, or name another mirror"
        ) from error
    except OSError as error:
        raise BenchmarkError(f"cannot get {address}: {error.strerror}") from error


def _reason(error: requests.RequestException) -> str:
    if error.response is not None:
        return f"the server answers {error.response.status_code} {error.response.reason}"
    return "no answer in time" if isinstance(error, requests.Timeout) else "there is no connection, or it broke off"


def _copy(address: str, output: str, pooch: Any) -> None:
    shutil.copyfile(address, output)


def _transfer(address: str, output: str, pooch: Any, *, part: Path, progress: Callable[[int], object]) -> None:
    """Download what ``part`` lacks of the file at ``address``, then move it to ``output``."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # a range counts the bytes that are sent, so they must be the file's
    if start:
        headers["Range"] = f"bytes={start}-"
    with requests.get(address, headers=headers, stream=True, timeout=TIMEOUT_SECONDS) as response:
        if not (start and response.status_code == requests.codes.requested_range_not_satisfiable):  # then all is there
            response.raise_for_status()
            goes_on = response.status_code == requests.codes.partial_content
            with part.open("ab" if goes_on else "wb") as file:
                for chunk in response.iter_content(CHUNK_BYTES):
                    file.write(chunk)
                    progress(file.tell())
    part.replace(output)
