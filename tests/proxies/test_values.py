"""Every measured proxy equals its slow definition on every small problem."""

from dataclasses import replace

import pytest
from reference.problems import PROBLEMS
from reference.slow import REFERENCES

from proxies import PROXIES
from proxies.evaluation import shared_probe
from proxies.proxy import Measured

# These draw weights or inputs of their own; test_drawn.py compares them.
DRAWN = [
    "az_nas.expressivity",
    "az_nas.progressivity",
    "az_nas.trainability",
    "linear_regions",
    "meco",
    "zen",
    "zen.zen_nas",
]
MEASURED = sorted(name for name, proxy in PROXIES.items() if isinstance(proxy, Measured))

TOLERANCE = {"grasp": 1e-5}  # its reference takes finite differences


def measure(name, problem):
    proxy = PROXIES[name]
    return proxy.measure(shared_probe(problem.network(), problem.images, problem.labels, [proxy], loss=problem.loss))


def test_every_measured_proxy_has_a_reference():
    assert set(MEASURED) == {*REFERENCES, *DRAWN}


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
@pytest.mark.parametrize("name", REFERENCES)
def test_proxy_equals_its_definition(name, problem):
    score = measure(name, problem)
    expected = REFERENCES[name](problem)
    assert score.value == pytest.approx(expected, rel=TOLERANCE.get(name, 1e-9), nan_ok=True), score.reason
    assert (score.status == "ok") == (expected == expected)


@pytest.mark.parametrize("name", REFERENCES)
def test_proxy_equals_its_definition_in_single_precision(name):
    problem = next(problem for problem in PROBLEMS if problem.name == "residual")
    single = replace(problem, images=problem.images.float())
    assert measure(name, single).value == pytest.approx(REFERENCES[name](single), rel=1e-4)
