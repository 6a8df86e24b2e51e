"""What NAS-Bench-101 does with the graph of a cell: leave out what computes nothing, and hash it.

A graph is a strictly upper triangular adjacency matrix: ``matrix[u][v]`` is 1 if there is an edge from vertex u to
vertex v. Vertex 0 is the input, the last one the output.
"""

from collections.abc import Sequence
from hashlib import md5

Matrix = tuple[tuple[int, ...], ...]


def computing_vertices(matrix: Matrix) -> list[int]:
    """Return, in order, the vertices that lie on a path from the input to the output; empty if there is no path."""
    vertices = range(len(matrix))
    reached = {0}
    for v in vertices:
        if any(matrix[u][v] for u in reached):
            reached.add(v)
    useful = {vertices[-1]} & reached
    for u in reversed(vertices):
        if any(matrix[u][v] for v in useful):
            useful.add(u)
    return sorted(reached & useful)


def subgraph(matrix: Matrix, vertices: Sequence[int]) -> Matrix:
    """Return the adjacency matrix of ``vertices`` alone."""
    return tuple(tuple(matrix[u][v] for v in vertices) for u in vertices)


def graph_hash(matrix: Matrix, labels: Sequence[int]) -> str:
    """Return a hash that is the same however the vertices are numbered: NAS-Bench-101's ``module_hash``.

    Every vertex begins with a hash of its degrees and its label. In each of as many rounds as there are vertices it
    takes in the hashes of its neighbours, before and behind it; the hash of the graph is that of all of them, sorted.
    """
    vertices = range(len(matrix))
    before = [[u for u in vertices if matrix[u][v]] for v in vertices]
    behind = [[w for w in vertices if matrix[v][w]] for v in vertices]
    hashes = [_md5(str((len(behind[v]), len(before[v]), labels[v]))) for v in vertices]
    for _ in vertices:
        hashes = [_md5("|".join([_joined(hashes, before[v]), _joined(hashes, behind[v]), hashes[v]])) for v in vertices]
    return _md5(str(sorted(hashes)))


def _joined(hashes: Sequence[str], vertices: Sequence[int]) -> str:
    return "".join(sorted(hashes[v] for v in vertices))


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
