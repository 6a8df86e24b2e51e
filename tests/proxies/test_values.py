"""Every measured proxy equals its slow definition on every small problem."""

from dataclasses import replace

import pytest
from reference.problems import PROBLEMS
from reference.slow import REFERENCES

from proxies import PROXIES
from proxies.evaluation import shared_probe
from proxies.proxy import Measured

MEASURED = sorted(name for name, proxy in PROXIES.items() if isinstance(proxy, Measured))


def measure(name, problem):
    proxy = PROXIES[name]
    return proxy.measure(shared_probe(problem.network(), problem.images, problem.labels, [proxy], loss=problem.loss))


def test_every_measured_proxy_has_a_reference():
    assert set(REFERENCES) <= set(MEASURED)


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
@pytest.mark.parametrize("name", REFERENCES)
def test_proxy_equals_its_definition(name, problem):
    score = measure(name, problem)
    expected = REFERENCES[name](problem)
    assert score.value == pytest.approx(expected, rel=1e-9, nan_ok=True), score.reason
    assert (score.status == "ok") == (expected == expected)


@pytest.mark.parametrize("name", REFERENCES)
def test_single_precision_agrees_to_four_digits(name):
    problem = next(problem for problem in PROBLEMS if problem.name == "residual")
    single = replace(problem, images=problem.images.float())
    assert measure(name, single).value == pytest.approx(REFERENCES[name](problem), rel=1e-4)
