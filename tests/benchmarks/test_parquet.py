from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from benchmarks import parquet
from benchmarks.errors import BenchmarkError
from benchmarks.space import Truth

ORIGIN = parquet.Origin(
    source="Somewhere",
    licence="MIT",
    citation="Somebody, 2020",
    note="In percent.",
    inputs={"file.csv": "sha256:0123"},
    date="2024-02-29",
)
TABLE = pd.DataFrame(
    {"cifar10/test": [90.1, 1 / 3, np.nan], "cifar10/test:std": [0.1, np.nan, np.nan], "cifar10/valid": [1.0, 2, 3]},
    index=["a", "b|~+", "ä"],
)


def test_table_comes_back_bit_for_bit_with_where_it_is_from(tmp_path):
    path = parquet.write(tmp_path, "nb201", TABLE, ORIGIN)
    found = parquet.find(tmp_path, "nb201")
    assert path == tmp_path / "tables" / "nb201.parquet"
    pd.testing.assert_frame_equal(found.table, TABLE, check_exact=True, check_names=False, check_index_type=False)
    assert found.licence == "MIT"
    assert found.note == "In percent."
    assert found.source == "Somewhere (nb201.parquet of 2024-02-29)"


def test_file_records_what_it_was_made_of(tmp_path):
    path = parquet.write(tmp_path, "nb201", TABLE, ORIGIN)
    metadata = pq.read_schema(path).metadata[b"zcbench"].decode()
    for fact in ("nb201", "Somewhere", "MIT", "Somebody, 2020", "file.csv", "sha256:0123", "2024-02-29"):
        assert fact in metadata


def test_hash_is_that_of_the_numbers_and_not_of_the_day(tmp_path):
    first = parquet.read(parquet.write(tmp_path, "nb201", TABLE, ORIGIN), "nb201")
    later = parquet.read(parquet.write(tmp_path, "nb201", TABLE, replace(ORIGIN, date="2025-01-01")), "nb201")
    changed = TABLE.assign(**{"cifar10/valid": [1.0, 2, np.nextafter(3, 4)]})
    other = parquet.read(parquet.write(tmp_path, "nb201", changed, ORIGIN), "nb201")
    assert first.sha256 == later.sha256 != other.sha256


def test_without_a_file_there_is_no_truth(tmp_path):
    assert parquet.find(tmp_path, "nb201") is None


def test_damage_anywhere_is_refused_or_changes_no_number(tmp_path):
    path = parquet.write(tmp_path, "nb201", TABLE, ORIGIN)
    content = path.read_bytes()
    refused: list[str] = []
    for position in range(0, len(content), 3):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0x10]) + content[position + 1 :])
        try:
            found = parquet.read(path, "nb201")
        except BenchmarkError as error:
            refused.append(str(error))
        else:
            pd.testing.assert_frame_equal(found.table, TABLE, check_exact=True, check_names=False)
    assert len(refused) > 100
    assert all(str(path) in reason and "\n" not in reason for reason in refused)


def test_file_that_is_cut_off_is_refused(tmp_path):
    path = parquet.write(tmp_path, "nb201", TABLE, ORIGIN)
    content = path.read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(BenchmarkError, match=r"nb201.parquet is corrupt.*fetch or import it again"):
            parquet.find(tmp_path, "nb201")


def test_table_of_another_space_is_refused(tmp_path):
    path = parquet.write(tmp_path, "nb101", TABLE, ORIGIN)
    path.rename(parquet.path(tmp_path, "nb201"))
    with pytest.raises(BenchmarkError, match="is a table of nb101, not of nb201"):
        parquet.find(tmp_path, "nb201")


def test_parquet_file_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "tables").mkdir()
    TABLE.rename_axis("arch").reset_index().to_parquet(parquet.path(tmp_path, "nb201"))
    with pytest.raises(BenchmarkError, match="is not one of this project's tables"):
        parquet.find(tmp_path, "nb201")


def test_failed_write_leaves_the_table_as_it_was(tmp_path, monkeypatch):
    def full_disk(table, where, **options):
        where.write_bytes(b"half")
        raise OSError("No space left on device")

    path = parquet.write(tmp_path, "nb201", TABLE, ORIGIN)
    before = path.read_bytes()
    monkeypatch.setattr(pq, "write_table", full_disk)
    with pytest.raises(BenchmarkError, match=r"nb201.parquet cannot be written: No space left"):
        parquet.write(tmp_path, "nb201", TABLE * 2, ORIGIN)
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_spread_over_seeds_is_no_target():
    truth = Truth(TABLE, source="s", sha256="", licence="")
    assert truth.targets("cifar10") == ["test", "valid"]
    with pytest.raises(BenchmarkError, match="no target 'test:std' for task 'cifar10'; it has: test, valid"):
        truth.values("cifar10", "test:std")
    assert truth.spread("cifar10", "test")["a"] == 0.1
    assert truth.spread("cifar10", "valid") is None
