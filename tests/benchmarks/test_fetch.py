"""Downloads from a server on this machine, which can be told to misbehave."""

import hashlib
import io
import re
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from benchmarks import fetch, parquet
from benchmarks.errors import BenchmarkError
from benchmarks.images import PickledBatches
from benchmarks.recipes import RECIPES
from benchmarks.sources import SOURCES, Source

CONTENT = bytes(np.random.default_rng(0).integers(0, 256, 300_000, dtype=np.uint8))


class Server:
    """Serves ``files`` (name to bytes) at ``url``; ``requests`` lists (name, Range header or None)."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.requests: list[tuple[str, str | None]] = []
        self.knows_ranges = True
        self.cut_after: int | None = None  # bytes of an answer after which the connection is closed
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *words: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        name, wanted = handler.path.lstrip("/"), handler.headers["Range"]
        self.requests.append((name, wanted))
        content = self.files.get(name)
        if content is None:
            handler.send_error(404)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and self.knows_ranges else 0
        if start >= len(content):
            handler.send_error(416)
            return
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.end_headers()
        handler.wfile.write(content[start:] if self.cut_after is None else content[start : start + self.cut_after])


@pytest.fixture
def server():
    running = Server()
    thread = threading.Thread(target=running.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.http.shutdown()
    thread.join()
    running.http.server_close()


def source(content: bytes = CONTENT, name: str = "folder/file.bin", url: str = "http://unused.invalid") -> Source:
    return Source(name, url, f"sha256:{hashlib.sha256(content).hexdigest()}", len(content), "MIT", "a file")


def download(one: Source, data: Path, mirror: str | None) -> list[int]:
    """Download into ``data`` and return how much was there each time that progress was told."""
    there: list[int] = []
    fetch.download([one], data, mirror, lambda _, count: there.append(count))
    return there


def kept(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (data / "raw").rglob("*") if path.is_file()}


def test_file_is_taken_from_its_own_address(tmp_path, server):
    server.files["pinned/file.bin"] = CONTENT
    download(source(url=f"{server.url}/pinned/file.bin"), tmp_path, mirror=None)
    assert kept(tmp_path) == {"file.bin": CONTENT}


@pytest.mark.parametrize("slash", ["", "/"])
def test_file_is_taken_from_a_mirror_by_its_name(tmp_path, server, slash):
    server.files["mirror/folder/file.bin"] = CONTENT
    download(source(), tmp_path, f"{server.url}/mirror{slash}")
    assert kept(tmp_path) == {"file.bin": CONTENT}


def test_file_is_taken_from_a_folder(tmp_path):
    (tmp_path / "mirror" / "folder").mkdir(parents=True)
    (tmp_path / "mirror" / "folder" / "file.bin").write_bytes(CONTENT)
    assert download(source(), tmp_path / "data", str(tmp_path / "mirror")) == [len(CONTENT)]
    assert kept(tmp_path / "data") == {"file.bin": CONTENT}


def test_file_that_is_there_is_not_transferred_again(tmp_path, server):
    server.files["folder/file.bin"] = CONTENT
    download(source(), tmp_path, server.url)
    assert download(source(), tmp_path, server.url) == [len(CONTENT)]
    assert len(server.requests) == 1


def test_file_that_was_damaged_on_the_disk_is_transferred_again(tmp_path, server):
    server.files["folder/file.bin"] = CONTENT
    download(source(), tmp_path, server.url)
    (tmp_path / "raw" / "folder" / "file.bin").write_bytes(CONTENT[:-1])
    download(source(), tmp_path, server.url)
    assert kept(tmp_path) == {"file.bin": CONTENT}


def test_progress_grows_up_to_the_size_of_the_file(tmp_path, server):
    server.files["folder/file.bin"] = CONTENT
    there = download(source(), tmp_path, server.url)
    assert there == sorted(there)
    assert len(there) > 3
    assert there[-1] == len(CONTENT)


def test_interrupted_download_goes_on_where_it_stopped(tmp_path, server):
    server.files["folder/file.bin"] = CONTENT
    server.cut_after = 150_000
    with pytest.raises(BenchmarkError, match=r"there is no connection, or it broke off; run the command again"):
        download(source(), tmp_path, server.url)
    (part,) = kept(tmp_path).values()
    assert CONTENT.startswith(part)
    assert len(part) > 0

    server.cut_after = None
    there = download(source(), tmp_path, server.url)
    assert server.requests == [("folder/file.bin", None), ("folder/file.bin", f"bytes={len(part)}-")]
    assert there[0] > len(part)
    assert kept(tmp_path) == {"file.bin": CONTENT}


def test_download_that_was_stopped_by_the_user_goes_on_too(tmp_path, server):
    def stop(_: Source, there: int) -> None:
        if there > 100_000:
            raise KeyboardInterrupt

    server.files["folder/file.bin"] = CONTENT
    with pytest.raises(KeyboardInterrupt):
        fetch.download([source()], tmp_path, server.url, stop)
    download(source(), tmp_path, server.url)
    assert server.requests[-1][1] is not None
    assert kept(tmp_path) == {"file.bin": CONTENT}


def test_download_stopped_just_before_its_end_needs_nothing_more(tmp_path, server):
    server.files["folder/file.bin"] = CONTENT
    (tmp_path / "raw" / "folder").mkdir(parents=True)
    (tmp_path / "raw" / "folder" / "file.bin.part").write_bytes(CONTENT)
    download(source(), tmp_path, server.url)
    assert kept(tmp_path) == {"file.bin": CONTENT}


def test_server_that_cannot_go_on_is_asked_for_the_whole(tmp_path, server):
    server.files["folder/file.bin"] = CONTENT
    server.knows_ranges = False
    (tmp_path / "raw" / "folder").mkdir(parents=True)
    (tmp_path / "raw" / "folder" / "file.bin.part").write_bytes(CONTENT[:1000])
    download(source(), tmp_path, server.url)
    assert kept(tmp_path) == {"file.bin": CONTENT}


@pytest.mark.parametrize("begun", [b"", b"other", CONTENT + b"more"], ids=["anew", "other beginning", "too long"])
def test_file_with_another_checksum_is_not_kept(tmp_path, server, begun):
    """Nothing of it remains, so that the next try starts anew."""
    server.files["folder/file.bin"] = CONTENT if begun else CONTENT[:-1] + b"\0"
    (tmp_path / "raw" / "folder").mkdir(parents=True)
    if begun:
        (tmp_path / "raw" / "folder" / "file.bin.part").write_bytes(begun)
    with pytest.raises(BenchmarkError) as caught:
        download(source(), tmp_path, server.url)
    assert str(caught.value).startswith(f"{server.url}/folder/file.bin is corrupt or another file than expected")
    assert "\n" not in str(caught.value)
    assert kept(tmp_path) == {}
    server.files["folder/file.bin"] = CONTENT
    download(source(), tmp_path, server.url)
    assert kept(tmp_path) == {"file.bin": CONTENT}


def test_file_that_a_mirror_lacks_is_named(tmp_path, server):
    with pytest.raises(BenchmarkError, match=r"cannot get http.*/folder/file.bin: the server answers 404 Not Found"):
        download(source(), tmp_path, server.url)
    with pytest.raises(BenchmarkError, match=r"cannot get .*nowhere/folder/file.bin: No such file or directory"):
        download(source(), tmp_path, str(tmp_path / "nowhere"))
    assert kept(tmp_path) == {}


def test_server_that_is_not_there_is_named(tmp_path, server):
    server.http.server_close()
    with pytest.raises(BenchmarkError, match=r"cannot get http.*: there is no connection"):
        download(source(), tmp_path, server.url)


@pytest.mark.parametrize("space", RECIPES)
def test_table_of_every_space_is_made_of_what_a_server_sends(tmp_path, shared_data, server, space):
    recipe = RECIPES[space]
    server.files = {file: (shared_data / "upstream" / file).read_bytes() for file in recipe.files}
    fetch.download(recipe.sources, tmp_path, server.url, lambda *_: None)
    path = fetch.make_table(space, recipe, tmp_path)
    found = parquet.read(path, space)
    assert len(found.table) == recipe.rows
    assert found.note == recipe.note
    assert sorted(file.name for file in path.parent.iterdir()) == [f"{space}.parquet"]


def test_corrupt_file_leaves_no_table_and_one_clear_error(tmp_path, shared_data, server):
    recipe = RECIPES["darts"]
    (name,) = recipe.files
    content = (shared_data / "upstream" / name).read_bytes()
    server.files = {name: content[:1000] + b"9" + content[1001:]}
    with pytest.raises(BenchmarkError, match=f"{name} is corrupt"):
        fetch.download(recipe.sources, tmp_path, server.url, lambda *_: None)
    assert kept(tmp_path) == {}
    assert not (tmp_path / "tables").exists()


def test_sources_are_the_published_ones(shared_data):
    import json

    index = json.loads((shared_data / "upstream" / "index.json").read_text())
    assert {(record["file"], record["url"], f"sha256:{record['sha256']}", record["bytes"]) for record in index} == {
        (known.file, known.url, known.checksum, known.bytes)
        for known in SOURCES.values()
        if known not in fetch.IMAGES.values()
    }


def test_every_source_is_pinned_and_says_what_it_is():
    for known in SOURCES.values():
        pinned = re.search(r"/[0-9a-f]{40}/", known.url) or known in fetch.IMAGES.values()
        assert pinned, known.url
        assert re.fullmatch("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", known.checksum)
        assert known.licence
        assert known.what


# Images come as a tar with one folder.


def pack(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def cifar10(images: int) -> dict[str, bytes]:
    import pickle

    batch = {b"data": np.arange(images * 3072, dtype=np.int64).astype(np.uint8).reshape(images, 3072)}
    return {
        f"cifar-10-batches-py/data_batch_{number}": pickle.dumps(batch | {b"labels": [number] * images}, protocol=2)
        for number in range(1, 6)
    }


def test_images_are_served_unpacked_and_found(tmp_path, server):
    packed = pack(cifar10(images=3))
    tiny = Source("cifar-10-python.tar.gz", "", f"md5:{hashlib.md5(packed).hexdigest()}", len(packed), "", "")
    server.files = {tiny.file: packed}
    raw = fetch.download([tiny], tmp_path, server.url, lambda *_: None)
    assert fetch.unpack(raw / tiny.file, tmp_path) == tmp_path / "cifar-10-batches-py"
    found = PickledBatches("cifar-10-batches-py", "data_batch_*", b"labels").find(tmp_path)
    assert found.images.shape == (15, 32, 32, 3)
    assert found.labels.tolist() == [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3 + [5] * 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cifar-10-batches-py", "raw"]


def test_unpacking_again_replaces_the_folder(tmp_path):
    archive = tmp_path / "images.tar.gz"
    archive.write_bytes(pack({"folder/old": b"1"}))
    fetch.unpack(archive, tmp_path)
    archive.write_bytes(pack({"folder/new": b"2"}))
    folder = fetch.unpack(archive, tmp_path)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"new": b"2"}


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (pack({"folder/file": b"1", "../outside": b"2"}), "cannot be unpacked"),
        (pack({"folder/file": b"1", "/absolute/../../outside": b"2"}), "cannot be unpacked"),
        (pack({"folder/file": CONTENT})[:-1000], "cannot be unpacked"),
        (b"no tar at all", "cannot be unpacked"),
        (pack({"one/file": b"1", "two/file": b"2"}), "should hold one folder; it holds 2"),
        (pack({"file": b"1"}), "should hold one folder"),
        (pack({}), "should hold one folder; it holds 0"),
    ],
    ids=["outside", "absolute", "cut", "text", "two folders", "file", "empty"],
)
def test_archive_that_is_not_one_intact_folder_leaves_nothing(tmp_path, packed, reason):
    data = tmp_path / "data"
    data.mkdir()
    (data / "images.tar.gz").write_bytes(packed)
    with pytest.raises(BenchmarkError, match=rf"images.tar.gz {reason}"):
        fetch.unpack(data / "images.tar.gz", data)
    assert [path.name for path in data.iterdir()] == ["images.tar.gz"]
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
