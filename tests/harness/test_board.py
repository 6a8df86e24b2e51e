import json

import numpy as np
import pandas as pd
import pytest
from synthetic_run import PROXIES, write_run

from harness.board import gather, load_run, main_rows, merge, rows_of_run
from harness.errors import HarnessError


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run")


def change_protocol(run, **entries):
    path = run / "protocol.json"
    protocol = json.loads(path.read_text())
    for name, value in entries.items():
        *parents, last = name.split("__")
        inner = protocol
        for parent in parents:
            inner = inner[parent]
        inner[last] = value
    path.write_text(json.dumps(protocol))


def change_correlations(run, change):
    path = run / "correlations.csv"
    change(pd.read_csv(path)).to_csv(path, index=False)


def protocols(run):
    return rows_of_run(run).set_index("proxy")["protocol"]


def test_a_run_is_one_row_a_proxy_with_the_numbers_of_the_run(run):
    rows = rows_of_run(run).set_index("proxy")
    ours = pd.read_csv(run / "correlations.csv").set_index("proxy")
    assert set(rows.index) == set(PROXIES)
    for column in ("n", "n_failed", "spearman", "kendall_low", "regret_at_10", "gain_over_flops_p", "seconds_per_arch"):
        pd.testing.assert_series_equal(rows[column], ours[column].loc[rows.index])
    assert rows.loc["zen", "failure_reasons"] == "2 × degenerate: all outputs are equal"
    assert rows.loc["swap", "truth_source"] == "nb201.csv"
    assert rows.loc["swap", "caveats"] == "the images are synthetic"


@pytest.mark.parametrize(
    "circumstance",
    [
        {"git_commit": "1" * 40},
        {"versions__torch": "3.0"},
        {"device": "cpu:0"},
        {"inputs__source": "other words for the same batch"},
        {"truth__note": "a note"},
        {"caveats": []},
    ],
)
def test_where_and_when_a_number_was_made_is_no_part_of_its_protocol(run, circumstance):
    before = protocols(run)
    change_protocol(run, **circumstance)
    assert protocols(run).equals(before)


@pytest.mark.parametrize(
    "setting",
    [
        {"network": {"cells": 1}},
        {"truth__sha256": "00" * 32},
        {"sample__seed": 1},
        {"sample__merge_isomorphs": True},
        {"sample__population": 99},
        {"sample__scores_shared": False},
        {"inputs__sha256": "00" * 32},
        {"init__scheme": "gaussian"},
        {"init__repeats": 2},
        {"init__seed": 1},
        {"mode": "eval"},
        {"device": "cuda:0"},
        {"dtype": "float64"},
        {"failed": "ranked last"},
        {"interval__resamples": 999},
        {"interval__confidence": 0.9},
    ],
)
def test_every_setting_that_can_change_a_number_changes_the_protocol_of_all_rows(run, setting):
    before = protocols(run)
    change_protocol(run, **setting)
    assert not (protocols(run) == before).any()


def test_version_parts_formula_and_parameters_of_a_proxy_are_part_of_its_own_protocol_alone(run):
    before, conditions = protocols(run), rows_of_run(run)["conditions"][0]
    for change in (
        {"proxies__zen": 2},
        {"parameters": {"zen": {"gamma": 0.1}}},
        {"parts": {"zen": {"swap": 2}}},
        {"derived": {"zen": "rank(swap)"}},
    ):
        change_protocol(run, **change)
        now = protocols(run)
        assert (now != before).to_dict() == {"flops": False, "params": False, "swap": False, "zen": True}
        before = now
    assert set(rows_of_run(run)["conditions"]) == {conditions}


def test_the_same_run_twice_is_one_measurement(tmp_path):
    one = gather([write_run(tmp_path / "a")])
    both = gather([write_run(tmp_path / "b"), tmp_path / "a"])
    pd.testing.assert_frame_equal(one, both)


def test_different_protocols_are_never_one_row(tmp_path):
    runs = [write_run(tmp_path / str(n), n=n) for n in (40, 41)]
    board = gather(runs)
    assert len(board) == 2 * len(PROXIES)
    for run, (_, rows) in zip(runs, board.groupby("n"), strict=True):
        ours = pd.read_csv(run / "correlations.csv").set_index("proxy")["spearman"]
        assert np.array_equal(rows["spearman"], ours.loc[rows["proxy"]])


def test_numbers_that_contradict_each_other_stop_the_merge_with_both_names(tmp_path, run):
    other = write_run(tmp_path / "other")
    change_correlations(other, lambda table: table.assign(kendall=table["kendall"].where(table["proxy"] != "zen", 0)))
    with pytest.raises(HarnessError, match=r"proxy zen, .*: kendall is") as error:
        gather([run, other])
    assert str(run) in str(error.value)
    assert str(other) in str(error.value)


