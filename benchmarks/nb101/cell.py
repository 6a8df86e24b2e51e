"""The cell of NAS-Bench-101 as data (arXiv 1902.09635): its string, its limits, its isomorphism class.

An architecture string is the adjacency matrix above its diagonal, row by row, then a colon and the operations of the
vertices in topological order: ``110101:input,conv3x3-bn-relu,maxpool3x3,output`` has the edges 0→1, 0→2, 1→2 and 2→3.
"""

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache

from benchmarks.errors import BenchmarkError
from benchmarks.nb101.graph import Matrix, computing_vertices, graph_hash, subgraph

OPERATIONS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
MOST_VERTICES = 7
MOST_EDGES = 9

FORM = "110101:input,conv3x3-bn-relu,maxpool3x3,output"
_PATTERN = re.compile(r"([01]+):(input(?:,[\w-]+)*,output)")

# What the graph hash takes for each vertex: the index of its operation, and two numbers of their own for the ends.
_LABELS = {"input": -1, "output": -2, **{name: index for index, name in enumerate(OPERATIONS)}}


@dataclass(frozen=True)
class Cell:
    """A cell all of whose vertices lie on a path from the input to the output.

    ``matrix`` is its adjacency matrix, ``operations`` names what each vertex does, ``input`` and ``output`` included.
    """

    matrix: Matrix
    operations: tuple[str, ...]


def parse(architecture: str) -> Cell:
    """Read an architecture string; vertices that do not lie on a path from input to output are left out.

    Raises BenchmarkError if it is not a cell, or one beyond the limits of NAS-Bench-101.
    """
    match = _PATTERN.fullmatch(architecture)
    if match is None:
        raise BenchmarkError(f"'{architecture}' is not a NAS-Bench-101 cell, which reads for example {FORM}")
    operations = match[2].split(",")
    for name in operations[1:-1]:
        if name not in OPERATIONS:
            raise BenchmarkError(f"unknown operation '{name}' in '{architecture}'; known: {', '.join(OPERATIONS)}")
    digits = len(operations) * (len(operations) - 1) // 2
    if len(match[1]) != digits:
        raise BenchmarkError(
            f"'{architecture}' has {len(operations)} vertices, which takes {digits} digits, not {len(match[1])}"
        )
    vertices, matrix = _graph(match[1], len(operations))
    if not vertices:
        raise BenchmarkError(f"in '{architecture}' no path leads from the input to the output")
    edges = sum(map(sum, matrix))
    if len(vertices) > MOST_VERTICES or edges > MOST_EDGES:
        raise BenchmarkError(
            f"'{architecture}' has {len(vertices)} vertices and {edges} edges; "
            f"NAS-Bench-101 goes up to {MOST_VERTICES} and {MOST_EDGES}"
        )
    return Cell(matrix, tuple(operations[vertex] for vertex in vertices))


def to_string(cell: Cell) -> str:
    """Write a cell as an architecture string."""
    above = "".join(str(edge) for vertex, row in enumerate(cell.matrix) for edge in row[vertex + 1 :])
    return f"{above}:{','.join(cell.operations)}"


def module_hash(cell: Cell) -> str:
    """Return the key of the cell in NAS-Bench-101, equal for isomorphic cells."""
    return graph_hash(cell.matrix, [_LABELS[name] for name in cell.operations])


# A table of 30,000 cells has 2,500 different graphs, and is to be read in less than a second.
@lru_cache(maxsize=4096)
def _graph(digits: str, vertices: int) -> tuple[tuple[int, ...], Matrix]:
    """Return the vertices on a path from input to output, and the adjacency matrix of these alone."""
    remaining = map(int, digits)
    whole = tuple(
        (0,) * (vertex + 1) + tuple(itertools.islice(remaining, vertices - vertex - 1)) for vertex in range(vertices)
    )
    kept = tuple(computing_vertices(whole))
    return kept, subgraph(whole, kept)
