"""A pair of DARTS cells as data (arXiv 1806.09055): its string, as the field writes it, and its isomorphism class.

A cell has two inputs, 0 and 1 (the outputs of the last cell but one and of the last cell), and four nodes, 2 to 5.
It lists for each node its two edges, each with its operation and the number of the input or node that it comes from.
"""

import itertools
import re
from collections.abc import Iterator
from textwrap import shorten
from typing import NamedTuple

from benchmarks.errors import BenchmarkError

Edge = tuple[str, int]
Cell = tuple[tuple[Edge, ...], ...]

OPERATIONS = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
INPUTS = 2
NODES = 4
EDGES = 2  # of each node

FORM = (
    "Genotype(normal=[CELL], normal_concat=[2, 3, 4, 5], reduce=[CELL], reduce_concat=[2, 3, 4, 5]) "
    "with eight pairs ('OPERATION', NUMBER) for each CELL"
)
_CELL = ", ".join([r"\('(\w+)', (\d)\)"] * NODES * EDGES)
_PATTERN = re.compile(re.escape(FORM[: FORM.index(" with")]).replace("CELL", _CELL))


class Genotype(NamedTuple):
    """The cell that keeps the size of its inputs, and the one that halves it."""

    normal: Cell
    reduction: Cell


def parse(architecture: str) -> Genotype:
    """Read an architecture string; raises BenchmarkError if it is not a pair of DARTS cells."""
    match = _PATTERN.fullmatch(architecture)
    if match is None:
        raise BenchmarkError(f"'{shorten(architecture, 90)}' is not a DARTS genotype, which reads {FORM}")
    edges = [(name, int(source)) for name, source in zip(match.groups()[::2], match.groups()[1::2], strict=True)]
    middle = len(edges) // 2
    return Genotype(_cell(edges[:middle], "normal"), _cell(edges[middle:], "reduction"))


def to_string(genotype: Genotype) -> str:
    """Write a genotype as an architecture string."""
    normal, reduction = (list(itertools.chain(*cell)) for cell in genotype)
    nodes = list(range(INPUTS, INPUTS + NODES))
    return f"Genotype(normal={normal}, normal_concat={nodes}, reduce={reduction}, reduce_concat={nodes})"


def canonical(genotype: Genotype) -> str:
    """Return a key that is equal for genotypes that are the same graphs, and only for them.

    The order of a node's edges does not matter to their sum, nor the order of the nodes to their concatenation, but
    for a permutation of channels; an edge ``none`` is none.
    """
    return str(tuple(min(_renumbered(cell)) for cell in genotype))


def _cell(edges: list[Edge], which: str) -> Cell:
    nodes = tuple(tuple(edges[EDGES * node : EDGES * (node + 1)]) for node in range(NODES))
    for number, incoming in enumerate(nodes, start=INPUTS):
        for name, source in incoming:
            if name not in OPERATIONS:
                known = ", ".join(OPERATIONS)
                raise BenchmarkError(
                    f"unknown operation '{name}' in the {which} cell of a DARTS genotype; known: {known}"
                )
            if source >= number:
                raise BenchmarkError(
                    f"in the {which} cell of a DARTS genotype an edge leads from {source} to node {number}; "
                    "edges lead from lower to higher numbers"
                )
    return nodes


def _renumbered(cell: Cell) -> Iterator[Cell]:
    """Yield the cell under every numbering of its nodes, with the edges of a node sorted and without ``none``."""
    for order in itertools.permutations(range(NODES)):
        number = {node: INPUTS + place for place, node in enumerate(order)}
        yield tuple(
            tuple(sorted((name, number.get(source - INPUTS, source)) for name, source in cell[node] if name != "none"))
            for node in order
        )
