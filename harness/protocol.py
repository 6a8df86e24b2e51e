"""What a reader must know to judge or repeat the numbers of a run."""

import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.plan import Plan, described_parts
from proxies.proxy import Derived


def protocol(plan: Plan) -> dict[str, Any]:
    """Return everything that a reader needs to know to judge or repeat the numbers."""
    config, setting, truth = plan.config, plan.setting, plan.truth
    return {
        "space": setting.space.name,
        "network": setting.space.options(),
        "task": setting.task,
        "target": plan.target,
        "truth": {"source": truth.source, "sha256": truth.sha256, "licence": truth.licence, "note": truth.note},
        "sample": {
            "size": len(plan.accuracy),
            "seed": config.sample.seed,
            "merge_isomorphs": config.sample.merge_isomorphs,
            "population": plan.population,
            "why_this_size": "" if config.sample.size else setting.space.defaults.why,
            "scores_shared": config.share_scores,
            "networks_scored": len(set(plan.representatives().values())),
        },
        "inputs": {
            "name": config.inputs.source,
            "source": setting.batch.source,
            "batch_size": len(setting.batch.images),
            "choice": config.inputs.choice,
            "seed": config.inputs.seed,
            "sha256": setting.batch.sha256,
        },
        "init": {"scheme": setting.init, "repeats": config.init.repeats, "seed": setting.seed},
        "mode": "train (batch norm uses the statistics of the batch)",
        "device": setting.device,
        "dtype": setting.key()["dtype"],
        "proxies": {name: proxy.version for name, proxy in plan.proxies.items()},
        "derived": dict(config.derived),
        "parts": {
            name: described_parts(name, plan.proxies, config, plan.parameters)
            for name, proxy in plan.proxies.items()
            if isinstance(proxy, Derived)
        },
        "parameters": plan.parameters,
        "failed": "left out; the columns that end in failed_last rank them last instead",
        "interval": {
            "method": "percentile bootstrap over architectures",
            "confidence": config.stats.confidence,
            "resamples": config.stats.resamples,
            "seed": config.sample.seed,
        },
        "versions": {"python": platform.python_version(), **{name: version(name) for name in ("torch", "zcbench")}},
        "git_commit": git_commit(),
        "caveats": caveats(plan),
    }


def caveats(plan: Plan) -> list[str]:
    """Return what a reader must know before believing the numbers."""
    recommended = plan.setting.space.defaults
    tuned = [name for name in plan.parameters if plan.parameters[name] == recommended.parameters.get(name)]
    notes = [f"{name}: {recommended.parameters_note}" for name in tuned if recommended.parameters_note]
    for name, values in plan.parameters.items():
        told = {**recommended.parameters.get(name, {}), **plan.config.parameters.get(name, {})}
        if own := ", ".join(f"{parameter}={value:g}" for parameter, value in values.items() if parameter not in told):
            notes.append(f"{name}: the space recommends no parameters of its own; the proxy's are used ({own})")
    if not plan.config.target and plan.target != recommended.target:
        notes.append(f"the table lacks the recommended target '{recommended.target}': '{plan.target}' is used")
    return [note for note in (plan.setting.batch.note, *notes) if note]


def sentence(plan: Plan) -> str:
    """Return the protocol in one line, for the foot of a figure."""
    config, setting = plan.config, plan.setting
    return (
        f"{setting.space.name}/{setting.task}/{plan.target}; {len(plan.accuracy)} of {plan.population} "
        f"architectures (seed {config.sample.seed}); {setting.batch.source}; {setting.init} init, "
        f"{config.init.repeats} repeat(s), seed {setting.seed}; truth: {plan.truth.source}"
    )


def git_commit() -> str:
    """Return the commit of this code, with "+changes" if files differ from it, or "unknown" outside a checkout."""
    root = Path(__file__).resolve().parents[1]

    def git(*words: str) -> str:
        call = ["git", "-C", str(root), *words]
        return subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root:  # installed somewhere inside another project
            return "unknown"
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
