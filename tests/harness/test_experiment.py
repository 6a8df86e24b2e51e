import json
import shlex

import pytest
from hydra import initialize_config_module
from synthetic_run import write_run

from harness import config, experiment
from harness.board import gather
from harness.errors import HarnessError
from harness.experiment import PlannedRun, lack, open_runs, planned_runs, read_failures, wanted_rows
from harness.run_missing import do_missing
from proxies import PROXIES
from proxies.errors import UnknownNameError

SMALL = "network.channels=4 network.cells=1 stats.resamples=20 workers=1"


@pytest.fixture(autouse=True)
def hydra():
    config.register()
    with initialize_config_module("conf", version_base="1.3"):
        yield


@pytest.fixture
def plan(tmp_path, monkeypatch):
    """Write the lines of a plan and return its name."""
    monkeypatch.setattr(experiment, "EXPERIMENTS", tmp_path)

    def write(*lines: str) -> str:
        (tmp_path / "mine.yaml").write_text(json.dumps({"runs": lines}))
        return "mine"

    return write


@pytest.fixture
def board_of(tmp_path):
    """Return the leaderboard with a run of the given settings, which planned ones are compared with."""

    def board(proxies=("swap", "params"), **protocol):
        settings = {"network": {"cells": 5, "channels": 16}, **protocol}
        return gather([write_run(tmp_path / "run", target="test", n=300, proxies=proxies, failed=0, **settings)])

    return board


def test_sweeps_are_multiplied_out_and_what_is_no_sweep_stays(plan):
    name = plan("space=nb201 task=cifar10,cifar100 seed=0,1 proxies=[swap,nwot]", "space=nb101")
    commands = [run.command for run in planned_runs(name)]
    start = "python -m harness.correlate space=nb201"
    assert commands == [
        f"{start} task=cifar10 seed=0 'proxies=[swap,nwot]'",
        f"{start} task=cifar10 seed=1 'proxies=[swap,nwot]'",
        f"{start} task=cifar100 seed=0 'proxies=[swap,nwot]'",
        f"{start} task=cifar100 seed=1 'proxies=[swap,nwot]'",
        "python -m harness.correlate space=nb101",
    ]
    assert shlex.split(commands[0])[3:] == ["space=nb201", "task=cifar10", "seed=0", "proxies=[swap,nwot]"]


def test_an_unknown_plan_is_told_with_the_nearest_name(plan):
    plan()
    with pytest.raises(UnknownNameError, match="did you mean 'mine'"):
        planned_runs("mien")


def test_without_a_leaderboard_everything_is_missing(plan):
    [(run, told)] = open_runs(plan("proxies=[swap,params]"), None)
    assert run == PlannedRun(("proxies=[swap,params]",))
    assert told == "lacks swap, params"


def test_a_run_with_the_same_settings_fills_its_place_whatever_its_table_and_images_were(plan, board_of):
    truth = {"source": "another", "sha256": "ef" * 32, "licence": "", "note": ""}
    assert not list(open_runs(plan("proxies=[swap,params]"), board_of(truth=truth)))


def test_only_the_proxies_that_lack_are_told(plan, board_of):
    [(_, told)] = open_runs(plan("proxies=[swap,params,nwot]"), board_of())
    assert told == "lacks nwot"


@pytest.mark.parametrize(
    "setting",
    [
        "network.cells=1",
        "task=cifar100",
        "target=valid",
        "sample.size=299",
        "sample.seed=1",
        "sample.merge_isomorphs=true",
        "inputs=noise",
        "inputs.batch_size=8",
        "init.scheme=gaussian",
        "init.repeats=2",
        "seed=1",
        "share_scores=false",
    ],
)
def test_a_run_with_another_setting_does_not_fill_the_place(board_of, setting):
    wanted = wanted_rows(PlannedRun(("proxies=[swap,params]", setting)).config())
    assert lack(wanted, board_of()) == ["swap", "params"]


