"""TransNAS-Bench-101, micro and macro, from 2 MB of public files."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from benchmarks.recipes.recipe import Recipe
from benchmarks.tnb101 import strings

TASKS = ("class_object", "class_scene", "jigsaw", "room_layout", "segmentsemantic", "autoencoder", "normal")


def read(kind: str, folder: Path) -> pd.DataFrame:
    """Join the tasks; a file lists [architecture, result]."""
    columns = {
        f"{task}/valid_best": pd.Series(dict(json.loads((folder / _file(kind, task)).read_text(encoding="utf-8"))))
        for task in TASKS
    }
    return pd.DataFrame(columns)


def _file(kind: str, task: str) -> str:
    return f"RBFleX-NAS__{kind}_{task}.json"


def _recipe(kind: str, parse: Callable[[str], object], rows: int, optima: Mapping[str, float], note: str) -> Recipe:
    return Recipe(
        files=tuple(_file(kind, task) for task in TASKS),
        read=partial(read, kind),
        parse=parse,
        rows=rows,
        optima={f"{task}/valid_best": best for task, best in optima.items()},
        source=f"TransNAS-Bench-101 {kind}",
        licence="MIT (TransNAS-Bench-101, and the files that it was made of)",
        citation="Duan et al., TransNAS-Bench-101, CVPR 2021, arXiv 2105.11871",
        note=(
            "Validation result of the best epoch of one run: top-1 accuracy in % of class_object, class_scene and "
            "jigsaw, negative loss of room_layout, SSIM of autoencoder and normal, mean IoU in % of segmentsemantic."
            + note
        ),
    )


MICRO = _recipe(
    "micro",
    strings.parse_cell,
    rows=4_096,
    optima={
        "class_object": 46.3177,
        "class_scene": 54.9363,
        "jigsaw": 95.3722,
        "room_layout": -0.5938,
        "segmentsemantic": 26.2707,
        "autoencoder": 0.5772,
        "normal": 0.5962,
    },
    note="",
)
MACRO = _recipe(
    "macro",
    strings.parse_modules,
    rows=3_255,
    optima={
        "class_object": 47.9598,
        "class_scene": 57.4791,
        "jigsaw": 97.0193,
        "room_layout": -0.5628,
        "segmentsemantic": 29.6621,
        "autoencoder": 0.7688,
        "normal": 0.6435,
    },
    note=" One of the 3,256 architectures is missing.",
)
