from dataclasses import dataclass

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.darts import DARTS
from benchmarks.errors import BenchmarkError
from benchmarks.nb101 import NB101
from benchmarks.nb201 import NB201
from benchmarks.space import Space, Truth, sample
from benchmarks.tnb101 import TNB101Macro, TNB101Micro

NAMES = [f"architecture {i}" for i in range(40)]


@given(st.permutations(NAMES), st.integers(0, 100), st.integers(0, 40))
def test_sample_depends_on_the_set_and_the_seed_alone_and_begins_a_larger_one(order, seed, size):
    drawn = sample(order, size, seed) if size else []
    assert len(set(drawn)) == size
    assert drawn == sample(NAMES, 40, seed)[:size]


def test_merged_sample_holds_one_member_of_each_class():
    drawn = sample(NAMES, 10, seed=0, canonical=lambda name: name[-1])
    assert sorted(name[-1] for name in drawn) == list("0123456789")


def test_sample_larger_than_the_space_is_refused():
    with pytest.raises(BenchmarkError, match=r"sample.size=41 is larger than the 40 architectures"):
        sample(NAMES, 41, seed=0)
    with pytest.raises(BenchmarkError, match=r"sample.size=11 is larger than the 10 isomorphism classes"):
        sample(NAMES, 11, seed=0, canonical=lambda name: name[-1])


def test_truth_leaves_out_architectures_without_a_result():
    table = pd.DataFrame({"t/valid": [1.0, None, 3.0]}, index=["a", "b", "c"])
    assert Truth(table, "made up", "", "none").values("t", "valid").to_dict() == {"a": 1.0, "c": 3.0}


@pytest.mark.parametrize("value", [2.5, 64.0, True, "64"])
@pytest.mark.parametrize(
    ("space", "option"),
    [
        (DARTS, "layers"),
        (NB101, "cells"),
        (NB201, "channels"),
        (TNB101Macro, "image_size"),
        (TNB101Micro, "channels"),
    ],
)
def test_option_that_must_be_an_integer_is_refused_at_once(space, option, value):
    with pytest.raises(BenchmarkError, match=f"{space.name} needs an integer for {option}, not {value!r}"):
        space(**{option: value})


def test_option_of_a_space_with_postponed_annotations_is_checked_too():
    @dataclass(frozen=True)
    class Postponed(Space):
        cells: "int" = 1
        width: "float" = 1.0
        name, tasks, build, truth = "postponed", {}, None, None

    assert Postponed(cells=2, width=1.5).options() == {"cells": 2, "width": 1.5}
    with pytest.raises(BenchmarkError, match=r"postponed needs an integer for cells, not 2.5"):
        Postponed(cells=2.5)
