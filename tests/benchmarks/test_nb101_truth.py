import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.nb101 import NB101, cell, truth

HEADER = "module_hash,n_vertices,adjacency_upper,ops,val_acc_ep4,val_acc_ep12,val_acc_ep36,val_acc_ep108,params\n"


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """A table in the layout of the real one, with made-up keys and accuracies."""
    # A chain of seven vertices with up to three of the fifteen other edges.
    chain = {0, 6, 11, 15, 18, 20}
    others = sorted(set(range(21)) - chain)
    extended = (chain.union(more) for more in itertools.combinations(others, 3))
    graphs = ["".join(str(int(place in edges)) for place in range(21)) for edges in extended]
    names = [f'"input,{",".join(inner)},output"' for inner in itertools.product(cell.OPERATIONS, repeat=5)]
    pairs = itertools.islice(itertools.product(graphs, names), truth.ROWS)
    accuracies = np.random.default_rng(0).uniform(0.1, 0.95, (truth.ROWS, 4)).round(6)
    rows = [
        f"{index:032x},7,{graph},{ops},{','.join(map(str, numbers))},1\n"
        for index, ((graph, ops), numbers) in enumerate(zip(pairs, accuracies, strict=True))
    ]
    return [HEADER, *rows]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "tables").mkdir()
    return tmp_path


def write(data: Path, lines: list[str]) -> None:
    (data / truth.TABLE).write_text("".join(lines))


def test_table_in_the_data_folder_is_the_truth_in_percent(data, lines):
    write(data, lines)
    found = NB101().truth(data)
    first = lines[1].rstrip().split(",")
    architecture = f"{first[2]}:{','.join(first[3:10])}".replace('"', "")
    assert found.targets("cifar10") == ["valid", "valid_36", "valid_12", "valid_4"]
    assert found.values("cifar10", "valid")[architecture] == pytest.approx(100 * float(first[13]))
    assert found.values("cifar10", "valid_4")[architecture] == pytest.approx(100 * float(first[10]))


def test_real_table_is_read_whole_and_in_percent(shared_data):
    found = NB101().truth(shared_data)
    table = pd.read_csv(shared_data / "tables" / "nb101_sample.csv", dtype=str)
    assert len(found.table) == found.table.index.nunique() == 30_001
    assert found.table.index.tolist() == (table["adjacency_upper"] + ":" + table["ops"]).tolist()
    for target, epochs in (("valid", 108), ("valid_36", 36), ("valid_12", 12), ("valid_4", 4)):
        expected = 100 * table[f"val_acc_ep{epochs}"].astype(float)
        np.testing.assert_allclose(found.values("cifar10", target), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("column", "value", "told"),  # the quoted operations are columns 3 to 9
    [
        (2, "1", "has 7 vertices, which takes 21 digits, not 1"),
        (2, "0" * 21, "no path leads from the input to the output"),
        (4, "conv5x5-bn-relu", "unknown operation 'conv5x5-bn-relu'"),
        (10, "1.5", "val_acc_ep4 '1.5' is not within 0..1"),
        (13, "many", "val_acc_ep108 'many' is not a number"),
        (13, "0.5,0.5", "Expected 9 columns, got 10"),
    ],
)
@pytest.mark.parametrize("index", [1, truth.ROWS], ids=["first", "last"])
def test_corrupt_row_is_named_with_file_line_and_reason(data, lines, index, column, value, told):
    fields = lines[index].split(",")
    fields[column] = value
    write(data, [*lines[:index], ",".join(fields), *lines[index + 1 :]])
    with pytest.raises(BenchmarkError) as caught:
        NB101().truth(data)
    message = str(caught.value)
    assert message.startswith(f"{data / truth.TABLE}, line {index + 1}: ")
    assert told in message
    assert "\n" not in message


def test_cell_or_key_that_occurs_twice_is_named(data, lines):
    fields = lines[5].split(",")
    same_cell, same_key = ",".join(["f" * 32, *fields[1:]]), ",".join([fields[0], *lines[9].split(",")[1:]])
    for second in (same_cell, same_key):
        write(data, [*lines[:9], second, *lines[10:]])
        with pytest.raises(BenchmarkError, match=r"line (6|10): .* occurs more than once"):
            NB101().truth(data)


def test_missing_cut_or_other_table_is_refused(data, lines):
    with pytest.raises(BenchmarkError, match=r"no trained results: .*nb101_sample.csv does not exist"):
        NB101().truth(data)
    write(data, lines[:8000])
    with pytest.raises(BenchmarkError, match="does not have 30,001 rows: its 7,999 rows end at line 8000"):
        NB101().truth(data)
    write(data, [HEADER.replace("ops", "operations"), *lines[1:]])
    with pytest.raises(BenchmarkError, match="no column 'ops'; it has: module_hash"):
        NB101().truth(data)
