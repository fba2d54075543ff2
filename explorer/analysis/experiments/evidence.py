"""What the runs of an experiment say of each condition, as ranges over its seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from explorer.joints.experiment import Experiment


@dataclass(frozen=True)
class Evidence:
    """Of one condition, lowest and highest over the seeds: codes used of `codes` by `tokens` held-out tokens, PSNR in
    dB. bits: a token, at log2 K for each index."""

    condition: str
    title: str
    seeds: int
    codes: int
    tokens: int
    bits: float
    used: tuple[int, int]
    psnr_db: tuple[float, float]

    def as_json(self) -> dict[str, object]:
        """Plain values."""
        return asdict(self)


def gather_evidence(experiment: Experiment) -> Mapping[str, Evidence]:
    """By condition, of those that quantize and were run."""
    found = {}
    for condition in experiment.conditions:
        runs = [run.measured for run in experiment.runs if run.condition == condition.id]
        if not condition.quantized or not runs:
            continue
        used, psnr = ([run[name] for run in runs] for name in ("used", "psnr_db"))
        found[condition.id] = Evidence(
            condition.id,
            condition.title,
            len(runs),
            int(runs[0]["codes"]),
            int(runs[0]["tokens"]),
            float(runs[0]["bits"]),
            (int(min(used)), int(max(used))),
            (float(min(psnr)), float(max(psnr))),
        )
    return found
