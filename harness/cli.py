"""What every command shares: typed settings, and errors told in one line."""

import signal
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
    """Decorate a command so that it ends with one line instead of a traceback where the cause is not in the code.

    That is a mistake of the user or the disk (exit status 2), or an interrupt (130, also when told to terminate).
    """

    @wraps(command)
    def guarded(config: DictConfig) -> None:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            command(config)
        except (BenchmarkError, HarnessError, ProxyError, OmegaConfBaseException, OSError) as error:
            print(f"error: {error}", file=sys.stderr)
            sys.exit(2)
        except KeyboardInterrupt:
            print("interrupted; scores that were finished are stored: start it again to go on", file=sys.stderr)
            sys.exit(130)

    return guarded


def settings(config: DictConfig) -> Config:
    """Return the configuration as the dataclass that it was validated against."""
    typed = OmegaConf.to_object(config)
    assert isinstance(typed, Config)
    return typed
