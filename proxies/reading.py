"""Quantities that are computed once, when first asked for, and that know what they cost and what they rest on."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, Self, TypeVar, overload

import torch

from proxies.errors import UndefinedError

T = TypeVar("T")


class quantity(Generic[T]):
    """A lazily computed, cached attribute of a `Reader`.

    A quantity that is undefined stays so: the error is kept and raised again for the next reader.
    """

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, reader: None, owner: type) -> Self: ...
    @overload
    def __get__(self, reader: "Reader", owner: type) -> T: ...
    def __get__(self, reader: "Reader | None", owner: type) -> T | Self:
        if reader is None:
            return self
        if not reader.has(self.name):
            self.provide(reader)
        return reader.read(self.name)

    def provide(self, reader: Any) -> None:
        """Make the value, or the error in its place, known to ``reader``."""
        reader.fill(self.name, lambda: self.compute(reader))


class served(quantity[T]):
    """A quantity that the method ``serve`` of a `Reader` fills in, with others that one pass serves.

    Args:
        what: the docstring.
    """

    def __init__(self, what: str) -> None:
        self.__doc__ = what

    def provide(self, reader: "Reader") -> None:
        """Have ``reader`` serve the quantity."""
        reader.serve(self.name)


class Reader(ABC):
    """Holds computed quantities by name; each knows its own seconds and the quantities that it read."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._cache: dict[str, Any] = {}
        self._cost: dict[str, float] = {}  # seconds of a quantity without those that it read
        self._dependencies: dict[str, set[str]] = {}
        self._open: list[tuple[set[str], list[float]]] = []  # of each work under way: what it reads, its inner time

    @abstractmethod
    def serve(self, name: str) -> None:
        """Fill in ``name``, a quantity that is `served`."""

    def has(self, name: str) -> bool:
        """Whether ``name`` is there, be it a value or an error."""
        return name in self._cache

    def fill(self, name: str, compute: Callable[[], Any]) -> None:
        """Compute ``name`` unless it is there; an UndefinedError is kept in its place."""
        if self.has(name):
            return
        with self.measured(name):
            try:
                self._cache[name] = compute()
            except UndefinedError as error:
                self._cache[name] = error.with_traceback(None)  # a traceback would keep the pass's memory alive

    def read(self, name: str) -> Any:
        """Return the value of ``name``, or raise its error, and note that the work under way rests on it."""
        self.rest_on(name)
        result = self._cache[name]
        if isinstance(result, UndefinedError):
            raise type(result)(*result.args)
        return result

    def rest_on(self, name: str) -> None:
        """Note that the work under way rests on ``name``, so that it shares in its seconds."""
        if self._open:
            self._open[-1][0].add(name)

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        """Take down the seconds of a work and what it reads.

        Gradients can be taken in there, whatever the caller has switched off for itself.
        """
        reads: set[str] = set()
        inner: list[float] = []
        self._open.append((reads, inner))
        start = self._clock()
        try:
            with torch.inference_mode(False), torch.enable_grad():
                yield
        finally:
            elapsed = self._clock() - start
            self._open.pop()
            self._cost[name] = elapsed - sum(inner)
            self._dependencies[name] = reads
            if self._open:
                self._open[-1][1].append(elapsed)

    def seconds(self, name: str) -> float:
        """Return the seconds of ``name`` with everything it rests on, also what an earlier reader had paid for."""
        found, queue = {name}, [name]
        while queue:
            new = self._dependencies.get(queue.pop(), set()) - found
            found |= new
            queue += new
        return sum(self._cost[each] for each in found)

    def reads(self, name: str) -> frozenset[str]:
        """Return the names of the quantities that ``name`` read itself."""
        return frozenset(self._dependencies[name])

    def _clock(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()
