import os
import subprocess
import sys
from pathlib import Path

import pytest
from synthetic_run import write_run

from harness.board import gather, load_run, run_folders
from harness.board_figures import ALL_TASKS, ONE_TASK
from harness.board_figures import draw as draw_here

ROOT = Path(__file__).parents[2]
DRAW = """
import sys
from pathlib import Path
from harness.board import gather, load_run, run_folders
from harness.board_figures import draw

runs, out = map(Path, sys.argv[1:])
draw(gather([runs]), map(load_run, run_folders(runs)), out)
"""


def draw(runs, out, hash_seed="0"):
    """Draw in a process of its own, whose sets have an order of their own."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run([sys.executable, "-c", DRAW, str(runs), str(out)], cwd=ROOT, env=environment, check=True)
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_the_same_leaderboard_gives_the_same_bytes_in_every_process(tmp_path):
    runs = tmp_path / "runs"
    for task in ("cifar10", "cifar100"):
        write_run(runs / task, task=task)
    write_run(runs / "nb101", "nb101", proxies=("swap", "params", "flops", "grasp", "zen"))
    one, two = (draw(runs, tmp_path / seed, seed) for seed in ("1", "2"))
    assert one == two
    names = [*ALL_TASKS, *(f"{space}/{name}" for space in ("nb101", "nb201") for name in ONE_TASK)]
    assert set(one) == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}


def test_a_leaderboard_of_one_run_with_hostile_names_and_failures_is_drawn_into_its_own_folder(tmp_path):
    write_run(tmp_path / "runs" / "a", space="../..", proxies=("$\\frac$ <b>", "params"), n=25, failed=25)
    drawn = draw(tmp_path / "runs", tmp_path / "out")
    names = ["heat_map", *(f"%2E%2E%2F%2E%2E/{name}" for name in ONE_TASK)]
    assert set(drawn) == {f"{name}.{kind}" for name in names for kind in ("svg", "png")}
    assert {path.name for path in tmp_path.iterdir()} == {"runs", "out"}


def test_two_runs_of_one_task_share_its_figures(tmp_path):
    runs = tmp_path / "runs"
    write_run(runs / "b", proxies=("swap", "params"), failed=0)
    write_run(runs / "a", proxies=("mine", "flops"), failed=0)
    draw_here(gather([runs]), map(load_run, run_folders(runs)), tmp_path / "out")
    drawn = (tmp_path / "out" / "nb201" / "agreement.svg").read_text(encoding="utf-8")
    assert all(f"<!-- {name} -->" in drawn for name in ("swap", "params", "mine", "flops"))


def test_figures_of_a_former_leaderboard_are_removed_and_other_files_are_not(tmp_path):
    runs, out = tmp_path / "runs", tmp_path / "out"
    write_run(runs / "a")
    (out / "gone").mkdir(parents=True)
    for old in ("gone/costs.png", "critical_differences.svg", "mine.png"):
        (out / old).write_text("old")
    draw_here(gather([runs]), map(load_run, run_folders(runs)), out)
    assert not (out / "gone").exists()
    assert {path.name for path in out.iterdir()} == {"heat_map.svg", "heat_map.png", "nb201", "mine.png"}


@pytest.mark.parametrize("changes", [{"n": 2, "failed": 0}, {"n": 12, "failed": 12, "proxies": ("swap",)}])
def test_a_run_in_which_no_proxy_has_a_ranking_can_still_be_published(tmp_path, changes, capsys):
    write_run(tmp_path / "runs" / "a", **changes)
    draw_here(gather([tmp_path / "runs"]), map(load_run, run_folders(tmp_path / "runs")), tmp_path / "out")
    assert "costs: a figure of costs needs" in capsys.readouterr().out
