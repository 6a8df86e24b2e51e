"""Write files whole or not at all."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.files import replacement


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
