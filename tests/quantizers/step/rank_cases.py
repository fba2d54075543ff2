"""Training of every quantizer on a part of each batch, beside others or alone: what `test_codes_of_ranks.py` compares.

`python -m tests.quantizers.step.rank_cases RANK WORLD FOLDER` is one of several processes that train together.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn

from explorer.quantizers.base import Quantizer
from explorer.quantizers.initialization import Initialization
from explorer.quantizers.reseeding import STRATEGIES, Reseeding
from explorer.quantizers.vq import CodebookOptions, VectorQuantizer
from tests.quantizers.made_quantizers import OTHER_SETTINGS, SETTINGS, build, latents

STEPS, FEW, BATCH = 30, 10, 96  # of all ranks together
RATE = 0.05
BARE = {  # trained without an encoder, on latents as they are
    "few latents, random_latent": (14, False),
    "few latents, hard_example": (14, False),
    "lost latents, random_latent": (BATCH, True),
    "lost latents, hard_example": (BATCH, True),
    "lost latents, reservoir": (BATCH, True),
    "lost latents, split": (BATCH, True),
    "lost latents, kmeans start": (BATCH, True),
    "lost latents, online start": (BATCH, True),
    "uneven, random_latent": (BATCH, False),
    "uneven, hard_example": (BATCH, True),
    "uneven, reservoir": (BATCH, False),
    "uneven, online start": (BATCH, False),
}
CASES = [*SETTINGS, *OTHER_SETTINGS, *BARE]


class Coder(nn.Module):
    """An encoder and what it is quantized by."""

    def __init__(self, quantizer: Quantizer) -> None:
        super().__init__()
        self.encoder, self.quantizer = nn.Linear(quantizer.dim, quantizer.dim), quantizer

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        output = self.quantizer(self.encoder(x))
        return (output.z_q - x).square().mean() + output.loss, output.indices


def make(name: str) -> Quantizer:
    if name not in BARE:
        return build(name).train()
    torch.manual_seed(0)
    what = name.partition(", ")[2]
    reseeding = Reseeding(what if what in STRATEGIES else "none", threshold=0.9, every=2, reservoir_size=100)
    start = what.removesuffix(" start") if what.endswith(" start") else "gaussian"
    options = CodebookOptions(decay=0.9, initialization=Initialization(start), reseeding=reseeding)
    return VectorQuantizer(8, 32, options).train()


def batch(name: str, dim: int, step: int) -> Tensor:
    """The latents of all ranks."""
    count, lose = BARE.get(name, (BATCH, False))
    z = latents(dim, count, seed=step)
    if lose:
        z[1::5, 2], z[-4:, 0] = torch.nan, torch.inf
    return z


def share(name: str, step: int, rank: int, world: int, dim: int) -> Tensor:
    """The part of a rank: as many for each, but for the uneven cases after their first step."""
    part = batch(name, dim, step).chunk(world)[rank]
    return part[: len(part) - 7 * rank] if name.startswith("uneven") and step else part


def train(name: str, rank: int = 0, world: int = 1) -> dict[str, object]:
    """state: all that is kept. tokens of the last step, of this rank's part. events: the reseeds of it."""
    quantizer = make(name)
    model: nn.Module = Coder(quantizer)
    torch.manual_seed(7 + rank)  # so that ranks that drew by themselves would draw other numbers
    if world > 1 and name not in BARE:  # without sending buffers: they have to be equal by themselves
        model = nn.parallel.DistributedDataParallel(model, broadcast_buffers=False)
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=RATE)
    for step in range(STEPS if name in SETTINGS or name.startswith("vq, ") else FEW):
        x = share(name, step, rank, world, quantizer.dim)
        if name in BARE:
            indices = quantizer(x).indices
            continue
        optimizer.zero_grad()
        loss, indices = model(x)
        loss.backward()
        optimizer.step()
    events = [(one.step, one.level, one.code, one.strategy, one.source) for one in quantizer.drain_events()]
    state = {key: value for key, value in quantizer.state_dict().items() if isinstance(value, Tensor)}
    return {"state": state, "tokens": indices, "events": events}


def main(rank: int, world: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder / 'meeting'}", rank=rank, world_size=world)
    torch.save({name: train(name, rank, world) for name in CASES}, folder / f"rank_{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
