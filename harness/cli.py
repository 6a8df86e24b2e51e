"""What every command shares: typed settings, and errors told in one line."""

import sys
from collections.abc import Callable
from functools import wraps

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from benchmarks.errors import BenchmarkError
from harness.config import Config
from harness.errors import HarnessError
from proxies.errors import ProxyError


def told_to_people(command: Callable[[DictConfig], None]) -> Callable[[DictConfig], None]:
    """Decorate a command so that a mistake of the user ends it with one line and exit status 2."""

    @wraps(command)
    def guarded(config: DictConfig) -> None:
        try:
            command(config)
        except (BenchmarkError, HarnessError, ProxyError) as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(2)

    return guarded


def settings(config: DictConfig) -> Config:
    """Return the configuration as the dataclass that it was validated against."""
    try:
        typed = OmegaConf.to_object(config)
    except OmegaConfBaseException as error:
        raise HarnessError(str(error)) from error
    assert isinstance(typed, Config)
    return typed
