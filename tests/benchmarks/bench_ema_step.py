"""One EMA training step, forward and backward, against vector-quantize-pytorch's with the same sizes."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable

import torch

from explorer.quantizers.vq import CodebookOptions, VectorQuantizer

N, K, D = 4096, 1024, 16
ROUNDS = 15


def measure() -> list[tuple[str, str, str]]:
    """Rows of (what, measured, budget)."""
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
