import hashlib
import sys

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from benchmarks.errors import BenchmarkError
from benchmarks.nb201 import NB201, cell, truth


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """A table in the layout of the full one, with made-up accuracies."""
    accuracies = np.random.default_rng(0).uniform(10, 95, (15_625, len(truth.TARGETS))).round(4)
    table = pd.DataFrame(accuracies, columns=list(truth.TARGETS))
    table.insert(0, "arch", cell.architectures())
    return table.to_csv(index=False).splitlines(keepends=True)


@pytest.fixture
def data(tmp_path):
    (tmp_path / "tables").mkdir()
    return tmp_path


def write(data, text: str | bytes) -> None:
    content = text.encode() if isinstance(text, str) else text
    (data / "tables" / "nb201.csv").write_bytes(content)


def replace_field(line: str, column: int, value: str) -> str:
    fields = line.rstrip("\n").split(",")
    fields[column] = value
    return ",".join(fields) + "\n"


def test_table_in_the_data_folder_is_the_truth(data, lines):
    write(data, "".join(lines))
    found = NB201().truth(data)
    first = lines[1].rstrip().split(",")
    assert found.table.shape == (15_625, 6)
    assert found.table.loc[first[0], "cifar10/test"] == float(first[1])
    assert found.targets("cifar10") == ["test", "valid"]
    assert found.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert "nb201.csv" in found.source


def test_accuracies_after_12_epochs_join_where_their_table_lies_beside(data, lines):
    write(data, "".join(lines))
    (data / "tables" / "nb201_12epochs.csv").write_text("".join(lines[:1] + lines[:0:-1]))  # in another order
    found = NB201().truth(data)
    assert found.targets("cifar10") == ["test", "valid", "test_12", "valid_12"]
    assert (found.values("cifar10", "test_12") == found.values("cifar10", "test")).all()
    assert "12 epochs" in found.note


def test_damaged_table_of_12_epochs_is_named(data, lines):
    write(data, "".join(lines))
    (data / "tables" / "nb201_12epochs.csv").write_text("".join(lines[:8000]))
    with pytest.raises(BenchmarkError, match=r"nb201_12epochs.csv does not have 15,625 rows"):
        NB201().truth(data)


def test_12_epochs_rank_otherwise_than_200(shared_data):
    """Whoever takes one for the other is wrong by this much: Spearman .87 on CIFAR-10's test images."""
    found = NB201().truth(shared_data)
    both = spearmanr(found.table["cifar10/test"], found.table["cifar10/test_12"]).statistic
    assert both == pytest.approx(0.87, abs=0.01)


def test_known_optima_are_those_of_the_full_table(shared_data):
    optima = NB201().truth(shared_data).table.max().round(4)
    assert optima.filter(regex="(test|valid)$").to_dict() == {
        "cifar10/test": 94.3733,
        "cifar10/valid": 91.6067,
        "cifar100/test": 73.5133,
        "cifar100/valid": 73.4933,
        "imagenet16_120/test": 47.3111,
        "imagenet16_120/valid": 46.7333,
    }


def test_without_a_table_the_packaged_accuracies_are_the_truth_and_say_so(data):
    found = NB201().truth(data)
    assert list(found.table.columns) == ["cifar10/test"]
    assert set(found.table.index) == set(cell.architectures())
    assert "analog-nasbench" in found.source
    assert "trained again" in found.note


def test_package_is_read_without_being_imported(data):
    NB201().truth(data)
    assert "analognasbench" not in sys.modules


def test_packaged_accuracies_rank_like_the_full_table(data, shared_data):
    """With another order of edges or operations the correlation is .75 or less."""
    packaged = NB201().truth(data).values("cifar10", "test")
    full = NB201().truth(shared_data).values("cifar10", "test")
    assert spearmanr(packaged, full[packaged.index]).statistic > 0.99


