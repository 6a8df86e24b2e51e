"""Tables made of the real public files; the hand-checked tables of the data folder are the oracle."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.nb101 import cell as nb101_cell
from benchmarks.nb201 import cell
from benchmarks.recipes import RECIPES
from benchmarks.recipes.recipe import Recipe
from benchmarks.sources import SOURCES

NATS = {f"{task}/test": f"{task}_test_acc_ep90" for task in ("cifar10", "cifar100", "imagenet16_120")}
TRANSNAS = {
    "segmentsemantic/valid_best": "segmentsemantic_miou_val_best",
    **{
        f"{task}/valid_best": f"{task}_val_best"
        for task in ("class_object", "class_scene", "jigsaw", "room_layout", "autoencoder", "normal")
    },
}
NB201_TEST = {f"{task}/test": f"{task}_test" for task in ("cifar10", "cifar100", "imagenet16_120")}
# Column of the oracle, images of which it is an accuracy.
NB201_VALID = {
    "cifar10/valid": ("cifar10valid_valid", 25_000),
    "cifar100/valid": ("cifar100_valid", 5_000),
    "imagenet16_120/valid": ("imagenet16_120_valid", 3_000),
}


@pytest.fixture(scope="module")
def made(shared_data):
    """The tables made of the public files, by space."""
    return {space: recipe.make(shared_data / "upstream") for space, recipe in RECIPES.items()}


def oracle(shared_data, file: str, architecture: str = "arch") -> pd.DataFrame:
    return pd.read_csv(shared_data / "tables" / file, index_col=architecture)


@pytest.mark.parametrize(
    ("space", "file", "columns"),
    [
        ("nb201", "nb201.csv", NB201_TEST),
        ("nats_sss", "nats_sss.csv", NATS),
        ("tnb101_micro", "tnb101_micro.csv", TRANSNAS),
        ("tnb101_macro", "tnb101_macro.csv", TRANSNAS),
    ],
)
def test_table_equals_the_checked_one(made, shared_data, space, file, columns):
    expected = oracle(shared_data, file)
    table = made[space]
    assert set(table.index) == set(expected.index) - {"64-113444-basic"}  # which the public files lack
    for column, name in columns.items():
        unit = 1 if space.startswith("tnb101") and table[column].abs().max() < 2 else 100  # percentages as fractions
        assert np.allclose(table[column] / unit, expected[name][table.index] / unit, rtol=0, atol=1e-6), column


def test_darts_equals_the_checked_table(made, shared_data):
    expected = oracle(shared_data, "darts_1000.csv", "genotype")
    assert made["darts"]["cifar10/valid"].to_dict() == expected["cifar10_valid"].to_dict()


def test_validation_of_nb201_differs_only_where_the_other_version_has_a_seed_more(made, shared_data):
    expected = oracle(shared_data, "nb201.csv")
    table = made["nb201"]
    for column, (name, images) in NB201_VALID.items():
        difference = (table[column] - expected[name][table.index]).abs()
        assert (difference <= 100 / images + 1e-4).sum() >= 13_000, column
        assert table[column].corr(expected[name], method="spearman") > 0.99
    assert "Validation accuracies are those of NAS-Bench-201 v1.1" in RECIPES["nb201"].note


def test_known_optima_are_at_the_known_architectures(made, shared_data):
    """They stand in the benchmark's own numbering, which is the order of the rows."""
    rows = oracle(shared_data, "nb201.csv").index
    best = {
        column: set(values[values.round(4) == values.max().round(4)].index) for column, values in made["nb201"].items()
    }
    assert best["cifar10/test"] == {rows[6111], rows[13714]}
    assert best["cifar100/test"] == {rows[9930]}
    assert best["imagenet16_120/test"] == {rows[857]}
    assert best["cifar10/valid"] == {rows[6111]}
    assert best["cifar100/valid"] == {rows[9930]}
    assert best["imagenet16_120/valid"] == {rows[10676]}


def test_all_nb201_cells_are_there(made):
    assert set(made["nb201"].index) == set(cell.architectures())


def test_test_accuracy_of_nb101_cells_goes_with_their_validation_accuracy(made, shared_data):
    """The oracle is another sample of the space; its cells that both have are recognised by the official hash."""
    valid = oracle(shared_data, "nb101_sample.csv", "module_hash")["val_acc_ep108"]
    test = made["nb101"]["cifar10/test"].rename(lambda name: nb101_cell.module_hash(nb101_cell.parse(name)))
    both = test.index.intersection(valid.index)
    assert len(both) > 100
    assert test[both].corr(valid[both], method="spearman") > 0.95


def test_every_public_file_of_a_space_belongs_to_one_recipe():
    used = [file for recipe in RECIPES.values() for file in recipe.files]
    assert len(used) == len(set(used)) == 27
    assert set(SOURCES) - set(used) == {"cifar-10-python.tar.gz", "cifar-100-python.tar.gz"}


def recipe(table: pd.DataFrame, **changes) -> Recipe:
    plain = Recipe(
        files=(),
        read=lambda folder: table,
        parse=cell.parse,
        rows=3,
        optima={"cifar10/test": 90.1235},
        source="Somewhere",
        licence="MIT",
        citation="Somebody",
        note="",
    )
    return replace(plain, **changes)


SMALL = pd.DataFrame({"cifar10/test": [90.12346, 10.0, 50.0]}, index=cell.architectures()[:3])


def test_right_table_is_made(tmp_path):
    assert recipe(SMALL).make(tmp_path) is SMALL


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (SMALL[:2], "it would have 2 architectures instead of 3"),
        (SMALL.set_axis(SMALL.index[[0, 1, 1]]), "occurs more than once"),
        (SMALL.set_axis([*SMALL.index[:2], "|none~0|"]), "'|none~0|' is not a NAS-Bench-201 cell"),
        (SMALL / 100, "its best results would be {'cifar10/test': 0.9012} instead of {'cifar10/test': 90.1235}"),
        (SMALL.rename(columns={"cifar10/test": "cifar10/valid"}), "instead of {'cifar10/test': 90.1235}"),
    ],
    ids=["rows", "twice", "string", "unit", "column"],
)
def test_table_that_is_not_right_is_refused_with_the_reason(tmp_path, table, reason):
    with pytest.raises(BenchmarkError) as caught:
        recipe(table).make(tmp_path)
    assert str(caught.value).startswith(f"the files in {tmp_path} do not make the table of Somewhere: ")
    assert reason in str(caught.value)


def test_table_that_contradicts_the_benchmarks_own_files_is_refused(tmp_path):
    official = pd.DataFrame({"cifar10/test": [10.0, 50.0001]}, index=SMALL.index[1:])
    with pytest.raises(BenchmarkError, match="are not those of the benchmark's own files") as caught:
        recipe(SMALL, official=lambda folder: official).make(tmp_path)
    assert SMALL.index[2] in str(caught.value)
    assert recipe(SMALL, official=lambda folder: official.round(3)).make(tmp_path) is SMALL
