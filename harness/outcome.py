"""From a plan to its results: score what is missing, correlate, write."""

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness import plots
from harness.config import Config
from harness.engines import ENGINES
from harness.errors import HarnessError
from harness.files import write_json, write_text
from harness.plan import Plan, make_plan, missing
from harness.report import print_table, write_report
from harness.statistics import compare, oriented, summarise
from harness.store import ScoreStore
from harness.workers import score_all, worker_count
from proxies.evaluation import combine
from proxies.registry import look_up

NEAR_BOUND = 0.95  # a value above this share of its upper bound says little: the proxy saturates
BASELINES = ("params", "flops")  # what every proxy is compared with, where they are part of the run


def correlate(config: Config) -> pd.DataFrame:
    """Do the run that ``config`` describes and return the table of correlations, one row a proxy.

    One of several shards only scores its part, and returns an empty table.
    """
    plan = make_plan(config)
    store = ScoreStore(plan.run_dir / "scores")
    score_missing(plan, store)
    if config.shard.count > 1:
        print(f"shard {config.shard.index} of {config.shard.count} is scored; run all without shard to correlate")
        return pd.DataFrame()
    rows = of_plan(plan, store.read(**plan.setting.key()))
    values = scores_by_proxy(plan, rows)
    table = correlations(plan, values, rows)
    write(plan, table, values)
    print_table(table, plan.protocol())
    print(f"written to {plan.run_dir}")
    return table


def score_missing(plan: Plan, store: ScoreStore) -> None:
    """Score what the plan, or its shard, needs and ``store`` lacks."""
    config, shard = plan.config, plan.config.shard
    if not 0 <= shard.index < shard.count:
        raise HarnessError(f"shard.index={shard.index} is not one of the {shard.count} shards, which count from 0")
    workers = worker_count(config.workers, plan.setting.device)
    look_up("backend", config.backend, ENGINES)
    make_folder(plan.run_dir)
    print(f"truth:  {plan.truth.source}\nimages: {plan.setting.batch.source}")
    items = plan.items()[shard.index :: shard.count]
    score_all(plan.setting, missing(items, store.read(**plan.setting.key())), workers, config.backend, store)


def make_folder(folder: Path) -> None:
    """Create ``folder``; raises HarnessError if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise HarnessError(f"run_dir={folder} cannot be written: {error.strerror}") from error


def of_plan(plan: Plan, rows: pd.DataFrame) -> pd.DataFrame:
    """Return those of ``rows`` that belong to the run, a shared one for each architecture that it stands for."""
    versions = {proxy.name: proxy.version for proxy in plan.measured()}
    current = rows[(rows["repeat"] < plan.config.init.repeats) & (rows["version"] == rows["proxy"].map(versions))]
    scored = pd.DataFrame(plan.representatives().items(), columns=["architecture", "scored"])
    return scored.merge(current.rename(columns={"architecture": "scored"}), on="scored")


def scores_by_proxy(plan: Plan, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the values [architecture, proxy] in the order of the sample: means over the repeats.

    NaN stands for a failed score; an architecture of which one repeat failed has failed. Scores of derived proxies
    are computed here.
    """
    by_architecture = rows.groupby(["proxy", "architecture"])["value"]
    means = by_architecture.mean().where(by_architecture.count() == by_architecture.size())
    measured = {
        proxy.name: means[proxy.name].reindex(plan.architectures).to_numpy(dtype=np.float64)
        for proxy in plan.measured()
    }
    columns = {name: combine(name, measured, plan.parameters, plan.known) for name in plan.proxies}
    return pd.DataFrame(columns, index=plan.architectures).replace([np.inf, -np.inf], np.nan)


def correlations(plan: Plan, values: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a proxy, the best first: who, how well, how sure, at what cost."""
    truth = np.asarray(plan.accuracy, dtype=np.float64)
    stats: dict[str, Any] = {
        "resamples": plan.config.stats.resamples,
        "confidence": plan.config.stats.confidence,
        "seed": plan.config.sample.seed,
    }
    baselines = {
        name: oriented(values[name].to_numpy(), plan.proxies[name].higher_is_better)
        for name in BASELINES
        if name in values.columns
    }
    seconds = rows.groupby("proxy")["seconds"].sum() / len(plan.accuracy)
    bounds = rows["details"].map(lambda text: json.loads(text).get("upper_bound", np.nan)).astype(float)
    near_bound = (rows["value"] > NEAR_BOUND * bounds).groupby(rows["proxy"]).mean()
    table = []
    for name, proxy in plan.proxies.items():
        scores, sign = values[name].to_numpy(), proxy.higher_is_better
        parts = [proxy.name for proxy in plan.measured(name)]
        table.append(
            {
                "space": plan.setting.space.name,
                "task": plan.setting.task,
                "target": plan.target,
                "proxy": name,
                "higher_is_better": sign,
                **summarise(scores, truth, higher_is_better=sign, **stats),
                "seconds_per_arch": seconds[parts].sum(),
                "near_upper_bound": near_bound[parts].max(),
                "failure_reasons": reasons(rows[rows["proxy"].isin(parts)], values.index[np.isnan(scores)]),
                **compare(scores, truth, baselines, higher_is_better=sign, **stats),
            }
        )
    return pd.DataFrame(table).sort_values("spearman", ascending=False, ignore_index=True)


def reasons(rows: pd.DataFrame, missing: pd.Index) -> str:
    """Return why scores failed, the commonest reason first, each with how often it occurred.

    ``rows`` are those of a proxy, or of its parts; it has no value for the architectures ``missing``.
    """
    failed = rows[rows["status"] != "ok"]
    counts = (failed["status"] + ": " + failed["reason"]).value_counts()
    if infinite := len(missing.difference(failed["architecture"].tolist())):
        counts["non_finite: the formula has no finite value, though its parts have"] = infinite
        counts = counts.sort_values(ascending=False, kind="stable")
    return "; ".join(f"{count} × {reason}" for reason, count in counts.items())


def write(plan: Plan, table: pd.DataFrame, values: pd.DataFrame) -> None:
    """Write the table, the values that it was made of, the protocol, the report and the figures into ``run_dir``."""
    protocol = plan.protocol()
    write_text(plan.run_dir / "correlations.csv", table.to_csv(index=False))
    values_by_architecture = values.assign(truth=plan.accuracy).rename_axis("architecture")
    write_text(plan.run_dir / "values.csv", values_by_architecture.to_csv())
    write_json(plan.run_dir / "protocol.json", protocol)
    draw_figures(plan, table, values)
    write_report(plan.run_dir / "report.md", protocol, table)


def draw_figures(plan: Plan, table: pd.DataFrame, values: pd.DataFrame) -> None:
    """Draw the correlations of all proxies, and each proxy's scores against the trained results."""
    folder, footnote = plan.run_dir / "figures", plan.sentence()
    for old in folder.glob("*.png"):  # of a run with other proxies
        old.unlink(missing_ok=True)
    plots.bars(table, folder / "correlations.png", footnote=footnote)
    for _, row in table.iterrows():
        name = row["proxy"]
        plots.scatter(
            values[name].to_numpy(),
            np.asarray(plan.accuracy, dtype=np.float64),
            {str(column): value for column, value in row.items()},
            folder / f"scatter_{name}.png",
            proxy=name,
            truth_label=f"{plan.setting.space.name}/{plan.setting.task}/{plan.target}, trained",
            higher_is_better=plan.proxies[name].higher_is_better,
            footnote=footnote,
        )
