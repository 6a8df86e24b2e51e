import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from synthetic_run import PROXIES, write_run

from harness.board import load_run
from harness.errors import HarnessError
from harness.repeats import spread_of
from harness.spread import repeat_spread

ROOT = Path(__file__).parents[2]


def images(number):
    inputs = {"name": "task", "source": "images", "batch_size": 16, "choice": "random", "seed": number}
    return {"inputs": {**inputs, "sha256": f"{number:064d}"}}


def seed(number):
    return {"init": {"scheme": "default", "repeats": 1, "seed": number}}


@pytest.fixture
def runs(tmp_path):
    def write(*changes):
        folders = [write_run(tmp_path / str(number), failed=0, **change) for number, change in enumerate(changes)]
        for number, folder in enumerate(folders):  # each another draw of zen, and another order of the architectures
            table = pd.read_csv(folder / "values.csv")
            table.assign(zen=np.roll(table["zen"], number))[::-1].to_csv(folder / "values.csv", index=False)
        return [load_run(folder) for folder in folders]

    return write


@pytest.mark.parametrize(
    ("change", "what", "shared"), [(images, "minibatches", True), (seed, "initialisations", False)]
)
def test_runs_that_repeat_a_measurement_tell_its_spread(runs, change, what, shared):
    repeated = runs(change(0), change(1), change(2))
    told, table = spread_of(repeated)
    assert told == what
    assert table["sd_repeats"]["swap"] == 0
    scores = [run.values["zen"].loc[repeated[0].values.index].to_numpy() for run in repeated]
    truth = repeated[0].values["truth"].to_numpy()
    expected = repeat_spread(np.stack(scores, axis=1), truth, shared=shared)
    assert table.loc["zen"].to_dict() == pytest.approx(expected)
    assert expected["sd_repeats"] > 0


def test_runs_that_differ_in_something_else_are_refused(runs):
    with pytest.raises(HarnessError, match="differ in inputs_sha256, init_seed"):
        spread_of(runs(images(0), {**images(1), **seed(1)}))


def test_runs_without_a_common_proxy_are_refused(runs):
    with pytest.raises(HarnessError, match="no proxy"):
        spread_of(runs(images(0), {**images(1), "parameters": {name: {"mu": 1.0} for name in PROXIES}}))


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_runs_are_refused(runs, count):
    with pytest.raises(HarnessError, match=f"{count} runs"):
        spread_of(runs(*[images(0)] * count))


def test_the_command_prints_a_line_for_each_proxy(runs, tmp_path):
    runs(images(0), images(1))
    command = [sys.executable, "-m", "harness.repeats", f"runs=[{tmp_path}]"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 minibatches" in done.stdout
    assert done.stdout.count("\n| ") == 2 + 4
