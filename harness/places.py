"""Where a run keeps its scores and its results."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.identity import short_hash
from harness.plan import Plan
from harness.publication import file_name

RUNS = Path("results/runs")
# What can change no number: with other code, or elsewhere, a run is made again in the same place.
_WORDS = {"versions", "git_commit", "caveats"}


def score_folder(plan: Plan) -> Path:
    """Return the folder of the score store: all runs of a task share one, unless ``run_dir`` was given.

    A larger sample, other proxies or another target thus find the scores that are there already.
    """
    return (Path(plan.config.run_dir) if plan.config.run_dir else _task_folder(plan)) / "scores"


def run_folder(plan: Plan, protocol: Mapping[str, Any]) -> Path:
    """Return the folder of the results: ``run_dir``, or one of its own for each ``protocol``."""
    if plan.config.run_dir:
        return Path(plan.config.run_dir)
    asked = {name: part for name, part in protocol.items() if name not in _WORDS}
    asked |= {name: protocol[name]["sha256"] for name in ("truth", "inputs")}
    asked["sample"] = {name: value for name, value in protocol["sample"].items() if name != "why_this_size"}
    return _task_folder(plan) / f"{file_name(plan.target)}-{len(plan.accuracy)}-{short_hash(asked)}"


def _task_folder(plan: Plan) -> Path:
    return RUNS / file_name(plan.setting.space.name) / file_name(plan.setting.task)


def make_folder(folder: Path) -> None:
    """Create ``folder``; raises HarnessError if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise HarnessError(f"{folder} cannot be written: {error.strerror} (run_dir= names another place)") from error
