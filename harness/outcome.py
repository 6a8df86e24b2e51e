"""From a plan to its results: score what is missing, correlate, write."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from harness import plots
from harness.analysis import correlations, of_plan, scores_by_proxy
from harness.config import Config
from harness.engines import ENGINES
from harness.errors import HarnessError
from harness.files import write_json, write_text
from harness.places import make_folder, run_folder, score_folder
from harness.plan import Plan, make_plan
from harness.protocol import protocol, sentence
from harness.report import print_table, write_report
from harness.scoring import missing
from harness.store import ScoreStore
from harness.workers import score_all, worker_count
from proxies.registry import look_up


def correlate(config: Config) -> Path:
    """Do the run that ``config`` describes and return the folder of its results.

    One of several shards only scores its part, and returns the folder of the scores.
    """
    plan = make_plan(config)
    store = ScoreStore(score_folder(plan))
    score_missing(plan, store)
    if config.shard.count > 1:
        print(f"shard {config.shard.index} of {config.shard.count} is scored; run all without shard to correlate")
        return store.folder
    told = protocol(plan)
    folder = run_folder(plan, told)
    make_folder(folder)
    rows = of_plan(plan, store.read(**plan.setting.key()))
    values = scores_by_proxy(plan, rows)
    table = correlations(plan, values, rows)
    write(folder, plan, told, table, values)
    print_table(table, told)
    print(f"written to {folder}")
    return folder


def score_missing(plan: Plan, store: ScoreStore) -> None:
    """Score what the plan, or its shard, needs and ``store`` lacks."""
    config, shard = plan.config, plan.config.shard
    if not 0 <= shard.index < shard.count:
        raise HarnessError(f"shard.index={shard.index} is not one of the {shard.count} shards, which count from 0")
    workers = worker_count(config.workers, plan.setting.device)
    look_up("backend", config.backend, ENGINES)
    make_folder(store.folder)
    print(f"truth:  {plan.truth.source}\nimages: {plan.setting.batch.source}")
    items = plan.items()[shard.index :: shard.count]
    score_all(plan.setting, missing(items, store.read(**plan.setting.key())), workers, config.backend, store)


def write(folder: Path, plan: Plan, told: Mapping[str, Any], table: pd.DataFrame, values: pd.DataFrame) -> None:
    """Write the table, the values that it was made of, the protocol ``told``, the report and the figures."""
    write_text(folder / "correlations.csv", table.to_csv(index=False))
    values_by_architecture = values.assign(truth=plan.accuracy).rename_axis("architecture")
    write_text(folder / "values.csv", values_by_architecture.to_csv())
    write_json(folder / "protocol.json", told)
    draw_figures(folder / "figures", plan, table, values)
    write_report(folder / "report.md", told, table)


def draw_figures(folder: Path, plan: Plan, table: pd.DataFrame, values: pd.DataFrame) -> None:
    """Draw the correlations of all proxies, and each proxy's scores against the trained results."""
    footnote = sentence(plan)
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
