"""Where the scoring runs: this process, processes of this machine, or the machines of a Dask or Ray cluster."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from threading import Thread
from typing import Any

from joblib import parallel_config

from harness.errors import HarnessError
from proxies.registry import look_up


@contextmanager
def _dask() -> Iterator[None]:
    """Connect to the cluster that Dask is configured for (DASK_SCHEDULER_ADDRESS), else start one on this machine."""
    with _extra("distributed", "dask").Client():
        yield


@contextmanager
def _ray() -> Iterator[None]:
    """Connect to the cluster that Ray is configured for (RAY_ADDRESS), else start one on this machine."""
    _extra("ray.util.joblib", "ray").register_ray()
    yield


@contextmanager
def _here() -> Iterator[None]:
    """Need no preparation."""
    yield


RETURNING_LISTS = frozenset({"ray"})  # its joblib backend cannot return one result after the other
CLUSTERS: Mapping[str, Callable[[], Any]] = {"dask": _dask, "ray": _ray}
ENGINES: Mapping[str, Callable[[], Any]] = {"loky": _here, "sequential": _here, **CLUSTERS}


@contextmanager
def engine(backend: str) -> Iterator[None]:
    """Make joblib run on ``backend``; raises HarnessError if it is unknown or its extra is not installed."""
    prepare = look_up("backend", backend, ENGINES)
    options: dict[str, Any] = {"initializer": _end_with, "initargs": (os.getpid(),)} if backend == "loky" else {}
    with prepare(), parallel_config(backend=backend, **options):
        yield


def _end_with(parent: int) -> None:
    """End this worker process when its parent does, and not by itself when the terminal interrupts both.

    Nobody tells the workers of a parent that was killed, least of all those that had nothing to do yet.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _extra(module: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise HarnessError(f"backend={extra} needs an extra: pip install 'zcbench[{extra}]'") from error
