"""How large everything is: full on a GPU, small where only the way is to be tried."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch


@dataclass(frozen=True)
class Scale:
    """toy_batch, conv: of the lab, (batch, side of a patch, K); lab_s: seconds of each of its measurements. assigned:
    (N, K, D). copied, product: bytes and side of the square matrices by which bandwidth and products are measured.
    pictures, picture_px: of the audit. files: of each public format, None for all. batch, crop_px: of training.
    members: of the zoo, in order; steps: of each, where no minutes are given. quantizers: None for all.
    """

    toy_batch: int = 2000
    conv: tuple[int, int, int] = (64, 64, 1024)
    lab_s: float = 3.0
    assigned: tuple[tuple[int, int, int], ...] = ((65536, 1024, 16), (65536, 16384, 8), (262144, 1024, 64))
    copied: int = 2**30
    product: int = 8192
    pictures: int = 1024
    picture_px: int = 256
    files: int | None = None
    quantizers: int | None = None
    batch: int = 256
    crop_px: int = 128
    rate: float = 2e-3
    members: tuple[str, ...] = (
        *("rvq-4", "vq-ema-reseed", "fsq", "simvq", "pq-4", "vq-cosine", "bsq", "lfq", "kmeans", "gumbel", "vq-ema"),
        *("vq-collapsed", "vq-vae-2", "vqgan", "titok-whole", "titok"),
        *("sound-rvq-8", "sound-rvq-8-gan", "sound-vq", "sound-fsq", "clip-vq", "clip-fsq", "clip-lfq"),
    )
    steps: int = 0


FULL = Scale()
SMALL = Scale(
    toy_batch=256,
    conv=(4, 16, 64),
    lab_s=0.1,
    assigned=((4096, 256, 8),),
    copied=2**24,
    product=256,
    pictures=4,
    picture_px=64,
    files=1,
    quantizers=4,
    batch=4,
    crop_px=64,
    members=("fsq",),
    steps=2,
)
SIZES = {"full": FULL, "small": SMALL}


@dataclass(frozen=True)
class Setting:
    """What a part is given: device, scale, folder for what it writes, seconds that it has, and media of the zoo."""

    device: torch.device
    scale: Scale
    folder: Path
    seconds: float
    data: tuple[str, ...] = field(default=())
    held_out: tuple[str, ...] = field(default=())

    def wait(self) -> None:
        """Until the device has done all that it was given."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
