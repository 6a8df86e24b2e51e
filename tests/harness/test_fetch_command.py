"""Getting data, as a user calls it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import parquet

ROOT = Path(__file__).parents[2]


def run(command: str, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", f"harness.{command}", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("how", ["setting", "environment"])
def test_fetch_writes_a_table_and_says_licence_and_citation(tmp_path, shared_data, how):
    mirror = str(shared_data / "upstream")
    setting, environment = ([f"mirror={mirror}"], {}) if how == "setting" else ([], {"ZCBENCH_MIRROR": mirror})
    done = run("fetch", "space=darts", f"paths.data={tmp_path}", *setting, **environment)
    assert done.returncode == 0, done.stderr
    assert len(parquet.find(tmp_path, "darts").table) == 1000
    assert "licence: none stated" in done.stdout
    assert "please cite: Peng et al., SWAP-NAS" in done.stdout
    assert "raw.githubusercontent.com/pym1024/SWAP/" in done.stdout
    assert f"written to {tmp_path}/tables/darts.parquet" in done.stdout
    assert done.stderr == ""  # no progress bar where nobody watches


def test_import_writes_a_table_and_says_the_licence(tmp_path, shared_data):
    folder = shared_data / "upstream" / "NATS-tss-v1_0-3ffb9-simple"
    done = run("import_archive", "format=nats_tss", f"file={folder}", f"paths.data={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert len(parquet.find(tmp_path, "nb201").table) == 3
    assert f"written to {tmp_path}/tables/nb201.parquet" in done.stdout
    assert "licence: MIT (NATS-Bench)" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("command", "arguments", "message"),
    [
        ("fetch", [], "error: nothing to fetch: give space=nb101|nb201|"),
        ("fetch", ["space=nb2O1"], "error: unknown space with public files 'nb2O1'; did you mean 'nb201'"),
        ("import_archive", [], "error: nothing to import: give format=nb101_tfrecord|"),
        ("import_archive", ["format=nb201_pth", "file=/nowhere"], "error: there is no /nowhere"),
    ],
)
def test_mistake_is_told_in_one_line(tmp_path, command, arguments, message):
    done = run(command, *arguments, f"paths.data={tmp_path}")
    assert done.returncode == 2
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert not (tmp_path / "tables").exists()
