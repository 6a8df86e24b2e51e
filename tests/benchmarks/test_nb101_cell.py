import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nb101_cells import cells, string

from benchmarks.errors import BenchmarkError
from benchmarks.nb101 import NB101, cell

EXAMPLE = "110101:input,conv3x3-bn-relu,maxpool3x3,output"


def graph(architecture: str) -> nx.DiGraph:
    """The part of the cell that computes, built from the string by other means."""
    digits, operations = architecture.split(":")
    names = operations.split(",")
    whole = nx.DiGraph()
    whole.add_nodes_from((v, {"operation": name}) for v, name in enumerate(names))
    pairs = zip(*np.triu_indices(len(names), 1), strict=True)
    whole.add_edges_from(pair for pair, digit in zip(pairs, digits, strict=True) if digit == "1")
    output = len(names) - 1
    return whole.subgraph((nx.descendants(whole, 0) | {0}) & (nx.ancestors(whole, output) | {output}))


def test_string_lists_the_matrix_above_its_diagonal_by_rows_and_the_operations():
    parsed = cell.parse(EXAMPLE)
    assert parsed.matrix == ((0, 1, 1, 0), (0, 0, 1, 0), (0, 0, 0, 1), (0, 0, 0, 0))
    assert parsed.operations == ("input", "conv3x3-bn-relu", "maxpool3x3", "output")
    assert cell.to_string(parsed) == EXAMPLE


@settings(deadline=None)
@given(cells())
def test_what_computes_nothing_is_left_out(architecture):
    parsed, expected = cell.parse(architecture), graph(architecture)
    names = nx.get_node_attributes(expected, "operation")
    assert parsed.operations == tuple(names[v] for v in sorted(names))
    assert np.array_equal(parsed.matrix, nx.to_numpy_array(expected, nodelist=sorted(names)))
    assert cell.parse(cell.to_string(parsed)) == parsed


@settings(max_examples=300, deadline=None)
@given(cells(4), cells(4))
def test_key_is_equal_for_isomorphic_cells_and_only_for_them(one, other):
    same_operation = nx.isomorphism.categorical_node_match("operation", None)
    isomorphic = nx.is_isomorphic(graph(one), graph(other), node_match=same_operation)
    assert (NB101().canonical(one) == NB101().canonical(other)) == isomorphic


@settings(deadline=None)
@given(cells(), st.randoms())
def test_key_does_not_depend_on_the_numbering_of_the_vertices(architecture, random):
    computing = graph(architecture)
    ends = min(computing), max(computing)
    # Any topological order is one in which the cell could have been written.
    keys = {v: random.random() for v in computing} | {ends[0]: -1, ends[1]: 2}
    order = list(nx.lexicographical_topological_sort(computing, key=keys.get))
    names = nx.get_node_attributes(computing, "operation")
    matrix = nx.to_numpy_array(computing, nodelist=order, dtype=int)
    assert NB101().canonical(string(matrix, [names[v] for v in order])) == NB101().canonical(architecture)


def test_key_is_the_benchmarks_own_on_the_whole_sample(shared_data):
    table = pd.read_csv(shared_data / "tables" / "nb101_sample.csv", dtype={"adjacency_upper": str})
    architectures = table["adjacency_upper"] + ":" + table["ops"]
    parsed = [cell.parse(architecture) for architecture in architectures]
    assert [cell.to_string(one) for one in parsed] == architectures.tolist()
    assert [cell.module_hash(one) for one in parsed] == table["module_hash"].tolist()
    assert len(table) == 30_001


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is not a NAS-Bench-101 cell"),
        (EXAMPLE + "\n", "is not a NAS-Bench-101 cell"),
        (EXAMPLE.replace(":", ""), "is not a NAS-Bench-101 cell"),
        (EXAMPLE.replace("1", "2", 1), "is not a NAS-Bench-101 cell"),
        (EXAMPLE.replace("input,", ""), "is not a NAS-Bench-101 cell"),
        (EXAMPLE.replace(",maxpool3x3,", ",,"), "is not a NAS-Bench-101 cell"),
        (EXAMPLE.replace("maxpool3x3", "avgpool3x3"), "unknown operation 'avgpool3x3'.*known: conv3x3-bn-relu"),
        (EXAMPLE.replace("maxpool3x3", "input"), "unknown operation 'input'"),
        ("1" + EXAMPLE, "has 4 vertices, which takes 6 digits, not 7"),
        ("110100:input,conv3x3-bn-relu,maxpool3x3,output", "no path leads from the input to the output"),
        ("0:input,output", "no path leads from the input to the output"),
        ("1111101111:input,maxpool3x3,maxpool3x3,maxpool3x3,output", None),
        ("1" * 15 + ":input,maxpool3x3,maxpool3x3,maxpool3x3,maxpool3x3,output", "6 vertices and 15 edges; .* 7 and 9"),
    ],
)
def test_text_that_is_no_cell_is_refused_with_the_reason(text, told):
    if told is None:
        assert cell.parse(text)
        return
    with pytest.raises(BenchmarkError, match=told):
        cell.parse(text)


def test_limits_hold_for_what_computes():
    """As in the benchmark's own interface: a larger matrix may be given if what is left of it is small enough."""
    names = ["maxpool3x3"] * 6
    matrix = np.zeros((8, 8), dtype=int)
    matrix[range(7), range(1, 8)] = 1
    with pytest.raises(BenchmarkError, match="8 vertices and 7 edges"):
        cell.parse(string(matrix, ["input", *names, "output"]))
    matrix[0, 2], matrix[0, 1] = 1, 0
    assert len(cell.parse(string(matrix, ["input", *names, "output"])).operations) == 7
