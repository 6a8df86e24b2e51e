"""From the scores of a run to its table: which rows belong to it, what they say of each proxy."""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from harness.bootstrap import Resampling
from harness.plan import Plan
from harness.scoring import current
from harness.spread import repeat_spread
from harness.statistics import compare, oriented, summarise
from proxies.evaluation import combine

Floats = NDArray[np.float64]

NEAR_BOUND = 0.95  # a value above this share of its upper bound says little: the proxy saturates
BASELINES = ("params", "flops")  # what every proxy is compared with, where they are part of the run


def of_plan(plan: Plan, rows: pd.DataFrame) -> pd.DataFrame:
    """Return those of ``rows`` that belong to the run, a shared one for each architecture that it stands for."""
    ours = current(rows[rows["repeat"] < plan.config.init.repeats], plan.measured())
    scored = pd.DataFrame(plan.representatives().items(), columns=["architecture", "scored"])
    return scored.merge(ours.rename(columns={"architecture": "scored"}), on="scored")


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
    how = Resampling(plan.config.stats.resamples, plan.config.stats.confidence, plan.config.sample.seed)
    repeats = [scores_by_proxy(plan, one) for _, one in rows.groupby("repeat")]
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
                **summarise(scores, truth, higher_is_better=sign, how=how),
                "seconds_per_arch": seconds[parts].sum(),
                "near_upper_bound": near_bound[parts].max(),
                "failure_reasons": reasons(rows[rows["proxy"].isin(parts)], values.index[np.isnan(scores)]),
                **compare(scores, truth, baselines, higher_is_better=sign, how=how),
                **spread([oriented(one[name].to_numpy(), sign) for one in repeats], truth, how),
            }
        )
    return pd.DataFrame(table).sort_values("spearman", ascending=False, ignore_index=True)


def spread(repeats: Sequence[Floats], truth: Floats, how: Resampling) -> dict[str, float]:
    """Return what the choice of initialisations and of architectures adds to the uncertainty of one proxy.

    ``repeats`` holds the scores [n] of each initialisation, higher is better. Architectures of which one failed are
    left out. Nothing is told of a single initialisation.
    """
    if len(repeats) < 2:
        return {}
    scores = np.stack(repeats, axis=1)
    scored = ~np.isnan(scores).any(axis=1)
    told = repeat_spread(scores[scored], truth[scored], shared=False, resamples=how.resamples, seed=how.seed)
    return {name: told[name] for name in ("sd_repeats", "sd_architectures", "sd_total", "repeatability")}


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
