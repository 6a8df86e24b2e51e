"""Which cells of TransNAS-Bench-101's micro space are the same network.

Two cells are isomorphic if they compute the same but for the numbering of nodes: identities vanish, and so do
operations that do not reach the output and those on zeros, which stay zeros (a convolution without bias keeps them,
and the shift of batch norm is zero at first). Unlike in NAS-Bench-201's key, a convolution whose output is used
twice differs from two convolutions.

The benchmark gives copies of one result to many architectures: its micro table has 3,184 different rows.
Architectures with equal rows are always isomorphic in this sense; the converse does not hold.
"""

import itertools
from typing import NamedTuple

from benchmarks.tnb101.strings import IDENTITY, ZERO, Cell

INPUT = -1


class _Operation(NamedTuple):
    """An operation with weights; its input is a sum of the cell's input and outputs of earlier operations."""

    digit: int
    summands: tuple[int, ...]


def canonical(cell: Cell) -> str:
    """Return a key that is equal for isomorphic cells and only for them; it has 1,376 values.

    Cells are compared at stride 2, where identities on edges from node 0 have weights and are operations like
    others. Cells that are equal there are equal at stride 1 too.
    """
    operations, output = _computation(cell)
    orders = itertools.permutations(range(len(operations)))  # of at most six
    return min(_written(operations, output, order) for order in orders)


def _computation(cell: Cell) -> tuple[list[_Operation], tuple[int, ...]]:
    """Return the operations that lead from the input to the output, and the summands of the output."""
    operations: list[_Operation] = []
    nodes: list[tuple[int, ...]] = [(INPUT,)]
    for edges in cell:
        summands: list[int] = []
        for source, digit in enumerate(edges):
            if digit == ZERO or not nodes[source]:
                continue
            if digit == IDENTITY and source > 0:
                summands += nodes[source]
            else:
                summands.append(len(operations))
                operations.append(_Operation(digit, nodes[source]))
        nodes.append(tuple(summands))
    return _reaching(operations, nodes[-1])


def _reaching(operations: list[_Operation], output: tuple[int, ...]) -> tuple[list[_Operation], tuple[int, ...]]:
    """Drop the operations that do not reach the output, and number the others anew."""
    reached = set(output)
    for index in reversed(range(len(operations))):
        if index in reached:
            reached.update(operations[index].summands)
    numbers = {old: new for new, old in enumerate(sorted(reached - {INPUT}))} | {INPUT: INPUT}
    kept = [operation for index, operation in enumerate(operations) if index in reached]
    return [_Operation(o.digit, _renumbered(o.summands, numbers)) for o in kept], _renumbered(output, numbers)


def _written(operations: list[_Operation], output: tuple[int, ...], order: tuple[int, ...]) -> str:
    """Write a computation whose operation i is called ``order[i]``."""
    numbers = dict(enumerate(order)) | {INPUT: INPUT}
    lines = sorted((order[i], o.digit, _renumbered(o.summands, numbers)) for i, o in enumerate(operations))
    return f"{lines} {_renumbered(output, numbers)}"


def _renumbered(summands: tuple[int, ...], numbers: dict[int, int]) -> tuple[int, ...]:
    return tuple(sorted(numbers[index] for index in summands))
