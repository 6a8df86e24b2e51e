import itertools

import pandas as pd
import pytest
from darts_cells import EXAMPLE

from benchmarks.darts import DARTS, genotype, truth
from benchmarks.darts.genotype import Genotype
from benchmarks.errors import BenchmarkError


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """A table in the layout of the real one, with made-up accuracies."""
    cells = [
        (*genotype.parse(EXAMPLE).normal[:2], (first, second), (third, ("none", 0)))
        for first, second, third in itertools.product(itertools.product(genotype.OPERATIONS, (0, 1)), repeat=3)
    ]
    strings = [genotype.to_string(Genotype(cell, cell)) for cell in cells[: truth.ROWS]]
    table = pd.DataFrame({"genotype": strings, "cifar10_valid": [index / 10 for index in range(truth.ROWS)]})
    return table.to_csv(index=False).splitlines(keepends=True)


@pytest.fixture
def data(tmp_path):
    (tmp_path / "tables").mkdir()
    return tmp_path


def test_table_in_the_data_folder_is_the_truth(data, lines):
    (data / truth.TABLE).write_text("".join(lines))
    found = DARTS().truth(data).values("cifar10", "valid")
    assert found.tolist() == [index / 10 for index in range(1000)]
    assert found.index[0] == lines[1].split('"')[1]


def test_real_table_is_on_the_scale_of_the_authors_networks(shared_data):
    accuracies = DARTS().truth(shared_data).values("cifar10", "valid")
    assert len(accuracies) == 1000
    assert accuracies.max().round(1) == 86.6
    assert accuracies.median().round(1) == 80.3


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("'none'", "'zero'", "unknown operation 'zero' in the normal cell"),
        ("Genotype", "genotype", "is not a DARTS genotype"),
        (",99.9", ",", "cifar10_valid is empty"),
        (",99.9", ",199.9", "cifar10_valid '199.9' is not within 0..100"),
    ],
)
def test_corrupt_row_is_named_with_file_line_and_reason(data, lines, old, new, told):
    assert old in lines[1000]
    (data / truth.TABLE).write_text("".join([*lines[:1000], lines[1000].replace(old, new, 1)]))
    with pytest.raises(BenchmarkError) as caught:
        DARTS().truth(data)
    assert str(caught.value).startswith(f"{data / truth.TABLE}, line 1001: ")
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_genotype_that_occurs_twice_is_named(data, lines):
    (data / truth.TABLE).write_text("".join([*lines[:1000], lines[7]]))
    with pytest.raises(BenchmarkError, match=r"line 1001: 'Genotype.*' occurs more than once"):
        DARTS().truth(data)


def test_missing_or_cut_table_is_refused(data, lines):
    with pytest.raises(BenchmarkError, match=r"no trained results: .*darts_1000.csv does not exist"):
        DARTS().truth(data)
    (data / truth.TABLE).write_text("".join(lines[:100]))
    with pytest.raises(BenchmarkError, match="does not have 1,000 rows: its 99 rows end at line 100"):
        DARTS().truth(data)
