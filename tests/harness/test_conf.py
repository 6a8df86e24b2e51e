"""Settings that repeat names of the code."""

from pathlib import Path

from omegaconf import OmegaConf

from benchmarks.inputs import SOURCES

INPUTS = Path(__file__).parents[2] / "conf" / "inputs"


def test_every_source_of_images_can_be_chosen_by_its_name():
    chosen = {path.stem: OmegaConf.load(path)["source"] for path in INPUTS.glob("*.yaml")}
    assert chosen == {name: name for name in ("task", *SOURCES)}
