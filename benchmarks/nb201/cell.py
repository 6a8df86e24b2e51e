"""The cell of NAS-Bench-201 as data (arXiv 2001.00326): its string, the whole space, its isomorphism class.

A genotype lists, for each of the nodes 1, 2, 3, the operations on its edges from nodes 0, 1, …: the string
``|a~0|+|b~0|c~1|+|d~0|e~1|f~2|`` is ``(("a",), ("b", "c"), ("d", "e", "f"))``.
"""

import itertools
import re
from functools import cache

from benchmarks.errors import BenchmarkError

Genotype = tuple[tuple[str, ...], ...]

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NODES = (1, 2, 3)
EDGES = sum(NODES)

FORM = "|op~0|+|op~0|op~1|+|op~0|op~1|op~2|"
_PATTERN = re.compile(re.escape(FORM).replace("op", r"(\w+)"))


def genotype(operations: tuple[str, ...]) -> Genotype:
    """Group the operations of the six edges, in the order of the string, by the node that they lead to."""
    remaining = iter(operations)
    return tuple(tuple(itertools.islice(remaining, node)) for node in NODES)


def parse(architecture: str) -> Genotype:
    """Read an architecture string; raises BenchmarkError if it is not a NAS-Bench-201 cell."""
    match = _PATTERN.fullmatch(architecture)
    if match is None:
        raise BenchmarkError(f"'{architecture}' is not a NAS-Bench-201 cell, which reads {FORM}")
    for operation in match.groups():
        if operation not in OPERATIONS:
            known = ", ".join(OPERATIONS)
            raise BenchmarkError(f"unknown operation '{operation}' in '{architecture}'; known: {known}")
    return genotype(match.groups())


def to_string(cell: Genotype) -> str:
    """Write a genotype as an architecture string."""
    return "+".join(
        "|" + "".join(f"{operation}~{source}|" for source, operation in enumerate(incoming)) for incoming in cell
    )


def architectures() -> list[str]:
    """Return the strings of all 15,625 cells."""
    return [to_string(genotype(edges)) for edges in itertools.product(OPERATIONS, repeat=EDGES)]


def unique_string(cell: Genotype) -> str:
    """Return the expression of the cell's output in terms of its input, equal for isomorphic cells.

    This is NAS-Bench-201's own key, which leads to its 6,466 classes: ``0`` is the input, ``#`` zeros,
    ``(x)@op`` an operation; a skip connection is the identity, and the summands of a node are sorted.
    """
    nodes = ["0"]
    for incoming in cell:
        nodes.append("+".join(sorted(_term(operation, nodes[i]) for i, operation in enumerate(incoming))))
    return nodes[-1]


@cache
def representatives() -> dict[str, str]:
    """Return for each of the 15,625 cells the first one, by string, that builds the same network (8,638 do).

    Isomorphic cells are not always that: the benchmark's key forgets operations that do not reach the output and
    operations that occur twice, so that 578 of its classes hold networks with different numbers of parameters.
    Here two networks are the same if they apply the same operations to the same values, equally often.
    """
    first: dict[tuple[str, ...], str] = {}
    return {name: first.setdefault(_network(parse(name)), name) for name in sorted(architectures())}


def _network(cell: Genotype) -> tuple[str, ...]:
    """Return the output and all operations that are built, each with the value that it is applied to.

    Unlike in the benchmark's key a sum does without its zeros: ``x+#`` is the same value as ``x``.
    """
    nodes, built = ["0"], []
    for incoming in cell:
        terms = []
        for operation, value in zip(incoming, nodes, strict=True):
            if operation == "skip_connect" and value != "#":
                terms.append(value)
            elif operation not in ("none", "skip_connect"):
                terms.append(f"({value})@{operation}")
                built.append(terms[-1])
        nodes.append("+".join(sorted(terms)) or "#")
    return nodes[-1], *sorted(built)


def _term(operation: str, source: str) -> str:
    if operation == "none" or source == "#":
        return "#"
    return source if operation == "skip_connect" else f"({source})@{operation}"
