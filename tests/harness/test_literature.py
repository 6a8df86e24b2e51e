import pandas as pd
import pytest
import yaml

from benchmarks.space import Space
from harness.experiment import EXPERIMENTS
from harness.literature import compare, published
from harness.plugins import SPACES


@pytest.mark.parametrize(
    ("source", "proxy", "space", "task", "statistic", "value"),
    [
        ("NAS-Bench-Suite-Zero", "nwot", "nb201", "cifar100", "spearman", 0.80),
        ("NAS-Bench-Suite-Zero", "jacov", "nb101", "cifar10", "spearman", -0.29),
        ("NAS-Bench-Suite-Zero", "plain", "tnb101_macro", "segmentsemantic", "spearman", 0.00),
        ("NAS-Bench-Suite-Zero", "fisher", "tnb101_micro", "autoencoder", "spearman", -0.58),
        ("ZiCo", "zico", "nb201", "imagenet16_120", "kendall", 0.60),
        ("ZiCo", "zen", "nb101", "cifar10", "spearman", 0.63),
        ("ZiCo", "ntk_condition", "nb201", "imagenet16_120", "spearman", 0.63),
        ("VKDNW", "az_nas", "nb201", "cifar10", "kendall", 0.712),
        ("VKDNW", "te_nas", "nb201", "imagenet16_120", "spearman", 0.709),
        ("SWAP", "swap_reg", "nb201", "cifar100", "spearman", 0.90),
    ],
)
def test_the_data_file_holds_what_the_papers_say(source, proxy, space, task, statistic, value):
    rows = published().query(
        "source == @source and proxy == @proxy and space == @space and task == @task and statistic == @statistic"
    )
    assert rows["value"].tolist() == [value]


def test_nas_bench_suite_zero_is_there_as_a_whole_and_names_the_paper():
    rows = published().query("source == 'NAS-Bench-Suite-Zero'")
    assert rows.groupby("proxy").size().to_dict() == dict.fromkeys(rows["proxy"].unique(), 19)
    assert rows["proxy"].nunique() == 13
    assert set(rows["arxiv"]) == {"2210.03230"}
    assert set(rows["n"]) == {1000}
    assert (rows["note"][rows["value"] == 0] != "").all()


def test_no_value_is_there_twice():
    keys = ["source", "proxy", "space", "task", "target", "statistic"]
    assert not published().duplicated(keys).any()


def test_spaces_and_tasks_have_the_names_that_they_have_here():
    for space, rows in published().groupby("space"):
        if space != "nb301":  # whose trained results are another table than that of our darts
            made: Space = SPACES[space]()
            assert set(rows["task"]) <= set(made.tasks)


def test_the_baselines_of_the_paper_have_published_values():
    suite = yaml.safe_load((EXPERIMENTS.parent / "suite" / "paper.yaml").read_text())["proxies"]
    assert set(suite) <= set(published()["proxy"])


def test_difference_and_coverage_are_those_of_the_statistic_that_was_published():
    row = {"space": "nb201", "task": "cifar10", "target": "test", "proxy": "zico"}
    spearman = {"spearman": 0.85, "spearman_low": 0.81, "spearman_high": 0.9}
    kendall = {"kendall": 0.60, "kendall_low": 0.55, "kendall_high": 0.65}
    pairs = compare(pd.DataFrame([{**row, **spearman, **kendall}])).query("published_source == 'ZiCo'")
    told = pairs.set_index("published_statistic")[["published_value", "ours", "difference", "covered"]]
    assert told.loc["spearman"].tolist() == [0.80, 0.85, pytest.approx(0.05), False]
    assert told.loc["kendall"].tolist() == [0.61, 0.60, pytest.approx(-0.01), True]
    assert set(pairs["target"]) == {"test"}


def test_what_nobody_published_has_no_pair():
    row = {"space": "nb201", "task": "cifar10", "target": "test", "proxy": "mine"}
    numbers = dict.fromkeys((f"{name}{end}" for name in ("spearman", "kendall") for end in ("", "_low", "_high")), 0.5)
    assert compare(pd.DataFrame([{**row, **numbers}])).empty


def test_a_correlation_that_we_do_not_have_covers_nothing_and_contradicts_nothing():
    row = {"space": "nb201", "task": "cifar10", "target": "test", "proxy": "zico"}
    names = [f"{name}{suffix}" for name in ("spearman", "kendall") for suffix in ("", "_low", "_high")]
    pairs = compare(pd.DataFrame([{**row, **dict.fromkeys(names, float("nan"))}]))
    assert len(pairs) > 0
    assert pairs["covered"].isna().all()
