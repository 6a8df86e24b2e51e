"""Measure, print a table, and write it to a CSV file."""

import argparse
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import torch
from rich.console import Console
from rich.table import Table

from harness.bench.memory import memory_rows
from harness.bench.passes import repeat_rows, suite_rows, swap_rows, te_nas_rows
from harness.bench.row import Row
from harness.bench.scaling import growth_rows, worker_rows
from harness.bench.spaces import space_rows
from harness.bench.today import today_rows
from harness.files import write_text
from harness.scoring import one_thread

MEASURES = (
    *(swap_rows, suite_rows, te_nas_rows, repeat_rows, memory_rows),
    *(today_rows, worker_rows, growth_rows, space_rows),
)


def table(rows: list[Row]) -> Table:
    """Return the rows as a table for the screen."""
    shown = Table("what", "in units of", "value", "should be", "", title="what scoring costs")
    for each in rows:
        bound = "" if each.bound is None else f"{each.sense} {each.bound:g}"
        verdict = {None: "", True: "yes", False: "[red]no"}[each.kept]
        shown.add_row(each.what, each.unit, f"{each.value:.3g}", bound, verdict)
    return shown


def main() -> None:
    """Measure, print a table and write it to a CSV file."""
    parser = argparse.ArgumentParser(prog="python -m harness.bench", description=__doc__)
    parser.add_argument("--repeats", type=int, default=5, help="pairs of times for each ratio of two times")
    parser.add_argument("--output", type=Path, default=Path("results/bench.csv"), help="where to write the rows")
    arguments = parser.parse_args()
    rows: list[Row] = []
    console = Console(stderr=True)
    with one_thread(), console.status("measuring, some ten minutes"):
        for measure in MEASURES:
            rows += measure(arguments.repeats)
    Console().print(table(rows))
    made = pd.DataFrame([{**asdict(each), "kept": each.kept, "torch": torch.__version__} for each in rows])
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    write_text(arguments.output, made.to_csv(index=False, float_format="%.4g"))


if __name__ == "__main__":
    main()
