import itertools
from collections import defaultdict

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.errors import BenchmarkError
from benchmarks.tnb101 import TNB101Macro, TNB101Micro, strings
from benchmarks.tnb101.isomorphism import canonical

CELLS = [strings.parse_cell(text) for text in strings.micro_architectures()]


def key(edges: str) -> str:
    return canonical(strings.parse_cell(f"64-41414-{edges}"))


def computation(cell: strings.Cell) -> nx.DiGraph:
    """What a cell computes at stride 2, drawn edge by edge; numbers on arrows count paths of identities."""
    arcs = {(i, j): digit for j, digits in enumerate(cell, start=1) for i, digit in enumerate(digits)}
    identities = np.zeros((4, 4), dtype=int)
    for (i, j), digit in arcs.items():
        identities[i, j] = digit == strings.IDENTITY and i > 0
    paths = sum(np.linalg.matrix_power(identities, length) for length in range(4))
    operations = {arc for arc, digit in arcs.items() if digit != strings.ZERO and not identities[arc]}
    graph = nx.DiGraph()
    graph.add_node("in", kind="in")
    graph.add_node("out", kind="out")
    graph.add_nodes_from((arc, {"kind": arcs[arc]}) for arc in operations)
    leaves = {"in": 0} | {arc: arc[1] for arc in operations}
    enters = {"out": 3} | {arc: arc[0] for arc in operations}
    for (source, head), (sink, tail) in itertools.product(leaves.items(), enters.items()):
        if times := paths[head, tail]:
            graph.add_edge(source, sink, times=times)
    alive = (nx.descendants(graph, "in") & nx.ancestors(graph, "out")) | {"in", "out"}
    return graph.subgraph(alive)


def isomorphic(one: nx.DiGraph, other: nx.DiGraph) -> bool:
    return nx.is_isomorphic(
        one, other, node_match=lambda a, b: a["kind"] == b["kind"], edge_match=lambda a, b: a["times"] == b["times"]
    )


@pytest.mark.parametrize(
    ("table", "architectures", "parse"),
    [
        ("tnb101_micro", strings.micro_architectures, TNB101Micro().parse),
        ("tnb101_macro", strings.macro_architectures, TNB101Macro().parse),
    ],
)
def test_the_space_is_what_the_benchmark_trained(shared_data, table, architectures, parse):
    trained = pd.read_csv(shared_data / "tables" / f"{table}.csv")["arch"]
    assert sorted(architectures()) == sorted(trained)
    assert [parse(text) for text in trained]


def test_strings_are_read_as_they_are_written():
    assert TNB101Micro().parse("64-41414-1_02_333") == strings.Architecture("41414", ((1,), (0, 2), (3, 3, 3)))
    assert TNB101Macro().parse("64-1234-basic") == strings.Architecture("1234", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "64-41414-1_02_334",
        "64-41414-1_02_33",
        "64-41414-1_02_3333",
        "64-41414-1-02-333",
        "32-41414-1_02_333",
        "64-1234-1_02_333",
        "64-41414-basic",
        "64-41414-1_02_333\n",
        " 64-41414-1_02_333",
        "64-41414-١_02_333",
    ],
)
def test_string_that_is_no_cell_is_refused_with_the_form(text):
    with pytest.raises(BenchmarkError, match=r"is not in TransNAS-Bench-101's micro space: 64-41414-x_xx_xxx"):
        TNB101Micro().parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "64-444-basic",
        "64-1234567-basic",
        "64-1111-basic",
        "64-2222-basic",
        "64-33333-basic",
        "64-1254-basic",
        "64-1234",
        "64-1234-Basic",
        "64-41414-1_02_333",
        "64-1234-basic\n",
    ],
)
def test_string_that_is_no_stack_is_refused_with_the_form(text):
    with pytest.raises(BenchmarkError, match="is not in TransNAS-Bench-101's macro space: 64-mmmm-basic"):
        TNB101Macro().parse(text)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("0_00_000", "3_33_000", "nothing reaches the output"),
        ("0_00_000", "0_30_030", "a convolution of zeros is zeros"),
        ("2_30_011", "3_20_011", "nodes 1 and 2 change places"),
        ("3_01_001", "3_00_010", "an identity makes no difference"),
    ],
    ids=lambda value: value.replace(" ", "-"),
)
def test_cells_that_compute_the_same_have_one_key(one, other, reason):
    assert key(one) == key(other)


@pytest.mark.parametrize(
    ("one", "other", "reason"),
    [
        ("2_00_010", "3_00_010", "another convolution"),
        ("3_00_010", "3_01_011", "the same value twice"),
        ("3_03_011", "3_00_330", "a convolution used twice is not two convolutions"),
        ("1_01_011", "1_10_011", "at stride 2 an identity from node 0 has weights"),
    ],
    ids=lambda value: value.replace(" ", "-"),
)
def test_cells_that_compute_something_else_have_different_keys(one, other, reason):
    assert key(one) != key(other)


@given(st.sampled_from(CELLS), st.sampled_from(CELLS))
def test_keys_are_equal_exactly_for_isomorphic_computations(one, other):
    assert (canonical(one) == canonical(other)) == isomorphic(computation(one), computation(other))


@pytest.mark.slow
def test_every_class_holds_isomorphic_computations_and_no_two_classes_the_same():
    classes = defaultdict(list)
    for cell in CELLS:
        classes[canonical(cell)].append(computation(cell))
    assert len(classes) == 1376
    assert all(isomorphic(members[0], member) for members in classes.values() for member in members)
    alike = defaultdict(list)  # only these can be isomorphic
    for first, *_ in classes.values():
        alike[first.size(), *sorted(str(kind) for _, kind in first.nodes(data="kind"))].append(first)
    assert not any(isomorphic(*pair) for group in alike.values() for pair in itertools.combinations(group, 2))


def test_architectures_with_one_result_in_the_table_are_isomorphic(shared_data):
    """The benchmark copied results to architectures that it took for the same: a key that is too fine shows here."""
    table = pd.read_csv(shared_data / "tables" / "tnb101_micro.csv", index_col="arch")
    keys = pd.Series([TNB101Micro().canonical(text) for text in table.index], index=table.index)
    results = table.fillna(-1).apply(tuple, axis=1)
    assert results.nunique() == 3184
    assert keys.groupby(results).nunique().max() == 1
