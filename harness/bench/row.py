"""One measured number of the bench."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """``what`` measures ``value`` in units of ``unit``; with a ``sense`` it should be at least or at most ``bound``."""

    what: str
    unit: str
    value: float
    sense: str = ""
    bound: float | None = None

    @property
    def kept(self) -> bool | None:
        """Whether the value is within its bound; None if it has none."""
        if self.bound is None:
            return None
        return self.value <= self.bound if self.sense == "at most" else self.value >= self.bound
