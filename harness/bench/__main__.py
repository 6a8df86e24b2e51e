"""Measure, print a table, and write it to a CSV file."""

from dataclasses import asdict, dataclass
from pathlib import Path

import hydra
import pandas as pd
import torch
from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from harness.bench.memory import memory_rows
from harness.bench.passes import repeat_rows, suite_rows, swap_rows, te_nas_rows
from harness.bench.row import Row
from harness.bench.scaling import growth_rows, worker_rows
from harness.bench.spaces import space_rows
from harness.bench.today import today_rows
from harness.cli import told_to_people
from harness.files import write_text
from harness.scoring import one_thread

MEASURES = (
    *(swap_rows, suite_rows, te_nas_rows, repeat_rows, memory_rows),
    *(today_rows, worker_rows, growth_rows, space_rows),
)


@dataclass
class Bench:
    """How many pairs of times make each ratio of two times, and where to write the rows."""

    repeats: int = 5
    output: str = "results/bench.csv"


ConfigStore.instance().store(name="base_bench", node=Bench)


def table(rows: list[Row]) -> Table:
    """Return the rows as a table for the screen."""
    shown = Table("what", "in units of", "value", "should be", "", title="what scoring costs")
    for each in rows:
        bound = "" if each.bound is None else f"{each.sense} {each.bound:g}"
        verdict = {None: "", True: "yes", False: "[red]no"}[each.kept]
        shown.add_row(each.what, each.unit, f"{each.value:.3g}", bound, verdict)
    return shown


@hydra.main(version_base="1.3", config_path="../../conf", config_name="bench")
@told_to_people
def main(config: DictConfig) -> None:
    """Measure, print a table and write it to a CSV file."""
    rows: list[Row] = []
    console = Console(stderr=True)
    with one_thread(), console.status("measuring, some ten minutes"):
        for measure in MEASURES:
            rows += measure(config.repeats)
    Console().print(table(rows))
    made = pd.DataFrame([{**asdict(each), "kept": each.kept, "torch": torch.__version__} for each in rows])
    output = Path(config.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_text(output, made.to_csv(index=False, float_format="%.4g"))


if __name__ == "__main__":
    main()
