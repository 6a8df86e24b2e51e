"""The main command, end to end, as a user calls it."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from benchmarks.nb201 import NB201
from harness.store import KEY

Command = Callable[..., "subprocess.CompletedProcess[str]"]

CONTRACT = {
    *("space", "task", "target", "proxy", "n", "n_failed", "seconds_per_arch"),
    *("spearman", "spearman_low", "spearman_high", "spearman_failed_last"),
    *("kendall", "kendall_low", "kendall_high", "kendall_failed_last"),
}
BASIC = {"swap", "swap_reg", "nwot", "params", "flops", "l2_norm", "grad_norm", "snip", "synflow"}


def scores(run_dir: Path) -> pd.DataFrame:
    rows = pd.concat([pq.read_table(shard).to_pandas() for shard in (run_dir / "scores").glob("*.parquet")])
    return rows.sort_values(KEY).reset_index(drop=True)


def test_a_run_writes_all_that_the_contract_names(correlate: Command, tmp_path: Path) -> None:
    done = correlate("sample.size=12", f"run_dir={tmp_path}/run")
    assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    table = pd.read_csv(run / "correlations.csv")
    assert set(table.columns) >= CONTRACT
    assert set(table["proxy"]) == BASIC
    assert (table["spearman_low"] <= table["spearman"]).all()
    assert (table["spearman"] <= table["spearman_high"]).all()
    protocol = json.loads((run / "protocol.json").read_text())
    assert protocol["sample"]["size"] == 12
    assert "analog-nasbench" in protocol["truth"]["source"]
    assert "foolbox" in protocol["inputs"]["source"]
    assert "analog-nasbench" in done.stdout
    assert protocol["parameters"] == {"swap_reg": {"mu": 900.0, "sigma": 1e6}}
    assert "swap_reg" in (run / "report.md").read_text()
    figures = {figure.stem for figure in (run / "figures").glob("*.png")}
    assert {"correlations", *(f"scatter_{proxy}" for proxy in table["proxy"])} <= figures
    assert not list(run.rglob("*.tmp"))


def test_derived_scores_are_not_stored(correlate: Command, tmp_path: Path) -> None:
    done = correlate("sample.size=4", "proxies=[swap_reg]", f"run_dir={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert set(scores(tmp_path)["proxy"]) == {"swap", "params"}


def test_scores_are_the_same_bits_in_two_runs_in_another_order_and_with_two_workers(
    correlate: Command, tmp_path: Path
) -> None:
    same = "sample.size=10", "seed=3"
    assert correlate(*same, "workers=1", f"run_dir={tmp_path}/a").returncode == 0
    assert correlate(*same, "workers=2", f"run_dir={tmp_path}/b").returncode == 0
    # A smaller sample first, then the rest: the architectures are scored in other chunks and another order.
    assert correlate("sample.size=3", "seed=3", "workers=1", f"run_dir={tmp_path}/c").returncode == 0
    assert correlate(*same, "workers=1", f"run_dir={tmp_path}/c").returncode == 0
    first, *others = (scores(tmp_path / name)[[*KEY, "value", "status"]] for name in "abc")
    for other in others:
        pd.testing.assert_frame_equal(first, other, check_exact=True)


def test_architectures_that_build_the_same_network_share_its_score(correlate: Command, tmp_path: Path) -> None:
    arguments = "sample.size=200", "proxies=[swap]"
    assert correlate(*arguments, f"run_dir={tmp_path}/shared").returncode == 0
    assert correlate(*arguments, "share_scores=false", f"run_dir={tmp_path}/alone").returncode == 0
    assert len(scores(tmp_path / "alone")) == 200
    assert len(scores(tmp_path / "shared")) < 200
    values = pd.read_csv(tmp_path / "shared" / "values.csv", index_col="architecture")["swap"]
    assert len(values) == 200
    representatives = values.index.map(NB201().representative)
    assert (values.groupby(representatives).nunique() == 1).all()
    protocol = json.loads((tmp_path / "shared" / "protocol.json").read_text())
    assert protocol["sample"]["networks_scored"] == representatives.nunique()


def test_a_second_run_scores_nothing_again(correlate: Command, tmp_path: Path) -> None:
    arguments = "sample.size=6", "proxies=[swap,params]", f"run_dir={tmp_path}"
    assert correlate(*arguments).returncode == 0
    shards = {shard.name for shard in (tmp_path / "scores").iterdir()}
    assert correlate(*arguments).returncode == 0
    assert {shard.name for shard in (tmp_path / "scores").iterdir()} == shards


@pytest.mark.parametrize(
    "change", ["seed=1", "init.scheme=gaussian", "inputs=noise", "inputs.batch_size=8", "network.channels=8"]
)
def test_changed_settings_never_mix_with_old_scores(correlate: Command, tmp_path: Path, change: str) -> None:
    arguments = "sample.size=5", "proxies=[swap]", f"run_dir={tmp_path}"
    assert correlate(*arguments).returncode == 0
    assert correlate(*arguments, change).returncode == 0
    rows = scores(tmp_path)
    assert len(rows) == 10
    assert not rows.duplicated(KEY).any()
    fresh = tmp_path / "fresh"
    assert correlate(*arguments[:-1], change, f"run_dir={fresh}").returncode == 0
    assert (tmp_path / "values.csv").read_text() == (fresh / "values.csv").read_text()


def test_a_sweep_makes_a_run_for_each_value(correlate: Command, tmp_path: Path) -> None:
    done = correlate("sample.size=4", "proxies=[params]", "seed=0,1", f"run_dir={tmp_path}/${{seed}}", flags=["-m"])
    assert done.returncode == 0, done.stderr
    assert {path.parent.name for path in tmp_path.glob("*/correlations.csv")} == {"0", "1"}


@pytest.mark.parametrize(
    ("mistake", "told"),
    [
        ("proxies=[swpa]", "did you mean 'swap'"),
        ("space=nb210", "did you mean 'nb201'"),
        ("task=cifar11", "did you mean 'cifar10"),
        ("target=tset", "did you mean 'test'"),
        ("target=valid", "analog-nasbench"),
        ("sample.size=99999", "15625"),
        ("inputs.batch_size=1000", "20"),
        ("inputs.choice=last", "choice"),
        ("init.scheme=gausian", "did you mean 'gaussian'"),
        ("workers=many", "workers"),
        ("device=gpu", "device"),
        ("parameters.swap_reg.nu=1", "mu, sigma"),
        ("network.depth=3", "depth"),
        ("task=imagenet16_120", "target"),
        ("run_dir=/dev/null/run", "run_dir"),
        ("sample.sise=3", "sise"),
        ("sample.size=many", "sample.size"),
    ],
)
def test_a_mistake_is_told_in_one_clear_line_and_leaves_nothing(
    correlate: Command, tmp_path: Path, mistake: str, told: str
) -> None:
    done = correlate("sample.size=4", f"run_dir={tmp_path}/run", mistake)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_corrupt_table_is_named_with_its_row(correlate: Command, tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    tables.mkdir()
    (tables / "nb201.csv").write_text("arch,cifar10_test\n|none~0|+|none~0|none~1|+|none~0|none~1|none~2|,many\n")
    done = correlate(f"run_dir={tmp_path}/run", data=tmp_path)
    assert done.returncode == 2
    assert "nb201.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_derived_proxy_of_ones_own_is_a_line_of_the_settings(correlate: Command, tmp_path: Path) -> None:
    own = "derived.mine='rank(swap) + rank(params)'"
    done = correlate("sample.size=8", "proxies=[nwot]", own, f"run_dir={tmp_path}/run")
    assert done.returncode == 0, done.stderr
    assert set(scores(tmp_path / "run")["proxy"]) == {"nwot", "swap", "params"}
    assert "mine" in pd.read_csv(tmp_path / "run" / "correlations.csv")["proxy"].tolist()
    protocol = json.loads((tmp_path / "run" / "protocol.json").read_text())
    assert protocol["derived"] == {"mine": "rank(swap) + rank(params)"}
    done = correlate("sample.size=8", "derived.mine='1 / (params - params)'", f"run_dir={tmp_path}/infinite")
    table = pd.read_csv(tmp_path / "infinite" / "correlations.csv", index_col="proxy")
    assert table["failure_reasons"]["mine"].startswith("8 × non_finite: the formula has no finite value")
    done = correlate("derived.mine='rank(swop)'", f"run_dir={tmp_path}/wrong")
    assert done.returncode == 2
    assert "did you mean 'swap'" in done.stderr
