"""Plug-ins by name: built-in ones through a decorator, third-party ones through entry points."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from proxies.errors import ProxyError, UnknownNameError

T = TypeVar("T")


def look_up(kind: str, name: str, options: Mapping[str, T]) -> T:
    """Return ``options[name]``; raises UnknownNameError with the nearest known names."""
    if name in options:
        return options[name]
    near = " or ".join(f"'{known}'" for known in get_close_matches(name, options, n=2))
    hint = f"did you mean {near}? " if near else ""
    raise UnknownNameError(f"unknown {kind} '{name}'; {hint}known: {', '.join(sorted(options)) or 'none'}")


class Registry(Mapping[str, T], Generic[T]):
    """Plug-ins of one ``kind``; entry points of ``group`` are loaded when the registry is first read."""

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group
        self._plugins: dict[str, T] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[T], T]:
        """Decorate a plug-in to make it known as ``name``; raises ProxyError if the name is taken by another."""

        def decorate(plugin: T) -> T:
            if self._plugins.setdefault(name, plugin) is not plugin:
                raise ProxyError(f"{self.kind} '{name}' is registered twice")
            return plugin

        return decorate

    def _all(self) -> dict[str, T]:
        if not self._loaded:
            self._loaded = True
            for entry in entry_points(group=self.group):
                try:
                    plugin = entry.load()
                except (ImportError, AttributeError) as error:
                    raise ProxyError(f"{self.kind} '{entry.name}' from {entry.value} does not load: {error}") from error
                self.register(entry.name)(plugin)
        return self._plugins

    def __getitem__(self, name: str) -> T:
        """Return the plug-in called ``name``; raises UnknownNameError with a suggestion."""
        return look_up(self.kind, name, self._all())

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._all()))

    def __len__(self) -> int:
        return len(self._all())
