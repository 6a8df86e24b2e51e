import pandas as pd
import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.nb201 import NB201, cell

EXAMPLE = "|nor_conv_3x3~0|+|nor_conv_3x3~0|avg_pool_3x3~1|+|skip_connect~0|nor_conv_3x3~1|skip_connect~2|"


def test_string_and_genotype_are_the_same_cell():
    genotype = (("nor_conv_3x3",), ("nor_conv_3x3", "avg_pool_3x3"), ("skip_connect", "nor_conv_3x3", "skip_connect"))
    assert cell.parse(EXAMPLE) == genotype
    assert cell.to_string(genotype) == EXAMPLE


def test_space_has_15625_cells_and_parsing_inverts_writing():
    architectures = cell.architectures()
    assert len(set(architectures)) == 15_625
    assert all(cell.to_string(cell.parse(architecture)) == architecture for architecture in architectures)


@pytest.mark.parametrize(
    "text",
    [
        "",
        EXAMPLE + "\n",
        EXAMPLE + "+" + EXAMPLE,
        EXAMPLE.replace("|+|", "|"),
        EXAMPLE.replace("avg_pool_3x3~1", "avg_pool_3x3~0"),
        EXAMPLE.replace("|skip_connect~2|", "|"),
    ],
)
def test_text_that_is_no_cell_is_refused(text):
    with pytest.raises(BenchmarkError, match="is not a NAS-Bench-201 cell"):
        cell.parse(text)


def test_unknown_operation_is_named():
    with pytest.raises(BenchmarkError, match=r"unknown operation 'max_pool_3x3'.*known: none, skip_connect"):
        cell.parse(EXAMPLE.replace("avg_pool_3x3", "max_pool_3x3"))


def test_isomorphism_key_has_6466_values():
    assert len({NB201().canonical(architecture) for architecture in cell.architectures()}) == 6_466


def test_isomorphism_key_is_the_benchmarks_own(shared_data):
    table = pd.read_csv(shared_data / "tables" / "nb201.csv")
    assert [NB201().canonical(architecture) for architecture in table["arch"]] == table["unique_str"].tolist()


def test_architectures_with_one_representative_have_equal_parameters(shared_data):
    table = pd.read_csv(shared_data / "tables" / "nb201.csv").set_index("arch")
    groups = table.groupby(table.index.map(NB201().representative))
    assert len(groups) == 8_638
    assert (groups["params"].nunique() == 1).all()
    assert table.groupby("unique_str")["params"].nunique().gt(1).sum() == 578  # the benchmark's classes do not


def test_isomorphic_cells_that_build_other_networks_have_other_representatives():
    reused = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|skip_connect~1|none~2|"
    unused = "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|skip_connect~1|none~2|"
    assert NB201().canonical(reused) == NB201().canonical(unused)
    assert NB201().representative(reused) != NB201().representative(unused)
