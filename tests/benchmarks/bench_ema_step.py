"""One EMA training step, forward and backward: against vector-quantize-pytorch's, and what reseeding adds to it."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable

import torch

from explorer.quantizers.reseeding import STRATEGIES, Reseeding
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer

N, K, D = 4096, 1024, 16
ROUNDS, REPEATS, EVERY = 15, 6, 10


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
    return [*_beside_the_other(), *_reseeded()]


def _reseeded() -> list[tuple[str, str, str]]:
    """Checks for dead codes in fixed shapes are made whether or not there are any."""
    torch.manual_seed(0)
    z, rows = torch.randn(1, N, D), []
    for strategy in STRATEGIES[1:]:
        made = [VectorQuantizer(D, K, CodebookOptions(reseeding=Reseeding(one))).train() for one in ("none", strategy)]
        best = [float("inf")] * 2
        for _ in range(REPEATS):
            for at, one in enumerate(made):
                seconds = sum(_step(lambda x, one=one: one(x).z_q, z) for _ in range(EVERY))
                best[at] = min(best[at], seconds)
        rows.append((f"the same, {strategy} each {EVERY} steps", f"{best[1] / best[0]:.2f} of a step without", "1.3"))
    return rows


def _beside_the_other() -> list[tuple[str, str, str]]:
    torch.manual_seed(0)
    label, budget = f"EMA step, N, K, D = {N:,}, {K:,}, {D}", "no slower than vector-quantize-pytorch"
    z = torch.randn(1, N, D)
    ours = VectorQuantizer(D, K, CodebookOptions()).train()
    if importlib.util.find_spec("vector_quantize_pytorch") is None:
        _step(lambda x: ours(x).z_q, z)
        seconds = statistics.median(_step(lambda x: ours(x).z_q, z) for _ in range(ROUNDS))
        return [(label, f"{seconds * 1e3:.1f} ms of CPU (vector-quantize-pytorch is not installed)", budget)]
    from vector_quantize_pytorch import VectorQuantize

    settings = {"decay": 0.99, "rotation_trick": False, "threshold_ema_dead_code": 0}
    theirs = VectorQuantize(D, codebook_size=K, **settings).train()
    pairs = []
    for _ in range(ROUNDS + 2):  # in turn, so that noise meets both
        pairs.append((_step(lambda x: ours(x).z_q, z), _step(lambda x: theirs(x)[0], z)))
    mine, other = (statistics.median(column) for column in zip(*pairs[2:], strict=True))
    return [(label, f"{mine * 1e3:.1f} ms of CPU, {mine / other:.2f} of vector-quantize-pytorch", budget)]


def _step(quantize: Callable[[torch.Tensor], torch.Tensor], latents: torch.Tensor) -> float:
    """CPU seconds of one step, which do not depend on what else the machine does."""
    z = latents.clone().requires_grad_()
    started = time.process_time()
    quantize(z).square().mean().backward()
    return time.process_time() - started