def test_missing_target_is_answered_with_those_that_there_are(data, lines):
    with pytest.raises(BenchmarkError, match="no target 'valid' for task 'cifar10'; it has: test"):
        NB201().truth(data).values("cifar10", "valid")
    write(data, "".join(",".join(line.rstrip("\n").split(",")[:2]) + "\n" for line in lines))
    with pytest.raises(BenchmarkError, match=r"nb201.csv.*no target 'valid' for task 'cifar10'; it has: test"):
        NB201().truth(data).values("cifar10", "valid")


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (1, "9x.5", "cifar10_test '9x.5' is not a number"),
        (1, "", "cifar10_test is empty"),
        (1, "101", "cifar10_test '101.0' is not within 0..100"),
        (2, "nan", "cifar10valid_valid is empty"),
        (2, "-inf", "cifar10valid_valid '-inf' is not within 0..100"),
        (0, "|none~0|", "arch '|none~0|' is not a NAS-Bench-201 cell"),
        (0, "", "arch is empty"),
        (3, "50,50", "Expected 7 columns, got 8"),
    ],
)
@pytest.mark.parametrize("index", [1, 5000, 15_625], ids=["first", "middle", "last"])
def test_corrupt_row_is_named_with_file_line_and_reason(data, lines, column, value, reason, index):
    write(data, "".join([*lines[:index], replace_field(lines[index], column, value), *lines[index + 1 :]]))
    with pytest.raises(BenchmarkError) as caught:
        NB201().truth(data)
    message = str(caught.value)
    assert message.startswith(f"{data / 'tables' / 'nb201.csv'}, line {index + 1}: {reason}")
    assert "\n" not in message


def test_lines_are_counted_as_an_editor_does_with_blank_ones(data, lines):
    write(data, "".join([*lines[:10], "\n", *lines[10:99], replace_field(lines[99], 1, "x"), *lines[100:]]))
    with pytest.raises(BenchmarkError, match="line 101: cifar10_test 'x'"):
        NB201().truth(data)


def test_architecture_that_occurs_twice_is_named(data, lines):
    write(data, "".join([*lines[:9], lines[8], *lines[10:]]))
    with pytest.raises(BenchmarkError, match=r"line 9: arch '.*' occurs more than once"):
        NB201().truth(data)


def test_table_cut_within_a_line_is_refused_with_that_line(data, lines):
    write(data, "".join(lines[:8000]) + lines[8000][:-20])
    with pytest.raises(BenchmarkError, match=r"nb201.csv, line 8001: Expected 7 columns.*get it again"):
        NB201().truth(data)


def test_table_cut_between_lines_is_refused_with_its_last_line(data, lines):
    write(data, "".join(lines[:8000]))
    with pytest.raises(BenchmarkError, match="does not have 15,625 rows: its 7,999 rows end at line 8000"):
        NB201().truth(data)


@pytest.mark.parametrize("content", [b"", b"arch,cifar10_test\n", b"\x00\x01\x02"], ids=["empty", "header", "binary"])
def test_file_without_rows_is_refused(data, content):
    write(data, content)
    with pytest.raises(BenchmarkError, match=r"nb201.csv.*corrupt or incomplete"):
        NB201().truth(data)


def test_bytes_that_are_no_text_are_refused_with_their_line(data, lines):
    write(data, "".join(lines[:40]).encode() + b"\xff" + "".join(lines[40:]).encode())
    with pytest.raises(BenchmarkError, match="line 41: this is not text"):
        NB201().truth(data)


def test_table_without_architectures_or_accuracies_is_refused_with_its_columns(data, lines):
    write(data, "".join([lines[0].replace("arch", "genotype"), *lines[1:]]))
    with pytest.raises(BenchmarkError, match="no column 'arch'; it has: genotype, cifar10_test"):
        NB201().truth(data)
    write(data, "arch,accuracy\n" + "".join(f"{architecture},50\n" for architecture in cell.architectures()))
    with pytest.raises(BenchmarkError, match=r"none of the columns cifar10_test, .*; it has: arch, accuracy"):
        NB201().truth(data)


def test_table_that_cannot_be_read_is_refused(data):
    (data / "tables" / "nb201.csv").mkdir()
    with pytest.raises(BenchmarkError, match=r"cannot read .*nb201.csv"):
        NB201().truth(data)


def test_package_with_other_data_is_refused(data, tmp_path, monkeypatch):
    class Tampered:
        version = "0.1.3"

        def locate_file(self, name):
            return tmp_path / "data.anb"

    (tmp_path / "data.anb").write_bytes(b"other")
    monkeypatch.setattr(truth, "distribution", lambda name: Tampered())
    with pytest.raises(BenchmarkError, match=r"data.anb is corrupt or of another version"):
        NB201().truth(data)
