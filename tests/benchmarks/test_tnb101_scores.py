"""Every measured proxy on every task of TransNAS-Bench-101, at reduced size."""

import math

import pytest
import torch

from benchmarks.inputs import load
from benchmarks.tnb101 import TNB101Macro, TNB101Micro
from proxies import PROXIES
from proxies.evaluation import measured_proxies, shared_probe

SMALL = {"channels": 8, "image_size": 64}
ARCHITECTURES = {
    "micro": (TNB101Micro(**SMALL), "64-41414-1_02_333"),
    "disconnected": (TNB101Micro(**SMALL), "64-41414-3_33_000"),
    "macro": (TNB101Macro(**SMALL), "64-1234-basic"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("task", TNB101Micro().tasks)
def test_every_proxy_gives_a_finite_score_or_says_why_not(task, kind, tmp_path):
    space, architecture = ARCHITECTURES[kind]
    batch = load("task", space.tasks[task], 4, "first", 0, tmp_path)
    torch.manual_seed(0)
    network = space.build(architecture, task)
    proxies = measured_proxies(PROXIES)
    probe = shared_probe(network, batch.images, batch.labels, proxies, loss=space.tasks[task].loss)
    scores = {proxy.name: proxy.measure(probe) for proxy in proxies}
    for score in scores.values():
        assert math.isfinite(score.value) if score.status == "ok" else score.reason
    assert {scores[name].status for name in ("swap", "params", "flops", "l2_norm")} == {"ok"}
    if kind != "disconnected":
        assert {scores[name].status for name in ("nwot", "grad_norm", "snip")} == {"ok"}
