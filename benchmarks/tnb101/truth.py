"""Trained results of TransNAS-Bench-101, from a table in the data folder, Parquet or CSV."""

from collections.abc import Sequence
from pathlib import Path

from pandera.pandas import Check, Column, DataFrameSchema

from benchmarks import parquet, tables
from benchmarks.errors import BenchmarkError
from benchmarks.space import Truth

PERCENT, SSIM, NEGATIVE_LOSS = (0.0, 100.0), (-1.0, 1.0), (-float("inf"), 0.0)

# Column of the table: what it is called here, and within which limits its values lie.
TARGETS = {
    "class_object_val_best": ("class_object/valid_best", PERCENT),
    "class_object_val_final": ("class_object/valid_final", PERCENT),
    "class_scene_val_best": ("class_scene/valid_best", PERCENT),
    "class_scene_val_final": ("class_scene/valid_final", PERCENT),
    "jigsaw_val_best": ("jigsaw/valid_best", PERCENT),
    "jigsaw_val_final": ("jigsaw/valid_final", PERCENT),
    "room_layout_val_best": ("room_layout/valid_best", NEGATIVE_LOSS),
    "room_layout_val_final": ("room_layout/valid_final", NEGATIVE_LOSS),
    # The table has two metrics of this task, which must not be taken for one at two times.
    "segmentsemantic_miou_val_best": ("segmentsemantic/valid_best", PERCENT),
    "segmentsemantic_pixacc_val_final": ("segmentsemantic/valid_final_pixacc", PERCENT),
    "autoencoder_val_best": ("autoencoder/valid_best", SSIM),
    "autoencoder_val_final": ("autoencoder/valid_final", SSIM),
    "normal_val_best": ("normal/valid_best", SSIM),
    "normal_val_final": ("normal/valid_final", SSIM),
}

NOTE = (
    "valid_best is the best epoch, valid_final the last one: top-1 accuracy in % of class_object, class_scene and "
    "jigsaw, negative loss of room_layout, SSIM of autoencoder and normal, mean IoU in % of segmentsemantic, whose "
    "valid_final_pixacc is pixel accuracy in %. One run each."
)


def load(space: str, architectures: Sequence[str], form: str, data: Path) -> Truth:
    """Return the results of ``space`` in the folder ``data``: one row for each of its ``architectures``.

    Single architectures may lack a result. Raises BenchmarkError if there is no table or if it is damaged.
    """
    if fetched := parquet.find(data, space):
        return fetched
    path = data / "tables" / f"{space}.csv"
    if not path.exists():
        raise BenchmarkError(f"no trained results of {space}: there is no {path}; make fetch SPACE={space} gets them")
    known = Column(str, Check.isin(architectures, error=f"is not in the space: {form}"), unique=True, coerce=True)
    results = {name: _column(*limits) for name, (_, limits) in TARGETS.items()}
    schema = DataFrameSchema({"arch": known, **results}, checks=tables.rows(len(architectures)))
    names = {column: target for column, (target, _) in TARGETS.items()}
    table, sha256 = tables.read(path, schema, "arch", names)
    return Truth(
        table,
        source=f"TransNAS-Bench-101 ({path.name})",
        sha256=sha256,
        licence="MIT (TransNAS-Bench-101)",
        note=NOTE,
    )


def _column(low: float, high: float) -> Column:
    within = Check.in_range(low, high, error=f"is not within {low:g}..{high:g}")
    return Column(float, within, coerce=True, nullable=True, required=False)
