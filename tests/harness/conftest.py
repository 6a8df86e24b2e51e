import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def correlate(tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run ``python -m harness.correlate`` as a user without a data folder would, on small networks."""

    (tmp_path / "no-data").mkdir()

    def run(
        *arguments: str,
        flags: Sequence[str] = (),
        data: Path = tmp_path / "no-data",
        environment: Mapping[str, str] | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        small = ["network={channels: 4, cells: 1}", "stats.resamples=50"]
        return subprocess.run(
            [sys.executable, "-m", "harness.correlate", *flags, *small, *arguments],
            cwd=ROOT,
            env={**os.environ, "ZCBENCH_DATA": str(data), **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )

    return run