def test_a_difference_that_six_digits_do_not_show_is_none(tmp_path, run):
    other = write_run(tmp_path / "other")
    change_correlations(other, lambda table: table.assign(kendall=table["kendall"] * (1 + 1e-12)))
    assert len(gather([run, other])) == len(PROXIES)


def test_the_row_of_a_run_with_baselines_stands_for_one_without(tmp_path):
    alone = write_run(tmp_path / "a", proxies=("swap", "params"), failed=0)
    full = write_run(tmp_path / "b", proxies=("swap", "params", "flops"), failed=0)
    alone_rows, full_rows = (rows_of_run(run).query("proxy == 'swap'") for run in (alone, full))
    assert alone_rows["gain_over_flops"].isna().all()
    for order in ({"a": alone_rows, "b": full_rows}, {"b": full_rows, "a": alone_rows}):
        assert merge(order)["gain_over_flops"].notna().all()


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_committed_code_stands_before_changed_code_whatever_the_order(tmp_path, order):
    write_run(tmp_path / "a", git_commit="0" * 40 + "+changes")
    write_run(tmp_path / "b", git_commit="f" * 40)
    assert set(gather([tmp_path / name for name in order])["git_commit"]) == {"f" * 40}


def test_a_folder_gives_its_runs_at_any_depth_and_its_leaderboards(tmp_path):
    write_run(tmp_path / "all" / "deep" / "a")
    board = gather([write_run(tmp_path / "b", task="cifar100")])
    (tmp_path / "all" / "leaderboards").mkdir()
    board.to_csv(tmp_path / "all" / "leaderboards" / "theirs.csv", index=False)
    assert set(gather([tmp_path / "all"])["task"]) == {"cifar10", "cifar100"}


@pytest.mark.parametrize("file", ["protocol.json", "correlations.csv", "values.csv"])
@pytest.mark.parametrize("damage", [b"", b'"\xff', None])
def test_a_damaged_or_missing_file_of_a_run_is_named(run, file, damage):
    (run / file).unlink()
    if damage is not None:
        (run / file).write_bytes(damage)
    with pytest.raises(HarnessError, match=file.replace(".", r"\.")):
        load_run(run)


@pytest.mark.parametrize(
    "change", [{"swap": "many"}, {"truth": None}, {"architecture": "nb201 0"}], ids=["word", "no truth", "twice"]
)
def test_values_that_are_no_measurements_are_refused(run, change):
    values = pd.read_csv(run / "values.csv").astype(object)
    [(column, value)] = change.items()
    values.loc[3, column] = value
    values.to_csv(run / "values.csv", index=False)
    with pytest.raises(HarnessError, match=r"values\.csv must hold numbers"):
        load_run(run)


@pytest.mark.parametrize("change", [{"device": None}, {"derived": []}, {"init": "default"}])
def test_a_protocol_of_another_shape_is_refused(tmp_path, change):
    with pytest.raises(HarnessError, match="do not hold what they should"):
        rows_of_run(write_run(tmp_path / "odd", **change))


def test_files_of_different_runs_do_not_mix(tmp_path, run):
    other = write_run(tmp_path / "other", n=50)
    for file in ("correlations.csv", "values.csv"):
        mixed = write_run(tmp_path / f"with other {file}")
        (mixed / file).write_bytes((other / file).read_bytes())
        with pytest.raises(HarnessError, match="different runs"):
            load_run(mixed)


def test_a_run_of_an_older_version_is_told_to_be_repeated(run):
    change_correlations(run, lambda table: table.drop(columns="higher_is_better"))
    with pytest.raises(HarnessError, match=r"higher_is_better.*repeat the run"):
        rows_of_run(run)


def test_an_empty_source_is_named(tmp_path):
    with pytest.raises(HarnessError, match="holds no results"):
        gather([tmp_path])


def test_a_cell_of_the_overview_shows_one_set_of_conditions_and_the_latest_version(tmp_path):
    few, many = write_run(tmp_path / "few", n=60, proxies=("swap", "params")), write_run(tmp_path / "many", n=40)
    newer = write_run(tmp_path / "newer", n=40, proxies=PROXIES)
    change_protocol(newer, proxies__zen=2)
    main = main_rows(gather([few, many, newer]))
    assert main["proxy"].tolist() == sorted(PROXIES)
    assert set(main["n"]) == {40}
    assert main.set_index("proxy")["proxy_version"].to_dict() == {"flops": 1, "params": 1, "swap": 1, "zen": 2}


def test_reading_changes_nothing(run):
    before = {file.name: file.read_bytes() for file in run.iterdir()}
    load_run(run)
    assert {file.name: file.read_bytes() for file in run.iterdir()} == before
