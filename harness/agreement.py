"""``python -m harness.agreement``: do our proxies rank networks as published scores do?

Compares with the 13 proxies that NAS-Bench-Suite-Zero (arXiv 2210.03230) published for NAS-Bench-201 and CIFAR-10, on
architectures drawn by seed, with one default initialisation and a batch of 64. Its minibatch and seeds are others, so
that ranks are compared; how well its own seeds agree is given beside. The scores are stored; a killed run resumes.
"""

from dataclasses import dataclass, field
from pathlib import Path

import hydra
import pandas as pd
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig

from benchmarks.inputs import load
from benchmarks.nb201 import NB201
from benchmarks.space import sample
from harness.cli import told_to_people
from harness.config import Paths
from harness.errors import HarnessError
from harness.files import write_text
from harness.ranking import spearman
from harness.report import markdown_table
from harness.scoring import Item, Setting, current, missing
from harness.store import ScoreStore
from harness.workers import score_all, worker_count
from proxies.evaluation import measured_proxies

# Spearman between two published seeds, and what ours must reach at least; plain is noise in the published data too.
EXPECTED = pd.DataFrame(
    {
        "params": (None, 1.0),
        "synflow": (0.999, 0.995),
        "zen": (None, 0.98),
        "flops": (None, 0.98),
        "snip": (0.985, 0.96),
        "grad_norm": (0.983, 0.96),
        "nwot": (None, 0.95),
        "fisher": (0.97, 0.94),
        "jacov": (0.92, 0.93),
        "l2_norm": (0.93, 0.92),
        "epe_nas": (0.65, 0.85),
        "grasp": (0.78, 0.65),
        "plain": (0.06, None),
    },
    index=["between published seeds", "at least"],
).T
BATCH = 64


def agreement(published: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Return Spearman of each proxy's scores with the published ones, over the architectures that both have."""
    rows = {}
    for name in EXPECTED.index:
        both = pd.concat([ours[name], published[name]], axis=1, join="inner").dropna().to_numpy(dtype=float)
        rows[name] = {"n": len(both), "spearman": spearman(both[:, 0], both[:, 1])}
    return pd.DataFrame(rows).T.join(EXPECTED).rename_axis("proxy")


@dataclass
class Agreement:
    """How many architectures, drawn by ``seed``, which initialises them too; where scores and tables (no suffix) go."""

    size: int = 200
    seed: int = 0
    workers: str = "auto"
    scores: str = "results/runs/agreement"
    output: str = "results/agreement"
    paths: Paths = field(default_factory=Paths)


ConfigStore.instance().store(name="base_agreement", node=Agreement)


@hydra.main(version_base="1.3", config_path="../conf", config_name="agreement")
@told_to_people
def main(config: DictConfig) -> None:
    """Score what is missing, and write the table as CSV and Markdown."""
    data = Path(config.paths.data).expanduser()
    path = data / "published_scores" / "nb201_cifar10.csv"
    if not path.is_file():
        raise HarnessError(f"{path} is missing: it holds the published scores, with columns arch and one a proxy")
    published = pd.read_csv(path, index_col="arch")
    space = NB201()
    batch = load("cifar10", space.tasks["cifar10"], BATCH, "first", 0, data)
    setting = Setting(space, "cifar10", batch, "default", config.seed, "cpu")
    chosen = sample(published.index, config.size, config.seed)
    items = [Item(architecture, 0, tuple(EXPECTED.index)) for architecture in chosen]
    store = ScoreStore(Path(config.scores))
    left = missing(items, store.read(**setting.key()))
    score_all(setting, left, worker_count(config.workers, "cpu"), "loky", store)
    scores = current(store.read(**setting.key()), measured_proxies(EXPECTED.index))
    ours = scores[scores["architecture"].isin(chosen)].pivot(index="architecture", columns="proxy", values="value")
    table = agreement(published, ours)
    output = Path(config.output)
    write_text(output.with_suffix(".csv"), table.to_csv(float_format="%.4f"))
    cells = [[str(name), *(("–" if pd.isna(v) else f"{v:.4g}") for v in row)] for name, row in table.iterrows()]
    shown = markdown_table(["proxy", *map(str, table.columns)], cells)
    write_text(output.with_suffix(".md"), shown + "\n")
    print(shown)
    expected = table["at least"].astype(float)
    reached = (table["spearman"].astype(float) >= expected - 1e-9) & (table["n"] >= 0.9 * config.size)
    if low := ", ".join(map(str, table.index[expected.notna() & ~reached])):
        raise HarnessError(f"agrees less than it should: {low}")


if __name__ == "__main__":
    main()
