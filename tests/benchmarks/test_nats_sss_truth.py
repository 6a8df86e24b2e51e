import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.nats_sss import NatsSizes, channels, truth


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """A table in the layout of the full one, with made-up accuracies."""
    accuracies = np.random.default_rng(0).uniform(10, 95, (32_768, len(truth.TARGETS))).round(4)
    table = pd.DataFrame(accuracies, columns=list(truth.TARGETS))
    table.insert(0, "arch", channels.architectures())
    return table.to_csv(index=False).splitlines(keepends=True)


@pytest.fixture
def data(tmp_path):
    (tmp_path / "tables").mkdir()
    return tmp_path


def test_table_in_the_data_folder_is_the_truth(data, lines):
    (data / truth.TABLE).write_text("".join(lines))
    found = NatsSizes().truth(data)
    first = lines[1].rstrip().split(",")
    assert found.table.shape == (32_768, 3)
    assert found.table.loc[first[0]].tolist() == [float(field) for field in first[1:]]
    assert found.targets("cifar100") == ["test"]


def test_known_optima_are_those_of_the_real_table(shared_data):
    optima = NatsSizes().truth(shared_data).table.max().round(4)
    assert optima.to_dict() == {"cifar10/test": 93.65, "cifar100/test": 71.34, "imagenet16_120/test": 47.4}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({0: "8:8:8:8:9"}, "arch '8:8:8:8:9' is not a NATS-Bench size"),
        ({0: "8:8:8:8:8"}, "arch '8:8:8:8:8' occurs more than once"),
        ({1: "many"}, "cifar10_test_acc_ep90 'many' is not a number"),
        ({3: "100.5"}, "imagenet16_120_test_acc_ep90 '100.5' is not within 0..100"),
    ],
)
def test_corrupt_row_is_named_with_file_line_and_reason(data, lines, change, told):
    fields = lines[-1].rstrip().split(",")
    changed = ",".join(change.get(column, field) for column, field in enumerate(fields))
    (data / truth.TABLE).write_text("".join([*lines[:-1], changed + "\n"]))
    with pytest.raises(BenchmarkError) as caught:
        NatsSizes().truth(data)
    assert str(caught.value).startswith(f"{data / truth.TABLE}, line ")
    assert told in str(caught.value)


def test_missing_or_cut_table_is_refused(data, lines):
    with pytest.raises(BenchmarkError, match=r"no trained results: .*nats_sss.csv does not exist"):
        NatsSizes().truth(data)
    (data / truth.TABLE).write_text("".join(lines[:100]))
    with pytest.raises(BenchmarkError, match="does not have 32,768 rows: its 99 rows end at line 100"):
        NatsSizes().truth(data)
