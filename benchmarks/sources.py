"""The public files that can be fetched: address pinned to a commit, checksum, licence (see sources.json)."""

import json
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True)
class Source:
    """A file at ``url``, kept under the name ``file``; ``checksum`` reads ``sha256:…`` or ``md5:…``."""

    file: str
    url: str
    checksum: str
    bytes: int
    licence: str
    what: str


def _known() -> dict[str, Source]:
    records = json.loads(files("benchmarks").joinpath("sources.json").read_text(encoding="utf-8"))
    return {record["file"]: Source(**record) for record in records}


SOURCES = _known()
