"""Ranks: what the processes of torch.distributed do together in a training step, so that their codebooks stay equal.

Each rank holds a part of the batch. Statistics are summed over ranks, codes are drawn from the latents of all, and
where chance decides, the draw of rank 0 counts. A process without torch.distributed is all ranks there are.
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import Tensor

from explorer.foundation.errors import SettingsError


def world() -> int:
    """How many ranks train together."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """The number of this one."""
    return dist.get_rank() if world() > 1 else 0


@torch.no_grad()
def sum_over_ranks(*parts: Tensor) -> tuple[Tensor, ...]:
    """The sums of float32 tensors of any shapes over all ranks, to the bit the same on each, in one exchange."""
    if world() == 1:
        return parts
    flat = torch.cat([part.float().flatten() for part in parts])
    dist.all_reduce(flat)
    sizes = [part.numel() for part in parts]
    return tuple(one.view(part.shape) for one, part in zip(flat.split(sizes), parts, strict=True))


@torch.no_grad()
def take_first(tensor: Tensor) -> Tensor:
    """That of rank 0, on all ranks: so that what was drawn by chance, or computed from it, is the same."""
    if world() == 1:
        return tensor
    tensor = tensor.contiguous().clone()
    dist.broadcast(tensor, 0)
    return tensor


@torch.no_grad()
def stack_over_ranks(tensor: Tensor) -> Tensor:
    """(R, *shape) of tensors of one shape, in the order of ranks."""
    if world() == 1:
        return tensor[None]
    stack = tensor.new_empty(world(), *tensor.shape)
    dist.all_gather(list(stack.unbind(0)), tensor.contiguous())
    return stack


@torch.no_grad()
def gather_rows(z: Tensor) -> Tensor:
    """(N, D) of all ranks one below the other, however many each has. It waits for a GPU: for starts alone."""
    if world() == 1:
        return z
    sizes = stack_over_ranks(torch.tensor(len(z), device=z.device)).tolist()
    rows = z.new_zeros(max(sizes), z.shape[1])
    rows[: len(z)] = z
    return torch.cat([part[:size] for part, size in zip(stack_over_ranks(rows), sizes, strict=True)])


def agree_on_places(z: Tensor) -> int:
    """The most latents that any rank has now, z (N, D) here: as many places each keeps. It waits for a GPU."""
    return int(stack_over_ranks(torch.tensor(len(z), device=z.device)).max())


def check_share(latents: int, places: int) -> None:
    """Raise SettingsError where this rank was given no latent, or more than any rank had at first."""
    if not 0 < latents <= places:
        raise SettingsError(
            f"rank {rank()} was given {latents:,} latents, but ranks that train together need 1 to {places:,} each, "
            "as many as in the first step: drop the last batch where it is another size"
        )
