"""``transnas-bench_v10141024.pth``, the official archive of TransNAS-Bench-101, micro and macro.

The file is one pickle, which cannot be read in parts. Every network was trained once for every task.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import pickles
from benchmarks.errors import BenchmarkError
from benchmarks.importers.runs import Run

# The metric of each task, all of them the higher the better.
METRICS = {
    "class_object": "valid_top1",
    "class_scene": "valid_top1",
    "jigsaw": "valid_top1",
    "room_layout": "valid_neg_loss",
    "segmentsemantic": "valid_mIoU",
    "autoencoder": "valid_ssim",
    "normal": "valid_ssim",
}


def read(path: Path) -> Mapping[str, Iterator[Run]]:
    """Return the runs of tnb101_micro and tnb101_macro in the file, the best epoch's result and the last one's.

    Raises BenchmarkError if the file is damaged or another one, also while the runs are read.
    """
    content = pickles.load_torch(path, pickles.RESULT_CLASSES)
    try:
        spaces = {f"tnb101_{kind}": content["data"][kind] for kind in ("micro", "macro")}
    except (KeyError, TypeError) as error:
        raise BenchmarkError(f"{path} is not an archive of TransNAS-Bench-101: no {error}") from error
    return {space: _runs(results, path) for space, results in spaces.items()}


def _runs(results: Mapping[str, Any], path: Path) -> Iterator[Run]:
    for architecture, tasks in results.items():
        for task, metric in METRICS.items():
            try:
                epochs = np.asarray(tasks[task]["metrics"][metric], dtype=float)
                best, final = float(np.nanmax(epochs)), float(epochs[-1])
            except (IndexError, KeyError, TypeError, ValueError) as error:
                raise BenchmarkError(f"{path}: {architecture} has no {metric} of {task}: {error!r}") from error
            yield Run(architecture, f"{task}/valid_best", best)
            yield Run(architecture, f"{task}/valid_final", final)