def test_other_parameters_or_another_version_do_not_fill_the_place(board_of):
    board = board_of(
        proxies=("swap_reg", "params"),
        parameters={"swap_reg": {"mu": 1.0, "sigma": 2.0}},
        parts={"swap_reg": {name: PROXIES[name].version for name in ("swap", "params")}},
    )

    def lacking(*overrides):
        return lack(wanted_rows(PlannedRun(overrides).config()), board)

    same = "parameters={swap_reg:{mu:1.0,sigma:2.0}}"
    assert lacking("proxies=[swap_reg]", same) == []
    assert lacking("proxies=[swap_reg]") == ["swap_reg"]
    board["proxy_version"] = 99
    assert lacking("proxies=[swap_reg]", same) == ["swap_reg"]


def test_what_cannot_be_planned_is_told_with_its_reason(plan):
    [(_, told)] = open_runs(plan("proxies=[swpa]"), None)
    assert "did you mean 'swap'" in told


@pytest.mark.parametrize("line", ["spce=nb201", "sample.size=many"])
def test_a_line_that_is_no_setting_does_not_hide_the_other_runs(plan, line):
    found = list(open_runs(plan(line, "proxies=[swap]"), None))
    assert [told for _, told in found][1] == "lacks swap"


@pytest.mark.parametrize("content", ["", "runs:", "runs: [a=b", "runs: ['space=\"nb201']", "walks: []"])
def test_a_file_that_is_no_plan_is_told(plan, tmp_path, content):
    plan()
    (tmp_path / "mine.yaml").write_text(content)
    with pytest.raises(HarnessError, match=r"mine\.yaml must hold a list of runs"):
        planned_runs("mine")


def test_a_damaged_list_of_failures_is_told(tmp_path):
    path = experiment.failures_file(tmp_path, "mine")
    path.parent.mkdir()
    path.write_text("{")
    with pytest.raises(HarnessError, match=r"mine\.json is damaged"):
        read_failures(tmp_path, "mine")


def test_the_first_matrix_is_a_plan_of_all_spaces():
    runs = [dict(word.split("=", 1) for word in run.overrides) for run in planned_runs("first_matrix")]
    assert {run["space"] for run in runs} == {"nb101", "nb201", "darts", "nats_sss", "tnb101_micro", "tnb101_macro"}
    assert len(runs) == len({json.dumps(run) for run in runs}) == 22


def test_a_failed_run_is_noted_with_its_reason_and_the_next_ones_are_done(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no-data").mkdir()
    monkeypatch.setenv("ZCBENCH_DATA", str(tmp_path / "no-data"))
    good = [f"proxies=[swap,params] sample.size={size} {SMALL}" for size in (5, 6)]
    name = plan(good[0], f"proxies=[swap] target=valid sample.size=5 {SMALL}", good[1])
    results = tmp_path / "results"
    do_missing(name, None, results)

    [(command, reason)] = read_failures(results, name).items()
    assert "target=valid" in command
    assert "known: test" in reason
    board = gather([results / "published"])
    assert sorted(zip(board["proxy"], board["n"], strict=True)) == [
        ("params", 5),
        ("params", 6),
        ("swap", 5),
        ("swap", 6),
    ]
    assert [run.command for run, _ in open_runs(name, board)] == [command]


def test_a_failure_is_forgotten_when_the_run_succeeds(plan, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no-data").mkdir()
    monkeypatch.setenv("ZCBENCH_DATA", str(tmp_path / "no-data"))
    name, results = plan(f"proxies=[params] sample.size=5 {SMALL}"), tmp_path / "results"
    [run] = planned_runs(name)
    experiment.failures_file(results, name).parent.mkdir(parents=True)
    experiment.failures_file(results, name).write_text(json.dumps({run.command: "the disk was full", "other": "x"}))
    do_missing(name, None, results)
    assert read_failures(results, name) == {"other": "x"}
