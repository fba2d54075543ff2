"""Part `assignment`: the search for codes against the least time that this device allows.

Floor: the larger of bytes over its bandwidth (latents and codes are read once, numbers of codes are written once) and
of operations over its rate of products in float32, both measured here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from explorer.quantizers.nearest import nearest_code
from tests.gpu.scale import Setting
from tests.gpu.table import Row

REPEATS = 7


@dataclass(frozen=True)
class Roof:
    """bandwidth: bytes a second, read and written; rate: operations a second of float32 products."""

    bandwidth: float
    rate: float

    def floor(self, count: int, codes: int, dim: int) -> tuple[float, str]:
        """Seconds at least to assign (N, D) to (K, D), and which of the two decides."""
        moved = 4 * dim * (count + codes) + 8 * count
        times = {"bandwidth": moved / self.bandwidth, "products": 2 * count * codes * dim / self.rate}
        which = max(times, key=times.__getitem__)
        return times[which], which


def measure_floors(setting: Setting) -> Iterator[Row]:
    roof = measure_roof(setting)
    yield Row("assignment", "bandwidth of a copy", f"{roof.bandwidth / 1e9:,.1f} GB/s, read and written")
    yield Row("assignment", "float32 products", f"{roof.rate / 1e12:,.3g} TFLOP/s")
    for size in setting.scale.assigned:
        count, codes, dim = size
        torch.manual_seed(0)
        z, vectors = torch.randn(count, dim, device=setting.device), torch.randn(codes, dim, device=setting.device)
        took = shortest(lambda z=z, vectors=vectors: nearest_code(z, vectors), setting)
        floor, which = roof.floor(*size)
        words = f"{took * 1e3:.3g} ms, {took / floor:.1f} of the floor ({floor * 1e3:.3g} ms, by {which})"
        yield Row("assignment", "N, K, D = " + ", ".join(f"{n:,}" for n in size), words)


def measure_roof(setting: Setting) -> Roof:
    scale, device = setting.scale, setting.device
    source = torch.zeros(scale.copied // 4, device=device)
    target = torch.empty_like(source)
    copied = shortest(lambda: target.copy_(source), setting)
    side = scale.product
    a, b = torch.randn(side, side, device=device), torch.randn(side, side, device=device)
    multiplied = shortest(lambda: a @ b, setting)
    return Roof(2 * 4 * source.numel() / copied, 2 * side**3 / multiplied)


def shortest(run: Callable[[], object], setting: Setting) -> float:
    """Seconds of the shortest of REPEATS runs behind one for nothing."""
    run()
    setting.wait()
    took = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        run()
        setting.wait()
        took.append(time.perf_counter() - began)
    return min(took)
