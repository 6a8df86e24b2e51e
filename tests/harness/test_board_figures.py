import os
import subprocess
import sys
from pathlib import Path

import pytest
from synthetic_run import write_run

ROOT = Path(__file__).parents[2]
NAMES = ("costs", "agreement", "sample_sizes")
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
    all_tasks = {f"{name}.{kind}" for name in ("heat_map", "critical_differences") for kind in ("svg", "png")}
    of_spaces = {
        f"{space}/{name}.png" for space in ("nb101", "nb201") for name in ("costs", "agreement", "sample_sizes")
    }
    assert set(one) == all_tasks | of_spaces


def test_a_leaderboard_of_one_run_with_hostile_names_and_failures_is_drawn_into_its_own_folder(tmp_path):
    write_run(tmp_path / "runs" / "a", space="../..", proxies=("$\\frac$ <b>", "params"), n=25, failed=25)
    drawn = draw(tmp_path / "runs", tmp_path / "out")
    assert set(drawn) == {"heat_map.svg", "heat_map.png", *(f"%2E%2E%2F%2E%2E/{name}.png" for name in NAMES)}
    assert {path.name for path in tmp_path.iterdir()} == {"runs", "out"}
