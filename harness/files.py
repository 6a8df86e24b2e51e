"""Write files whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def write_text(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step, so that a reader never sees half of it."""
    with replacement(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replace ``path`` by ``content`` as readable JSON."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def copy(source: Path, target: Path) -> None:
    """Replace ``target`` by a copy of the file ``source``; its folder is made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with replacement(target) as temporary:
        shutil.copyfile(source, temporary)


@contextmanager
def replacement(path: Path) -> Iterator[Path]:
    """Give a temporary path that takes the place of ``path`` if all goes well, and is removed if not.

    Its name is that of this process, so that two runs into one folder do not meet.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
