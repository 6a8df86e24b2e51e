"""NAS-Bench-201's and NATS-Bench's archives; the packages of their authors are the oracle."""

import bz2
import json
import os
import pickle
import shutil
import tarfile
from collections import OrderedDict

import nas_201_api
import nats_bench
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch

from benchmarks.archives import ARCHIVES, checksum
from benchmarks.errors import BenchmarkError
from benchmarks.nats_sss import NatsSizes
from benchmarks.nb201 import NB201

FOLDER = "NATS-tss-v1_0-3ffb9-simple"
# Column of ours, and what the authors' packages call it.
NAMES = {
    "cifar10/valid": ("cifar10-valid", "x-valid"),
    "cifar10/test": ("cifar10", "ori-test"),
    "cifar100/valid": ("cifar100", "x-valid"),
    "cifar100/test": ("cifar100", "x-test"),
    "imagenet16_120/valid": ("ImageNet16-120", "x-valid"),
    "imagenet16_120/test": ("ImageNet16-120", "x-test"),
}
# Column of ours, and of the checked tables.
ORACLE = {
    "cifar10/valid": "cifar10valid_valid",
    "cifar10/test": "cifar10_test",
    "cifar100/valid": "cifar100_valid",
    "cifar100/test": "cifar100_test",
    "imagenet16_120/valid": "imagenet16_120_valid",
    "imagenet16_120/test": "imagenet16_120_test",
}
CELLS = (
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
    "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
)


def convert(kind: str, file, data):
    counted: list[int] = []
    written = ARCHIVES[kind].convert(file, data, counted.append)
    return written, counted


def results(package, index: int, architecture: str, epochs: int, seeds: dict[str, list[int]], random) -> dict:
    """The state of made-up results, as the authors' own class writes it."""
    made = package.ArchResults(index, architecture)
    for dataset, numbers in seeds.items():
        parts = {part for name, part in NAMES.values() if name == dataset} | {"ori-test"}
        for seed in numbers:
            trial = package.ResultsCount(
                name=dataset,
                state_dict=None,
                train_accs={epoch: random.uniform(1, 99) for epoch in range(epochs)},
                train_losses=dict.fromkeys(range(epochs), 1.0),
                params=np.float64(0.8),
                flop=113.9,
                arch_config={"channel": 16, "num_cells": 5, "arch_str": architecture, "class_num": 10},
                seed=seed,
                epochs=epochs,
                latency=[np.float64(0.01)],
            )
            values = {f"{part}@{epoch}": random.uniform(1, 99) for part in sorted(parts) for epoch in range(epochs)}
            trial.update_eval(values, values, values)
            made.update(dataset, seed, trial)
    return made.state_dict()


DATASETS = ("cifar10-valid", "cifar10", "cifar100", "ImageNet16-120")


# Four real files: a list of architectures, and the results of three.


@pytest.fixture(scope="module")
def official(shared_data):
    return shared_data / "upstream" / FOLDER


