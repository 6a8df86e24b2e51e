"""What holds for the trained results of every space."""

import pandas as pd
import pytest

from benchmarks import parquet
from benchmarks.darts import DARTS
from benchmarks.nats_sss import NatsSizes
from benchmarks.nb101 import NB101
from benchmarks.nb201 import NB201
from benchmarks.recipes import RECIPES
from benchmarks.tnb101 import TNB101Macro, TNB101Micro

SPACES = {space.name: space for space in (NB101(), NB201(), DARTS(), NatsSizes(), TNB101Micro(), TNB101Macro())}


@pytest.mark.parametrize("name", SPACES)
def test_parquet_table_comes_before_any_other(tmp_path, shared_data, name):
    (tmp_path / "tables").mkdir()
    for file in (shared_data / "tables").iterdir():
        (tmp_path / "tables" / file.name).symlink_to(file)
    from_csv = SPACES[name].truth(tmp_path)
    table = pd.DataFrame({"cifar10/test": [1.0]}, index=["architecture"])
    origin = parquet.Origin("Parquet", "MIT", citation="", note="", inputs={}, date="2024-01-01")
    parquet.write(tmp_path, name, table, origin)
    assert SPACES[name].truth(tmp_path).source == f"Parquet ({name}.parquet of 2024-01-01)"
    assert ".csv" in from_csv.source


@pytest.mark.parametrize("name", SPACES)
def test_fetched_results_are_those_of_the_csv(shared_data, name):
    """Same architectures and names of targets: what holds for one holds for the other."""
    made = RECIPES[name].make(shared_data / "upstream")
    from_csv = SPACES[name].truth(shared_data).table
    shared = made.columns.intersection(from_csv.columns)
    if name == "nb101":  # the one file has test accuracies of some cells, the other validation accuracies of others
        assert shared.empty
        return
    assert list(shared) == list(made.columns)
    assert made.index.isin(from_csv.index).all()


def test_every_space_has_a_recipe():
    assert set(RECIPES) == set(SPACES)
