"""The search spaces that are installed, the project's own and third parties' alike."""

from benchmarks.space import Space
from proxies.registry import Registry

SPACES: Registry[type[Space]] = Registry("space", "zcbench.spaces")
