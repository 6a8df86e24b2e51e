"""Scoring on other engines than this machine's processes, through the command line."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from harness.store import KEY, ScoreStore

Command = Callable[..., "subprocess.CompletedProcess[str]"]
SETTINGS = ["sample.size=12", "proxies=[swap,snip]"]


def scores(run_dir: Path) -> pd.DataFrame:
    return ScoreStore(run_dir / "scores").read().sort_values(KEY, ignore_index=True)[[*KEY, "value", "status"]]


@pytest.mark.slow
def test_shards_as_submitted_jobs_end_with_the_result_of_one_run(correlate: Command, tmp_path: Path) -> None:
    one, many = tmp_path / "one", tmp_path / "many"
    assert correlate(*SETTINGS, f"run_dir={one}").returncode == 0
    jobs = ["shard.count=2", "shard.index=0,1", "hydra/launcher=submitit_local", f"hydra.sweep.dir={tmp_path}/jobs"]
    done = correlate(*SETTINGS, "workers=1", *jobs, f"run_dir={many}", flags=["-m"])
    assert done.returncode == 0, done.stderr
    assert not (many / "correlations.csv").exists()
    assert correlate(*SETTINGS, f"run_dir={many}").returncode == 0
    pd.testing.assert_frame_equal(scores(many), scores(one), check_exact=True)
    assert len(list((many / "scores").glob("*.parquet"))) == 2  # one a shard, and the last run had nothing to score
    assert (many / "values.csv").read_text() == (one / "values.csv").read_text()


@pytest.mark.slow
def test_a_dask_cluster_gives_the_result_of_one_process(correlate: Command, tmp_path: Path) -> None:
    cluster = "from distributed import LocalCluster; import sys; "
    cluster += "c = LocalCluster(n_workers=2, threads_per_worker=1, host='127.0.0.1', dashboard_address=None); "
    cluster += "print(c.scheduler_address, flush=True); sys.stdin.read()"
    guarded = f"if __name__ == '__main__':\n    {cluster}"
    script = tmp_path / "cluster.py"
    script.write_text(guarded)
    with subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        address = running.stdout.readline().strip()
        arguments = [*SETTINGS, "workers=2", "backend=dask", f"run_dir={tmp_path}/cluster"]
        done = correlate(*arguments, environment={"DASK_SCHEDULER_ADDRESS": address})
        running.communicate("")
    assert done.returncode == 0, done.stderr
    assert correlate(*SETTINGS, "workers=1", f"run_dir={tmp_path}/one").returncode == 0
    pd.testing.assert_frame_equal(scores(tmp_path / "cluster"), scores(tmp_path / "one"), check_exact=True)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_ray_gives_the_result_of_one_process(correlate: Command, tmp_path: Path) -> None:
    done = correlate(*SETTINGS, "workers=2", "backend=ray", f"run_dir={tmp_path}/ray")
    assert done.returncode == 0, done.stderr
    assert correlate(*SETTINGS, "workers=1", f"run_dir={tmp_path}/one").returncode == 0
    pd.testing.assert_frame_equal(scores(tmp_path / "ray"), scores(tmp_path / "one"), check_exact=True)


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
def test_an_engine_that_is_not_installed_is_told(correlate: Command, tmp_path: Path) -> None:
    done = correlate(*SETTINGS, "workers=2", "backend=ray", f"run_dir={tmp_path}/run")
    assert done.returncode == 2
    assert "zcbench[ray]" in done.stderr
