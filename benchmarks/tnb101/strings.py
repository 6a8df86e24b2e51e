"""The architectures of TransNAS-Bench-101 as data (arXiv 2105.11871): their strings, and all of both spaces.

A string reads ``base-modules-cell``: 64 channels at first, one digit a module, and what its blocks are.
In the micro space (``64-41414-1_02_333``) the modules are fixed and the cell varies: ``1_02_333`` lists, for each of
the nodes 1, 2, 3, the operations on its edges from nodes 0, 1, …. In the macro space (``64-1234-basic``) the modules
vary and all blocks are residual.
"""

import itertools
import re
from dataclasses import dataclass

from benchmarks.errors import BenchmarkError

Cell = tuple[tuple[int, ...], ...]

# The digits of a cell, in its strings and everywhere else.
ZERO, IDENTITY, CONV_1X1, CONV_3X3 = OPERATIONS = range(4)
EDGES = 6

# The digits of the modules: those that double the channels, and those that halve height and width.
MODULES = "1234"
DOUBLING, HALVING = frozenset("24"), frozenset("34")
DEPTHS = (4, 5, 6)
DOUBLINGS, HALVINGS = range(1, 4), range(1, 5)  # how many of them an architecture of the macro space has

MICRO_MODULES = "41414"
MICRO_FORM = f"64-{MICRO_MODULES}-x_xx_xxx with digits 0..3"
MACRO_FORM = "64-mmmm-basic with 4 to 6 digits 1..4, of which 1 to 3 are 2 or 4, and 1 to 4 are 3 or 4"


@dataclass(frozen=True)
class Architecture:
    """``modules`` has one digit a module; ``cell`` is what their blocks are, None for residual blocks."""

    modules: str
    cell: Cell | None


def parse_cell(architecture: str) -> Cell:
    """Read the cell in a string of the micro space; raises BenchmarkError if it is none."""
    match = re.fullmatch(f"64-{MICRO_MODULES}-([0-3])_([0-3]{{2}})_([0-3]{{3}})", architecture)
    if match is None:
        raise BenchmarkError(f"'{architecture}' is not in TransNAS-Bench-101's micro space: {MICRO_FORM}")
    return tuple(tuple(map(int, edges)) for edges in match.groups())


def parse_modules(architecture: str) -> str:
    """Read the modules in a string of the macro space; raises BenchmarkError if it is none."""
    match = re.fullmatch("64-([1-4]+)-basic", architecture)
    if match is None or not _in_macro_space(match[1]):
        raise BenchmarkError(f"'{architecture}' is not in TransNAS-Bench-101's macro space: {MACRO_FORM}")
    return match[1]


def micro_architectures() -> list[str]:
    """Return the strings of all 4,096 architectures of the micro space."""
    cells = map("".join, itertools.product("0123", repeat=EDGES))
    return [f"64-{MICRO_MODULES}-{edges[0]}_{edges[1:3]}_{edges[3:]}" for edges in cells]


def macro_architectures() -> list[str]:
    """Return the strings of all 3,256 architectures of the macro space."""
    stacks = ("".join(stack) for depth in DEPTHS for stack in itertools.product(MODULES, repeat=depth))
    return [f"64-{modules}-basic" for modules in stacks if _in_macro_space(modules)]


def halvings(modules: str) -> int:
    """Return how often ``modules`` halve height and width."""
    return sum(digit in HALVING for digit in modules)


def _in_macro_space(modules: str) -> bool:
    doublings = sum(digit in DOUBLING for digit in modules)
    return len(modules) in DEPTHS and doublings in DOUBLINGS and halvings(modules) in HALVINGS
