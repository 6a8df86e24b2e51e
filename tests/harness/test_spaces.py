"""Each space through the main command, as a user calls it, and the published figures that this reproduces."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.darts import DARTS
from benchmarks.inputs import load
from proxies import score

ROOT = Path(__file__).parents[2]


def correlate(data: Path, run_dir: Path, *arguments: str) -> pd.DataFrame:
    """Return the table of correlations, by proxy."""
    done = subprocess.run(
        [sys.executable, "-m", "harness.correlate", "stats.resamples=50", f"run_dir={run_dir}", *arguments],
        cwd=ROOT,
        env={**os.environ, "ZCBENCH_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return pd.read_csv(run_dir / "correlations.csv", index_col="proxy")


@pytest.mark.parametrize(
    ("arguments", "target"),
    [
        (("space=nb101", "network={channels: 8, cells: 1}"), "cifar10/valid"),
        (("space=nb101", "network={channels: 8, cells: 1}", "target=valid_4"), "cifar10/valid_4"),
        (("space=nats_sss",), "cifar10/test"),
        (("space=nats_sss", "task=imagenet16_120"), "imagenet16_120/test"),
        (("space=darts",), "cifar10/valid"),
        (("space=darts", "network={network: full, channels: 4, layers: 3}"), "cifar10/valid"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_space_correlates_end_to_end(
    shared_data: Path, tmp_path: Path, arguments: tuple[str, ...], target: str
) -> None:
    table = correlate(shared_data, tmp_path, *arguments, "sample.size=4", "proxies=[swap,params]")
    assert table["n"].tolist() == [4, 4]
    assert table["n_failed"].tolist() == [0, 0]
    assert set(table["task"] + "/" + table["target"]) == {target}
    protocol = json.loads((tmp_path / "protocol.json").read_text())
    assert protocol["truth"]["note"]
    assert protocol["init"]["scheme"] == ("gaussian" if arguments[0] == "space=darts" else "default")


def test_swap_of_the_authors_networks_is_theirs(shared_data: Path) -> None:
    """The means over four initialisations that their code gives; one initialisation deviates by about 7 %."""
    space = DARTS()
    batch = load("cifar10", space.tasks["cifar10"], 16, "first", 0, shared_data)
    for text, known in zip(space.truth(shared_data).table.index[:3], (7_041, 7_350, 4_776), strict=True):
        network = space.build(text, "cifar10")
        scores = [score(network, batch.images, init="gaussian", seed=seed)["swap"] for seed in range(16)]
        assert np.mean(scores) == pytest.approx(known, rel=0.06)


@pytest.mark.slow
def test_published_correlation_of_swap_with_darts_is_reproduced(shared_data: Path, tmp_path: Path) -> None:
    """.90 in table 3 of arXiv 2403.04161; .906 was measured with the authors' network on the same images."""
    table = correlate(shared_data, tmp_path, "space=darts", "init.repeats=4", "proxies=[swap,params]")
    assert table["n"].tolist() == [1000, 1000]
    assert table.loc["swap", "spearman"] == pytest.approx(0.906, abs=0.01)
    assert table.loc["params", "spearman"] == pytest.approx(0.802, abs=0.001)
