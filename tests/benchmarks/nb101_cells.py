"""Random NAS-Bench-101 cells to test with."""

import numpy as np
from hypothesis import strategies as st

from benchmarks.nb101 import cell


@st.composite
def cells(draw, most: int = cell.MOST_VERTICES) -> str:
    """A string whose vertices are all reached from the input; some may not lead to the output."""
    count = draw(st.integers(2, most))
    matrix = np.zeros((count, count), dtype=int)
    for v in range(1, count):
        matrix[draw(st.integers(0, v - 1)), v] = 1
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).map(sorted)
    for u, v in draw(st.lists(pairs, max_size=cell.MOST_EDGES - count + 1)):
        matrix[u, v] = u < v
    names = draw(st.lists(st.sampled_from(cell.OPERATIONS), min_size=count - 2, max_size=count - 2))
    return string(matrix, ["input", *names, "output"])


def string(matrix: np.ndarray, operations: list[str]) -> str:
    return "".join(map(str, matrix[np.triu_indices(len(matrix), 1)])) + ":" + ",".join(operations)
