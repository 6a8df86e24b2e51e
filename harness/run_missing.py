"""``python -m harness.run_missing``: do the runs of a planned matrix that the leaderboard lacks, and publish them."""

from pathlib import Path

import hydra
import pandas as pd
from omegaconf import DictConfig

from harness import config as run_config
from harness import publication
from harness.board import gather_existing
from harness.cli import told_to_people
from harness.experiment import PlannedRun, failures_file, open_runs, read_failures
from harness.files import write_json
from harness.outcome import correlate
from harness.publication import published_folder
from harness.publish import publish

run_config.register()
publication.register()


@hydra.main(version_base="1.3", config_path="../conf", config_name="publication")
@told_to_people
def main(config: DictConfig) -> None:
    """Do what ``runs`` lack of ``matrix`` and publish it in ``results``."""
    board = gather_existing(map(Path, config.runs))
    do_missing(config.matrix, board, Path(config.results))


def do_missing(experiment: str, board: pd.DataFrame | None, results: Path) -> None:
    """Do one run after the other that ``board`` lacks; one that fails is noted with its reason, and the next begins."""
    missing = list(open_runs(experiment, board))
    failures = read_failures(results, experiment)
    path = failures_file(results, experiment)
    path.parent.mkdir(parents=True, exist_ok=True)
    for number, (run, _) in enumerate(missing, start=1):
        print(f"[{number}/{len(missing)}] {run.command}")
        failures.pop(run.command, None)
        if reason := attempt(run, published_folder(results)):
            failures[run.command] = reason
            print(f"failed: {reason}")
        write_json(path, failures)


def attempt(run: PlannedRun, published: Path) -> str:
    """Do ``run`` and publish it into the folder ``published``; return why that failed, or nothing."""
    try:
        publish(correlate(run.config()), published)
    except Exception as error:  # a plug-in of somebody else may raise anything; the other runs go on
        return f"{type(error).__name__}: {error}"
    return ""


if __name__ == "__main__":
    main()
