"""TransNAS-Bench-101's archive, written here with the layout of the official one."""

import os

import numpy as np
import pytest
import torch

from benchmarks.archives import ARCHIVES
from benchmarks.errors import BenchmarkError
from benchmarks.importers.tnb101_pth import METRICS
from benchmarks.tnb101 import TNB101Macro, TNB101Micro

MICRO = ["64-41414-1_02_333", "64-41414-0_00_000"]
MACRO = ["64-1234-basic"]


def archive() -> dict:
    random = np.random.default_rng(0)

    def results() -> dict:
        return {
            task: {
                "model_info": {"model_params": 10, "encoder_params": np.float64(8)},
                "total_epochs": 3,
                "metrics": {metric: random.uniform(1, 60, 3).tolist(), "train_loss": [3.0, 2.0, 1.0]},
            }
            for task, metric in METRICS.items()
        }

    return {
        "metrics_dict": {task: [metric, "train_loss"] for task, metric in METRICS.items()},
        "info_names": ["model_params", "encoder_params"],
        "task_list": list(METRICS),
        "data": {"micro": {name: results() for name in MICRO}, "macro": {name: results() for name in MACRO}},
    }


def convert(content: object, data) -> None:
    torch.save(content, data / "transnas.pth")
    ARCHIVES["tnb101_pth"].convert(data / "transnas.pth", data, lambda count: None)


def test_both_spaces_have_the_best_epoch_and_the_last_one(tmp_path):
    content = archive()
    convert(content, tmp_path)
    for space, names, kind in ((TNB101Micro(), MICRO, "micro"), (TNB101Macro(), MACRO, "macro")):
        truth = space.truth(tmp_path)
        assert list(truth.table.index) == names
        for task in space.tasks:
            assert truth.targets(task) == ["valid_best", "valid_final"]
            for name in names:
                epochs = content["data"][kind][name][task]["metrics"][METRICS[task]]
                assert truth.values(task, "valid_best")[name] == max(epochs)
                assert truth.values(task, "valid_final")[name] == epochs[-1]
            assert truth.spread(task, "valid_best") is None  # trained once


def test_metrics_are_those_that_are_higher_for_better_networks():
    assert set(METRICS) == set(TNB101Micro().tasks)
    assert METRICS["room_layout"] == "valid_neg_loss"
    assert METRICS["segmentsemantic"] == "valid_mIoU"


def test_missing_task_is_named_and_leaves_no_table_of_either_space(tmp_path):
    content = archive()
    del content["data"]["macro"][MACRO[0]]["jigsaw"]
    with pytest.raises(BenchmarkError, match=r"transnas.pth: 64-1234-basic has no valid_top1 of jigsaw"):
        convert(content, tmp_path)
    assert not (tmp_path / "tables").exists()


@pytest.mark.parametrize("content", [{"data": {"micro": {}}}, {"other": 1}, [1], {"data": 3}])
def test_other_content_is_refused(tmp_path, content):
    with pytest.raises(BenchmarkError, match=r"transnas.pth is not an archive of TransNAS-Bench-101"):
        convert(content, tmp_path)


def test_epoch_without_a_number_is_not_the_best_one(tmp_path):
    content = archive()
    content["data"]["macro"][MACRO[0]]["normal"]["metrics"]["valid_ssim"] = [0.25, float("nan"), 0.125]
    convert(content, tmp_path)
    truth = TNB101Macro().truth(tmp_path)
    assert truth.values("normal", "valid_best")[MACRO[0]] == 0.25
    assert truth.values("normal", "valid_final")[MACRO[0]] == 0.125


def test_archive_cannot_run_code(tmp_path):
    class Intruder:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trace"),)

    with pytest.raises(BenchmarkError, match=r"transnas.pth is corrupt or not the expected file"):
        convert(archive() | {"task_list": Intruder()}, tmp_path)
    assert not (tmp_path / "trace").exists()