@pytest.fixture(scope="module")
def official_truth(official, tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    convert("nats_tss", official, data)
    return NB201().truth(data)


def test_official_nats_files_equal_the_tables(official_truth, shared_data):
    for file, suffix in (("nb201.csv", ""), ("nb201_12epochs.csv", "_12")):
        table = pd.read_csv(shared_data / "tables" / file, index_col="arch")
        expected = table.iloc[[0, 11, 284]]
        assert list(official_truth.table.index) == list(expected.index)
        for column, name in ORACLE.items():
            # The table's are derived from accuracies on all test images and on half of them.
            derived = column in ("cifar100/valid", "imagenet16_120/valid") and not suffix
            tolerance = 1e-4 if derived else 1e-6
            assert np.allclose(official_truth.table[column + suffix], expected[name], rtol=0, atol=tolerance), column


def test_official_nats_files_equal_the_answers_of_the_authors_package(official, official_truth):
    api = nats_bench.create(str(official), "tss", fast_mode=True, verbose=False)
    for index in (0, 11, 284):
        for epochs, suffix in (("200", ""), ("12", "_12")):
            answer = api.query_meta_info_by_index(index, hp=epochs)
            for column, (dataset, part) in NAMES.items():
                mean = answer.get_metrics(dataset, part)["accuracy"]
                assert official_truth.table.loc[api.arch(index), column + suffix] == pytest.approx(mean, rel=1e-12)


def test_official_nats_files_keep_the_spread_over_seeds(official_truth):
    """The three seeds of architecture 11 on CIFAR-10 reached 91.79, 91.76 and 91.2."""
    architecture = official_truth.table.index[1]
    spread = official_truth.spread("cifar10", "test")
    assert spread[architecture] == pytest.approx(np.std([91.79, 91.76, 91.2], ddof=1))
    assert official_truth.spread("cifar10", "test_12") is None  # trained once
    assert official_truth.targets("cifar10") == ["valid_12", "test_12", "valid", "test"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_official_nats_files_import_from_a_tar_as_from_the_folder(official, official_truth, tmp_path, mode):
    with tarfile.open(tmp_path / "archive.tar", mode) as tar:
        tar.add(official, arcname=FOLDER)
    convert("nats_tss", tmp_path / "archive.tar", tmp_path)
    found = NB201().truth(tmp_path)
    pd.testing.assert_frame_equal(found.table.loc[official_truth.table.index], official_truth.table)


def test_damaged_nats_file_is_named_and_leaves_no_table(official, tmp_path):
    shutil.copytree(official, tmp_path / FOLDER)
    broken = tmp_path / FOLDER / "000011.pickle.pbz2"
    broken.chmod(0o644)
    for content in (broken.read_bytes()[:-100], b"no bz2", bz2.compress(b"no pickle"), bz2.compress(pickle.dumps(3))):
        broken.write_bytes(content)
        with pytest.raises(BenchmarkError, match=r"000011.pickle.pbz2 is corrupt"):
            convert("nats_tss", tmp_path / FOLDER, tmp_path)
        assert not (tmp_path / "tables").exists()


def test_official_nats_files_are_not_taken_for_the_size_space(official, tmp_path):
    with pytest.raises(BenchmarkError, match=r"has results after 12, 200 epochs instead of 90, 12, 01"):
        convert("nats_sss", official, tmp_path)


def test_smaller_archive_replaces_no_larger_table(official, tmp_path):
    written, _ = convert("nats_tss", official, tmp_path)
    (tmp_path / "less").mkdir()
    shutil.copy(official / "000284.pickle.pbz2", tmp_path / "less")
    before = written[0].read_bytes()
    with pytest.raises(BenchmarkError, match=r"nb201.parquet has 3 architectures, .*less only 1; delete the former"):
        convert("nats_tss", tmp_path / "less", tmp_path)
    assert written[0].read_bytes() == before


def test_table_says_how_many_architectures_it_has_and_of_which_archive_it_was_made(official, official_truth, tmp_path):
    assert official_truth.note.endswith("3 architectures.")
    written, counted = convert("nats_tss", official, tmp_path)
    assert counted == [1, 2, 3]
    facts = json.loads(pq.read_schema(written[0]).metadata[b"zcbench"])
    assert facts["source"] == ARCHIVES["nats_tss"].source
    assert facts["inputs"] == {FOLDER: f"sha256:{checksum(official)}"}


def test_size_space_is_imported_with_its_numbers_of_epochs(tmp_path):
    random = np.random.default_rng(0)
    folder = tmp_path / "NATS-sss"
    folder.mkdir()
    seeds = {"90": [777, 888, 999], "12": [777], "01": [777]}
    architectures = ("8:8:8:8:8", "64:8:16:24:32")
    for index, architecture in enumerate(architectures):
        state = OrderedDict(
            (epochs, results(nats_bench, index, architecture, int(epochs), dict.fromkeys(DATASETS, numbers), random))
            for epochs, numbers in seeds.items()
        )
        (folder / f"{index:06d}.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(state, protocol=4)))
    meta = {"meta_archs": list(architectures), "total_archs": 2, "arch2infos": None, "evaluated_indexes": set()}
    (folder / "meta.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(meta)))

    convert("nats_sss", folder, tmp_path)
    truth = NatsSizes().truth(tmp_path)
    api = nats_bench.create(str(folder), "sss", fast_mode=True, verbose=False)
    assert set(truth.targets("cifar100")) == {"valid", "test", "valid_12", "test_12", "valid_1", "test_1"}
    for index, architecture in enumerate(architectures):
        for epochs, suffix in (("90", ""), ("12", "_12"), ("01", "_1")):
            for column, (dataset, part) in NAMES.items():
                mean = api.query_meta_info_by_index(index, hp=epochs).get_metrics(dataset, part)["accuracy"]
                assert truth.table.loc[architecture, column + suffix] == pytest.approx(mean, rel=1e-12)


@pytest.fixture
def nb201_archive():
    """The content of a .pth file with two architectures, of which one was trained with fewer seeds."""
    random = np.random.default_rng(0)
    infos = {}
    for index, (architecture, numbers) in enumerate(zip(CELLS, ([777, 888, 999], [777]), strict=True)):
        once = {dataset: [111, 777] if dataset == "cifar10-valid" else [111] for dataset in DATASETS}
        infos[index] = {
            "full": results(nas_201_api, index, architecture, 200, dict.fromkeys(DATASETS, numbers), random),
            "less": results(nas_201_api, index, architecture, 12, once, random),
        }
    return {"meta_archs": list(CELLS), "total_archs": 2, "arch2infos": infos, "evaluated_indexes": {0, 1}}


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before torch 1.6"])
def test_nb201_archive_equals_the_answers_of_the_authors_package(tmp_path, nb201_archive, zipped):
    torch.save(nb201_archive, tmp_path / "archive.pth", _use_new_zipfile_serialization=zipped)
    convert("nb201_pth", tmp_path / "archive.pth", tmp_path)
    truth = NB201().truth(tmp_path)
    api = nas_201_api.NASBench201API(nb201_archive, verbose=False)
    for index, architecture in enumerate(CELLS):
        for epochs, suffix in (("200", ""), ("12", "_12")):
            for column, (dataset, part) in NAMES.items():
                answer = api.get_more_info(index, dataset, hp=epochs, is_random=False)
                mean = answer["valid-accuracy" if part == "x-valid" else "test-accuracy"]
                assert truth.table.loc[architecture, column + suffix] == pytest.approx(mean, rel=1e-12)
    assert np.isnan(truth.spread("cifar10", "test")[CELLS[1]])
    assert truth.spread("cifar10", "valid_12").notna().all()


def test_nb201_archive_cannot_run_code(tmp_path, nb201_archive):
    class Intruder:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trace"),)

    nb201_archive["arch2infos"][0]["full"]["clear_net_done"] = Intruder()
    torch.save(nb201_archive, tmp_path / "archive.pth")
    with pytest.raises(BenchmarkError, match=r"archive.pth is corrupt or not the expected file"):
        convert("nb201_pth", tmp_path / "archive.pth", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"archive.pth"}


def test_nats_archive_cannot_run_code(tmp_path):
    class Intruder:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "trace"),)

    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "000000.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps({"200": Intruder()})))
    with pytest.raises(BenchmarkError, match=r"it asks for posix\.mkdir"):
        convert("nats_tss", tmp_path / "folder", tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"folder"}


def damaged(archive: dict) -> dict[str, object]:
    return {
        "no archive": [1, 2],
        "no results": {"meta_archs": []},
        "no part": archive | {"arch2infos": {0: {"full": archive["arch2infos"][0]["full"]}}},
        "no class": archive | {"arch2infos": {0: {"full": 3, "less": 4}}},
        "no epochs": archive | {"arch2infos": {0: {kind: {"all_results": 1} for kind in ("full", "less")}}},
    }


@pytest.mark.parametrize("what", ["no archive", "no results", "no part", "no class", "no epochs"])
def test_other_content_is_refused_in_one_line(tmp_path, nb201_archive, what):
    torch.save(damaged(nb201_archive)[what], tmp_path / "archive.pth")
    with pytest.raises(BenchmarkError, match=r"archive.pth") as caught:
        convert("nb201_pth", tmp_path / "archive.pth", tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "tables").exists()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "before torch 1.6"])
