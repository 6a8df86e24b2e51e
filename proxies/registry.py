"""Plug-ins by name: built-in ones are registered when imported, third-party ones found through entry points."""

import sys
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
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
    """Plug-ins of one ``kind``. One from an entry point of ``group`` is loaded when it is first asked for."""

    def __init__(self, kind: str, group: str) -> None:
        self.kind = kind
        self.group = group
        self._plugins: dict[str, T] = {}

    def register(self, name: str, plugin: T) -> None:
        """Make ``plugin`` known as ``name``; raises ProxyError if the name is taken by another."""
        if self._plugins.setdefault(name, plugin) is not plugin:
            raise ProxyError(f"{self.kind} '{name}' is registered twice")

    @cached_property
    def _entries(self) -> dict[str, EntryPoint]:
        found: dict[str, EntryPoint] = {}
        for entry in entry_points(group=self.group):
            taken = entry.name in self._plugins and entry.module not in sys.modules  # by another than this one
            if taken or found.setdefault(entry.name, entry).value != entry.value:
                raise ProxyError(f"{self.kind} '{entry.name}' is registered twice, once by {entry.value}")
        return found

    def __getitem__(self, name: str) -> T:
        """Return the plug-in called ``name``; raises UnknownNameError with a suggestion."""
        if name not in self._plugins:
            entry = look_up(self.kind, name, {**dict.fromkeys(self._plugins), **self._entries})
            assert entry is not None
            try:
                plugin = entry.load()
            except (ImportError, AttributeError) as error:
                raise ProxyError(f"{self.kind} '{name}' from {entry.value} does not load: {error}") from error
            # Scores are stored, and found by workers, under the plug-in's own name.
            if isinstance(own := getattr(plugin, "name", name), str) and own != name:
                raise ProxyError(f"{self.kind} '{name}' from {entry.value} calls itself '{own}'; use one name for both")
            self._plugins[name] = plugin
        return self._plugins[name]

    def __contains__(self, name: object) -> bool:
        return name in self._plugins or name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*self._plugins, *self._entries}))

    def __len__(self) -> int:
        return len({*self._plugins, *self._entries})
