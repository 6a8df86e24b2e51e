import os

import pytest

from benchmarks.files import replacement


def fail_half_way(path):
    with replacement(path) as temporary:
        temporary.write_text("half")
        raise OSError("full")


def test_file_is_replaced_only_when_all_went_well(tmp_path):
    path = tmp_path / "file"
    path.write_text("before")
    with pytest.raises(OSError, match="full"):
        fail_half_way(path)
    assert path.read_text() == "before"
    with replacement(path) as temporary:
        temporary.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_two_processes_that_write_one_file_do_not_meet(tmp_path, monkeypatch):
    path = tmp_path / "file"
    with replacement(path) as first:
        first.write_text("first")
        monkeypatch.setattr(os, "getpid", lambda: 0)
        with replacement(path) as second:
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]
