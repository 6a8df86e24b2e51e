"""``python -m harness.missing``: which runs of a planned matrix the leaderboard lacks, and the commands for them."""

from pathlib import Path

import hydra
from omegaconf import DictConfig

from harness import config as run_config
from harness import publication
from harness.board import gather_existing
from harness.cli import told_to_people
from harness.experiment import open_runs, planned_runs, read_failures

run_config.register()
publication.register()


@hydra.main(version_base="1.3", config_path="../conf", config_name="publication")
@told_to_people
def main(config: DictConfig) -> None:
    """Print each run of ``matrix`` that ``runs`` lack: its command, what is missing, and why, if it was tried."""
    failures = read_failures(Path(config.results), config.matrix)
    missing = list(open_runs(config.matrix, gather_existing(map(Path, config.runs))))
    for run, lack in missing:
        print(f"{run.command}\n    {lack}")
        if run.command in failures:
            print(f"    failed: {failures[run.command]}")
    print(f"{len(missing)} of {len(planned_runs(config.matrix))} runs of {config.matrix} are missing")


if __name__ == "__main__":
    main()
