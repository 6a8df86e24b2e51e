import pickle

import pytest

from benchmarks import pickles
from benchmarks.errors import BenchmarkError


class Intruder:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return self.path.touch, ()


def test_pickle_cannot_run_code(tmp_path):
    trace = tmp_path / "trace"
    (tmp_path / "file").write_bytes(pickle.dumps({"data": Intruder(trace)}))
    with pytest.raises(BenchmarkError, match="it asks for"):
        pickles.load(tmp_path / "file", allowed={})
    assert not trace.exists()


def test_plain_data_comes_back_as_it_was(tmp_path):
    data = {b"labels": [1, 2], "nested": (None, 1.5, {"a": b"b"})}
    (tmp_path / "file").write_bytes(pickle.dumps(data))
    assert pickles.load(tmp_path / "file", allowed={}) == data


def test_damaged_pickle_is_refused_with_its_name_wherever_it_is_cut(tmp_path):
    content = pickle.dumps({"numbers": list(range(5)), "text": "abc", "pair": (1, 2.5)})
    for length in range(len(content)):
        (tmp_path / "file").write_bytes(content[:length])
        with pytest.raises(BenchmarkError, match="file is corrupt"):
            pickles.load(tmp_path / "file", allowed={})


def test_missing_file_is_named(tmp_path):
    with pytest.raises(BenchmarkError, match=r"cannot read .*absent: No such file"):
        pickles.load(tmp_path / "absent", allowed={})
