"""``python -m harness.correlate``: how well do proxies rank the architectures of a space by trained accuracy?"""

import hydra
from omegaconf import DictConfig

from harness.cli import settings, told_to_people
from harness.config import register
from harness.outcome import correlate

register()


@hydra.main(version_base="1.3", config_path="../conf", config_name="config")
@told_to_people
def main(config: DictConfig) -> None:
    """Score what is missing, correlate, and write the results into its folder."""
    correlate(settings(config))


if __name__ == "__main__":
    main()
