import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.tnb101 import TNB101Macro, TNB101Micro, strings, truth

BEST = {
    "tnb101_micro": {
        "class_object": 46.31768,
        "class_scene": 54.93631,
        "jigsaw": 95.37222,
        "room_layout": -0.593782,
        "segmentsemantic": 26.27068,
        "autoencoder": 0.577231,
        "normal": 0.596219,
    },
    "tnb101_macro": {
        "class_object": 47.95979,
        "class_scene": 57.4791,
        "jigsaw": 97.01931,
        "room_layout": -0.562762,
        "segmentsemantic": 29.66213,
        "autoencoder": 0.768785,
        "normal": 0.643541,
    },
}


@pytest.fixture
def data(tmp_path):
    (tmp_path / "tables").mkdir()
    return tmp_path


def write(data, architectures, **columns) -> None:
    """A table in the layout of the real one, with made-up results that ``columns`` replace."""
    values = np.random.default_rng(0).uniform(0, 1, (len(architectures), len(truth.TARGETS)))
    table = pd.DataFrame(values, columns=list(truth.TARGETS))
    for name in ("room_layout_val_best", "room_layout_val_final"):
        table[name] = -table[name]
    table.insert(0, "arch", architectures)
    table.assign(**columns).to_csv(data / "tables" / "tnb101_macro.csv", index=False)


@pytest.mark.parametrize("space", [TNB101Micro(), TNB101Macro()], ids=lambda space: space.name)
def test_every_task_has_the_best_results_of_the_real_table(space, shared_data):
    found = space.truth(shared_data)
    for task in space.tasks:
        assert found.values(task, "valid_best").max() == pytest.approx(BEST[space.name][task], abs=1e-5)
    assert space.defaults.target in found.targets(space.defaults.task)


def test_two_metrics_of_segmentation_have_two_names(shared_data):
    found = TNB101Micro().truth(shared_data)
    assert found.targets("segmentsemantic") == ["valid_best", "valid_final_pixacc"]
    assert found.values("segmentsemantic", "valid_best").max() < 30
    assert found.values("segmentsemantic", "valid_final_pixacc").min() > 90


def test_architecture_without_a_result_is_left_out(shared_data):
    found = TNB101Macro().truth(shared_data)
    assert len(found.values("jigsaw", "valid_best")) == 3255
    assert len(found.values("jigsaw", "valid_final")) == 3256


def test_columns_keep_their_numbers(data):
    write(data, strings.macro_architectures(), class_scene_val_final=np.arange(3256) / 100)
    values = TNB101Macro().truth(data).values("class_scene", "valid_final")
    assert values[strings.macro_architectures()[1234]] == 12.34


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("jigsaw_val_best", 100.5, "is not within 0..100"),
        ("normal_val_best", 1.01, "is not within -1..1"),
        ("room_layout_val_final", 0.1, "is not within -inf..0"),
        ("autoencoder_val_final", np.inf, "is not within -1..1"),
    ],
)
def test_result_that_cannot_be_is_named_with_its_line(data, column, value, reason):
    write(data, strings.macro_architectures(), **{column: np.where(np.arange(3256) == 7, value, -0.0)})
    with pytest.raises(BenchmarkError, match=f"tnb101_macro.csv, line 9: {column} '.*' {reason}"):
        TNB101Macro().truth(data)


def test_table_of_the_other_space_is_refused(data):
    write(data, strings.micro_architectures())
    with pytest.raises(BenchmarkError, match=r"line 2: arch '64-41414-0_00_000' is not in the space: 64-mmmm-basic"):
        TNB101Macro().truth(data)


def test_table_that_is_cut_is_refused(data):
    write(data, strings.macro_architectures()[:3000])
    with pytest.raises(BenchmarkError, match="does not have 3,256 rows"):
        TNB101Macro().truth(data)


def test_missing_table_is_told(data):
    with pytest.raises(BenchmarkError, match=r"tnb101_micro.csv"):
        TNB101Micro().truth(data)