def test_file_that_is_cut_off_is_refused_in_one_line(tmp_path, nb201_archive, zipped):
    torch.save(nb201_archive, tmp_path / "archive.pth", _use_new_zipfile_serialization=zipped)
    content = (tmp_path / "archive.pth").read_bytes()
    for length in (0, 1, 20, 1000, len(content) // 2, len(content) - 30):
        (tmp_path / "archive.pth").write_bytes(content[:length])
        with pytest.raises(BenchmarkError, match=r"archive.pth is corrupt") as caught:
            convert("nb201_pth", tmp_path / "archive.pth", tmp_path)
        assert "\n" not in str(caught.value)


def test_result_that_is_no_number_is_refused(tmp_path, nb201_archive):
    trial = nb201_archive["arch2infos"][1]["full"]["all_results"]["cifar10", 777]
    trial["eval_acc1es"]["ori-test@199"] = float("nan")
    torch.save(nb201_archive, tmp_path / "archive.pth")
    with pytest.raises(BenchmarkError, match=r"a result of \|none~0\|.* for cifar10/test is nan"):
        convert("nb201_pth", tmp_path / "archive.pth", tmp_path)


def test_architecture_of_another_space_is_refused(tmp_path, nb201_archive):
    nb201_archive["arch2infos"][1]["full"]["arch_str"] = "8:8:8:8:8"
    torch.save(nb201_archive, tmp_path / "archive.pth")
    with pytest.raises(BenchmarkError, match="'8:8:8:8:8' is not a NAS-Bench-201 cell"):
        convert("nb201_pth", tmp_path / "archive.pth", tmp_path)
    assert not (tmp_path / "tables").exists()


def test_missing_or_empty_archive_is_named(tmp_path):
    with pytest.raises(BenchmarkError, match=r"there is no .*nowhere"):
        convert("nats_tss", tmp_path / "nowhere", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BenchmarkError, match=r"empty has no results of nb201"):
        convert("nats_tss", tmp_path / "empty", tmp_path)


def test_checksum_of_a_folder_changes_with_names_and_contents(tmp_path):
    (tmp_path / "a").write_text("1")
    first = checksum(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    second = checksum(tmp_path)
    (tmp_path / "b").write_text("2")
    assert len({first, second, checksum(tmp_path)}) == 3
