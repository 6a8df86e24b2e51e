"""DARTS genotypes to test with: one as the authors of SWAP write it, and random ones."""

from hypothesis import strategies as st

from benchmarks.darts import genotype
from benchmarks.darts.genotype import Genotype

# The first row of the table of the SWAP authors.
EXAMPLE = (
    "Genotype(normal=[('none', 0), ('dil_conv_5x5', 0), ('sep_conv_5x5', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('dil_conv_5x5', 2), ('sep_conv_5x5', 3), ('skip_connect', 4)], "
    "normal_concat=[2, 3, 4, 5], "
    "reduce=[('none', 0), ('dil_conv_5x5', 0), ('sep_conv_5x5', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('dil_conv_5x5', 2), ('sep_conv_5x5', 3), ('skip_connect', 4)], "
    "reduce_concat=[2, 3, 4, 5])"
)


def edges(node: int) -> st.SearchStrategy:
    edge = st.tuples(st.sampled_from(genotype.OPERATIONS), st.integers(0, node - 1))
    return st.tuples(edge, edge)


CELLS = st.tuples(*(edges(node) for node in range(2, 6)))
GENOTYPES = st.builds(Genotype, CELLS, CELLS)
