"""Checkpoints of one run: a real training of vector-quantize-pytorch, saved every few steps.

After step 20 the latents leave half of the plane, so that codes die; after step 60 these are put where latents are.
"""

from pathlib import Path

import torch
from vector_quantize_pytorch import VectorQuantize

CODES, DIM = 32, 2
STEPS = (20, 40, 60, 80)
MENDED = 80  # the first checkpoint after dead codes were given new vectors


def save_checkpoints(folder: Path) -> list[Path]:
    """Write step-20.pt to step-80.pt; returns their paths in the order of the steps."""
    torch.manual_seed(0)
    vq = VectorQuantize(dim=DIM, codebook_size=CODES, decay=0.8, kmeans_init=True, threshold_ema_dead_code=0)
    paths = []
    for step in range(1, STEPS[-1] + 1):
        z = torch.rand(1, 256, DIM) * 2 - 1
        if step > 20:
            z[..., 0] = z[..., 0].abs() * 0.5 + 0.5
        vq(z)
        if step == 61:
            put_on_latents(vq, z[0])
        if step in STEPS:
            paths.append(folder / f"step-{step}.pt")
            torch.save(
                {"state_dict": {f"vq.{k}": v for k, v in vq.state_dict().items()}, "global_step": step}, paths[-1]
            )
    return paths


def put_on_latents(vq: VectorQuantize, z: torch.Tensor) -> None:
    """Every code without tokens gets a latent, as its vector, its sum and its count."""
    book = vq._codebook
    for code in torch.nonzero(book.cluster_size[0] < 0.01).flatten().tolist():
        book.embed[0, code] = z[code]
        book.embed_avg[0, code] = z[code] * 8
        book.cluster_size[0, code] = 8.0
