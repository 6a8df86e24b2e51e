import pandas as pd
import pytest
from darts_cells import EXAMPLE, GENOTYPES
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.darts import DARTS, genotype
from benchmarks.darts.genotype import Genotype
from benchmarks.errors import BenchmarkError


def same_graph(one: genotype.Cell, other: genotype.Cell, match: dict[int, int], node: int = 2) -> bool:
    """Search for a matching of the nodes, one after the other, under which the edges agree."""
    if node == 6:
        return all(
            sorted((name, match[source]) for name, source in one[first - 2] if name != "none")
            == sorted(edge for edge in other[second - 2] if edge[0] != "none")
            for first, second in match.items()
            if first >= 2
        )
    return any(
        same_graph(one, other, {**match, node: partner}, node + 1) for partner in {2, 3, 4, 5} - {*match.values()}
    )


def test_string_lists_two_edges_for_each_node():
    parsed = genotype.parse(EXAMPLE)
    assert parsed.normal == parsed.reduction
    assert parsed.normal == (
        (("none", 0), ("dil_conv_5x5", 0)),
        (("sep_conv_5x5", 0), ("sep_conv_3x3", 1)),
        (("sep_conv_3x3", 1), ("dil_conv_5x5", 2)),
        (("sep_conv_5x5", 3), ("skip_connect", 4)),
    )


@settings(deadline=None)
@given(GENOTYPES)
def test_parsing_inverts_writing(cells):
    assert genotype.parse(genotype.to_string(cells)) == cells


def test_strings_of_the_real_table_are_written_as_they_were_read(shared_data):
    strings = pd.read_csv(shared_data / "tables" / "darts_1000.csv")["genotype"]
    assert [genotype.to_string(genotype.parse(text)) for text in strings] == strings.tolist()


@settings(deadline=None)
@given(GENOTYPES, st.randoms())
def test_key_forgets_the_order_of_edges_and_of_nodes(cells, random):
    def reordered(cell: genotype.Cell) -> genotype.Cell:
        # Move a node before the one it follows as long as it does not read it.
        nodes = [list(node) for node in cell]
        for place in (2, 1, 0, 1, 2):
            if random.random() < 0.5 and all(source != place + 2 for _, source in nodes[place + 1]):
                swap = {place + 2: place + 3, place + 3: place + 2}
                nodes[place], nodes[place + 1] = nodes[place + 1], nodes[place]
                nodes = [[(name, swap.get(source, source)) for name, source in node] for node in nodes]
        return tuple(tuple(random.sample(node, 2)) for node in nodes)

    other = genotype.to_string(Genotype(*map(reordered, cells)))
    assert DARTS().canonical(other) == DARTS().canonical(genotype.to_string(cells))


FEW = st.tuples(st.sampled_from(("none", "skip_connect")), st.integers(0, 1))
FEW_CELLS = st.tuples(
    *[st.tuples(FEW, FEW | st.tuples(st.just("skip_connect"), st.just(node - 1))) for node in range(2, 6)]
)


@settings(deadline=None)
@given(FEW_CELLS, FEW_CELLS)
def test_key_is_equal_for_the_same_graphs_only(one, other):
    keys = [genotype.canonical(Genotype(cell, cell)) for cell in (one, other)]
    assert (keys[0] == keys[1]) == same_graph(one, other, {0: 0, 1: 1})


def test_the_same_cell_in_the_other_role_is_another_genotype():
    one, other = genotype.parse(EXAMPLE).normal, ((("none", 0),) * 2,) * 4
    assert genotype.canonical(Genotype(one, other)) != genotype.canonical(Genotype(other, one))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("reduce_concat=[2, 3, 4, 5])", "", "is not a DARTS genotype, which reads Genotype"),
        ("reduce_concat=[2, 3, 4, 5])", "reduce_concat=[2, 3, 4, 5])\n", "is not a DARTS genotype"),
        ("Genotype(", "__import__('os').system(", "is not a DARTS genotype"),
        ("[2, 3, 4, 5]", "[2, 3, 4]", "is not a DARTS genotype"),
        ("('none', 0), ", "", "is not a DARTS genotype"),
        ("'none'", "__import__('os')", "is not a DARTS genotype"),
        ("('none', 0)", "('none', -1)", "is not a DARTS genotype"),
        ("'none'", "'nor_conv_3x3'", "unknown operation 'nor_conv_3x3' in the normal cell.*known: none, max_pool"),
        ("('none', 0)", "('none', 2)", "in the normal cell .* from 2 to node 2; edges lead from lower"),
        (
            "('skip_connect', 4)], reduce_c",
            "('skip_connect', 5)], reduce_c",
            "in the reduction cell .* from 5 to node 5",
        ),
    ],
)
def test_text_that_is_no_genotype_is_refused_with_the_reason(old, new, told):
    text = EXAMPLE.replace(old, new, 1)
    assert text != EXAMPLE
    with pytest.raises(BenchmarkError, match=told) as caught:
        DARTS().build(text, "cifar10")
    assert "\n" not in str(caught.value)
