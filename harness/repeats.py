"""``python -m harness.repeats runs=[…]``: how much of a correlation's uncertainty is the minibatch's, or the weights'?

For runs on the same architectures that differ in the images, or in the seed of the initialisation.
"""

from collections.abc import Sequence
from pathlib import Path

import hydra
import numpy as np
import pandas as pd
from omegaconf import DictConfig

from harness.board import CELL, VARIANT, Run, load_runs
from harness.cli import told_to_people
from harness.errors import HarnessError
from harness.identity import CONDITIONS
from harness.publication import register
from harness.report import markdown_table, number
from harness.spread import repeat_spread
from harness.statistics import oriented

# What one repeat may have that the others have not, and whether one draw of it served all architectures.
REPEATED = {"inputs_sha256": ("minibatches", True), "init_seed": ("initialisations", False)}

PROXY = ["proxy", "higher_is_better", "proxy_version", *VARIANT]

register()


@hydra.main(version_base="1.3", config_path="../conf", config_name="publication")
@told_to_people
def main(config: DictConfig) -> None:
    """Print the table of the runs in ``runs``."""
    runs = load_runs(map(Path, config.runs))
    what, table = spread_of(runs)
    print(f"{' / '.join(runs[0].rows[CELL].iloc[0])}, {len(runs)} {what}; standard deviations of ρ of a single one\n")
    cells = [[str(name), *map(number, row)] for name, row in zip(table.index, table.to_numpy(), strict=True)]
    header = ["proxy", "mean ρ", f"sd over {what}", "sd over architectures", "sd of both", "ρ between two"]
    print(markdown_table(header, cells))


def spread_of(runs: Sequence[Run]) -> tuple[str, pd.DataFrame]:
    """Return what the ``runs`` repeat, and `repeat_spread` of each proxy that all of them have, best mean ρ first.

    Raises HarnessError unless they differ in the images alone, or in the seed of the initialisation alone.
    """
    if len(runs) < 2:
        raise HarnessError(f"{len(runs)} runs have no spread; give runs=[…] with at least two, or a folder of such")
    conditions = pd.DataFrame([run.rows[CONDITIONS].iloc[0] for run in runs])
    differing = [name for name in CONDITIONS if conditions[name].nunique() > 1]
    if len(differing) != 1 or differing[0] not in REPEATED or not conditions[differing[0]].is_unique:
        raise HarnessError(
            f"the runs differ in {', '.join(differing) or 'nothing'}, and each must be another one in "
            f"{' alone, or in '.join(REPEATED)} alone: give runs=[…] that repeat one measurement"
        )
    what, shared = REPEATED[differing[0]]
    architectures = runs[0].values.index
    alike = set.intersection(*(set(run.rows[PROXY].itertuples(index=False, name=None)) for run in runs))
    if not alike:
        raise HarnessError("no proxy, with one version and the same parameters, is in all runs")
    told = {}
    for name, direction, *_ in sorted(alike):
        scores = np.stack([run.values[name].loc[architectures].to_numpy(dtype=np.float64) for run in runs], axis=1)
        scored = ~np.isnan(scores).any(axis=1)
        truth = runs[0].values["truth"].to_numpy(dtype=np.float64)[scored]
        told[name] = repeat_spread(oriented(scores[scored], direction == "True"), truth, shared=shared)
    return what, pd.DataFrame(told).T.sort_values("spearman", ascending=False, kind="stable")


if __name__ == "__main__":
    main()
