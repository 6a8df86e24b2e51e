"""The example of a package that extends the project, installed as its reader would."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_a_package_adds_a_space_and_a_proxy_through_entry_points(tmp_path: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    example = shutil.copytree(ROOT / "examples" / "zcbench-toy", tmp_path / "zcbench-toy")
    subprocess.run([*install, "--target", tmp_path / "site", example], check=True)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "harness.correlate",
            "space=toy",
            "proxies=[toy_depth,swap,swap_reg]",
            f"run_dir={tmp_path}/run",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site"), "ZCBENCH_DATA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table = pd.read_csv(tmp_path / "run" / "correlations.csv").set_index("proxy")
    assert set(table.index) == {"toy_depth", "swap", "swap_reg"}
    assert (table["n"] == 12).all()
    assert (table["n_failed"] == 0).all()
    [caveat] = json.loads((tmp_path / "run" / "protocol.json").read_text())["caveats"]
    assert caveat.startswith("swap_reg: the space recommends no parameters of its own")
