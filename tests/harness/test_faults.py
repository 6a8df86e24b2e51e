"""What a run survives: killed workers, a killed parent, an interrupt, a full disk, a twin in the same folder."""

import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from harness.store import KEY

ROOT = Path(__file__).parents[2]
SETTINGS = ["network={channels: 4, cells: 1}", "proxies=[swap,snip]", "stats.resamples=20", "workers=2"]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs Linux's /proc")]


def start(run_dir: Path, size: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "harness.correlate", *SETTINGS, f"sample.size={size}", f"run_dir={run_dir}"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )


def heed_interrupts() -> None:
    """Undo what a shell does to commands in the background, and what they hand on: to ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(run_dir: Path, size: int) -> None:
    run = start(run_dir, size)
    _, errors = run.communicate(timeout=600)
    assert run.returncode == 0, errors


def workers(parent: int) -> list[int]:
    """Return the worker processes of ``parent`` that are alive."""
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [int(child) for child in children if "LokyProcess" in Path(f"/proc/{child}/cmdline").read_text()]
    except OSError:  # one of them has just ended
        return []


def scores(run_dir: Path) -> pd.DataFrame:
    """Return what is stored, without the time it took; a shard that is torn does not read."""
    shards = [pq.read_table(shard).to_pandas() for shard in sorted((run_dir / "scores").glob("*.parquet"))]
    table = pd.concat(shards) if shards else pd.DataFrame(columns=[*KEY, "value", "status"])
    return table[[*KEY, "value", "status"]]


def newest(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop_duplicates(KEY, keep="last").sort_values(KEY, ignore_index=True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run_dir = tmp_path_factory.mktemp("undisturbed")
    finish(run_dir, 600)
    return run_dir


def assert_same_result(run_dir: Path, undisturbed: Path) -> None:
    pd.testing.assert_frame_equal(newest(scores(run_dir)), newest(scores(undisturbed)), check_exact=True)
    assert (run_dir / "values.csv").read_text() == (undisturbed / "values.csv").read_text()
    assert not list(run_dir.glob("*.tmp"))


def test_twenty_kills_at_random_points_change_nothing(tmp_path: Path, undisturbed: Path) -> None:
    chance = random.Random(0)
    kills = 0
    run = start(tmp_path, 600)
    runs = [run]
    while kills < 20:
        try:
            run.wait(timeout=chance.uniform(0.1, 2.5))
        except subprocess.TimeoutExpired:
            pass
        else:  # killed, or done before the kills were
            if run.returncode == 0:
                shutil.rmtree(tmp_path / "scores")
            run = start(tmp_path, 600)
            runs.append(run)
        alive = workers(run.pid)
        victim = chance.choice([*alive, run.pid]) if alive else None
        if victim:
            os.kill(victim, signal.SIGKILL)
            kills += 1
    run.kill()
    for each in runs:
        each.communicate(timeout=60)  # returns when the last process that holds its output has ended
    finish(tmp_path, 600)
    assert_same_result(tmp_path, undisturbed)


def test_an_interrupt_ends_a_run_and_keeps_what_is_finished(tmp_path: Path, undisturbed: Path) -> None:
    run = start(tmp_path, 15_625)  # long enough not to be done before the interrupt comes
    while not list(tmp_path.glob("scores/*.parquet")):
        assert run.poll() is None
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: parent and workers
    _, errors = run.communicate(timeout=100)
    assert run.returncode == 130
    assert "Traceback" not in errors
    assert "start it again" in errors
    assert len(scores(tmp_path))
    finish(tmp_path, 600)
    assert (tmp_path / "values.csv").read_text() == (undisturbed / "values.csv").read_text()


def test_workers_end_with_a_parent_that_was_killed(tmp_path: Path) -> None:
    run = start(tmp_path, 600)
    while len(alive := workers(run.pid)) < 2 or not list(tmp_path.glob("scores/*.parquet")):
        assert run.poll() is None
    run.kill()
    run.communicate()  # returns when the last process that holds its output has ended
    assert not [worker for worker in alive if "LokyProcess" in _command(worker)]


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 128 KiB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", disk], check=False).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk_is_told_and_leaves_what_is_there(small_disk: Path, undisturbed: Path) -> None:
    run = start(small_disk, 600)
    _, errors = run.communicate(timeout=600)
    assert run.returncode == 2
    assert "No space left on device" in errors
    assert "Traceback" not in errors
    kept = newest(scores(small_disk))
    whole = newest(scores(undisturbed))
    pd.testing.assert_frame_equal(
        kept, whole.merge(kept[KEY], on=KEY).sort_values(KEY, ignore_index=True), check_exact=True
    )
    assert not list(small_disk.rglob("*.tmp"))


def test_two_runs_into_one_folder_end_with_a_correct_union(tmp_path: Path, undisturbed: Path) -> None:
    twins = [start(tmp_path, 600), start(tmp_path, 600)]
    for twin in twins:
        _, errors = twin.communicate(timeout=600)
        assert twin.returncode == 0, errors
    assert_same_result(tmp_path, undisturbed)
