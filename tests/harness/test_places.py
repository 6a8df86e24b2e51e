import json
from pathlib import Path

import pandas as pd
import pytest
from hydra import initialize_config_module

from harness import config
from harness.board import rows_of_run
from harness.errors import HarnessError
from harness.experiment import PlannedRun
from harness.outcome import correlate
from harness.places import run_folder, score_folder
from harness.plan import make_plan
from harness.protocol import protocol

SMALL = ("network={channels: 4, cells: 1}", "stats.resamples=20", "workers=1", "proxies=[params,l2_norm]")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZCBENCH_DATA", "data")
    config.register()
    with initialize_config_module("conf", version_base="1.3"):
        yield


def settings(*changes):
    return PlannedRun((*SMALL, "sample.size=6", *changes)).config()


def folders(*changes):
    plan = make_plan(settings(*changes))
    return score_folder(plan), run_folder(plan, protocol(plan))


@pytest.mark.parametrize(
    "change",
    [
        "sample.size=7",
        "sample.seed=1",
        "sample.merge_isomorphs=true",
        "proxies=[params]",
        "inputs.choice=random",
        "inputs=noise",
        "init.repeats=2",
        "seed=1",
        "stats.confidence=0.9",
        "derived.mine='rank(params)'",
        "network.cells=2",
    ],
)
def test_other_settings_have_a_folder_of_their_own_and_share_the_scores(change):
    assert folders(change)[0] == folders()[0]
    assert folders(change)[1] != folders()[1]


@pytest.mark.parametrize("same", ["workers=2", "inputs=cifar10", "inputs.seed=5", "device=cpu"])
def test_what_changes_no_number_changes_no_folder(same):
    assert folders(same) == folders()


def test_a_folder_that_is_named_holds_scores_and_results():
    assert folders("run_dir=mine") == (Path("mine/scores"), Path("mine"))


def test_a_larger_sample_scores_only_what_is_new_and_leaves_the_smaller_ones_results():
    small = correlate(settings())
    before = (small / "values.csv").read_text()
    shards = set(Path("results/runs/nb201/cifar10/scores").iterdir())
    large = correlate(settings("sample.size=9"))
    assert (small / "values.csv").read_text() == before
    [new] = set(Path("results/runs/nb201/cifar10/scores").iterdir()) - shards
    assert pd.read_parquet(new)["architecture"].nunique() == 3
    assert len(pd.read_csv(large / "values.csv")) == 9


def test_a_name_that_is_another_column_is_refused():
    with pytest.raises(HarnessError, match=r"'truth'.*values.csv"):
        make_plan(settings("derived.truth='rank(params)'"))


def test_a_formula_may_use_another_formula():
    folder = correlate(settings("derived.first='params + l2_norm'", "derived.second='first + params'"))
    values = pd.read_csv(folder / "values.csv")
    assert values["second"].tolist() == pytest.approx((2 * values["params"] + values["l2_norm"]).tolist())


def test_a_formula_has_the_parameters_that_the_space_recommends_whatever_else_is_run():
    def values(*names):
        folder = correlate(settings("derived.mine=swap_reg", f"proxies=[{','.join(names)}]"))
        return pd.read_csv(folder / "values.csv")["mine"], rows_of_run(folder).set_index("proxy").loc["mine"]

    alone, row = values("params")
    beside, _ = values("params", "swap_reg")
    assert alone.tolist() == beside.tolist()
    assert json.loads(row["parts"])["swap_reg"]["parameters"] == {"mu": 900, "sigma": 1e6}
    assert "swap_reg" in row["caveats"]


def test_formulas_that_use_another_formula_of_one_name_are_other_measurements():
    rows = [
        rows_of_run(correlate(settings(f"derived.first='{first}'", "derived.second='first + params'")))
        for first in ("params + l2_norm", "params - l2_norm")
    ]
    first, second = (table.set_index("proxy")["protocol"] for table in rows)
    assert first["second"] != second["second"]
    assert first["params"] == second["params"]


def test_several_initialisations_tell_the_spread_that_they_make():
    table = pd.read_csv(correlate(settings("init.repeats=3")) / "correlations.csv", index_col="proxy")
    assert table["sd_repeats"]["params"] == 0
    assert table["sd_repeats"]["l2_norm"] > 0
    assert table["repeatability"]["l2_norm"] < 1
    report = next(Path("results/runs/nb201/cifar10").glob("*/report.md")).read_text()
    assert "sd of ρ over initialisations" in report
    assert "sd_repeats" not in pd.read_csv(correlate(settings()) / "correlations.csv")
